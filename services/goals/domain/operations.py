"""What an operator sees of the running parts: who lives, what waits, what is wrong.

Times and numbers come from elsewhere; here is only what follows from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.goals.domain.settled import Place

# Several pulses; a process that is silent so long is dead, stopped, or cut off.
SILENT_AFTER: Final = timedelta(seconds=15)


class ProcessState(StrEnum):
    """Whether a process does its work."""

    RUNNING = "running"
    # No word from it, and it did not say that it ends.
    SILENT = "silent"
    # It ended in order.
    STOPPED = "stopped"


class RederivationReason(StrEnum):
    """Why records are read again."""

    # Goals, or what decides about them, were changed.
    GOALS_CHANGED = "goals_changed"
    # Somebody asked for a tree to be rebuilt.
    RECALCULATION = "recalculation"
    # Records changed that many others depend on.
    RECORDS_CHANGED = "records_changed"
    # A condition looks at the clock.
    TIME_PASSED = "time_passed"


class RederivationState(StrEnum):
    """How far a re-derivation has come."""

    WAITING = "waiting"
    READING = "reading"
    # All is read; a recalculation compares, others wait for their climb.
    ENDING = "ending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long records took from Kafka to the announcement of their roots."""

    # Of so many records; of none, there are no percentiles.
    records: int
    p50_milliseconds: float | None
    p95_milliseconds: float | None
    p99_milliseconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A rollup process, as it told of itself last."""

    id: str
    # Where it listens: host and port.
    name: str
    state: ProcessState
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None
    partitions: Sequence[int]
    # The groups of trees that it climbs.
    tree_groups: Sequence[int]
    # Rate and latency are about the time since then, a minute at most.
    measured_since: datetime
    records_per_second: float
    latency: Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionStanding:
    """How far a partition of a topic has been applied."""

    topic: str
    partition: int
    # Null: Kafka does not say.
    end_offset: int | None
    # Null: rollup has never had it.
    applied_offset: int | None
    lag: int | None
    # The process that reads it, where one says so.
    process_id: str | None
    # Why there is no lag, if Kafka says where it ends.
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rederivation:
    """Goals whose records are read again, or are to be."""

    id: int
    reason: RederivationReason
    state: RederivationState
    # The first ones of those that you may read, and how many of those there are.
    goal_ids: Sequence[str]
    goals: int
    recalculation_id: str | None
    records_read: int
    # About; null: not known yet, or not to be known.
    records_expected: int | None
    queued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCounts:
    """How many goals are in which state, of those that you may read."""

    current: int
    computing: int
    failed: int
    frozen: int
    # Since when the one that has computed longest does.
    oldest_computing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What is committed and not yet out, or not yet in the totals."""

    # Definitions that goals has to announce, and since when the oldest waits.
    definitions: int
    oldest_definition_at: datetime | None
    # Changes of goals that rollup has to announce.
    announcements: int
    # What records gave to trees that has not climbed yet.
    deltas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedDifference:
    """A number that was not what the records give."""

    check: str
    goal_id: str
    field: str
    should_be: str
    found: str
    off_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What `cairn verify` found when it ran last."""

    at: datetime
    seconds: float
    # As whom it came to the database: `database/rollup`.
    by: str
    is_clean: bool
    # Null: of goals that you may not read, no number is told.
    goals: int | None
    computing: int | None
    checks: int | None
    difference_count: int | None
    # The first ones, of goals that you may read.
    differences: Sequence[VerifiedDifference]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A service that is asked whether it can do its work."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """Whether a service can do its work, and how soon it answered."""

    name: str
    # Null: it is not asked; goals knows of itself, and rollup tells by its pulse.
    url: str | None
    ready: bool
    reason: str | None
    milliseconds: float | None


def state_of(
    now: datetime, *, seen_at: datetime, stopped_at: datetime | None
) -> ProcessState:
    """Return whether a process does its work, by its last word."""
    if stopped_at is not None:
        return ProcessState.STOPPED
    if now - seen_at > SILENT_AFTER:
        return ProcessState.SILENT
    return ProcessState.RUNNING


def partitions_of(
    ends: Mapping[Place, int],
    applied: Mapping[Place, int],
    processes: Sequence[Process],
    *,
    records_topic: str,
) -> list[PartitionStanding]:
    """Return how far each partition is; `ends` is empty while Kafka is away."""
    owners = {
        (records_topic, partition): process.id
        for process in processes
        if process.state is ProcessState.RUNNING
        for partition in process.partitions
    }
    return [
        _standing(place, ends.get(place), applied.get(place), owners.get(place))
        for place in sorted(ends.keys() | applied.keys())
    ]


def _standing(
    place: Place, end: int | None, applied: int | None, owner: str | None
) -> PartitionStanding:
    topic, partition = place
    lag = None if end is None else end - (applied or 0)
    reason = None
    if lag is not None and lag < 0:
        lag = None
        reason = (
            f"rollup has applied up to {applied}, and the partition ends at {end}: the "
            "topic was made anew; see docs/operators.md"
        )
    return PartitionStanding(
        topic=topic,
        partition=partition,
        end_offset=end,
        applied_offset=applied,
        lag=lag,
        process_id=owner,
        reason=reason,
    )


def health_of(process: Process, now: datetime) -> ServiceHealth:
    """Return what a process's pulse says of its health."""
    reason = None
    if process.state is ProcessState.SILENT:
        silent = (now - process.seen_at).total_seconds()
        reason = (
            f"no word from it for {silent:.0f} s; look whether it runs and reaches "
            "PostgreSQL"
        )
    return ServiceHealth(
        name=f"rollup {process.name}",
        url=None,
        ready=process.state is ProcessState.RUNNING,
        reason=reason,
        milliseconds=None,
    )
