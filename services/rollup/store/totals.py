"""Totals of goals, and the deltas that wait for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from services.rollup.domain.ancestry import Movements, Triple
from services.rollup.domain.latencies import Arrivals
from services.rollup.domain.made_under import MadeUnder
from services.rollup.store.causes import causes_text, decode_causes
from services.rollup.store.codec import array_literal, decode
from services.rollup.store.made_under import made_under_of
from shared.domain.goals import GoalId, GoalNumber
from shared.plumbing.postgres import Connection


@dataclass(slots=True)
class Waiting:
    """All deltas of some groups that were visible together."""

    deltas: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    named: dict[int, list[str]] = field(default_factory=dict)
    traces: dict[int, str] = field(default_factory=dict)
    # When the records of these batches came to Kafka.
    arrivals: list[Arrivals] = field(default_factory=list)
    # Re-derivations that have read all their records, by group.
    done: dict[int, set[int]] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    # Of the definitions, when the deltas were read.
    revision: int = 0
    # A goal of these groups may be being re-derived: there is a job that is not done,
    # or one whose last row waits here.
    rederiving: bool = False


class Total(NamedTuple):
    """The numbers of a goal that others see, in units; a climb makes thousands."""

    number: GoalNumber
    shown: Triple
    computing: bool
    revision: int
    updated_at: datetime


# All that is visible now; what is committed later waits for the next climb. If there is
# nothing, one row says under which definitions.
_READ_DELTAS = """
SELECT definitions.revision,
       EXISTS (SELECT FROM rollup.rederivation) AS rederiving,
       id, tree_group, slots, amounts, causes, rederivation_id
FROM rollup.definitions
LEFT JOIN rollup.delta ON tree_group = ANY($1::smallint[])
"""

_EXCESS_OF_HELD = """
SELECT number, held_actual - computed_actual,
       held_in_progress - computed_in_progress, held_custom - computed_custom
FROM rollup.total
WHERE number = ANY($1::bigint[]) AND held_actual IS NOT NULL
"""

_PENDING_OF_GROUPS = """
SELECT number, pending_actual, pending_in_progress, pending_custom
FROM rollup.total
JOIN rollup.goal USING (number)
WHERE tree_group = ANY($1::smallint[]) AND NOT gone AND rederivation_id IS NULL
  AND (pending_actual, pending_in_progress, pending_custom) <> (0, 0, 0)
"""

_PENDING = """
SELECT number, pending_actual, pending_in_progress, pending_custom
FROM rollup.total
WHERE number = ANY($1::bigint[])
"""

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
    updated_at = $9
    {and_set}
FROM unnest(
    $1::text::bigint[], $2::text::{type}[], $3::text::{type}[],
    $4::text::{type}[], $5::text::{type}[], $6::text::{type}[],
    $7::text::{type}[], $8::text::integer[] {and_columns}
) AS move (
    number, own_actual, own_in_progress, own_custom, computed_actual,
    computed_in_progress, computed_custom, computing {and_names}
)
{and_join}
WHERE total.number = move.number
"""

# How every climb ends: its deltas go, and what Kafka has acknowledged meanwhile; each
# group that moved gets its revision, its goals move, and what is to be published is
# written down. Whether something of a group went before and is not on its way yet,
# this answers too. If the definitions are not those that the sums were made under,
# nothing happens: had they changed between this snapshot and the lock, it would show
# in the revision, which is read once the lock is ours.
_FINISH_CLIMB = """
WITH guard AS MATERIALIZED (
    SELECT rollup.share_definitions() = $15 AS holds
), taken AS (
    DELETE FROM rollup.delta USING guard
    WHERE guard.holds AND delta.id = ANY($16::bigint[])
), forgotten AS (
    DELETE FROM rollup.announcement USING guard
    WHERE guard.holds AND announcement.id = ANY($17::bigint[])
), revision AS MATERIALIZED (
    SELECT tree_group, nextval('rollup.revision') AS id
    FROM unnest($11::smallint[]) AS moving (tree_group), guard
    WHERE guard.holds
), moved AS (
    {move}
    RETURNING total.number,
              coalesce(total.held_actual, total.computed_actual)::text,
              coalesce(total.held_in_progress, total.computed_in_progress)::text,
              coalesce(total.held_custom, total.computed_custom)::text,
              total.computing > 0, total.revision
), announced AS (
    INSERT INTO rollup.announcement
        (id, tree_group, numbers, gone_ids, causes, after_groups)
    SELECT revision.id, news.tree_group, news.numbers::bigint[], '{{}}',
           news.causes::jsonb, '{{}}'
    FROM unnest($11::smallint[], $12::text[], $13::text[])
        AS news (tree_group, numbers, causes)
    JOIN revision ON revision.tree_group = news.tree_group
    RETURNING EXISTS (
        SELECT FROM rollup.announcement AS earlier
        WHERE earlier.tree_group = announcement.tree_group
          AND earlier.id < announcement.id
          AND earlier.id <> ALL($14::bigint[])
    ) AS is_behind
)
SELECT guard.holds, (SELECT bool_or(is_behind) FROM announced), moved.*
FROM guard
LEFT JOIN moved ON true
"""

_DROP_DELTAS = "DELETE FROM rollup.delta WHERE id = ANY($1::bigint[])"


def _move(amounts: str) -> str:
    return _MOVE.format(
        type=amounts, and_set="", and_columns="", and_names="", and_join=""
    )


def _finish_climb(amounts: str) -> str:
    move = _MOVE.format(
        type=amounts,
        and_set=", revision = revision.id",
        and_columns=", $10::text::smallint[]",
        and_names=", tree_group",
        and_join="JOIN revision ON revision.tree_group = move.tree_group",
    )
    return _FINISH_CLIMB.format(move=move)


_MOVE_SMALL = _move("bigint")
_MOVE_LARGE = _move("numeric")
_FINISH_CLIMB_SMALL = _finish_climb("bigint")
_FINISH_CLIMB_LARGE = _finish_climb("numeric")
# Of a movement, with the goal's number.
_COLUMNS: Final = 8
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

# What was written over a goal's values ends with the climb that moves what is computed.
_RELEASE = """
WITH released AS (
    UPDATE rollup.goal SET written = false WHERE number = ANY($1::bigint[])
)
UPDATE rollup.total
SET held_actual = NULL, held_in_progress = NULL, held_custom = NULL
WHERE number = ANY($1::bigint[])
"""

_HOLD_AS_SHOWN = """
UPDATE rollup.total
SET held_actual = coalesce(held_actual, computed_actual),
    held_in_progress = coalesce(held_in_progress, computed_in_progress),
    held_custom = coalesce(held_custom, computed_custom)
WHERE number = ANY($1::bigint[])
"""

_TOUCH = """
UPDATE rollup.total SET revision = $2, updated_at = $3 WHERE number = ANY($1::bigint[])
"""

_READ = """
SELECT total.number, coalesce(total.held_actual, total.computed_actual),
       coalesce(total.held_in_progress, total.computed_in_progress),
       coalesce(total.held_custom, total.computed_custom),
       total.computing > 0, total.revision, total.updated_at,
       goal.definition, metric.definition AS metric_definition,
       goal.made_under, goal.locked, goal.frozen, culprit.error,
       parent.id AS parent_id, root.id AS tree_id
FROM rollup.total
JOIN rollup.goal ON goal.number = total.number AND NOT goal.gone
JOIN rollup.goal AS root ON root.number = goal.tree_number
LEFT JOIN rollup.goal AS parent ON parent.number = goal.parent_number
LEFT JOIN rollup.goal AS culprit ON culprit.number = goal.error_number
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


async def read_deltas(connection: Connection, groups: Sequence[int]) -> Waiting:
    """Return all deltas of these groups that are visible now.

    Nobody takes them but the groups' climber, or who has the definitions alone.
    """
    rows = await connection.fetch(_READ_DELTAS, groups)
    waiting = Waiting(revision=rows[0]["revision"], rederiving=rows[0]["rederiving"])
    if rows[0]["id"] is None:
        return waiting
    for row in sorted(rows, key=lambda one: one["id"]):
        waiting.ids.append(row["id"])
        group = row["tree_group"]
        slots, amounts = decode(row["slots"], row["amounts"])
        waiting.deltas.setdefault(group, []).extend(zip(slots, amounts, strict=True))
        causes = decode_causes(row["causes"])
        for number, named in causes.named.items():
            waiting.named.setdefault(number, []).extend(named)
        waiting.traces.update(causes.traces)
        if causes.records:
            waiting.arrivals.append(Arrivals(causes.arrived, causes.records))
        if row["rederivation_id"] is not None:
            waiting.done.setdefault(group, set()).add(row["rederivation_id"])
            waiting.rederiving = True
    return waiting


async def drop_deltas(connection: Connection, waiting: Waiting) -> None:
    """Take away what was read; it is added up in the same transaction."""
    if waiting.ids:
        await connection.execute(_DROP_DELTAS, waiting.ids)


async def excess_of_held(
    connection: Connection, numbers: Sequence[GoalNumber]
) -> dict[GoalNumber, Triple]:
    """Return by how much what goals hold is more than what is computed."""
    rows = await connection.fetch(_EXCESS_OF_HELD, numbers)
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


async def pending(
    connection: Connection, numbers: Sequence[GoalNumber]
) -> dict[GoalNumber, Triple]:
    """Return what waits for goals while they are being re-derived."""
    rows = await connection.fetch(_PENDING, numbers)
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


async def hold_as_shown(connection: Connection, numbers: Sequence[GoalNumber]) -> None:
    """Let goals show on what they show now, whatever is computed."""
    await connection.execute(_HOLD_AS_SHOWN, numbers)


async def pending_of_groups(
    connection: Connection, groups: Sequence[int]
) -> dict[GoalNumber, Triple]:
    """Return what waits for its hour, of goals that are not being re-derived."""
    rows = await connection.fetch(_PENDING_OF_GROUPS, groups)
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


async def move(connection: Connection, movements: Movements, *, now: datetime) -> None:
    """Move the goals' numbers; whoever asked announces it."""
    await _move_pending(connection, movements)
    columns = _columns_of(movements)
    if columns[0]:
        await connection.execute(
            _MOVE_SMALL if _are_small(columns) else _MOVE_LARGE,
            *map(array_literal, columns),
            now,
        )
    # Not before: what is held may be held because the former sum was too large.
    await _release(connection, movements)


@dataclass(frozen=True, slots=True)
class News:
    """What a group's announcement says beside its goals."""

    numbers: Sequence[GoalNumber]
    named: Mapping[int, Sequence[str]]
    traces: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a climb ended."""

    # The goals that others see move, as they are now.
    moved: Sequence[Total]
    # Something that is not on its way to Kafka must be published before.
    behind_others: bool


async def finish_climb(
    connection: Connection,
    waiting: Waiting,
    movements: Movements,
    news: Mapping[int, News],
    *,
    on_its_way: Sequence[int],
    acknowledged: Sequence[int],
    now: datetime,
) -> Finished | None:
    """Take what was waiting, move the goals' numbers and announce them.

    Each group's goals get a new revision. If the definitions have changed since the
    deltas were read, nothing happens, and None is returned.
    """
    await _move_pending(connection, movements)
    # Before: what is returned is what the goals show then.
    await _release(connection, movements)
    columns = _columns_of(movements)
    group_of = {number: group for group, one in news.items() for number in one.numbers}
    groups = [group_of[GoalNumber(number)] for number in columns[0]]
    rows = await connection.fetch(
        _FINISH_CLIMB_SMALL if _are_small(columns) else _FINISH_CLIMB_LARGE,
        *map(array_literal, columns),
        now,
        array_literal(groups),
        list(news),
        [array_literal(one.numbers) for one in news.values()],
        [causes_text(one.named, one.traces) for one in news.values()],
        on_its_way,
        waiting.revision,
        waiting.ids,
        acknowledged,
    )
    if not rows[0][0]:
        return None
    return Finished(
        [
            Total(row[2], (int(row[3]), int(row[4]), int(row[5])), row[6], row[7], now)
            for row in rows
            if row[2] is not None
        ],
        bool(rows[0][1]),
    )


async def _move_pending(connection: Connection, movements: Movements) -> None:
    """Move what most climbs have nothing of; needs a transaction if there is any."""
    pending = [
        (number, one.pending)
        for number, one in sorted(movements.items())
        if any(one.pending)
    ]
    if pending:
        await connection.execute(
            _MOVE_PENDING,
            [number for number, _ in pending],
            *([amounts[index] for _, amounts in pending] for index in (0, 1, 2)),
        )


async def _release(connection: Connection, movements: Movements) -> None:
    """Let goals show what is computed; needs a transaction if there are any."""
    released = sorted(number for number, one in movements.items() if one.releases)
    if released:
        await connection.execute(_RELEASE, released)


def _columns_of(movements: Movements) -> list[tuple[int, ...]]:
    """Return what others see move, in the order of the goals, column by column."""
    moved = [
        (number, *one.own, *one.computed, one.computing)
        for number, one in sorted(movements.items())
        if one.shows
    ]
    return list(zip(*moved, strict=True)) or [()] * _COLUMNS


def _are_small(columns: Sequence[Sequence[int]]) -> bool:
    return all(
        max(one, default=0) < _SMALL and min(one, default=0) > -_SMALL
        for one in columns[1:7]
    )


def _total(row: asyncpg.Record) -> Total:
    return Total(
        row[0],
        (int(row[1]), int(row[2]), int(row[3])),
        row[4],
        row[5],
        row[6],
    )


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
    # What the numbers belong to, if that is not the definition.
    made_under: MadeUnder | None
    parent_id: GoalId | None
    tree_id: GoalId
    is_locked: bool
    is_frozen: bool
    # Its own, or that of a goal below it.
    error: str | None


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
            made_under_of(row["made_under"]),
            row["parent_id"],
            row["tree_id"],
            row["locked"],
            row["frozen"],
            row["error"],
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
