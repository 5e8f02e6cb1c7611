"""Rollup queries and their conditions."""

from collections.abc import Collection, Sequence
from typing import Final

import asyncpg

from services.goals.domain.exact_json import text_of, value_of
from services.goals.domain.queries import QueryState, RollupQuery
from services.goals.store.connections import Connection
from services.goals.store.tables import Column, Shape, Table
from shared.domain.goals import QueryId

_LOOKING_AT = """
WHERE thing.entity = ANY($1::text[]) OR EXISTS (
    SELECT FROM jsonb_path_query(thing.conditions, '$.**.entity') AS named
    WHERE named #>> '{}' = ANY($1::text[])
)
ORDER BY thing.id
"""
_USING_GOALS = (
    "goals.goal WHERE query_actual = $1 OR query_in_progress = $1 OR query_custom = $1"
)


class Queries(Table[RollupQuery]):
    """What can be read and written of rollup queries."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _QUERIES)

    async def looking_at(self, entities: Collection[str]) -> Sequence[RollupQuery]:
        """Return the queries that look at records of any of these entities."""
        return await self._things(_LOOKING_AT, list(entities))


def _query(row: asyncpg.Record) -> RollupQuery:
    return RollupQuery(
        id=QueryId(row["id"]),
        version=row["version"],
        name=row["name"],
        entity=row["entity"],
        # The database has an order of keys of its own.
        where=text_of(value_of(row["conditions"])),
        state=QueryState(row["state"]),
    )


_QUERIES: Final[Shape[RollupQuery]] = Shape(
    table="goals.rollup_query",
    columns=(
        Column("name", "text", lambda query: query.name),
        Column("entity", "text", lambda query: query.entity),
        Column("conditions", "jsonb", lambda query: query.where),
        Column("state", "text", lambda query: query.state),
    ),
    thing=_query,
    uses=(("narrows goal", _USING_GOALS, "id"),),
)
