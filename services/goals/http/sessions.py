"""Sessions of the page: the cookie, who it is, and whether a write is really theirs."""

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from fastapi import Response
from starlette.requests import HTTPConnection

from services.goals.domain.callers import ADMIN, Caller
from services.goals.store.page_access import Session
from shared.doors.refusing import RefusedAtDoorError, not_let_in

SESSION_SECONDS: Final = 30 * 24 * 60 * 60
CSRF_HEADER: Final = "X-CSRF-Token"

# What only looks; all else is checked for where it comes from.
LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_COOKIE: Final = "cairn_session"
# Browsers take such a cookie only over https, from this very host, for all its paths.
_HOST_COOKIE: Final = f"__Host-{_COOKIE}"
_SAME: Final = "same-origin"


def cookie_name(address: str) -> str:
    """Return how the cookie is called where the page has this address."""
    return _HOST_COOKIE if _is_secure(address) else _COOKIE


def set_cookie(answer: Response, token: str, address: str) -> None:
    """Have the browser keep a session."""
    answer.set_cookie(
        cookie_name(address),
        token,
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_secure(address),
    )


def drop_cookie(answer: Response, address: str) -> None:
    """Have the browser forget the session."""
    answer.delete_cookie(
        cookie_name(address),
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_secure(address),
    )


def token_of(request: HTTPConnection, address: str) -> str | None:
    """Return what the browser shows of a session."""
    try:
        cookies = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return None
    morsel = cookies.get(cookie_name(address))
    return None if morsel is None or not morsel.value else morsel.value


def caller_of(session: Session) -> Caller:
    """Return whose session it is."""
    if session.user_id is None:
        return Caller(name=ADMIN.name, scopes=session.scopes)
    return Caller(
        name=f"user/{session.user_id}",
        user_id=session.user_id,
        scopes=session.scopes,
    )


def check_origin(request: HTTPConnection, session: Session, address: str) -> None:
    """Refuse a write that a page of somebody else may have made the browser send."""
    from_where = request.headers.get("sec-fetch-site", _SAME)
    origin = request.headers.get("origin")
    if from_where != _SAME or not _is_ours(origin, request, address):
        raise not_let_in(
            "foreign_origin",
            f"the request comes from {origin or f'a {from_where} page'}, and a session "
            f"writes from {address} only; open the page there",
        )
    given = request.headers.get(CSRF_HEADER, "")
    # In constant time, as every secret.
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise _without_csrf_token(given)


def _without_csrf_token(given: str) -> RefusedAtDoorError:
    found = "not the one of this session" if given else "missing"
    return not_let_in(
        "csrf_token_wrong",
        f"the header {CSRF_HEADER} is {found}; send csrf_token of GET /v1/session",
    )


def _is_ours(origin: str | None, request: HTTPConnection, address: str) -> bool:
    """Tell whether a page of ours sent it; the host is what the browser asked for."""
    if origin is None or origin == address:
        return True
    return urlsplit(origin).netloc == request.headers.get("host")


def _is_secure(address: str) -> bool:
    return address.startswith("https:")
