"""What definitions of the directory say of people and their rights."""

from collections.abc import Mapping

from shared.messages.definitions import (
    BusinessUnitDefinition,
    Definition,
    Kind,
    OrganizationDefinition,
    RoleDefinition,
    TeamDefinition,
    UserDefinition,
)
from shared.rights.people import PeopleNews, Person, Team
from shared.rights.roles import Role


def people_news(entries: Mapping[tuple[Kind, str], Definition | None]) -> PeopleNews:
    """Return what entries of the directory say of people; None: gone."""
    organization = next(
        (one for one in entries.values() if isinstance(one, OrganizationDefinition)),
        None,
    )
    hierarchy = None if organization is None else organization.hierarchy_security
    return PeopleNews(
        users={name: _person(one) for name, one in _of(Kind.USER, entries)},
        teams={name: _team(one) for name, one in _of(Kind.TEAM, entries)},
        units={name: _parent(one) for name, one in _of(Kind.BUSINESS_UNIT, entries)},
        roles={name: _role(one) for name, one in _of(Kind.ROLE, entries)},
        hierarchy=None if hierarchy is None else hierarchy.as_hierarchy_security(),
        reading=None if organization is None else organization.reading,
    )


def _of(
    wanted: Kind, entries: Mapping[tuple[Kind, str], Definition | None]
) -> list[tuple[str, Definition | None]]:
    return [(name, one) for (kind, name), one in entries.items() if kind is wanted]


def _person(entry: Definition | None) -> Person | None:
    if not isinstance(entry, UserDefinition):
        return None
    return Person(
        manager_id=entry.manager_id,
        business_unit=entry.business_unit_id,
        roles=entry.roles,
    )


def _team(entry: Definition | None) -> Team | None:
    if not isinstance(entry, TeamDefinition):
        return None
    return Team(
        members=entry.members, business_unit=entry.business_unit_id, roles=entry.roles
    )


def _parent(entry: Definition | None) -> str | None:
    return entry.parent_id if isinstance(entry, BusinessUnitDefinition) else None


def _role(entry: Definition | None) -> Role | None:
    return entry.as_role() if isinstance(entry, RoleDefinition) else None
