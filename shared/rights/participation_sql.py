"""Which records a goal counts, said in SQL, each test by its name.

They are those of semantics.md, section 7: predicates over a row of records, true or
false and never null, and none fails on what a record holds. So they can be put
together, asked one by one, or in any order. Those that cost least stand first.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.amounts import WHOLE_DIGITS_MAX, MetricKind
from shared.domain.goals import Goal, Link, Metric, PrincipalType, RollupField, Slot
from shared.domain.periods import bounds_of
from shared.queries.arguments import Arguments
from shared.queries.conditions import EVERYTHING, Where, demands_of
from shared.queries.eyes import Eyes
from shared.queries.sql import predicate_of
from shared.rights.access import Access
from shared.rights.sql import allowed
from shared.rights.veil import Hidden

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# No instant is written with a day that is farther from the one it has in some zone:
# offsets are of less than a day, and zones of less than another.
_FAR: Final = timedelta(days=3)
# Braces are doubled: it goes through a format.
_DAY: Final = "^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$"
_DAY_LENGTH: Final = len("2026-11-21")


class ParticipationTest(StrEnum):
    """What a record must stand to be counted; tests of the query come one by one."""

    ENTITY = "entity"
    STATE = "state"
    STATUS = "status"
    OWNER = "owner"
    ACCESS = "access"
    PERIOD = "period"
    QUERY = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTest:
    """One test of a goal's rollup field."""

    name: ParticipationTest
    # True or false of a row.
    sql: str
    # Of a query: the one of its demands that this is.
    demand: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalField:
    """A goal's rollup field, with all that decides which records it counts."""

    goal: Goal
    slot: Slot
    metric: Metric
    # Ids of the users of the team that owns the goal.
    members: Collection[str] = ()
    query: Where = EVERYTHING
    # Through whose eyes the query is read.
    eyes: Eyes
    # Which records of the source entity the goal's manager may read.
    access: Access
    # What is null to the manager, wherever it is read.
    hidden: Hidden

    @property
    def field(self) -> RollupField:
        """What the metric says of the rollup field."""
        return self.metric.rollup_fields[self.slot]

    @property
    def dated_entity(self) -> str:
        """Of which entity the records are whose date counts."""
        link = self.field.date_from
        return self.field.source_entity if link is None else link.entity

    def hides(self, entity: str, attribute: str) -> bool:
        """Tell whether an attribute is null to the goal's manager."""
        return attribute in self.hidden.get(entity, ())

    def leads_nowhere(self, link: Link | None) -> bool:
        """Tell whether a link is null to the goal's manager."""
        return link is not None and self.hides(self.field.source_entity, link.link)

    @property
    def hides_date(self) -> bool:
        """Tell whether the date that counts is null to the goal's manager."""
        field = self.field
        return self.leads_nowhere(field.date_from) or self.hides(
            self.dated_entity, field.date_attribute
        )

    @property
    def owners(self) -> Sequence[str] | None:
        """Whose records count, as keys; None: anybody's."""
        goal = self.goal
        if not goal.owner_records_only:
            return None
        is_team = goal.owner.type is PrincipalType.TEAM
        members = self.members if goal.include_team_members and is_team else ()
        return [goal.owner.key, *(f"user/{member}" for member in sorted(members))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of records: what a statement calls one, and where linked ones are found."""

    record: str = "record"
    table: str = "rollup_published.record"


def participation_tests(
    asked: GoalField, rows: Rows, arguments: Arguments
) -> Iterator[NamedTest]:
    """Return what a record must stand to count for a goal's rollup field."""
    field, record = asked.field, rows.record
    entity = arguments.add(field.source_entity, "text")
    exists = f"NOT {record}.deleted AND {record}.version >= 0"
    yield NamedTest(
        name=ParticipationTest.ENTITY, sql=f"({record}.entity = {entity} AND {exists})"
    )
    for name, column, wanted in (
        (ParticipationTest.STATE, "state", field.source_state),
        (ParticipationTest.STATUS, "status", field.source_status),
    ):
        if wanted is not None:
            if asked.leads_nowhere(field.state_from):
                yield NamedTest(name=name, sql="false")
                continue
            equal = f"{{row}}.{column} = {arguments.add(wanted, 'text')}"
            sql = _of_row(field.state_from, equal, rows, arguments)
            yield NamedTest(name=name, sql=sql)
    if asked.owners is not None:
        owners = arguments.add(list(asked.owners), "text[]")
        # As an index would have it: a record of nobody's is tested apart.
        owned = f"({record}.owner IS NOT NULL AND {record}.owner = ANY ({owners}))"
        yield NamedTest(name=ParticipationTest.OWNER, sql=owned)
    if not asked.access.everything:
        units = asked.eyes.around.unit_of_owner
        read = allowed(asked.access, units, record=record, arguments=arguments)
        yield NamedTest(name=ParticipationTest.ACCESS, sql=read)
    yield NamedTest(
        name=ParticipationTest.PERIOD, sql=_is_dated(asked, rows, arguments)
    )
    for demand in demands_of(asked.query):
        sql = predicate_of(
            demand,
            field.source_entity,
            asked.eyes,
            hidden=asked.hidden,
            record=record,
            table=rows.table,
            arguments=arguments,
        )
        yield NamedTest(name=ParticipationTest.QUERY, sql=sql, demand=demand)


def counted(asked: GoalField, rows: Rows, arguments: Arguments) -> str:
    """Return the predicate that a record counts for a goal's rollup field."""
    return " AND ".join(
        test.sql for test in participation_tests(asked, rows, arguments)
    )


def units_of(asked: GoalField, rows: Rows, arguments: Arguments) -> str:
    """Return what a record that counts adds, in units; null adds nothing."""
    attribute = asked.field.source_attribute
    if asked.metric.kind is MetricKind.COUNT or attribute is None:
        return "1::numeric"
    if asked.hides(asked.field.source_entity, attribute):
        return "0::numeric"
    name = arguments.add(attribute, "text")
    value = f"{rows.record}.attributes -> {name}"
    # Half to even: round() goes away from zero.
    factor, end = f"1e{asked.metric.decimals}", f"1e{WHOLE_DIGITS_MAX}"
    return f"""coalesce((
    SELECT CASE WHEN abs(exact - trunc(exact)) = 0.5
        THEN 2 * round(exact / 2) ELSE round(exact) END
    FROM (SELECT {number_of(value)}) AS read (number)
    CROSS JOIN LATERAL (
        SELECT number * {factor} WHERE abs(number) < {end}
    ) AS scaled (exact)
), 0)"""


def number_of(value: str) -> str:
    """Return the exact amount that a value of a record reads as, or null."""
    text = f"({value}) #>> '{{}}'"
    plain = f"^[+-]?[0-9]{{1,{WHOLE_DIGITS_MAX}}}(\\.[0-9]{{1,40}})?$"
    return (
        f"CASE WHEN jsonb_typeof({value}) = 'number' "
        f"OR (jsonb_typeof({value}) = 'string' AND {text} ~ '{plain}') "
        f"THEN ({text})::numeric END"
    )


def keys_of(entity: str, rows: Rows, arguments: Arguments) -> str:
    """Return the predicate that narrows rows to an entity's, by their primary key."""
    first = arguments.add(f"{entity}/", "text")
    # The character after the slash: keys are in the order of their code points.
    after = arguments.add(f"{entity}0", "text")
    return f"({rows.record}.key >= {first} AND {rows.record}.key < {after})"


def _of_row(link: Link | None, test: str, rows: Rows, arguments: Arguments) -> str:
    """Return a test of the record itself, or of the one that it links to."""
    if link is None:
        return f"coalesce({test.format(row=rows.record)}, false)"
    entity = arguments.add(f"{link.entity}/", "text")
    name = arguments.add(link.link, "text")
    key = f"{entity} || rollup.id_in({rows.record}.attributes -> {name})"
    return (
        f"EXISTS (SELECT FROM {rows.table} AS judged WHERE judged.key = {key} "
        f"AND NOT judged.deleted AND judged.version >= 0 "
        f"AND {test.format(row='judged')})"
    )


def _is_dated(asked: GoalField, rows: Rows, arguments: Arguments) -> str:
    period, bounds = asked.goal.period, bounds_of(asked.goal.period)
    dated_from = asked.field.date_from
    if asked.hides_date:
        return "false"
    name = arguments.add(asked.field.date_attribute, "text")
    text = f"({{row}}.attributes ->> {name})"
    first, last = (
        arguments.add(day.isoformat(), "text") for day in (period.start, period.end)
    )
    near = (
        arguments.add((period.start - _FAR).isoformat(), "text"),
        arguments.add((period.end + _FAR).isoformat(), "text"),
    )
    instant = (
        f"rollup.lies_in({{row}}.attributes -> {name}, "
        f"{arguments.add(_instant(bounds.opens), 'timestamptz')}, "
        f"{arguments.add(_instant(bounds.closes), 'timestamptz')}, "
        f"{arguments.add(period.start, 'date')}, {arguments.add(period.end, 'date')})"
    )
    # Most dates are told by their text; to read an instant takes much longer.
    dated = (
        f'CASE WHEN left({text}, {_DAY_LENGTH}) COLLATE "C" '
        f"NOT BETWEEN {near[0]} AND {near[1]} THEN false "
        f"WHEN jsonb_typeof({{row}}.attributes -> {name}) = 'string' "
        f"AND {text} ~ '{_DAY}' THEN {text} COLLATE \"C\" BETWEEN {first} AND {last} "
        f"AND pg_input_is_valid({text}, 'date') ELSE {instant} END"
    )
    return _of_row(dated_from, dated, rows, arguments)


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
