"""Routes of the audit trail: of everything, and of one goal."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.goals.domain import errors as refusals
from services.goals.domain.audit import Action, WrittenLine
from services.goals.domain.callers import ADMIN
from services.goals.http.answers import ListAnswer
from services.goals.http.audit_as_seen import without_strangers
from services.goals.http.audit_table import HEADER, table_of
from services.goals.http.context import CurrentCaller, CurrentService, Service
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.fields import Id
from services.goals.http.history import Instant, span_of
from services.goals.http.import_lines import MediaType
from services.goals.http.listing import (
    LIMIT_MAX,
    PageQuery,
    list_response,
    no_such_page,
)
from services.goals.http.reading import ExactRoute, PathId
from services.goals.http.tables import BYTE_ORDER_MARK, wants_table
from services.goals.store.audit import AuditFilter

_EXAMPLE: Final = {
    "items": [
        {
            "number": 4711,
            "at": "2026-11-21T09:30:00.031000Z",
            "caller": "user/ada",
            "kind": "goal",
            "id": "north",
            "action": "changed",
            "before": {"target": "40000.0000", "owner": {"type": "user", "id": "bob"}},
            "after": {"target": "50000.0000", "owner": {"type": "user", "id": "eve"}},
            "change_set_id": "0199f0a0-6a57-7b3e-9c57-0d1f5a1a2b3c",
            "traceparent": None,
        },
        {
            "number": 4710,
            "at": "2026-11-21T09:29:58.402000Z",
            "caller": "token/nightly",
            "kind": "team",
            "id": "north-sales",
            "action": "changed",
            "before": {"members": ["bob"]},
            "after": {"members": ["carl", "eve"]},
            "change_set_id": "0199f0a0-63f1-7a52-8d3e-8f4d1c2b3a49",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        },
    ],
    "next": None,
}
_TABLE_EXAMPLE: Final = (
    f"{HEADER}\r\n"
    "4711,2026-11-21T09:30:00.031000Z,user/ada,goal,north,changed,target,40000.0000,"
    "50000.0000,0199f0a0-6a57-7b3e-9c57-0d1f5a1a2b3c,\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLineAnswer:
    """One change: who, when, what, and of what changed how it was and how it is.

    `before` is null where something was created, `after` where it was deleted. Of a
    list of names they tell those that went and those that came.
    """

    number: int
    at: datetime
    # `admin`, `user/ada`, `token/nightly`; `database/…`: past the service.
    caller: str
    kind: str
    id: str
    action: Action
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    # As the messages on goal-changes bear it; null: nobody is told of it.
    change_set_id: str | None
    # The trace of the request, if it came with one.
    traceparent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Encoded:
    """The same, as it goes out: no number passes through binary floating point."""

    number: int
    at: datetime
    caller: str
    kind: str
    id: str
    action: Action
    before: msgspec.Raw | None
    after: msgspec.Raw | None
    change_set_id: str | None
    traceparent: str | None


class ChangesQuery(PageQuery):
    """Which page of the changes."""

    @property
    def before_number(self) -> int | None:
        """The last number of the page before."""
        text = self.after_id
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) < len(str(2**63))):
            raise no_such_page(self.after)
        return int(text)


class AuditQuery(ChangesQuery):
    """Which lines; all conditions given must hold."""

    kind: str | None = Field(
        default=None,
        max_length=100,
        description="what was changed: goal, metric, rollup_query, user, team, "
        "business_unit, role, entity, organization, recalculation, page_link, token, "
        "rejected_replay",
        examples=["goal"],
    )
    id: Id | None = Field(default=None, description="which one")
    caller: str | None = Field(
        default=None,
        max_length=300,
        description="who did it: admin, user/ada, token/nightly",
        examples=["user/ada"],
    )
    action: Action | None = None
    start: Instant | None = Field(
        default=None,
        alias="from",
        description="the first instant, included, as RFC 3339 with its offset",
    )
    end: Instant | None = Field(
        default=None,
        alias="to",
        description="the last instant, not included, as RFC 3339 with its offset",
    )

    def as_filter(self) -> AuditFilter:
        """Return what the store is to look for."""
        return AuditFilter(
            kind=self.kind,
            id=self.id,
            caller=self.caller,
            action=self.action,
            span=span_of(self.start, self.end),
        )


router = APIRouter(tags=["audit"], route_class=ExactRoute)


@router.get(
    "/v1/audit",
    summary="Read who changed what, when, and from what to what",
    response_model=ListAnswer[AuditLineAnswer],
    responses={
        200: {
            "content": {
                JSON: {"example": _EXAMPLE},
                MediaType.CSV: {
                    "schema": {"type": "string"},
                    "example": _TABLE_EXAMPLE,
                },
            }
        },
        **errors_of([refusals.INVALID_PARAMETER]),
    },
)
async def read_audit(
    service: CurrentService, request: Request, query: Annotated[AuditQuery, Query()]
) -> Response:
    """List changes, newest first; nothing that was written there ever changes.

    With `Accept: text/csv` the answer is a table of all lines that match, not only of a
    page: a row for each field that changed. Cells that a spreadsheet would take for a
    formula begin with an apostrophe.
    """
    wanted, before = query.as_filter(), query.before_number
    if wants_table(request):
        first = await _lines(service, before, wanted, LIMIT_MAX)
        return StreamingResponse(
            _rows(service, wanted, first),
            media_type=MediaType.CSV,
            headers={
                "Content-Disposition": 'attachment; filename="audit.csv"',
                "Vary": "Accept",
            },
        )
    # One more than asked, to know of the next page.
    found = await _lines(service, before, wanted, query.limit + 1)
    return _page(found, query.limit)


@router.get(
    "/v1/goals/{id}/changes",
    summary="Read who changed a goal, when, and from what to what",
    response_model=ListAnswer[AuditLineAnswer],
    responses={
        200: {"content": {JSON: {"example": _EXAMPLE}}},
        **errors_of([refusals.NOT_FOUND, refusals.INVALID_PARAMETER]),
    },
)
async def read_goal_changes(
    service: CurrentService,
    caller: CurrentCaller,
    goal_id: Annotated[PathId, Path(alias="id")],
    query: Annotated[ChangesQuery, Query()],
) -> Response:
    """List the changes of one goal, newest first, for whoever may read the goal.

    The list begins with its creation: what a former goal of the same id was, is in
    `/v1/audit` only.
    """
    wanted = AuditFilter(kind="goal", id=goal_id, of_bearer=True)
    async with service.database.reading(caller=caller) as reading:
        await reading.readable_goal(goal_id)
        found = await reading.audit.before(query.before_number, wanted, query.limit + 1)
        found = await without_strangers(reading, found)
    return _page(found, query.limit)


async def _lines(
    service: Service, before: int | None, wanted: AuditFilter, limit: int
) -> Sequence[WrittenLine]:
    # Whoever may read the trail reads all of it.
    async with service.database.reading(caller=ADMIN) as reading:
        return await reading.audit.before(before, wanted, limit)


async def _rows(
    service: Service, wanted: AuditFilter, lines: Sequence[WrittenLine]
) -> AsyncIterator[str]:
    """Yield the table page by page; no connection is held while somebody reads."""
    yield f"{BYTE_ORDER_MARK}{HEADER}\r\n"
    while lines:
        yield table_of(lines)
        lines = await _lines(service, lines[-1].number, wanted, LIMIT_MAX)


def _page(found: Sequence[WrittenLine], limit: int) -> Response:
    return list_response(
        [_encoded(line) for line in found],
        limit,
        [str(line.number) for line in found],
    )


def _encoded(line: WrittenLine) -> _Encoded:
    return _Encoded(
        number=line.number,
        at=line.at,
        caller=line.caller,
        kind=line.kind,
        id=line.id,
        action=line.action,
        before=_raw(line.before),
        after=_raw(line.after),
        change_set_id=line.change_set_id,
        traceparent=line.traceparent,
    )


def _raw(text: str | None) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text.encode())
