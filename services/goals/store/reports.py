"""What reports ask: which goals, what is below and before them, people's names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.goals.domain.rights import Rights
from services.goals.store.goals import Goals
from services.goals.store.visible import visible
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalState,
    Principal,
    PrincipalType,
)
from shared.queries.arguments import Arguments

# UNION, not UNION ALL: it ends even if the rows went in circles.
_BELOW: Final = """
thing.id IN (
    WITH RECURSIVE below AS (
        SELECT thing.id FROM goals.goal AS thing WHERE thing.id = {root}
        UNION
        SELECT thing.id
        FROM below JOIN goals.goal AS thing ON thing.parent_id = below.id
        WHERE {visible}
    )
    SELECT id FROM below
)
"""
_HOLDS_TODAY: Final = """
EXISTS (
    SELECT FROM unnest({zones}, {days}) AS today (zone, day)
    WHERE today.zone = thing.time_zone
      AND today.day BETWEEN thing.period_start AND thing.period_end
)
"""
# The goals that a goal may continue: which it does, is decided elsewhere.
_PREVIOUS: Final = """
WHERE (
    (thing.metric_id, thing.owner_type, thing.owner_id, thing.period_end) IN (
        SELECT metric_id, owner_type, owner_id, period_start - 1
        FROM goals.goal
        WHERE id = ANY({ids})
    )
    OR thing.id IN (SELECT cloned_from FROM goals.goal WHERE id = ANY({ids}))
)
AND {visible}
"""
# A tree has one metric; while it changes, what is measured otherwise is not added.
_CHILDREN_TARGETS: Final = """
SELECT
    child.parent_id,
    CASE WHEN bool_and({visible}) THEN sum(child.target) END::text AS target
FROM goals.goal AS child
JOIN goals.goal AS parent
    ON parent.id = child.parent_id AND parent.metric_id = child.metric_id
WHERE child.parent_id = ANY({ids})
GROUP BY child.parent_id
"""
_PARENTS = "SELECT id, parent_id FROM goals.goal WHERE parent_id IS NOT NULL"
_ZONES = "SELECT DISTINCT time_zone FROM goals.goal"
_NAMES = """
SELECT 'user/' || id AS key, name FROM goals.directory_user WHERE id = ANY($1::text[])
UNION ALL
SELECT 'team/' || id AS key, name FROM goals.directory_team WHERE id = ANY($2::text[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Some days in a row, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """Which goals a report is about; what is None, all of them have."""

    goal: GoalId | None = None
    # With it, and what hangs below it by goals that the caller may read.
    root: GoalId | None = None
    metric_id: str | None = None
    owner: Principal | None = None
    manager_id: str | None = None
    state: GoalState | None = None
    # Whose period has a day of these.
    days: Days | None = None
    # Whose period holds today; which day it is, zone by zone.
    today: Mapping[str, date] | None = None


class Reports(Goals):
    """What can be read of goals for a report."""

    async def reported(
        self, wanted: ReportFilter, after: str, limit: int | None, rights: Rights
    ) -> Sequence[Goal]:
        """Return the next goals of a report in the order of their ids."""
        asked = Arguments()
        readable = visible(rights, asked)
        conditions = [
            f"thing.id > {asked.add(after, 'text')}",
            readable,
            *_conditions_of(wanted, asked, readable),
        ]
        where = f"WHERE {' AND '.join(conditions)} ORDER BY thing.id"
        if limit is not None:
            where += f" LIMIT {asked.add(limit, 'bigint')}"
        return await self._things(where, *asked.values)

    async def previous(self, ids: Collection[str], rights: Rights) -> Sequence[Goal]:
        """Return the goals that some may continue, as far as the caller reads them."""
        asked = Arguments()
        where = _PREVIOUS.format(
            ids=asked.add(list(ids), "text[]"), visible=visible(rights, asked)
        )
        return await self._things(where, *asked.values)

    async def children_targets(
        self, ids: Collection[str], rights: Rights
    ) -> Mapping[str, str | None]:
        """Return what the children of goals aim at together.

        None where none of them aims at anything, or the caller may not read them all.
        """
        asked = Arguments()
        statement = _CHILDREN_TARGETS.format(
            ids=asked.add(list(ids), "text[]"),
            visible=visible(rights, asked, goal="child"),
        )
        rows = await self.connection.fetch(statement, *asked.values)
        return {row["parent_id"]: row["target"] for row in rows}

    async def parents(self) -> Mapping[GoalId, GoalId]:
        """Return what stands right above each goal, whoever may read it."""
        rows = await self.connection.fetch(_PARENTS)
        return {GoalId(row["id"]): GoalId(row["parent_id"]) for row in rows}

    async def zones(self) -> Sequence[str]:
        """Return the time zones that goals have."""
        return [row["time_zone"] for row in await self.connection.fetch(_ZONES)]

    async def names_of(self, people: Collection[Principal]) -> Mapping[str, str]:
        """Return how users and teams are called, by their keys."""
        rows = await self.connection.fetch(
            _NAMES,
            *([one.id for one in people if one.type is kind] for kind in PrincipalType),
        )
        return {row["key"]: row["name"] for row in rows}


def _conditions_of(
    wanted: ReportFilter, asked: Arguments, readable: str
) -> Sequence[str]:
    """Return only what is asked for, so that an index can serve it."""
    conditions = [
        f"thing.{column} = {asked.add(value, 'text')}"
        for column, value in _texts_of(wanted).items()
        if value is not None
    ]
    if wanted.root is not None:
        root = asked.add(wanted.root, "text")
        conditions.append(_BELOW.format(root=root, visible=readable))
    if wanted.days is not None:
        first, last = wanted.days.first, wanted.days.last
        conditions.append(f"thing.period_end >= {asked.add(first, 'date')}")
        conditions.append(f"thing.period_start <= {asked.add(last, 'date')}")
    if wanted.today is not None:
        zones = asked.add(list(wanted.today), "text[]")
        days = asked.add(list(wanted.today.values()), "date[]")
        conditions.append(_HOLDS_TODAY.format(zones=zones, days=days))
    return conditions


def _texts_of(wanted: ReportFilter) -> Mapping[str, str | None]:
    owner = wanted.owner
    return {
        "id": wanted.goal,
        "metric_id": wanted.metric_id,
        "manager_id": wanted.manager_id,
        "state": wanted.state,
        "owner_type": None if owner is None else owner.type,
        "owner_id": None if owner is None else owner.id,
    }
