"""What the OpenAPI document says of errors: which, where, and how they look."""

from collections.abc import Iterable
from typing import Any, Final

from services.goals.domain import errors as refusals
from services.goals.domain.errors import Fault, Refusal
from services.goals.http.errors import ErrorAnswer

JSON: Final = "application/json"

_STATUS: Final = {
    Fault.NOT_UNDERSTOOD: 400,
    Fault.FORBIDDEN: 403,
    Fault.NOT_FOUND: 404,
    Fault.CONFLICT: 409,
    Fault.RULE_BROKEN: 422,
}
_DESCRIPTIONS: Final = {
    400: "The request does not read",
    401: "No token or session, or not the right one",
    403: "Who asks may not do this",
    404: "There is no such thing",
    409: "Conflicts with what is there",
    408: "The body came too slowly",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "Understood, and breaks a rule",
    429: "Asked too often; see Retry-After",
    503: "Something is away for the moment; see Retry-After",
}
_ALWAYS: Final = {
    401: ("not_authenticated",),
    403: ("scope_missing", "user_unknown", "user_disabled", "right_missing"),
    429: ("too_many_requests",),
    503: ("database_unavailable", "not_migrated", "issuer_unavailable"),
}
_WITH_BODY: Final = {
    403: ("foreign_origin", "csrf_token_wrong"),
    408: ("body_too_slow",),
    413: ("request_too_large",),
    415: ("unsupported_media_type",),
}

# Every request with a body can be refused for these.
BODY_REFUSALS: Final = (
    refusals.NOT_JSON,
    refusals.NESTED_TOO_DEEP,
    refusals.DUPLICATE_FIELD,
    refusals.UNKNOWN_FIELD,
    refusals.MISSING_FIELD,
    refusals.INVALID_FIELD,
)
CREATE_REFUSALS: Final = (
    *BODY_REFUSALS,
    refusals.ID_TAKEN,
    refusals.IDEMPOTENCY_KEY_REUSED,
    refusals.TOO_MANY_ITEMS,
    refusals.DEFINITION_TOO_LARGE,
)
CHANGE_REFUSALS: Final = (
    *BODY_REFUSALS,
    refusals.NOT_FOUND,
    refusals.INVALID_PARAMETER,
    refusals.VERSION_CONFLICT,
    refusals.DEFINITION_TOO_LARGE,
)
DELETE_REFUSALS: Final = (
    refusals.NOT_FOUND,
    refusals.INVALID_PARAMETER,
    refusals.VERSION_CONFLICT,
)


def errors_of(
    *groups: Iterable[Refusal], writes: bool = False, away: Iterable[str] = ()
) -> dict[int | str, dict[str, Any]]:
    """Return the error answers of a route, each with its names and an example.

    `away`: what else may be the matter for the moment.
    """
    by_status: dict[int, list[tuple[str, str | None]]] = {}
    for group in groups:
        for refusal in group:
            names = by_status.setdefault(_STATUS[refusal.fault], [])
            if (refusal.error, refusal.dynamics_code) not in names:
                names.append((refusal.error, refusal.dynamics_code))
    for told in (_ALWAYS, _WITH_BODY if writes else {}):
        for status, errors in told.items():
            names = by_status.setdefault(status, [])
            names.extend((error, None) for error in errors)
    by_status[503].extend((error, None) for error in away)
    return {
        status: _response(status, by_status[status]) for status in sorted(by_status)
    }


def _response(status: int, names: list[tuple[str, str | None]]) -> dict[str, Any]:
    told = ", ".join(
        f"`{error}`" + (f" ({code})" if code else "") for error, code in names
    )
    return {
        "model": ErrorAnswer,
        "description": f"{_DESCRIPTIONS[status]}: {told}",
        "content": {
            JSON: {
                "examples": {
                    f"{error} {code or ''}".strip(): {
                        "value": {
                            "error": error,
                            "detail": "what was found, what is allowed, what to do",
                            "dynamics_code": code,
                            "field": None,
                        }
                    }
                    for error, code in names
                }
            }
        },
    }
