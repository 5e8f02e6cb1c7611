"""Links to the page: made by an admin, used once, exchanged for a session."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from services.goals.http.access import PAGE, SESSION_COOKIE, hash_of, no_entry
from services.goals.http.context import CurrentService
from services.goals.http.documenting import JSON, errors_of
from services.goals.store import page_access

LINK_SECONDS: Final = 60 * 60
SESSION_SECONDS: Final = 30 * 24 * 60 * 60
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinkAnswer:
    """A link to the page that works once."""

    url: str
    expires_at: datetime


router = APIRouter(tags=["page"])


@router.post(
    "/v1/page-links",
    summary="Make a link to the page that works once, for an hour",
    status_code=201,
    response_model=PageLinkAnswer,
    responses=errors_of(),
)
async def make_page_link(service: CurrentService) -> Response:
    """Make a one-time link; only a hash of its code is kept."""
    code = secrets.token_urlsafe(_SECRET_BYTES)
    async with service.database.connection() as connection:
        expires_at = await page_access.add_link(
            connection, hash_of(code), seconds=LINK_SECONDS
        )
    answer = PageLinkAnswer(
        url=f"{service.address}/enter?code={quote(code)}", expires_at=expires_at
    )
    return Response(
        msgspec.json.encode(answer),
        status_code=201,
        media_type=JSON,
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/enter",
    summary="Use a link: opens a session for this browser and shows the page",
    status_code=303,
    response_class=Response,
    responses={
        303: {"description": "The page, with a session cookie"},
        401: {"description": "The link was used before, or has expired"},
    },
)
async def enter(
    service: CurrentService, code: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Exchange a link's code for a session."""
    token = secrets.token_urlsafe(_SECRET_BYTES)
    async with service.database.connection() as connection:
        opened = await page_access.exchange(
            connection, hash_of(code), hash_of(token), seconds=SESSION_SECONDS
        )
    if not opened:
        return no_entry("This link was used before, or has expired")
    answer = RedirectResponse(
        PAGE,
        status_code=303,
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )
    answer.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=service.address.startswith("https:"),
    )
    return answer
