"""Who is known: API tokens and users, as goals publishes them.

It reads the views `goals_published.api_token` and `goals_published.person`, and runs
the function `goals_published.api_token_used`; a database role of ingest needs SELECT on
the two, EXECUTE on the third, and USAGE of the schema.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

import asyncpg

from shared.domain.callers import Scope
from shared.doors.refusing import not_now
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, Connection

# How long something that was read holds: what is revoked works on for so long.
FRESH_SECONDS: Final = 2.0
# And while the database is away. Then nobody can revoke anything either.
STALE_SECONDS_MAX: Final = 300.0
# However many unknown tokens come, the database is asked no more often than this.
PAUSE_SECONDS: Final = 0.2
QUESTION_SECONDS_MAX: Final = 3.0
USED_SECONDS: Final = 60.0
USERS_MAX: Final = 10_000

_TOKENS = """
SELECT id, name, token_hash, scopes, user_id, user_is_disabled, expires_at, is_revoked
FROM goals_published.api_token
"""
_PERSON = "SELECT is_disabled FROM goals_published.person WHERE id = $1"
_USED = "SELECT goals_published.api_token_used($1)"

_SCOPES: Final = frozenset(Scope)

# Whatever the database says instead of an answer, also that it was not migrated or that
# our role may not ask: who somebody is, is unknown then, and the log says why.
AWAY: Final = (*TRANSIENT_ERRORS, asyncpg.PostgresError)

_log = log_of("doors")

Lend = Callable[[], AbstractAsyncContextManager[Connection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What is known of an API token."""

    id: str
    name: str
    scopes: frozenset[Scope]
    # As whom it acts.
    user_id: str | None
    user_is_disabled: bool
    expires_at: datetime | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    is_disabled: bool | None
    at: float


class KnownTokens:
    """All API tokens, read again every few seconds while somebody asks.

    They are few. Reading them all means that a flood of invented ones costs the
    database no more than one question every now and then.
    """

    def __init__(self, lend: Lend) -> None:
        self._lend = lend
        self._tokens: Mapping[bytes, ApiToken] = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._turn = asyncio.Lock()
        self._used_at: dict[str, float] = {}

    async def find(self, token_hash: bytes) -> ApiToken | None:
        """Return the token, or None if there is no such token."""
        asked_at = monotonic()
        if token_hash in self._tokens:
            await self._renew_if_possible(asked_at)
        if token_hash not in self._tokens:
            # It may have been made a moment ago.
            await self._read_since(asked_at)
        return self._tokens.get(token_hash)

    def forget(self) -> None:
        """Read again before the next answer: something has changed."""
        self._tokens = {}

    async def used(self, token: ApiToken) -> None:
        """Have it noted that a token was used, about once a minute."""
        now = monotonic()
        if now - self._used_at.get(token.id, float("-inf")) < USED_SECONDS:
            return
        self._used_at[token.id] = now
        try:
            async with asyncio.timeout(QUESTION_SECONDS_MAX), self._lend() as one:
                await one.execute(_USED, token.id)
        except AWAY as fault:
            _log.warning("use_not_noted", token_id=token.id, fault=repr(fault))

    async def _renew_if_possible(self, asked_at: float) -> None:
        """Read again if it is time; go on with what is known if that cannot be."""
        if asked_at - max(self._read_at, self._tried_at) < FRESH_SECONDS:
            return
        # One reads, and the others go on meanwhile.
        if self._turn.locked() and not self._is_too_old(asked_at):
            return
        try:
            await self._read_since(asked_at)
        except AWAY as fault:
            if self._is_too_old(asked_at):
                raise
            _log.warning("tokens_not_read", fault=repr(fault))

    def _is_too_old(self, now: float) -> bool:
        return now - self._read_at > STALE_SECONDS_MAX

    async def _read_since(self, moment: float) -> None:
        """Return when all was read at this moment or later."""
        async with self._turn:
            if self._read_at >= moment:
                return
            await asyncio.sleep(self._tried_at + PAUSE_SECONDS - monotonic())
            self._tried_at = began_at = monotonic()
            async with asyncio.timeout(QUESTION_SECONDS_MAX), self._lend() as one:
                rows = await one.fetch(_TOKENS)
            self._tokens = {bytes(row["token_hash"]): _token_of(row) for row in rows}
            self._read_at = began_at


class KnownUsers:
    """Whether users are there and enabled; each is looked at again after seconds."""

    def __init__(self, lend: Lend) -> None:
        self._lend = lend
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    async def is_disabled(self, user_id: str) -> bool | None:
        """Tell whether a user is disabled; None if there is no such user."""
        now = monotonic()
        seen = self._seen.get(user_id)
        if seen is not None and now - seen.at < FRESH_SECONDS:
            return seen.is_disabled
        try:
            async with asyncio.timeout(QUESTION_SECONDS_MAX), self._lend() as one:
                found: bool | None = await one.fetchval(_PERSON, user_id)
        except AWAY:
            if seen is None or now - seen.at > STALE_SECONDS_MAX:
                raise
            return seen.is_disabled
        self._seen[user_id] = _Seen(found, now)
        self._seen.move_to_end(user_id)
        if len(self._seen) > USERS_MAX:
            self._seen.popitem(last=False)
        return found


def away(fault: BaseException) -> Exception:
    """Return the answer if the database cannot say who somebody is."""
    _log.warning("callers_unknown", fault=repr(fault))
    return not_now(
        "database_unavailable",
        "the database, which knows the tokens and users, did not answer; try again in "
        "a moment",
    )


def _token_of(row: asyncpg.Record) -> ApiToken:
    return ApiToken(
        id=row["id"],
        name=row["name"],
        # A newer version may know more.
        scopes=frozenset(Scope(one) for one in row["scopes"] if one in _SCOPES),
        user_id=row["user_id"],
        user_is_disabled=row["user_is_disabled"],
        expires_at=row["expires_at"],
        is_revoked=row["is_revoked"],
    )
