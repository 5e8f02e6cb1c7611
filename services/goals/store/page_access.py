"""One-time links to the page, and the sessions they are exchanged for."""

from datetime import datetime

from services.goals.store.connections import Connection

_ADD_LINK = """
WITH expired AS (DELETE FROM goals.page_link WHERE expires_at <= now())
INSERT INTO goals.page_link (code_hash, expires_at)
VALUES ($1, now() + $2 * interval '1 second')
RETURNING expires_at
"""
# Deleting is what makes it work once: of two who come, one finds nothing.
_USE_LINK = """
DELETE FROM goals.page_link WHERE code_hash = $1 AND expires_at > now() RETURNING true
"""
_ADD_SESSION = """
WITH expired AS (DELETE FROM goals.page_session WHERE expires_at <= now())
INSERT INTO goals.page_session (token_hash, expires_at)
VALUES ($1, now() + $2 * interval '1 second')
"""
_HAS_SESSION = """
SELECT true FROM goals.page_session WHERE token_hash = $1 AND expires_at > now()
"""


async def add_link(
    connection: Connection, code_hash: bytes, *, seconds: int
) -> datetime:
    """Keep a link; return when it expires."""
    expires_at: datetime = await connection.fetchval(_ADD_LINK, code_hash, seconds)
    return expires_at


async def exchange(
    connection: Connection, code_hash: bytes, token_hash: bytes, *, seconds: int
) -> bool:
    """Use up a link and open a session, or return False if it holds no more."""
    async with connection.transaction():
        if not await connection.fetchval(_USE_LINK, code_hash):
            return False
        await connection.execute(_ADD_SESSION, token_hash, seconds)
    return True


async def has_session(connection: Connection, token_hash: bytes) -> bool:
    """Tell whether the session is open."""
    return bool(await connection.fetchval(_HAS_SESSION, token_hash))
