"""Importing goals over HTTP: what is stored, what is told of each line."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from services.goals.domain.callers import ADMIN
from services.goals.flows.importing import ImportMode, import_lines
from services.goals.http.import_kinds import GOALS
from services.goals.http.import_lines import MediaType, lines_of
from services.goals.store.database import Changes
from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told
from tests.measured import Record, timed

pytestmark = pytest.mark.asyncio(loop_scope="package")

PATH: Final = "/v1/goals/import"
NDJSON: Final = "application/x-ndjson"


async def _import(
    api: Api, body: Any, media_type: str = "application/json", /, **more: Any
) -> tuple[int, Any]:
    """Send a file; return the status and the report."""
    content = json.dumps(body) if media_type == "application/json" else body
    query: dict[str, str] = {
        name: more.pop(name) for name in ("mode", "dry_run") if name in more
    }
    headers = {"Content-Type": media_type, **more.pop("headers", {})}
    answer = await api.client.post(
        PATH, content=content, params=query, headers=headers, **more
    )
    return answer.status_code, answer.json()


def _report(**numbers: Any) -> Any:
    report = {"created": 0, "changed": 0, "unchanged": 0, "applied": True}
    return {**report, "rejected": [], **numbers}


async def _ready(api: Api) -> None:
    await api.user("ada")
    await api.metric()


async def _exists(api: Api, name: str) -> bool:
    return (await api.client.get(api.at(name))).status_code == 200


async def test_goals_are_created_and_changed_by_their_ids(api: Api) -> None:
    """Children may come before their parents."""
    await api.company()
    child = api.goal_body("oslo", parent_id=api.id("nordics"), target="1")
    parent = api.goal_body("nordics", parent_id=api.id("company"))
    north = {"id": api.id("north"), "target": "41", "parent_id": api.id("nordics")}
    same = {"id": api.id("company"), "title": "company"}

    status, report = await _import(api, [child, north, same, parent])

    assert (status, report) == (200, _report(created=2, changed=1, unchanged=1))
    after = await api.read(api.at("north"))
    assert (after["parent_id"], after["target"]) == (api.id("nordics"), "41.0000")
    assert after["title"] == "north"
    assert (await api.read(api.at("oslo")))["parent_id"] == api.id("nordics")
    again = await _import(api, [child, north, same, parent])
    assert again == (200, _report(unchanged=4))


async def test_what_stays_as_it_is_keeps_its_version(api: Api) -> None:
    """Only what became different is written."""
    await api.company()
    lines = [
        api.goal_body("south", parent_id=api.id("company")),
        {"id": api.id("north"), "target": "41"},
        {"id": api.id("company"), "title": "company"},
    ]
    before = {name: await api.read(api.at(name)) for name in ("company", "north")}

    await _import(api, lines)

    after = {name: await api.read(api.at(name)) for name in before}
    assert after["company"]["version"] == before["company"]["version"]
    assert after["north"]["version"] > before["north"]["version"]


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
async def test_every_form_is_imported(api: Api, form: str) -> None:
    """A root of a fiscal period with one below it."""
    await _ready(api)
    root = api.goal_body(
        "root", period={"kind": "fiscal", "year": 2026, "period": 4}, target="7.5"
    )
    leaf = api.goal_body("leaf", parent_id=api.id("root"))
    ada = api.id("ada")
    table = (
        "id,title,metric_id,owner,manager_id,parent_id,period.year,period.period,target\n"
        f"{leaf['id']},leaf,,user/{ada},{ada},{root['id']},,,\n"
        f"{root['id']},root,{root['metric_id']},user/{ada},{ada},,2026,4,7.5\n"
    )
    body, media_type = {
        "json": ([leaf, root], "application/json"),
        "ndjson": (f"{json.dumps(leaf)}\n{json.dumps(root)}\n", NDJSON),
        "csv": (table, "text/csv"),
    }[form]

    status, report = await _import(api, body, media_type)

    assert (status, report) == (200, _report(created=2))
    goal = await api.read(api.at("leaf"))
    assert (goal["parent_id"], goal["target"]) == (root["id"], None)
    assert goal["period"]["start"] == "2026-10-01"
    assert (await api.read(api.at("root")))["target"] == "7.5000"
    # The same table again tells of nothing new.
    assert (await _import(api, body, media_type)) == (200, _report(unchanged=2))


async def test_all_or_nothing(api: Api) -> None:
    """One bad line is enough; the report tells which, and what the others would do."""
    await _ready(api)
    good = api.goal_body("good")
    bad = api.goal_body("bad", metric_id=api.id("nowhere"))

    status, report = await _import(api, [good, bad])

    assert status == 422
    assert told(report) == ("import_rejected", None, None)
    assert "1 line is rejected, so nothing was stored" in report["detail"]
    assert {name: report[name] for name in ("created", "changed", "applied")} == {
        "created": 1,
        "changed": 0,
        "applied": False,
    }
    [rejected] = report["rejected"]
    assert (rejected["line"], rejected["id"]) == (2, api.id("bad"))
    assert told(rejected) == ("reference_not_found", None, "metric_id")
    assert not await _exists(api, "good")


async def test_what_is_good(api: Api) -> None:
    """The others are told of, in the order of their lines."""
    await api.company()
    lines = [
        "{",
        json.dumps({"id": api.id("north"), "target": "-1"}),
        json.dumps({"id": api.id("north"), "target": "41"}),
        json.dumps(api.goal_body("south", manager_id=None)),
        json.dumps(api.goal_body("leaf", parent_id=api.id("south"))),
        json.dumps(api.goal_body("west", parent_id=api.id("company"))),
        json.dumps({"id": api.id("company"), "metric_id": api.id("revenue"), "x": 1}),
        json.dumps(api.goal_body("west", parent_id=api.id("company"))),
    ]

    status, report = await _import(api, "\n".join(lines), NDJSON, mode="good")

    assert status == 200
    assert report["applied"] is True
    assert (report["created"], report["changed"], report["unchanged"]) == (1, 0, 0)
    assert [(one["line"], *told(one)) for one in report["rejected"]] == [
        (1, "not_json", None, None),
        (2, "target_negative", None, "target"),
        (3, "id_taken", None, "id"),
        (4, "goal_manager_required", None, "manager_id"),
        (5, "reference_not_found", None, "parent_id"),
        (7, "unknown_field", None, "x"),
        (8, "id_taken", None, "id"),
    ]
    assert await _exists(api, "west")
    assert not await _exists(api, "leaf")


async def test_the_code_of_dynamics_is_told(api: Api) -> None:
    """As for a goal that comes alone."""
    await api.company()
    period = {"kind": "custom", "start": "2027-01-01", "end": "2027-03-31"}
    line = {"id": api.id("north"), "period": period}

    _, report = await _import(api, [line], mode="good")

    assert told(report["rejected"][0]) == (
        "period_change_on_child",
        "80044901",
        "period",
    )


async def test_an_import_can_be_tried_first(api: Api) -> None:
    """The report is the same, but for what is applied; nothing is stored."""
    await _ready(api)
    good, bad = api.goal_body("good"), {"id": api.id("bad")}

    tried = await _import(api, [good], dry_run="true")
    tried_good = await _import(api, [good, bad], dry_run="true", mode="good")
    tried_all = await _import(api, [good, bad], dry_run="true")

    assert tried == (200, _report(created=1, applied=False))
    assert not await _exists(api, "good")
    assert (tried_good[0], tried_all[0]) == (200, 422)
    assert tried_good[1]["rejected"] == tried_all[1]["rejected"] != []
    assert await _import(api, [good]) == (200, _report(created=1))


async def test_the_period_of_a_root_takes_its_tree_along(api: Api) -> None:
    """Also where the file names the root only."""
    await api.company()
    period = {"kind": "custom", "start": "2027-01-01", "end": "2027-03-31"}

    status, report = await _import(api, [{"id": api.id("company"), "period": period}])

    assert (status, report) == (200, _report(changed=1))
    assert (await api.read(api.at("north")))["period"] == period


async def test_a_key_gets_the_same_report_again(api: Api) -> None:
    """For the same file in the same mode."""
    await _ready(api)
    more = {"headers": {"Idempotency-Key": api.id("key")}}
    lines = [api.goal_body("good")]

    first = await _import(api, lines, **more)
    again = await _import(api, lines, **more)
    other = await _import(api, [], **more)

    assert first == again == (200, _report(created=1))
    assert other[0] == 422
    assert told(other[1]) == ("idempotency_key_reused", None, "Idempotency-Key")


@pytest.mark.parametrize(
    ("body", "media_type", "query", "status", "error"),
    [
        ("[", "application/json", "", 400, "not_json"),
        ("", "text/csv", "", 400, "csv_malformed"),
        ("id,size\n", "text/csv", "", 400, "unknown_field"),
        ("{}", "text/plain", "", 415, "unsupported_media_type"),
        ("[]", "application/json", "?mode=most", 400, "invalid_parameter"),
        ("[" + "{}," * 10_000 + "{}]", "application/json", "", 422, "too_many_items"),
        ("x" * (16 * 1024 * 1024 + 1), NDJSON, "", 413, "request_too_large"),
    ],
)
async def test_some_files_are_refused(
    api: Api, body: str, media_type: str, query: str, status: int, error: str
) -> None:
    """In the one shape of errors."""
    answer = await api.client.post(
        PATH + query, content=body, headers={"Content-Type": media_type}
    )

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "detail", "dynamics_code", "field"}


def _ten_thousand(api: Api, target: str) -> Iterator[str]:
    """Return a table: a root, a hundred goals under it, a hundred under each; last."""
    ada = api.id("ada")
    yield "id,title,metric_id,owner,manager_id,parent_id,period.start,period.end,target"
    for place in range(9_900 - 1, 0, -1):
        parent = api.id(f"g{place // 100 if place >= 100 else 'root'}")
        goal = api.id(f"g{place}")
        yield f"{goal},Goal {place},,user/{ada},{ada},{parent},,,{target}"
    days = "2026-10-01,2026-12-31"
    yield (
        f"{api.id('groot')},Root,{api.id('revenue')},user/{ada},{ada},,{days},{target}"
    )


async def test_ten_thousand_lines_are_imported_at_once(
    api: Api, record_property: Record
) -> None:
    """Created, changed, and found unchanged, each in one request."""
    await _ready(api)
    numbers = []

    for target in ("1.00", "2.00", "2.00"):
        body = "\n".join(_ten_thousand(api, target))
        with timed(record_property, "10,000 goals imported"):
            status, report = await _import(api, body, "text/csv")
        assert (status, report["rejected"]) == (200, [])
        numbers.append([report[name] for name in ("created", "changed", "unchanged")])

    assert numbers == [[9_900, 0, 0], [0, 9_900, 0], [0, 0, 9_900]]
    assert (await api.read(api.at("g9899")))["target"] == "2.0000"


async def test_many_lines_ask_no_more_questions_than_few(api: Api) -> None:
    """However many goals are created or changed, the statements are the same."""
    await api.company()
    connection = await api.installation.connect()
    asked: list[str] = []
    connection.add_query_logger(lambda query: asked.append(query.query))
    counts = []

    for many in (2, 200):
        names = [f"of-{many}-{place}" for place in range(many)]
        bodies = [api.goal_body(one, parent_id=api.id("company")) for one in names]
        await _import(api, bodies[: many // 2])
        file = json.dumps([body | {"target": "1"} for body in bodies]).encode()
        lines, unread = lines_of(file, MediaType.JSON, GOALS.form)
        asked.clear()
        async with connection.transaction():
            changes = Changes(connection, caller=ADMIN, traceparent=None)
            plan = await import_lines(
                changes, GOALS.kind, lines, unread, ImportMode.ALL
            )
        counts.append(len(asked))
        assert len(plan.created) == plan.changed == many // 2

    await connection.close()
    assert counts[1] <= counts[0]
