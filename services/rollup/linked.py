"""Taking records together with those they depend on, and those that depend on them.

What a record depends on is what was looked at when it was evaluated. What depends on a
record is written in the transaction that changes it, so all of them are locked first,
in one order of keys (`rollup.lock_linked`). Which ones those are is found before
anything is locked, and looked up again afterwards: by then nobody can add to them, for
whoever makes a record depend on another keeps that one from changing. If more have come
meanwhile, everything is given back and taken once more.

The definitions stand still throughout. A record that was applied under former ones was
committed before these, and the re-derivation that they queued reads it and writes its
edges; so does whoever applies it from now on. Hence every record that a live field
counts through a link has its edge, or a job that is still to read it.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.rollup.domain.contributions import Contributions, Deltas
from services.rollup.domain.definitions import Definitions
from services.rollup.store import due, records, rederivations
from services.rollup.store import links as store
from services.rollup.store.links import Dependants
from services.rollup.store.records import StoredRecord
from services.rollup.store.rederivations import Rederivation
from shared.domain.records import Parents, Record
from shared.plumbing.postgres import Connection
from shared.queries.seeing import NO_PARENTS, Seeing

# So many records at most are written because others have changed on which they depend;
# the rest is a job. A batch takes hardly longer then than without.
DEPENDANTS_MAX: Final = 1_000

# So many records are looked at on the spot because time has passed; more are a job.
DUE_MAX: Final = 1_000

_MINUTE: Final = timedelta(minutes=1)

# By a record's key: the record as it was evaluated, and what that looked at.
Evaluated = dict[str, tuple[Record, Seeing]]


class MoreIsLookedAtError(Exception):
    """An evaluation looked at records that are not locked; all is given back."""

    def __init__(self, keys: AbstractSet[str]) -> None:
        super().__init__("more records are looked at than were locked")
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Taken:
    """Records that stand still until the transaction ends."""

    # As they stand in the table, placeholders too.
    records: Mapping[str, StoredRecord]
    dependants: Dependants

    def parents_beside(self, fresh: Mapping[str, Record]) -> Parents:
        """Return what others may look at, once `fresh` stands in the table."""
        return {**self.records, **fresh}


@dataclass(slots=True)
class Followed:
    """What becomes of records because others have changed on which they depend."""

    # What they add now; the records themselves stay as they are.
    contributions: list[tuple[str, Contributions]] = field(default_factory=list)
    evaluated: Evaluated = field(default_factory=dict)
    # Changed records on which too many depend: those are a job.
    left_over: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next records of a re-derivation, locked, with those they depend on."""

    records: Sequence[StoredRecord]
    parents: Parents


async def take(
    connection: Connection,
    definitions: Definitions,
    written: Mapping[str, Record],
    *,
    also: AbstractSet[str] = frozenset(),
) -> Taken:
    """Lock records that have changed, what they look at, and what depends on them.

    `also` names others that are looked at.
    """
    links = definitions.index.links
    leading = [key for key in sorted(written) if links.lead_to(written[key].entity)]
    return await _take(connection, definitions, written, leading=leading, also=also)


async def take_chunk(
    connection: Connection, definitions: Definitions, job: Rederivation, *, limit: int
) -> Chunk:
    """Lock the next records of a job, and what they look at.

    They have not changed, so what depends on them stays as it is.
    """
    if job.due_until is not None:
        return await take_due(connection, definitions, job.due_until, limit=limit)
    if job.parents is not None:
        listed = await store.next_dependants(
            connection, job.parents, after=job.cursor, limit=limit
        )
    else:
        is_linked = definitions.index.links.start_from(job.entities)
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
    return await take_as_stored(connection, definitions, listed)


async def take_as_stored(
    connection: Connection, definitions: Definitions, listed: Sequence[StoredRecord]
) -> Chunk:
    """Lock records as they stand in the table by then, and what they look at."""
    if not listed:
        return Chunk((), NO_PARENTS)
    by_key = {record.key: record for record in listed}
    taken = await _take(connection, definitions, by_key, as_stored=by_key.keys())
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
        after = evaluate(
            definitions,
            record,
            record.contributions,
            parents,
            evaluated=followed.evaluated,
        )
        if after != record.contributions:
            followed.contributions.append((key, after))
            deltas.add(record.contributions, after, fresh[cause], traces.get(cause))
    return followed


def evaluate(
    definitions: Definitions,
    record: Record,
    before: Contributions | None,
    parents: Parents,
    *,
    evaluated: Evaluated,
) -> Contributions:
    """Return what a record adds now, and note what that looked at."""
    sight = Seeing(parents)
    after = definitions.contributions_of(record, before, sight)
    evaluated[record.key] = record, sight
    return after


def check_all_is_locked(evaluated: Evaluated, locked: AbstractSet[str]) -> None:
    """Raise MoreIsLookedAtError if an evaluation looked at what is not locked."""
    asked = {key for _, sight in evaluated.values() for key in sight.asked}
    if not asked <= locked:
        raise MoreIsLookedAtError(asked - locked)


async def write_around(
    connection: Connection,
    definitions: Definitions,
    evaluated: Evaluated,
    followed: Followed,
) -> None:
    """Write what follows from fresh records, which are written already."""
    if followed.contributions:
        await records.update_contributions(connection, followed.contributions)
    if followed.left_over:
        await rederivations.queue_parents(connection, followed.left_over)
    await note_looks(connection, definitions, evaluated | followed.evaluated)


async def derive_again(
    connection: Connection, definitions: Definitions, taken: Chunk
) -> Deltas:
    """Write what locked records add now; return what that changes."""
    deltas = Deltas()
    changed: list[tuple[str, Contributions]] = []
    evaluated: Evaluated = {}
    for record in taken.records:
        after = evaluate(
            definitions,
            record,
            record.contributions,
            taken.parents,
            evaluated=evaluated,
        )
        if after != record.contributions:
            changed.append((record.key, after))
            deltas.add(record.contributions, after, record)
    if changed:
        await records.update_contributions(connection, changed)
    await note_looks(connection, definitions, evaluated)
    return deltas


async def many_are_due(connection: Connection, now: datetime) -> bool:
    """Tell whether more records are due than are looked at on the spot."""
    return len(await due.some(connection, now, limit=DUE_MAX + 1)) > DUE_MAX


async def derive_due(connection: Connection, definitions: Definitions) -> Deltas:
    """Write what records add now that time has passed; return what that changes.

    The caller has the definitions alone.
    """
    taken = await take_due(
        connection, definitions, definitions.directory.now, limit=DUE_MAX
    )
    return await derive_again(connection, definitions, taken)


async def take_due(
    connection: Connection, definitions: Definitions, until: datetime, *, limit: int
) -> Chunk:
    """Lock records that are due, and what they look at; they are due no more."""
    keys = await due.some(connection, until, limit=limit)
    listed = await records.read(connection, keys) if keys else {}
    taken = await take_as_stored(
        connection, definitions, [listed[key] for key in keys if key in listed]
    )
    await due.write(connection, dict.fromkeys(keys))
    return taken


async def note_looks(
    connection: Connection, definitions: Definitions, evaluated: Evaluated
) -> None:
    """Note what some locked records depend on now, and until when that holds."""
    links = definitions.index.links
    await store.write(
        connection,
        {
            key: sight.asked
            for key, (record, sight) in evaluated.items()
            if links.start_from((record.entity,))
        },
    )
    soonest = definitions.directory.now + _MINUTE
    await due.write(
        connection,
        {
            key: None if sight.until is None else max(sight.until, soonest)
            for key, (record, sight) in evaluated.items()
            if links.look_at_clock(record.entity)
        },
    )


async def _take(
    connection: Connection,
    definitions: Definitions,
    listed: Mapping[str, Record],
    *,
    leading: Sequence[str] = (),
    as_stored: AbstractSet[str] = frozenset(),
    also: AbstractSet[str] = frozenset(),
) -> Taken:
    """Lock the records that are listed, and those around them.

    `leading` are those whose dependants are taken too, `as_stored` those that are
    looked at as they stand in the table, whatever was listed.
    """
    written = set(listed)
    fresh = {key: one for key, one in listed.items() if key not in as_stored}
    dependants = await store.dependants_of(connection, leading, limit=DEPENDANTS_MAX)
    read = await _looked_at(connection, definitions, listed.values(), fresh)
    read |= dependants.parents | also
    await store.mark(connection)
    while True:
        written |= dependants.causes.keys()
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
        several = [*(locked[key] for key in sorted(standing)), *fresh.values()]
        needed = _asked(definitions, several, {**locked, **fresh})
        if dependants.causes.keys() <= written and needed <= locked.keys():
            return Taken(locked, dependants)
        await store.return_to_mark(connection)
        read |= needed | dependants.parents
        read |= await _looked_at(connection, definitions, several, fresh)


async def _looked_at(
    connection: Connection,
    definitions: Definitions,
    several: Iterable[Record],
    fresh: Mapping[str, Record],
) -> set[str]:
    """Return what records look at, as things stand while nothing is locked."""
    several = list(several)
    at_hand: dict[str, Record] = dict(fresh)
    known = set(at_hand)
    while True:
        asked = _asked(definitions, several, at_hand)
        unknown = asked - known
        if not unknown:
            return asked
        at_hand.update(await records.read(connection, sorted(unknown)))
        known |= unknown


def _asked(
    definitions: Definitions, several: Iterable[Record], at_hand: Mapping[str, Record]
) -> set[str]:
    """Return the keys of the records that evaluations look at."""
    links = definitions.index.links
    asked: set[str] = set()
    for record in several:
        if links.start_from((record.entity,)):
            sight = Seeing(at_hand)
            definitions.index.contributions_of(record, sight)
            asked |= sight.asked
    return asked
