"""Redefine: a change of definitions, under the exclusive lock, in one transaction.

The structure changes at once and the tree adds up before and after; goals whose
participation may differ are queued to be derived again, next to the live stream.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
from prometheus_client import Counter

from services.rollup import linked, recalculate
from services.rollup.change_sets import (
    Change,
    Merged,
    UnreadableChangeError,
    entries_of,
    goal_numbers,
    gone_numbers,
    merged,
    news_of,
    query_ids,
    read_change,
    whole_prefix,
)
from services.rollup.domain.ancestry import Movements
from services.rollup.domain.contributions import by_group
from services.rollup.domain.definitions import Definitions, Outcome
from services.rollup.domain.forest import TREE_GROUPS
from services.rollup.domain.overflow import reckoned
from services.rollup.domain.restructure import Restructuring, announced_by_group
from services.rollup.domain.touching import (
    lines_of,
    moving_groups,
    touched_goals,
)
from services.rollup.gathering import carried_by, gather
from services.rollup.held import HeldDefinitions
from services.rollup.source import Source, Span
from services.rollup.store import (
    announcements,
    directory,
    offsets,
    queries,
    records,
    rederivations,
    totals,
)
from services.rollup.store import definitions as definitions_store
from services.rollup.store.announcements import Announcement
from shared.domain.goals import GoalId, GoalNumber
from shared.plumbing.clock import Clock, machine_clock, minute_of
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, Connection

log = log_of("rollup.redefine")

REDEFINED = Counter("cairn_definitions_applied", "Changes of definitions applied")
_PAUSE_SECONDS_MAX = 5.0


class Redefining:
    """Applies whole change sets in the order in which they were made."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        held: HeldDefinitions,
        source: Source,
        *,
        clock: Clock = machine_clock,
    ) -> None:
        self.complaint: str | None = None
        self._pool = pool
        self._held = held
        self._source = source
        self._clock = clock
        self._waiting: list[Change] = []
        # What is held in memory is changed by one at a time, until it is committed.
        self._alone = asyncio.Lock()
        # Where the waiting changes begin, and how far the topic was read for them.
        self._begins_at = -1
        self._reads_to = -1

    async def take(self, messages: Sequence[Any], *, end_offset: int) -> list[int]:
        """Apply what is whole; return the groups of trees that have news."""
        groups: set[int] = set()
        for span in self._source.claim(messages):
            groups |= set(await self._take(span, end_offset))
        return sorted(groups)

    async def _take(self, span: Span, end_offset: int) -> list[int]:
        if span.fetched_from != self._reads_to:
            self._waiting.clear()
        if not self._waiting:
            self._begins_at = span.fetched_from
        self._reads_to = span.next_offset
        try:
            self._waiting.extend(map(read_change, span.messages))
        except UnreadableChangeError as fault:
            # It stays at the head, loud, until somebody mends it.
            self.complaint = str(fault)
            log.error("definitions_unreadable", reason=str(fault))  # noqa: TRY400 - no trace helps
            self._reads_to = -1
            return []
        self.complaint = None
        at_end = span.next_offset >= end_offset
        count = whole_prefix(self._waiting, at_end=at_end)
        if not count:
            return []
        async with self._alone:
            groups = await self._apply_until_done(self._waiting[:count], span.epoch)
        if groups is None:
            self._reads_to = -1
            if self._source.is_of_now(span):
                self._source.look_again([span.partition])
            return []
        self._begins_at = self._waiting[count - 1].offset + 1
        del self._waiting[:count]
        return groups

    async def _apply_until_done(
        self, ready: Sequence[Change], epoch: int
    ) -> list[int] | None:
        """Apply; while the database is away, wait. None: the partition is not ours."""
        pause = 0.05
        while True:
            try:
                groups = await self._apply(ready, epoch)
            except TRANSIENT_ERRORS as fault:
                # Memory may be half changed: what is next starts from the tables.
                self._held.forget()
                self.complaint = f"definitions wait: {fault!r}"
                log.warning("redefine_waits", reason=repr(fault), seconds=pause)
            except Exception as fault:
                # A fault of ours: the changes stay at the head of their topic, loud.
                self._held.forget()
                self.complaint = f"a fault keeps definitions from changing: {fault!r}"
                log.exception("redefine_failed")
                pause = _PAUSE_SECONDS_MAX
            except BaseException:
                self._held.forget()
                raise
            else:
                self._held.keep()
                self.complaint = None
                return groups
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)

    async def follow_up(self) -> list[int]:
        """Place goals that waited for their tree or their parent's to be derived.

        Any process may do so; return the groups of trees that have news.
        """
        async with self._pool.acquire() as connection:
            if not await definitions_store.may_follow(connection):
                return []
        return await self._by_itself(self._place_followers)

    async def reckon(self, groups: Sequence[int]) -> list[int]:
        """Add up what waits for some groups where a sum grows too large, or fits again.

        Return the groups that have news.
        """

        async def add_up(connection: Connection, definitions: Definitions) -> list[int]:
            return await self._change(
                connection, definitions, merged(()), also=set(groups)
            )

        return await self._by_itself(add_up)

    async def pass_time(self) -> list[int]:
        """Do what is due because time has passed; return the groups that have news."""
        return await self._by_itself(self._pass_time)

    async def _by_itself(
        self, act: Callable[[Connection, Definitions], Awaitable[list[int]]]
    ) -> list[int]:
        """Change definitions though nobody sent any."""
        async with self._alone:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    groups = await act(connection, await self._held.seize(connection))
            except BaseException:
                self._held.forget()
                raise
            self._held.keep()
        return groups

    async def _place_followers(
        self, connection: Connection, definitions: Definitions
    ) -> list[int]:
        if not await definitions_store.may_follow(connection):
            # Another process was quicker.
            return []
        return await self._change(connection, definitions, merged(()))

    async def _pass_time(
        self, connection: Connection, definitions: Definitions
    ) -> list[int]:
        groups = set(await self._change(connection, definitions, merged(())))
        now = definitions.directory.now
        _, ticked_at = await directory.clock(connection)
        if definitions.directory.schedule.is_due(since=ticked_at, now=now):
            await directory.note_tick(connection, now)
            groups |= await _let_in(connection)
        return sorted(groups)

    async def _move_clock(
        self, connection: Connection, definitions: Definitions
    ) -> None:
        """Let it be now, for everybody; the revision that follows tells them."""
        now = await directory.move_clock(connection, minute_of(self._clock()))
        definitions.directory.look_at(now)

    async def _apply(self, ready: Sequence[Change], epoch: int) -> list[int] | None:
        async with self._pool.acquire() as connection, connection.transaction():
            stand = (await offsets.lock(connection, self._source.topic, [0])).get(0)
            if stand is None or stand.epoch != epoch:
                return None
            if stand.next_offset > ready[-1].offset:
                # The reply to an earlier commit was lost; it is all in.
                return []
            if stand.next_offset != self._begins_at:
                return None
            definitions = await self._held.seize(connection)
            gone = await definitions_store.gone_among(connection, goal_numbers(ready))
            versions = await directory.versions(connection, entries_of(ready))
            versions |= await queries.versions(connection, query_ids(ready))
            fresh = news_of(ready, definitions.forest, gone, versions)
            news = merged(await recalculate.unheard(connection, fresh))
            groups = await self._change(connection, definitions, news)
            await definitions_store.note_gone(
                connection, gone_numbers(ready), revision=definitions.revision
            )
            await offsets.move(
                connection, self._source.topic, {0: ready[-1].offset + 1}
            )
        REDEFINED.inc(len(ready))
        return groups

    async def _change(
        self,
        connection: Connection,
        definitions: Definitions,
        news: Merged,
        *,
        also: AbstractSet[int] = frozenset(),
    ) -> list[int]:
        """Change structure and numbers; return the groups that have news.

        What waits for some groups is added up first, for some of them `also` if nothing
        changes there.
        """
        await self._move_clock(connection, definitions)
        former = definitions.directory.schedule
        otherwise = definitions.take(news.changes.directory, news.changes.queries)
        now = definitions.directory.now
        is_much_due = await linked.many_are_due(connection, now)
        changes = replace(
            news.changes,
            otherwise=otherwise,
            due=definitions.looking_at_clock() if is_much_due else (),
        )
        groups = moving_groups(changes, definitions) | also
        movements, failing = await _fold_in(connection, definitions, groups)
        made_under = await definitions_store.made_under(connection)
        standings = await definitions_store.standings(
            connection, touched_goals(changes, definitions, made_under)
        )
        known = {
            number
            for goal in changes.goals
            if (number := definitions.forest.numbers.get(goal.id)) is not None
        }
        computing = await definitions_store.computing_among(
            connection, known | set(standings)
        )
        revision = definitions.revision + 1
        work = Restructuring(definitions, standings, made_under)
        outcome = work.apply(changes, computing_already=computing)
        outcome.held |= failing & definitions.forest.nodes.keys()
        for refusal in outcome.refused:
            log.error("placement_refused", reason=refusal)
        await definitions_store.write_metrics(
            connection,
            metrics=news.metrics,
            gone=changes.gone_metrics,
            revision=revision,
        )
        await queries.write(connection, news.queries, revision=revision)
        await directory.write(connection, news.directory, revision=revision)
        today = datetime.now(UTC)
        await definitions_store.insert_totals(
            connection, [(number, 0, today) for number in sorted(outcome.planted)]
        )
        await definitions_store.write_outcome(
            connection,
            outcome,
            definitions=definitions,
            texts=news.goals,
            changed={number: work.standing(number) for number in sorted(outcome.moved)},
            revision=revision,
        )
        taken = await recalculate.begin(
            connection,
            definitions,
            news.recalculations,
            outcome,
            computing_already=computing,
        )
        if outcome.rederived - taken:
            await rederivations.queue(
                connection,
                {
                    number: carried_by(definitions, number)
                    for number in sorted(outcome.rederived - taken)
                },
            )
        if outcome.passed:
            await rederivations.queue_part(
                connection,
                {
                    number: carried_by(definitions, number)
                    for number in sorted(outcome.passed)
                },
                owners=otherwise.owners,
            )
        groups = set(await _announce(connection, definitions, outcome, movements))
        if is_much_due:
            await rederivations.queue_due(
                connection,
                {
                    number: carried_by(definitions, number)
                    for number in sorted(outcome.due)
                },
                until=now,
            )
        else:
            groups |= await _derive_due(connection, definitions)
        if former.frequency_hours and definitions.directory.schedule != former:
            groups |= await _let_in(connection)
        await definitions_store.set_revision(connection, revision)
        definitions.revision = revision
        return sorted(groups)


async def _fold_in(
    connection: Connection, definitions: Definitions, groups: AbstractSet[int]
) -> tuple[Movements, AbstractSet[GoalNumber]]:
    """Bring what waits for some groups in while everything stands still.

    Return how goals moved, and whose sums grew too large by that.
    """
    if not groups:
        return {}, frozenset()
    forest = definitions.forest
    waiting = await totals.read_deltas(connection, sorted(groups))
    await totals.drop_deltas(connection, waiting)
    gathered = await gather(connection, definitions, waiting)
    standings = await definitions_store.standings(
        connection, lines_of(gathered.begun(), forest)
    )
    movements, failing = reckoned(gathered, standings)
    if failing:
        await totals.hold_as_shown(connection, sorted(failing))
        forest.written -= failing
        forest.overflown |= failing
    if movements:
        await totals.move(connection, movements, now=datetime.now(UTC))
    return movements, failing


async def _derive_due(connection: Connection, definitions: Definitions) -> set[int]:
    """Look again at the records that time has changed; return who hears of it."""
    deltas = await linked.derive_due(connection, definitions)
    by_trees = by_group(deltas, definitions.forest.group_of)
    await records.append_deltas(connection, by_trees, behind=False)
    return set(by_trees)


async def _let_in(connection: Connection) -> set[int]:
    """Let climbers show what waited for its hour; return all groups."""
    groups = set(range(TREE_GROUPS))
    for group in groups:
        await records.append_done(
            connection, group=group, rederivation_id=rederivations.TICK
        )
    return groups


async def _announce(
    connection: Connection,
    definitions: Definitions,
    outcome: Outcome,
    movements: Movements,
) -> list[int]:
    """Write down what each group must publish, with a new revision for each goal."""
    outcome.moved |= {
        number for number in movements if number in definitions.forest.nodes
    }
    groups = announced_by_group(outcome, definitions.forest)
    planted = [
        definitions.forest.nodes[number].goal.id for number in sorted(outcome.planted)
    ]
    after = set(await announcements.groups_naming(connection, planted))
    after |= {group for _, group in outcome.gone.values()} if planted else set()
    for group, (numbers, gone) in sorted(groups.items()):
        revision = await announcements.next_revision(connection)
        await totals.touch(
            connection, numbers, revision=revision, now=datetime.now(UTC)
        )
        await _write_down(
            connection,
            revision=revision,
            group=group,
            numbers=numbers,
            gone=gone,
            after=(after | outcome.came_from.get(group, set())) - {group},
        )
    return sorted(groups)


async def _write_down(
    connection: Connection,
    *,
    revision: int,
    group: int,
    numbers: Sequence[GoalNumber],
    gone: Sequence[GoalId],
    after: set[int],
) -> None:
    await announcements.announce(
        connection,
        Announcement(
            id=revision,
            group=group,
            numbers=numbers,
            gone_ids=gone,
            named={},
            traces={},
            after_groups=sorted(after),
        ),
    )
