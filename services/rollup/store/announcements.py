"""What is to be announced, until the broker has acknowledged it.

A climb writes its announcements in the statement that ends it (`totals.finish_climb`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.rollup.store.causes import causes_text, decode_causes
from shared.domain.goals import GoalId, GoalNumber
from shared.plumbing.postgres import Connection


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


_NEXT_REVISION = "SELECT nextval('rollup.revision')"

_ANNOUNCE = """
INSERT INTO rollup.announcement
    (id, tree_group, numbers, gone_ids, causes, after_groups)
VALUES ($1, $2, $3, $4, $5::jsonb, $6)
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

_GROUPS_OF = """
SELECT number, tree_group
FROM rollup.goal
WHERE id = ANY($1::text[]) AND NOT gone
ORDER BY number
"""


async def next_revision(connection: Connection) -> int:
    """Return a number greater than all that goals were announced with before."""
    revision: int = await connection.fetchval(_NEXT_REVISION)
    return revision


async def announce(connection: Connection, one: Announcement) -> None:
    """Write down what must be published."""
    await connection.execute(
        _ANNOUNCE,
        one.id,
        one.group,
        one.numbers,
        one.gone_ids,
        causes_text(one.named, one.traces),
        one.after_groups,
    )


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
            named=decode_causes(row["causes"]).named,
            traces=decode_causes(row["causes"]).traces,
            after_groups=row["after_groups"],
        )
        for row in rows
    ]


async def groups_naming(
    connection: Connection, goal_ids: Sequence[GoalId]
) -> list[int]:
    """Return the groups that still have to say that one of these ids is gone."""
    return [row[0] for row in await connection.fetch(_GROUPS_NAMING, goal_ids)]


async def announce_again(connection: Connection, goal_ids: Sequence[str]) -> list[int]:
    """Write down that goals must be published once more; return their groups.

    An id that no goal has now is left: its empty value carries no revision to compare.
    """
    rows = await connection.fetch(_GROUPS_OF, goal_ids)
    groups: dict[int, list[GoalNumber]] = {}
    for row in rows:
        groups.setdefault(row["tree_group"], []).append(row["number"])
    await announce_as_they_are(connection, groups)
    return sorted(groups)


async def announce_as_they_are(
    connection: Connection, goals: Mapping[int, Sequence[GoalNumber]]
) -> None:
    """Write down, group by group, that goals must be published though none moved."""
    for group, numbers in sorted(goals.items()):
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
