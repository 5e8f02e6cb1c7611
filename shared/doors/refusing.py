"""How a door refuses; each service gives it the shape of its errors."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.domain.callers import Caller, Scope

RETRY_SECONDS: Final = 1


class RefusedAtDoorError(Exception):
    """Somebody may not come in, or not now."""

    def __init__(
        self,
        status: int,
        error: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error
        self.detail = detail
        self.headers = dict(headers or {})


def not_authenticated(detail: str) -> RefusedAtDoorError:
    """Return the answer to whoever does not show who he is."""
    return RefusedAtDoorError(
        401, "not_authenticated", detail, {"WWW-Authenticate": "Bearer"}
    )


def not_let_in(error: str, detail: str) -> RefusedAtDoorError:
    """Return the answer to somebody who is known, and may not."""
    return RefusedAtDoorError(403, error, detail)


def not_now(
    error: str, detail: str, *, seconds: int = RETRY_SECONDS
) -> RefusedAtDoorError:
    """Return the answer for something that time will mend."""
    return RefusedAtDoorError(503, error, detail, {"Retry-After": str(seconds)})


def scope_missing(caller: Caller, needed: Scope) -> RefusedAtDoorError:
    """Return the answer to a token that does not allow what was asked."""
    return RefusedAtDoorError(
        403,
        "scope_missing",
        f"this needs the scope {needed}, and the token of {caller.name} has "
        f"{_listed(caller.scopes)}; use a token with that scope",
        {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
    )


def _listed(scopes: Iterable[Scope]) -> str:
    return ", ".join(sorted(scopes)) or "none"
