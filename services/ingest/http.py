"""Ingest over HTTP: what is read, and how each outcome is answered."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from prometheus_client import Counter, Gauge, Histogram
from starlette.exceptions import HTTPException

from services.ingest import docs_page, documents
from services.ingest.admission import Admission, Admitted
from services.ingest.errors import (
    NotUnderstoodError,
    RefusedError,
    TooLargeError,
    TooSlowError,
)
from services.ingest.intake import (
    Intake,
    Mode,
    NoneAcceptedError,
    NotAllAcceptedError,
    Receipt,
)
from services.ingest.reading import media_type_of
from shared.domain.callers import Scope
from shared.doors.closed import Closed, Scopes
from shared.doors.keeper import Keeper
from shared.doors.rates import Rates
from shared.plumbing.health import Check, operational_routes
from shared.plumbing.logs import log_of

BODY_BYTES_MAX: Final = 32 * 1024 * 1024
# A sender that trickles its body would hold a place for as long as it likes.
BODY_SECONDS_MAX: Final = 30.0

SCOPES: Final[Scopes] = {
    "POST /v1/records": Scope.RECORDS_WRITE,
    "GET /asyncapi": None,
    "GET /docs": None,
    "GET /openapi.json": None,
}

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

_log = log_of("ingest")
_ACCEPTED = Counter("cairn_ingest_accepted_records", "Records acknowledged by Kafka")
_REJECTED = Counter(
    "cairn_ingest_rejected_records", "Records refused, by the error's name", ["error"]
)
_UNDER_WAY = Gauge("cairn_ingest_requests_under_way", "Requests let in, not answered")
_SECONDS = Histogram(
    "cairn_ingest_request_seconds",
    "From the request's head to its answer",
    ["status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What stands between the network and the intake."""

    intake: Intake
    admission: Admission
    keeper: Keeper
    rates: Rates

    async def answer(self, request: Request) -> Response:
        """Accept the request's records, or raise RefusedError."""
        mode = _mode_of(request)
        media_type = media_type_of(request.headers)
        with self.admission.admit() as admitted, _UNDER_WAY.track_inprogress():
            body = await _body_of(request, admitted)
            receipt = await self.intake.accept(
                body,
                media_type,
                mode=mode,
                received_at=datetime.now(UTC),
                traceparent=_traceparent_of(request),
                take=admitted.take,
            )
        _count(receipt)
        return _json(202, receipt)


def build_http(
    door: Door, *, checks: dict[str, Check], asyncapi: Callable[[], dict[str, Any]]
) -> FastAPI:
    """Return the HTTP application of the service."""
    http = FastAPI(
        title="Cairn ingest",
        version=documents.API_VERSION,
        description=documents.DESCRIPTION,
        # The pages that come with the framework load scripts of foreign hosts.
        docs_url=None,
        redoc_url=None,
    )
    _answer_errors(http)

    @http.post(
        "/v1/records",
        summary="Send records",
        description=documents.POST_RECORDS,
        status_code=202,
        tags=["records"],
        response_model=documents.ReceiptBody,
        responses=documents.RESPONSES,
        openapi_extra=documents.POST_RECORDS_EXTRA,
    )
    async def post_records(request: Request) -> Response:
        return await _timed(door.answer, request)

    @http.get(
        "/asyncapi",
        summary="The topics this service writes, as an AsyncAPI document",
        tags=["operations"],
    )
    async def get_asyncapi() -> dict[str, Any]:
        return asyncapi()

    @http.get("/docs", include_in_schema=False)
    async def get_docs() -> Response:
        return HTMLResponse(
            docs_page.page_of(http.openapi()), headers=docs_page.HEADERS
        )

    http.include_router(operational_routes(checks))
    http.add_middleware(Closed, keeper=door.keeper, rates=door.rates, scopes=SCOPES)
    http.openapi = documents.openapi_of(http)  # type: ignore[method-assign] # as FastAPI's manual has it
    return http


async def _timed(
    answer: Callable[[Request], Awaitable[Response]], request: Request
) -> Response:
    began = time.perf_counter()
    try:
        response = await answer(request)
    except RefusedError as refusal:
        response = _refused(refusal)
    _SECONDS.labels(response.status_code).observe(time.perf_counter() - began)
    return response


async def _body_of(request: Request, admitted: Admitted) -> bytes:
    """Read the body up to its limits, in bytes and in time."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal():
        _check_size(int(announced))
    chunks = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for chunk in request.stream():
                _check_size(len(chunks) + len(chunk))
                admitted.take(len(chunk))
                chunks += chunk
    except TimeoutError:
        raise TooSlowError(
            f"the body did not arrive within {BODY_SECONDS_MAX:.0f} s; send it faster "
            "or in smaller requests"
        ) from None
    return bytes(chunks)


def _check_size(size: int) -> None:
    if size > BODY_BYTES_MAX:
        raise TooLargeError(
            f"the body has {size} bytes or more, {BODY_BYTES_MAX} are allowed; send "
            "the records in several requests"
        )


def _mode_of(request: Request) -> Mode:
    """Return what is asked for; a parameter that we do not know is refused by name."""
    found = Mode.GOOD
    for count, (name, value) in enumerate(request.query_params.multi_items()):
        if name != "mode":
            words = f"the parameter {name} is unknown; remove it, mode is all there is"
        elif count:
            words = "the parameter mode is there several times; give it once"
        elif value not in set(Mode):
            words = f"mode is {value}, {' or '.join(Mode)} is allowed; give one of them"
        else:
            found = Mode(value)
            continue
        raise NotUnderstoodError(words, error="invalid_parameter", field=name)
    return found


def _traceparent_of(request: Request) -> str | None:
    given = request.headers.get("traceparent", "")
    return given if _TRACEPARENT.fullmatch(given) else None


def _count(receipt: Receipt) -> None:
    _ACCEPTED.inc(receipt.accepted)
    for rejected in receipt.rejected:
        _REJECTED.labels(rejected.error).inc()


def _refused(refusal: RefusedError) -> Response:
    body = _error_body(refusal.error, refusal.detail, refusal.field)
    if isinstance(refusal, NoneAcceptedError | NotAllAcceptedError):
        body["rejected"] = refusal.rejected
        for rejected in refusal.rejected:
            _REJECTED.labels(rejected.error).inc()
    return _json(refusal.status, body, dict(refusal.headers))


def _answer_errors(http: FastAPI) -> None:
    """Give errors that are not of our routes the one shape too."""

    @http.exception_handler(HTTPException)
    async def unrouted(request: Request, fault: HTTPException) -> Response:
        name = {404: "not_found", 405: "method_not_allowed"}.get(
            fault.status_code, "not_understood"
        )
        detail = (
            f"{request.method} {request.url.path} is not offered here; see "
            "/docs for what is"
        )
        headers = dict(fault.headers or {})
        return _json(fault.status_code, _error_body(name, detail), headers)

    @http.exception_handler(Exception)
    async def broken(_request: Request, fault: Exception) -> Response:
        _log.error("request_failed", exc_info=fault)
        return _json(
            500,
            _error_body(
                "internal_error", "ingest failed to answer; its log says why, tell us"
            ),
        )


def _error_body(error: str, detail: str, field: str | None = None) -> dict[str, object]:
    return {"error": error, "detail": detail, "dynamics_code": None, "field": field}


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )
