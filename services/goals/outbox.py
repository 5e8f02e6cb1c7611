"""Announcing what is committed: from the outbox to the topic, in order, at least once.

A message is deleted after Kafka has acknowledged it, in the same transaction that
kept other publishers away; after a crash in between it goes out again, under the same
change set and place in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Final, Protocol

from aiokafka.errors import KafkaError
from prometheus_client import Counter

from shared.messages.definitions import Kind
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

# One transaction; the rows of a large change set may need several.
BATCH_MESSAGES_MAX: Final = 1_000
# A fallback: usually a commit wakes the publisher at once.
POLL_SECONDS: Final = 1.0
STOP_SECONDS_MAX: Final = 3.0
_PAUSE_SECONDS_MIN: Final = 0.1
_PAUSE_SECONDS_MAX: Final = 5.0

_log = log_of("goals.outbox")
_PUBLISHED = Counter("cairn_goals_published_definitions", "Definitions announced")


class Waiting(Protocol):
    """One message that is to go out."""

    @property
    def position(self) -> int:
        """Where it stands in the outbox."""

    @property
    def change_set_id(self) -> str:
        """What it belongs to."""

    @property
    def change_set_size(self) -> int:
        """How many belong to that."""

    @property
    def change_set_index(self) -> int:
        """The place among those."""

    @property
    def kind(self) -> Kind:
        """What is defined."""

    @property
    def definition_id(self) -> str:
        """Which one."""

    @property
    def value(self) -> bytes | None:
        """What it is now; absent: it is gone."""

    @property
    def goal_number(self) -> int | None:
        """Which goal is gone."""

    @property
    def traceparent(self) -> str | None:
        """The trace of the request that made it."""

    @property
    def made_at(self) -> datetime:
        """When it was committed, nearly."""


class OutboxSession(Protocol):
    """One database session that publishes and listens."""

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Open a transaction."""

    async def take(self, limit: int) -> Sequence[Waiting]:
        """Return what waits longest, and keep other publishers out until the end."""

    async def forget(self, *, position: int, next_offset: int) -> None:
        """Delete what Kafka has acknowledged, and tell those who wait for it."""


# Opens a session that calls the function whenever something was committed elsewhere.
OpenSession = Callable[[Callable[[], None]], AbstractAsyncContextManager[OutboxSession]]
# Publishes in order and returns the offset after the last, once all are acknowledged.
Publish = Callable[[Sequence[Waiting]], Awaitable[int]]


class OutboxPublisher:
    """Publishes what waits, in one process at a time, whoever committed it."""

    def __init__(self, open_session: OpenSession, publish: Publish) -> None:
        self._open_session = open_session
        self._publish = publish
        self._wake = asyncio.Event()
        self._stopping = False
        self._running: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Tell that something was committed."""
        self._wake.set()

    def start(self) -> None:
        """Begin to publish."""
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Publish what waits now, within a limit; the rest keeps until next time."""
        self._stopping = True
        self._wake.set()
        if self._running is not None:
            await asyncio.wait([self._running], timeout=STOP_SECONDS_MAX)
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        pause = _PAUSE_SECONDS_MIN
        while not self._stopping:
            try:
                async with self._open_session(self.wake) as session:
                    await self._serve(session)
            except (*TRANSIENT_ERRORS, KafkaError) as fault:
                _log.warning("publishing_paused", fault=repr(fault), seconds=pause)
            except Exception:  # noqa: BLE001 - an edge: it stays at the head, and is told
                _log.exception("publishing_failed", seconds=pause)
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)

    async def _serve(self, session: OutboxSession) -> None:
        while True:
            # Cleared before looking: what is committed from now on wakes us again.
            self._wake.clear()
            while await self._publish_some(session):
                pass
            if self._stopping:
                return
            await self._woken()

    async def _woken(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _publish_some(self, session: OutboxSession) -> bool:
        """Publish the next messages; tell whether there were any."""
        async with session.transaction():
            waiting = await session.take(BATCH_MESSAGES_MAX)
            if not waiting:
                return False
            next_offset = await self._publish(waiting)
            await session.forget(position=waiting[-1].position, next_offset=next_offset)
        _PUBLISHED.inc(len(waiting))
        _log.info(
            "definitions_announced", messages=len(waiting), next_offset=next_offset
        )
        return True
