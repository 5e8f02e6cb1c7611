"""API tokens: whom they belong to and what they allow; never their text."""

from collections.abc import Sequence

import asyncpg

from services.goals.domain.api_tokens import ApiToken, NewApiToken
from services.goals.domain.callers import Scope
from services.goals.store.connections import Statements

_COLUMNS = (
    "id, name, scopes, user_id, created_by, created_at, expires_at, revoked_at, "
    "last_used_at"
)
# Whoever has the name already keeps it.
_INSERT = f"""
INSERT INTO goals.api_token
    (id, name, token_hash, scopes, user_id, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
RETURNING {_COLUMNS}
"""
_COUNT = "SELECT count(*) FROM goals.api_token WHERE revoked_at IS NULL"
_AFTER = f"SELECT {_COLUMNS} FROM goals.api_token WHERE id > $1 ORDER BY id LIMIT $2"
_REVOKE = f"""
UPDATE goals.api_token SET revoked_at = now()
WHERE id = $1 AND revoked_at IS NULL
RETURNING {_COLUMNS}
"""


class ApiTokens(Statements):
    """The statements about API tokens."""

    async def insert(self, token: NewApiToken, token_hash: bytes) -> ApiToken | None:
        """Store a token; None: another has the name."""
        row = await self.connection.fetchrow(
            _INSERT,
            token.id,
            token.name,
            token_hash,
            sorted(token.scopes),
            token.user_id,
            token.created_by,
            token.expires_at,
        )
        return None if row is None else _token_of(row)

    async def count(self) -> int:
        """Return how many were not revoked."""
        counted: int = await self.connection.fetchval(_COUNT)
        return counted

    async def after(self, after: str, limit: int) -> Sequence[ApiToken]:
        """Return the next ones, in the order in which they were made."""
        rows = await self.connection.fetch(_AFTER, after, limit)
        return [_token_of(row) for row in rows]

    async def revoke(self, token_id: str) -> ApiToken | None:
        """Have a token hold no more; None: it did not hold until now."""
        row = await self.connection.fetchrow(_REVOKE, token_id)
        return None if row is None else _token_of(row)


def _token_of(row: asyncpg.Record) -> ApiToken:
    return ApiToken(
        id=row["id"],
        name=row["name"],
        scopes=tuple(sorted(Scope(one) for one in row["scopes"])),
        user_id=row["user_id"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
