"""The climber's life: which groups of trees are ours, when to climb, when to let go.

One connection holds the locks of our groups and carries their climbs. If it breaks,
the locks fall with it, and another copy takes over: it climbs at once, but publishes
only when nothing of ours can still be on its way.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Final
from uuid import UUID

import asyncpg

from services.rollup.climb import Climbing
from services.rollup.domain.forest import TREE_GROUPS
from services.rollup.store import announcements, climbers, totals
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, Connection
from shared.plumbing.producing import DELIVERY_SECONDS_MAX, DeliveryError

log = log_of("rollup.climber")

BEAT_SECONDS: Final = 1.0
# Longer than a beat by far; a session that is silent so long is dead or stopped.
IDLE_SESSION_SECONDS: Final = 5
_PAUSE_SECONDS_MAX: Final = 3.0
# A predecessor's message may be on its way so long after it lost its lock.
_ECHO_SECONDS: Final = DELIVERY_SECONDS_MAX + 1.0
# Who was silent longer than this is gone since long.
_SILENT_SECONDS_MAX: Final = 3 * _ECHO_SECONDS

# Without a climb for so long, what Kafka acknowledged is forgotten by itself.
_QUIET_SECONDS: Final = 0.05
# Climbs begin at least so far apart. On a machine with work to do, one climb over what
# two brought is the sooner one at the root: fewer questions, messages, wakings.
_SPACING_SECONDS: Final = 0.015

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class Climber:
    """Holds a fair share of the groups of trees and climbs them."""

    def __init__(
        self, climbing: Climbing, connect: Connect, *, copy_id: UUID, pause: float
    ) -> None:
        self.groups: set[int] = set()
        self.ready = False
        self._climbing = climbing
        self._connect = connect
        self._copy_id = copy_id
        self._pause = pause
        self._wake = asyncio.Event()
        self._dirty: set[int] = set()
        self._urgent = False
        self._began_at = self._ended_at = 0.0
        self._publish_after: dict[int, float] = {}
        self._outstanding = True
        self._stopping = False

    def wake(self, groups: Sequence[int], *, behind: bool) -> None:
        """Say that deltas wait for these groups of trees."""
        ours = self.groups.intersection(groups)
        if ours:
            self._dirty |= ours
            self._urgent |= not behind
            self._wake.set()

    def look_again(self) -> None:
        """Say that something is to be published that this climber did not make."""
        self._outstanding = True
        self._urgent = True
        self._dirty |= self.groups
        self._wake.set()

    def stop(self) -> None:
        """Finish what is under way and hand the groups over."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Climb until stopped; while PostgreSQL is away, wait for it."""
        pause = 0.1
        while not self._stopping:
            connection: asyncpg.Connection | None = None
            try:
                connection = await self._connect()
                pause = 0.1
                await self._climb_on(connection)
            except (*TRANSIENT_ERRORS, DeliveryError) as fault:
                log.warning("climber_waits", reason=repr(fault), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _PAUSE_SECONDS_MAX)
            except Exception:
                # A fault of ours: what waits keeps waiting, loud, until it is mended.
                self.ready = False
                log.exception("climb_failed")
                await asyncio.sleep(_PAUSE_SECONDS_MAX)
            finally:
                self._climbing.start_anew()
                self.groups.clear()
                self._publish_after.clear()
                if connection is not None:
                    connection.terminate()

    async def _climb_on(self, connection: Connection) -> None:
        next_beat = 0.0
        while not self._stopping:
            if monotonic() >= next_beat:
                await self._beat(connection)
                self._dirty |= self.groups
                self._urgent = True
                self._outstanding = True
                next_beat = monotonic() + BEAT_SECONDS
            await self._climb_what_is_due(connection)
            if self._climbing.may_forget and monotonic() >= self._quiet_at:
                await self._climbing.forget_acknowledged(connection)
            await self._wait(next_beat)
        await self._climbing.settle(connection)
        for group in sorted(self.groups - self._publish_after.keys()):
            await climbers.hand_over(connection, group, self._copy_id)
        await climbers.leave(connection, self._copy_id)

    async def _wait(self, next_beat: float) -> None:
        """Wait for news, for the end of a pause, or for the next beat."""
        until = next_beat
        if self._dirty:
            until = min(until, self._due_at)
        if self._climbing.may_forget:
            until = min(until, self._quiet_at)
        self._wake.clear()
        seconds = until - monotonic()
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)

    async def _climb_what_is_due(self, connection: Connection) -> None:
        if not self._dirty or monotonic() < self._due_at:
            return
        groups = sorted(self._dirty & self.groups)
        self._dirty.clear()
        self._urgent = False
        self._began_at = monotonic()
        climbed = await self._climbing.climb(connection, groups)
        free = self._may_publish()
        if climbed.behind_others or len(free) < len(self.groups):
            self._outstanding = True
            self._climbing.put_off(climbed)
        elif climbed.ready:
            await self._climbing.publish(climbed, when_acknowledged=self._wake.set)
        self._ended_at = monotonic()
        if self._outstanding:
            await self._climbing.settle(connection)
            more = await self._climbing.publish_outstanding(connection, free)
            self._outstanding = len(free) < len(self.groups)
            if more:
                self.look_again()
            elif not self._outstanding:
                self._climbing.all_is_published()

    @property
    def _due_at(self) -> float:
        if self._urgent:
            return self._began_at + _SPACING_SECONDS
        return self._ended_at + self._pause

    @property
    def _quiet_at(self) -> float:
        return self._ended_at + _QUIET_SECONDS

    def _may_publish(self) -> list[int]:
        """Return our groups of which no predecessor's message can be on its way."""
        now = monotonic()
        return sorted(
            group for group in self.groups if self._publish_after.get(group, 0.0) <= now
        )

    async def _beat(self, connection: Connection) -> None:
        """Say that we live; take what is free of our share, hand over what is not."""
        copies = await climbers.beat(connection, self._copy_id, sorted(self.groups))
        share = -(-TREE_GROUPS // max(1, copies))
        for group in sorted(self.groups)[share:]:
            if group in self._publish_after:
                # Who got it handed over would not wait for the one before us.
                continue
            await self._climbing.settle(connection)
            self.groups.discard(group)
            self._dirty.discard(group)
            await climbers.hand_over(connection, group, self._copy_id)
            log.info("group_handed_over", group=group)
        for group in range(TREE_GROUPS):
            if len(self.groups) >= share:
                break
            if group not in self.groups:
                await self._try(connection, group)
        await self._echo(connection)
        self.ready = True

    async def _try(self, connection: Connection, group: int) -> None:
        silent = await climbers.try_take(connection, group, self._copy_id)
        if silent is None:
            return
        self.groups.add(group)
        # Whoever had it may not have written all of its history.
        self._climbing.notes.taken.add(group)
        if silent < _SILENT_SECONDS_MAX:
            # Counted from now: it had the lock till now, and beats only between climbs.
            self._publish_after[group] = monotonic() + _ECHO_SECONDS
            log.info("group_taken_over", group=group, predecessor_silent=silent)

    async def _echo(self, connection: Connection) -> None:
        """Announce again what a lost predecessor announced shortly before its end."""
        now = monotonic()
        due = [group for group, after in self._publish_after.items() if after <= now]
        if not due:
            return
        recent = await totals.updated_since(connection, due, seconds=3 * _ECHO_SECONDS)
        async with connection.transaction():
            await announcements.announce_as_they_are(connection, recent)
        for group in due:
            del self._publish_after[group]
        self._outstanding = True
