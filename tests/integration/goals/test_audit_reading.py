"""Reading the audit trail: filtered, page by page, as JSON and as a table."""

import csv
import io
from typing import Any

import pytest

from tests.integration.goals.conftest import Api

pytestmark = pytest.mark.asyncio(loop_scope="package")

CSV = {"Accept": "text/csv"}


async def _steps(api: Api, *, of: str = "north") -> None:
    """Change a goal's target from 40 to 41, 42, 43."""
    await api.company()
    for target in (41, 42, 43):
        await api.change(api.at(of), {"target": str(target)})


async def _asked(api: Api, **parameters: str) -> list[dict[str, Any]]:
    answer = await api.client.get("/v1/audit", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_newest_change_comes_first(api: Api) -> None:
    """With all that is known of it."""
    await _steps(api)

    lines = await _asked(api, kind="goal", id=api.id("north"))

    assert [line["action"] for line in lines] == [*["changed"] * 3, "created"]
    newest = lines[0]
    assert newest.keys() == {
        *("number", "at", "caller", "kind", "id", "action", "before", "after"),
        *("change_set_id", "traceparent"),
    }
    assert (newest["before"], newest["after"]) == (
        {"target": "42.0000"},
        {"target": "43.0000"},
    )
    assert (newest["caller"], newest["id"]) == ("admin", api.id("north"))
    assert lines[-1]["before"] is None


async def test_numbers_keep_their_digits(api: Api) -> None:
    """No number of a condition passes through binary floating point."""
    where = '{"attribute": "x", "operator": "gt", "value": 0.1000000000000000000001}'
    body = f'{{"id": "{api.id("q")}", "name": "q", "entity": "e", "where": {where}}}'
    made = await api.client.post(
        "/v1/rollup-queries",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert made.status_code == 201, made.text

    answer = await api.client.get("/v1/audit", params={"id": api.id("q")})

    assert "0.1000000000000000000001" in answer.text


async def test_each_filter_holds(api: Api) -> None:
    """Alone and together."""
    await _steps(api)
    north = api.id("north")
    newest, middle, oldest, made = await _asked(api, id=north)

    assert await _asked(api, id=north, action="created") == [made]
    assert await _asked(api, id=north, kind="metric") == []
    assert len(await _asked(api, id=north, caller="admin")) == 4
    assert await _asked(api, id=north, caller="user/ada") == []
    since = await _asked(api, id=north, **{"from": oldest["at"]})
    assert since == [newest, middle, oldest]
    assert await _asked(api, id=north, to=oldest["at"]) == [made]
    between = {"from": oldest["at"], "to": newest["at"]}
    assert await _asked(api, id=north, **between) == [middle, oldest]
    assert await _asked(api, id=north, to="2001-01-01T00:00:00Z") == []
    assert await _asked(api, **{"from": "2999-01-01T00:00:00Z"}) == []


async def test_pages_follow_one_another(api: Api) -> None:
    """Each line once, whatever is written meanwhile."""
    await _steps(api)
    parameters = {"id": api.id("north"), "limit": "3"}
    first = (await api.client.get("/v1/audit", params=parameters)).json()
    await api.change(api.at("north"), {"target": "44"})

    second = (
        await api.client.get("/v1/audit", params=parameters | {"after": first["next"]})
    ).json()

    assert [line["action"] for line in first["items"]] == ["changed"] * 3
    assert [line["action"] for line in second["items"]] == ["created"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("from=2026-11-21", "from"),
        ("from=2026-11-21T10:00:00Z&to=2026-11-21T10:00:00Z", "to"),
        ("action=moved", "action"),
        ("after=bm9uZQ==", "after"),
        ("after=LTE=", "after"),
        (f"after={'OTk5' * 20}", "after"),
        ("who=ada", "who"),
        ("limit=1001", "limit"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    api: Api, parameters: str, field: str
) -> None:
    """By the name of the parameter."""
    error = await api.refused("GET", f"/v1/audit?{parameters}", status=400)

    assert error["field"] == field


async def test_the_trail_is_a_table_too(api: Api) -> None:
    """All lines that match, whatever the limit: a row for each field."""
    await _steps(api)
    title = '=HYPERLINK("http://x")'
    await api.change(api.at("north"), {"title": title, "target": "50"})
    parameters = {"id": api.id("north"), "limit": "1"}

    answer = await api.client.get("/v1/audit", params=parameters, headers=CSV)

    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    changes = [
        (row["field"], row["before"], row["after"])
        for row in rows
        if row["action"] == "changed"
    ]
    assert changes == [
        ("title", "north", f"'{title}"),
        ("target", "43.0000", "50.0000"),
        ("target", "42.0000", "43.0000"),
        ("target", "41.0000", "42.0000"),
        ("target", "40.0000", "41.0000"),
    ]
    made = {row["field"]: row["after"] for row in rows if row["action"] == "created"}
    assert made["period.end"] == "2026-12-31"


async def test_a_table_of_many_lines_is_whole(api: Api) -> None:
    """More than a page holds, each once."""
    ids = [api.id(f"u{place:04}") for place in range(1_100)]
    await api.create("/v1/users", [{"id": one, "name": "u"} for one in ids])

    answer = await api.client.get(
        "/v1/audit", params={"kind": "user", "action": "created"}, headers=CSV
    )

    rows = [
        row["id"]
        for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    ]
    assert sorted(one for one in rows if one in set(ids)) == sorted(
        one for one in ids for _ in ("name", "disabled")
    )


async def test_a_goal_tells_its_changes(api: Api) -> None:
    """Only its own, page by page."""
    await _steps(api)
    path = f"{api.at('north')}/changes"

    page = await api.read(f"{path}?limit=2")
    rest = await api.read(f"{path}?limit=2&after={page['next']}")

    lines = [*page["items"], *rest["items"]]
    assert [line["action"] for line in lines] == [*["changed"] * 3, "created"]
    assert {line["id"] for line in lines} == {api.id("north")}
    assert rest["next"] is None


async def test_a_goal_tells_nothing_of_a_former_one(api: Api) -> None:
    """Who may read the goal that has an id now need not have read the former one."""
    await _steps(api)
    await api.client.delete(api.at("north"))
    await api.goal("north", parent_id=api.id("company"), target="7")

    [made] = (await api.read(f"{api.at('north')}/changes"))["items"]

    assert made["after"]["target"] == "7.0000"
    assert len(await _asked(api, id=api.id("north"))) == 6


async def test_of_a_goal_that_is_not_there_nothing_is_told(api: Api) -> None:
    """Its changes are in the whole trail only."""
    await _steps(api)
    await api.client.delete(api.at("north"))

    error = await api.refused("GET", f"{api.at('north')}/changes", status=404)

    assert error["error"] == "not_found"
