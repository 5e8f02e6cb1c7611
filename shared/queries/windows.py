"""Spans as they are seen from one place, and what is worth keeping of them.

All queries that ask for the same span look through the same windows.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final

from shared.queries.eyes import Eyes
from shared.queries.moments import HOUR, day_of, instant_of, midnight
from shared.queries.spans import NEVER, Reach, Span, span_at
from shared.queries.units import Frame

# So many passings at most are kept for each span and zone.
KEPT_MAX: Final = 10_000


class Window:
    """A span as it is seen from one place; it is reckoned again when now has moved."""

    __slots__ = ("_enters", "_frame", "_leaves", "_reach", "_seen")

    def __init__(self, reach: Reach, frame: Frame) -> None:
        self._reach = reach
        self._frame = frame
        self._seen: tuple[datetime | None, Span] = None, NEVER
        # When a value passes an edge does not depend on now.
        self._enters: dict[str | int, datetime | None] = {}
        self._leaves: dict[str | int, datetime | None] = {}

    def span(self, now: datetime) -> Span:
        """Return the span as it is now."""
        seen_at, span = self._seen
        if now is not seen_at:
            span = span_at(self._reach, now, self._frame)
            self._seen = now, span
        return span

    def enters_at(self, when: str | int) -> datetime | None:
        """Return from when on what lies ahead may be in the span."""
        key = when if isinstance(when, str) else when // HOUR
        if key in self._enters:
            return self._enters[key]
        passes = self._reach.closes.passes
        if isinstance(when, str):
            first = midnight(day_of(when), self._frame.zone)
            return _kept(self._enters, when, passes(first, self._frame))
        return self._of_instant(self._enters, passes, when)

    def leaves_at(self, when: str | int) -> datetime | None:
        """Return from when on what is in the span may lie behind it."""
        key = when if isinstance(when, str) else when // HOUR
        if key in self._leaves:
            return self._leaves[key]
        passes = self._reach.opens.passes
        if isinstance(when, str):
            last = midnight(day_of(when) + 1, self._frame.zone) - 1
            return _kept(self._leaves, when, passes(last, self._frame))
        return self._of_instant(self._leaves, passes, when)

    def _of_instant(
        self,
        known: dict[str | int, datetime | None],
        passes: Callable[[int, Frame], int],
        when: int,
    ) -> datetime | None:
        """Return when an instant passes; kept if all do that lie in the same hour."""
        begins = when - when % HOUR
        found = passes(begins, self._frame)
        if found == passes(begins + HOUR - 1, self._frame):
            return _kept(known, when // HOUR, found)
        return instant_of(passes(when, self._frame))


def _kept(
    known: dict[str | int, datetime | None], key: str | int, instant: int
) -> datetime | None:
    if len(known) >= KEPT_MAX:
        known.clear()
    found = known[key] = instant_of(instant)
    return found


class Windows:
    """The windows on one span, by time zone, under one organisation's calendar."""

    __slots__ = ("_calendar", "_reach", "_week_start", "_windows")

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._windows: dict[str, Window] = {}
        self._calendar: object = None
        self._week_start: int | None = None

    def through(self, eyes: Eyes) -> Window:
        """Return the window of these eyes."""
        around = eyes.around
        if (
            around.calendar is not self._calendar
            or around.week_start != self._week_start
        ):
            self._windows = {}
            self._calendar = around.calendar
            self._week_start = around.week_start
        window = self._windows.get(eyes.time_zone)
        if window is None:
            frame = Frame(eyes.time_zone, around.week_start, around.calendar)
            window = self._windows[eyes.time_zone] = Window(self._reach, frame)
        return window


@lru_cache(maxsize=10_000)
def windows_on(reach: Reach) -> Windows:
    """Return the windows on a span, which all queries share."""
    return Windows(reach)
