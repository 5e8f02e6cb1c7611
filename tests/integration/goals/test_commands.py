"""`cairn` imports files through a running goals service."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import cairn
from tests.integration.goals.conftest import TOKEN, Api, Installation, running

ROLES = 'id,name,privileges\nlead,Lead,"{""*"": {""read"": ""organization""}}"\n'

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def _cairn(
    api: Api, *words: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command against the service, while it answers in this process."""
    environment = {
        "CAIRN_GOALS_URL": str(api.client.base_url).rstrip("/"),
        "CAIRN_ADMIN_TOKEN": TOKEN,
    }
    return await asyncio.to_thread(cairn, *words, environment=environment, stdin=stdin)


async def test_a_file_of_goals_is_imported(api: Api, tmp_path: Path) -> None:
    """A table by its name; the report goes to standard output."""
    await api.user("ada")
    await api.metric()
    ada = api.id("ada")
    file = tmp_path / "goals.csv"
    file.write_text(
        "id,title,metric_id,owner,manager_id,parent_id,period.start,period.end\n"
        f"{api.id('leaf')},Leaf,,user/{ada},{ada},{api.id('root')},,\n"
        f"{api.id('root')},Root,{api.id('revenue')},user/{ada},{ada},,"
        "2026-10-01,2026-12-31\n"
    )

    tried = await _cairn(api, "goals", "import", str(file), "--dry-run")
    missing = (await api.client.get(api.at("leaf"))).status_code
    done = await _cairn(api, "goals", "import", str(file), "--json")

    assert (tried.returncode, done.returncode) == (0, 0), tried.stderr + done.stderr
    assert tried.stdout == "created 2\nchanged 0\nunchanged 0\nrejected 0\n"
    assert "nothing is stored, as --dry-run asks" in tried.stderr
    assert missing == 404
    assert json.loads(done.stdout) == {
        "created": 2,
        "changed": 0,
        "unchanged": 0,
        "applied": True,
        "rejected": [],
    }
    assert "2 lines imported" in done.stderr
    assert (await api.read(api.at("leaf")))["parent_id"] == api.id("root")


async def test_rejected_lines_are_told_and_make_it_fail(api: Api) -> None:
    """In both modes: with good the others are stored, with all none is."""
    await api.company()
    lines = "\n".join(
        json.dumps(one)
        for one in (
            {"id": api.id("north"), "target": "-1"},
            {"id": api.id("company"), "target": "7"},
        )
    )

    none = await _cairn(api, "goals", "import", "-", stdin=lines)
    before = await api.read(api.at("company"))
    good = await _cairn(api, "goals", "import", "-", "--mode", "good", stdin=lines)

    assert (none.returncode, good.returncode) == (1, 1)
    told = f"line 1 ({api.id('north')}): target_negative: "
    assert told in none.stderr
    assert told in good.stderr
    assert "nothing is stored, for with --mode all" in none.stderr
    assert good.stdout == "created 0\nchanged 1\nunchanged 0\nrejected 1\n"
    assert before["target"] == "100.0000"
    assert (await api.read(api.at("company")))["target"] == "7.0000"


@pytest.mark.parametrize("indent", [None, 2])
async def test_one_object_may_be_a_whole_file(api: Api, indent: int | None) -> None:
    """On one line or on several."""
    body = json.dumps(api.metric_body("calls"), indent=indent)

    done = await _cairn(api, "metrics", "import", "-", stdin=body)

    assert done.returncode == 0, done.stderr
    assert (await api.read(api.at("calls", of="metrics")))["id"] == api.id("calls")


async def test_rollup_queries_are_imported(api: Api, tmp_path: Path) -> None:
    """From a table, with conditions as JSON in a cell."""
    table = tmp_path / "queries.csv"
    table.write_text(
        "id,name,entity,where\n"
        f'{api.id("q")},Q,deal,"{{""attribute"": ""stage"", ""operator"": ""null""}}"\n'
    )

    done = await _cairn(api, "queries", "import", str(table))

    assert done.stdout == "created 1\nchanged 0\nunchanged 0\nrejected 0\n", done
    found = await api.read(api.at("q", of="rollup-queries"))
    assert found["where"] == {"attribute": "stage", "operator": "null"}


async def test_the_directory_is_imported_kind_by_kind(api: Api, tmp_path: Path) -> None:
    """Users, then teams of them; an array, then a table by its beginning."""
    users = tmp_path / "users"
    users.write_text(
        json.dumps([{"id": api.id("ada"), "name": "Ada", "business_unit_id": None}])
    )
    units = f"id,name\n{api.id('emea')},EMEA\n"
    teams = f"id,name,business_unit_id,members\n{api.id('t')},T,{api.id('emea')},"

    done = [
        await _cairn(api, "directory", "import", "users", str(users)),
        await _cairn(api, "directory", "import", "business-units", "-", stdin=units),
        await _cairn(
            api, "directory", "import", "teams", "-", stdin=teams + api.id("ada")
        ),
    ]

    assert [one.returncode for one in done] == [0, 0, 0], done
    team = await api.read(api.at("t", of="teams"))
    assert (team["members"], team["business_unit_id"]) == (
        [api.id("ada")],
        api.id("emea"),
    )


async def test_the_directory_is_exported_as_it_is_imported(
    installation: Installation,
) -> None:
    """However many there are: one header, then all rows; JSON for programs."""
    async with running(installation) as api:
        users = [{"id": f"u{place:05}", "name": "x"} for place in range(10_000)]
        await api.create("/v1/users", users)
        await api.create("/v1/users", {"id": "w", "name": "=W"})
        await api.create("/v1/roles", {"id": "seller", "name": "Seller"})

        table = await _cairn(api, "directory", "export", "users")
        again = await _cairn(api, "directory", "import", "roles", "-", stdin=ROLES)
        roles = await _cairn(api, "directory", "export", "roles", "--json")

    rows = table.stdout.splitlines()
    assert (table.returncode, len(rows)) == (0, 10_002), table.stderr
    assert rows[0].startswith("\ufeffid,name,")
    assert rows[-1] == "w,'=W,,,false,,[]"
    assert again.returncode == 0, again.stderr
    assert [one["id"] for one in json.loads(roles.stdout)] == ["lead", "seller"]


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        ("id,size\n", "unknown_field"),
        ("[", "not_json"),
        ("{}\n" * 10_001, "too_many_items"),
    ],
)
async def test_a_file_that_is_refused_is_a_failure_in_words(
    api: Api, stdin: str, words: str
) -> None:
    """The service's own error is told, and nothing is printed as data."""
    ended = await _cairn(api, "goals", "import", "-", stdin=stdin)

    assert ended.returncode == 1
    assert words in ended.stderr
    assert ended.stdout == ""


async def test_a_file_that_is_missing_is_exit_code_2(api: Api) -> None:
    """So is what a file may hold."""
    ended = await _cairn(api, "goals", "import", "no-such-file")

    assert ended.returncode == 2
    assert "name a file of JSON, NDJSON or CSV" in ended.stderr
