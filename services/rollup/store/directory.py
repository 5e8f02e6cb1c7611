"""The directory as rollup keeps it, and the one clock of all processes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg
from pydantic import TypeAdapter

from services.rollup.domain.directory import DirectoryNews, Schedule
from shared.domain.entities import AttributeType
from shared.domain.fiscal import FiscalCalendar, calendar_of
from shared.messages.definitions import (
    Definition,
    EntityDefinition,
    FiscalCalendarDefinition,
    Kind,
    OrganizationDefinition,
    UserDefinition,
)
from shared.messages.people import people_news
from shared.plumbing.postgres import Connection

_definition: TypeAdapter[Definition] = TypeAdapter(Definition)

_WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)

# A kind and an id.
Entry = tuple[Kind, str]
Entries = Mapping[Entry, Definition | None]

_SINCE = """
SELECT kind, id, definition, gone
FROM rollup.directory
WHERE revision > $1
"""
_VERSIONS = """
SELECT kind, id, version
FROM rollup.directory
JOIN unnest($1::text[], $2::text[]) AS asked (kind, id) USING (kind, id)
"""
_UPSERT = """
INSERT INTO rollup.directory (kind, id, version, revision, definition)
VALUES ($1, $2, $3, $4, $5::jsonb)
-- It is there already, or its id was taken up again; the newest definition counts.
ON CONFLICT (kind, id) DO UPDATE
SET version = excluded.version, revision = excluded.revision,
    definition = excluded.definition, gone = false
"""
_RETIRE = """
UPDATE rollup.directory SET gone = true, revision = $3 WHERE kind = $1 AND id = $2
"""

_CLOCK = "SELECT now, ticked_at FROM rollup.clock"
_MOVE_CLOCK = "UPDATE rollup.clock SET now = greatest(now, $1) RETURNING now"
_NOTE_TICK = "UPDATE rollup.clock SET ticked_at = $1"


def directory_news(entries: Entries) -> DirectoryNews:
    """Return what entries of the directory say to rollup."""
    news = _News()
    for (kind, name), entry in entries.items():
        news.hear(kind, name, entry)
    return DirectoryNews(
        disabled=news.disabled,
        people=people_news(entries),
        types=news.types,
        **news.organization,
    )


@dataclass(slots=True)
class _News:
    """What entries of the directory say besides of people, kind by kind."""

    disabled: dict[str, bool] = field(default_factory=dict)
    types: dict[str, Mapping[str, AttributeType] | None] = field(default_factory=dict)
    organization: dict[str, Any] = field(default_factory=dict)

    def hear(self, kind: Kind, name: str, entry: Definition | None) -> None:
        """Take in what one entry says; none: it is gone."""
        if kind is Kind.USER:
            user = entry if isinstance(entry, UserDefinition) else None
            self.disabled[name] = user is not None and user.disabled
        elif kind is Kind.ENTITY:
            entity = entry if isinstance(entry, EntityDefinition) else None
            self.types[name] = None if entity is None else entity.attributes
        elif isinstance(entry, OrganizationDefinition):
            self.organization = _organization(entry)


def _organization(entry: OrganizationDefinition) -> dict[str, Any]:
    return {
        "schedule": Schedule(
            expiry_days=entry.goal_rollup_expiry_days,
            frequency_hours=entry.goal_rollup_frequency_hours,
        ),
        "week_start": _WEEKDAYS.index(entry.week_start),
        "calendar": _calendar(entry.fiscal_calendar),
    }


def _calendar(calendar: FiscalCalendarDefinition) -> FiscalCalendar:
    return calendar_of(
        start=calendar.start,
        template=calendar.template,
        year_named_by=calendar.year_named_by,
    )


async def since(connection: Connection, revision: int) -> Entries:
    """Return the entries that changed after a revision."""
    rows = await connection.fetch(_SINCE, revision)
    return {(Kind(row["kind"]), row["id"]): _read(row) for row in rows}


def _read(row: asyncpg.Record) -> Definition | None:
    return None if row["gone"] else _definition.validate_json(row["definition"])


async def versions(
    connection: Connection, entries: Collection[Entry]
) -> dict[Entry, int]:
    """Return the versions of those entries that were ever there."""
    if not entries:
        return {}
    kinds, ids = zip(*entries, strict=True)
    rows = await connection.fetch(_VERSIONS, list(kinds), list(ids))
    return {(Kind(row["kind"]), row["id"]): row["version"] for row in rows}


async def write(connection: Connection, entries: Entries, *, revision: int) -> None:
    """Write entries as they are now."""
    there = [
        (kind, name, entry.version, revision, entry.model_dump_json())
        for (kind, name), entry in entries.items()
        if entry is not None
    ]
    gone = [(*key, revision) for key, entry in entries.items() if entry is None]
    if there:
        await connection.executemany(_UPSERT, there)
    if gone:
        await connection.executemany(_RETIRE, gone)


async def clock(connection: Connection) -> tuple[datetime, datetime]:
    """Return the instant that all go by, and when waiting values were last let in."""
    row = await connection.fetchrow(_CLOCK)
    if row is None:  # the migration has written it
        message = "rollup.clock has no row"
        raise LookupError(message)
    return row["now"], row["ticked_at"]


async def move_clock(connection: Connection, now: datetime) -> datetime:
    """Put the clock forward; return where it stands, which may be later already."""
    moved: datetime = await connection.fetchval(_MOVE_CLOCK, now)
    return moved


async def note_tick(connection: Connection, now: datetime) -> None:
    """Remember that waiting values were let in."""
    await connection.execute(_NOTE_TICK, now)
