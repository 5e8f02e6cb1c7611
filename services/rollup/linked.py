"""Taking records together with those they depend on, and those that depend on them.

What depends on a record is written in the transaction that changes it, so all of them
are locked first, in one order of keys (`rollup.lock_linked`). Which ones those are is
found before anything is locked, and looked up again afterwards: by then nobody can add
to them, for whoever makes a record depend on another keeps that one from changing. If
more have come meanwhile, everything is given back and taken once more.

The definitions stand still throughout. A record that was applied under former ones was
committed before these, and the re-derivation that they queued reads it and writes its
edges; so does whoever applies it from now on. Hence every record that a live field
counts through a link has its edge, or a job that is still to read it.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from services.rollup.domain.contributions import Contributions, Deltas
from services.rollup.domain.definitions import Definitions
from services.rollup.domain.links import NO_PARENTS, Links
from services.rollup.store import links as store
from services.rollup.store import records, rederivations
from services.rollup.store.links import Dependants
from services.rollup.store.records import StoredRecord
from services.rollup.store.rederivations import Rederivation
from shared.domain.records import Parents, Record
from shared.plumbing.postgres import Connection

# So many records at most are written because others have changed on which they depend;
# the rest is a job. A batch takes hardly longer then than without.
DEPENDANTS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Records that stand still until the transaction ends."""

    # As they stand in the table, placeholders too.
    records: Mapping[str, StoredRecord]
    dependants: Dependants

    def parents_beside(self, fresh: Mapping[str, Record]) -> Parents:
        """Return what others may depend on, once `fresh` stands in the table."""
        return {**self.records, **fresh}


@dataclass(slots=True)
class Followed:
    """What becomes of records because others have changed on which they depend."""

    # What they add now; the records themselves stay as they are.
    contributions: list[tuple[str, Contributions]] = field(default_factory=list)
    # Changed records on which too many depend: those are a job.
    left_over: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next records of a re-derivation, locked, with those they depend on."""

    records: Sequence[StoredRecord]
    parents: Parents


async def take(
    connection: Connection, links: Links, written: Mapping[str, Record]
) -> Taken:
    """Lock records that have changed, what they depend on, and what depends on them."""
    leading = [key for key in sorted(written) if links.lead_to(written[key].entity)]
    return await _take(connection, links, written, leading=leading)


async def take_chunk(
    connection: Connection, links: Links, job: Rederivation, *, limit: int
) -> Chunk:
    """Lock the next records of a job, and what they depend on.

    They have not changed, so what depends on them stays as it is.
    """
    if job.parents is not None:
        listed = await store.next_dependants(
            connection, job.parents, after=job.cursor, limit=limit
        )
    else:
        is_linked = links.start_from(job.entities)
        listed = await records.candidates(
            connection,
            after=job.cursor,
            entities=job.entities,
            owners=job.owners,
            limit=limit,
            locked=not is_linked,
        )
        if not is_linked:
            return Chunk(listed, NO_PARENTS)
    by_key = {record.key: record for record in listed}
    taken = await _take(connection, links, by_key, as_stored=by_key.keys())
    return Chunk([taken.records[key] for key in by_key], taken.records)


def follow(
    definitions: Definitions,
    taken: Taken,
    fresh: Mapping[str, Record],
    *,
    deltas: Deltas,
    traces: Mapping[str, str],
) -> Followed:
    """Compare again what depends on `fresh` and stays as it is itself."""
    links, stored = definitions.index.links, taken.records
    moved = {
        key
        for key, record in fresh.items()
        if links.see_a_change(stored.get(key), record)
    }
    parents = taken.parents_beside(fresh)
    followed = Followed(
        left_over=[key for key in taken.dependants.left_out if key in moved]
    )
    for key, causes in sorted(taken.dependants.causes.items()):
        cause = next((one for one in causes if one in moved), None)
        if cause is None or key in fresh:
            continue
        record = stored[key]
        after = definitions.contributions_of(record, record.contributions, parents)
        if after != record.contributions:
            followed.contributions.append((key, after))
            deltas.add(record.contributions, after, fresh[cause], traces.get(cause))
    return followed


async def write_around(
    connection: Connection, links: Links, fresh: Sequence[Record], followed: Followed
) -> None:
    """Write what follows from fresh records, which are written already."""
    if followed.contributions:
        await records.update_contributions(connection, followed.contributions)
    if followed.left_over:
        await rederivations.queue_parents(connection, followed.left_over)
    await write_edges(connection, links, fresh)


async def write_edges(
    connection: Connection, links: Links, several: Sequence[Record]
) -> None:
    """Note on which records each of some locked ones depends now."""
    await store.write(
        connection,
        {
            record.key: links.parents_of(record)
            for record in several
            if links.start_from((record.entity,))
        },
    )


async def _take(
    connection: Connection,
    links: Links,
    listed: Mapping[str, Record],
    *,
    leading: Sequence[str] = (),
    as_stored: AbstractSet[str] = frozenset(),
) -> Taken:
    """Lock the records that are listed, and those around them.

    `leading` are those whose dependants are taken too, `as_stored` those that are
    looked at as they stand in the table, whatever was listed.
    """
    written = set(listed)
    read = _parents_of(links, listed.values())
    dependants = await store.dependants_of(connection, leading, limit=DEPENDANTS_MAX)
    await store.mark(connection)
    while True:
        written |= dependants.causes.keys()
        read |= dependants.parents
        locked = await store.lock(
            connection,
            written=written,
            read=read - written,
            placeholders=read.union(leading),
        )
        dependants = await store.dependants_of(
            connection, leading, limit=DEPENDANTS_MAX
        )
        standing = (as_stored | dependants.causes.keys()) & locked.keys()
        needed = _parents_of(links, (locked[key] for key in standing))
        if dependants.causes.keys() <= written and needed <= locked.keys():
            return Taken(locked, dependants)
        read |= needed
        await store.return_to_mark(connection)


def _parents_of(links: Links, several: Iterable[Record]) -> set[str]:
    return {key for record in several for key in links.parents_of(record)}
