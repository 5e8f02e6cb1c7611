"""Which records the queries of goals let through, said by SQL, for each pair of eyes.

Two temporary tables take it, inside the snapshot that everything is compared in. A
query that does not read any more has failed: its goals are not judged.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import asyncpg

from cli.verify.directory import Directory
from shared.domain.goals import Slot
from shared.queries.conditions import Linked, Not, Where, fits_calendar, leaves_of
from shared.queries.reading import where_of
from shared.queries.sql import Arguments, predicate_of
from shared.queries.unreadable import UnreadableQueryError

# Beside the transaction, which only reads: rows of temporary tables are no writes.
TABLES: Final = """
CREATE TEMPORARY TABLE asked_goal (
    number bigint NOT NULL,
    slot integer NOT NULL,
    -- Null: the query has failed.
    ask integer,
    looks_elsewhere boolean NOT NULL
);
CREATE TEMPORARY TABLE asked_record (
    ask integer NOT NULL,
    key text COLLATE "C" NOT NULL,
    PRIMARY KEY (ask, key)
)
"""

_ASKING: Final = """
SELECT
    goal.number,
    asked.slot,
    asked.query_id,
    goal.definition ->> 'manager_id' AS manager_id,
    goal.definition #>> '{period,time_zone}' AS time_zone
FROM rollup.goal
CROSS JOIN LATERAL jsonb_each_text(goal.definition -> 'queries')
    AS asked (slot, query_id)
WHERE
    NOT goal.gone AND NOT goal.frozen
    AND goal.definition -> 'queries' <> '{}'
ORDER BY goal.number, asked.slot
"""
_QUERIES: Final = """
SELECT id, definition ->> 'entity' AS entity, definition ->> 'where' AS where_json
FROM rollup.query
WHERE NOT gone
"""
_LET_THROUGH: Final = """
INSERT INTO pg_temp.asked_record (ask, key)
SELECT $1, record.key
FROM rollup.record
WHERE record.entity = $2 AND NOT record.deleted AND record.version >= 0 AND {}
"""

_SLOTS: Final = {str(slot): place for place, slot in enumerate(Slot)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """A query that reads."""

    entity: str
    where: Where
    looks_at_manager: bool
    looks_elsewhere: bool


@dataclass(slots=True)
class _Asks:
    """Each different question once, however many goals ask it."""

    directory: Directory
    queries: Mapping[str, _Query]
    # Statement and arguments, by themselves and by what they were made of.
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    statements: list[tuple[str, list[object]]] = field(default_factory=list)
    known: dict[tuple[str, str | None, str, str], int] = field(default_factory=dict)

    def number_of(self, query_id: str, manager_id: str, time_zone: str) -> int | None:
        """Return the number of a question; None: its query has failed."""
        query = self.queries.get(query_id)
        if query is None:
            return None
        manager = manager_id if query.looks_at_manager else None
        hidden = {
            entity: sorted(names)
            for entity, names in self.directory.people.hidden_from(manager_id).items()
        }
        made_of = (query_id, manager, time_zone, repr(hidden))
        if made_of not in self.known:
            self.known[made_of] = self._number(query, manager_id, time_zone)
        return self.known[made_of]

    def _number(self, query: _Query, manager_id: str, time_zone: str) -> int:
        arguments = Arguments(start=3)
        predicate = predicate_of(
            query.where,
            query.entity,
            self.directory.eyes(manager_id, time_zone),
            hidden=self.directory.people.hidden_from(manager_id),
            arguments=arguments,
        )
        values = [query.entity, *arguments.values]
        number = self.numbers.setdefault(
            (predicate, repr(values)), len(self.statements)
        )
        if number == len(self.statements):
            self.statements.append((_LET_THROUGH.format(predicate), values))
        return number


async def ask_queries(connection: asyncpg.Connection, directory: Directory) -> None:
    """Fill the tables with what live goals ask, and with the records let through."""
    asking = await connection.fetch(_ASKING)
    if not asking:
        return
    asks = _Asks(directory, await _queries(connection, directory))
    goals = [_row_of(row, asks) for row in asking]
    await connection.copy_records_to_table("asked_goal", records=goals)
    for number, (statement, values) in enumerate(asks.statements):
        await connection.execute(statement, number, *values)
    await connection.execute("ANALYZE pg_temp.asked_goal, pg_temp.asked_record")


def _row_of(row: asyncpg.Record, asks: _Asks) -> tuple[int, int, int | None, bool]:
    query = asks.queries.get(row["query_id"])
    return (
        row["number"],
        _SLOTS[row["slot"]],
        asks.number_of(row["query_id"], row["manager_id"], row["time_zone"]),
        query is not None and query.looks_elsewhere,
    )


async def _queries(
    connection: asyncpg.Connection, directory: Directory
) -> dict[str, _Query]:
    """Return the queries that read under the declared types and the calendar."""
    template = directory.around.calendar.template
    found: dict[str, _Query] = {}
    for row in await connection.fetch(_QUERIES):
        try:
            value: Any = json.loads(row["where_json"], parse_float=Decimal)
            where = where_of(value, row["entity"], directory.types)
        except (UnreadableQueryError, ValueError):
            continue
        if fits_calendar(where, template):
            found[row["id"]] = _query(where, row["entity"])
    return found


def _query(where: Where, entity: str) -> _Query:
    conditions = [condition for _, condition in leaves_of(where, entity)]
    return _Query(
        entity=entity,
        where=where,
        looks_at_manager=any(one.operator.looks_at_manager for one in conditions),
        looks_elsewhere=_has_link(where)
        or any(one.hierarchy is not None for one in conditions),
    )


def _has_link(where: Where) -> bool:
    if isinstance(where, Linked):
        return True
    if isinstance(where, Not):
        return _has_link(where.condition)
    return any(_has_link(one) for one in getattr(where, "conditions", ()))
