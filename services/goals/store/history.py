"""What goals showed over time; read only, through rollup's view."""

from collections.abc import Sequence
from datetime import datetime

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
        return [
            Shown(at=row["at"], values={slot: row[slot] for slot in Slot})
            for row in rows
        ]
