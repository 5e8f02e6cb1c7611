"""API tokens, links and sessions: random text, of which only a hash is kept."""

import hashlib
import secrets
from typing import Final

# Whoever finds one in a file or a log sees what it is, and scanners for secrets do.
PREFIX: Final = "cairn_"
_BYTES: Final = 32


def new_api_token() -> str:
    """Return the text of a new API token."""
    return PREFIX + new_secret()


def new_secret() -> str:
    """Return random text that nobody guesses."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret; it is random and long, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()
