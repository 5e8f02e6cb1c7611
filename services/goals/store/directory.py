"""Users, teams, business units and the organisation."""

from collections.abc import Sequence
from dataclasses import replace
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

_USERS: Final[Shape[User]] = Shape(
    table="goals.directory_user",
    columns=(
        Column("name", "text", lambda user: user.name),
        Column("business_unit_id", "text", lambda user: user.business_unit_id),
        Column("manager_id", "text", lambda user: user.manager_id),
        Column("disabled", "boolean", lambda user: user.disabled),
        Column("time_zone", "text", lambda user: user.time_zone),
    ),
    thing=lambda row: User(**row),
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
    derived=(
        (
            "ARRAY(SELECT user_id FROM goals.team_member WHERE team_id = thing.id "
            'ORDER BY user_id COLLATE "C") AS members'
        ),
    ),
    thing=lambda row: Team(**{**row, "members": tuple(row["members"])}),
    uses=(
        ("owns goal", "goals.goal WHERE owner_type = 'team' AND owner_id = $1", "id"),
        (
            "has a share in goal",
            "goals.goal_share WHERE principal_type = 'team' AND principal_id = $1",
            "goal_id",
        ),
    ),
)

_DELETE_MEMBERS = "DELETE FROM goals.team_member WHERE team_id = ANY($1::text[])"
_INSERT_MEMBERS = """
INSERT INTO goals.team_member (team_id, user_id)
SELECT * FROM unnest($1::text[], $2::text[])
"""

_ORGANIZATION = """
SELECT
    version, time_zone, base_currency, fiscal_start, fiscal_template,
    fiscal_year_named_by, week_start, goal_rollup_expiry_days,
    goal_rollup_frequency_hours
FROM goals.organization
"""
_UPDATE_ORGANIZATION = """
UPDATE goals.organization
SET time_zone = $1, base_currency = $2, fiscal_start = $3, fiscal_template = $4,
    fiscal_year_named_by = $5, week_start = $6, goal_rollup_expiry_days = $7,
    goal_rollup_frequency_hours = $8, version = nextval('goals.version')
RETURNING version
"""


class Users(Tree[User, str]):
    """What can be read and written of users; managers stand above them."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _USERS, parent="manager_id")


class BusinessUnits(Tree[BusinessUnit, str]):
    """What can be read and written of business units."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _BUSINESS_UNITS, parent="parent_id")


class Teams(Table[Team]):
    """What can be read and written of teams; members have a table of their own."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _TEAMS)

    @override
    async def insert(self, things: Sequence[Team]) -> Sequence[Team]:
        stored = await super().insert(things)
        await self._insert_members(things)
        return stored

    @override
    async def update(self, things: Sequence[Team]) -> Sequence[Team]:
        stored = await super().update(things)
        await self.connection.execute(_DELETE_MEMBERS, [team.id for team in things])
        await self._insert_members(things)
        return stored

    async def _insert_members(self, teams: Sequence[Team]) -> None:
        pairs = [(team.id, member) for team in teams for member in team.members]
        if pairs:
            await self.connection.execute(
                _INSERT_MEMBERS, [one[0] for one in pairs], [one[1] for one in pairs]
            )


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
        )
        return replace(organization, version=version)
