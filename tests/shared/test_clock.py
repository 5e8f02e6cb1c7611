"""Clocks that tests choose."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from shared.plumbing.clock import clock_of, machine_clock
from shared.plumbing.settings import ClockSettings


def test_an_instant_stands_still() -> None:
    """A fixed clock says the same for ever."""
    clock = clock_of("2026-11-21T10:30:00+01:00")
    assert clock() == clock() == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("+36h", timedelta(hours=36)),
        ("-2d", timedelta(days=-2)),
        ("+90s", timedelta(seconds=90)),
        ("-5m", timedelta(minutes=-5)),
    ],
)
def test_an_offset_goes_on(text: str, ahead: timedelta) -> None:
    """A clock that was put forward or back runs on."""
    before = machine_clock()
    seen = clock_of(text)() - ahead
    assert before <= seen <= machine_clock()


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-21T09:30:00", "36h", "+1w", ""])
def test_other_texts_are_refused_with_what_is_allowed(text: str) -> None:
    """What is no clock is refused with what is one."""
    with pytest.raises(ValueError, match=r"2026-11-21T09:30:00Z.*\+36h"):
        clock_of(text)


def test_only_tests_may_move_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """CAIRN_NOW alone is refused."""
    monkeypatch.setenv("CAIRN_NOW", "+36h")
    with pytest.raises(ValidationError, match="CAIRN_TESTING=1"):
        ClockSettings()
    monkeypatch.setenv("CAIRN_TESTING", "1")
    ahead = ClockSettings().clock() - machine_clock()
    assert timedelta(hours=35, minutes=59) < ahead < timedelta(hours=36, minutes=1)


def test_a_clock_that_does_not_read_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A service does not start with a clock that does not read."""
    monkeypatch.setenv("CAIRN_TESTING", "1")
    monkeypatch.setenv("CAIRN_NOW", "noon")
    with pytest.raises(ValidationError, match="'noon' is no time"):
        ClockSettings()
