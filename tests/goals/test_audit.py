"""What the audit trail says of a write: of what changed, and of nothing else."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from services.goals.domain.audit import (
    Action,
    Line,
    Trail,
    UnauditedError,
    WrittenLine,
    difference,
    told_of,
)
from services.goals.domain.directory import Team
from services.goals.domain.queries import RollupQuery
from services.goals.http.audit_table import HEADER, table_of
from services.goals.store.metrics import Metrics
from shared.domain.goals import Principal, PrincipalType, QueryId
from tests.goals.made import GOAL, METRIC, NOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Something with a secret of which a hash is kept."""

    id: str
    name: str
    sha256: bytes


def told(line: Line) -> tuple[str, str, Action, Any, Any]:
    """Return a line, what it tells as values."""
    before, after = (
        None if text is None else json.loads(text) for text in (line.before, line.after)
    )
    return line.kind, line.id, line.action, before, after


def test_a_change_tells_only_what_changed() -> None:
    """From what to what; what names somebody is told whole."""
    trail = Trail()
    after = replace(
        GOAL,
        version=2,
        target="120.0000",
        owner=Principal(PrincipalType.USER, "eve"),
        period=replace(GOAL.period, time_zone="UTC"),
    )

    trail.changed("goal", "north", GOAL, after)

    [line] = trail.lines()
    assert told(line) == (
        "goal",
        "north",
        Action.CHANGED,
        {
            "owner": {"type": "user", "id": "ada"},
            "period": {"time_zone": "Europe/Berlin"},
            "target": "100.0000",
        },
        {
            "owner": {"type": "user", "id": "eve"},
            "period": {"time_zone": "UTC"},
            "target": "120.0000",
        },
    )


def test_of_a_whole_thing_only_what_is_said_of_it_is_told() -> None:
    """Neither its id and version, nor what it does not have."""
    trail = Trail()

    trail.created("team", "sales", Team(id="sales", version=3, name="Sales"))
    trail.deleted("team", "south", Team(id="south", name="South", members=("bob",)))

    assert [told(line) for line in trail.lines()] == [
        ("team", "sales", Action.CREATED, None, {"name": "Sales"}),
        (
            "team",
            "south",
            Action.DELETED,
            {"name": "South", "members": ["bob"]},
            None,
        ),
    ]


def test_a_thing_that_is_written_twice_has_one_line() -> None:
    """From what it was at first to what it is in the end."""
    trail = Trail()
    first, second = replace(METRIC, name="Sales"), replace(METRIC, name="Turnover")

    trail.changed("metric", "revenue", METRIC, first)
    trail.changed("metric", "revenue", first, second)

    [line] = trail.lines()
    assert told(line)[3:] == ({"name": "Revenue"}, {"name": "Turnover"})


def test_what_stays_as_it_was_has_no_line() -> None:
    """Also what was made and went again, and what has a new version only."""
    trail = Trail()

    trail.changed("metric", "revenue", METRIC, replace(METRIC, version=9))
    trail.created("team", "sales", Team(id="sales", name="Sales"))
    trail.deleted("team", "sales", Team(id="sales", name="Sales"))

    assert trail.lines() == []


@pytest.mark.parametrize(
    ("before", "after", "was", "now"),
    [
        # Of a list of names, those that went and those that came.
        ({"m": ["a", "b"]}, {"m": ["b", "c"]}, {"m": ["a"]}, {"m": ["c"]}),
        # In another order only: both lists.
        ({"m": ["a", "b"]}, {"m": ["b", "a"]}, {"m": ["a", "b"]}, {"m": ["b", "a"]}),
        # Objects are looked into, however deep.
        (
            {"privileges": {"account": {"read": "user", "write": "none"}}},
            {"privileges": {"account": {"read": "none", "write": "none"}}},
            {"privileges": {"account": {"read": "user"}}},
            {"privileges": {"account": {"read": "none"}}},
        ),
        # What was not there at all is not null.
        (
            {"attributes": {"a": None}},
            {"attributes": {"b": None}},
            {"attributes": {"a": None}},
            {"attributes": {"b": None}},
        ),
        ({"m": [{"x": 1}]}, {"m": []}, {"m": [{"x": 1}]}, {"m": []}),
    ],
)
def test_a_difference_is_as_small_as_it_can_be(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    was: Mapping[str, Any],
    now: Mapping[str, Any],
) -> None:
    """Each side tells what the other does not have."""
    assert difference(before, after) == (was, now)


def test_a_hash_of_a_secret_is_never_told() -> None:
    """Nobody has to think of it: bytes are left out."""
    assert told_of(Key(id="k", name="nightly", sha256=b"secret")) == {"name": "nightly"}


def test_the_conditions_of_a_query_are_told_as_what_they_are() -> None:
    """Not as a text of JSON; numbers keep their digits."""
    trail = Trail()
    where = '{"attribute":"x","operator":"gt","value":%s}'
    query = RollupQuery(id=QueryId("q"), name="Q", entity="e", where=where % "1.10")

    trail.changed("rollup_query", "q", query, replace(query, where=where % "1.20"))

    [line] = trail.lines()
    assert line.before == '{"where":{"value":1.10}}'
    assert line.after == '{"where":{"value":1.20}}'


def test_what_is_announced_must_be_noted() -> None:
    """A kind of write that forgets the trail is loud before anybody relies on it."""
    trail = Trail()
    trail.created("team", "sales", Team(id="sales", name="Sales"))
    trail.tidied("recalculation", "old")

    trail.check_noted([("team", "sales"), ("recalculation", "old")])
    with pytest.raises(UnauditedError, match=r"role seller is announced and not noted"):
        trail.check_noted([("team", "sales"), ("role", "seller")])


async def test_a_table_that_is_only_read_refuses_to_be_written() -> None:
    """So that no write goes past the trail."""
    connection: Any = None

    with pytest.raises(UnauditedError, match=r"goals\.metric is written past"):
        await Metrics(connection).insert([METRIC])


def line_of(**more: Any) -> WrittenLine:
    """Return a line of the trail."""
    line: dict[str, Any] = {
        "number": 7,
        "at": NOON,
        "caller": "user/ada",
        "kind": "goal",
        "id": "north",
        "action": Action.CHANGED,
        "before": None,
        "after": None,
        "change_set_id": "s",
        "traceparent": None,
    }
    return WrittenLine(**line | more)


def cells_of(line: WrittenLine) -> list[dict[str, str]]:
    """Return the rows of a line, as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(f"{HEADER}\r\n{table_of([line])}")))


def test_a_table_has_a_row_for_each_field_that_changed() -> None:
    """With what lies inside objects under names with points."""
    line = line_of(
        before='{"period": {"end": "2026-12-31"}, "target": "-1.50"}',
        after='{"period": {"end": "2027-01-31"}, "members": ["a"]}',
    )

    rows = cells_of(line)

    assert [(row["field"], row["before"], row["after"]) for row in rows] == [
        ("period.end", "2026-12-31", "2027-01-31"),
        ("target", "-1.50", ""),
        ("members", "", '["a"]'),
    ]
    assert {row["at"] for row in rows} == {"2026-11-21T12:00:00Z"}
    assert {row["caller"] for row in rows} == {"user/ada"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-cmd|x", "@sum", "\t=1", " =1", "\uff1d1"]
)
def test_no_cell_of_a_table_is_a_formula(text: str) -> None:
    """Whoever wrote it, and whatever spreadsheet opens it."""
    line = line_of(id=text, caller=f"token/{text}", after=json.dumps({"title": text}))

    [row] = cells_of(line)

    assert (row["id"], row["after"]) == (f"'{text}", f"'{text}")


def test_a_creation_of_which_nothing_is_said_has_a_row() -> None:
    """A change is never lost from the table."""
    [row] = cells_of(line_of(action=Action.CREATED, after="{}"))

    assert (row["action"], row["field"]) == ("created", "")
