"""Who may come in: programs with the token, people's browsers with a session.

It stands before all routes, so that a route that is added later is closed at first.
"""

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final

from fastapi import Response
from fastapi.responses import HTMLResponse
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from services.goals.http.context import Service
from services.goals.http.errors import AnswerError, ErrorAnswer, error_response
from services.goals.store import page_access
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

SESSION_COOKIE: Final = "cairn_session"
PAGE: Final = "/"

_OPEN: Final = frozenset(
    {
        "/livez",
        "/readyz",
        "/metrics",
        "/docs",
        "/docs.css",
        "/openapi.json",
        "/asyncapi",
        "/enter",
        # A document without data; its script is told 401 and says how to come in. A
        # browser that follows a link from elsewhere sends no Strict cookie with it.
        PAGE,
    }
)
_OPEN_BELOW: Final = ("/static/",)
# A session shows; it changes nothing.
_READS: Final = frozenset({"GET", "HEAD"})
_HTML_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
}

_NO_ENTRY = (Path(__file__).parent / "no_entry.html").read_text(encoding="utf-8")

_log = log_of("goals.access")


class Access:
    """Lets a request through to the application, or answers it itself."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer that it may not come in."""
        refused = None
        if scope["type"] == "http" and not _is_open(scope["path"]):
            refused = await self._refusal(HTTPConnection(scope), scope["method"])
        await (refused or self._app)(scope, receive, send)

    async def _refusal(self, request: HTTPConnection, method: str) -> Response | None:
        authorization = request.headers.get("authorization")
        if authorization is not None:
            return None if self._has_token(authorization) else _wrong_token()
        try:
            has_session = await self._has_session(request)
        except TRANSIENT_ERRORS as fault:
            _log.warning("session_not_read", fault=type(fault).__name__)
            return _database_away()
        if has_session:
            return None if method in _READS else _read_only()
        return _not_authenticated("the request carries no bearer token")

    def _has_token(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        # Compared in constant time: how long it takes tells nothing of the token.
        right = hmac.compare_digest(given.strip().encode(), self._service.admin_token)
        return right and scheme.lower() == "bearer"

    async def _has_session(self, request: HTTPConnection) -> bool:
        token = _session_of(request)
        if not token:
            return False
        async with self._service.database.connection() as connection:
            return await page_access.has_session(connection, hash_of(token))


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret; it is random and long, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


def no_entry(why: str) -> Response:
    """Return the page for people who come without a link that works."""
    return HTMLResponse(
        _NO_ENTRY.replace("{{ why }}", why), status_code=401, headers=_HTML_HEADERS
    )


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def _session_of(request: HTTPConnection) -> str | None:
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


def _answer(fault: AnswerError) -> Response:
    return error_response(
        fault.status, ErrorAnswer(error=fault.error, detail=fault.detail), fault.headers
    )


def _wrong_token() -> Response:
    return _not_authenticated("the bearer token is not the right one")


def _not_authenticated(what: str) -> Response:
    return _answer(
        AnswerError(
            401,
            "not_authenticated",
            f"{what}; send Authorization: Bearer with the token in CAIRN_ADMIN_TOKEN",
            headers={"WWW-Authenticate": "Bearer"},
        )
    )


def _read_only() -> Response:
    return _answer(
        AnswerError(
            403,
            "session_is_read_only",
            "a session of the page may look and not change; send Authorization: Bearer "
            "with a token instead",
        )
    )


def _database_away() -> Response:
    return _answer(
        AnswerError(
            503,
            "database_unavailable",
            "the database did not answer in time; try again in a moment",
            headers={"Retry-After": "1"},
        )
    )
