"""What records have made of a goal: its numbers, as rollup publishes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.amounts import percentage, text_of, units_of
from shared.domain.goals import SLOTS, Goal, GoalId, GoalNumber, MetricId, Slot


class RollupStatus(StrEnum):
    """How far the goal's numbers can be trusted now."""

    # It, or a goal below it, cannot be rolled up.
    FAILED = "failed"
    CURRENT = "current"
    COMPUTING = "computing"
    # They stand still, whatever records do.
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalNumbers:
    """The numbers of one goal, in units, under the definition they were made by."""

    number: GoalNumber
    metric_id: MetricId
    decimals: int
    # Only the measures that the metric has.
    own: Mapping[Slot, int]
    computed: Mapping[Slot, int]
    # What the goal shows: computed, unless something was written over it.
    shown: Mapping[Slot, int]
    # No rollup changes what is shown.
    locked: bool
    # What is shown was written, and holds until the next rollup.
    written: bool
    # The last override that is in these numbers; 0: none was ever.
    override_number: int
    computing: bool
    frozen: bool
    # What is wrong, and with which goal: with itself or with one below it.
    error: str | None
    goal_with_error_id: GoalId | None
    tree_id: GoalId
    depth: int
    revision: int
    updated_at: datetime
    # When all its records were last read again to the end.
    rolled_up_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedGoal:
    """A goal as rollup has it: definition and numbers of one moment."""

    goal: Goal
    numbers: GoalNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInForest:
    """Where a goal stands: in which tree, how far below its root."""

    tree_id: GoalId
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedForest:
    """Trees as rollup has them, all of one moment; parents come before children."""

    goals: Sequence[AppliedGoal]
    read_at: datetime
    definitions_revision: int
    incarnation: int


def status_of(goal: Goal, numbers: GoalNumbers) -> RollupStatus:
    """Return the first that applies; what was not applied yet is being computed."""
    if numbers.error is not None:
        return RollupStatus.FAILED
    number = 0 if goal.override is None else goal.override.number
    if (
        numbers.computing
        or numbers.override_number < number
        or not (goal.is_open or numbers.frozen)
    ):
        return RollupStatus.COMPUTING
    return RollupStatus.FROZEN if numbers.frozen else RollupStatus.CURRENT


def shows_written(goal: Goal, numbers: GoalNumbers) -> bool:
    """Tell whether a value that somebody wrote stands, locked or not."""
    override = goal.override
    is_override = override is not None and override.is_override
    return numbers.written or (numbers.locked and is_override)


def texts_of(units: Mapping[Slot, int], decimals: int) -> Mapping[Slot, str | None]:
    """Return a text for every measure; None where the metric lacks it."""
    return {
        slot: text_of(units[slot], decimals) if slot in units else None
        for slot in SLOTS
    }


def percentage_of(target: str | None, numbers: GoalNumbers) -> str | None:
    """Return how much of the target is reached; None where there is no such thing."""
    actual = numbers.shown.get(Slot.ACTUAL)
    if actual is None or target is None:
        return None
    return percentage(actual, units_of(target, numbers.decimals))
