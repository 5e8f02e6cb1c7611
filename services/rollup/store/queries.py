"""Rollup queries as rollup keeps them."""

from collections.abc import Collection, Mapping

from services.rollup.domain.queries import Announced
from services.rollup.store.directory import Entry
from shared.domain.goals import QueryId
from shared.messages.definitions import Kind, RollupQueryDefinition
from shared.plumbing.postgres import Connection

# None: gone.
Definitions = Mapping[QueryId, RollupQueryDefinition | None]

_SINCE = "SELECT id, definition, gone FROM rollup.query WHERE revision > $1"

_VERSIONS = "SELECT id, version FROM rollup.query WHERE id = ANY($1::text[])"

_UPSERT = """
INSERT INTO rollup.query (id, version, revision, definition)
VALUES ($1, $2, $3, $4::jsonb)
-- It is there already, or its id was taken up again; the newest definition counts.
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, revision = excluded.revision,
    definition = excluded.definition, gone = false
"""
_RETIRE = "UPDATE rollup.query SET gone = true, revision = $2 WHERE id = $1"


def announced_queries(queries: Definitions) -> dict[QueryId, Announced | None]:
    """Return what the engine knows of queries before it reads them."""
    return {
        query_id: None
        if definition is None
        else Announced(id=query_id, entity=definition.entity, where=definition.where)
        for query_id, definition in queries.items()
    }


async def since(connection: Connection, revision: int) -> Definitions:
    """Return the queries that changed after a revision."""
    rows = await connection.fetch(_SINCE, revision)
    return {
        QueryId(row["id"]): None
        if row["gone"]
        else RollupQueryDefinition.model_validate_json(row["definition"])
        for row in rows
    }


async def versions(connection: Connection, ids: Collection[str]) -> dict[Entry, int]:
    """Return the versions of those queries that were ever there."""
    if not ids:
        return {}
    rows = await connection.fetch(_VERSIONS, list(ids))
    return {(Kind.ROLLUP_QUERY, row["id"]): row["version"] for row in rows}


async def write(connection: Connection, queries: Definitions, *, revision: int) -> None:
    """Write queries as they are now."""
    for query_id, query in queries.items():
        if query is None:
            await connection.execute(_RETIRE, query_id, revision)
        else:
            await connection.execute(
                _UPSERT, query_id, query.version, revision, query.model_dump_json()
            )
