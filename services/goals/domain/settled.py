"""Whether everything that was accepted is in the totals."""

from collections.abc import Mapping
from dataclasses import dataclass

# A partition of a topic.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far rollup has come, and what waits there, of one moment."""

    next_offsets: Mapping[Place, int]
    waiting_deltas: int
    computing_goals: int
    # Records that have changed, and not all that depends on them was looked at since.
    waiting_parents: int
    waiting_announcements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Whether all is in the totals, and if not, what is still to be done."""

    settled: bool
    # Messages that rollup has yet to apply: records and definitions.
    lag: int
    waiting_deltas: int
    computing_goals: int
    # Records whose dependants are still to be read again.
    waiting_parents: int
    definitions_applied: bool
    waiting_announcements: int
    # How often what goals show moves; 0: with each record.
    goal_rollup_frequency_hours: int


class LogShorterThanAppliedError(Exception):
    """A topic ends before the point up to which it was applied."""


def status_of(
    ends: Mapping[Place, int],
    standing: Standing,
    *,
    outbox_is_empty: bool,
    definitions_topic: str,
    frequency_hours: int,
    computing: int | None = None,
) -> Status:
    """Return the status, given where the topics ended before `standing` was read.

    `computing`: as many goals are told of; None: all there are.
    """
    lags = {
        place: _lag(place, end, standing.next_offsets.get(place, 0))
        for place, end in ends.items()
    }
    definitions_applied = outbox_is_empty and not any(
        lag for (topic, _), lag in lags.items() if topic == definitions_topic
    )
    lag = sum(lags.values())
    nothing_waits = not (
        standing.waiting_deltas or standing.computing_goals or standing.waiting_parents
    )
    return Status(
        settled=lag == 0 and definitions_applied and nothing_waits,
        lag=lag,
        waiting_deltas=standing.waiting_deltas,
        computing_goals=standing.computing_goals if computing is None else computing,
        waiting_parents=standing.waiting_parents,
        definitions_applied=definitions_applied,
        waiting_announcements=standing.waiting_announcements,
        goal_rollup_frequency_hours=frequency_hours,
    )


def _lag(place: Place, end: int, next_offset: int) -> int:
    if next_offset > end:
        topic, partition = place
        raise LogShorterThanAppliedError(
            f"partition {partition} of topic {topic} ends at {end}, and rollup has "
            f"applied up to {next_offset}: the topic was made anew; ask an operator"
        )
    return end - next_offset
