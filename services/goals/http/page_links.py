"""What a link to the page says, signed: which it is, for whom and until when.

PyJWT signs it and checks it. That it works once, the database knows: a signature only
keeps from it whatever was not made here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import jwt

_ALGORITHM: Final = "HS256"
# What else may one day be signed with this key opens no page.
_PURPOSE: Final = "cairn-page-link"
# A user's id has 200 characters at most, each of which may be written as twelve.
_CHARACTERS_MAX: Final = 4 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the signature holds."""

    id: str
    # None: nobody in particular.
    user_id: str | None


def signed(link: Link, key: bytes, *, expires_at: datetime) -> str:
    """Return the text of a link."""
    claims: dict[str, Any] = {"aud": _PURPOSE, "jti": link.id, "exp": expires_at}
    if link.user_id is not None:
        claims["sub"] = link.user_id
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def link_of(code: str, key: bytes) -> Link | None:
    """Return what a link says, or nothing unless it was signed for this and holds."""
    if len(code) > _CHARACTERS_MAX:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            code,
            key,
            algorithms=[_ALGORITHM],
            audience=_PURPOSE,
            options={
                "require": ["aud", "jti", "exp"],
                "strict_aud": True,
                "enforce_minimum_key_length": True,
            },
        )
    except jwt.PyJWTError:
        return None
    return Link(id=claims["jti"], user_id=claims.get("sub"))
