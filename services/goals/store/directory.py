"""Users, teams, business units and the organisation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import asyncpg

from services.goals.domain.directory import (
    BusinessUnit,
    Directory,
    Organization,
    Team,
    Use,
    User,
)
from services.goals.store.connections import Statements

# How many ids of those who use a thing are told.
_NAMED_MAX: Final = 5

_USER = "id, version, name, business_unit_id, manager_id, disabled, time_zone"
_USERS = f"SELECT {_USER} FROM goals.directory_user WHERE id = ANY($1::text[])"
_USERS_AFTER = f"""
SELECT {_USER} FROM goals.directory_user WHERE id > $1 ORDER BY id LIMIT $2
"""
_INSERT_USERS = """
INSERT INTO goals.directory_user (
    id, name, business_unit_id, manager_id, disabled, time_zone
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[]
)
RETURNING id, version
"""
_UPDATE_USER = """
UPDATE goals.directory_user
SET name = $2, business_unit_id = $3, manager_id = $4, disabled = $5, time_zone = $6,
    version = nextval('goals.version')
WHERE id = $1
RETURNING version
"""

_TEAM = """
SELECT
    team.id, team.version, team.name, team.business_unit_id,
    ARRAY(
        SELECT user_id FROM goals.team_member
        WHERE team_id = team.id ORDER BY user_id COLLATE "C"
    ) AS members
FROM goals.directory_team AS team
"""
_TEAMS = f"{_TEAM} WHERE team.id = ANY($1::text[])"
_TEAMS_AFTER = f"{_TEAM} WHERE team.id > $1 ORDER BY team.id LIMIT $2"
_INSERT_TEAMS = """
INSERT INTO goals.directory_team (id, name, business_unit_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
RETURNING id, version
"""
_UPDATE_TEAM = """
UPDATE goals.directory_team
SET name = $2, business_unit_id = $3, version = nextval('goals.version')
WHERE id = $1
RETURNING version
"""
_DELETE_MEMBERS = "DELETE FROM goals.team_member WHERE team_id = $1"
_INSERT_MEMBERS = """
INSERT INTO goals.team_member (team_id, user_id)
SELECT * FROM unnest($1::text[], $2::text[])
"""

_UNIT = "id, version, name, parent_id"
_UNITS = f"SELECT {_UNIT} FROM goals.business_unit WHERE id = ANY($1::text[])"
_UNITS_AFTER = f"""
SELECT {_UNIT} FROM goals.business_unit WHERE id > $1 ORDER BY id LIMIT $2
"""
_INSERT_UNITS = """
INSERT INTO goals.business_unit (id, name, parent_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
RETURNING id, version
"""
_UPDATE_UNIT = """
UPDATE goals.business_unit
SET name = $2, parent_id = $3, version = nextval('goals.version')
WHERE id = $1
RETURNING version
"""

_EXISTING = {
    table: f"SELECT id FROM goals.{table} WHERE id = ANY($1::text[])"
    for table in ("directory_user", "directory_team", "business_unit")
}
_DELETE = {
    table: f"DELETE FROM goals.{table} WHERE id = $1"
    for table in ("directory_user", "directory_team", "business_unit")
}

# UNION, not UNION ALL: it ends even if the rows went in circles.
_MANAGERS_ABOVE = """
WITH RECURSIVE above AS (
    SELECT id, manager_id FROM goals.directory_user WHERE id = ANY($1::text[])
    UNION
    SELECT manager.id, manager.manager_id
    FROM above JOIN goals.directory_user AS manager ON manager.id = above.manager_id
)
SELECT id, manager_id FROM above
"""
_UNITS_ABOVE = """
WITH RECURSIVE above AS (
    SELECT id, parent_id FROM goals.business_unit WHERE id = ANY($1::text[])
    UNION
    SELECT parent.id, parent.parent_id
    FROM above JOIN goals.business_unit AS parent ON parent.id = above.parent_id
)
SELECT id, parent_id FROM above
"""

# What each kind of thing does for others; `$1` is its id.
_USES_OF_USER: Final = (
    ("owns goal", "goals.goal WHERE owner_type = 'user' AND owner_id = $1", "id"),
    ("manages goal", "goals.goal WHERE manager_id = $1", "id"),
    ("is a member of team", "goals.team_member WHERE user_id = $1", "team_id"),
    ("manages user", "goals.directory_user WHERE manager_id = $1", "id"),
)
_USES_OF_TEAM: Final = (
    ("owns goal", "goals.goal WHERE owner_type = 'team' AND owner_id = $1", "id"),
)
_USES_OF_UNIT: Final = (
    ("holds user", "goals.directory_user WHERE business_unit_id = $1", "id"),
    ("holds team", "goals.directory_team WHERE business_unit_id = $1", "id"),
    ("holds business unit", "goals.business_unit WHERE parent_id = $1", "id"),
)

_ORGANIZATION = "SELECT version, time_zone, base_currency FROM goals.organization"
_UPDATE_ORGANIZATION = """
UPDATE goals.organization
SET time_zone = $1, base_currency = $2, version = nextval('goals.version')
RETURNING version
"""


class DirectoryStatements(Statements):
    """What can be read and written of the directory."""

    async def directory_of(
        self,
        *,
        users: Collection[str] = (),
        teams: Collection[str] = (),
        business_units: Collection[str] = (),
    ) -> Directory:
        """Return which of the wanted exist."""
        return Directory(
            users=await self._existing("directory_user", users),
            teams=await self._existing("directory_team", teams),
            business_units=await self._existing("business_unit", business_units),
        )

    async def users(self, ids: Collection[str]) -> Mapping[str, User]:
        """Return the users that exist, by id."""
        rows = await self.connection.fetch(_USERS, list(ids))
        return {row["id"]: User(**row) for row in rows}

    async def users_after(self, after: str, limit: int) -> Sequence[User]:
        """Return the next users in the order of their ids."""
        rows = await self.connection.fetch(_USERS_AFTER, after, limit)
        return [User(**row) for row in rows]

    async def insert_users(self, users: Sequence[User]) -> Sequence[User]:
        """Store new users; return them with their versions."""
        rows = await self.connection.fetch(
            _INSERT_USERS,
            [user.id for user in users],
            [user.name for user in users],
            [user.business_unit_id for user in users],
            [user.manager_id for user in users],
            [user.disabled for user in users],
            [user.time_zone for user in users],
        )
        versions = _versions(rows)
        return [replace(user, version=versions[user.id]) for user in users]

    async def update_user(self, user: User) -> User:
        """Store a user as it is now; return it with its version."""
        version = await self.connection.fetchval(
            _UPDATE_USER,
            user.id,
            user.name,
            user.business_unit_id,
            user.manager_id,
            user.disabled,
            user.time_zone,
        )
        return replace(user, version=version)

    async def delete_user(self, user_id: str) -> None:
        """Forget a user."""
        await self.connection.execute(_DELETE["directory_user"], user_id)

    async def managers_above(
        self, user_ids: Collection[str]
    ) -> Mapping[str, str | None]:
        """Return the manager of each of these users, of each manager, and so on."""
        rows = await self.connection.fetch(_MANAGERS_ABOVE, list(user_ids))
        return {row["id"]: row["manager_id"] for row in rows}

    async def uses_of_user(self, user_id: str) -> Sequence[Use]:
        """Return what needs the user."""
        return await self._uses(_USES_OF_USER, user_id)

    async def teams(self, ids: Collection[str]) -> Mapping[str, Team]:
        """Return the teams that exist, by id."""
        rows = await self.connection.fetch(_TEAMS, list(ids))
        return {row["id"]: _team(row) for row in rows}

    async def teams_after(self, after: str, limit: int) -> Sequence[Team]:
        """Return the next teams in the order of their ids."""
        rows = await self.connection.fetch(_TEAMS_AFTER, after, limit)
        return [_team(row) for row in rows]

    async def insert_teams(self, teams: Sequence[Team]) -> Sequence[Team]:
        """Store new teams; return them with their versions."""
        rows = await self.connection.fetch(
            _INSERT_TEAMS,
            [team.id for team in teams],
            [team.name for team in teams],
            [team.business_unit_id for team in teams],
        )
        await self._insert_members(teams)
        versions = _versions(rows)
        return [replace(team, version=versions[team.id]) for team in teams]

    async def update_team(self, team: Team) -> Team:
        """Store a team as it is now; return it with its version."""
        version = await self.connection.fetchval(
            _UPDATE_TEAM, team.id, team.name, team.business_unit_id
        )
        await self.connection.execute(_DELETE_MEMBERS, team.id)
        await self._insert_members([team])
        return replace(team, version=version)

    async def delete_team(self, team_id: str) -> None:
        """Forget a team and who was in it."""
        await self.connection.execute(_DELETE["directory_team"], team_id)

    async def uses_of_team(self, team_id: str) -> Sequence[Use]:
        """Return what needs the team."""
        return await self._uses(_USES_OF_TEAM, team_id)

    async def business_units(self, ids: Collection[str]) -> Mapping[str, BusinessUnit]:
        """Return the business units that exist, by id."""
        rows = await self.connection.fetch(_UNITS, list(ids))
        return {row["id"]: BusinessUnit(**row) for row in rows}

    async def business_units_after(
        self, after: str, limit: int
    ) -> Sequence[BusinessUnit]:
        """Return the next business units in the order of their ids."""
        rows = await self.connection.fetch(_UNITS_AFTER, after, limit)
        return [BusinessUnit(**row) for row in rows]

    async def insert_business_units(
        self, units: Sequence[BusinessUnit]
    ) -> Sequence[BusinessUnit]:
        """Store new business units; return them with their versions."""
        rows = await self.connection.fetch(
            _INSERT_UNITS,
            [unit.id for unit in units],
            [unit.name for unit in units],
            [unit.parent_id for unit in units],
        )
        versions = _versions(rows)
        return [replace(unit, version=versions[unit.id]) for unit in units]

    async def update_business_unit(self, unit: BusinessUnit) -> BusinessUnit:
        """Store a business unit as it is now; return it with its version."""
        version = await self.connection.fetchval(
            _UPDATE_UNIT, unit.id, unit.name, unit.parent_id
        )
        return replace(unit, version=version)

    async def delete_business_unit(self, unit_id: str) -> None:
        """Forget a business unit."""
        await self.connection.execute(_DELETE["business_unit"], unit_id)

    async def units_above(self, unit_ids: Collection[str]) -> Mapping[str, str | None]:
        """Return the parent of each of these units, of each parent, and so on."""
        rows = await self.connection.fetch(_UNITS_ABOVE, list(unit_ids))
        return {row["id"]: row["parent_id"] for row in rows}

    async def uses_of_business_unit(self, unit_id: str) -> Sequence[Use]:
        """Return what needs the business unit."""
        return await self._uses(_USES_OF_UNIT, unit_id)

    async def organization(self) -> Organization:
        """Return what holds for everybody."""
        row = await self.connection.fetchrow(_ORGANIZATION)
        if row is None:  # the migration has written it
            message = "goals.organization has no row"
            raise LookupError(message)
        return Organization(**row)

    async def update_organization(self, organization: Organization) -> Organization:
        """Store what holds for everybody now; return it with its version."""
        version = await self.connection.fetchval(
            _UPDATE_ORGANIZATION, organization.time_zone, organization.base_currency
        )
        return replace(organization, version=version)

    async def _existing(self, table: str, ids: Collection[str]) -> frozenset[str]:
        if not ids:
            return frozenset()
        rows = await self.connection.fetch(_EXISTING[table], list(ids))
        return frozenset(row["id"] for row in rows)

    async def _insert_members(self, teams: Sequence[Team]) -> None:
        pairs = [(team.id, member) for team in teams for member in team.members]
        if pairs:
            await self.connection.execute(
                _INSERT_MEMBERS, [one[0] for one in pairs], [one[1] for one in pairs]
            )

    async def _uses(
        self, queries: Sequence[tuple[str, str, str]], thing_id: str
    ) -> Sequence[Use]:
        uses: list[Use] = []
        for verb, where, column in queries:
            row = await self.connection.fetchrow(
                f"SELECT count(*) AS count, "
                f"(array_agg({column} ORDER BY {column}))[1:{_NAMED_MAX}] AS ids "
                f"FROM {where}",
                thing_id,
            )
            if row is not None and row["count"]:
                uses.append(Use(verb=verb, count=row["count"], ids=row["ids"]))
        return uses


def _team(row: asyncpg.Record) -> Team:
    return Team(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        business_unit_id=row["business_unit_id"],
        members=tuple(row["members"]),
    )


def _versions(rows: Sequence[asyncpg.Record]) -> Mapping[str, int]:
    return {row["id"]: row["version"] for row in rows}
