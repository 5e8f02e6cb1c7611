"""The route of the operations screen: what runs, what waits, and what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from fastapi import APIRouter, Response

from services.goals.domain.callers import Caller
from services.goals.domain.operations import (
    GoalCounts,
    Outbox,
    PartitionStanding,
    Process,
    Rederivation,
    ServiceHealth,
    Verification,
)
from services.goals.http.context import CurrentCaller, CurrentService, Service
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.operations_example import EXAMPLE
from services.goals.http.reading import ExactRoute
from services.goals.http.recalculations import (
    RecalculationAnswer,
    as_seen,
    readable_of,
)

_NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAnswer:
    """Whether Kafka says where its topics end."""

    answers: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsAnswer:
    """What runs, what waits, and what is wrong.

    Numbers and names of goals are of those that you may read. While Kafka is away,
    `end_offset` and `lag` are null.
    """

    # By the clock of the database, as all times here are.
    at: datetime
    kafka: KafkaAnswer
    partitions: Sequence[PartitionStanding]
    processes: Sequence[Process]
    # The oldest hundred.
    rederivations: Sequence[Rederivation]
    # Those that are not done.
    recalculations: Sequence[RecalculationAnswer]
    goals: GoalCounts
    outbox: Outbox
    # Null: `cairn verify` has not run yet.
    verification: Verification | None
    services: Sequence[ServiceHealth]


router = APIRouter(tags=["operations"], route_class=ExactRoute)


@router.get(
    "/v1/operations",
    summary="What runs, what waits, and what is wrong",
    response_model=OperationsAnswer,
    responses={200: {"content": {JSON: {"example": EXAMPLE}}}, **errors_of()},
)
async def read_operations(service: CurrentService, caller: CurrentCaller) -> Response:
    """Look at everything once: partitions, processes, jobs, goals, services.

    `processes` are those of rollup that told of themselves within the last hour; each
    does so every two seconds. Latency runs from a record's timestamp in Kafka until
    Kafka has the announcement of its roots. `services` are goals itself, those that
    `CAIRN_WATCHED_SERVICES` names, and rollup's processes by their last word.
    """
    answer = await operations_of(service, caller)
    return Response(msgspec.json.encode(answer), media_type=JSON, headers=_NO_STORE)


async def operations_of(service: Service, caller: Caller) -> OperationsAnswer:
    """Return what runs, what waits and what is wrong, as far as a caller reads it."""
    picture = await service.operations.look(service.database, caller)
    async with service.database.reading(caller=caller) as reading:
        recalculations = await as_seen(
            reading, await readable_of(reading, picture.recalculations)
        )
    return OperationsAnswer(
        at=picture.at,
        kafka=KafkaAnswer(
            answers=picture.kafka_reason is None, reason=picture.kafka_reason
        ),
        partitions=picture.partitions,
        processes=picture.processes,
        rederivations=picture.rederivations,
        recalculations=recalculations,
        goals=picture.goals,
        outbox=picture.outbox,
        verification=picture.verification,
        services=picture.services,
    )
