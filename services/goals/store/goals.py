"""Goals as people define them, and how they hang together."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import asyncpg
import msgspec
from typing_extensions import override

from services.goals.domain.rights import Rights
from services.goals.store.connections import Connection
from services.goals.store.tables import Column, Shape, Tree
from services.goals.store.visible import visible
from shared.domain.goals import (
    Goal,
    GoalAttribute,
    GoalId,
    GoalNumber,
    GoalState,
    MetricId,
    Override,
    Principal,
    PrincipalType,
    QueryId,
    Share,
    Slot,
)
from shared.domain.periods import FiscalLabel, Period
from shared.queries.arguments import Arguments

# The column of each measure's rollup query.
_QUERY: Final = {slot: f"query_{slot}" for slot in Slot}
_JSON_NAMES: Final = frozenset({"true", "false", "null"})

# An absent condition is null, and holds for every goal.
_MATCHING = """
WHERE thing.id > $1
    AND ($3::text IS NULL OR metric_id = $3)
    AND ($4::text IS NULL OR parent_id = $4)
    AND ($5::text IS NULL OR (owner_type = $5 AND owner_id = $6))
    AND ($7::text IS NULL OR strpos(lower(title), lower($7)) > 0)
    AND ($8::text IS NULL OR manager_id = $8)
    AND ($9::text IS NULL OR state = $9)
"""
_MATCHING_VALUES: Final = 9
_PAGE = "ORDER BY thing.id LIMIT $2"
_CHILDREN = "WHERE parent_id = $1 ORDER BY thing.id"
# UNION, not UNION ALL: these end even if the rows went in circles.
_BELOW = """
WHERE thing.id IN (
    WITH RECURSIVE below AS (
        SELECT id FROM goals.goal WHERE parent_id = $1
        UNION
        SELECT child.id
        FROM below JOIN goals.goal AS child ON child.parent_id = below.id
    )
    SELECT id FROM below
)
"""
_WITH_DESCENDANTS = """
WHERE thing.id IN (
    WITH RECURSIVE below AS (
        SELECT id FROM goals.goal WHERE id = ANY($1::text[])
        UNION
        SELECT child.id
        FROM below JOIN goals.goal AS child ON child.parent_id = below.id
    )
    SELECT id FROM below
)
ORDER BY thing.id
"""
_WITH_QUERY = """
WHERE (query_actual = $1 OR query_in_progress = $1 OR query_custom = $1)
  AND thing.id > $2
  AND {visible}
ORDER BY thing.id
LIMIT $3
"""
_WITH_QUERY_VALUES: Final = 3
_ENDING = "WHERE metric_id = $1 AND period_end = $2 ORDER BY thing.id"
_DESCENDANTS = f"{_BELOW} ORDER BY thing.id"
_FIRST_CLOSED_BELOW = f"{_BELOW} AND state <> 'open' ORDER BY thing.id LIMIT 1"
_HEIGHT = """
WITH RECURSIVE below AS (
    SELECT id, 0 AS level FROM goals.goal WHERE id = $1
    UNION
    SELECT child.id, below.level + 1
    FROM below JOIN goals.goal AS child ON child.parent_id = below.id
)
SELECT coalesce(max(level), 0) FROM below
"""
_SHARES = """
coalesce(
    (
        SELECT jsonb_agg(
            jsonb_build_object(
                'type', principal_type, 'id', principal_id, 'rights', rights
            )
            ORDER BY principal_type, principal_id
        )
        FROM goals.goal_share WHERE goal_id = thing.id
    ),
    '[]'
) AS shared_with
"""
_DELETE_SHARES = "DELETE FROM goals.goal_share WHERE goal_id = ANY($1::text[])"
# The rights of a row as one text, because unnest would flatten arrays of arrays.
_INSERT_SHARES = """
INSERT INTO goals.goal_share (goal_id, principal_type, principal_id, rights)
SELECT goal_id, principal_type, principal_id, string_to_array(rights, ' ')
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS given (goal_id, principal_type, principal_id, rights)
"""

_encode = msgspec.json.Encoder().encode
_decode_attributes = msgspec.json.Decoder(dict[str, GoalAttribute]).decode
_decode_shares = msgspec.json.Decoder(tuple[Share, ...]).decode

_decode_override = msgspec.json.Decoder(Override).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalFilter:
    """Which goals a list shows."""

    metric_id: str | None = None
    parent_id: str | None = None
    root: bool | None = None
    owner: Principal | None = None
    manager_id: str | None = None
    # Names and values, as text: a truth value or null is found by its name in JSON.
    attributes: Sequence[tuple[str, str]] = ()
    # A part of the title, in capitals or not.
    words: str | None = None
    state: GoalState | None = None


class Goals(Tree[Goal, GoalId]):
    """What can be read and written of goals."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _GOALS, parent="parent_id")

    async def matching(
        self, wanted: GoalFilter, after: str, limit: int, rights: Rights
    ) -> Sequence[Goal]:
        """Return the next goals of a list in the order of their ids.

        A goal whose parent the caller may not read is a root to him.
        """
        owner = wanted.owner
        asked = Arguments(start=_MATCHING_VALUES + 1)
        readable = visible(rights, asked)
        above = f"""EXISTS (
            SELECT FROM goals.goal AS parent
            WHERE parent.id = thing.parent_id
            AND {visible(rights, asked, goal="parent")}
        )"""
        conditions = [_MATCHING, f"AND {readable}"]
        if wanted.parent_id is not None:
            conditions.append(f"AND {above}")
        if wanted.root is not None:
            conditions.append(f"AND {'NOT ' if wanted.root else ''}{above}")
        if wanted.attributes:
            path = asked.add(_path_of(wanted.attributes), "text")
            conditions.append(f"AND thing.attributes @@ {path}::jsonpath")
        return await self._things(
            " ".join([*conditions, _PAGE]),
            after,
            limit,
            wanted.metric_id,
            wanted.parent_id,
            None if owner is None else owner.type,
            None if owner is None else owner.id,
            wanted.words,
            wanted.manager_id,
            wanted.state,
            *asked.values,
        )

    @override
    async def insert(self, things: Sequence[Goal]) -> Sequence[Goal]:
        stored = await super().insert(things)
        await self._insert_shares(things)
        return stored

    @override
    async def update(self, things: Sequence[Goal]) -> Sequence[Goal]:
        stored = await super().update(things)
        await self.connection.execute(_DELETE_SHARES, [goal.id for goal in things])
        await self._insert_shares(things)
        return stored

    async def children(self, goal_id: GoalId) -> Sequence[Goal]:
        """Return the goals right under one."""
        return await self._things(_CHILDREN, goal_id)

    async def descendants(self, goal_id: GoalId) -> Sequence[Goal]:
        """Return all goals under one, however deep."""
        return await self._things(_DESCENDANTS, goal_id)

    async def ending(self, metric_id: MetricId, day: date) -> Sequence[Goal]:
        """Return the goals of a metric whose period ends on a day."""
        return await self._things(_ENDING, metric_id, day)

    async def with_query(
        self, query_id: QueryId, after: str, limit: int, rights: Rights
    ) -> Sequence[Goal]:
        """Return the next goals that a query narrows, in the order of their ids."""
        asked = Arguments(start=_WITH_QUERY_VALUES + 1)
        return await self._things(
            _WITH_QUERY.format(visible=visible(rights, asked)),
            query_id,
            after,
            limit,
            *asked.values,
        )

    async def with_descendants(self, ids: Collection[GoalId]) -> Sequence[Goal]:
        """Return those of these goals that exist, and all goals under them."""
        return await self._things(_WITH_DESCENDANTS, list(ids))

    async def first_closed_below(self, goal_id: GoalId) -> Goal | None:
        """Return the first goal under one, however deep, that is not open."""
        return next(iter(await self._things(_FIRST_CLOSED_BELOW, goal_id)), None)

    async def height(self, goal_id: GoalId) -> int:
        """Return how many levels lie below the goal."""
        height: int = await self.connection.fetchval(_HEIGHT, goal_id)
        return height

    async def _insert_shares(self, goals: Sequence[Goal]) -> None:
        shares = [(goal.id, share) for goal in goals for share in goal.shared_with]
        if shares:
            await self.connection.execute(
                _INSERT_SHARES,
                [goal_id for goal_id, _ in shares],
                [share.type for _, share in shares],
                [share.id for _, share in shares],
                [" ".join(share.rights) for _, share in shares],
            )


def _path_of(conditions: Sequence[tuple[str, str]]) -> str:
    """Return what a goal's attributes must satisfy, as PostgreSQL's path language."""
    return " && ".join(_equality(name, value) for name, value in conditions)


def _equality(name: str, value: str) -> str:
    # Texts of that language are written as those of JSON are.
    attribute = f"$.{json.dumps(name)}"
    texts = [json.dumps(value)]
    if value in _JSON_NAMES:
        texts.append(value)
    return "(" + " || ".join(f"{attribute} == {text}" for text in texts) + ")"


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _label(row: asyncpg.Record) -> FiscalLabel | None:
    if row["fiscal_year"] is None:
        return None
    return FiscalLabel(year=row["fiscal_year"], code=row["fiscal_period"])


def _fiscal_year(goal: Goal) -> int | None:
    return None if goal.period.fiscal is None else goal.period.fiscal.year


def _fiscal_period(goal: Goal) -> int | None:
    return None if goal.period.fiscal is None else goal.period.fiscal.code


def _encoded_override(goal: Goal) -> str | None:
    if goal.override is None:
        return None
    return msgspec.json.encode(goal.override).decode()


def _override(text: str | None) -> Override | None:
    return None if text is None else _decode_override(text)


def _queries(row: asyncpg.Record) -> Mapping[Slot, QueryId]:
    return {
        slot: QueryId(row[name])
        for slot, name in _QUERY.items()
        if row[name] is not None
    }


def _query_for(slot: Slot) -> Callable[[Goal], str | None]:
    return lambda goal: goal.queries.get(slot)


def _goal(row: asyncpg.Record) -> Goal:
    return Goal(
        number=GoalNumber(row["number"]),
        id=GoalId(row["id"]),
        version=row["version"],
        title=row["title"],
        metric_id=MetricId(row["metric_id"]),
        owner=Principal(PrincipalType(row["owner_type"]), row["owner_id"]),
        manager_id=row["manager_id"],
        parent_id=row["parent_id"],
        period=Period(
            start=row["period_start"],
            end=row["period_end"],
            time_zone=row["time_zone"],
            fiscal=_label(row),
        ),
        target=_text(row["target"]),
        stretch_target=_text(row["stretch_target"]),
        owner_records_only=row["owner_records_only"],
        rollup_only_from_children=row["rollup_only_from_children"],
        include_team_members=row["include_team_members"],
        queries=_queries(row),
        override=_override(row["override"]),
        attributes=_decode_attributes(row["attributes"]),
        shared_with=_decode_shares(row["shared_with"]),
        cloned_from=row["cloned_from"],
        state=GoalState(row["state"]),
    )


_GOALS: Final[Shape[Goal]] = Shape(
    table="goals.goal",
    columns=(
        Column("title", "text", lambda goal: goal.title),
        Column("metric_id", "text", lambda goal: goal.metric_id),
        Column("owner_type", "text", lambda goal: goal.owner.type),
        Column("owner_id", "text", lambda goal: goal.owner.id),
        Column("manager_id", "text", lambda goal: goal.manager_id),
        Column("parent_id", "text", lambda goal: goal.parent_id),
        Column("period_start", "date", lambda goal: goal.period.start),
        Column("period_end", "date", lambda goal: goal.period.end),
        Column("time_zone", "text", lambda goal: goal.period.time_zone),
        Column("fiscal_year", "integer", _fiscal_year),
        Column("fiscal_period", "integer", _fiscal_period),
        Column("target", "numeric", lambda goal: _number(goal.target)),
        Column("stretch_target", "numeric", lambda goal: _number(goal.stretch_target)),
        Column("owner_records_only", "boolean", lambda goal: goal.owner_records_only),
        Column(
            "rollup_only_from_children",
            "boolean",
            lambda goal: goal.rollup_only_from_children,
        ),
        Column(
            "include_team_members", "boolean", lambda goal: goal.include_team_members
        ),
        Column("override", "jsonb", _encoded_override),
        Column("attributes", "jsonb", lambda goal: _encode(goal.attributes).decode()),
        Column("cloned_from", "text", lambda goal: goal.cloned_from),
        Column("state", "text", lambda goal: goal.state),
        *(Column(name, "text", _query_for(slot)) for slot, name in _QUERY.items()),
    ),
    derived=(_SHARES,),
    generated=("version", "number"),
    thing=_goal,
)
