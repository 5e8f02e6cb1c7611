"""The route of reports: how far goals have come, one by one or added up."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.attainment_groups import By
from services.goals.domain.callers import Caller, Scope
from services.goals.flows import attainment as flows
from services.goals.http.attainment_answers import (
    AttainmentAnswer,
    GroupAnswer,
    ReportAnswer,
    attainment_answers,
    group_answers,
)
from services.goals.http.attainment_asked import (
    MEDIA_TYPES,
    AttainmentQuery,
    Form,
    cursor_text,
)
from services.goals.http.attainment_columns import table_of
from services.goals.http.attainment_examples import EXAMPLES, TABLE_EXAMPLE
from services.goals.http.context import CurrentCaller, CurrentService, Service
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.listing import cursor_of
from services.goals.http.reading import ExactRoute
from services.goals.http.report_tables import csv_of, instant_text, workbook_of
from services.goals.http.snapshots import in_time
from services.goals.store.database import Reading
from services.goals.store.reports import ReportFilter
from shared.doors.refusing import scope_missing

_TOO_SLOW: Final = "report_too_slow"

Row = AttainmentAnswer | GroupAnswer
Rows = Sequence[Row]

router = APIRouter(tags=["reports"], route_class=ExactRoute)


_TABLE: Final = {"schema": {"type": "string"}}


@router.get(
    "/v1/reports/attainment",
    summary="Read how far goals have come, one by one or added up, also as a table",
    response_model=ReportAnswer[AttainmentAnswer] | ReportAnswer[GroupAnswer],
    responses={
        200: {
            "content": {
                JSON: {"examples": EXAMPLES},
                MEDIA_TYPES[Form.CSV]: {**_TABLE, "example": TABLE_EXAMPLE},
                MEDIA_TYPES[Form.XLSX]: {
                    "schema": {"type": "string", "format": "binary"}
                },
            }
        },
        **errors_of(
            [refusals.NOT_FOUND, refusals.INVALID_PARAMETER], away=(_TOO_SLOW,)
        ),
    },
)
async def read_attainment(
    service: CurrentService,
    caller: CurrentCaller,
    request: Request,
    query: Annotated[AttainmentQuery, Query()],
) -> Response:
    """Return goals with their pace and where they may end, all of one instant.

    A group adds only those of its goals above which no other of it stands, as a goal
    shows what all below it show. With `Accept: text/csv` or that of a workbook, or with
    `format`, the answer is a table of all rows, not only of a page.
    """
    form = query.form_for(request.headers.get("accept", ""))
    size = query.limit if form is Form.JSON else None
    answer = await report_of(service, caller, query, size)
    # Off the loop: thousands of rows take a while.
    content = await asyncio.to_thread(_written, form, query.by, answer)
    headers = {"Vary": "Accept"}
    if form is not Form.JSON:
        name = _file_name(query.by, answer.as_of, form)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


async def report_of(
    service: Service, caller: Caller, query: AttainmentQuery, size: int | None
) -> ReportAnswer[Row]:
    """Return so many rows of a report as of now, or all that follow."""
    now = service.now()
    wanted, since = query.as_filter(), query.since_instant(now)
    _check_scope(caller, query.by)
    asked = flows.Asked(now=now, since=since, compare=query.compare is not None)
    async with in_time(
        service,
        caller,
        _TOO_SLOW,
        "ask for fewer goals: those below a root, of a metric, or of a period",
        what="so many goals",
        is_long=size is None or query.by is not By.GOAL,
    ) as reading:
        if query.is_current:
            wanted = await flows.with_today(reading, wanted, now)
        rows, following = await _rows(reading, query, wanted, asked, size)
    return ReportAnswer(as_of=now, since=since, items=rows, next=following)


async def _rows(
    reading: Reading,
    query: AttainmentQuery,
    wanted: ReportFilter,
    asked: flows.Asked,
    size: int | None,
) -> tuple[Rows, str | None]:
    """Return so many rows, or all that follow, and where the next page begins."""
    if query.by is By.GOAL:
        # One more than asked, to know of the next page.
        limit = None if size is None else size + 1
        report = await flows.attainment(
            reading, wanted, asked, after=query.after_goal, limit=limit
        )
        rows = await asyncio.to_thread(attainment_answers, report)
        return rows[:size], _cursor([row.goal_id for row in rows], size)
    after = query.after_group()
    grouped = await flows.attainment_by(reading, query.by, wanted, asked)
    groups = [one for one in grouped.groups if one.place > after]
    places = [cursor_text(one.place) for one in groups]
    return group_answers(grouped, groups[:size]), _cursor(places, size)


def _cursor(places: Sequence[str], size: int | None) -> str | None:
    if size is None or len(places) <= size:
        return None
    return cursor_of(places[size - 1])


def _written(form: Form, by: By, answer: ReportAnswer[Row]) -> bytes:
    if form is Form.JSON:
        return msgspec.json.encode(answer)
    table = table_of(
        answer.items, by_goal=by is By.GOAL, since=answer.since, as_of=answer.as_of
    )
    return csv_of(table) if form is Form.CSV else workbook_of(table)


def _file_name(by: By, as_of: datetime, form: Form) -> str:
    """Return the name of a file; no system takes a colon for a part of one."""
    instant = instant_text(as_of.replace(microsecond=0)).replace(":", "-")
    what = "attainment" if by is By.GOAL else f"attainment-by-{by}"
    return f"{what}-{instant}.{form}"


def _check_scope(caller: Caller, by: By) -> None:
    """Refuse who may not read the directory, and asks who is on which team."""
    if by is By.TEAM and not caller.has(Scope.DIRECTORY_READ):
        raise scope_missing(caller, Scope.DIRECTORY_READ)
