"""Routes that tell why a goal counts what it counts, and what it nearly counts."""

import json
import re
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StringConstraints

from services.goals.domain import errors as refusals
from services.goals.domain.errors import INVALID_PARAMETER, RefusedError
from services.goals.domain.listed_records import FoundRecords, Place, Sort, Wanted
from services.goals.flows import explaining as flows
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.explaining_bodies import (
    EXPLAIN_EXAMPLE,
    RECORDS_EXAMPLE,
    ExplanationAnswer,
    RecordsAnswer,
    explanation_answer,
    records_answer,
)
from services.goals.http.listing import PageQuery, cursor_of, no_such_page
from services.goals.http.reading import ExactRoute, PathId
from services.goals.http.snapshots import RECORDS_TOO_SLOW, in_time
from shared.domain.goals import SLOTS, Slot

SEARCH_LENGTH_MAX: Final = 200
_KEY = re.compile(r"[^/\x00-\x1f\x7f]{1,200}/[^\x00-\x1f\x7f]{1,200}")
_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)

router = APIRouter(tags=["goals"], route_class=ExactRoute)


class RecordsQuery(PageQuery):
    """Which of a goal's records, in what order."""

    nearly: bool = Field(
        default=False,
        description="true: those that do not count, and fail one test only",
    )
    field: Slot | None = Field(
        default=None, description="only those that add to this measure"
    )
    search: Annotated[
        str | None,
        StringConstraints(
            min_length=1,
            max_length=SEARCH_LENGTH_MAX,
            pattern=r"^[^\x00-\x1f\x7f]*$",
        ),
    ] = Field(
        default=None,
        description="a part of the id or of any attribute's value, in capitals or not",
        examples=["60661"],
    )
    sort: Sort = Field(
        default=Sort.LARGEST,
        description="by what they add, by their keys, or by the date they count by; a "
        "minus turns it round",
    )

    def as_wanted(self) -> Wanted:
        """Return what is asked for; one more than asked, to know of the next page."""
        return Wanted(
            sort=self.sort,
            slot=self.field,
            search=self.search,
            after=self._place,
            limit=self.limit + 1,
        )

    @property
    def _place(self) -> Place | None:
        """Where the page before ended."""
        if not self.after:
            return None
        try:
            value, key, index = json.loads(self.after_id)
        except (ValueError, TypeError, RecursionError):
            raise no_such_page(self.after) from None
        if not (
            isinstance(value, str)
            and _NUMBER.fullmatch(value)
            and isinstance(key, str)
            and _KEY.fullmatch(key)
            and index in range(len(SLOTS))
        ):
            raise no_such_page(self.after)
        return Place(value=value, key=key, index=int(index))


@router.get(
    "/v1/goals/{id}/explain",
    summary="Read why a record counts for a goal, or why it does not",
    response_model=ExplanationAnswer,
    responses={
        200: {"content": {JSON: {"example": EXPLAIN_EXAMPLE}}},
        **errors_of(
            [refusals.NOT_FOUND, refusals.INVALID_PARAMETER], away=(RECORDS_TOO_SLOW,)
        ),
    },
)
async def explain_record(
    service: CurrentService,
    caller: CurrentCaller,
    goal_id: Annotated[PathId, Path(alias="id")],
    record: Annotated[
        str,
        Query(description="as entity/id, as it was sent", examples=["opportunity/O-1"]),
    ],
) -> Response:
    """Return every test of each measure with what was seen, and one sentence.

    A record that nobody has sent is not found; a deleted one is explained.
    """
    if _KEY.fullmatch(record) is None:
        raise RefusedError(
            INVALID_PARAMETER,
            f"record is {record!r}, which names no record; write its entity, a slash, "
            "and its id, as in opportunity/O-1",
            field="record",
        )
    async with in_time(
        service,
        caller,
        RECORDS_TOO_SLOW,
        "ask again when there is less to do",
        is_long=False,
    ) as reading:
        found = await flows.explain(reading, goal_id, record, service.now())
    answer = explanation_answer(found)
    return Response(msgspec.json.encode(answer), media_type=JSON)


@router.get(
    "/v1/goals/{id}/records",
    summary="Read which records count for a goal and what each adds, or nearly count",
    response_model=RecordsAnswer,
    responses={
        200: {"content": {JSON: {"example": RECORDS_EXAMPLE}}},
        **errors_of(
            [
                refusals.NOT_FOUND,
                refusals.INVALID_PARAMETER,
                refusals.ROLLUP_FIELD_NOT_MEASURED,
                refusals.QUERY_UNREADABLE,
            ],
            away=(RECORDS_TOO_SLOW,),
        ),
    },
)
async def read_records(
    service: CurrentService,
    caller: CurrentCaller,
    goal_id: Annotated[PathId, Path(alias="id")],
    query: Annotated[RecordsQuery, Query()],
) -> Response:
    """Return the goal's own records; what its children count is found there.

    What counts is what the totals hold: `all.adds` is the goal's own value, unless
    `search` or `field` leave some out. With `nearly`, records that fail one test only,
    and which; none of those was deleted.
    """
    wanted = query.as_wanted()
    ask = flows.nearly_counted if query.nearly else flows.counted
    async with in_time(
        service,
        caller,
        RECORDS_TOO_SLOW,
        f"ask for one measure with ?field=, or for one record with /v1/goals/{goal_id}"
        "/explain?record=",
    ) as reading:
        found = await ask(reading, goal_id, wanted, service.now())
    answer = records_answer(
        found, limit=query.limit, next_=_next(found.found, query.limit)
    )
    return Response(msgspec.json.encode(answer), media_type=JSON)


def _next(found: FoundRecords, limit: int) -> str | None:
    if len(found.page) <= limit:
        return None
    place = found.page[limit - 1].place
    return cursor_of(json.dumps([place.value, place.key, place.index]))
