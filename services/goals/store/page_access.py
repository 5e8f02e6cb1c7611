"""One-time links to the page, and the sessions they are exchanged for."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from services.goals.domain.callers import Scope
from services.goals.store.connections import Connection

_KEY_BYTES: Final = 32
_KEY = "SELECT secret FROM goals.page_link_key"
# There is one: of two who make it at once, the second takes the first one's.
_MAKE_KEY = """
INSERT INTO goals.page_link_key (secret) VALUES ($1) ON CONFLICT DO NOTHING
"""
_ADD_LINK = """
WITH expired AS (DELETE FROM goals.page_link WHERE expires_at <= now())
INSERT INTO goals.page_link (code_hash, user_id, scopes, expires_at)
VALUES ($1, $2, $3, now() + $4 * interval '1 second')
RETURNING expires_at
"""
# Deleting is what makes it work once: of two who come, one finds nothing. The owner's
# row is held, so that he cannot be disabled between his link and his session.
_USE_LINK = """
DELETE FROM goals.page_link
WHERE code_hash = $1
    AND user_id IS NOT DISTINCT FROM $2
    AND expires_at > now()
    AND (
        user_id IS NULL
        OR EXISTS (
            SELECT FROM goals.directory_user AS owner
            WHERE owner.id = page_link.user_id AND NOT owner.disabled
            FOR SHARE
        )
    )
RETURNING user_id, scopes
"""
_ADD_SESSION = """
WITH expired AS (DELETE FROM goals.page_session WHERE expires_at <= now())
INSERT INTO goals.page_session (token_hash, user_id, scopes, csrf_token, expires_at)
VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second')
"""
_SESSION = """
SELECT user_id, scopes, csrf_token, expires_at
FROM goals.page_session
WHERE token_hash = $1 AND expires_at > now()
"""
_END_SESSION = "DELETE FROM goals.page_session WHERE token_hash = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that is open."""

    # None: an admin's.
    user_id: str | None
    scopes: frozenset[Scope]
    csrf_token: str
    expires_at: datetime


async def key_of_links(connection: Connection) -> bytes | None:
    """Return what links are signed with, or nothing if none ever was."""
    key: bytes | None = await connection.fetchval(_KEY)
    return key


async def made_key_of_links(connection: Connection) -> bytes:
    """Return what links are signed with; the first link makes it."""
    key = await key_of_links(connection)
    if key is not None:
        return key
    await connection.execute(_MAKE_KEY, secrets.token_bytes(_KEY_BYTES))
    made: bytes = await connection.fetchval(_KEY)
    return made


async def add_link(
    connection: Connection,
    id_hash: bytes,
    *,
    user_id: str | None,
    scopes: Collection[Scope],
    seconds: int,
) -> datetime:
    """Keep a link; return when it expires."""
    expires_at: datetime = await connection.fetchval(
        _ADD_LINK, id_hash, user_id, sorted(scopes), seconds
    )
    return expires_at


async def exchange(
    connection: Connection,
    id_hash: bytes,
    token_hash: bytes,
    *,
    user_id: str | None,
    csrf_token: str,
    seconds: int,
) -> bool:
    """Use up a link and open a session, or return False if it holds no more."""
    async with connection.transaction():
        link = await connection.fetchrow(_USE_LINK, id_hash, user_id)
        if link is None:
            return False
        await connection.execute(
            _ADD_SESSION,
            token_hash,
            link["user_id"],
            link["scopes"],
            csrf_token,
            seconds,
        )
    return True


async def session_of(connection: Connection, token_hash: bytes) -> Session | None:
    """Return the session, if it is open."""
    row = await connection.fetchrow(_SESSION, token_hash)
    return None if row is None else _session_of(row)


async def end_session(connection: Connection, token_hash: bytes) -> None:
    """Close a session."""
    await connection.execute(_END_SESSION, token_hash)


def _session_of(row: asyncpg.Record) -> Session:
    return Session(
        user_id=row["user_id"],
        scopes=frozenset(Scope(one) for one in row["scopes"]),
        csrf_token=row["csrf_token"],
        expires_at=row["expires_at"],
    )
