"""Recalculate: a whole tree again from the records, and what was found different.

Heard of together with changes of definitions, it queues one re-derivation that reads
all records of the metric's entities. When that has read the last one, what the goals
hold is compared with what the records are stored to add, in one snapshot; what differs
is corrected by deltas that are written together with the job's last word. The climbers
of the tree take both, and what was written over goals ends there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import asyncpg
from prometheus_client import Counter

from services.rollup.change_sets import Change
from services.rollup.domain.ancestry import Triple
from services.rollup.domain.contributions import Deltas, by_group, number_of
from services.rollup.domain.definitions import Definitions, Outcome
from services.rollup.domain.recalculation import Comparison, compare
from services.rollup.held import HeldDefinitions
from services.rollup.store import (
    comparing,
    recalculations,
    records,
    rederivations,
)
from services.rollup.store import definitions as definitions_store
from services.rollup.store.comparing import Job
from services.rollup.store.recalculations import Asked
from services.rollup.store.rederivations import Rederivation
from shared.domain.goals import GoalId, GoalNumber
from shared.messages.definitions import RecalculationDefinition
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import Connection

log = log_of("rollup.recalculate")

# One statement reads so many; it takes a fraction of a second.
PAGE_RECORDS: Final = 20_000

DIFFERENT = Counter(
    "cairn_recalculated_differences", "Numbers that a recalculation found different"
)


async def unheard(connection: Connection, changes: Sequence[Change]) -> list[Change]:
    """Return the changes without recalculations that were heard of before."""
    asked = [
        one.id for one in changes if isinstance(one.definition, RecalculationDefinition)
    ]
    known = await recalculations.known(connection, asked) if asked else set()
    return [
        one
        for one in changes
        if not isinstance(one.definition, RecalculationDefinition)
        or one.id not in known
    ]


async def begin(
    connection: Connection,
    definitions: Definitions,
    asked: Sequence[RecalculationDefinition],
    outcome: Outcome,
    *,
    computing_already: set[GoalNumber],
) -> set[GoalNumber]:
    """Queue what was asked for; return the goals that need no other job."""
    taken: set[GoalNumber] = set()
    for one in asked:
        wish = Asked(
            id=one.id,
            goal_id=GoalId(one.goal_id),
            goal_number=GoalNumber(one.goal_number),
            asked_by=one.asked_by,
            asked_at=one.asked_at,
        )
        await recalculations.hear(connection, wish)
        members = outcome.recalculated.get(wish.goal_number)
        if members is None:
            await recalculations.end_at_once(
                connection,
                wish.id,
                f"goal {wish.goal_id} was deleted before this began; nothing was done",
            )
            continue
        running = await recalculations.running_over(connection, members)
        if running is not None:
            await recalculations.join(connection, wish.id, running)
            taken |= members - outcome.renewed
            continue
        await _queue(
            connection,
            definitions,
            wish,
            members,
            renewed=members & (outcome.renewed | computing_already),
        )
        taken |= members
    return taken


async def _queue(
    connection: Connection,
    definitions: Definitions,
    wish: Asked,
    members: set[GoalNumber],
    *,
    renewed: set[GoalNumber],
) -> None:
    nodes = definitions.forest.nodes
    entities = {
        number: definitions_store.carried(definitions, nodes[number].goal)[1]
        for number in sorted(members)
    }
    # Whoever owns them: what should not be there is found as well.
    job = await rederivations.queue(
        connection,
        {number: (None, names) for number, names in entities.items()},
        recalculation_id=wish.id,
    )
    await recalculations.begin(
        connection,
        wish.id,
        tree_id=nodes[nodes[wish.goal_number].tree].goal.id,
        numbers=members,
        renewed=renewed,
        rederivation_id=job,
        entities=sorted({name for names in entities.values() for name in names}),
    )


async def note_chunk(
    connection: Connection, job: Rederivation, deltas: Deltas, *, records_read: int
) -> None:
    """Note how far the reading has come, and what it puts right that was wrong."""
    if job.recalculation_id is None:
        return
    await recalculations.read_on(connection, job.recalculation_id, records=records_read)
    if deltas.amounts:
        numbers = await recalculations.judged(
            connection, job.recalculation_id, set(map(number_of, deltas.amounts))
        )
        if numbers:
            await recalculations.find(connection, job.recalculation_id, deltas, numbers)


async def end_reading(connection: Connection, job: Rederivation) -> bool:
    """Have the job's goals compared before they hear its last word, if that is due."""
    if job.recalculation_id is None:
        return False
    await rederivations.end_reading(connection, job.id)
    await recalculations.begin_comparing(connection, job.recalculation_id)
    return True


class Recalculating:
    """Compares the goals whose records were all read again."""

    def __init__(self, pool: asyncpg.Pool, held: HeldDefinitions) -> None:
        self._pool = pool
        self._held = held

    async def work_once(self) -> list[int]:
        """Compare the goals of one job; return the groups of trees that have news."""
        async with self._pool.acquire() as connection:
            if not await comparing.may_compare(connection):
                return []
            # As long as this lasts, no other process compares for the job; if it breaks
            # off, the next one begins with a picture of its own.
            async with connection.transaction(isolation="repeatable_read"):
                job = await comparing.take(connection)
                if job is None:
                    return []
                comparison = await self._compare(connection, job)
            async with connection.transaction():
                return await self._correct(connection, job, comparison)

    async def _compare(self, connection: Connection, job: Job) -> Comparison:
        """Compare what one snapshot shows, page by page."""
        found = await comparing.findings(connection, job.id)
        goals, entities = await comparing.goals(
            connection, job, set(map(number_of, found))
        )
        stored: dict[int, int] = {}
        after: str | None = ""
        compared = 0
        while after is not None:
            page = await comparing.page(
                connection, goals, after=after, entities=entities, limit=PAGE_RECORDS
            )
            for slot, amount in page.sums.items():
                stored[slot] = stored.get(slot, 0) + amount
            after = page.last_key
            compared += page.records
            await comparing.compared(self._pool, job.id, compared)
        return compare(goals, stored, found)

    async def _correct(
        self, connection: Connection, job: Job, comparison: Comparison
    ) -> list[int]:
        """Leave the job's last word with what corrects its goals."""
        definitions = await self._held.share(connection)
        if not await comparing.seize(connection, job):
            log.info("recalculation_compares_again", recalculation=job.id)
            return []
        forest = definitions.forest
        gone = {number for number in job.numbers if number not in forest.nodes}
        still = gone | forest.frozen
        comparison = comparison.without(still)
        deltas = Deltas(
            amounts=comparison.own,
            causes={
                number_of(slot): [f"recalculation/{job.id}"] for slot in comparison.own
            },
        )
        await records.append_deltas(
            connection, by_group(deltas, forest.group_of), behind=False
        )
        groups = sorted(
            {forest.nodes[number].group for number in job.numbers if number not in gone}
        )
        for group in groups:
            await records.append_done(
                connection, group=group, rederivation_id=job.rederivation_id
            )
        note = _note(job, gone, still.intersection(job.numbers))
        await comparing.report(connection, job, comparison, note=note, groups=groups)
        differences = len(comparison.differences)
        DIFFERENT.inc(differences)
        told = log.warning if differences else log.info
        told("recalculated", recalculation=job.id, differences=differences)
        return groups


def _note(job: Job, gone: set[GoalNumber], still: set[GoalNumber]) -> str | None:
    """Say what became of goals that were to be compared and are not."""
    words = []
    if job.goal_number in gone:
        words.append(f"goal {job.goal_id} was deleted meanwhile")
    elif gone:
        words.append(_told(len(gone), "deleted meanwhile"))
    if still - gone:
        words.append(_told(len(still - gone), "closed meanwhile and left alone"))
    return "; ".join(words) or None


def _told(count: int, what: str) -> str:
    goals = "goal of its tree was" if count == 1 else "goals of its tree were"
    return f"{count} {goals} {what}"


@dataclass(slots=True)
class Ended:
    """What recalculations do to goals where they end, beside what waits for these."""

    # What was written over them ends, unless it is locked.
    numbers: set[GoalNumber] = field(default_factory=set)
    # What their computed values lack.
    lacking: dict[GoalNumber, Triple] = field(default_factory=dict)


async def end(
    connection: Connection, definitions: Definitions, done: Mapping[int, set[int]]
) -> Ended:
    """End the recalculations whose last word came to these groups, and stamp goals."""
    ended = Ended()
    nodes, frozen = definitions.forest.nodes, definitions.forest.frozen
    jobs = set().union(*done.values())
    ending = await recalculations.ending(connection, jobs) if jobs else {}
    for group, job in sorted(
        (one, job) for one, several in done.items() for job in several
    ):
        one = ending.get(job)
        if one is None:
            continue
        numbers = {
            number
            for number in one.numbers
            if number in nodes and nodes[number].group == group and number not in frozen
        }
        await recalculations.end(connection, one.id, group=group, numbers=numbers)
        ended.numbers |= numbers
        for number in numbers & one.lacking.keys():
            before = ended.lacking.get(number, (0, 0, 0))
            more = one.lacking[number]
            ended.lacking[number] = (
                before[0] + more[0],
                before[1] + more[1],
                before[2] + more[2],
            )
    return ended
