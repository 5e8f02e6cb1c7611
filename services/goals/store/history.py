"""What goals showed over time; read only, through rollup's view."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from services.goals.domain.history import Resolution, Shown, Span
from services.goals.store.connections import Statements
from shared.domain.goals import GoalNumber, Slot

_STOOD = """
SELECT at
FROM rollup_published.history
WHERE number = $1 AND at <= $2
ORDER BY at DESC
LIMIT 1
"""
_SHOWN = """
SELECT at, actual::text, in_progress::text, custom::text
FROM rollup_published.history AS shown
WHERE number = $1 AND at >= coalesce($2::timestamptz, '-infinity')
  AND at < coalesce($3::timestamptz, 'infinity')
  {and_last}
ORDER BY at
LIMIT $4
"""
# What stood at an instant of each goal's own, one look into the index for each.
_SHOWN_AT = """
SELECT
    asked.place, shown.at, shown.actual::text, shown.in_progress::text,
    shown.custom::text
FROM unnest($1::bigint[], $2::timestamptz[])
    WITH ORDINALITY AS asked (number, instant, place)
CROSS JOIN LATERAL (
    SELECT history.at, history.actual, history.in_progress, history.custom
    FROM rollup_published.history
    WHERE history.number = asked.number AND history.at <= asked.instant
    ORDER BY history.at DESC
    LIMIT 1
) AS shown
"""
# The row after it is looked up by the index: one look for each row.
_AND_LAST = """
  AND (
    at = $5
    OR coalesce(
        (
            SELECT later.at
            FROM rollup_published.history AS later
            WHERE later.number = $1 AND later.at > shown.at
              AND later.at < coalesce($3::timestamptz, 'infinity')
            ORDER BY later.at
            LIMIT 1
        ) >= rollup_published.end_of(
            $6, shown.at, (SELECT rollup_published.known_zone($7))
        ),
        true
    )
  )
"""
_ALL = _SHOWN.format(and_last="")
_LAST = _SHOWN.format(and_last=_AND_LAST)


class History(Statements):
    """What can be read of goals' histories."""

    async def stood_at(self, number: GoalNumber, instant: datetime) -> datetime | None:
        """Return since when a goal had shown what it showed at an instant."""
        stood: datetime | None = await self.connection.fetchval(_STOOD, number, instant)
        return stood

    async def shown_at(
        self, asked: Sequence[tuple[GoalNumber, datetime]]
    ) -> Sequence[Shown | None]:
        """Return what goals showed at instants; None: there is nothing so old."""
        rows = await self.connection.fetch(
            _SHOWN_AT,
            [number for number, _ in asked],
            [instant for _, instant in asked],
        )
        found = {row["place"]: _shown(row) for row in rows}
        return [found.get(place) for place in range(1, len(asked) + 1)]

    async def shown(
        self,
        number: GoalNumber,
        span: Span,
        limit: int,
        *,
        resolution: Resolution,
        zone: str,
        stood: datetime | None,
    ) -> Sequence[Shown]:
        """Return what a goal showed, oldest first; the row that `stood` in any case."""
        bounds = (number, span.start, span.end, limit)
        if resolution is Resolution.SECOND:
            rows = await self.connection.fetch(_ALL, *bounds)
        else:
            rows = await self.connection.fetch(_LAST, *bounds, stood, resolution, zone)
        return [_shown(row) for row in rows]


def _shown(row: asyncpg.Record) -> Shown:
    return Shown(at=row["at"], values={slot: row[slot] for slot in Slot})
