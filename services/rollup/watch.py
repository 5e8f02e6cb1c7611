"""Watch: read goal-updated back, and announce again what an older message hid.

A process that was stopped for a while may still send what it had queued. If an older
message of a goal follows a newer one, the newest state is announced once more, so that
the last message of a goal on its partition is its newest.
"""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
from prometheus_client import Counter

from services.rollup.store import announcements
from shared.plumbing.logs import log_of

log = log_of("rollup.watch")

OVERTAKEN = Counter(
    "cairn_goals_overtaken", "Goals whose newest message was followed by an older one"
)
_ID_HEADER: Final = "ce_id"


class Watching:
    """Knows the newest revision seen of each goal."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._newest: dict[bytes, tuple[int, int]] = {}

    async def take(self, messages: Sequence[Any]) -> list[int]:
        """Look at what was announced; return the groups that must announce again."""
        overtaken = {
            message.key.decode()
            for message in messages
            if message.key is not None and self._is_overtaken(message)
        }
        if not overtaken:
            return []
        OVERTAKEN.inc(len(overtaken))
        log.warning("goals_overtaken", goals=sorted(overtaken))
        async with self._pool.acquire() as connection, connection.transaction():
            return await announcements.announce_again(connection, sorted(overtaken))

    def _is_overtaken(self, message: Any) -> bool:
        seen = _revision_of(message)
        if seen is None:
            return False
        newest = self._newest.get(message.key)
        if newest is not None and seen < newest:
            return True
        self._newest[message.key] = seen
        return False


def _revision_of(message: Any) -> tuple[int, int] | None:
    """Return incarnation and revision, from the event's id: no value need be read."""
    for name, content in message.headers:
        if name == _ID_HEADER and content:
            text = content.decode("utf-8", "replace").rpartition(":")[2]
            incarnation, _, revision = text.partition(".")
            if incarnation.isdigit() and revision.isdigit():
                return int(incarnation), int(revision)
    return None
