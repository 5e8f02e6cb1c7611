"""Which goals a caller may read, said in SQL: what `Rights.on` says of one goal.

Every list, tree, stream and history asks here.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from services.goals.domain.rights import Rights
from services.goals.store.connections import Statements
from shared.domain.goals import Goal, GoalId, GoalRight
from shared.queries.arguments import Arguments
from shared.rights.sql import owners_reached

# The predicate of whoever may read all goals.
EVERY: Final = "true"

_USER: Final = "user/"
_MANAGERS = """
SELECT id, manager_id FROM goals.goal WHERE id = ANY($1::text[])
"""
# Both change with whatever may change who reads what.
_REVISION = """
SELECT
    (SELECT revision::text FROM goals.directory_revision),
    max(version), count(*)
FROM goals.goal
"""


def visible(rights: Rights, arguments: Arguments, *, goal: str = "thing") -> str:
    """Return the predicate that a caller may read a goal; it is never null.

    `goal` names a row of goals: a name of ours.
    """
    user = rights.user
    access = rights.to(GoalRight.READ)
    if user is None or access.everything:
        return EVERY
    managers = _users(owners_reached(access, rights.people.unit_of_owner), user)
    owned_by = arguments.add(sorted(rights.principals), "text[]")
    shared_with = arguments.add(
        sorted(rights.principals | access.shared_with), "text[]"
    )
    me = arguments.add(user, "text")
    return f"""(
        {goal}.manager_id = ANY ({arguments.add(managers, "text[]")})
        OR {goal}.owner_type || '/' || {goal}.owner_id = ANY ({owned_by})
        OR EXISTS (
            SELECT FROM goals.goal AS above
            WHERE above.id = {goal}.parent_id AND above.manager_id = {me}
        )
        OR EXISTS (
            SELECT FROM goals.goal_share AS share
            WHERE share.goal_id = {goal}.id AND '{GoalRight.READ}' = ANY (share.rights)
            AND share.principal_type || '/' || share.principal_id = ANY ({shared_with})
        )
    )"""


class Visible(Statements):
    """What can be asked about who reads which goals."""

    async def of(self, rights: Rights, ids: Iterable[str | None]) -> frozenset[str]:
        """Return those of some goals that exist and that a caller may read."""
        arguments = Arguments()
        named = arguments.add(sorted({one for one in ids if one is not None}), "text[]")
        rows = await self.connection.fetch(
            f"SELECT thing.id FROM goals.goal AS thing WHERE thing.id = ANY ({named}) "
            f"AND {visible(rights, arguments)}",
            *arguments.values,
        )
        return frozenset(row["id"] for row in rows)

    async def all(self, rights: Rights) -> frozenset[str] | None:
        """Return all goals that a caller may read; None: whichever there are."""
        arguments = Arguments()
        readable = visible(rights, arguments)
        if readable == EVERY:
            return None
        rows = await self.connection.fetch(
            f"SELECT thing.id FROM goals.goal AS thing WHERE {readable}",
            *arguments.values,
        )
        return frozenset(row["id"] for row in rows)

    async def below(self, rights: Rights, top: GoalId) -> frozenset[str]:
        """Return a goal and what hangs below it by goals that a caller may read."""
        arguments = Arguments()
        readable = visible(rights, arguments)
        rows = await self.connection.fetch(
            # UNION, not UNION ALL: it ends even if the rows went in circles.
            f"""
            WITH RECURSIVE below AS (
                SELECT thing.id FROM goals.goal AS thing
                WHERE thing.id = {arguments.add(top, "text")} AND {readable}
                UNION
                SELECT thing.id
                FROM below JOIN goals.goal AS thing ON thing.parent_id = below.id
                WHERE {readable}
            )
            SELECT id FROM below
            """,
            *arguments.values,
        )
        return frozenset(row["id"] for row in rows)

    async def managers(
        self, ids: Collection[GoalId | None]
    ) -> Mapping[GoalId | None, str]:
        """Return who manages some goals."""
        named = [one for one in ids if one is not None]
        rows = await self.connection.fetch(_MANAGERS, named) if named else ()
        return {GoalId(row["id"]): row["manager_id"] for row in rows}

    async def rights_on(
        self, rights: Rights, goals: Collection[Goal]
    ) -> Mapping[GoalId, frozenset[GoalRight]]:
        """Return what a caller may do with some goals."""
        above: Mapping[GoalId | None, str] = {}
        if rights.user is not None:
            above = await self.managers({goal.parent_id for goal in goals})
        return {goal.id: rights.on(goal, above.get(goal.parent_id)) for goal in goals}

    async def revision(self) -> tuple[object, ...]:
        """Return what is another one as soon as others may read what."""
        row = await self.connection.fetchrow(_REVISION)
        return () if row is None else tuple(row)


def _users(owners: Iterable[str], user: str) -> list[str]:
    found = {one.removeprefix(_USER) for one in owners if one.startswith(_USER)}
    return sorted(found | {user})
