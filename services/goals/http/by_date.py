"""The route of what records add to a goal by their dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Response

from services.goals.domain import errors as refusals
from services.goals.domain.by_date import steps_of
from services.goals.flows.by_date import GoalByDate, added_by_date
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.reading import ExactRoute, PathId
from services.goals.http.snapshots import RECORDS_TOO_SLOW, in_time
from shared.domain.amounts import text_of
from shared.domain.goals import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAnswer:
    """What the records of a day add, and what all up to its end have added."""

    day: date
    records: int
    adds: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllDaysAnswer:
    """All records that count; also those, if any, whose date can no longer be told."""

    records: int
    adds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDateAnswer:
    """What records add to one measure, by their dates in the goal's time zone."""

    goal_id: str
    field: Slot
    time_zone: str
    days: Sequence[DayAnswer]
    all: AllDaysAnswer
    as_of: datetime


_EXAMPLE: Final[dict[str, Any]] = {
    "goal_id": "north",
    "field": "actual",
    "time_zone": "Europe/Oslo",
    "days": [
        {"day": "2026-10-05", "records": 2, "adds": "400.0000", "total": "400.0000"},
        {"day": "2026-11-21", "records": 1, "adds": "800.0000", "total": "1200.0000"},
    ],
    "all": {"records": 3, "adds": "1200.0000"},
    "as_of": "2026-11-21T09:30:00Z",
}

router = APIRouter(tags=["goals"], route_class=ExactRoute)


@router.get(
    "/v1/goals/{id}/by-date",
    summary="Read what the records of a goal and of all goals under it add by day",
    response_model=ByDateAnswer,
    responses={
        200: {"content": {JSON: {"example": _EXAMPLE}}},
        **errors_of(
            [
                refusals.NOT_FOUND,
                refusals.INVALID_PARAMETER,
                refusals.ROLLUP_FIELD_NOT_MEASURED,
                refusals.RIGHT_MISSING,
            ],
            away=(RECORDS_TOO_SLOW,),
        ),
    },
)
async def read_by_date(
    service: CurrentService,
    caller: CurrentCaller,
    goal_id: Annotated[PathId, Path(alias="id")],
    field: Annotated[Slot, Query(description="the measure")] = Slot.ACTUAL,
) -> Response:
    """Return the days on which records count, oldest first, each with the sum up to it.

    It is what counts now, by the dates that it counts by, whenever Cairn learnt of it:
    overrides are not in it. Who may not read every record that counts is refused, for a
    day may have a single one.
    """
    async with in_time(
        service, caller, RECORDS_TOO_SLOW, "ask for a goal further down the tree"
    ) as reading:
        found = await added_by_date(reading, goal_id, field, service.now())
    answer = _answer(found, field)
    return Response(msgspec.json.encode(answer), media_type=JSON)


def _answer(found: GoalByDate, field: Slot) -> ByDateAnswer:
    asked = found.asked
    return ByDateAnswer(
        goal_id=asked.goal.id,
        field=field,
        time_zone=asked.goal.period.time_zone,
        days=[
            DayAnswer(
                day=one.day,
                records=one.records,
                adds=text_of(one.units, asked.decimals),
                total=text_of(one.total, asked.decimals),
            )
            for one in steps_of(found.days)
        ],
        all=AllDaysAnswer(
            records=sum(one.records for one in found.days),
            adds=text_of(sum(one.units for one in found.days), asked.decimals),
        ),
        as_of=asked.now,
    )
