"""The events on the wire are what the generated documents say they are."""

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.rollup.announce import Face, Moment, Place, tombstone_of
from services.rollup.store.totals import Total
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import (
    SLOTS,
    Goal,
    GoalId,
    GoalNumber,
    Metric,
    MetricId,
    Principal,
    PrincipalType,
    RollupField,
)
from shared.domain.periods import Period
from shared.messages import topics
from shared.messages.events import ActivityRecordEvent, GoalUpdatedEvent
from shared.messages.records import InvalidRecordError, decode_record, encode_record
from tests.shared.wire import NAME, PRINCIPAL, json_values, records_on_wire

MOMENT = datetime(2026, 11, 21, 9, 30, 0, 31000, tzinfo=UTC)
FIELD = RollupField(source_entity="o", source_attribute="a", date_attribute="d")

# What the contract fixes. Written out: a test that read it would agree with anything.
TOPICS = {
    "activity-records": ("entity/id", "delete"),
    "activity-records.rejected": ("as it came", "delete"),
    "goal-changes": ("kind/id", "compact"),
    "goal-updated": ("goal id", "compact"),
}
GOAL_UPDATED = {
    "goal_id": "C0",
    "incarnation": 1,
    "revision": 42,
    "tree_id": "P",
    "parent_id": "P",
    "title": "North",
    "metric_id": "revenue",
    "owner": {"type": "user", "id": "R0"},
    "manager_id": "M",
    "state": "open",
    "period": {
        "start": "2026-11-20",
        "end": "2026-12-21",
        "time_zone": "Europe/Berlin",
    },
    "target": "100.0000",
    "stretch_target": None,
    "values": {"actual": "400.0000", "in_progress": "0.0000", "custom": None},
    "percentage": "400.0000",
    "is_overridden": False,
    "attributes": {"region": "EMEA", "headcount": "12", "strategic": True},
    "rollup": {"status": "current", "error": None},
    "updated_at": "2026-11-21T09:30:00.031Z",
    "caused_by": ["opportunity/O-1@7"],
}


def goal(**changes: Any) -> Goal:
    """Return the goal of the contract's example."""
    fields: dict[str, Any] = {
        "number": GoalNumber(1),
        "id": GoalId("C0"),
        "version": 3,
        "title": "North",
        "metric_id": MetricId("revenue"),
        "owner": Principal(PrincipalType.USER, "R0"),
        "manager_id": "M",
        "parent_id": GoalId("P"),
        "period": Period(
            start=date(2026, 11, 20), end=date(2026, 12, 21), time_zone="Europe/Berlin"
        ),
        "target": "100.0000",
        "stretch_target": None,
        "owner_records_only": True,
        "rollup_only_from_children": False,
        "include_team_members": False,
        "attributes": GOAL_UPDATED["attributes"],
        **changes,
    }
    return Goal(**fields)


def metric(data_type: DataType | None, measured: int) -> Metric:
    """Return a metric with the first so many rollup fields."""
    return Metric(
        id=MetricId("revenue"),
        kind=MetricKind.COUNT if data_type is None else MetricKind.AMOUNT,
        data_type=data_type,
        rollup_fields=dict.fromkeys(SLOTS[:measured], FIELD),
    )


def announced(
    one: Goal, of: Metric | None, total: Total, causes: list[str], trace: str | None
) -> Any:
    """Return the message that announces a goal."""
    place = Place(tree_id=GoalId("P"), parent_id=one.parent_id)
    moment = Moment("goal-updated", total.updated_at)
    return Face(
        one, of, place, 1, is_locked=False, is_frozen=False, error=None
    ).message(total, moment, causes=causes, trace=trace)


def test_the_topics_are_those_of_the_contract() -> None:
    """Names, keys and whether old messages are compacted away."""
    found = {
        one.name: (one.key, one.settings["cleanup.policy"]) for one in topics.CATALOGUE
    }

    assert found == TOPICS
    assert topics.GOAL_CHANGES.partitions == 1
    assert topics.ACTIVITY_RECORDS.partitions == 12


def test_the_example_of_the_contract_is_what_we_announce() -> None:
    """Field by field, in the form that the contract shows."""
    total = Total(GoalNumber(1), (4_000_000, 0, 0), False, 42, MOMENT)

    message = announced(
        goal(), metric(DataType.MONEY, 2), total, ["opportunity/O-1@7"], None
    )

    event = json.loads(message.value)
    assert datetime.fromisoformat(event.pop("updated_at")) == MOMENT
    assert event == {
        name: value for name, value in GOAL_UPDATED.items() if name != "updated_at"
    }
    assert message.key == b"C0"
    GoalUpdatedEvent.model_validate(GOAL_UPDATED)


@given(
    st.builds(
        goal,
        id=NAME,
        title=st.text(),
        owner=st.builds(Principal, st.sampled_from(PrincipalType), NAME),
        manager_id=NAME,
        parent_id=st.none() | NAME,
        target=st.none() | st.sampled_from(["0", "3", "100.00", "12345.6789"]),
        attributes=st.dictionaries(NAME, st.text() | st.booleans() | st.none()),
    ),
    st.sampled_from([None, *DataType]),
    st.integers(0, 3),
    st.tuples(*[st.integers(-(10**37), 10**37)] * 3),
    st.booleans(),
    st.lists(st.text(), max_size=10),
)
def test_every_announcement_fits_its_model(
    one: Goal,
    data_type: DataType | None,
    measured: int,
    units: tuple[int, int, int],
    computing: bool,
    causes: list[str],
) -> None:
    """The hot path writes by hand what the model describes; neither knows more."""
    causes = [cause.encode("utf-8", "replace").decode() for cause in causes]
    one = goal(
        **{
            name: getattr(one, name)
            for name in ("id", "owner", "manager_id", "parent_id", "target")
        },
        attributes={
            name: value.encode("utf-8", "replace").decode()
            if isinstance(value, str)
            else value
            for name, value in one.attributes.items()
        },
        title=one.title.encode("utf-8", "replace").decode(),
    )
    total = Total(GoalNumber(1), units, computing, 7, MOMENT)

    message = announced(one, metric(data_type, measured), total, causes, "trace")

    event = GoalUpdatedEvent.model_validate_json(message.value)
    assert set(json.loads(message.value)) == set(GoalUpdatedEvent.model_fields)
    assert (event.goal_id, event.title) == (one.id, one.title)
    assert list(event.caused_by) == causes
    assert event.attributes == one.attributes
    assert event.rollup.status == ("computing" if computing else "current")
    values = (event.values.actual, event.values.in_progress, event.values.custom)
    assert [value is not None for value in values] == [n < measured for n in range(3)]
    headers = dict(message.headers)
    assert None not in headers.values()
    assert headers["ce_specversion"] == b"1.0"
    assert headers["content-type"] == b"application/json"
    assert headers["ce_id"] == f"{one.id}:1.7".encode()
    assert headers["ce_subject"] == one.id.encode()
    assert headers["traceparent"] == b"trace"
    assert {"ce_type", "ce_source", "ce_time"} <= headers.keys()
    assert len(headers) == len(message.headers)


def test_a_goal_that_is_gone_has_an_empty_value() -> None:
    """Its key stays, with the same headers as any other."""
    message = tombstone_of(
        GoalId("C0"), revision=9, moment=Moment("goal-updated", MOMENT)
    )

    assert (message.key, message.value) == (b"C0", None)
    assert {"ce_id", "ce_type", "ce_source", "ce_time", "ce_subject"} <= dict(
        message.headers
    ).keys()
    assert all(value for _, value in message.headers)


@given(records_on_wire())
def test_every_record_that_we_understand_fits_its_model(wire: dict[str, Any]) -> None:
    """What the documents promise to accept and what decode accepts are one thing."""
    record = decode_record(msgspec.json.encode(wire))

    event = ActivityRecordEvent.model_validate_json(encode_record(record))

    assert (event.entity, event.id, event.version) == (
        record.entity,
        record.id,
        record.version,
    )
    assert event.attributes.keys() == record.attributes.keys()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "entity": NAME | json_values(),
            "id": NAME | json_values(),
            "version": st.integers() | json_values(),
            "deleted": json_values(),
            "owner": PRINCIPAL | json_values(),
            "state": json_values(),
            "occurred_at": json_values(),
            "shared_with": json_values(),
        },
    )
)
def test_what_the_model_refuses_decode_refuses(wire: dict[str, Any]) -> None:
    """Decode may be stricter, by limits that no schema tells; it is never laxer."""
    data = json.dumps(wire).encode()
    try:
        decode_record(data)
    except InvalidRecordError:
        return

    ActivityRecordEvent.model_validate_json(data)


@pytest.mark.parametrize("model", [ActivityRecordEvent, GoalUpdatedEvent])
def test_the_examples_in_the_documents_fit(model: Any) -> None:
    """Every event has an example, and the example is one."""
    examples = model.model_config["json_schema_extra"]["examples"]

    assert examples
    for example in examples:
        model.model_validate_json(json.dumps(example))


def test_what_was_announced_before_there_were_attributes_still_fits() -> None:
    """A reader of the compacted topic meets both forms."""
    before = {name: GOAL_UPDATED[name] for name in GOAL_UPDATED if name != "attributes"}

    assert GoalUpdatedEvent.model_validate(before).attributes == {}


def test_unknown_fields_are_ignored_coming_in_and_never_go_out() -> None:
    """A newer sender may know more; a reader of ours gets what is promised."""
    ActivityRecordEvent.model_validate(
        {"entity": "o", "id": "1", "version": 1, "colour": "red"}
    )

    with pytest.raises(ValidationError, match="colour"):
        GoalUpdatedEvent.model_validate({**GOAL_UPDATED, "colour": "red"})
