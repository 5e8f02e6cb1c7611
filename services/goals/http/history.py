"""The route of what a goal showed over time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.goals.domain import errors as refusals
from services.goals.domain.errors import INVALID_PARAMETER, RefusedError
from services.goals.domain.history import (
    Resolution,
    Shown,
    Span,
    percentage_shown,
)
from services.goals.http.answers import HistoryItemAnswer, ListAnswer, ValuesAnswer
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.listing import PageQuery, list_response, no_such_page
from services.goals.http.reading import ExactRoute, PathId
from services.goals.store.database import Reading
from shared.domain.goals import SLOTS, Goal

_SECOND: Final = timedelta(seconds=1)
# Far enough from the ends of the calendar for every zone and every sum.
_YEAR_MIN, _YEAR_MAX = 1, 9999
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)

_EXAMPLE: Final = {
    "items": [
        {
            "at": "2026-11-21T08:59:40Z",
            "values": {"actual": "400.0000", "in_progress": "0.0000", "custom": None},
            "percentage": "1.0000",
        },
        {
            "at": "2026-11-21T09:30:07Z",
            "values": {
                "actual": "1200.0000",
                "in_progress": "50.0000",
                "custom": None,
            },
            "percentage": "3.0000",
        },
    ],
    "next": None,
}


def instant_of(value: Any) -> datetime:
    """Return the instant that a parameter names, or refuse it."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError(
            "invalid_parameter",
            "it is no time with an offset; write it as 2026-11-21T09:30:00Z or "
            "2026-11-21T10:30:00%2B01:00 (a + in an address means a space)",
        )
    try:
        instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or not _YEAR_MIN < instant.year < _YEAR_MAX:
        raise PydanticCustomError(
            "invalid_parameter",
            "{value} is not in the calendar; correct it",
            {"value": value},
        )
    return instant


Instant = Annotated[
    datetime,
    BeforeValidator(instant_of),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "examples": ["2026-11-21T09:30:00Z"],
        }
    ),
]


class HistoryQuery(PageQuery):
    """Which stretch of a goal's history, and how closely."""

    start: Instant | None = Field(
        default=None,
        alias="from",
        description="the first instant, included, as RFC 3339 with its offset; the "
        "answer begins with the item that stood then",
    )
    end: Instant | None = Field(
        default=None,
        alias="to",
        description="the last instant, not included, as RFC 3339 with its offset",
    )
    resolution: Resolution = Field(
        default=Resolution.SECOND,
        description="hour, day: only the last item of each, in the goal's time zone",
    )

    def as_span(self) -> Span:
        """Return the stretch of time, or refuse one that is none."""
        return span_of(self.start, self.end)

    @property
    def after_at(self) -> datetime | None:
        """The last instant of the page before."""
        text = self.after_id
        if not text:
            return None
        try:
            return instant_of(text)
        except PydanticCustomError:
            raise no_such_page(self.after) from None


def span_of(start: datetime | None, end: datetime | None) -> Span:
    """Return a stretch of time, or refuse one that is none."""
    if start is not None and end is not None and end <= start:
        raise RefusedError(
            INVALID_PARAMETER,
            f"to is {end.isoformat()}, which is not after from ({start.isoformat()}); "
            "give a later one, or leave one out",
            field="to",
        )
    return Span(start=start, end=end)


router = APIRouter(tags=["goals"], route_class=ExactRoute)


@router.get(
    "/v1/goals/{id}/history",
    summary="Read what a goal showed over time",
    response_model=ListAnswer[HistoryItemAnswer],
    responses={
        200: {"content": {JSON: {"example": _EXAMPLE}}},
        **errors_of([refusals.NOT_FOUND, refusals.INVALID_PARAMETER]),
    },
)
async def read_history(
    service: CurrentService,
    caller: CurrentCaller,
    goal_id: Annotated[PathId, Path(alias="id")],
    query: Annotated[HistoryQuery, Query()],
) -> Response:
    """Return the values since when the goal showed them, oldest first.

    A value stands until the next item. Kept are the last of every second for a day, of
    every hour for 90 days, of every day for ever. With `from`, the first item is the
    one that stood then, under its own earlier time. Null is what the metric did not
    measure; `percentage` is of the target that the goal has now.
    """
    span, after = query.as_span(), query.after_at
    async with service.database.reading(caller=caller) as reading:
        goal = await reading.readable_goal(goal_id)
        found = await _page(reading, goal, query, span, after)
    return list_response(
        [_item(one, goal.target) for one in found],
        query.limit,
        [one.at.isoformat() for one in found],
    )


async def _page(
    reading: Reading,
    goal: Goal,
    query: HistoryQuery,
    span: Span,
    after: datetime | None,
) -> list[Shown]:
    stood = None
    if after is not None:
        # Rows are of whole seconds.
        span = Span(start=after + _SECOND, end=span.end)
    elif span.start is not None:
        stood = await reading.history.stood_at(goal.number, span.start)
        span = Span(start=stood or span.start, end=span.end)
    found = await reading.history.shown(
        goal.number,
        span,
        # One more than asked, to know of the next page.
        query.limit + 1,
        resolution=query.resolution,
        zone=goal.period.time_zone,
        stood=stood,
    )
    return list(found)


def _item(shown: Shown, target: str | None) -> HistoryItemAnswer:
    return HistoryItemAnswer(
        at=shown.at,
        values=ValuesAnswer(**{slot.value: shown.values[slot] for slot in SLOTS}),
        percentage=percentage_shown(shown, target),
    )
