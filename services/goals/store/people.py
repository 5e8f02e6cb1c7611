"""Who people are to one another, and what each may do, as goals' own tables have it.

A process remembers them all until the directory changes. Each request looks up in its
own transaction whether it has, so none goes by people whom another process has changed.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from services.goals.store.connections import Connection, Statements
from shared.rights.people import People, PeopleNews

_REVISION = "SELECT revision FROM goals.directory_revision"

# One statement, so that all of it is of one moment in any transaction. The names are
# those of PeopleNews.
_PEOPLE = """
SELECT
    (SELECT revision FROM goals.directory_revision) AS revision,
    json_build_object(
        'users', (
            SELECT coalesce(json_object_agg(id, json_build_object(
                'manager_id', manager_id,
                'business_unit', business_unit_id,
                'roles', coalesce(given.roles, '[]')
            )), '{}')
            FROM goals.directory_user LEFT JOIN (
                SELECT user_id, json_agg(role_id ORDER BY role_id COLLATE "C") AS roles
                FROM goals.user_role
                GROUP BY user_id
            ) AS given ON given.user_id = id
        ),
        'teams', (
            SELECT coalesce(json_object_agg(id, json_build_object(
                'members', ARRAY(
                    SELECT user_id FROM goals.team_member
                    WHERE team_id = id ORDER BY user_id COLLATE "C"
                ),
                'business_unit', business_unit_id,
                'roles', ARRAY(
                    SELECT role_id FROM goals.team_role
                    WHERE team_id = id ORDER BY role_id COLLATE "C"
                )
            )), '{}')
            FROM goals.directory_team
        ),
        'units', (
            SELECT coalesce(json_object_agg(id, parent_id), '{}')
            FROM goals.business_unit
        ),
        'roles', (
            SELECT coalesce(json_object_agg(id, json_build_object(
                'privileges', privileges,
                'rights', rights,
                'secured_attributes', secured_attributes
            )), '{}')
            FROM goals.role
        ),
        'hierarchy', json_build_object(
            'enabled', hierarchy_enabled, 'depth', hierarchy_depth
        ),
        'reading', reading
    ) AS people
FROM goals.organization
"""

_decode = msgspec.json.Decoder(PeopleNews).decode


@dataclass(slots=True)
class RememberedPeople:
    """The people of the directory as a process saw them last, and of which revision."""

    revision: UUID | None = None
    people: People = field(default_factory=People)
    # Requests that come at once read them once.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class PeopleStatements(Statements):
    """What can be read of people; whoever holds an answer holds one moment's."""

    def __init__(self, connection: Connection, remembered: RememberedPeople) -> None:
        super().__init__(connection)
        self._remembered = remembered

    async def read(self) -> People:
        """Return all people, of this transaction's moment; nobody may alter them."""
        known = self._remembered
        revision = await self.connection.fetchval(_REVISION)
        if known.revision == revision:
            return known.people
        async with known.turn:
            if known.revision != revision:
                known.revision, known.people = await self._read_anew()
            return known.people

    async def _read_anew(self) -> tuple[UUID, People]:
        row = await self.connection.fetchrow(_PEOPLE)
        if row is None:  # the migration has written it
            message = "goals.organization has no row"
            raise LookupError(message)
        people = People()
        people.take(_decode(row["people"]))
        return row["revision"], people
