"""How long records took to their roots, and how many came: of the last minute.

Counted in memory as it happens, read by whoever tells of it; what is counted is
forgotten by itself. Durations stand in steps of 5 %, so a percentile is right to that.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

WINDOW_SECONDS: Final = 60
_SLICE_SECONDS: Final = 5
_STEP: Final = 1.05
_MILLISECONDS_MAX: Final = 24 * 3_600_000.0
# More of one batch would say no more.
SAMPLES_MAX: Final = 10


def _bounds() -> Sequence[float]:
    bounds = [1.0]
    while bounds[-1] < _MILLISECONDS_MAX:
        bounds.append(bounds[-1] * _STEP)
    return tuple(bounds)


# The upper ends of the steps; what took longer than the last counts as that.
_BOUNDS: Final = _bounds()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When some records of a batch came to Kafka, and how many these stand for."""

    # In milliseconds since 1970, as Kafka has it.
    moments: Sequence[int]
    records: int


def sample_of(moments: Sequence[int]) -> Arrivals:
    """Return a few moments, evenly chosen, that stand for all."""
    count = len(moments)
    if count <= SAMPLES_MAX:
        return Arrivals(tuple(moments), count)
    chosen = tuple(moments[i * count // SAMPLES_MAX] for i in range(SAMPLES_MAX))
    return Arrivals(chosen, count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """How long it took, in milliseconds: for half, for most, for nearly all."""

    # Of so many records.
    count: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(slots=True)
class Latencies:
    """The durations of the last minute, by slices of it that are let go one by one."""

    _slices: deque[tuple[int, Counter[int]]] = field(default_factory=deque)

    def add(self, arrivals: Sequence[Arrivals], *, now: float) -> None:
        """Count records that are at their roots now; seconds since 1970."""
        place = int(now) // _SLICE_SECONDS
        if not self._slices or self._slices[-1][0] < place:
            self._slices.append((place, Counter()))
            self._forget(now)
        counts = self._slices[-1][1]
        for several in arrivals:
            weight, rest = divmod(several.records, max(1, len(several.moments)))
            for number, moment in enumerate(several.moments):
                # A sender's clock may be ahead of ours.
                took = max(0.0, now * 1000 - moment)
                step = min(bisect_left(_BOUNDS, took), len(_BOUNDS) - 1)
                counts[step] += weight + (number < rest)

    def percentiles(self, now: float) -> Percentiles:
        """Return how long it took within the last minute."""
        self._forget(now)
        counts: Counter[int] = Counter()
        for _, some in self._slices:
            counts += some
        total = counts.total()
        if not total:
            return Percentiles(count=0)
        p50, p95, p99 = _percentiles(counts, total, (50, 95, 99))
        return Percentiles(count=total, p50=p50, p95=p95, p99=p99)

    def _forget(self, now: float) -> None:
        oldest = (int(now) - WINDOW_SECONDS) // _SLICE_SECONDS
        while self._slices and self._slices[0][0] < oldest:
            self._slices.popleft()


def _percentiles(
    counts: Counter[int], total: int, shares: Sequence[int]
) -> list[float]:
    """Return for each share the step at which as many have been counted."""
    found: list[float] = []
    counted = 0
    for step in sorted(counts):
        counted += counts[step]
        while len(found) < len(shares) and counted * 100 >= total * shares[len(found)]:
            found.append(_BOUNDS[step])
    return found


@dataclass(slots=True)
class Rate:
    """How many came in a second, from what a growing count showed now and then."""

    _shown: deque[tuple[float, float]] = field(default_factory=deque)

    def note(self, count: float, *, now: float) -> None:
        """Note what the count shows; seconds of a clock that only goes forward."""
        self._shown.append((now, count))
        # One that is older stays: what it shows is where the minute begins.
        while len(self._shown) > 1 and self._shown[1][0] <= now - WINDOW_SECONDS:
            self._shown.popleft()

    @property
    def seconds(self) -> float:
        """How long a time it is about."""
        return self._shown[-1][0] - self._shown[0][0] if self._shown else 0.0

    @property
    def per_second(self) -> float:
        """How many came in a second, in that time."""
        if not self.seconds:
            return 0.0
        return (self._shown[-1][1] - self._shown[0][1]) / self.seconds
