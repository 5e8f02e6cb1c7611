"""Who asks, and what his token allows at most."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """One thing that a token may allow; each route needs one of them."""

    RECORDS_WRITE = "records:write"
    # Records by themselves, with their attributes; sums of them need goals:read only.
    RECORDS_READ = "records:read"
    GOALS_READ = "goals:read"
    GOALS_WRITE = "goals:write"
    METRICS_WRITE = "metrics:write"
    DIRECTORY_READ = "directory:read"
    DIRECTORY_WRITE = "directory:write"
    # Tokens and the audit trail.
    ORGANIZATION_READ = "organization:read"
    ORGANIZATION_WRITE = "organization:write"


ALL_SCOPES: Final = frozenset(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.

    `scopes` is what the token allows at most. A person may only do what his rights in
    the directory allow besides.
    """

    # As an audit trail names it: `admin`, `user/ada`, `token/nightly`.
    name: str
    # The directory's user; None: no person, to whom rights do not apply.
    user_id: str | None = None
    scopes: frozenset[Scope]

    @property
    def is_admin(self) -> bool:
        """Whether everything is allowed."""
        return self.user_id is None and self.scopes == ALL_SCOPES

    def has(self, scope: Scope) -> bool:
        """Tell whether the token allows this."""
        return scope in self.scopes


# Whoever has the bootstrap token.
ADMIN: Final = Caller(name="admin", scopes=ALL_SCOPES)
