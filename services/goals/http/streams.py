"""How many live streams each caller has open, and that they end with his right."""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from time import monotonic
from typing import Final

from services.goals.http.errors import AnswerError
from shared.doors.refusing import RefusedAtDoorError

# A stream says something at least this often; then it is seen who still may listen.
LOOK_AGAIN_SECONDS: Final = 15.0
_UNAVAILABLE: Final = 503


class OpenStreams:
    """Counts open streams."""

    def __init__(self, per_caller: int) -> None:
        self._per_caller = per_caller
        self._open: Counter[str] = Counter()

    @contextmanager
    def opened(self, caller: str) -> Iterator[None]:
        """Count a stream while it is open, or refuse it."""
        if self._open[caller] >= self._per_caller:
            raise AnswerError(
                429,
                "too_many_streams",
                f"{caller} has {self._per_caller} streams open already, no more are "
                "allowed; close one, or watch all trees in one stream",
                headers={"Retry-After": "5"},
            )
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            # Who watches nothing need not be remembered.
            self._open += Counter()


async def while_allowed(
    frames: AsyncGenerator[bytes, None],
    look_again: Callable[[], Awaitable[object]],
) -> AsyncGenerator[bytes, None]:
    """Yield frames until whoever watches would no longer be let in."""
    looked_at = monotonic()
    async with aclosing(frames):
        async for frame in frames:
            if monotonic() - looked_at >= LOOK_AGAIN_SECONDS:
                if not await _may_still(look_again):
                    return
                looked_at = monotonic()
            yield frame


async def _may_still(look_again: Callable[[], Awaitable[object]]) -> bool:
    try:
        await look_again()
    except RefusedAtDoorError as refused:
        # While nobody can say, nothing has changed.
        return refused.status == _UNAVAILABLE
    return True
