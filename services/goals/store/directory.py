"""Users, teams, business units and the organisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from services.goals.domain.directory import (
    BusinessUnit,
    Organization,
    Team,
    User,
    WeekDay,
)
from services.goals.store.connections import Connection, Statements
from services.goals.store.tables import Column, Shape, Table, Tree
from shared.domain.fiscal import calendar_of
from shared.rights.roles import HierarchySecurity, Reading

# What else is read with somebody or a team, as a list in the order of ids.
_ROLES_OF_USER: Final = (
    "ARRAY(SELECT role_id FROM goals.user_role WHERE user_id = thing.id "
    'ORDER BY role_id COLLATE "C") AS roles'
)
_ROLES_OF_TEAM: Final = (
    "ARRAY(SELECT role_id FROM goals.team_role WHERE team_id = thing.id "
    'ORDER BY role_id COLLATE "C") AS roles'
)
_MEMBERS_OF_TEAM: Final = (
    "ARRAY(SELECT user_id FROM goals.team_member WHERE team_id = thing.id "
    'ORDER BY user_id COLLATE "C") AS members'
)

_USERS: Final[Shape[User]] = Shape(
    table="goals.directory_user",
    columns=(
        Column("name", "text", lambda user: user.name),
        Column("business_unit_id", "text", lambda user: user.business_unit_id),
        Column("manager_id", "text", lambda user: user.manager_id),
        Column("disabled", "boolean", lambda user: user.disabled),
        Column("time_zone", "text", lambda user: user.time_zone),
    ),
    derived=(_ROLES_OF_USER,),
    thing=lambda row: User(**{**row, "roles": tuple(row["roles"])}),
    uses=(
        ("owns goal", "goals.goal WHERE owner_type = 'user' AND owner_id = $1", "id"),
        ("manages goal", "goals.goal WHERE manager_id = $1", "id"),
        (
            "has a share in goal",
            "goals.goal_share WHERE principal_type = 'user' AND principal_id = $1",
            "goal_id",
        ),
        ("is a member of team", "goals.team_member WHERE user_id = $1", "team_id"),
        ("manages user", "goals.directory_user WHERE manager_id = $1", "id"),
        ("owns dashboard", "goals.dashboard WHERE owner_id = $1", "id"),
        (
            "has a share in dashboard",
            "goals.dashboard WHERE shared_with ? ('user/' || $1)",
            "id",
        ),
    ),
)
_BUSINESS_UNITS: Final[Shape[BusinessUnit]] = Shape(
    table="goals.business_unit",
    columns=(
        Column("name", "text", lambda unit: unit.name),
        Column("parent_id", "text", lambda unit: unit.parent_id),
    ),
    thing=lambda row: BusinessUnit(**row),
    uses=(
        ("holds user", "goals.directory_user WHERE business_unit_id = $1", "id"),
        ("holds team", "goals.directory_team WHERE business_unit_id = $1", "id"),
        ("holds business unit", "goals.business_unit WHERE parent_id = $1", "id"),
    ),
)
_TEAMS: Final[Shape[Team]] = Shape(
    table="goals.directory_team",
    columns=(
        Column("name", "text", lambda team: team.name),
        Column("business_unit_id", "text", lambda team: team.business_unit_id),
    ),
    derived=(_MEMBERS_OF_TEAM, _ROLES_OF_TEAM),
    thing=lambda row: Team(
        **{**row, "members": tuple(row["members"]), "roles": tuple(row["roles"])}
    ),
    uses=(
        ("owns goal", "goals.goal WHERE owner_type = 'team' AND owner_id = $1", "id"),
        (
            "has a share in goal",
            "goals.goal_share WHERE principal_type = 'team' AND principal_id = $1",
            "goal_id",
        ),
        (
            "has a share in dashboard",
            "goals.dashboard WHERE shared_with ? ('team/' || $1)",
            "id",
        ),
    ),
)


_OF_UNIT: Final = "WHERE thing.business_unit_id = $1 ORDER BY thing.id"
_BELOW: Final = "WHERE thing.parent_id = $1 ORDER BY thing.id"

_ORGANIZATION = """
SELECT
    version, time_zone, base_currency, fiscal_start, fiscal_template,
    fiscal_year_named_by, week_start, goal_rollup_expiry_days,
    goal_rollup_frequency_hours, hierarchy_enabled, hierarchy_depth, reading
FROM goals.organization
"""
_UPDATE_ORGANIZATION = """
UPDATE goals.organization
SET time_zone = $1, base_currency = $2, fiscal_start = $3, fiscal_template = $4,
    fiscal_year_named_by = $5, week_start = $6, goal_rollup_expiry_days = $7,
    goal_rollup_frequency_hours = $8, hierarchy_enabled = $9, hierarchy_depth = $10,
    reading = $11, version = nextval('goals.version')
RETURNING version
"""


@dataclass(frozen=True, slots=True)
class _Links:
    """A table of pairs: which things of a list each thing has."""

    table: str
    # The column of whose list it is, and of what is in it.
    whose: str
    what: str

    async def write(
        self, connection: Connection, lists: Mapping[str, Sequence[str]]
    ) -> None:
        """Let the lists of these things be as given."""
        await connection.execute(
            f"DELETE FROM {self.table} WHERE {self.whose} = ANY($1::text[])",
            list(lists),
        )
        pairs = [(whose, what) for whose, given in lists.items() for what in given]
        if pairs:
            await connection.execute(
                f"INSERT INTO {self.table} ({self.whose}, {self.what}) "
                "SELECT * FROM unnest($1::text[], $2::text[])",
                [one[0] for one in pairs],
                [one[1] for one in pairs],
            )


_ROLES_OF_USERS: Final = _Links("goals.user_role", whose="user_id", what="role_id")
_ROLES_OF_TEAMS: Final = _Links("goals.team_role", whose="team_id", what="role_id")
_MEMBERS: Final = _Links("goals.team_member", whose="team_id", what="user_id")


class Users(Tree[User, str]):
    """What can be read and written of users; managers stand above them."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _USERS, parent="manager_id")

    @override
    async def insert(self, things: Sequence[User]) -> Sequence[User]:
        return await self._with_roles(await super().insert(things))

    @override
    async def update(self, things: Sequence[User]) -> Sequence[User]:
        return await self._with_roles(await super().update(things))

    async def of_unit(self, unit_id: str) -> Sequence[User]:
        """Return the users of a business unit."""
        return await self._things(_OF_UNIT, unit_id)

    async def _with_roles(self, users: Sequence[User]) -> Sequence[User]:
        roles = {user.id: user.roles for user in users}
        await _ROLES_OF_USERS.write(self.connection, roles)
        return users


class BusinessUnits(Tree[BusinessUnit, str]):
    """What can be read and written of business units."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _BUSINESS_UNITS, parent="parent_id")

    async def below(self, unit_id: str) -> Sequence[BusinessUnit]:
        """Return the units right below a unit."""
        return await self._things(_BELOW, unit_id)


class Teams(Table[Team]):
    """What can be read and written of teams; lists have tables of their own."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _TEAMS)

    @override
    async def insert(self, things: Sequence[Team]) -> Sequence[Team]:
        return await self._with_lists(await super().insert(things))

    @override
    async def update(self, things: Sequence[Team]) -> Sequence[Team]:
        return await self._with_lists(await super().update(things))

    async def of_unit(self, unit_id: str) -> Sequence[Team]:
        """Return the teams of a business unit."""
        return await self._things(_OF_UNIT, unit_id)

    async def _with_lists(self, teams: Sequence[Team]) -> Sequence[Team]:
        members = {team.id: team.members for team in teams}
        await _MEMBERS.write(self.connection, members)
        roles = {team.id: team.roles for team in teams}
        await _ROLES_OF_TEAMS.write(self.connection, roles)
        return teams


class OrganizationStatements(Statements):
    """What can be read and written of the organisation's settings."""

    async def organization(self) -> Organization:
        """Return what holds for everybody."""
        row = await self.connection.fetchrow(_ORGANIZATION)
        if row is None:  # the migration has written it
            message = "goals.organization has no row"
            raise LookupError(message)
        return Organization(
            version=row["version"],
            time_zone=row["time_zone"],
            base_currency=row["base_currency"],
            fiscal_calendar=calendar_of(
                start=row["fiscal_start"],
                template=row["fiscal_template"],
                year_named_by=row["fiscal_year_named_by"],
            ),
            week_start=WeekDay(row["week_start"]),
            goal_rollup_expiry_days=row["goal_rollup_expiry_days"],
            goal_rollup_frequency_hours=row["goal_rollup_frequency_hours"],
            hierarchy_security=HierarchySecurity(
                enabled=row["hierarchy_enabled"], depth=row["hierarchy_depth"]
            ),
            reading=Reading(row["reading"]),
        )

    async def update_organization(self, organization: Organization) -> Organization:
        """Store what holds for everybody now; return it with its version."""
        calendar = organization.fiscal_calendar
        version = await self.connection.fetchval(
            _UPDATE_ORGANIZATION,
            organization.time_zone,
            organization.base_currency,
            calendar.start,
            calendar.template,
            calendar.year_named_by,
            organization.week_start,
            organization.goal_rollup_expiry_days,
            organization.goal_rollup_frequency_hours,
            organization.hierarchy_security.enabled,
            organization.hierarchy_security.depth,
            organization.reading,
        )
        return replace(organization, version=version)
