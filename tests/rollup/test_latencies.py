"""Percentiles and rates of the last minute, counted in memory."""

import random
from statistics import quantiles

import pytest

from services.rollup.domain.latencies import (
    SAMPLES_MAX,
    WINDOW_SECONDS,
    Arrivals,
    Latencies,
    Percentiles,
    Rate,
    sample_of,
)

NOW = 1_800_000_000.0


def took(*milliseconds: float, records: int | None = None) -> list[Arrivals]:
    """Return arrivals that took so long until now."""
    moments = [int(NOW * 1000 - one) for one in milliseconds]
    return [Arrivals(moments, len(moments) if records is None else records)]


def test_percentiles_are_right_to_a_step() -> None:
    """Whatever the durations are, none is off by more than a twentieth."""
    stream = random.Random(7)
    durations = [stream.lognormvariate(4, 1.5) + 2 for _ in range(5_000)]
    latencies = Latencies()
    for one in durations:
        latencies.add(took(round(one)), now=NOW)

    found = latencies.percentiles(NOW)

    exact = quantiles(durations, n=100)
    assert found.count == len(durations)
    assert found.p50 == pytest.approx(exact[49], rel=0.06)
    assert found.p95 == pytest.approx(exact[94], rel=0.06)
    assert found.p99 == pytest.approx(exact[98], rel=0.06)


def test_without_records_there_is_no_percentile() -> None:
    """Nothing is not zero."""
    assert Latencies().percentiles(NOW) == Percentiles(count=0)


def test_a_sample_counts_as_all_it_stands_for() -> None:
    """One slow batch of many outweighs a few quick records."""
    latencies = Latencies()
    latencies.add(took(10, 10, 10), now=NOW)
    latencies.add(took(*[1_000] * SAMPLES_MAX, records=4_997), now=NOW)

    found = latencies.percentiles(NOW)

    assert found.count == 5_000
    assert found.p50 == pytest.approx(1_000, rel=0.05)


def test_a_sample_is_chosen_evenly() -> None:
    """A few are all taken; of many the first ones of each tenth."""
    assert sample_of([5, 6]) == Arrivals((5, 6), 2)

    many = sample_of(range(1_000))

    assert many.moments == tuple(range(0, 1_000, 100))
    assert many.records == 1_000


def test_what_was_over_a_minute_ago_is_forgotten() -> None:
    """The numbers are about now; and no memory grows."""
    latencies = Latencies()
    for second in range(1_000):
        latencies.add(took(20), now=NOW + second)

    later = NOW + 999
    assert len(latencies._slices) <= WINDOW_SECONDS // 5 + 2
    assert latencies.percentiles(later).count <= WINDOW_SECONDS + 5
    assert latencies.percentiles(later + 2 * WINDOW_SECONDS).count == 0


def test_a_clock_that_is_behind_makes_no_negative_duration() -> None:
    """A record that came from the future took no time."""
    latencies = Latencies()
    latencies.add(took(-5_000), now=NOW)

    assert latencies.percentiles(NOW).p99 == 1.0


def test_a_rate_is_of_the_last_minute() -> None:
    """A burst that is over does not stay in it."""
    rate = Rate()
    assert rate.per_second == 0.0
    rate.note(0, now=0)
    rate.note(600, now=10)
    assert rate.per_second == 60.0

    for second in range(12, 90, 2):
        rate.note(600 + second, now=second)

    assert rate.per_second == pytest.approx(1.0)
    assert WINDOW_SECONDS <= rate.seconds < WINDOW_SECONDS + 3
