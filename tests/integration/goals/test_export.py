"""The directory as tables that an import reads back unchanged."""

import csv
import io
from random import Random
from typing import Any, Final

import pytest

from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.telling import told
from tests.rights import directories

pytestmark = pytest.mark.asyncio(loop_scope="package")

# In the order in which they may name one another.
KINDS: Final = ("roles", "business-units", "users", "teams")
TABLE: Final = {"Accept": "text/csv"}

# What people have names and ids of, to the regret of tables.
AWKWARD: Final = (
    "=HYPERLINK(1)",
    "+49 30",
    "-",
    "@ada",
    "'=quoted",
    "'tis",
    'a "b", c',
    "x;y",
    "[z]",
    "  blank ",
    "é株👍",
)


async def _exported(api: Api, kind: str) -> str:
    answer = await api.client.get(f"/v1/{kind}", headers=TABLE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert f'filename="{kind}.csv"' in answer.headers["Content-Disposition"]
    return answer.text


async def _imported(api: Api, kind: str, table: str) -> Any:
    answer = await api.client.post(
        f"/v1/{kind}/import",
        content=table.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text[:2_000]
    return answer.json()


async def _all(api: Api, kind: str) -> list[dict[str, Any]]:
    listed = await api.read(f"/v1/{kind}?limit=1000")
    assert listed["next"] is None
    return [{**one, "version": 0} for one in listed["items"]]


async def _fill(api: Api) -> None:
    """Create a generated directory, and one with awkward names and ids."""
    entries = directories.directory(Random(5))
    kinds = ("role", "business_unit", "user", "team")
    for kind, path in zip(kinds, KINDS, strict=True):
        bodies = [
            {"id": one, **entry, "name": one} for one, entry in entries[kind].items()
        ]
        await api.create(f"/v1/{path}", bodies)
    for name in AWKWARD:
        await api.create("/v1/roles", {"id": name, "name": name})
        unit = {"id": name, "name": name}
        await api.create("/v1/business-units", unit)
        user = {"business_unit_id": name, "roles": [name], "disabled": True}
        await api.create("/v1/users", {"id": name, "name": name, **user})
    await api.create(
        "/v1/teams",
        {"id": "all", "name": "All", "members": AWKWARD, "roles": AWKWARD},
    )


async def test_what_is_exported_is_imported_unchanged(
    installation: Installation, other_installation: Installation
) -> None:
    """Into where it came from, where nothing changes, and into an empty house."""
    async with running(installation) as api:
        await _fill(api)
        tables = {kind: await _exported(api, kind) for kind in KINDS}
        before = {kind: await _all(api, kind) for kind in KINDS}
        again = {kind: await _imported(api, kind, tables[kind]) for kind in KINDS}
        grown = {"members": ["p0"], "roles": ["role0"]}
        await api.change("/v1/teams/t0", grown)
        await _imported(api, "teams", tables["teams"])
        restored = await _all(api, "teams")
    async with running(other_installation) as api:
        created = {kind: await _imported(api, kind, tables[kind]) for kind in KINDS}
        after = {kind: await _all(api, kind) for kind in KINDS}

    assert after == before
    assert restored == before["teams"]
    for kind in KINDS:
        count = len(before[kind])
        assert count > 3
        assert (again[kind]["unchanged"], again[kind]["rejected"]) == (count, [])
        assert (created[kind]["created"], created[kind]["rejected"]) == (count, [])


async def test_no_cell_of_a_table_is_a_formula(installation: Installation) -> None:
    """Wherever a spreadsheet would see the beginning of one."""
    async with running(installation) as api:
        await _fill(api)
        tables = [await _exported(api, kind) for kind in KINDS]

    cells = [
        cell
        for table in tables
        for row in csv.reader(io.StringIO(table.removeprefix("\ufeff")))
        for cell in row
    ]
    assert len(cells) > 200
    assert [cell for cell in cells if cell[:1] in {*"=+-@"}] == []


async def test_a_table_has_the_fields_in_the_order_of_the_document(api: Api) -> None:
    """One row each, all but the version, which an import does not take."""
    await api.create("/v1/business-units", {"id": api.id("emea"), "name": "EMEA, all"})
    await api.user("ada", business_unit_id=api.id("emea"), time_zone="Europe/London")

    users = await _exported(api, "users")
    units = await _exported(api, "business-units")

    assert users.startswith(
        "\ufeffid,name,business_unit_id,manager_id,disabled,time_zone,roles\r\n"
    )
    row = f"{api.id('ada')},ada,{api.id('emea')},,false,Europe/London,[]\r\n"
    assert row in users
    assert f'{api.id("emea")},"EMEA, all",\r\n' in units


async def test_a_table_is_followed_by_the_next(installation: Installation) -> None:
    """As many rows as are asked for, and where the others are."""
    async with running(installation) as api:
        names = [{"id": f"u{place}", "name": "x"} for place in range(5)]
        await api.create("/v1/users", names)
        path, seen = "/v1/users?limit=2", []
        while path:
            answer = await api.client.get(path, headers=TABLE)
            seen += [row.partition(",")[0] for row in answer.text.splitlines()[1:]]
            link = answer.headers.get("Link", "")
            path = link.partition(">")[0].removeprefix("<")
            assert not link or link.endswith('; rel="next"')

    assert seen == [f"u{place}" for place in range(5)]


@pytest.mark.parametrize(
    ("accept", "is_table"),
    [
        ("text/csv", True),
        ("text/csv; charset=utf-8", True),
        ("TEXT/CSV", True),
        ("text/csv, */*;q=0.1", True),
        ("text/csv, application/json;q=0.5", True),
        ("application/json, text/csv;q=0.5", False),
        ("text/csv;q=0", False),
        ("text/csv;q=much", False),
        ("text/html, */*", False),
        ("*/*", False),
        ("", False),
    ],
)
async def test_a_table_is_given_to_who_asks_for_one(
    api: Api, accept: str, is_table: bool
) -> None:
    """By name, and at least as much as for JSON."""
    answer = await api.client.get("/v1/users?limit=1", headers={"Accept": accept})

    expected = "text/csv" if is_table else "application/json"
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == expected


async def test_only_the_directory_is_a_table(api: Api) -> None:
    """Other lists are JSON, whoever asks; a bad page is refused here, too."""
    metrics = await api.client.get("/v1/metrics", headers=TABLE)
    refused = await api.client.get("/v1/users?after=7", headers=TABLE)

    assert metrics.headers["Content-Type"] == "application/json"
    assert (refused.status_code, told(refused.json())) == (
        400,
        ("invalid_parameter", None, "after"),
    )
