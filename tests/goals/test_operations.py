"""What follows from times and offsets, and that the document's example is an answer."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from services.goals.domain.operations import (
    SILENT_AFTER,
    Latency,
    Process,
    ProcessState,
    health_of,
    partitions_of,
    state_of,
)
from services.goals.http.operations import OperationsAnswer
from services.goals.http.operations_example import EXAMPLE

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
RECORDS, CHANGES = "activity-records", "goal-changes"


def process(name: str, *partitions: int, seconds_ago: float = 0.0) -> Process:
    """Return a process that told of itself so long ago."""
    seen_at = NOW - timedelta(seconds=seconds_ago)
    return Process(
        id=name,
        name=name,
        state=state_of(NOW, seen_at=seen_at, stopped_at=None),
        started_at=NOW,
        seen_at=seen_at,
        stopped_at=None,
        partitions=partitions,
        tree_groups=(),
        measured_since=NOW,
        records_per_second=0.0,
        latency=Latency(
            records=0,
            p50_milliseconds=None,
            p95_milliseconds=None,
            p99_milliseconds=None,
        ),
    )


@pytest.mark.parametrize(
    ("silent", "stopped", "expected"),
    [
        (timedelta(), False, ProcessState.RUNNING),
        (SILENT_AFTER, False, ProcessState.RUNNING),
        (SILENT_AFTER + timedelta(seconds=1), False, ProcessState.SILENT),
        (timedelta(), True, ProcessState.STOPPED),
        (timedelta(minutes=30), True, ProcessState.STOPPED),
    ],
)
def test_a_process_is_what_it_said_last(
    silent: timedelta,
    stopped: bool,
    expected: ProcessState,
) -> None:
    """Whoever stopped in order is not missed."""
    seen_at = NOW - silent

    state = state_of(NOW, seen_at=seen_at, stopped_at=seen_at if stopped else None)

    assert state is expected


def test_lag_is_the_end_without_what_is_applied() -> None:
    """Also of a partition that nobody has begun, and of one that nobody asks about."""
    found = partitions_of(
        {(RECORDS, 0): 7, (RECORDS, 1): 5, (CHANGES, 0): 2},
        {(RECORDS, 0): 4, (CHANGES, 0): 3},
        [process("one", 0, 1), process("dead", 1, seconds_ago=60)],
        records_topic=RECORDS,
    )

    first, second, changes = found
    assert (first.lag, first.process_id) == (3, "one")
    assert (second.applied_offset, second.lag, second.process_id) == (None, 5, "one")
    assert (changes.lag, changes.process_id) == (None, None)
    assert changes.reason is not None
    assert "applied up to 3, and the partition ends at 2" in changes.reason


def test_a_silent_process_is_not_healthy() -> None:
    """It says for how long nobody has heard of it."""
    silent = health_of(process("host:8082", seconds_ago=61), NOW)
    running = health_of(process("host:8083"), NOW)

    assert not silent.ready
    assert silent.name == "rollup host:8082"
    assert "no word from it for 61 s" in (silent.reason or "")
    assert (running.ready, running.reason) == (True, None)


def test_the_example_of_the_document_is_an_answer() -> None:
    """All its fields, and no other; whoever copies it has what he will get."""
    answer = msgspec.convert(EXAMPLE, OperationsAnswer)

    assert msgspec.to_builtins(answer).keys() == EXAMPLE.keys()
    assert msgspec.json.decode(msgspec.json.encode(answer)) == EXAMPLE
