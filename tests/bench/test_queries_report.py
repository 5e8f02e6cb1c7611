"""The figures of the benchmark of queries: medians, ratios, and what is divided."""

import json

import pytest

from bench.queries.company import Equality
from bench.queries.report import (
    Case,
    Figure,
    Report,
    Run,
    figures_for,
    figures_of,
    text_of,
)
from bench.throughput import Throughput


def _run(number: int, goals: int, seconds: float, rollup: float) -> Run:
    return Run(
        case=Case(round=number, equality=Equality.OF_RECORD, goals=goals),
        throughput=Throughput(
            records=2_000,
            seconds_to_applied=seconds,
            seconds_to_announced=2 * seconds,
            goal_updated_messages=1,
            cpu_seconds={"rollup 0": rollup, "rollup 1": 0.5, "postgres": 7.0},
            cores_busy_elsewhere=0.25,
            memory_peak_megabytes={},
        ),
    )


# The machine is half as fast in the second round, and recovers in the third.
RUNS = [
    _run(1, 100, seconds=1.0, rollup=1.5),
    _run(1, 10_000, seconds=1.25, rollup=1.7),
    _run(2, 100, seconds=2.0, rollup=3.5),
    _run(2, 10_000, seconds=2.0, rollup=3.5),
    _run(3, 100, seconds=1.0, rollup=1.5),
    _run(3, 10_000, seconds=1.0, rollup=1.5),
]
REPORT = Report(machine={}, seed=42, records=2_000, processes=2, runs=RUNS)


def test_the_processor_time_is_that_of_all_rollup_processes() -> None:
    """For 1,000 records, and without what others use."""
    assert RUNS[0].rollup_seconds_per_thousand == 1.0


def test_ratios_are_taken_within_rounds() -> None:
    """A machine that slows down between rounds moves no ratio."""
    (_, few, fewest), (_, many, most) = figures_for(RUNS)

    assert (few, many) == (100, 10_000)
    assert fewest == [
        Figure(median=2_000, ratio=1),
        Figure(median=1_000, ratio=1),
        Figure(median=1.0, ratio=1),
    ]
    assert most == [
        Figure(median=1_600, ratio=1),
        Figure(median=800, ratio=1),
        Figure(median=1.1, ratio=1),
    ]


def test_a_slower_record_shows_as_a_ratio_below_one() -> None:
    """And as one above one in the processor time that it takes."""
    runs = [_run(1, 100, seconds=1, rollup=1.5), _run(1, 1_000, seconds=2, rollup=5.5)]

    _, (_, _, [applied, announced, processor]) = figures_for(runs)

    assert (applied.ratio, announced.ratio, processor.ratio) == (0.5, 0.5, 3.0)


def test_the_table_and_the_file_say_the_same() -> None:
    """Each line has the medians with their ratios."""
    text = text_of(REPORT)
    figures = json.loads(json.dumps(figures_of(REPORT)))

    assert "2,000 records, seed 42, rollup 2 processes, 3 rounds" in text
    [line] = [one for one in text.splitlines() if one.strip().startswith("10,000 ")]
    assert line.split() == ["10,000", "1,600", "1.00", "800", "1.00", "1.1000", "1.00"]
    assert figures["figures"][1] == {
        "equality": "territory of the record",
        "goals": 10_000,
        "records_a_second_applied": {"median": 1_600, "ratio": 1},
        "records_a_second_announced": {"median": 800, "ratio": 1},
        "rollup_seconds_per_thousand": {
            "median": pytest.approx(1.1),
            "ratio": pytest.approx(1),
        },
    }
    assert len(figures["runs"]) == len(RUNS)
