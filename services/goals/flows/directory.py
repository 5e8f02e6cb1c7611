"""Writing the directory and the organisation's settings."""

# ruff: noqa: D102 - the protocols name what the store provides and says

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from services.goals.announcing import (
    ORGANIZATION_ID,
    business_unit_definition,
    organization_definition,
    team_definition,
    user_definition,
)
from services.goals.domain.directory import (
    BusinessUnit,
    Directory,
    Organization,
    Team,
    Use,
    User,
    check_business_unit,
    check_reporting_line,
    check_team,
    check_unit_tree,
    check_unused,
    check_user,
)
from services.goals.domain.versions import Expected, check_version, not_found
from services.goals.flows.announcing import Announcing, check_new_ids, item
from shared.messages.definitions import Kind


class _DirectoryWrites(Announcing, Protocol):
    async def directory_of(
        self,
        *,
        users: Collection[str] = (),
        teams: Collection[str] = (),
        business_units: Collection[str] = (),
    ) -> Directory: ...


class UserWrites(_DirectoryWrites, Protocol):
    """What writing users needs."""

    async def users(self, ids: Collection[str]) -> Mapping[str, User]: ...
    async def insert_users(self, users: Sequence[User]) -> Sequence[User]: ...
    async def update_user(self, user: User) -> User: ...
    async def delete_user(self, user_id: str) -> None: ...
    async def managers_above(
        self, user_ids: Collection[str]
    ) -> Mapping[str, str | None]: ...
    async def uses_of_user(self, user_id: str) -> Sequence[Use]: ...


class TeamWrites(_DirectoryWrites, Protocol):
    """What writing teams needs."""

    async def teams(self, ids: Collection[str]) -> Mapping[str, Team]: ...
    async def insert_teams(self, teams: Sequence[Team]) -> Sequence[Team]: ...
    async def update_team(self, team: Team) -> Team: ...
    async def delete_team(self, team_id: str) -> None: ...
    async def uses_of_team(self, team_id: str) -> Sequence[Use]: ...


class BusinessUnitWrites(_DirectoryWrites, Protocol):
    """What writing business units needs."""

    async def business_units(
        self, ids: Collection[str]
    ) -> Mapping[str, BusinessUnit]: ...
    async def insert_business_units(
        self, units: Sequence[BusinessUnit]
    ) -> Sequence[BusinessUnit]: ...
    async def update_business_unit(self, unit: BusinessUnit) -> BusinessUnit: ...
    async def delete_business_unit(self, unit_id: str) -> None: ...
    async def units_above(
        self, unit_ids: Collection[str]
    ) -> Mapping[str, str | None]: ...
    async def uses_of_business_unit(self, unit_id: str) -> Sequence[Use]: ...


class OrganizationWrites(Announcing, Protocol):
    """What writing the organisation's settings needs."""

    async def organization(self) -> Organization: ...
    async def update_organization(self, organization: Organization) -> Organization: ...


async def create_users(changes: UserWrites, users: Sequence[User]) -> Sequence[User]:
    """Create users; they may name one another as managers."""
    ids = [user.id for user in users]
    managers = _named(user.manager_id for user in users)
    directory = await changes.directory_of(
        users={*ids, *managers},
        business_units=_named(user.business_unit_id for user in users),
    )
    check_new_ids("user", ids, directory.users)
    above = {
        **await changes.managers_above(managers),
        **{user.id: user.manager_id for user in users},
    }
    known = replace(directory, users={*directory.users, *ids})
    for index, user in enumerate(users):
        with item(index):
            check_user(user, known)
            check_reporting_line(user, above)
    stored = await changes.insert_users(users)
    for user in stored:
        changes.announce(Kind.USER, user.id, user_definition(user))
    return stored


async def change_user(
    changes: UserWrites,
    user_id: str,
    change: Callable[[User], User],
    expected: Expected,
) -> User:
    """Change a user."""
    user = await _existing_user(changes, user_id, expected)
    after = change(user)
    if after == user:
        return user
    managers = _named([after.manager_id])
    directory = await changes.directory_of(
        users=managers, business_units=_named([after.business_unit_id])
    )
    check_user(after, directory)
    above = {**await changes.managers_above(managers), user_id: after.manager_id}
    check_reporting_line(after, above)
    stored = await changes.update_user(after)
    changes.announce(Kind.USER, user_id, user_definition(stored))
    return stored


async def delete_user(changes: UserWrites, user_id: str, expected: Expected) -> None:
    """Delete a user whom nothing needs."""
    await _existing_user(changes, user_id, expected)
    check_unused(f"user {user_id}", await changes.uses_of_user(user_id))
    await changes.delete_user(user_id)
    changes.announce_gone(Kind.USER, user_id)


async def create_teams(changes: TeamWrites, teams: Sequence[Team]) -> Sequence[Team]:
    """Create teams."""
    ids = [team.id for team in teams]
    directory = await changes.directory_of(
        users={member for team in teams for member in team.members},
        teams=ids,
        business_units=_named(team.business_unit_id for team in teams),
    )
    check_new_ids("team", ids, directory.teams)
    for index, team in enumerate(teams):
        with item(index):
            check_team(team, directory)
    stored = await changes.insert_teams([_in_order(team) for team in teams])
    for team in stored:
        changes.announce(Kind.TEAM, team.id, team_definition(team))
    return stored


async def change_team(
    changes: TeamWrites,
    team_id: str,
    change: Callable[[Team], Team],
    expected: Expected,
) -> Team:
    """Change a team."""
    team = await _existing_team(changes, team_id, expected)
    after = change(team)
    directory = await changes.directory_of(
        users=after.members, business_units=_named([after.business_unit_id])
    )
    check_team(after, directory)
    after = _in_order(after)
    if after == team:
        return team
    stored = await changes.update_team(after)
    changes.announce(Kind.TEAM, team_id, team_definition(stored))
    return stored


async def delete_team(changes: TeamWrites, team_id: str, expected: Expected) -> None:
    """Delete a team that nothing needs."""
    await _existing_team(changes, team_id, expected)
    check_unused(f"team {team_id}", await changes.uses_of_team(team_id))
    await changes.delete_team(team_id)
    changes.announce_gone(Kind.TEAM, team_id)


async def create_business_units(
    changes: BusinessUnitWrites, units: Sequence[BusinessUnit]
) -> Sequence[BusinessUnit]:
    """Create business units; they may name one another as parents."""
    ids = [unit.id for unit in units]
    parents = _named(unit.parent_id for unit in units)
    directory = await changes.directory_of(business_units={*ids, *parents})
    check_new_ids("business unit", ids, directory.business_units)
    above = {
        **await changes.units_above(parents),
        **{unit.id: unit.parent_id for unit in units},
    }
    known = replace(directory, business_units={*directory.business_units, *ids})
    for index, unit in enumerate(units):
        with item(index):
            check_business_unit(unit, known)
            check_unit_tree(unit, above)
    stored = await changes.insert_business_units(units)
    for unit in stored:
        changes.announce(Kind.BUSINESS_UNIT, unit.id, business_unit_definition(unit))
    return stored


async def change_business_unit(
    changes: BusinessUnitWrites,
    unit_id: str,
    change: Callable[[BusinessUnit], BusinessUnit],
    expected: Expected,
) -> BusinessUnit:
    """Change a business unit."""
    unit = await _existing_unit(changes, unit_id, expected)
    after = change(unit)
    if after == unit:
        return unit
    parents = _named([after.parent_id])
    check_business_unit(after, await changes.directory_of(business_units=parents))
    above = {**await changes.units_above(parents), unit_id: after.parent_id}
    check_unit_tree(after, above)
    stored = await changes.update_business_unit(after)
    changes.announce(Kind.BUSINESS_UNIT, unit_id, business_unit_definition(stored))
    return stored


async def delete_business_unit(
    changes: BusinessUnitWrites, unit_id: str, expected: Expected
) -> None:
    """Delete a business unit that nothing needs."""
    await _existing_unit(changes, unit_id, expected)
    uses = await changes.uses_of_business_unit(unit_id)
    check_unused(f"business unit {unit_id}", uses)
    await changes.delete_business_unit(unit_id)
    changes.announce_gone(Kind.BUSINESS_UNIT, unit_id)


async def change_organization(
    changes: OrganizationWrites,
    change: Callable[[Organization], Organization],
    expected: Expected,
) -> Organization:
    """Change what holds for everybody."""
    organization = await changes.organization()
    check_version("the organization", organization.version, expected)
    after = change(organization)
    if after == organization:
        return organization
    stored = await changes.update_organization(after)
    changes.announce(
        Kind.ORGANIZATION, ORGANIZATION_ID, organization_definition(stored)
    )
    return stored


async def _existing_user(changes: UserWrites, user_id: str, expected: Expected) -> User:
    user = (await changes.users([user_id])).get(user_id)
    if user is None:
        raise not_found(f"user {user_id}")
    check_version(f"user {user_id}", user.version, expected)
    return user


async def _existing_team(changes: TeamWrites, team_id: str, expected: Expected) -> Team:
    team = (await changes.teams([team_id])).get(team_id)
    if team is None:
        raise not_found(f"team {team_id}")
    check_version(f"team {team_id}", team.version, expected)
    return team


async def _existing_unit(
    changes: BusinessUnitWrites, unit_id: str, expected: Expected
) -> BusinessUnit:
    unit = (await changes.business_units([unit_id])).get(unit_id)
    if unit is None:
        raise not_found(f"business unit {unit_id}")
    check_version(f"business unit {unit_id}", unit.version, expected)
    return unit


def _in_order(team: Team) -> Team:
    """Return the team with its members as they are stored: by id."""
    return replace(team, members=tuple(sorted(team.members)))


def _named(ids: Iterable[str | None]) -> set[str]:
    return {one for one in ids if one is not None}
