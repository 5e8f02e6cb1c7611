"""Many goals changed in one request, and lines of JSON where arrays are taken."""

import json
from typing import Any, Final

import pytest

from shared.messages.definitions import CHANGE_SET_ID
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening
from tests.measured import Record, timed

pytestmark = pytest.mark.asyncio(loop_scope="package")

NDJSON: Final = "application/x-ndjson"


async def _change(
    api: Api, body: Any, media_type: str = "application/json", /, **query: str
) -> tuple[int, Any]:
    """Send changes; return the status and the report."""
    answer = await api.client.patch(
        "/v1/goals",
        content=body if isinstance(body, str) else json.dumps(body),
        params=query,
        headers={"Content-Type": media_type},
    )
    return answer.status_code, answer.json()


def _report(**numbers: Any) -> Any:
    report = {"created": 0, "changed": 0, "unchanged": 0, "applied": True}
    return {**report, "rejected": [], **numbers}


@pytest.mark.parametrize("mode", ["all", "good"])
@pytest.mark.parametrize("form", ["json", "ndjson"])
async def test_goals_are_changed_by_their_ids(api: Api, mode: str, form: str) -> None:
    """Where nothing is bad both modes do the same; a version may be named."""
    await api.company()
    version = (await api.read(api.at("north")))["version"]
    lines = [
        {"id": api.id("north"), "version": version, "target": "41", "title": "N"},
        {"id": api.id("company"), "title": "company"},
    ]
    body: Any = lines
    media_type = "application/json"
    if form == "ndjson":
        body, media_type = "\n\n".join(map(json.dumps, lines)), NDJSON

    tried = await _change(api, body, media_type, mode=mode, dry_run="true")
    assert (await api.read(api.at("north")))["version"] == version
    done = await _change(api, body, media_type, mode=mode)

    assert tried == (200, _report(changed=1, unchanged=1, applied=False))
    assert done == (200, _report(changed=1, unchanged=1))
    north = await api.read(api.at("north"))
    assert (north["title"], north["target"]) == ("N", "41.0000")
    assert north["version"] > version


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"target": "-1"}, ("target_negative", None, "target")),
        ({"target": "x"}, ("invalid_field", None, "target")),
        ({"titel": "x"}, ("unknown_field", None, "titel")),
        ({"version": 0}, ("version_conflict", None, "version")),
        ({"version": "1"}, ("invalid_field", None, "version")),
        ({"version": -1}, ("invalid_field", None, "version")),
        ({"version": None}, ("invalid_field", None, "version")),
        ({"parent_id": "no"}, ("reference_not_found", None, "parent_id")),
        (
            {"period": {"kind": "fiscal", "year": 2027, "period": 1}},
            ("period_change_on_child", "80044901", "period"),
        ),
        (
            {"values": {"actual": "1"}},
            ("rollup_field_is_computed", "80044911", "values.actual"),
        ),
    ],
)
async def test_a_bad_change_is_told_as_if_it_came_alone(
    api: Api, line: dict[str, Any], expected: Any
) -> None:
    """With all nothing is stored; with good the others are."""
    await api.company()
    body = [
        {"id": api.id("north"), **line},
        {"id": api.id("company"), "title": "Renamed"},
    ]

    all_of_it = await _change(api, body)
    before = await api.read(api.at("company"))
    status, report = await _change(api, body, mode="good")

    assert (all_of_it[0], told(all_of_it[1])) == (422, ("import_rejected", None, None))
    assert all_of_it[1]["applied"] is False
    assert before["title"] == "company"
    assert (status, report["changed"], report["applied"]) == (200, 1, True)
    [rejected] = report["rejected"]
    assert [rejected] == all_of_it[1]["rejected"]
    assert (rejected["line"], rejected["id"]) == (1, api.id("north"))
    assert told(rejected) == expected


async def test_a_goal_that_is_not_there_is_not_created(api: Api) -> None:
    """However whole its line is; nor is one named twice, or not at all."""
    await api.company()
    lines = [
        api.goal_body("south", parent_id=api.id("company")),
        {"id": api.id("north"), "target": "41"},
        {"id": api.id("north"), "target": "42"},
        {"target": "42"},
        7,
    ]

    status, report = await _change(api, lines, mode="good")

    assert (status, report["created"], report["changed"]) == (200, 0, 1)
    assert [(one["line"], *told(one)) for one in report["rejected"]] == [
        (1, "not_found", None, None),
        (3, "id_taken", None, "id"),
        (4, "missing_field", None, "id"),
        (5, "invalid_field", None, None),
    ]
    assert f"there is no goal {api.id('south')}" in report["rejected"][0]["detail"]
    assert (await api.client.get(api.at("south"))).status_code == 404


async def test_parent_and_child_change_places(api: Api) -> None:
    """Who comes to the top comes first, wherever the line stands; circles do not."""
    await api.company()
    company, north = api.id("company"), api.id("north")
    swap = [
        {"id": company, "parent_id": north},
        {"id": north, "parent_id": None},
    ]

    circle = await _change(api, [{"id": company, "parent_id": north}])
    swapped = await _change(api, swap)

    assert told(circle[1]["rejected"][0]) == ("goal_cycle", None, "parent_id")
    assert swapped == (200, _report(changed=2))
    assert (await api.read(api.at("company")))["parent_id"] == north


@pytest.mark.parametrize(
    ("body", "media_type", "query", "status", "error"),
    [
        ("[", "application/json", {}, 400, "not_json"),
        ("{}", "application/json", {}, 400, "not_json"),
        ("id,target\n", "text/csv", {}, 415, "unsupported_media_type"),
        ("[]", "application/json", {"mode": "most"}, 400, "invalid_parameter"),
        ("{}\n" * 10_001, NDJSON, {}, 422, "too_many_items"),
    ],
)
async def test_some_requests_are_refused_as_a_whole(
    api: Api, body: str, media_type: str, query: Any, status: int, error: str
) -> None:
    """In the one shape of errors."""
    answer = await _change(api, body, media_type, **query)

    assert (answer[0], answer[1]["error"]) == (status, error)
    assert set(answer[1]) == {"error", "detail", "dynamics_code", "field"}


async def test_many_changes_are_one_change_set(installation: Installation) -> None:
    """What was changed in one request applies together."""
    async with running(installation) as api, listening(installation) as listener:
        await api.company()
        names = ("company", "north")
        lines = [{"id": api.id(name), "title": "New"} for name in names]

        await _change(api, lines)

        heard = (await listener.until(6))[4:]
    assert {one.key for one in heard} == {f"goal/{api.id(name)}" for name in names}
    assert len({one.headers[CHANGE_SET_ID] for one in heard}) == 1


async def test_ten_thousand_goals_are_changed_at_once(
    api: Api, record_property: Record
) -> None:
    """In one request."""
    await api.company()
    bodies = [
        api.goal_body(f"g{place}", parent_id=api.id("company"))
        for place in range(10_000)
    ]
    await api.create("/v1/goals", bodies)

    lines = [{"id": body["id"], "target": "7"} for body in bodies]
    with timed(record_property, "10,000 goals changed"):
        status, report = await _change(api, lines)

    assert (status, report) == (200, _report(changed=10_000))
    assert (await api.read(api.at("g9999")))["target"] == "7.0000"


@pytest.mark.parametrize("kind", ["users", "metrics", "goals"])
async def test_many_are_created_from_lines_too(api: Api, kind: str) -> None:
    """All or nothing, as from an array; a line that does not read is named."""
    await api.user("ada")
    await api.metric()
    names = ("one", "two")
    bodies: list[dict[str, Any]] = [
        {"id": api.id(name), "name": name} for name in names
    ]
    if kind == "metrics":
        bodies = [api.metric_body(name) for name in names]
    if kind == "goals":
        bodies = [
            api.goal_body("one", parent_id=api.id("two"), target=0.1),
            api.goal_body("two"),
        ]
    lines = [json.dumps(body) for body in bodies]

    async def post(*several: str) -> Any:
        return await api.client.post(
            f"/v1/{kind}",
            content="\n".join(several),
            headers={"Content-Type": f"{NDJSON}; charset=utf-8"},
        )

    broken = await post(lines[0], " ", "{", lines[1])
    unknown = await post(lines[0], '{"x": 1}')
    created = await post("", *lines, "")

    assert (broken.status_code, told(broken.json())) == (
        400,
        ("not_json", None, "[1]"),
    )
    assert unknown.status_code == 400
    assert unknown.json()["field"].startswith("[1].")
    assert created.status_code == 201
    assert [one["id"] for one in created.json()["items"]] == [
        body["id"] for body in bodies
    ]


async def test_lines_are_taken_only_where_arrays_are(api: Api) -> None:
    """A change of one goal is one object."""
    await api.company()

    answer = await api.client.patch(
        api.at("north"),
        content='{"title": "x"}',
        headers={"Content-Type": NDJSON},
    )

    assert answer.status_code == 415
    assert answer.json()["error"] == "unsupported_media_type"
