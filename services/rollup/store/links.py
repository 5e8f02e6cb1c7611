"""Which records depend on which others, and taking both at once."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from services.rollup.store.records import READ_COLUMNS, StoredRecord, stored_record
from shared.plumbing.postgres import Connection

_MARK = "SAVEPOINT before_records"
# Locks that were taken since then are given back too.
_RETURN_TO_MARK = "ROLLBACK TO SAVEPOINT before_records"

_LOCK = f"""
SELECT {READ_COLUMNS} FROM rollup.lock_linked($1::text[], $2::text[], $3::text[])
"""

# With all that each of them depends on: it is looked at as a whole.
_DEPENDANTS = """
SELECT link.parent, link.child, ARRAY(
    SELECT other.parent FROM rollup.link AS other WHERE other.child = link.child
)
FROM rollup.link
WHERE link.parent = ANY($1::text[])
ORDER BY link.parent, link.child
LIMIT $2
"""

_WITH_DEPENDANTS = """
SELECT asked.parent
FROM unnest($1::text[]) AS asked (parent)
WHERE EXISTS (SELECT FROM rollup.link WHERE link.parent = asked.parent)
ORDER BY asked.parent COLLATE "C"
"""

# A page of what depends on some records, in key order. Nothing is locked yet.
_NEXT_DEPENDANTS = f"""
SELECT {READ_COLUMNS}
FROM rollup.record
WHERE key IN (
    SELECT DISTINCT link.child
    FROM rollup.link
    WHERE link.parent = ANY($1::text[]) AND link.child > $2
    ORDER BY link.child
    LIMIT $3
)
ORDER BY key
"""

# The children are locked, so nobody else writes their edges.
_WRITE = """
WITH wanted AS (
    SELECT parent, child
    FROM unnest($2::text[], $3::text[]) AS wanted (parent, child)
), cut AS (
    DELETE FROM rollup.link
    WHERE link.child = ANY($1::text[])
      AND NOT EXISTS (
          SELECT FROM wanted
          WHERE wanted.parent = link.parent AND wanted.child = link.child
      )
)
INSERT INTO rollup.link (parent, child)
SELECT parent, child FROM wanted
-- Most stand there already.
ON CONFLICT (parent, child) DO NOTHING
"""


@dataclass(slots=True)
class Dependants:
    """What depends on some records."""

    # By the dependant's key: on which of those records it depends.
    causes: dict[str, list[str]] = field(default_factory=dict)
    # All that dependants depend on.
    parents: set[str] = field(default_factory=set)
    # Records that are left out, since too many depend on them all together.
    left_out: list[str] = field(default_factory=list)


async def mark(connection: Connection) -> None:
    """Remember where the transaction stands before it takes records."""
    await connection.execute(_MARK)


async def return_to_mark(connection: Connection) -> None:
    """Give back what was taken since `mark`."""
    await connection.execute(_RETURN_TO_MARK)


async def lock(
    connection: Connection,
    *,
    written: AbstractSet[str],
    read: AbstractSet[str],
    placeholders: AbstractSet[str],
) -> dict[str, StoredRecord]:
    """Lock records to write them or to read them; see the function of the database."""
    rows = await connection.fetch(
        _LOCK, sorted(written), sorted(read), sorted(placeholders)
    )
    return {row["key"]: stored_record(row) for row in rows}


async def dependants_of(
    connection: Connection, keys: Sequence[str], *, limit: int
) -> Dependants:
    """Return what depends on these records, `limit` dependants at most."""
    found = Dependants()
    if not keys:
        return found
    rows = await connection.fetch(_DEPENDANTS, keys, limit + 1)
    if len(rows) > limit:
        # Not all of the last one's may be here.
        last = rows[-1][0]
        rows = [row for row in rows if row[0] < last]
        late = [key for key in keys if key >= last]
        found.left_out = [
            row[0] for row in await connection.fetch(_WITH_DEPENDANTS, late)
        ]
    for parent, child, parents in rows:
        found.causes.setdefault(child, []).append(parent)
        found.parents.update(parents)
    return found


async def next_dependants(
    connection: Connection, parents: Sequence[str], *, after: str, limit: int
) -> list[StoredRecord]:
    """Return the next records that depend on these; they are not locked."""
    rows = await connection.fetch(_NEXT_DEPENDANTS, parents, after, limit)
    return [stored_record(row) for row in rows]


async def write(
    connection: Connection, parents_by_child: Mapping[str, AbstractSet[str]]
) -> None:
    """Note on which records each of some locked ones depends, and on no other."""
    if not parents_by_child:
        return
    edges = [
        (parent, child)
        for child, parents in sorted(parents_by_child.items())
        for parent in sorted(parents)
    ]
    await connection.execute(
        _WRITE,
        list(parents_by_child),
        [parent for parent, _ in edges],
        [child for _, child in edges],
    )
