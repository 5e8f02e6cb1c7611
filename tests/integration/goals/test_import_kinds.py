"""Importing users, teams, business units, metrics and rollup queries over HTTP."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from services.goals.domain.callers import ADMIN
from services.goals.flows.importing import ImportMode, import_lines
from services.goals.http.import_kinds import METRICS, USERS
from services.goals.http.import_lines import MediaType, lines_of
from services.goals.store.database import Changes
from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told
from tests.measured import Record, timed

pytestmark = pytest.mark.asyncio(loop_scope="package")

KINDS: Final = (
    *("users", "teams", "business-units", "roles"),
    *("metrics", "rollup-queries"),
)

Line = Mapping[str, str]


def _table(rows: Sequence[Line]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


async def _import(
    api: Api, kind: str, body: Any, media_type: str = "text/csv", /, **query: str
) -> tuple[int, Any]:
    """Send a file; return the status and the report."""
    answer = await api.client.post(
        f"/v1/{kind}/import",
        content=body if isinstance(body, str) else json.dumps(body),
        params=query,
        headers={"Content-Type": media_type},
    )
    return answer.status_code, answer.json()


def _report(**numbers: Any) -> Any:
    report = {"created": 0, "changed": 0, "unchanged": 0, "applied": True}
    return {**report, "rejected": [], **numbers}


def _three(api: Api, kind: str) -> list[dict[str, str]]:
    """Return lines that name what comes after them, where the kind has that."""
    a, b, c = api.id("a"), api.id("b"), api.id("c")
    if kind == "users":
        return [
            {"id": a, "name": "A", "manager_id": b},
            {"id": b, "name": "B", "manager_id": c, "time_zone": "Europe/Berlin"},
            {"id": c, "name": "C"},
        ]
    if kind == "business-units":
        return [
            {"id": a, "name": "A", "parent_id": b},
            {"id": b, "name": "B", "parent_id": c},
            {"id": c, "name": "C"},
        ]
    if kind == "teams":
        members = {"members": f"{api.id('ada')} {api.id('alan')}"}
        return [{"id": one, "name": one, **members} for one in (a, b, c)]
    if kind == "roles":
        cells = {
            "privileges": '{"deal": {"read": "user"}}',
            "rights": "manage_metrics;roll_up_goal",
            "secured_attributes": '{"deal": ["margin"]}',
        }
        return [{"id": one, "name": one, **cells} for one in (a, b, c)]
    if kind == "rollup-queries":
        test = '{"attribute": "n", "operator": "in", "value": [1.50, 7]}'
        return [
            {"id": one, "name": one, "entity": "deal", "where": test, "state": "active"}
            for one in (a, b, c)
        ]
    return [
        {
            "id": one,
            "name": one,
            "kind": "amount",
            "data_type": "money",
            "actual.source_entity": "opportunity",
            "actual.source_attribute": "actualvalue",
            "actual.date_attribute": "actualclosedate",
        }
        for one in (a, b, c)
    ]


def _as_json(kind: str, line: Line) -> dict[str, Any]:
    """Return a line of a table as JSON has it."""
    fields: dict[str, Any] = {
        name: cell for name, cell in line.items() if "." not in name
    }
    if kind == "teams":
        fields["members"] = line["members"].split()
    if kind == "roles":
        fields["rights"] = line["rights"].split(";")
        for name in ("privileges", "secured_attributes"):
            fields[name] = json.loads(line[name])
    if kind == "rollup-queries":
        fields["where"] = json.loads(line["where"])
    if kind == "metrics":
        actual = {
            name.removeprefix("actual."): cell
            for name, cell in line.items()
            if "." in name
        }
        fields["rollup_fields"] = {"actual": actual}
    return fields


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
@pytest.mark.parametrize("mode", ["all", "good"])
async def test_every_kind_is_imported_from_every_form(
    api: Api, kind: str, form: str, mode: str
) -> None:
    """In both modes alike, where nothing is bad: created, left alone, changed."""
    await api.user("ada")
    await api.user("alan")
    lines = _three(api, kind)
    media_type = {"json": "application/json", "ndjson": "application/x-ndjson"}

    def file(rows: Sequence[Line]) -> tuple[Any, str]:
        bodies = [_as_json(kind, row) for row in rows]
        if form == "csv":
            return _table(rows), "text/csv"
        if form == "ndjson":
            return "\n".join(map(json.dumps, bodies)), media_type[form]
        return bodies, media_type[form]

    tried = await _import(api, kind, *file(lines), mode=mode, dry_run="true")
    assert (await api.client.get(api.at("a", of=kind))).status_code == 404
    created = await _import(api, kind, *file(lines), mode=mode)
    again = await _import(api, kind, *file(lines), mode=mode)
    renamed = [{**lines[0], "name": api.id("other")}, *lines[1:]]
    changed = await _import(api, kind, *file(renamed), mode=mode)

    assert tried == (200, _report(created=3, applied=False))
    assert created == (200, _report(created=3))
    assert again == (200, _report(unchanged=3))
    assert changed == (200, _report(changed=1, unchanged=2))
    found = await api.read(api.at("a", of=kind))
    for name, value in _as_json(kind, renamed[0]).items():
        if name != "rollup_fields":
            assert found[name] == value
    if kind == "metrics":
        field = found["rollup_fields"]["actual"]
        assert field["source_attribute"] == "actualvalue"
        assert field["source_state"] is None


@pytest.mark.parametrize(
    ("kind", "line", "expected"),
    [
        ("users", {"name": ""}, ("invalid_field", None, "name")),
        ("users", {"manager_id": "no"}, ("reference_not_found", None, "manager_id")),
        (
            "users",
            {"business_unit_id": "no"},
            ("reference_not_found", None, "business_unit_id"),
        ),
        ("users", {"manager_id": "{a}"}, ("user_manager_cycle", None, "manager_id")),
        ("users", {"time_zone": "Mars"}, ("time_zone_unknown", None, "time_zone")),
        ("users", {"groups": 7, "x": 1}, ("unknown_field", None, "groups")),
        ("users", {"roles": ["no"]}, ("reference_not_found", None, "roles")),
        ("teams", {"roles": ["no"]}, ("reference_not_found", None, "roles")),
        ("roles", {"rights": ["fly"]}, ("invalid_field", None, "rights.0")),
        (
            "roles",
            {"privileges": {"deal": {"fly": "user"}}},
            ("invalid_field", None, "privileges.deal.fly"),
        ),
        ("teams", {"members": ["no"]}, ("reference_not_found", None, "members")),
        (
            "teams",
            {"members": ["{ada}", "{ada}"]},
            ("member_named_twice", None, "members"),
        ),
        (
            "business-units",
            {"parent_id": "no"},
            ("reference_not_found", None, "parent_id"),
        ),
        (
            "business-units",
            {"parent_id": "{a}"},
            ("business_unit_cycle", None, "parent_id"),
        ),
        (
            "rollup-queries",
            {"entity": "case"},
            ("query_entity_frozen", None, "entity"),
        ),
        (
            "rollup-queries",
            {"where": {"all": [7]}},
            ("query_unreadable", None, "where.all[0]"),
        ),
        (
            "rollup-queries",
            {"where": {"attribute": "n", "operator": "in-fiscal-period", "value": 101}},
            ("fiscal_period_not_of_template", "80044814", "where.value"),
        ),
        ("metrics", {"name": "{b}"}, ("metric_name_taken", "80044802", "name")),
        ("metrics", {"kind": "count"}, ("metric_type_frozen", None, "kind")),
        (
            "metrics",
            {"rollup_fields": {"actual": None}},
            ("metric_without_rollup_fields", "8004f681", "rollup_fields"),
        ),
        (
            "metrics",
            {
                "rollup_fields": {
                    "custom": {
                        "source_entity": "{deal}",
                        "source_attribute": "amount",
                        "date_attribute": "closed",
                    }
                }
            },
            (
                "source_attribute_type_differs",
                "80044808",
                "rollup_fields.custom.source_attribute",
            ),
        ),
    ],
)
async def test_a_bad_line_is_told_as_if_it_came_alone(
    api: Api, kind: str, line: dict[str, Any], expected: Any
) -> None:
    """With all nothing is stored; with good the line after it is."""
    await api.user("ada")
    await api.user("alan")
    await api.create(
        "/v1/entities", {"id": api.id("deal"), "attributes": {"amount": "text"}}
    )
    names = ("a", "b", "ada", "deal")
    text = json.dumps(line)
    for name in names:
        text = text.replace(f"{{{name}}}", api.id(name))
    await _import(api, kind, _table(_three(api, kind)))
    bad = {"id": api.id("a"), **json.loads(text)}
    good = {"id": api.id("c"), "name": api.id("renamed")}

    all_of_it = await _import(api, kind, [bad, good], "application/json")
    before = await api.read(api.at("c", of=kind))
    status, report = await _import(
        api, kind, [bad, good], "application/json", mode="good"
    )

    assert (all_of_it[0], told(all_of_it[1])) == (422, ("import_rejected", None, None))
    assert before["name"] != api.id("renamed")
    assert (status, report["changed"], report["applied"]) == (200, 1, True)
    [rejected] = report["rejected"]
    assert [rejected] == all_of_it[1]["rejected"]
    assert (rejected["line"], rejected["id"]) == (1, api.id("a"))
    assert told(rejected) == expected
    assert (await api.read(api.at("c", of=kind)))["name"] == api.id("renamed")


async def test_two_metrics_of_a_file_cannot_bear_one_name(api: Api) -> None:
    """Neither new ones, nor one that takes a name while another gives it up."""
    await api.metric("old")
    lines = [
        {"id": api.id("old"), "name": api.id("given up")},
        api.metric_body("new", name=api.id("OLD")),
        api.metric_body("one", name=api.id("same")),
        api.metric_body("two", name=api.id("SAME")),
    ]

    _, report = await _import(api, "metrics", lines, "application/json", mode="good")

    assert (report["created"], report["changed"]) == (1, 1)
    assert [(one["line"], *told(one)) for one in report["rejected"]] == [
        (2, "metric_name_taken", "80044802", "name"),
        (4, "metric_name_taken", "80044802", "name"),
    ]


async def test_a_metric_in_use_keeps_its_shape_in_a_file_too(api: Api) -> None:
    """What a single change is refused for, a line is."""
    await api.company()
    await api.change(api.at("north"), {"state": "closed"})
    field = api.metric_body()["rollup_fields"]["actual"]
    lines = [
        {"id": api.id("revenue"), "stretch_tracked": True},
        {"id": api.id("revenue"), "rollup_fields": {"custom": field}},
    ]

    found = [
        (await _import(api, "metrics", [line], "application/json", mode="good"))[1]
        for line in lines
    ]

    assert [told(one["rejected"][0]) for one in found] == [
        ("metric_in_use", "80044803", "stretch_tracked"),
        ("metric_used_by_closed_goal", "80044801", "rollup_fields.custom"),
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("body", "media_type", "status", "error"),
    [
        ("[", "application/json", 400, "not_json"),
        ("", "text/csv", 400, "csv_malformed"),
        ("id,size\n", "text/csv", 400, "unknown_field"),
        ("{}", "text/plain", 415, "unsupported_media_type"),
        ("{}\n" * 10_001, "application/x-ndjson", 422, "too_many_items"),
    ],
)
async def test_some_files_are_refused(
    api: Api, kind: str, body: str, media_type: str, status: int, error: str
) -> None:
    """In the one shape of errors."""
    answer = await _import(api, kind, body, media_type)

    assert (answer[0], answer[1]["error"]) == (status, error)
    assert set(answer[1]) == {"error", "detail", "dynamics_code", "field"}


async def test_ten_thousand_users_are_imported_at_once(
    api: Api, record_property: Record
) -> None:
    """A tree of managers from its leaves; created, changed and found unchanged."""
    numbers = []

    for disabled in ("false", "true", "true"):
        rows = [
            {
                "id": api.id(f"u{place}"),
                "name": f"User {place}",
                "manager_id": api.id(f"u{place // 10}") if place else "",
                "disabled": disabled,
            }
            for place in range(9_999, -1, -1)
        ]
        with timed(record_property, "10,000 users imported"):
            status, report = await _import(api, "users", _table(rows))
        assert (status, report["rejected"]) == (200, [])
        numbers.append([report[name] for name in ("created", "changed", "unchanged")])

    assert numbers == [[10_000, 0, 0], [0, 10_000, 0], [0, 0, 10_000]]


@pytest.mark.parametrize("kind", [USERS, METRICS])
async def test_many_lines_ask_no_more_questions_than_few(api: Api, kind: Any) -> None:
    """However many are created or changed, the statements are the same."""
    connection = await api.installation.connect()
    asked: list[str] = []
    connection.add_query_logger(lambda query: asked.append(query.query))
    counts = []

    for many in (2, 200):
        bodies = [
            api.metric_body(f"of-{many}-{place}")
            if kind is METRICS
            else {"id": api.id(f"of-{many}-{place}"), "name": "x"}
            for place in range(many)
        ]
        await _import(api, kind.many, bodies[: many // 2], "application/json")
        file = json.dumps([one | {"name": one["id"] + "!"} for one in bodies]).encode()
        lines, unread = lines_of(file, MediaType.JSON, kind.form)
        asked.clear()
        async with connection.transaction():
            changes = Changes(connection, caller=ADMIN, traceparent=None)
            plan = await import_lines(changes, kind.kind, lines, unread, ImportMode.ALL)
        counts.append(len(asked))
        assert len(plan.created) == plan.changed == many // 2

    await connection.close()
    assert counts[1] <= counts[0]
