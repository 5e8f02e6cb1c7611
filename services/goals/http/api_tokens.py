"""Routes of API tokens: make one, see which there are, revoke one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field

from services.goals.domain import errors as refusals
from services.goals.domain.api_tokens import (
    ApiToken,
    NewApiToken,
    audited,
    check_count,
    check_hands_out,
)
from services.goals.domain.callers import Caller, Scope
from services.goals.domain.errors import TOKEN_NAME_TAKEN, RefusedError
from services.goals.domain.versions import not_found
from services.goals.http.answers import ListAnswer
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.documenting import BODY_REFUSALS, JSON, errors_of
from services.goals.http.entrance import check_user
from services.goals.http.fields import Body, Id
from services.goals.http.listing import PageQuery, list_response
from services.goals.http.reading import ExactRoute, PathId
from services.goals.store.api_tokens import ApiTokens
from shared.doors.api_tokens import hash_of, new_api_token
from shared.plumbing.identifiers import new_id

DAYS_MAX: Final = 3_650
NAME_LENGTH_MAX: Final = 100


class NewTokenBody(Body):
    """A token that is to be made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "nightly-crm", "scopes": ["records:write"]},
                {
                    "name": "dashboard",
                    "scopes": ["goals:read"],
                    "expires_in_days": 90,
                    "user_id": "ada",
                },
            ]
        }
    )

    name: Annotated[
        str,
        Field(
            strict=True,
            min_length=1,
            max_length=NAME_LENGTH_MAX,
            # It stands in logs and in the audit trail.
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        ),
    ]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in_days: Annotated[int, Field(strict=True, ge=1, le=DAYS_MAX)] | None = None
    user_id: Id | None = None

    def as_token(self, caller: Caller, now: datetime) -> NewApiToken:
        """Return the token that is to be stored."""
        days = self.expires_in_days
        return NewApiToken(
            id=new_id(),
            name=self.name,
            scopes=frozenset(self.scopes),
            user_id=self.user_id,
            created_by=caller.name,
            expires_at=None if days is None else now + timedelta(days=days),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTokenAnswer:
    """A token that was made, with its text: this once."""

    id: str
    name: str
    scopes: Sequence[Scope]
    user_id: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    token: str


router = APIRouter(tags=["tokens"], route_class=ExactRoute)


@router.post(
    "/v1/tokens",
    summary="Make an API token; its text is shown once",
    status_code=201,
    response_model=NewTokenAnswer,
    responses=errors_of(
        BODY_REFUSALS,
        [
            refusals.HANDED_OUT_BY_PERSON,
            refusals.SCOPE_NOT_ONES_OWN,
            TOKEN_NAME_TAKEN,
            refusals.TOO_MANY_TOKENS,
            refusals.REFERENCE_NOT_FOUND,
            refusals.USER_DISABLED,
        ],
        writes=True,
    ),
)
async def create_token(
    service: CurrentService, caller: CurrentCaller, body: NewTokenBody
) -> Response:
    """Make a token for a system; only a hash of it is kept.

    No `Idempotency-Key` is taken: its answer would have to be kept, token and all.
    """
    text, new = new_api_token(), body.as_token(caller, service.now())
    check_hands_out(caller, new.scopes)
    async with service.database.changing(caller=caller) as changes:
        await check_user(changes, new.user_id)
        tokens = ApiTokens(changes.connection)
        check_count(await tokens.count())
        stored = await tokens.insert(new, hash_of(text))
        if stored is None:
            raise RefusedError(
                TOKEN_NAME_TAKEN,
                f"there is an API token {new.name} already; choose another name, or "
                "revoke that one first",
                field="name",
            )
        changes.trail.created("token", stored.id, audited(stored))
    return Response(
        msgspec.json.encode(_shown_once(stored, text)),
        status_code=201,
        media_type=JSON,
        headers={"Cache-Control": "no-store"},
    )


@router.get(
    "/v1/tokens",
    summary="List API tokens, also those that hold no more; never their text",
    response_model=ListAnswer[ApiToken],
    responses=errors_of([refusals.INVALID_PARAMETER]),
)
async def list_tokens(
    service: CurrentService, query: Annotated[PageQuery, Query()]
) -> Response:
    """List tokens in the order in which they were made."""
    # One more than asked, to know of the next page.
    async with service.database.connection() as connection:
        found = await ApiTokens(connection).after(query.after_id, query.limit + 1)
    return list_response(found, query.limit, [one.id for one in found])


@router.delete(
    "/v1/tokens/{id}",
    summary="Revoke an API token",
    status_code=204,
    responses=errors_of([refusals.NOT_FOUND]),
)
async def revoke_token(
    service: CurrentService,
    caller: CurrentCaller,
    token_id: Annotated[PathId, Path(alias="id")],
) -> Response:
    """Have a token hold no more: here at once, elsewhere within seconds."""
    async with service.database.changing(caller=caller) as changes:
        revoked = await ApiTokens(changes.connection).revoke(token_id)
        if revoked is None:
            raise not_found(f"API token {token_id} that holds")
        before = replace(revoked, revoked_at=None)
        changes.trail.changed("token", token_id, audited(before), audited(revoked))
    if service.keeper.tokens is not None:
        service.keeper.tokens.forget()
    return Response(status_code=204)


def _shown_once(token: ApiToken, text: str) -> NewTokenAnswer:
    return NewTokenAnswer(
        id=token.id,
        name=token.name,
        scopes=token.scopes,
        user_id=token.user_id,
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
        token=text,
    )
