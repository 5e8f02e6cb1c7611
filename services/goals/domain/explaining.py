"""Why a record counts for a goal or does not: test by test (semantics, section 7).

What is judged is what the goal says now. What the totals hold may be something else:
a goal that stands still, or is being computed, keeps what records added before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from services.goals.domain.access_in_words import called, outcome, reads, standing
from services.goals.domain.demands import judged
from shared.domain.amounts import MetricKind, units_of
from shared.domain.goals import Link, PrincipalType, Slot
from shared.domain.periods import bounds_of, lies_in, when_of
from shared.domain.records import AttributeValue, Record
from shared.queries.conditions import Where, demands_of
from shared.queries.eyes import Sight
from shared.queries.values import text_in
from shared.rights.participation_sql import GoalField
from shared.rights.veil import VeiledSight, veiled

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Criterion(StrEnum):
    """What a record must stand to add to a goal."""

    EXISTS = "exists"
    ENTITY = "entity"
    PERIOD = "period"
    STATE = "state"
    STATUS = "status"
    QUERY = "query"
    OWNER = "owner"
    ACCESS = "access"
    ONLY_FROM_CHILDREN = "only_from_children"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTest:
    """One test of one record, with what was seen."""

    name: Criterion
    holds: bool
    # None: there was nothing to be seen.
    seen: str | None
    wanted: str
    # The outcome as a part of a sentence; none: it goes without saying.
    says: str = ""
    # Whose value was seen, where that is a linked record.
    record: str | None = None
    # Of the query: which of its demands it is.
    demand: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of records for one rollup field of a goal."""

    asked: GoalField
    # Why the goal's query cannot be asked; None: it can.
    unreadable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the tests of one rollup field make of a record."""

    slot: Slot
    tests: tuple[JudgedTest, ...]
    # What it adds if all tests hold, in units of the metric that the goal has now.
    units: int
    decimals: int
    # Whoever asks may not know how much it adds.
    is_amount_hidden: bool = False

    @property
    def failing(self) -> tuple[JudgedTest, ...]:
        """The tests that fail."""
        return tuple(test for test in self.tests if not test.holds)

    @property
    def deserves(self) -> int:
        """What it should add now, in units; nothing, if a test fails."""
        return 0 if self.failing else self.units


def judgement_of(record: Record, question: Question, sight: Sight) -> Judgement:
    """Return what every test of a goal's rollup field says of a record.

    What is hidden from the goal's manager is null, in this record and in others.
    """
    asked = question.asked
    record, sight = veiled(record, asked.hidden), VeiledSight(sight, asked.hidden)
    tests = (
        *_kind(record, asked),
        *_dated(record, asked, sight),
        *_stated(record, asked, sight),
        *_queried(record, question, sight),
        *_owned(record, asked),
        _readable(record, asked),
        _not_only_from_children(asked),
        *_valued(record, asked),
    )
    return Judgement(
        slot=asked.slot,
        tests=tests,
        units=units_in(record, asked),
        decimals=asked.metric.decimals,
    )


def units_in(record: Record, asked: GoalField) -> int:
    """Return the units that a record adds if it counts; null adds nothing."""
    name = asked.field.source_attribute
    if asked.metric.kind is MetricKind.COUNT or name is None:
        return 1
    return units_of(record.attributes.get(name), asked.metric.decimals) or 0


def shown(value: AttributeValue) -> str | None:
    """Return a value of a record as people read it; None where it is null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text_in(value)


def in_words(slot: Slot) -> str:
    """Return what a measure is called in a sentence."""
    return slot.replace("_", " ")


def _kind(record: Record, asked: GoalField) -> Iterator[JudgedTest]:
    yield JudgedTest(
        name=Criterion.EXISTS,
        holds=not record.deleted,
        seen="deleted" if record.deleted else "there",
        wanted="there",
        says="it was deleted" if record.deleted else "",
    )
    wanted = asked.field.source_entity
    fits = record.entity == wanted
    yield JudgedTest(
        name=Criterion.ENTITY,
        holds=fits,
        seen=record.entity,
        wanted=wanted,
        says=""
        if fits
        else f"it is of {record.entity}, and {in_words(asked.slot)} counts {wanted}",
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a value is read: in the record itself, or in one that it links to."""

    record: Record | None
    # The other one's key, if it is another one.
    key: str | None = None
    # How a sentence calls the value of a name, and what is missing.
    of: str = "its {}"
    lacking: str = ""


def _source(
    link: Link | None, record: Record, asked: GoalField, sight: Sight
) -> _Source:
    if link is None:
        return _Source(record)
    if asked.leads_nowhere(link):
        return _Source(None, lacking=f"its {link.link} {_hidden(asked)}")
    key = link.parent_key(record.attributes)
    if key is None:
        return _Source(None, lacking=f"it names no {link.entity} in {link.link}")
    found = sight.look(key)
    name = key.removeprefix(f"{link.entity}/")
    lacking = f"its {link.entity} {name} was deleted or never sent"
    return _Source(found, key, of=f"the {{}} of its {key}", lacking=lacking)


def _dated(record: Record, asked: GoalField, sight: Sight) -> Iterator[JudgedTest]:
    period = asked.goal.period
    source = _source(asked.field.date_from, record, asked, sight)
    name = asked.field.date_attribute
    value = None if source.record is None else source.record.attributes.get(name)
    holds = lies_in(when_of(value), bounds_of(period))
    yield JudgedTest(
        name=Criterion.PERIOD,
        holds=holds,
        seen=shown(value),
        wanted=f"{period.start} to {period.end}",
        says=source.lacking
        if source.record is None
        else f"{source.of.format(name)} {_date_in_words(value, asked)}",
        record=source.key,
    )


def _date_in_words(value: AttributeValue, asked: GoalField) -> str:
    period, bounds, when = (
        asked.goal.period,
        bounds_of(asked.goal.period),
        when_of(value),
    )
    if asked.hides(asked.dated_entity, asked.field.date_attribute):
        return _hidden(asked)
    if value is None:
        return "is empty"
    if when is None:
        return f"is {shown(value)}, which is no date"
    if isinstance(when, str):
        told, is_before = when, when < bounds.first_day
    else:
        told = f"{value}{_day_there(when, period.time_zone)}"
        is_before = when < bounds.opens
    if lies_in(when, bounds):
        return f"is {told}, in the period ({period.start} to {period.end})"
    if is_before:
        return f"is {told}, before the period began on {period.start}"
    return f"is {told}, after the period ended on {period.end}"


def _day_there(when: int, zone: str) -> str:
    """Return which day an instant has where the goal is."""
    try:
        day = (_EPOCH + timedelta(microseconds=when)).astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        return ""
    return f" ({day} in {zone})"


def _stated(record: Record, asked: GoalField, sight: Sight) -> Iterator[JudgedTest]:
    field = asked.field
    wanted = (
        (Criterion.STATE, field.source_state),
        (Criterion.STATUS, field.source_status),
    )
    for name, value in wanted:
        if value is not None:
            source = _source(field.state_from, record, asked, sight)
            yield _equality(name, value, source, asked)


def _equality(
    name: Criterion, wanted: str, source: _Source, asked: GoalField
) -> JudgedTest:
    seen = None
    if source.record is not None:
        is_state = name is Criterion.STATE
        seen = source.record.state if is_state else source.record.status
    says = f"{source.of.format(name)} is {seen or 'empty'}"
    if source.record is None:
        says = source.lacking
    elif seen != wanted:
        says += f", and {in_words(asked.slot)} counts {wanted}"
    return JudgedTest(
        name=name,
        holds=seen == wanted,
        seen=seen,
        wanted=wanted,
        says=says,
        record=source.key,
    )


def _queried(record: Record, question: Question, sight: Sight) -> Iterator[JudgedTest]:
    asked = question.asked
    if question.unreadable is not None:
        yield JudgedTest(
            name=Criterion.QUERY,
            holds=False,
            seen=None,
            wanted="a rollup query that reads",
            says=f"the goal's rollup query cannot be asked: {question.unreadable}",
        )
        return
    for demand in demands_of(asked.query):
        found = judged(demand, record, asked, sight)
        yield JudgedTest(
            name=Criterion.QUERY,
            holds=found.holds,
            seen=found.seen,
            wanted=found.wanted,
            says=found.says,
            demand=demand,
        )


def _owned(record: Record, asked: GoalField) -> Iterator[JudgedTest]:
    goal = asked.goal
    owners = asked.owners
    if owners is None:
        return
    holds = record.owner in owners
    wanted = goal.owner.key
    if goal.include_team_members and goal.owner.type is PrincipalType.TEAM:
        wanted += " or one of its members"
    belongs = (
        f"it belongs to {'nobody' if record.owner is None else called(record.owner)}"
    )
    yield JudgedTest(
        name=Criterion.OWNER,
        holds=holds,
        seen=record.owner,
        wanted=wanted,
        says=belongs
        if holds
        else f"{belongs}, and the goal counts only records of {called(wanted)}",
    )


def _readable(record: Record, asked: GoalField) -> JudgedTest:
    manager, units = asked.eyes.manager, asked.eyes.around.unit_of_owner
    return JudgedTest(
        name=Criterion.ACCESS,
        holds=asked.access.allows_record(record, units),
        seen=standing(record, units),
        wanted=f"read by {manager.id}: {reads(manager, asked.access, record.entity)}",
        says=outcome(manager, asked.access, record, units),
    )


def _hidden(asked: GoalField) -> str:
    return f"is hidden from the goal's manager {asked.eyes.manager.id}"


def _not_only_from_children(asked: GoalField) -> JudgedTest:
    is_alone = asked.goal.rollup_only_from_children
    return JudgedTest(
        name=Criterion.ONLY_FROM_CHILDREN,
        holds=not is_alone,
        seen="only children" if is_alone else "records and children",
        wanted="records and children",
        says="the goal takes only what its children show" if is_alone else "",
    )


def _valued(record: Record, asked: GoalField) -> Iterator[JudgedTest]:
    name = asked.field.source_attribute
    if asked.metric.kind is MetricKind.COUNT or name is None:
        return
    value = record.attributes.get(name)
    units = units_of(value, asked.metric.decimals)
    if asked.hides(asked.field.source_entity, name):
        says = f"its {name} {_hidden(asked)}"
    elif value is None:
        says = f"its {name} is empty"
    elif units is None:
        says = f"its {name} is {shown(value)}, which is no amount"
    elif not units:
        says = f"its {name} is {shown(value)}, which adds nothing"
    else:
        says = ""
    yield JudgedTest(
        name=Criterion.AMOUNT,
        holds=bool(units),
        seen=shown(value),
        wanted="an amount other than 0",
        says=says,
    )
