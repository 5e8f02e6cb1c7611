"""API tokens, and who may hand out what: nobody more than he has."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.goals.domain.audit import Told, told_of
from services.goals.domain.callers import Caller, Scope
from services.goals.domain.errors import (
    HANDED_OUT_BY_PERSON,
    SCOPE_NOT_ONES_OWN,
    TOO_MANY_TOKENS,
    RefusedError,
)

# All of them are read every few seconds.
TOKENS_MAX: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiToken:
    """A token that is to be made."""

    id: str
    name: str
    scopes: frozenset[Scope]
    user_id: str | None
    created_by: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is listed; its text was shown once, to whoever made it."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    # As whom it acts; None: as a system.
    user_id: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    # To the minute.
    last_used_at: datetime | None


def audited(token: ApiToken) -> Told:
    """Return what the audit trail tells of a token; each use of it would be no news."""
    return {
        name: told for name, told in told_of(token).items() if name != "last_used_at"
    }


def check_hands_out(caller: Caller, scopes: Collection[Scope]) -> None:
    """Refuse to hand out more than the caller has."""
    if caller.user_id is not None:
        raise RefusedError(
            HANDED_OUT_BY_PERSON,
            f"{caller.name} is a person, and could act as somebody else with a token "
            "or link; make it with CAIRN_ADMIN_TOKEN, or an API token of a system",
        )
    lacking = sorted(set(scopes) - caller.scopes)
    if lacking:
        raise RefusedError(
            SCOPE_NOT_ONES_OWN,
            f"the token of {caller.name} does not have the scope {', '.join(lacking)} "
            "itself, and so cannot give it; leave it out, or use CAIRN_ADMIN_TOKEN",
            field="scopes",
        )


def check_count(count: int) -> None:
    """Refuse one token more than are kept."""
    if count >= TOKENS_MAX:
        raise RefusedError(
            TOO_MANY_TOKENS,
            f"there are {count} API tokens, {TOKENS_MAX} are allowed; revoke those "
            "that nobody uses (see last_used_at)",
        )
