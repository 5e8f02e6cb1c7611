"""Dashboards: whose they are, and who sees and changes them.

They hold no numbers: whoever looks asks for those by his own rights.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.goals.domain.directory import NEW, check_reference
from services.goals.domain.errors import (
    PRINCIPAL_NAMED_TWICE,
    RIGHT_MISSING,
    RefusedError,
)
from services.goals.domain.exact_json import HOLDS_JSON
from services.goals.domain.rights import Rights
from services.goals.domain.versions import not_found


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Sections of tiles that somebody has composed."""

    id: str
    version: int = NEW
    name: str
    # Whose it is; None: the organisation's, which everybody sees.
    owner_id: str | None = None
    # Who sees it besides, as `user/ada` or `team/north`.
    shared_with: tuple[str, ...] = ()
    # As JSON, in the order in which they stand there.
    sections: str = field(metadata=HOLDS_JSON)


def may_read(rights: Rights, dashboard: Dashboard) -> bool:
    """Tell whether a caller sees a dashboard."""
    return (
        rights.user is None
        or dashboard.owner_id in (None, rights.user)
        or not rights.principals.isdisjoint(dashboard.shared_with)
    )


def check_read(rights: Rights, dashboard: Dashboard) -> None:
    """Refuse whoever does not see a dashboard: to him there is none."""
    if not may_read(rights, dashboard):
        raise not_found(f"dashboard {dashboard.id}")


def check_written(rights: Rights, dashboard: Dashboard) -> None:
    """Refuse whoever it does not belong to."""
    check_read(rights, dashboard)
    if rights.user is None or dashboard.owner_id == rights.user:
        return
    whose = dashboard.owner_id or "the organisation"
    raise RefusedError(
        RIGHT_MISSING,
        f"dashboard {dashboard.id} belongs to {whose}, and {rights.caller.name} may "
        "only look at it; make one of your own",
    )


def check_shares(dashboard: Dashboard, existing: Collection[str]) -> None:
    """Refuse to share with whom there is not, or with one twice."""
    seen: set[str] = set()
    for key in dashboard.shared_with:
        kind, _, name = key.partition("/")
        if key in seen:
            raise RefusedError(
                PRINCIPAL_NAMED_TWICE,
                f"dashboard {dashboard.id} is shared with {kind} {name} twice; name "
                "each user and team once",
                field="shared_with",
            )
        seen.add(key)
        check_reference(
            name,
            [name] if key in existing else (),
            what=f"dashboard {dashboard.id}",
            field="shared_with",
            kind=kind,
        )
