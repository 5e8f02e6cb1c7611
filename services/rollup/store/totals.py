"""Totals of goals, the deltas that wait for them, and what is to be announced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from services.rollup.domain.ancestry import Movements, Triple
from services.rollup.store.codec import array_literal, decode
from shared.domain.goals import GoalId, GoalNumber
from shared.plumbing.postgres import Connection


@dataclass(slots=True)
class Waiting:
    """All deltas of some groups that were visible together."""

    deltas: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    named: dict[int, list[str]] = field(default_factory=dict)
    traces: dict[int, str] = field(default_factory=dict)
    # Re-derivations that have read all their records, by group.
    done: dict[int, set[int]] = field(default_factory=dict)
    rows: int = 0


class Total(NamedTuple):
    """The numbers of a goal that others see, in units; a climb makes thousands."""

    number: GoalNumber
    computed: Triple
    computing: bool
    revision: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Goals whose newest state is to be published."""

    id: int
    group: int
    numbers: Sequence[GoalNumber]
    gone_ids: Sequence[GoalId]
    named: Mapping[int, Sequence[str]]
    traces: Mapping[int, str]
    after_groups: Sequence[int]


class _Causes(msgspec.Struct):
    named: dict[int, list[str]] = {}
    traces: dict[int, str] = {}


_decode_causes = msgspec.json.Decoder(_Causes).decode

# All that is visible now; what is committed later waits for the next climb.
_TAKE_DELTAS = """
DELETE FROM rollup.delta
WHERE tree_group = ANY($1::smallint[])
RETURNING id, tree_group, slots, amounts, causes, rederivation_id
"""

_PENDING = """
SELECT number, pending_actual, pending_in_progress, pending_custom
FROM rollup.total
WHERE number = ANY($1::bigint[])
"""

_NEXT_REVISION = "SELECT nextval('rollup.revision')"

# Only the climber of the group, or who has the definitions alone, gets here. Numbers
# are almost always small enough for bigint, which is several times as fast to send.
# What comes back is text, which is faster to read than numeric; what goes out is one
# text an array, because the driver looks at every element of a list three times.
_MOVE = """
UPDATE rollup.total AS total
SET own_actual = total.own_actual + move.own_actual,
    own_in_progress = total.own_in_progress + move.own_in_progress,
    own_custom = total.own_custom + move.own_custom,
    computed_actual = total.computed_actual + move.computed_actual,
    computed_in_progress = total.computed_in_progress + move.computed_in_progress,
    computed_custom = total.computed_custom + move.computed_custom,
    computing = total.computing + move.computing,
    revision = greatest(total.revision, move.revision),
    updated_at = $10
FROM unnest(
    $1::text::bigint[], $2::text::{type}[], $3::text::{type}[],
    $4::text::{type}[], $5::text::{type}[], $6::text::{type}[],
    $7::text::{type}[], $8::text::integer[], $9::text::bigint[]
) AS move (
    number, own_actual, own_in_progress, own_custom, computed_actual,
    computed_in_progress, computed_custom, computing, revision
)
WHERE total.number = move.number
RETURNING total.number, total.computed_actual::text,
          total.computed_in_progress::text, total.computed_custom::text,
          total.computing > 0, total.revision
"""
_MOVE_SMALL = _MOVE.format(type="bigint")
_MOVE_LARGE = _MOVE.format(type="numeric")
_SMALL: Final = 2**62

# Most climbs have nothing pending: a column that seldom moves is moved apart.
_MOVE_PENDING = """
UPDATE rollup.total AS total
SET pending_actual = total.pending_actual + move.actual,
    pending_in_progress = total.pending_in_progress + move.in_progress,
    pending_custom = total.pending_custom + move.custom
FROM unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::numeric[])
    AS move (number, actual, in_progress, custom)
WHERE total.number = move.number
"""

# Whether something of the group went before and is not out yet, this answers too.
_ANNOUNCE = """
INSERT INTO rollup.announcement
    (id, tree_group, numbers, gone_ids, causes, after_groups)
VALUES ($1, $2, $3, $4, $5::jsonb, $6)
RETURNING EXISTS (
    SELECT FROM rollup.announcement AS earlier
    WHERE earlier.tree_group = $2 AND earlier.id < $1
)
"""

_WITHDRAW = "DELETE FROM rollup.announcement WHERE id = ANY($1::bigint[])"

# In the order of their making; one waits while a group its goals came from has an
# earlier one that is not out, and so do those behind it, which may name the same goals.
_OUTSTANDING = """
SELECT id, tree_group, numbers, gone_ids, causes, after_groups
FROM rollup.announcement AS mine
WHERE tree_group = ANY($1::smallint[])
  AND NOT EXISTS (
      SELECT FROM rollup.announcement AS ahead
      JOIN rollup.announcement AS theirs
          ON theirs.tree_group = ANY(ahead.after_groups) AND theirs.id < ahead.id
      WHERE ahead.tree_group = mine.tree_group AND ahead.id <= mine.id
  )
ORDER BY id
LIMIT $2
"""

_GROUPS_NAMING = """
SELECT DISTINCT tree_group FROM rollup.announcement WHERE gone_ids && $1::text[]
"""

_TOUCH = """
UPDATE rollup.total SET revision = $2, updated_at = $3 WHERE number = ANY($1::bigint[])
"""

_READ = """
SELECT total.number, total.computed_actual, total.computed_in_progress,
       total.computed_custom, total.computing > 0, total.revision,
       total.updated_at, goal.definition, metric.definition AS metric_definition,
       parent.id AS parent_id, root.id AS tree_id
FROM rollup.total
JOIN rollup.goal ON goal.number = total.number AND NOT goal.gone
JOIN rollup.goal AS root ON root.number = goal.tree_number
LEFT JOIN rollup.goal AS parent ON parent.number = goal.parent_number
JOIN rollup.metric ON metric.id = goal.definition ->> 'metric_id'
WHERE total.number = ANY($1::bigint[])
"""

_LIVING = """
SELECT number FROM rollup.goal WHERE id = ANY($1::text[]) AND NOT gone
"""

_UPDATED_SINCE = """
SELECT total.number, goal.tree_group
FROM rollup.total
JOIN rollup.goal ON goal.number = total.number
WHERE goal.tree_group = ANY($1::smallint[])
  AND total.updated_at > now() - make_interval(secs => $2)
ORDER BY total.number
"""

_GROUPS_OF = """
SELECT number, tree_group
FROM rollup.goal
WHERE id = ANY($1::text[]) AND NOT gone
ORDER BY number
"""


async def take_deltas(connection: Connection, groups: Sequence[int]) -> Waiting:
    """Take all deltas of these groups that are visible now."""
    waiting = Waiting()
    rows = await connection.fetch(_TAKE_DELTAS, groups)
    waiting.rows = len(rows)
    for row in sorted(rows, key=lambda one: one["id"]):
        group = row["tree_group"]
        slots, amounts = decode(row["slots"], row["amounts"])
        waiting.deltas.setdefault(group, []).extend(zip(slots, amounts, strict=True))
        causes = _decode_causes(row["causes"])
        for number, named in causes.named.items():
            waiting.named.setdefault(number, []).extend(named)
        waiting.traces.update(causes.traces)
        if row["rederivation_id"] is not None:
            waiting.done.setdefault(group, set()).add(row["rederivation_id"])
    return waiting


async def pending(
    connection: Connection, numbers: Sequence[GoalNumber]
) -> dict[GoalNumber, Triple]:
    """Return what waits for goals while they are being re-derived."""
    rows = await connection.fetch(_PENDING, numbers)
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


async def next_revision(connection: Connection) -> int:
    """Return a number greater than all that goals were announced with before."""
    revision: int = await connection.fetchval(_NEXT_REVISION)
    return revision


async def move(
    connection: Connection,
    movements: Movements,
    *,
    revisions: Mapping[GoalNumber, int],
    now: datetime,
) -> list[Total]:
    """Move the goals' numbers; return them as they are then.

    A goal that is given no revision keeps the one it has: others see no change.
    """
    ordered = sorted(movements.items())
    pending = [(number, one.pending) for number, one in ordered if any(one.pending)]
    if pending:
        await connection.execute(
            _MOVE_PENDING,
            [number for number, _ in pending],
            *([amounts[index] for _, amounts in pending] for index in (0, 1, 2)),
        )
    moved = [
        (number, *one.own, *one.computed, one.computing, revisions.get(number, 0))
        for number, one in ordered
        if one.shows
    ]
    if not moved:
        return []
    columns = list(zip(*moved, strict=True))
    amounts = columns[1:7]
    small = all(max(one) < _SMALL and min(one) > -_SMALL for one in amounts)
    rows = await connection.fetch(
        _MOVE_SMALL if small else _MOVE_LARGE, *map(array_literal, columns), now
    )
    return [
        Total(row[0], (int(row[1]), int(row[2]), int(row[3])), row[4], row[5], now)
        for row in rows
    ]


def _total(row: asyncpg.Record) -> Total:
    return Total(
        row[0],
        (int(row[1]), int(row[2]), int(row[3])),
        row[4],
        row[5],
        row[6],
    )


async def announce(connection: Connection, one: Announcement) -> bool:
    """Write down what must be published; tell whether earlier ones still wait."""
    causes = {"named": one.named, "traces": one.traces}
    earlier: bool = await connection.fetchval(
        _ANNOUNCE,
        one.id,
        one.group,
        one.numbers,
        one.gone_ids,
        msgspec.json.encode(causes).decode(),
        one.after_groups,
    )
    return earlier


async def withdraw(connection: Connection, ids: Sequence[int]) -> None:
    """Forget announcements that the broker has acknowledged."""
    await connection.execute(_WITHDRAW, ids)


async def outstanding(
    connection: Connection, groups: Sequence[int], *, limit: int
) -> list[Announcement]:
    """Return what is committed and may be published now, oldest first."""
    rows = await connection.fetch(_OUTSTANDING, groups, limit)
    return [
        Announcement(
            id=row["id"],
            group=row["tree_group"],
            numbers=row["numbers"],
            gone_ids=row["gone_ids"],
            named=_decode_causes(row["causes"]).named,
            traces=_decode_causes(row["causes"]).traces,
            after_groups=row["after_groups"],
        )
        for row in rows
    ]


async def groups_naming(
    connection: Connection, goal_ids: Sequence[GoalId]
) -> list[int]:
    """Return the groups that still have to say that one of these ids is gone."""
    return [row[0] for row in await connection.fetch(_GROUPS_NAMING, goal_ids)]


async def touch(
    connection: Connection,
    numbers: Sequence[GoalNumber],
    *,
    revision: int,
    now: datetime,
) -> None:
    """Give goals a new revision though their numbers stay."""
    await connection.execute(_TOUCH, numbers, revision, now)


@dataclass(frozen=True, slots=True)
class Published:
    """A goal as it stands in the tables: numbers, definition and place."""

    total: Total
    definition: str
    metric_definition: str
    parent_id: GoalId | None
    tree_id: GoalId


async def read(
    connection: Connection, numbers: Sequence[GoalNumber]
) -> list[Published]:
    """Return the newest state of goals, from one snapshot."""
    rows: list[Any] = await connection.fetch(_READ, numbers)
    return [
        Published(
            _total(row),
            row["definition"],
            row["metric_definition"],
            row["parent_id"],
            row["tree_id"],
        )
        for row in rows
    ]


async def living(
    connection: Connection, goal_ids: Sequence[GoalId]
) -> list[GoalNumber]:
    """Return the goals that have these ids now."""
    return [row[0] for row in await connection.fetch(_LIVING, goal_ids)]


async def updated_since(
    connection: Connection, groups: Sequence[int], *, seconds: float
) -> dict[int, list[GoalNumber]]:
    """Return which goals of each group moved within the last seconds."""
    found: dict[int, list[GoalNumber]] = {}
    for row in await connection.fetch(_UPDATED_SINCE, groups, seconds):
        found.setdefault(row[1], []).append(row[0])
    return found


async def announce_again(connection: Connection, goal_ids: Sequence[str]) -> list[int]:
    """Write down that goals must be published once more; return their groups.

    An id that no goal has now is left: its empty value carries no revision to compare.
    """
    rows = await connection.fetch(_GROUPS_OF, goal_ids)
    groups: dict[int, list[GoalNumber]] = {}
    for row in rows:
        groups.setdefault(row["tree_group"], []).append(row["number"])
    for group, numbers in sorted(groups.items()):
        await announce(
            connection,
            Announcement(
                id=await next_revision(connection),
                group=group,
                numbers=numbers,
                gone_ids=(),
                named={},
                traces={},
                after_groups=(),
            ),
        )
    return sorted(groups)
