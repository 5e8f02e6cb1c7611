"""Dashboards, and which of them a caller sees."""

from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

from services.goals.domain.dashboards import Dashboard
from services.goals.domain.exact_json import text_of, value_of
from services.goals.domain.rights import Rights
from services.goals.store.connections import Connection
from services.goals.store.tables import Column, Shape, Table

# As `domain/dashboards.py` has it; a test holds the two to each other.
_READABLE: Final = """
WHERE thing.id > $1
    AND (
        thing.owner_id IS NULL
        OR thing.owner_id = $3
        OR thing.shared_with ?| $4::text[]
    )
ORDER BY thing.id LIMIT $2
"""


class Dashboards(Table[Dashboard]):
    """What can be read and written of dashboards."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _DASHBOARDS)

    async def readable(
        self, rights: Rights, after: str, limit: int
    ) -> Sequence[Dashboard]:
        """Return the next ones that a caller sees, in the order of their ids."""
        if rights.user is None:
            return await self.after(after, limit)
        principals = sorted(rights.principals)
        return await self._things(_READABLE, after, limit, rights.user, principals)


def _dashboard(row: asyncpg.Record) -> Dashboard:
    return Dashboard(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        owner_id=row["owner_id"],
        shared_with=tuple(value_of(row["shared_with"])),
        # The database has an order of keys of its own.
        sections=text_of(value_of(row["sections"])),
    )


_DASHBOARDS: Final[Shape[Dashboard]] = Shape(
    table="goals.dashboard",
    columns=(
        Column("name", "text", lambda one: one.name),
        Column("owner_id", "text", lambda one: one.owner_id),
        Column(
            "shared_with",
            "jsonb",
            lambda one: msgspec.json.encode(one.shared_with).decode(),
        ),
        Column("sections", "jsonb", lambda one: one.sections),
    ),
    thing=_dashboard,
)
