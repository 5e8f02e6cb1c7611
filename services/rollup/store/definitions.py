"""The applied copy of the definitions: read into memory, patched, written anew."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import asyncpg

from services.rollup.domain.definitions import Definitions, Outcome
from services.rollup.domain.forest import Forest
from services.rollup.domain.holding import Standing
from services.rollup.domain.made_under import MadeUnder
from services.rollup.domain.overflow import TOTAL_OVERFLOW
from services.rollup.store import directory, queries
from services.rollup.store.made_under import made_under_of, text_of
from shared.domain.goals import Goal, GoalId, GoalNumber, MetricId
from shared.messages.definitions import GoalDefinition, MetricDefinition
from shared.plumbing.postgres import Connection

# Any number that nothing else locks; the function share_definitions has it too.
_LOCK: Final = 7_221_102

# The stream takes the definitions lock in share mode, changes take it whole.
_SHARE = "SELECT rollup.share_definitions()"
_SEIZE = f"SELECT pg_advisory_xact_lock({_LOCK})"

_REVISION = "SELECT revision FROM rollup.definitions"

_METRICS_SINCE = """
SELECT id, definition, gone FROM rollup.metric WHERE revision > $1 ORDER BY id
"""
_GOALS_SINCE = """
SELECT number, id, definition, parent_number, gone, locked, written, frozen,
       override_number, error, error_number
FROM rollup.goal
WHERE revision > $1
ORDER BY number
"""

_STANDINGS = """
SELECT number, computed_actual, computed_in_progress, computed_custom, computing,
       held_actual, held_in_progress, held_custom, rolled_up_at IS NOT NULL
FROM rollup.total
JOIN rollup.goal USING (number)
WHERE number = ANY($1::bigint[])
"""

_UPSERT_METRIC = """
INSERT INTO rollup.metric (id, version, revision, definition, gone)
VALUES ($1, $2, $3, $4::jsonb, false)
-- A metric's id may be taken up again; the newest definition counts.
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, revision = excluded.revision,
    definition = excluded.definition, gone = false
"""
_RETIRE_METRIC = "UPDATE rollup.metric SET gone = true, revision = $2 WHERE id = $1"

# Gone first, so that an id that was taken up again is free.
_RETIRE_GOALS = """
UPDATE rollup.goal
SET gone = true, revision = $2, parent_number = NULL, rederivation_id = NULL,
    made_under = NULL, follows = false, freezes = false, error = NULL,
    error_number = NULL
WHERE number = ANY($1::bigint[])
"""
# A goal that came and went in one moment was never planted; it is known as gone too.
_NOTE_GONE = """
INSERT INTO rollup.goal (
    number, id, version, revision, definition, tree_number, tree_group, depth, gone,
    carried_entities
)
SELECT number, id, 0, $3, '{}', number, 0, 0, true, '{}'
FROM unnest($1::bigint[], $2::text[]) AS gone (number, id)
-- It was planted once, and its row says the same.
ON CONFLICT (number) DO NOTHING
"""
_DROP_TOTALS = "DELETE FROM rollup.total WHERE number = ANY($1::bigint[])"

_UPSERT_GOAL = """
INSERT INTO rollup.goal (
    number, id, version, revision, definition, parent_number, tree_number,
    tree_group, depth, carried_owners, carried_entities
)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11)
-- The goal is there already. What it carries is widened when it is re-derived.
ON CONFLICT (number) DO UPDATE
SET version = excluded.version, revision = excluded.revision,
    definition = excluded.definition, parent_number = excluded.parent_number,
    tree_number = excluded.tree_number, tree_group = excluded.tree_group,
    depth = excluded.depth
"""

_PLACE_GOAL = """
UPDATE rollup.goal
SET revision = $2, parent_number = $3, tree_number = $4, tree_group = $5, depth = $6
WHERE number = $1
"""

_NOTE_MADE_UNDER = """
UPDATE rollup.goal
SET made_under = noted.made_under::jsonb
FROM unnest($1::bigint[], $2::text[]) AS noted (number, made_under)
WHERE goal.number = noted.number
"""
# All that follow are looked at in each change, so these are all there are.
_FOLLOW = """
UPDATE rollup.goal
SET follows = number = ANY($1::bigint[]), freezes = number = ANY($2::bigint[])
WHERE follows OR number = ANY($1::bigint[])
"""

# What a frozen goal keeps of a record it keeps whoever owns that by now.
_HOLD = """
UPDATE rollup.goal
SET locked = $2, written = $3, frozen = $4, override_number = $5,
    carried_owners = CASE WHEN NOT $4 THEN carried_owners END
WHERE number = $1
"""

_JUDGE = """
UPDATE rollup.goal
SET error = judged.error, error_number = judged.error_number
FROM unnest($1::bigint[], $2::text[], $3::bigint[])
    AS judged (number, error, error_number)
WHERE goal.number = judged.number
"""

_INSERT_TOTAL = """
INSERT INTO rollup.total (number, revision, updated_at) VALUES ($1, $2, $3)
"""
_SET_STANDING = """
UPDATE rollup.total
SET computed_actual = $2, computed_in_progress = $3, computed_custom = $4,
    computing = $5, held_actual = $6, held_in_progress = $7, held_custom = $8
WHERE number = $1
"""

_SET_REVISION = "UPDATE rollup.definitions SET revision = $1"

_COMPUTING = """
SELECT number, rederivation_id
FROM rollup.goal
WHERE rederivation_id IS NOT NULL AND NOT gone AND tree_group = ANY($1::smallint[])
"""

_COMPUTING_AMONG = """
SELECT number
FROM rollup.goal
WHERE rederivation_id IS NOT NULL AND number = ANY($1::bigint[])
"""

# Only goals that are being re-derived have any, and those are found by their index.
_MADE_UNDER = """
SELECT number, made_under
FROM rollup.goal
WHERE made_under IS NOT NULL AND rederivation_id IS NOT NULL AND NOT gone
"""

# Those that follow are few or none: in their order, their own index finds them. One
# without a parent waits for its own tree only, one that freezes for its own records.
_MAY_FOLLOW = """
WITH following AS MATERIALIZED (
    SELECT definition ->> 'parent_id' AS parent_id, made_under,
           freezes AND total.computing > 0 AS moves
    FROM rollup.goal
    JOIN rollup.total USING (number)
    WHERE follows
    ORDER BY number
)
SELECT EXISTS (
    SELECT FROM following
    LEFT JOIN rollup.goal AS parent
        ON parent.id = following.parent_id AND NOT parent.gone
    WHERE following.made_under IS NULL AND parent.made_under IS NULL
      AND following.moves IS NOT TRUE
)
"""

_GONE_AMONG = """
SELECT number FROM rollup.goal WHERE gone AND number = ANY($1::bigint[])
"""


async def share(connection: Connection) -> int:
    """Keep definitions as they are until the transaction ends; return the revision.

    The revision is read in a later statement than the lock is taken in: only then
    does it show what was committed while we waited.
    """
    revision: int = await connection.fetchval(_SHARE)
    return revision


async def seize(connection: Connection) -> int:
    """Have the definitions alone until the transaction ends; return the revision."""
    await connection.execute(_SEIZE)
    revision: int = await connection.fetchval(_REVISION)
    return revision


async def bring_up_to_date(
    connection: Connection, definitions: Definitions, revision: int
) -> None:
    """Patch what is held in memory with all that changed since its revision."""
    since = definitions.revision
    metrics = await connection.fetch(_METRICS_SINCE, since)
    goals = await connection.fetch(_GOALS_SINCE, since)
    entries = await directory.since(connection, since)
    news = queries.announced_queries(await queries.since(connection, since))
    now, _ = await directory.clock(connection)
    # From here on nothing waits: whoever looks sees the old or the new, whole.
    forest = definitions.forest
    for row in goals:
        node = forest.nodes.get(row["number"])
        if node is not None:
            definitions.unindex_goal(node.goal)
            forest.detach(node.number)
    # All goals that count otherwise by this are in the patch too.
    definitions.take(directory.directory_news(entries), news)
    definitions.directory.look_at(now)
    for row in metrics:
        _patch_metric(definitions, row)
    for row in goals:
        _patch_goal(definitions, row)
    _patch_places(forest, goals)
    definitions.revision = revision


def _patch_metric(definitions: Definitions, row: asyncpg.Record) -> None:
    metric_id = MetricId(row["id"])
    # All goals of a changed metric are in the patch too, so none is indexed now.
    if row["gone"]:
        definitions.metrics.pop(metric_id, None)
    else:
        definition = MetricDefinition.model_validate_json(row["definition"])
        definitions.metrics[metric_id] = definition.as_metric()


def _patch_goal(definitions: Definitions, row: asyncpg.Record) -> None:
    number = GoalNumber(row["number"])
    forest = definitions.forest
    node = forest.nodes.get(number)
    if row["gone"]:
        if node is not None:
            for child in tuple(node.children):
                forest.detach(child)
            forest.fell(number)
        return
    goal = GoalDefinition.model_validate_json(row["definition"]).as_goal()
    if node is None:
        forest.plant(goal)
    else:
        node.goal = goal
        forest.numbers[goal.id] = number
    _patch_hold(forest, row)
    definitions.index_goal(goal)


def _patch_hold(forest: Forest, row: asyncpg.Record) -> None:
    number = GoalNumber(row["number"])
    forest.nodes[number].override_number = row["override_number"]
    for holding, holds in (
        (forest.locked, row["locked"]),
        (forest.written, row["written"]),
        (forest.frozen, row["frozen"]),
    ):
        if holds:
            holding.add(number)
        else:
            holding.discard(number)
    forest.errors.pop(number, None)
    forest.blamed.pop(number, None)
    if row["error"] is not None:
        forest.errors[number] = row["error"]
    if row["error"] == TOTAL_OVERFLOW:
        forest.overflown.add(number)
    else:
        forest.overflown.discard(number)
    if row["error_number"] is not None:
        forest.blamed[number] = row["error_number"]


def _patch_places(forest: Forest, rows: Sequence[asyncpg.Record]) -> None:
    present = [row for row in rows if not row["gone"]]
    for row in present:
        if row["parent_number"] is not None:
            forest.attach(row["number"], row["parent_number"])
    # Every goal of a moved subtree is among the rows; roots first settles the rest.
    for row in present:
        if forest.nodes[row["number"]].parent is None:
            forest.settle(row["number"])
    for row in present:
        node = forest.nodes[row["number"]]
        above = None if node.parent is None else forest.nodes[node.parent]
        if above is not None and (
            node.tree != above.tree or node.depth != above.depth + 1
        ):
            forest.settle(node.number)


async def standings(
    connection: Connection, numbers: Iterable[GoalNumber]
) -> dict[GoalNumber, Standing]:
    """Return what ancestors see of these goals."""
    rows = await connection.fetch(_STANDINGS, sorted(numbers))
    return {
        row[0]: Standing(
            [int(row[1]), int(row[2]), int(row[3])],
            row[4],
            None if row[5] is None else [int(row[5]), int(row[6]), int(row[7])],
            was_whole=row[8],
        )
        for row in rows
    }


async def computing(
    connection: Connection, groups: Sequence[int]
) -> dict[GoalNumber, int]:
    """Return the goals of some groups that are being re-derived, with the job."""
    return {row[0]: row[1] for row in await connection.fetch(_COMPUTING, groups)}


async def computing_among(
    connection: Connection, numbers: Iterable[GoalNumber]
) -> set[GoalNumber]:
    """Return which of these goals are being re-derived."""
    rows = await connection.fetch(_COMPUTING_AMONG, sorted(numbers))
    return {row[0] for row in rows}


async def made_under(connection: Connection) -> dict[GoalNumber, MadeUnder]:
    """Return what values were made under, wherever it is not the definition of now."""
    return {
        row[0]: under
        for row in await connection.fetch(_MADE_UNDER)
        if (under := made_under_of(row[1])) is not None
    }


async def may_follow(connection: Connection) -> bool:
    """Tell whether a goal that waits can be placed below its parent now."""
    may: bool = await connection.fetchval(_MAY_FOLLOW)
    return may


async def gone_among(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Return which of these goals were there and are gone."""
    return {row[0] for row in await connection.fetch(_GONE_AMONG, numbers)}


async def note_gone(
    connection: Connection, goals: Mapping[GoalNumber, GoalId], *, revision: int
) -> None:
    """Remember that goals are gone, so that no stale definition brings them back."""
    if goals:
        await connection.execute(
            _NOTE_GONE, list(goals), list(goals.values()), revision
        )


async def write_metrics(
    connection: Connection,
    *,
    metrics: Sequence[MetricDefinition],
    gone: Sequence[MetricId],
    revision: int,
) -> None:
    """Write metrics as they are now."""
    for metric in metrics:
        await connection.execute(
            _UPSERT_METRIC,
            metric.id,
            metric.version,
            revision,
            metric.model_dump_json(),
        )
    for metric_id in gone:
        await connection.execute(_RETIRE_METRIC, metric_id, revision)


async def write_outcome(
    connection: Connection,
    outcome: Outcome,
    *,
    definitions: Definitions,
    texts: Mapping[GoalId, GoalDefinition],
    changed: Mapping[GoalNumber, Standing],
    revision: int,
) -> None:
    """Write the goals' rows and the numbers that moved."""
    gone = sorted(outcome.gone)
    if gone:
        await connection.execute(_RETIRE_GOALS, gone, revision)
        await connection.execute(_DROP_TOTALS, gone)
    forest = definitions.forest
    defined: list[tuple[object, ...]] = []
    placed: list[tuple[object, ...]] = []
    for number in sorted(outcome.rewritten):
        node = forest.nodes[number]
        place = (node.parent, node.tree, node.group, node.depth)
        text = texts.get(node.goal.id)
        if text is None:
            placed.append((number, revision, *place))
            continue
        owners, entities = carried(definitions, node.goal)
        defined.append(
            (
                number,
                node.goal.id,
                text.version,
                revision,
                text.model_dump_json(),
                *place,
                owners,
                entities,
            )
        )
    await connection.executemany(_UPSERT_GOAL, defined)
    await connection.executemany(_PLACE_GOAL, placed)
    await connection.execute(
        _NOTE_MADE_UNDER,
        list(outcome.made_under),
        [text_of(one) for one in outcome.made_under.values()],
    )
    await connection.execute(
        _FOLLOW,
        sorted(outcome.following | outcome.freezing),
        sorted(outcome.freezing),
    )
    if outcome.judged:
        judged = sorted(outcome.judged)
        await connection.execute(
            _JUDGE,
            judged,
            [forest.errors.get(number) for number in judged],
            [forest.blamed.get(number) for number in judged],
        )
    await connection.executemany(
        _SET_STANDING,
        [
            (number, *one.computed, one.computing, *(one.held or (None, None, None)))
            for number, one in changed.items()
        ],
    )
    await connection.executemany(
        _HOLD,
        [
            (
                number,
                number in forest.locked,
                number in forest.written,
                number in forest.frozen,
                forest.nodes[number].override_number,
            )
            for number in sorted(outcome.held)
        ],
    )


async def insert_totals(
    connection: Connection, rows: Sequence[tuple[object, ...]]
) -> None:
    """Give new goals their numbers: zero everywhere."""
    await connection.executemany(_INSERT_TOTAL, rows)


def carried(
    definitions: Definitions, goal: Goal
) -> tuple[Sequence[str] | None, Sequence[str]]:
    """Return under whose ownership and of what entities a goal's records are."""
    metric = definitions.metrics.get(goal.metric_id)
    entities = (
        sorted({one.source_entity for one in metric.rollup_fields.values()})
        if metric
        else []
    )
    return definitions.directory.owners_of(goal), entities


async def set_revision(connection: Connection, revision: int) -> None:
    """Tell all processes that what they hold is old."""
    await connection.execute(_SET_REVISION, revision)
