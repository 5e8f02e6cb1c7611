"""Writing the directory and the organisation's settings."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

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
    User,
    check_business_unit,
    check_reporting_line,
    check_team,
    check_unit_tree,
    check_user,
)
from services.goals.domain.versions import Expected, check_version
from services.goals.flows.defining import Defined, item
from services.goals.store.database import Changes
from shared.messages.definitions import Kind


async def change_organization(
    changes: Changes,
    alter: Callable[[Organization], Organization],
    expected: Expected,
) -> Organization:
    """Change what holds for everybody."""
    organization = await changes.organization()
    check_version("the organization", organization.version, expected)
    after = alter(organization)
    if after == organization:
        return organization
    stored = await changes.update_organization(after)
    changes.announce(
        Kind.ORGANIZATION, ORGANIZATION_ID, organization_definition(stored)
    )
    return stored


async def _check_users(changes: Changes, users: Sequence[User]) -> None:
    managers = _named(user.manager_id for user in users)
    units = _named(user.business_unit_id for user in users)
    above = {
        **await changes.users.above(managers),
        **{user.id: user.manager_id for user in users},
    }
    directory = Directory(
        users={user.id for user in users} | await changes.users.existing(managers),
        business_units=await changes.business_units.existing(units),
    )
    for index, user in enumerate(users):
        with item(index):
            check_user(user, directory)
            check_reporting_line(user, above)


async def _check_teams(changes: Changes, teams: Sequence[Team]) -> None:
    members = {member for team in teams for member in team.members}
    units = _named(team.business_unit_id for team in teams)
    directory = Directory(
        users=await changes.users.existing(members),
        business_units=await changes.business_units.existing(units),
    )
    for index, team in enumerate(teams):
        with item(index):
            check_team(team, directory)


async def _check_business_units(
    changes: Changes, units: Sequence[BusinessUnit]
) -> None:
    parents = _named(unit.parent_id for unit in units)
    above = {
        **await changes.business_units.above(parents),
        **{unit.id: unit.parent_id for unit in units},
    }
    there = await changes.business_units.existing(parents)
    directory = Directory(business_units={unit.id for unit in units} | there)
    for index, unit in enumerate(units):
        with item(index):
            check_business_unit(unit, directory)
            check_unit_tree(unit, above)


def _named(ids: Iterable[str | None]) -> set[str]:
    return {one for one in ids if one is not None}


USERS: Final = Defined(
    kind=Kind.USER,
    table=lambda reading: reading.users,
    definition=user_definition,
    check=_check_users,
)
TEAMS: Final = Defined(
    kind=Kind.TEAM,
    table=lambda reading: reading.teams,
    definition=team_definition,
    check=_check_teams,
)
BUSINESS_UNITS: Final = Defined(
    kind=Kind.BUSINESS_UNIT,
    table=lambda reading: reading.business_units,
    definition=business_unit_definition,
    check=_check_business_units,
)
