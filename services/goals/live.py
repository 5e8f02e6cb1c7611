"""What changes, told to whoever watches: the newest state of each goal, never more.

A watcher first gets a picture from the database and then what `goal-updated` says.
Every watcher holds at most one waiting message for each goal, so a slow one costs no
more than a picture, and none is told more than a few times a second.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from prometheus_client import Gauge

from services.goals.domain.numbers import AppliedForest, AppliedGoal
from services.goals.live_events import goal_updated
from shared.domain.goals import GoalId
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

# Four frames a second.
FRAME_SECONDS_MIN: Final = 0.25
# A line that says nothing keeps proxies from closing a quiet stream.
QUIET_SECONDS_MAX: Final = 15.0
# What Kafka might have failed to bring is found by comparing with the database.
COMPARE_SECONDS: Final = 60.0
WATCHERS_MAX: Final = 1_000

_POINT = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)

_log = log_of("goals.live")
_WATCHERS = Gauge("cairn_goals_stream_watchers", "Open live streams")


class _Wire(msgspec.Struct, gc=False):
    """The part of a goal-updated message that says for whom it is."""

    goal_id: str
    incarnation: int
    revision: int
    tree_id: str


_decode = msgspec.json.Decoder(_Wire).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The newest state of a goal; no data: the goal is gone."""

    goal_id: str
    tree_id: str | None = None
    # Incarnation and revision: what is not greater is not newer.
    age: tuple[int, int] = (0, 0)
    data: bytes | None = None


class ForestStore(Protocol):
    """Where pictures come from."""

    async def forest(self, tree_id: GoalId | None) -> AppliedForest:
        """Return one tree, or all, in one consistent picture."""

    async def revisions(self, tree_id: GoalId | None) -> Mapping[GoalId, int]:
        """Return the revision of each goal of one tree, or of all."""


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

    def __init__(self, tree_id: GoalId | None) -> None:
        self.tree_id = tree_id
        # How new the state is that the watcher has of each goal.
        self._known: dict[str, tuple[int, int]] = {}
        self._waiting: dict[str, Update] = {}
        self._has_picture = False
        self.woken = asyncio.Event()

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
        """Tell whether the database has what the watcher was not told."""
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
            self.offer(_update_of(applied, forest.incarnation))
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
        return update.tree_id is not None and self.tree_id in (None, update.tree_id)

    def _ages(self) -> dict[str, tuple[int, int]]:
        return {one.goal_id: one.age for one in self._waiting.values() if one.data}


class Live:
    """Tells watchers of updates, as they come from the topic."""

    def __init__(self, store: ForestStore) -> None:
        self._store = store
        self._watchers: set[Watcher] = set()
        self._closed = asyncio.Event()

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
        self, tree_id: GoalId | None, last_event_id: str | None
    ) -> AsyncGenerator[bytes, None]:
        """Yield frames: a picture, or what came since `last_event_id`; then updates."""
        with self._watching(tree_id) as watcher:
            # Watching began before the picture is taken: nothing falls in between.
            forest = await self._store.forest(tree_id)
            point = _Point.of(forest)
            watcher.take_picture(_ages_of(forest))
            since = _Point.read(last_event_id)
            if since is not None and since.has_structure_of(point):
                yield await asyncio.to_thread(_resumed, forest, since, point)
            else:
                # Off the loop: ten thousand goals take a while.
                yield await asyncio.to_thread(_picture, forest, point)
            async for frame in self._updates(watcher, point):
                yield frame

    async def _updates(self, watcher: Watcher, point: "_Point") -> AsyncIterator[bytes]:
        now = asyncio.get_running_loop().time
        told_at = compared_at = now()
        while not self._closed.is_set():
            wait_until = min(told_at + QUIET_SECONDS_MAX, compared_at + COMPARE_SECONDS)
            if await self._woken(watcher, wait_until - now()):
                await self._pause(told_at + FRAME_SECONDS_MIN - now())
            if now() >= compared_at + COMPARE_SECONDS:
                point = await self._compare(watcher, point)
                compared_at = now()
            updates = watcher.take()
            if updates:
                yield b"".join(_event(update, point) for update in updates)
                told_at = now()
            elif now() >= told_at + QUIET_SECONDS_MAX:
                yield b": nothing new\n\n"
                told_at = now()

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

    async def _compare(self, watcher: Watcher, point: "_Point") -> "_Point":
        """Look for what did not come by the topic; return where that leaves us."""
        try:
            if not watcher.missing(await self._store.revisions(watcher.tree_id)):
                return point
            forest = await self._store.forest(watcher.tree_id)
        except TRANSIENT_ERRORS as fault:
            _log.warning("comparing_put_off", fault=repr(fault))
            return point
        watcher.compare(forest)
        return _Point.of(forest)

    @contextmanager
    def _watching(self, tree_id: GoalId | None) -> Iterator[Watcher]:
        watcher = Watcher(tree_id)
        self._watchers.add(watcher)
        _WATCHERS.inc()
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            _WATCHERS.dec()


@dataclass(frozen=True, slots=True)
class _Point:
    """How far a stream has come: all up to this revision is surely with the watcher.

    Updates of one moment come by many partitions, in any order, so the point is where
    the last picture or comparison stood, and not the newest update that was sent.
    """

    incarnation: int
    definitions_revision: int
    revision: int

    @classmethod
    def of(cls, forest: AppliedForest) -> "_Point":
        newest = max((one.numbers.revision for one in forest.goals), default=0)
        return cls(forest.incarnation, forest.definitions_revision, newest)

    @classmethod
    def read(cls, text: str | None) -> "_Point | None":
        match = _POINT.fullmatch(text or "")
        return None if match is None else cls(*map(int, match.groups()))

    def has_structure_of(self, other: "_Point") -> bool:
        return (self.incarnation, self.definitions_revision) == (
            other.incarnation,
            other.definitions_revision,
        )

    @property
    def text(self) -> str:
        return f"{self.incarnation}.{self.definitions_revision}.{self.revision}"


def _update_of(applied: AppliedGoal, incarnation: int) -> Update:
    return Update(
        goal_id=applied.goal.id,
        tree_id=applied.numbers.tree_id,
        age=(incarnation, applied.numbers.revision),
        data=msgspec.json.encode(goal_updated(applied, incarnation)),
    )


def _ages_of(forest: AppliedForest) -> Mapping[str, tuple[int, int]]:
    return {
        one.goal.id: (forest.incarnation, one.numbers.revision) for one in forest.goals
    }


def _picture(forest: AppliedForest, point: _Point) -> bytes:
    goals = [goal_updated(one, forest.incarnation) for one in forest.goals]
    return _frame(b"snapshot", msgspec.json.encode(goals), point)


def _resumed(forest: AppliedForest, since: _Point, point: _Point) -> bytes:
    """Return only what is newer than the point up to which the watcher has all."""
    newer = [one for one in forest.goals if one.numbers.revision > since.revision]
    if not newer:
        return b": nothing new\n\n"
    return b"".join(_event(_update_of(one, forest.incarnation), point) for one in newer)


def _event(update: Update, point: _Point) -> bytes:
    if update.data is None:
        gone = msgspec.json.encode({"goal_id": update.goal_id})
        return _frame(b"goal-gone", gone, point)
    return _frame(b"goal-updated", update.data, point)


def _frame(event: bytes, data: bytes, point: _Point) -> bytes:
    return b"event: %b\nid: %b\ndata: %b\n\n" % (event, point.text.encode(), data)
