"""One shape for every error, whoever found it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from services.goals.domain import errors as refusals
from services.goals.domain.errors import Fault, Refusal, RefusedError
from shared.doors.refusing import RefusedAtDoorError
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

RETRY_SECONDS: Final = 1

_STATUS: Final = {
    Fault.NOT_UNDERSTOOD: 400,
    Fault.FORBIDDEN: 403,
    Fault.NOT_FOUND: 404,
    Fault.CONFLICT: 409,
    Fault.RULE_BROKEN: 422,
}
# What fields are checked for while the body is read has a name of ours.
_BY_NAME: Final[Mapping[str, Refusal]] = {
    one.error: one for one in vars(refusals).values() if isinstance(one, Refusal)
}
_BY_TYPE: Final = {
    "extra_forbidden": refusals.UNKNOWN_FIELD,
    "missing": refusals.MISSING_FIELD,
    "rollup_fields_too_many": refusals.ROLLUP_FIELDS_TOO_MANY,
}
_WHERE: Final = frozenset({"body", "query", "path", "header", "cookie"})
# Which form a body has, one thing or many, is no part of a field's name.
_FORMS: Final = frozenset({"one", "many"})

_OF_A_NAME: Final = "[key]"

_log = log_of("goals")


class AnswerError(RefusedAtDoorError):
    """A request that ends before any rule is asked: size, shape, something away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """The one shape of every error."""

    error: str
    detail: str
    dynamics_code: str | None = None
    field: str | None = None


def unavailable(error: str, detail: str) -> AnswerError:
    """Return the answer for something that time will mend."""
    return AnswerError(503, error, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def error_response(
    status: int, answer: ErrorAnswer, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error in the one shape."""
    return Response(
        msgspec.json.encode(answer),
        status_code=status,
        headers=dict(headers or {}),
        media_type="application/json",
    )


def answer_errors(http: FastAPI) -> None:
    """Give every error of the application the one shape."""
    http.add_exception_handler(RefusedError, _refused)
    http.add_exception_handler(RefusedAtDoorError, _answered)
    http.add_exception_handler(RequestValidationError, _invalid)
    http.add_exception_handler(HTTPException, _unrouted)
    for transient in (*TRANSIENT_ERRORS, asyncpg.UndefinedTableError):
        http.add_exception_handler(transient, _database_away)
    http.add_exception_handler(asyncpg.CharacterNotInRepertoireError, _unstorable)
    http.add_exception_handler(Exception, _broken)


def refusal_response(refused: RefusedError) -> Response:
    """Return a refusal in the one shape, with the place of the item it was for."""
    detail, field = refused.detail, refused.field
    if refused.index is not None:
        detail = f"item {refused.index}: {detail}"
        field = f"[{refused.index}]" + (f".{field}" if field else "")
    refusal = refused.refusal
    return error_response(
        _STATUS[refusal.fault],
        ErrorAnswer(
            error=refusal.error,
            detail=detail,
            dynamics_code=refusal.dynamics_code,
            field=field,
        ),
    )


async def _refused(_request: Request, fault: Exception) -> Response:
    if not isinstance(fault, RefusedError):
        raise fault
    return refusal_response(fault)


async def _answered(_request: Request, fault: Exception) -> Response:
    if not isinstance(fault, RefusedAtDoorError):
        raise fault
    return error_response(
        fault.status,
        ErrorAnswer(error=fault.error, detail=fault.detail),
        fault.headers,
    )


async def _invalid(_request: Request, fault: Exception) -> Response:
    if not isinstance(fault, RequestValidationError):
        raise fault
    return refusal_response(first_of(fault.errors()))


def first_of(found: Sequence[Any]) -> RefusedError:
    """Return the first thing that was found wrong; the next try shows the next."""
    first = found[0]
    where, path = first["loc"][0], list(first["loc"][1:])
    if path and path[0] in _FORMS:
        path = path[1:]
    # Of a map it may be a name that does not fit, and not what stands there.
    if path and path[-1] == _OF_A_NAME:
        path.pop()
    index = path.pop(0) if path and isinstance(path[0], int) else None
    field = ".".join(map(str, path)) or None
    refusal = _BY_NAME.get(first["type"]) or _BY_TYPE.get(first["type"])
    if field is None and first["type"] == "too_long":
        refusal = refusals.TOO_MANY_ITEMS
    if refusal is None or where != "body":
        refusal = refusals.INVALID_FIELD
        if where in _WHERE - {"body"}:
            refusal = refusals.INVALID_PARAMETER
    refused = RefusedError(refusal, _in_words(field, first, where), field=field)
    return refused if index is None else refused.at(index)


def _in_words(field: str | None, found: Mapping[str, Any], where: str) -> str:
    what = f"the {'field' if where == 'body' else 'parameter'} {field}"
    if field is None:
        what = "the body"
    if found["type"] == "extra_forbidden":
        return f"{what} is unknown; remove it, or see /docs for what there is"
    if found["type"] == "missing":
        return f"{what} is missing; give it"
    message = str(found["msg"])
    return f"{what} does not fit: {message[:1].lower()}{message[1:]}"


async def _unrouted(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise fault
    error = {404: "not_found", 405: "method_not_allowed"}.get(
        fault.status_code, "not_understood"
    )
    return error_response(
        fault.status_code,
        ErrorAnswer(
            error=error,
            detail=f"{request.method} {request.url.path} is not offered here; see "
            "/docs for what is",
        ),
        fault.headers,
    )


async def _unstorable(_request: Request, _fault: Exception) -> Response:
    """Answer for a parameter that names what cannot be anywhere."""
    return refusal_response(
        RefusedError(
            refusals.INVALID_PARAMETER,
            "a parameter or the path holds the character NUL (%00), which no id and no "
            "text here has; leave it out",
        )
    )


async def _database_away(request: Request, fault: Exception) -> Response:
    _log.warning(
        "database_unavailable", path=request.url.path, fault=type(fault).__name__
    )
    if isinstance(fault, asyncpg.UndefinedTableError):
        away = unavailable(
            "not_migrated",
            f"the database lacks a table: {fault}; run `cairn migrate`, then try again",
        )
    else:
        away = unavailable(
            "database_unavailable",
            "the database did not answer in time; whether a write took effect is "
            "unknown: read, or repeat it with an Idempotency-Key",
        )
    return await _answered(request, away)


async def _broken(request: Request, fault: Exception) -> Response:
    _log.error("request_failed", path=request.url.path, exc_info=fault)
    return error_response(
        500,
        ErrorAnswer(
            error="internal_error",
            detail="goals failed to answer; its log says why, tell us",
        ),
    )
