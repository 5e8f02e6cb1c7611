"""An installation of a former version becomes one of this version."""

import shutil
from pathlib import Path

import asyncpg

import services
from shared.messages.definitions import EntityDefinition
from shared.plumbing.migrations import migrate, migrations_of

MIGRATIONS = Path(services.__path__[0]) / "goals" / "migrations"
BEFORE_QUERIES = "0010_before_queries"


async def test_declared_types_are_announced_once_more(
    database: str, tmp_path: Path
) -> None:
    """Rollup passed over them before it knew queries."""
    for file in MIGRATIONS.glob("*.sql"):
        if file.stem < BEFORE_QUERIES:
            shutil.copy(file, tmp_path)
    connection = await asyncpg.connect(database)
    try:
        await migrate(connection, migrations_of("goals", tmp_path))
        await connection.execute(
            "INSERT INTO goals.entity (id, version, attributes) "
            """VALUES ('opportunity', 7, '{"size": "number"}')"""
        )

        await migrate(connection, migrations_of("goals", MIGRATIONS))

        (row,) = await connection.fetch(
            "SELECT definition_id, change_set_id, change_set_size, value "
            "FROM goals.outbox WHERE kind = 'entity'"
        )
    finally:
        await connection.close()
    assert tuple(row)[:3] == ("opportunity", "entity-opportunity-7", 1)
    assert EntityDefinition.model_validate_json(row["value"]) == EntityDefinition(
        id="opportunity", version=7, attributes={"size": "number"}
    )
