"""Answers that may be asked for again under the same key."""

from dataclasses import dataclass
from typing import Final

import msgspec

from services.goals.store.connections import Connection

KEPT_HOURS: Final = 24

_FIND = f"""
SELECT body_sha256, headers, answer FROM goals.idempotency_key
WHERE path = $1 AND key = $2 AND answered_at > now() - interval '{KEPT_HOURS} hours'
"""
_FORGET = f"""
DELETE FROM goals.idempotency_key
WHERE answered_at <= now() - interval '{KEPT_HOURS} hours'
"""
_KEEP = """
INSERT INTO goals.idempotency_key (path, key, body_sha256, headers, answer)
VALUES ($1, $2, $3, $4::jsonb, $5)
"""
_COMPLETE = """
UPDATE goals.idempotency_key SET answer = $3 WHERE path = $1 AND key = $2
"""

_decode_headers = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOfWrite:
    """What a client may ask again: the same body under the same key."""

    path: str
    key: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What was answered, and to which body."""

    body_sha256: bytes
    headers: dict[str, str]
    answer: bytes


async def find(connection: Connection, wanted: KeyOfWrite) -> KeptAnswer | None:
    """Return what was answered under this key within the last day."""
    row = await connection.fetchrow(_FIND, wanted.path, wanted.key)
    if row is None:
        return None
    return KeptAnswer(
        body_sha256=row["body_sha256"],
        headers=_decode_headers(row["headers"]),
        answer=row["answer"],
    )


async def keep(
    connection: Connection, key: KeyOfWrite, headers: dict[str, str], answer: bytes
) -> None:
    """Keep an answer for a day."""
    await connection.execute(_FORGET)
    await connection.execute(
        _KEEP,
        key.path,
        key.key,
        key.body_sha256,
        msgspec.json.encode(headers).decode(),
        answer,
    )


async def complete(connection: Connection, key: KeyOfWrite, answer: bytes) -> None:
    """Put the answer that was sent in place of the one kept with the write."""
    await connection.execute(_COMPLETE, key.path, key.key, answer)
