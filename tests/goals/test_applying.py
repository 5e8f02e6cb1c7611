"""Waiting until a write is applied, together, and not for ever."""

import asyncio

import asyncpg
import pytest

from services.goals import applying as applying_module
from services.goals.applying import Applied


class Progress:
    """How far rollup has come."""

    def __init__(self, next_offset: int = 0) -> None:
        self.next_offset = next_offset
        self.looks = 0

    async def read(self) -> int | None:
        """Look."""
        self.looks += 1
        return self.next_offset


async def test_a_write_is_waited_for_until_it_is_applied() -> None:
    """First until it is published, then until rollup has passed it."""
    progress = Progress()
    applied = Applied(progress.read)
    waiting = asyncio.create_task(applied.wait(5))
    await asyncio.sleep(0)

    applied.published(4, 40)
    applied.published(6, 60)
    progress.next_offset = 60

    assert await waiting


async def test_nothing_written_is_nothing_to_wait_for() -> None:
    """Rollup need not be there."""
    assert await Applied(Progress().read).wait(None)


@pytest.mark.parametrize("published", [True, False])
async def test_nobody_waits_for_ever(
    monkeypatch: pytest.MonkeyPatch,
    published: bool,
) -> None:
    """Neither for Kafka nor for rollup."""
    monkeypatch.setattr(applying_module, "WAIT_SECONDS_MAX", 0.05)
    applied = Applied(Progress().read)
    if published:
        applied.published(5, 50)

    assert not await applied.wait(5)


async def test_all_who_wait_look_together() -> None:
    """A hundred writes at once ask the database as often as one."""
    progress = Progress(next_offset=50)
    applied = Applied(progress.read)
    applied.published(5, 50)

    answers = await asyncio.gather(*(applied.wait(5) for _ in range(100)))

    assert all(answers)
    assert progress.looks == 1


async def test_what_is_known_to_be_applied_needs_no_look() -> None:
    """Offsets only grow."""
    progress = Progress(next_offset=50)
    applied = Applied(progress.read)
    applied.published(5, 50)
    await applied.wait(5)

    assert await applied.wait(3)
    assert progress.looks == 1


@pytest.mark.parametrize(
    "fault", [ConnectionResetError(), asyncpg.UndefinedTableError("no such table")]
)
async def test_a_database_that_is_away_holds_nobody_up(fault: Exception) -> None:
    """The write is committed; its answer goes out."""

    async def read() -> int | None:
        raise fault

    applied = Applied(read)
    applied.published(5, 50)

    assert not await applied.wait(5)
