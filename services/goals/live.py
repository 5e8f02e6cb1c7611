"""What changes, told to whoever watches: the newest state of each goal, never more.

A watcher first gets a picture from the database and then what `goal-updated` says.
Every watcher holds at most one waiting message for each goal, so a slow one costs no
more than a picture, and none is told more than a few times a second.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, Protocol

import msgspec
from prometheus_client import Gauge

from services.goals.domain.numbers import AppliedForest, AppliedGoal
from services.goals.live_frames import (
    Point,
    Update,
    ages_of,
    event_of,
    picture,
    resumed,
    update_of,
)
from services.goals.live_rights import Watch
from shared.domain.goals import GoalId
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

# Four frames a second.
FRAME_SECONDS_MIN: Final = 0.25
# A line that says nothing keeps proxies from closing a quiet stream.
QUIET_SECONDS_MAX: Final = 15.0
# What Kafka might have failed to bring is found by comparing with the database.
COMPARE_SECONDS: Final = 60.0
# So much later, at most, it is seen that somebody may read something else.
RIGHTS_SECONDS: Final = 0.5
WATCHERS_MAX: Final = 1_000

_log = log_of("goals.live")
_WATCHERS = Gauge("cairn_goals_stream_watchers", "Open live streams")


class _Wire(msgspec.Struct, gc=False):
    """The part of a goal-updated message that says for whom it is."""

    goal_id: str
    incarnation: int
    revision: int
    tree_id: str


_decode = msgspec.json.Decoder(_Wire).decode


class ForestStore(Protocol):
    """Where pictures come from."""

    async def forest(self, watch: Watch) -> AppliedForest:
        """Return what is watched, in one consistent picture."""

    async def revisions(self, watch: Watch) -> Mapping[GoalId, int]:
        """Return the revision of each goal that is watched."""

    async def visible(self, watch: Watch) -> Collection[str] | None:
        """Return all goals that may be told of; None: whichever there are."""

    async def rights_revision(self) -> object:
        """Return what is another one as soon as somebody may read something else."""


def read_update(key: bytes | None, value: bytes | None) -> Update | None:
    """Return what a message of goal-updated says, or None if it cannot be read."""
    try:
        if not value:
            return None if key is None else Update(goal_id=key.decode())
        wire = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        _log.warning("message_not_understood", bytes=len(value or b""))
        return None
    return Update(
        goal_id=wire.goal_id,
        tree_id=wire.tree_id,
        age=(wire.incarnation, wire.revision),
        # Line breaks would end the event; within JSON text they are escaped.
        data=value.replace(b"\n", b" ").replace(b"\r", b" "),
    )


class Watcher:
    """One who watches a tree, or all of them."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        # What may be told; None: everything.
        self.visible: Collection[str] | None = () if watch.is_persons else None
        # Goals that may be told now and might not before, or the other way round.
        self._turned: set[str] = set()
        # How new the state is that the watcher has of each goal.
        self._known: dict[str, tuple[int, int]] = {}
        self._waiting: dict[str, Update] = {}
        self._has_picture = False
        # By which rights `visible` was found.
        self.rights: object = None
        self.woken = asyncio.Event()

    def see(self, visible: Collection[str] | None) -> None:
        """Take note of what may be told from now on."""
        self._turned |= {*(self.visible or ())} ^ {*(visible or ())}
        self.visible = visible

    def offer(self, update: Update) -> None:
        """Take an update that may concern the watcher."""
        if not self._concerns(update):
            # It may have left the tree.
            update = Update(goal_id=update.goal_id)
        held = self._waiting.get(update.goal_id)
        known = self._known.get(update.goal_id)
        if update.data is None:
            if self._has_picture and known is None:
                self._waiting.pop(update.goal_id, None)
                return
        elif update.age <= max(known or (0, 0), held.age if held else (0, 0)):
            return
        self._waiting[update.goal_id] = update
        self.woken.set()

    def take_picture(self, ages: Mapping[str, tuple[int, int]]) -> None:
        """Take note that the watcher has these goals, and no others."""
        self._known = dict(ages)
        self._has_picture = True
        waiting, self._waiting = self._waiting, {}
        for update in waiting.values():
            self.offer(update)

    def missing(self, revisions: Mapping[GoalId, int]) -> bool:
        """Tell whether the database has what the watcher was not told, or otherwise."""
        if self._turned:
            return True
        told = {
            goal_id: age[1] for goal_id, age in (self._known | self._ages()).items()
        }
        return told.keys() != revisions.keys() or any(
            revision > told[goal_id] for goal_id, revision in revisions.items()
        )

    def compare(self, forest: AppliedForest) -> None:
        """Offer what the database has and the watcher was not told."""
        present = set()
        for applied in forest.goals:
            present.add(applied.goal.id)
            update = update_of(applied, forest.incarnation)
            self.offer(update)
            if self._names_turned(applied) and update.goal_id in self._known:
                self._waiting.setdefault(
                    update.goal_id, replace(update, is_told_again=True)
                )
        self._turned = set()
        for goal_id in self._known.keys() - present:
            self.offer(Update(goal_id=goal_id))

    def take(self) -> Sequence[Update]:
        """Return what waits, once."""
        self.woken.clear()
        taken = list(self._waiting.values())
        self._waiting = {}
        for update in taken:
            if update.data is None:
                self._known.pop(update.goal_id, None)
            else:
                self._known[update.goal_id] = update.age
        return taken

    def _concerns(self, update: Update) -> bool:
        is_of_tree = self.watch.tree_id in (None, update.tree_id)
        is_visible = self.visible is None or update.goal_id in self.visible
        return update.tree_id is not None and is_of_tree and is_visible

    def _names_turned(self, applied: AppliedGoal) -> bool:
        named = {applied.goal.parent_id, applied.numbers.tree_id}
        return not self._turned.isdisjoint(named - {applied.goal.id, None})

    def _ages(self) -> dict[str, tuple[int, int]]:
        return {one.goal_id: one.age for one in self._waiting.values() if one.data}


class Live:
    """Tells watchers of updates, as they come from the topic."""

    def __init__(self, store: ForestStore) -> None:
        self._store = store
        self._watchers: set[Watcher] = set()
        self._closed = asyncio.Event()
        # When somebody looked last whether rights have changed, and what he saw.
        self._looked_at = -RIGHTS_SECONDS
        self._rights: object = None

    @property
    def is_full(self) -> bool:
        """Whether as many watch as may."""
        return len(self._watchers) >= WATCHERS_MAX

    def deliver(self, updates: Sequence[Update]) -> None:
        """Offer updates to all who watch."""
        for watcher in self._watchers:
            for update in updates:
                watcher.offer(update)

    def close(self) -> None:
        """End all streams."""
        self._closed.set()
        for watcher in self._watchers:
            watcher.woken.set()

    async def stream(
        self, watch: Watch, last_event_id: str | None
    ) -> AsyncGenerator[bytes, None]:
        """Yield frames: a picture, or what came since `last_event_id`; then updates."""
        with self._watching(watch) as watcher:
            # Watching began before the picture is taken: nothing falls in between.
            if watch.is_persons:
                watcher.rights = await self._store.rights_revision()
                watcher.visible = await self._store.visible(watch)
            forest = await self._store.forest(watch)
            point = Point.of(forest)
            watcher.take_picture(ages_of(forest))
            since = Point.read(last_event_id)
            # What a person may read may have changed since: he gets a whole picture.
            if (
                since is not None
                and not watch.is_persons
                and since.has_structure_of(point)
            ):
                yield await asyncio.to_thread(resumed, forest, since, point)
            else:
                # Off the loop: ten thousand goals take a while.
                yield await asyncio.to_thread(picture, forest, point, watcher.visible)
            async for frame in self._updates(watcher, point):
                yield frame

    async def _updates(self, watcher: Watcher, point: Point) -> AsyncIterator[bytes]:
        now = asyncio.get_running_loop().time
        told_at = compared_at = now()
        while not self._closed.is_set():
            wait_until = min(told_at + QUIET_SECONDS_MAX, compared_at + COMPARE_SECONDS)
            if watcher.watch.is_persons:
                wait_until = min(wait_until, now() + RIGHTS_SECONDS)
            if await self._woken(watcher, wait_until - now()):
                await self._pause(told_at + FRAME_SECONDS_MIN - now())
            sees_others = await self._sees_others(watcher)
            if sees_others or now() >= compared_at + COMPARE_SECONDS:
                point = await self._compare(watcher, point)
                compared_at = now()
            updates = watcher.take()
            if updates:
                yield b"".join(
                    event_of(update, point, watcher.visible) for update in updates
                )
                told_at = now()
            elif now() >= told_at + QUIET_SECONDS_MAX:
                yield b": nothing new\n\n"
                told_at = now()

    async def _sees_others(self, watcher: Watcher) -> bool:
        """Look whether somebody may read other goals by now; take note of which."""
        if not watcher.watch.is_persons:
            return False
        try:
            rights = await self._rights_now()
            if rights == watcher.rights:
                return False
            watcher.see(await self._store.visible(watcher.watch))
        except TRANSIENT_ERRORS as fault:
            _log.warning("looking_at_rights_put_off", fault=repr(fault))
            return False
        watcher.rights = rights
        return True

    async def _rights_now(self) -> object:
        """Return what is another one after each change of rights; all ask as one."""
        now = asyncio.get_running_loop().time()
        if now >= self._looked_at + RIGHTS_SECONDS:
            self._looked_at = now
            self._rights = await self._store.rights_revision()
        return self._rights

    async def _woken(self, watcher: Watcher, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await watcher.woken.wait()
        except TimeoutError:
            return False
        return True

    async def _pause(self, seconds: float) -> None:
        """Let more come together, unless all ends."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._closed.wait()
        except TimeoutError:
            return

    async def _compare(self, watcher: Watcher, point: Point) -> Point:
        """Look for what did not come by the topic; return where that leaves us."""
        try:
            if not watcher.missing(await self._store.revisions(watcher.watch)):
                return point
            forest = await self._store.forest(watcher.watch)
        except TRANSIENT_ERRORS as fault:
            _log.warning("comparing_put_off", fault=repr(fault))
            return point
        watcher.compare(forest)
        return Point.of(forest)

    @contextmanager
    def _watching(self, watch: Watch) -> Iterator[Watcher]:
        watcher = Watcher(watch)
        self._watchers.add(watcher)
        _WATCHERS.inc()
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            _WATCHERS.dec()
