"""Tells who shows a bearer token, whichever kind it is."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.domain.callers import ADMIN, Caller
from shared.doors.api_tokens import PREFIX, hash_of
from shared.doors.issuer_keys import IssuerKeys
from shared.doors.known import AWAY, ApiToken, KnownTokens, KnownUsers, Lend, away
from shared.doors.people import People
from shared.doors.refusing import not_authenticated, not_let_in
from shared.doors.settings import DoorSettings

# header.payload.signature
_DOTS_OF_SIGNED: Final = 2


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Knows the bootstrap token, API tokens, and people of an issuer."""

    # None: nobody has it.
    admin_token: bytes | None
    # None: there is no database that knows them.
    tokens: KnownTokens | None = None
    users: KnownUsers | None = None
    people: People | None = None
    now: Callable[[], datetime] = _now

    async def caller_of(self, authorization: str | None) -> Caller:
        """Return whose token the header holds, or raise RefusedAtDoorError."""
        scheme, _, given = (authorization or "").partition(" ")
        token = given.strip()
        if scheme.lower() != "bearer" or not token:
            raise not_authenticated(f"the request carries no bearer token; {_NEEDED}")
        if self._is_admins(token):
            return ADMIN
        try:
            if token.startswith(PREFIX):
                return await self._system(token)
            if token.count(".") == _DOTS_OF_SIGNED and self.people is not None:
                return await self._person(token, self.people)
        except AWAY as fault:
            raise away(fault) from None
        raise _unknown()

    def _is_admins(self, token: str) -> bool:
        # Compared in constant time: how long it takes tells nothing of the token.
        return self.admin_token is not None and hmac.compare_digest(
            token.encode(), self.admin_token
        )

    async def _system(self, text: str) -> Caller:
        found = None
        if self.tokens is not None:
            found = await self.tokens.find(hash_of(text))
        if self.tokens is None or found is None:
            raise _unknown()
        self._check(found)
        await self.tokens.used(found)
        return Caller(
            name=f"token/{found.name}", user_id=found.user_id, scopes=found.scopes
        )

    def _check(self, token: ApiToken) -> None:
        if token.is_revoked:
            raise not_authenticated(
                f"the API token {token.name} was revoked; make another with `cairn "
                "token create`"
            )
        if token.expires_at is not None and token.expires_at <= self.now():
            raise not_authenticated(
                f"the API token {token.name} expired at {token.expires_at:%FT%TZ}; "
                "make another with `cairn token create`"
            )
        if token.user_is_disabled:
            raise _disabled(token.user_id)

    async def _person(self, text: str, people: People) -> Caller:
        person = await people.person_of(text)
        claim = f"the claim {people.user_claim} of the bearer token"
        if self.users is None:
            raise not_let_in(
                "user_unknown",
                f"{claim} names user {person.user_id}, and there is no database that "
                "knows users; set CAIRN_DATABASE_URL",
            )
        is_disabled = await self.users.is_disabled(person.user_id)
        if is_disabled is None:
            raise not_let_in(
                "user_unknown",
                f"{claim} names user {person.user_id}, who is not in the directory; "
                "create him with POST /v1/users, or choose another claim with "
                "CAIRN_OIDC_USER_CLAIM",
            )
        if is_disabled:
            raise _disabled(person.user_id)
        return Caller(
            name=f"user/{person.user_id}",
            user_id=person.user_id,
            scopes=person.scopes,
        )


def keeper_of(
    settings: DoorSettings,
    lend: Lend | None,
    now: Callable[[], datetime] = _now,
) -> Keeper:
    """Return what knows the callers that the settings and the database speak of."""
    return Keeper(
        admin_token=settings.admin_token.get_secret_value().encode(),
        tokens=None if lend is None else KnownTokens(lend),
        users=None if lend is None else KnownUsers(lend),
        people=_people_of(settings),
        now=now,
    )


def _people_of(settings: DoorSettings) -> People | None:
    if settings.oidc_issuer is None or settings.oidc_audience is None:
        return None
    return People(
        keys=IssuerKeys(
            settings.oidc_issuer,
            jwks_url=settings.oidc_jwks_url,
            ca_file=settings.oidc_ca_file,
        ),
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        algorithms=settings.algorithms,
        user_claim=settings.oidc_user_claim,
        skew_seconds=settings.oidc_clock_skew_seconds,
    )


_NEEDED: Final = (
    "send Authorization: Bearer with a token that `cairn token create` made, or one of "
    "CAIRN_OIDC_ISSUER, or the token in CAIRN_ADMIN_TOKEN"
)


def _unknown() -> Exception:
    return not_authenticated(f"the bearer token is not a known one; {_NEEDED}")


def _disabled(user_id: str | None) -> Exception:
    return not_let_in(
        "user_disabled",
        f"user {user_id} is disabled; enable him in the directory, or use the token of "
        "somebody else",
    )
