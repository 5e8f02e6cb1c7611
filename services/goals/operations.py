"""One picture of all that runs: put together at once, whatever is away.

Without PostgreSQL there is none; without Kafka, and without a service beside, what they
would have said is missing, and the reason is told.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from services.goals.domain.callers import Caller
from services.goals.domain.operations import (
    GoalCounts,
    Outbox,
    PartitionStanding,
    Process,
    Rederivation,
    ServiceHealth,
    Verification,
    health_of,
    partitions_of,
)
from services.goals.domain.recalculations import Recalculation
from services.goals.domain.settled import Place
from services.goals.neighbours import Neighbours
from services.goals.store.database import Database
from services.goals.topics import KafkaAwayError
from shared.plumbing.health import Check, reasons_of

Ends = Mapping[Place, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What runs, what waits, and what is wrong."""

    at: datetime
    # Why Kafka does not say where topics end, if so.
    kafka_reason: str | None
    partitions: Sequence[PartitionStanding]
    processes: Sequence[Process]
    rederivations: Sequence[Rederivation]
    recalculations: Sequence[Recalculation]
    goals: GoalCounts
    outbox: Outbox
    verification: Verification | None
    services: Sequence[ServiceHealth]


class Operations:
    """Looks at everything once."""

    def __init__(
        self,
        *,
        records_topic: str,
        definitions_topic: str,
        read_ends: Callable[[], Awaitable[Ends]],
        checks: Mapping[str, Check],
        neighbours: Neighbours,
    ) -> None:
        self._records_topic = records_topic
        self._topics = (records_topic, definitions_topic)
        self._read_ends = read_ends
        self._checks = checks
        self._neighbours = neighbours

    async def look(self, database: Database, caller: Caller) -> Picture:
        """Return the picture, of goals as far as whoever asks may read them."""
        # Side by side: each of them may be away, and is waited for in vain.
        (ends, kafka_reason), own, beside = await asyncio.gather(
            self._ends(), self._own_health(), self._neighbours.ask()
        )
        async with database.reading(caller=caller) as reading:
            read = reading.operations
            # Read last: what lies before the ends is applied, or still waits.
            applied = await read.progress(self._topics)
            now = await read.now()
            processes = await read.processes(now)
            rights = await reading.rights()
            return Picture(
                at=now,
                kafka_reason=kafka_reason,
                partitions=partitions_of(
                    ends, applied, processes, records_topic=self._records_topic
                ),
                processes=processes,
                rederivations=await read.rederivations(rights),
                recalculations=await reading.recalculations.under_way(),
                goals=await read.goal_counts(rights),
                outbox=await read.outbox(),
                verification=await read.verification(rights),
                services=[own, *beside, *(health_of(one, now) for one in processes)],
            )

    async def _ends(self) -> tuple[Ends, str | None]:
        try:
            return await self._read_ends(), None
        except KafkaAwayError as fault:
            return {}, str(fault)

    async def _own_health(self) -> ServiceHealth:
        began = monotonic()
        reasons = await reasons_of(self._checks)
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        return ServiceHealth(
            name="goals",
            url=None,
            ready=not reasons,
            reason=told or None,
            milliseconds=round((monotonic() - began) * 1000, 1),
        )
