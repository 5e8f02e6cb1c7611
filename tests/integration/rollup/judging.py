"""The invariants of the totals as plain SQL, sharing nothing with the engine."""

import asyncpg

# Own value + pending + deltas that wait = the sum of stored contributions, for each
# rollup field of each goal that exists; in one statement, so in one snapshot.
NOT_CONSERVED = """
WITH stored AS (
    SELECT slot / 8 AS number, slot % 8 / 2 AS field,
           sum(amount * CASE slot % 2 WHEN 1 THEN 10::numeric ^ 18 ELSE 1 END) AS amount
    FROM rollup.record, unnest(slots, amounts) AS one (slot, amount)
    GROUP BY 1, 2
), waiting AS (
    SELECT slot / 8 AS number, slot % 8 / 2 AS field,
           sum(amount * CASE slot % 2 WHEN 1 THEN 10::numeric ^ 18 ELSE 1 END) AS amount
    FROM rollup.delta, unnest(slots, amounts) AS one (slot, amount)
    GROUP BY 1, 2
), known AS (
    SELECT number, field, own, pending
    FROM rollup.total, LATERAL (VALUES
        (0, own_actual, pending_actual),
        (1, own_in_progress, pending_in_progress),
        (2, own_custom, pending_custom)
    ) AS one (field, own, pending)
)
SELECT goal.id, known.field, known.own, known.pending,
       coalesce(waiting.amount, 0) AS waiting, coalesce(stored.amount, 0) AS stored
FROM known
JOIN rollup.goal ON goal.number = known.number AND NOT goal.gone
LEFT JOIN stored ON stored.number = known.number AND stored.field = known.field
LEFT JOIN waiting ON waiting.number = known.number AND waiting.field = known.field
WHERE known.own + known.pending + coalesce(waiting.amount, 0)
    <> coalesce(stored.amount, 0)
"""

# Computed = own + what the children show; and the same for what still computes.
NOT_ADDING_UP = """
WITH child AS (
    SELECT goal.parent_number AS number,
           sum(coalesce(total.held_actual, total.computed_actual)) AS actual,
           sum(coalesce(total.held_in_progress, total.computed_in_progress))
               AS in_progress,
           sum(coalesce(total.held_custom, total.computed_custom)) AS custom,
           sum(total.computing) AS computing
    FROM rollup.goal JOIN rollup.total USING (number)
    WHERE NOT goal.gone AND goal.parent_number IS NOT NULL
    GROUP BY 1
)
SELECT goal.id, total.*, child.*
FROM rollup.goal
JOIN rollup.total USING (number)
LEFT JOIN child USING (number)
WHERE NOT goal.gone AND (
    total.computed_actual <> total.own_actual + coalesce(child.actual, 0)
    OR total.computed_in_progress
        <> total.own_in_progress + coalesce(child.in_progress, 0)
    OR total.computed_custom <> total.own_custom + coalesce(child.custom, 0)
    OR total.computing <> coalesce(child.computing, 0)
        + CASE WHEN goal.rederivation_id IS NULL THEN 0 ELSE 1 END
)
"""

# A goal holds values exactly if it says that it is locked, written over or frozen, or
# that its sum is too large.
NOT_HELD = """
SELECT goal.id, goal.locked, goal.written, total.held_actual
FROM rollup.goal
JOIN rollup.total USING (number)
WHERE NOT goal.gone AND (
    (
        goal.locked OR goal.written OR goal.frozen
        OR coalesce(goal.error = 'total_overflow', false)
    ) <> (total.held_actual IS NOT NULL)
    OR (goal.locked AND goal.written)
)
"""

# Each goal's place: tree, depth and group follow from the parents alone.
MISPLACED = """
WITH RECURSIVE placed AS (
    SELECT number, number AS tree, 0 AS depth
    FROM rollup.goal WHERE parent_number IS NULL AND NOT gone
    UNION ALL
    SELECT goal.number, placed.tree, placed.depth + 1
    FROM rollup.goal JOIN placed ON goal.parent_number = placed.number
    WHERE NOT goal.gone
)
SELECT goal.id, goal.tree_number, goal.depth, goal.tree_group, placed.tree, placed.depth
FROM rollup.goal LEFT JOIN placed USING (number)
WHERE NOT goal.gone AND (
    placed.tree IS DISTINCT FROM goal.tree_number
    OR placed.depth IS DISTINCT FROM goal.depth
    OR goal.tree_group <> goal.tree_number % 16
)
"""

# A tree shows one definition, whatever becomes of its goals; while that is not the
# newest one, all of it ends with one word.
MIXED = """
SELECT root.id, count(*)
FROM rollup.goal
JOIN rollup.goal AS root ON root.number = goal.tree_number
JOIN rollup_published.goal AS shown ON shown.number = goal.number
WHERE NOT goal.gone
GROUP BY root.id
HAVING count(DISTINCT (
    shown.definition -> 'metric_id', shown.definition #> '{period,start}',
    shown.definition #> '{period,end}', shown.definition #> '{period,time_zone}',
    shown.rollup_fields, shown.metric_kind, shown.data_type, shown.decimals
)) > 1
    OR bool_or(goal.made_under IS NOT NULL)
    AND count(DISTINCT coalesce(goal.rederivation_id, 0)) > 1
    OR bool_or(goal.made_under IS NOT NULL AND goal.rederivation_id IS NULL)
"""

# Every goal that exists has numbers, and no other.
NUMBERLESS = """
SELECT number FROM rollup.goal FULL JOIN rollup.total USING (number)
WHERE (goal.number IS NULL OR goal.gone) <> (total.number IS NULL)
"""

SHOWN = """
SELECT goal.id,
       coalesce(total.held_actual, total.computed_actual),
       coalesce(total.held_in_progress, total.computed_in_progress),
       coalesce(total.held_custom, total.computed_custom)
FROM rollup.goal JOIN rollup.total USING (number)
WHERE NOT goal.gone
"""

OWN = """
SELECT goal.id, total.own_actual, total.own_in_progress, total.own_custom
FROM rollup.goal JOIN rollup.total USING (number)
WHERE NOT goal.gone
"""

Numbers = dict[str, tuple[int, int, int]]


async def broken_invariants(connection: asyncpg.Connection) -> dict[str, object]:
    """Return every invariant that does not hold, with the rows that break it."""
    found: dict[str, object] = {}
    for name, statement in (
        ("conservation", NOT_CONSERVED),
        ("holding", NOT_HELD),
        ("tree adds up", NOT_ADDING_UP),
        ("places", MISPLACED),
        ("numbers", NUMBERLESS),
        ("one definition a tree", MIXED),
    ):
        rows = await connection.fetch(statement)
        if rows:
            found[name] = [dict(row) for row in rows]
    return found


async def judge(url: str) -> None:
    """Fail unless all invariants hold in the database now."""
    connection = await asyncpg.connect(url)
    try:
        assert await broken_invariants(connection) == {}
    finally:
        await connection.close()


async def numbers(url: str, statement: str = SHOWN) -> Numbers:
    """Return the three numbers of each goal, by id."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(statement)
    finally:
        await connection.close()
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}
