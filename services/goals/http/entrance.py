"""The page's door: links that work once, the sessions they open, and signing out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.goals.domain.api_tokens import check_hands_out
from services.goals.domain.callers import Scope
from services.goals.domain.errors import (
    HANDED_OUT_BY_PERSON,
    NO_SESSION,
    REFERENCE_NOT_FOUND,
    SCOPE_NOT_ONES_OWN,
    USER_DISABLED,
    RefusedError,
)
from services.goals.http import sessions
from services.goals.http.access import PAGE, Entry, no_entry
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.documenting import BODY_REFUSALS, JSON, errors_of
from services.goals.http.fields import Body, Id
from services.goals.http.page_links import Link, link_of, signed
from services.goals.http.reading import ExactRoute
from services.goals.store import page_access
from services.goals.store.database import Reading
from shared.doors.api_tokens import hash_of, new_secret
from shared.doors.people import PERSON_SCOPES
from shared.plumbing.identifiers import new_id

LINK_SECONDS: Final = 60 * 60
_NO_WAY_IN: Final = "This link was used before, has expired or is none of ours"
_NO_STORE: Final = {"Cache-Control": "no-store"}


class PageLinkBody(Body):
    """Whom the link lets in; nobody in particular: whoever may do what you may."""

    user_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinkAnswer:
    """A link to the page that works once."""

    url: str
    user_id: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswer:
    """Who you are, and what your token or session allows at most."""

    name: str
    user_id: str | None
    scopes: Sequence[Scope]
    # What a session sends as X-CSRF-Token with each write; a bearer token needs none.
    csrf_token: str | None
    expires_at: datetime | None


def _entry_of(request: Request) -> Entry:
    entry: Entry = request.state.entry
    return entry


CurrentEntry = Annotated[Entry, Depends(_entry_of)]

router = APIRouter(tags=["page"], route_class=ExactRoute)


@router.post(
    "/v1/page-links",
    summary="Make a link to the page that works once, for an hour",
    status_code=201,
    response_model=PageLinkAnswer,
    responses=errors_of(
        BODY_REFUSALS,
        [HANDED_OUT_BY_PERSON, SCOPE_NOT_ONES_OWN, REFERENCE_NOT_FOUND, USER_DISABLED],
        writes=True,
    ),
)
async def make_page_link(
    service: CurrentService, caller: CurrentCaller, body: PageLinkBody | None = None
) -> Response:
    """Make a one-time link; it is signed, and only a hash of its id is kept.

    With `user_id` it opens a session of that user; else one that may do whatever the
    caller may, records excepted.
    """
    user_id = None if body is None else body.user_id
    scopes = PERSON_SCOPES if user_id is not None else caller.scopes & PERSON_SCOPES
    check_hands_out(caller, scopes)
    link = Link(id=new_secret(), user_id=user_id)
    async with service.database.changing(caller=caller) as changes:
        await check_user(changes, user_id)
        key = await page_access.made_key_of_links(changes.connection)
        expires_at = await page_access.add_link(
            changes.connection,
            hash_of(link.id),
            user_id=user_id,
            scopes=scopes,
            seconds=LINK_SECONDS,
        )
        # Nothing of the link: who reads the trail is not let in by it.
        changes.trail.created(
            "page_link",
            new_id(),
            {
                "user_id": user_id,
                "scopes": sorted(scopes),
                "expires_at": expires_at.isoformat(),
            },
        )
    code = signed(link, key, expires_at=expires_at)
    answer = PageLinkAnswer(
        url=f"{service.address}/enter?code={quote(code)}",
        user_id=user_id,
        expires_at=expires_at,
    )
    return _json(answer, status=201)


@router.get(
    "/enter",
    summary="Use a link: opens a session for this browser and shows the page",
    status_code=303,
    response_class=Response,
    responses={
        303: {"description": "The page, with a session cookie"},
        401: {"description": "No link of ours, or used before, or expired"},
    },
)
async def enter(
    service: CurrentService, code: Annotated[str, Query()] = ""
) -> Response:
    """Exchange a link for a session: what its code says is looked at first."""
    token = new_secret()
    async with service.database.connection() as connection:
        key = await page_access.key_of_links(connection)
        link = None if key is None else link_of(code, key)
        opened = link is not None and await page_access.exchange(
            connection,
            hash_of(link.id),
            hash_of(token),
            user_id=link.user_id,
            csrf_token=new_secret(),
            seconds=sessions.SESSION_SECONDS,
        )
    if not opened:
        return no_entry(_NO_WAY_IN)
    answer = RedirectResponse(
        PAGE,
        status_code=303,
        headers={**_NO_STORE, "Referrer-Policy": "no-referrer"},
    )
    sessions.set_cookie(answer, token, service.address)
    return answer


@router.get(
    "/v1/session",
    summary="Tell who you are, and what your token or session allows",
    response_model=SessionAnswer,
    responses=errors_of(),
)
async def read_session(entry: CurrentEntry) -> Response:
    """Tell who asks; a page takes from here what it must send with writes."""
    caller, session = entry.caller, entry.session
    return _json(
        SessionAnswer(
            name=caller.name,
            user_id=caller.user_id,
            scopes=sorted(caller.scopes),
            csrf_token=None if session is None else session.csrf_token,
            expires_at=None if session is None else session.expires_at,
        )
    )


@router.post(
    "/v1/session/end",
    summary="Sign out: end the session of this browser",
    status_code=204,
    responses=errors_of([NO_SESSION], writes=True),
)
async def end_session(
    service: CurrentService, request: Request, entry: CurrentEntry
) -> Response:
    """End the session; its cookie is worth nothing afterwards."""
    token = sessions.token_of(request, service.address)
    if entry.session is None or token is None:
        raise RefusedError(
            NO_SESSION,
            "the request shows a bearer token, which no session belongs to; API tokens "
            "are revoked with DELETE /v1/tokens/{id}",
        )
    async with service.database.connection() as connection:
        await page_access.end_session(connection, hash_of(token))
    answer = Response(status_code=204, headers=_NO_STORE)
    sessions.drop_cookie(answer, service.address)
    return answer


async def check_user(reading: Reading, user_id: str | None) -> None:
    """Refuse to let somebody act as a user who is not there, or is disabled."""
    if user_id is None:
        return
    user = await reading.users.get(user_id)
    if user is None:
        raise RefusedError(
            REFERENCE_NOT_FOUND,
            f"there is no user {user_id}; check the id, or list GET /v1/users",
            field="user_id",
        )
    if user.disabled:
        raise RefusedError(
            USER_DISABLED,
            f"user {user_id} is disabled; enable him first, or name another",
            field="user_id",
        )


def _json(answer: object, *, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(answer),
        status_code=status,
        media_type=JSON,
        headers=_NO_STORE,
    )
