"""A service without sessions, closed but for what is opened by name.

It stands before all routes, so that a route that is added later is closed at first.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from fastapi import Response
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from shared.domain.callers import Scope
from shared.doors.keeper import Keeper
from shared.doors.rates import Rates
from shared.doors.refusing import RefusedAtDoorError, scope_missing

_OPEN: Final = frozenset({"/livez", "/readyz", "/metrics"})
_LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

# Which scope each route needs, as `GET /docs`; None: no more than to be somebody.
Scopes = Mapping[str, Scope | None]


class Closed:
    """Lets a request through to the application, or answers it itself."""

    def __init__(
        self, app: ASGIApp, *, keeper: Keeper, rates: Rates, scopes: Scopes
    ) -> None:
        self._app = app
        self._keeper = keeper
        self._rates = rates
        self._scopes = scopes

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Let the request through, or answer that it may not come in."""
        if scope["type"] == "http" and scope["path"] not in _OPEN:
            try:
                await self._let_in(HTTPConnection(scope), scope["method"])
            except RefusedAtDoorError as refused:
                await _answer(refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _let_in(self, request: HTTPConnection, method: str) -> None:
        caller = await self._keeper.caller_of(request.headers.get("authorization"))
        self._rates.take(caller.name, writes=method not in _LOOKS)
        line = f"{'GET' if method == 'HEAD' else method} {request.scope['path']}"
        # What has no line, an admin alone finds out about.
        if line not in self._scopes and not caller.is_admin:
            raise RefusedAtDoorError(
                404, "not_found", f"{line} is not offered here; see /docs for what is"
            )
        needed = self._scopes.get(line)
        if needed is not None and not caller.has(needed):
            raise scope_missing(caller, needed)


def _answer(refused: RefusedAtDoorError) -> Response:
    body = {
        "error": refused.error,
        "detail": refused.detail,
        "dynamics_code": None,
        "field": None,
    }
    return Response(
        msgspec.json.encode(body),
        status_code=refused.status,
        headers=refused.headers,
        media_type="application/json",
    )
