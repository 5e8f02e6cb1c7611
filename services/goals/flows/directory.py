"""Writing the directory and the organisation's settings."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from services.goals.announcing import (
    business_unit_definition,
    organization_definition,
    team_definition,
    user_definition,
)
from services.goals.domain.directory import (
    ORGANIZATION_ID,
    BusinessUnit,
    Directory,
    Organization,
    Team,
    User,
)
from services.goals.domain.judging import BusinessUnitJudge, TeamJudge, UserJudge
from services.goals.domain.versions import Expected, check_version
from services.goals.flows.defining import Defined
from services.goals.store.database import Changes, Reading
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


async def _judge_of_users(reading: Reading, users: Sequence[User]) -> UserJudge:
    known = {user.id for user in users} | _named(user.manager_id for user in users)
    units = _named(user.business_unit_id for user in users)
    return UserJudge(
        managers=dict(await reading.users.above(known)),
        units=await reading.business_units.existing(units),
        roles=await reading.roles.existing(_roles_of(users)),
    )


async def _judge_of_teams(reading: Reading, teams: Sequence[Team]) -> TeamJudge:
    members = {member for team in teams for member in team.members}
    units = _named(team.business_unit_id for team in teams)
    return TeamJudge(
        directory=Directory(
            users=await reading.users.existing(members),
            business_units=await reading.business_units.existing(units),
            roles=await reading.roles.existing(_roles_of(teams)),
        )
    )


async def _judge_of_business_units(
    reading: Reading, units: Sequence[BusinessUnit]
) -> BusinessUnitJudge:
    known = {unit.id for unit in units} | _named(unit.parent_id for unit in units)
    return BusinessUnitJudge(parents=dict(await reading.business_units.above(known)))


def _roles_of(things: Sequence[User] | Sequence[Team]) -> set[str]:
    return {role for thing in things for role in thing.roles}


def _named(ids: Iterable[str | None]) -> set[str]:
    return {one for one in ids if one is not None}


USERS: Final = Defined(
    kind=Kind.USER,
    table=lambda reading: reading.users,
    definition=user_definition,
    judge=_judge_of_users,
)
TEAMS: Final = Defined(
    kind=Kind.TEAM,
    table=lambda reading: reading.teams,
    definition=team_definition,
    judge=_judge_of_teams,
)
BUSINESS_UNITS: Final = Defined(
    kind=Kind.BUSINESS_UNIT,
    table=lambda reading: reading.business_units,
    definition=business_unit_definition,
    judge=_judge_of_business_units,
)
