"""The publisher: in order, again after a fault, and done before it stops."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from services.goals import outbox as outbox_module
from services.goals.outbox import OutboxPublisher, Waiting
from services.goals.store.outbox import WaitingMessage
from shared.messages.definitions import Kind
from tests.waiting import eventually


def message(position: int) -> WaitingMessage:
    """Return a message that waits."""
    return WaitingMessage(
        position=position,
        change_set_id="set",
        change_set_size=1,
        change_set_index=0,
        kind=Kind.USER,
        definition_id="ada",
        value=b"{}",
        goal_number=None,
        traceparent=None,
        made_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


class Shelf:
    """An outbox in memory; a transaction that fails forgets what it has forgotten."""

    def __init__(self, *positions: int) -> None:
        self.positions = list(positions)
        self.faults: list[Exception] = []
        self.sessions = 0

    @asynccontextmanager
    async def session(self, _told: Callable[[], None]) -> AsyncIterator["Shelf"]:
        """Open a session, or fail as a database does."""
        self.sessions += 1
        if self.faults:
            raise self.faults.pop()
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Open a transaction."""
        before = list(self.positions)
        try:
            yield
        except BaseException:
            self.positions = before
            raise

    async def take(self, limit: int) -> Sequence[Waiting]:
        """Return what waits longest."""
        return [message(position) for position in self.positions[:limit]]

    async def forget(self, *, position: int, next_offset: int) -> None:
        """Delete what was acknowledged."""
        assert next_offset == position + 1
        self.positions = [one for one in self.positions if one > position]


class Topic:
    """A topic in memory; each fault is raised instead of an acknowledgement."""

    def __init__(self, *faults: Exception) -> None:
        self.published: list[int] = []
        self._faults = list(faults)

    async def publish(self, waiting: Sequence[Waiting]) -> int:
        """Append, and acknowledge unless a fault is due."""
        self.published += [one.position for one in waiting]
        if self._faults:
            raise self._faults.pop()
        return waiting[-1].position + 1


async def test_everything_goes_out_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over as many transactions as it takes."""
    monkeypatch.setattr(outbox_module, "BATCH_MESSAGES_MAX", 3)
    shelf, topic = Shelf(*range(10)), Topic()
    publisher = OutboxPublisher(shelf.session, topic.publish)

    publisher.start()
    await eventually(lambda: not shelf.positions, what="an empty outbox")
    await publisher.stop()

    assert topic.published == list(range(10))


@pytest.mark.parametrize(
    "fault", [ConnectionResetError(), TimeoutError(), ValueError("a bug of ours")]
)
async def test_what_is_not_acknowledged_goes_out_again(fault: Exception) -> None:
    """Whatever the fault was, it stays at the head, and the rest behind it."""
    shelf, topic = Shelf(1, 2), Topic(fault)
    publisher = OutboxPublisher(shelf.session, topic.publish)

    publisher.start()
    await eventually(lambda: not shelf.positions, what="an empty outbox")
    await publisher.stop()

    assert topic.published == [1, 2, 1, 2]


async def test_a_lost_database_is_found_again() -> None:
    """With a new session."""
    shelf, topic = Shelf(1), Topic()
    shelf.faults = [ConnectionRefusedError(), OSError()]
    publisher = OutboxPublisher(shelf.session, topic.publish)

    publisher.start()
    await eventually(lambda: not shelf.positions, what="an empty outbox")
    await publisher.stop()

    assert topic.published == [1]
    assert shelf.sessions == 3


async def test_what_is_committed_last_goes_out_before_the_end() -> None:
    """Stopping wakes the publisher once more."""
    shelf, topic = Shelf(), Topic()
    publisher = OutboxPublisher(shelf.session, topic.publish)
    publisher.start()
    await eventually(lambda: shelf.sessions, what="a session")

    shelf.positions.append(1)
    await publisher.stop()

    assert topic.published == [1]


async def test_a_commit_wakes_the_publisher() -> None:
    """Sooner than it would look by itself."""
    shelf, topic = Shelf(), Topic()
    publisher = OutboxPublisher(shelf.session, topic.publish)
    publisher.start()
    await eventually(lambda: shelf.sessions, what="a session")

    shelf.positions.append(1)
    publisher.wake()

    await eventually(lambda: topic.published, what="the message")
    await publisher.stop()
