"""People, teams, business units, and the organisation they make up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.goals.domain.errors import (
    BUSINESS_UNIT_CYCLE,
    IN_USE,
    MEMBER_NAMED_TWICE,
    REFERENCE_NOT_FOUND,
    USER_MANAGER_CYCLE,
    RefusedError,
)
from shared.domain.fiscal import FiscalCalendar
from shared.rights.roles import HierarchySecurity, Reading

# There is one organisation; it is told of under this id.
ORGANIZATION_ID: Final = "organization"

# The version of what is not stored yet.
NEW: Final = 0

# A year: nobody rolls up less often.
FREQUENCY_HOURS_MAX: Final = 8_760

# How many of those who stand in the way are named.
_NAMED_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person."""

    id: str
    version: int = NEW
    name: str
    business_unit_id: str | None = None
    manager_id: str | None = None
    disabled: bool = False
    time_zone: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People who own things together."""

    id: str
    version: int = NEW
    name: str
    business_unit_id: str | None = None
    members: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessUnit:
    """A part of the organisation; the parts make a tree."""

    id: str
    version: int = NEW
    name: str
    parent_id: str | None = None


class WeekDay(StrEnum):
    """A day that weeks may begin on."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """What holds for everybody."""

    version: int = NEW
    time_zone: str
    base_currency: str
    fiscal_calendar: FiscalCalendar
    week_start: WeekDay
    # A goal whose period ended more days ago stands still.
    goal_rollup_expiry_days: int
    # Shown values move once in so many hours; 0: with each record.
    goal_rollup_frequency_hours: int
    hierarchy_security: HierarchySecurity
    # Everybody reads everything until the first role is made.
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What exists of that which a definition may refer to."""

    users: Collection[str] = frozenset()
    teams: Collection[str] = frozenset()
    business_units: Collection[str] = frozenset()
    roles: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Why something cannot be deleted: what it does, and for whom."""

    # As in `owns goal north`.
    verb: str
    count: int
    ids: Sequence[str]

    @property
    def is_of_goals(self) -> bool:
        """Tell whether it is goals that it is done for."""
        return self.verb.endswith(" goal")


def check_user(user: User, directory: Directory) -> None:
    """Refuse a user who refers to what does not exist."""
    _check_unit(user.business_unit_id, f"user {user.id}", directory)
    if user.manager_id is not None and user.manager_id not in directory.users:
        raise _not_found(f"user {user.id}", "manager_id", "user", user.manager_id)
    _check_roles(user.roles, f"user {user.id}", directory)


def check_team(team: Team, directory: Directory) -> None:
    """Refuse a team that refers to what does not exist."""
    _check_unit(team.business_unit_id, f"team {team.id}", directory)
    _check_roles(team.roles, f"team {team.id}", directory)
    seen: set[str] = set()
    for member in team.members:
        if member in seen:
            raise RefusedError(
                MEMBER_NAMED_TWICE,
                f"team {team.id} names user {member} twice; name each member once",
                field="members",
            )
        seen.add(member)
        if member not in directory.users:
            raise _not_found(f"team {team.id}", "members", "user", member)


def check_business_unit(unit: BusinessUnit, directory: Directory) -> None:
    """Refuse a business unit under one that does not exist."""
    if unit.parent_id is not None and unit.parent_id not in directory.business_units:
        raise _not_found(
            f"business unit {unit.id}", "parent_id", "business unit", unit.parent_id
        )


def check_reporting_line(user: User, managers: Mapping[str, str | None]) -> None:
    """Refuse a user who would come to manage himself, by whatever detour."""
    if user.manager_id is not None and _leads_to(user.id, user.manager_id, managers):
        raise reporting_cycle(user.id, user.manager_id)


def check_unit_tree(unit: BusinessUnit, parents: Mapping[str, str | None]) -> None:
    """Refuse a business unit that would come to lie inside itself."""
    if unit.parent_id is not None and _leads_to(unit.id, unit.parent_id, parents):
        raise unit_cycle(unit.id, unit.parent_id)


def reporting_cycle(user_id: str, manager_id: str) -> RefusedError:
    """Return the refusal for a user who would come to manage himself."""
    return RefusedError(
        USER_MANAGER_CYCLE,
        f"user {user_id} would report to himself through {manager_id}; choose a "
        "manager who does not report to him",
        field="manager_id",
    )


def unit_cycle(unit_id: str, parent_id: str) -> RefusedError:
    """Return the refusal for a business unit that would come to lie inside itself."""
    return RefusedError(
        BUSINESS_UNIT_CYCLE,
        f"business unit {unit_id} would lie inside itself through {parent_id}; choose "
        "a parent that does not lie below it",
        field="parent_id",
    )


def check_merge(unit_id: str, into_id: str, parents: Mapping[str, str | None]) -> None:
    """Refuse to merge a business unit into none, into itself or into its own parts."""
    what = f"the merge of business unit {unit_id}"
    check_reference(into_id, parents, what=what, field="into", kind="business unit")
    if _leads_to(unit_id, into_id, parents):
        where = "itself" if unit_id == into_id else f"{into_id}, which lies below it"
        raise RefusedError(
            BUSINESS_UNIT_CYCLE,
            f"business unit {unit_id} cannot be merged into {where}; name one that "
            "lies elsewhere, or move that one first",
            field="into",
        )


def check_unused(what: str, uses: Sequence[Use]) -> None:
    """Refuse to delete what something still needs, and say what."""
    reasons = [in_words(use) for use in uses if use.count]
    if reasons:
        raise RefusedError(
            IN_USE,
            f"{what} cannot be deleted: it {', '.join(reasons)}; change or delete "
            "those first",
        )


def check_reference(
    wanted: str | None,
    existing: Collection[str],
    *,
    what: str,
    field: str,
    kind: str,
) -> None:
    """Refuse a reference to something that does not exist."""
    if wanted is not None and wanted not in existing:
        raise _not_found(what, field, kind, wanted)


def _leads_to(wanted: str, start: str, above: Mapping[str, str | None]) -> bool:
    """Tell whether going up from `start` one comes by what is wanted."""
    seen: set[str] = set()
    at: str | None = start
    while at is not None and at != wanted and at not in seen:
        seen.add(at)
        at = above.get(at)
    return at == wanted


def _check_unit(unit_id: str | None, what: str, directory: Directory) -> None:
    check_reference(
        unit_id,
        directory.business_units,
        what=what,
        field="business_unit_id",
        kind="business unit",
    )


def _check_roles(roles: Collection[str], what: str, directory: Directory) -> None:
    for role in roles:
        if role not in directory.roles:
            raise _not_found(what, "roles", "role", role)


def _not_found(what: str, field: str, kind: str, wanted: str) -> RefusedError:
    return RefusedError(
        REFERENCE_NOT_FOUND,
        f"{what} names {kind} {wanted} in {field}, and there is none; create it first "
        "or name another",
        field=field,
    )


def in_words(use: Use) -> str:
    """Say what a thing does for others, and name some of them."""
    named = ", ".join(use.ids[:_NAMED_MAX])
    more = use.count - min(len(use.ids), _NAMED_MAX)
    return f"{use.verb} {named}" + (f" and {more} more" if more else "")
