"""The history of a small company, and a clock to write it by."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from typing_extensions import override

from services.rollup import climb as climb_module
from services.rollup import redefine as redefine_module
from services.rollup.domain.forest import TREE_GROUPS
from services.rollup.history import History
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World
from tests.integration.rollup.judging import judge

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
LOCK = {"is_override": True, "is_overridden": True, "at": NOON.isoformat()}

# Goals whose last row says otherwise than they show now.
_WRONG = """
SELECT goal.id, last.*
FROM rollup_published.goal
LEFT JOIN LATERAL (
    SELECT * FROM rollup_published.history
    WHERE history.number = goal.number
    ORDER BY at DESC
    LIMIT 1
) AS last ON true
WHERE last.number IS NULL
   OR last.actual IS DISTINCT FROM CASE WHEN goal.rollup_fields ? 'actual'
        THEN goal.shown_actual / 10::numeric ^ goal.decimals END
   OR last.in_progress IS DISTINCT FROM CASE WHEN goal.rollup_fields ? 'in_progress'
        THEN goal.shown_in_progress / 10::numeric ^ goal.decimals END
   OR last.custom IS DISTINCT FROM CASE WHEN goal.rollup_fields ? 'custom'
        THEN goal.shown_custom / 10::numeric ^ goal.decimals END
"""
ROWS = """
SELECT at, actual::text, in_progress::text, custom::text
FROM rollup_published.history
WHERE id = $1
ORDER BY at
"""


_versions = count(1)


class Clock:
    """Says what time it is."""

    def __init__(self) -> None:
        self.now = NOON

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def clock_for(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let climbs and changes of definitions live by a clock of the test's own."""
    clock = Clock()

    class Now(datetime):
        @classmethod
        @override
        def now(cls, tz: Any = None) -> "Now":
            return cls.fromtimestamp(clock.now.timestamp(), tz)

    monkeypatch.setattr(climb_module, "datetime", Now)
    monkeypatch.setattr(redefine_module, "datetime", Now)
    return clock


def company() -> World:
    """Return the topics of a small company: P ── C, and X beside it."""
    made = World()
    made.say(
        making.metric(),
        making.goal("P", 1, rollup_only_from_children=True),
        making.goal("C", 2, parent_id="P"),
        making.goal("X", 3, owner={"type": "user", "id": "X"}, owner_records_only=True),
    )
    return made


def history_of(copy: Copy) -> History:
    """Return what writes the history of a process."""
    return History(copy.pool, copy.climbing.notes)


async def rows(copy: Copy, goal_id: str) -> list[tuple[float, str | None]]:
    """Return after how many seconds a goal showed which actual."""
    found = await copy.pool.fetch(ROWS, goal_id)
    return [((row[0] - NOON).total_seconds(), row[1]) for row in found]


async def all_right(copy: Copy, url: str) -> bool:
    """Fail unless each goal's last row says what the goal shows."""
    await judge(url)
    assert not [dict(row) for row in await copy.pool.fetch(_WRONG)]
    return True


async def move(copy: Copy, world: World, amount: str) -> None:
    """Give the one record of the company another amount, and let it climb."""
    world.record(making.won("O-1", amount, version=next(_versions)))
    await copy.apply_all()
    await copy.climb()


async def compare_all(copy: Copy) -> None:
    """Compare all goals, as a process does that takes all groups."""
    copy.climbing.notes.taken.update(range(TREE_GROUPS))
    history = history_of(copy)
    while await history.compare_step():
        pass
