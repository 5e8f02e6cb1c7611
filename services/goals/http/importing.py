"""The routes that create and change by the thousand, with a report line by line."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.importing import (
    ImportPlan,
    ImportRejectedError,
    Named,
    RejectedLine,
)
from services.goals.flows.importing import (
    Importable,
    ImportMode,
    import_lines,
    plan_import,
    signature_of_nothing,
)
from services.goals.http import writing
from services.goals.http.context import CurrentService, Service, caller_of
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.errors import ErrorAnswer
from services.goals.http.import_lines import (
    LineForm,
    MediaType,
    lines_of,
    media_type_of,
)
from services.goals.http.planning import DryRun
from services.goals.http.reading import ExactRequest
from services.goals.http.writing import IdempotencyKey
from services.goals.store.database import Changes
from services.goals.store.tables import Thing

Asked = TypeVar("Asked")

Mode = Annotated[
    ImportMode, Query(description="all: all lines or none; good: those that can be")
]

_REFUSED: Final = (
    refusals.NOT_JSON,
    refusals.INVALID_PARAMETER,
    refusals.TOO_MANY_ITEMS,
    refusals.IMPORT_REJECTED,
    refusals.DEFINITION_TOO_LARGE,
)
_REFUSED_OF_TABLES: Final = (refusals.CSV_MALFORMED, refusals.UNKNOWN_FIELD)


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
    """How many were created and changed, and which lines were rejected."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing(Generic[Thing, Asked]):
    """A kind of thing that is imported: how its lines read, what becomes of them."""

    # What people call several.
    many: str
    kind: Importable[Thing, Asked]
    form: LineForm[Thing, Asked]
    # What the document shows: the schema of an item, items, and the same as a table.
    schema: str
    examples: Sequence[Mapping[str, Any]]
    table: str

    @property
    def path(self) -> str:
        """Where it is imported."""
        return f"/v1/{self.many.replace(' ', '-')}/import"


def add_import(router: APIRouter, importing: Importing[Thing, Asked]) -> None:
    """Offer the route that imports a kind of thing."""

    async def import_many(
        service: CurrentService,
        request: Request,
        *,
        mode: Mode = ImportMode.ALL,
        dry_run: DryRun = False,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        return await report(
            service,
            ExactRequest(request.scope, request.receive),
            importing.kind,
            importing.form,
            mode=mode,
            dry_run=dry_run,
            key=idempotency_key,
        )

    schema = {"$ref": f"#/components/schemas/{importing.schema}"}
    body = body_of_many(schema, importing.examples)
    body["content"][MediaType.CSV] = {
        "schema": {"type": "string"},
        "example": importing.table,
    }
    router.add_api_route(
        importing.path,
        import_many,
        methods=["POST"],
        name=f"import_{importing.many.replace(' ', '_')}",
        summary=f"Create and change {importing.many} by the thousand, with a report "
        "line by line",
        description=f"Create each of the {importing.many} whose id is new, change each "
        "that exists; 10,000 at most.\n\nA line has the fields of a new one, or those "
        "to be changed. Lines may name one another, in any order. A line is rejected "
        "for what it would be refused for by itself.",
        response_model=ImportAnswer,
        responses=errors_of_many(_REFUSED_OF_TABLES, [refusals.IDEMPOTENCY_KEY_REUSED]),
        openapi_extra={"requestBody": body},
    )


def body_of_many(
    schema: Mapping[str, Any], examples: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what the document says of a body of many things."""
    lines = "".join(msgspec.json.encode(one).decode() + "\n" for one in examples)
    return {
        "required": True,
        "content": {
            MediaType.JSON: {
                "schema": {"type": "array", "items": schema},
                "examples": {"several": {"value": list(examples)}},
            },
            MediaType.NDJSON: {"schema": {"type": "string"}, "example": lines},
        },
    }


def errors_of_many(*groups: Collection[refusals.Refusal]) -> Any:
    """Return the error answers of a route that reports line by line."""
    responses = errors_of(_REFUSED, *groups, writes=True)
    responses[422]["model"] = ErrorAnswer | ImportRejectedAnswer
    return responses


async def report(
    service: Service,
    request: ExactRequest,
    kind: Importable[Thing, Asked],
    form: LineForm[Thing, Asked],
    *,
    mode: ImportMode,
    dry_run: bool,
    key: str | None = None,
    allowed: Collection[MediaType] = tuple(MediaType),
) -> Response:
    """Do what the lines of a body ask for, or nothing on a dry run; tell of each."""
    media_type = media_type_of(request.headers.get("content-type", ""), allowed)
    body = await request.read_bytes()
    # Off the loop: ten thousand lines take a while.
    lines, unread = await asyncio.to_thread(lines_of, body, media_type, form)

    async def write(changes: Changes) -> ImportAnswer:
        plan = await import_lines(changes, kind, lines, unread, mode)
        return _report(plan, applied=True)

    try:
        if dry_run:
            async with service.database.reading(caller=caller_of(request)) as reading:
                signed = signature_of_nothing(caller_of(request))
                plan = await plan_import(
                    reading, kind, lines, unread, mode, signed=signed
                )
            content = msgspec.json.encode(_report(plan, applied=False))
            return Response(content, media_type=JSON)
        return await writing.report(service, request, key=key, write=write)
    except ImportRejectedError as refused:
        return _rejected(refused)


def _report(plan: ImportPlan[Named], *, applied: bool) -> ImportAnswer:
    return ImportAnswer(
        created=len(plan.created),
        changed=plan.changed,
        unchanged=plan.unchanged,
        applied=applied,
        rejected=[_told(one) for one in plan.rejected],
    )


def _rejected(refused: ImportRejectedError) -> Response:
    told = _report(refused.plan, applied=False)
    answer = ImportRejectedAnswer(
        error=refused.refusal.error,
        detail=refused.detail,
        created=told.created,
        changed=told.changed,
        unchanged=told.unchanged,
        applied=False,
        rejected=told.rejected,
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
