"""Live streams: so many for each caller, and no longer than he may listen."""

from collections.abc import AsyncGenerator

import pytest

from services.goals.http import streams
from services.goals.http.errors import AnswerError
from services.goals.http.streams import OpenStreams, while_allowed
from shared.doors.refusing import RefusedAtDoorError, not_authenticated, not_now

MAX = 2


async def frames() -> AsyncGenerator[bytes, None]:
    """Yield frames without end."""
    while True:
        yield b"frame"


async def test_each_caller_has_so_many_streams() -> None:
    """One more is refused until one is closed; others are not held up."""
    open_streams = OpenStreams(MAX)

    with open_streams.opened("admin"), open_streams.opened("user/ada"):
        with (
            open_streams.opened("admin"),
            pytest.raises(AnswerError) as caught,
            open_streams.opened("admin"),
        ):
            pass
        with open_streams.opened("admin"):
            pass

    assert (caught.value.status, caught.value.error) == (429, "too_many_streams")
    assert caught.value.headers["Retry-After"]
    assert not open_streams._open


@pytest.mark.parametrize(
    ("refused", "count"),
    [(not_authenticated("the session has ended"), 3), (not_now("away", "away"), 5)],
)
async def test_a_stream_ends_with_the_right_to_it(
    monkeypatch: pytest.MonkeyPatch, refused: RefusedAtDoorError, count: int
) -> None:
    """Where nobody can say, nothing has changed."""
    monkeypatch.setattr(streams, "LOOK_AGAIN_SECONDS", 0.0)
    asked = 0

    async def look_again() -> None:
        nonlocal asked
        asked += 1
        if asked > 3:
            raise refused

    seen = 0
    async for _ in while_allowed(frames(), look_again):
        seen += 1
        if seen == 5:
            break

    assert seen == count
