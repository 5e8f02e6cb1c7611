"""Where the system stands: what is applied, and whether anything still waits."""

from dataclasses import dataclass
from typing import Final

from bench.installation import Installation
from bench.waiting import until
from shared.messages.topics import ACTIVITY_RECORDS

_APPLIED: Final = """
SELECT coalesce(sum(next_offset), 0)::bigint
FROM rollup_published.progress
WHERE topic = $1
"""
_WAITING: Final = """
SELECT waiting_deltas, computing_goals, waiting_announcements
FROM rollup_published.status
"""
_POLL_SECONDS: Final = 0.1
# The end is awaited closely: only then does the query cost what it finds out.
_CLOSE_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is applied but not yet in all totals, or not announced."""

    deltas: int
    computing_goals: int
    announcements: int

    @property
    def nothing(self) -> bool:
        """Tell whether all is in the totals, and announced."""
        return not (self.deltas or self.computing_goals or self.announcements)


async def records_applied(installation: Installation) -> int:
    """Return how far the topic has been applied, all partitions together."""
    installation.check()
    applied: int = await installation.connection.fetchval(
        _APPLIED, installation.topic(ACTIVITY_RECORDS.name)
    )
    return applied


async def until_applied(
    installation: Installation, count: int, *, seconds_max: float
) -> None:
    """Wait until so many messages of the topic are applied."""
    await until(
        lambda: records_applied(installation),
        lambda applied: applied >= count,
        what=f"{count} messages of activity-records to be applied",
        seconds_max=seconds_max,
        every_seconds=_POLL_SECONDS,
    )


async def until_quiet(installation: Installation, *, seconds_max: float) -> None:
    """Wait until nothing waits to climb, to be derived again or to be announced."""

    async def waiting() -> Waiting:
        installation.check()
        [row] = await installation.connection.fetch(_WAITING)
        return Waiting(*row)

    await until(
        waiting,
        lambda found: found.nothing,
        what="totals and announcements to be complete",
        seconds_max=seconds_max,
        every_seconds=_CLOSE_POLL_SECONDS,
    )
