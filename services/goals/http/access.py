"""Who may come in: systems and people with tokens, people's browsers with a session.

It stands before all routes, so that a route that is added later is closed at first.
What a token allows is decided here; what a person may do besides, the routes decide.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Response
from fastapi.responses import HTMLResponse
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from services.goals.domain.callers import Caller
from services.goals.http import sessions
from services.goals.http.context import Service
from services.goals.http.errors import ErrorAnswer, error_response
from services.goals.http.person_rights import check_right
from services.goals.http.scopes import is_offered, scope_of
from services.goals.page.screens import is_screen
from services.goals.store import page_access
from services.goals.store.page_access import Session
from shared.doors.api_tokens import hash_of
from shared.doors.known import away
from shared.doors.refusing import (
    RefusedAtDoorError,
    not_authenticated,
    scope_missing,
)
from shared.plumbing.postgres import TRANSIENT_ERRORS

PAGE: Final = "/"

# The three operational endpoints, and what shows people how to come in: the files of
# the page, and the place where a link is used. The documents of the page open to all,
# too, but without data to those who are not let in: a browser that follows a link from
# elsewhere sends no Strict cookie.
_OPEN: Final = frozenset({"/livez", "/readyz", "/metrics", "/enter"})
_OPEN_BELOW: Final = ("/static/",)
_HTML_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
}

_NO_ENTRY = (Path(__file__).parent / "no_entry.html").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody who was let in."""

    caller: Caller
    # None: with a bearer token.
    session: Session | None = None
    # Raises as soon as the same request would no longer be let in.
    look_again: Callable[[], Awaitable[object]]


class Access:
    """Lets a request through to the application, or answers it itself."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer that it may not come in."""
        if scope["type"] != "http" or is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            entry = await self._let_in(HTTPConnection(scope), scope["method"])
        except RefusedAtDoorError as refused:
            if is_screen(scope["path"]):
                await self._app(scope, receive, send)
            else:
                await _answer(refused)(scope, receive, send)
            return
        # Where `CurrentCaller` and `CurrentEntry` find it.
        state = scope.setdefault("state", {})
        state["caller"], state["entry"] = entry.caller, entry
        await self._app(scope, receive, send)

    async def _let_in(self, request: HTTPConnection, method: str) -> Entry:
        """Return who asks, or raise why he may not."""
        caller, session = await self._known(request)
        writes = method not in sessions.LOOKS
        self._service.rates.take(caller.name, writes=writes)
        path = request.scope["path"]
        if not is_offered(caller, method, path):
            raise _not_offered(method, path)
        needed = scope_of(method, path)
        if needed is not None and not caller.has(needed):
            raise scope_missing(caller, needed)
        await self._check_right(caller, method, path)
        if writes and session is not None:
            sessions.check_origin(request, session, self._service.address)
        return Entry(
            caller=caller, session=session, look_again=lambda: self._known(request)
        )

    async def _check_right(self, caller: Caller, method: str, path: str) -> None:
        try:
            await check_right(self._service.database, caller, method, path)
        except TRANSIENT_ERRORS as fault:
            raise away(fault) from None

    async def _known(self, request: HTTPConnection) -> tuple[Caller, Session | None]:
        """Return who asks, and the session if that is how he is known."""
        authorization = request.headers.get("authorization")
        token = sessions.token_of(request, self._service.address)
        if authorization is not None or token is None:
            return await self._service.keeper.caller_of(authorization), None
        try:
            async with self._service.database.connection() as connection:
                session = await page_access.session_of(connection, hash_of(token))
        except TRANSIENT_ERRORS as fault:
            raise away(fault) from None
        if session is None:
            raise not_authenticated(
                "the session of the page has ended; ask whoever runs Cairn for a new "
                "link, which `cairn page-link` makes"
            )
        return sessions.caller_of(session), session


def no_entry(why: str) -> Response:
    """Return the page for people who come without a link that works."""
    return HTMLResponse(
        _NO_ENTRY.replace("{{ why }}", why), status_code=401, headers=_HTML_HEADERS
    )


def is_open(path: str) -> bool:
    """Tell whether everybody may come in there."""
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def _answer(refused: RefusedAtDoorError) -> Response:
    return error_response(
        refused.status,
        ErrorAnswer(error=refused.error, detail=refused.detail),
        refused.headers,
    )


def _not_offered(method: str, path: str) -> RefusedAtDoorError:
    return RefusedAtDoorError(
        404,
        "not_found",
        f"{method} {path} is not offered here; see /docs for what is",
    )
