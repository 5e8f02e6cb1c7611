"""The route that imports goals by the thousand, with a report line by line."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.importing import (
    ImportPlan,
    ImportRejectedError,
    RejectedLine,
)
from services.goals.flows import importing as flows
from services.goals.flows.importing import ImportMode
from services.goals.http import writing
from services.goals.http.context import CurrentService
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.errors import ErrorAnswer
from services.goals.http.import_lines import MediaType, lines_of, media_type_of
from services.goals.http.planning import DryRun
from services.goals.http.reading import ExactRequest
from services.goals.http.writing import IdempotencyKey
from services.goals.store.database import Changes

_REFUSED: Final = (
    refusals.NOT_JSON,
    refusals.CSV_MALFORMED,
    refusals.UNKNOWN_FIELD,
    refusals.INVALID_PARAMETER,
    refusals.TOO_MANY_ITEMS,
    refusals.IMPORT_REJECTED,
    refusals.IDEMPOTENCY_KEY_REUSED,
    refusals.DEFINITION_TOO_LARGE,
)
_GOALS: Final = (
    {
        "id": "company",
        "title": "Company",
        "metric_id": "revenue",
        "owner": {"type": "user", "id": "grace"},
        "manager_id": "grace",
        "period": {"kind": "fiscal", "year": 2026, "period": 4},
    },
    {"id": "north", "target": "45000.00"},
)
_TABLE: Final = (
    "id,title,metric_id,owner,manager_id,parent_id,period.start,period.end,target\n"
    "company,Company,revenue,user/grace,grace,,2026-10-01,2026-12-31,100000.00\n"
    "north,North,,user/ada,grace,company,,,40000.00\n"
)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            MediaType.JSON: {
                "schema": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/NewGoal"},
                },
                "examples": {"goals": {"value": list(_GOALS)}},
            },
            MediaType.NDJSON: {
                "schema": {"type": "string"},
                "example": "".join(
                    msgspec.json.encode(goal).decode() + "\n" for goal in _GOALS
                ),
            },
            MediaType.CSV: {"schema": {"type": "string"}, "example": _TABLE},
        },
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedLineAnswer:
    """A line that nothing was made of: which, and the error as if it came alone."""

    # From 1: of an array, which item; else the line that it begins on.
    line: int
    id: str | None
    error: str
    detail: str
    dynamics_code: str | None
    field: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAnswer:
    """How many goals were created and changed, and which lines were rejected."""

    created: int
    changed: int
    unchanged: int
    # False: nothing was stored, and the numbers say what would be.
    applied: bool
    rejected: Sequence[RejectedLineAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRejectedAnswer(ImportAnswer):
    """The report of an import that was all or nothing, in the shape of an error."""

    error: str
    detail: str
    dynamics_code: str | None = None
    field: str | None = None


_RESPONSES: Final = errors_of(_REFUSED, writes=True)
_RESPONSES[422]["model"] = ErrorAnswer | ImportRejectedAnswer

router = APIRouter(tags=["goals"])


@router.post(
    "/v1/goals/import",
    summary="Create and change goals by the thousand, with a report line by line",
    response_model=ImportAnswer,
    responses=_RESPONSES,
    openapi_extra=_BODY,
)
async def import_goals(
    service: CurrentService,
    request: Request,
    *,
    mode: Annotated[
        ImportMode, Query(description="all: all lines or none; good: those that can be")
    ] = ImportMode.ALL,
    dry_run: DryRun = False,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Create each goal whose id is new, change each that exists; 10,000 at most.

    A line has the fields of a new goal, or those to be changed. Parents may come after
    their children. A line is rejected for what it would be refused for by itself.
    """
    exact = ExactRequest(request.scope, request.receive)
    media_type = media_type_of(exact.headers.get("content-type", ""))
    body = await exact.read_bytes()
    # Off the loop: ten thousand lines take a while.
    lines, unread = await asyncio.to_thread(lines_of, body, media_type)

    async def write(changes: Changes) -> ImportAnswer:
        plan = await flows.import_goals(changes, lines, unread, mode)
        return _report(plan, applied=True)

    try:
        if dry_run:
            async with service.database.reading() as reading:
                plan = await flows.plan_import(reading, lines, unread, mode)
            content = msgspec.json.encode(_report(plan, applied=False))
            return Response(content, media_type=JSON)
        return await writing.report(service, exact, key=idempotency_key, write=write)
    except ImportRejectedError as refused:
        return _rejected(refused)


def _report(plan: ImportPlan, *, applied: bool) -> ImportAnswer:
    return ImportAnswer(
        created=len(plan.created),
        changed=plan.changed,
        unchanged=plan.unchanged,
        applied=applied,
        rejected=[_told(one) for one in plan.rejected],
    )


def _rejected(refused: ImportRejectedError) -> Response:
    report = _report(refused.plan, applied=False)
    answer = ImportRejectedAnswer(
        error=refused.refusal.error,
        detail=refused.detail,
        created=report.created,
        changed=report.changed,
        unchanged=report.unchanged,
        applied=False,
        rejected=report.rejected,
    )
    return Response(msgspec.json.encode(answer), status_code=422, media_type=JSON)


def _told(one: RejectedLine) -> RejectedLineAnswer:
    refused = one.refused
    return RejectedLineAnswer(
        line=one.line,
        id=one.id,
        error=refused.refusal.error,
        detail=refused.detail,
        dynamics_code=refused.refusal.dynamics_code,
        field=refused.field,
    )
