"""What a record adds to each goal, and what changes when the record changes.

We store what every record adds today, not the events that led there. Deltas are
the stored contributions compared with those the newest version deserves, so an
event delivered twice compares equal and changes nothing.

A *slot* names one number of one goal: goal number * 8 + rollup field * 2. It is even;
the odd number above it is used only in storage (see `store/codec.py`).
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.rollup.domain.latencies import Arrivals
from shared.domain.goals import GoalNumber
from shared.domain.records import Record

SLOT_SHIFT: Final = 3
CAUSES_MAX: Final = 10

# Parallel sequences: the slots a record adds to, and the units it adds to each.
Contributions = tuple[list[int], list[int]]

NOTHING: Final[Contributions] = ([], [])


def slot_of(number: int, field_index: int) -> int:
    """Return the slot of one rollup field of one goal."""
    return (number << SLOT_SHIFT) | (field_index << 1)


def number_of(slot: int) -> GoalNumber:
    """Return the number of the goal that a slot belongs to."""
    return GoalNumber(slot >> SLOT_SHIFT)


def field_index_of(slot: int) -> int:
    """Return which of the three rollup fields a slot is."""
    return (slot >> 1) & 3


def difference(before: Contributions, after: Contributions) -> dict[int, int]:
    """Return the deltas that turn `before` into `after`; none of them is zero."""
    deltas = dict(zip(*after, strict=True))
    for slot, amount in zip(*before, strict=True):
        delta = deltas.get(slot, 0) - amount
        if delta:
            deltas[slot] = delta
        else:
            del deltas[slot]
    return deltas


def with_kept(
    before: Contributions, after: Contributions, frozen: Container[int]
) -> Contributions:
    """Return `after`, with what was added before to goals that stand still."""
    kept = [
        (slot, amount)
        for slot, amount in zip(*before, strict=True)
        if slot >> SLOT_SHIFT in frozen
    ]
    if not kept:
        return after
    return (
        [*after[0], *(slot for slot, _ in kept)],
        [*after[1], *(amount for _, amount in kept)],
    )


@dataclass(slots=True)
class Deltas:
    """The deltas of one batch, consolidated, and which records caused them."""

    amounts: dict[int, int] = field(default_factory=dict)
    causes: dict[int, list[str]] = field(default_factory=dict)
    traces: dict[int, str] = field(default_factory=dict)
    arrivals: Arrivals | None = None

    def add(
        self,
        before: Contributions | None,
        after: Contributions,
        cause: Record,
        trace: str | None = None,
    ) -> None:
        """Add what changes when a record's contributions become `after`."""
        if before is None or not before[0]:
            if after[0]:
                self._note(
                    zip(*after, strict=True), f"{cause.key}@{cause.version}", trace
                )
        elif before != after:
            changes = difference(before, after)
            if changes:
                self._note(changes.items(), f"{cause.key}@{cause.version}", trace)

    def _note(
        self, changes: Iterable[tuple[int, int]], cause: str, trace: str | None
    ) -> None:
        amounts, causes = self.amounts, self.causes
        for slot, delta in changes:
            amounts[slot] = amounts.get(slot, 0) + delta
            number = slot >> SLOT_SHIFT
            named = causes.get(number)
            if named is None:
                causes[number] = [cause]
            elif len(named) < CAUSES_MAX and named[-1] != cause:
                named.append(cause)
            if trace is not None:
                self.traces[number] = trace


@dataclass(frozen=True, slots=True)
class GroupDeltas:
    """What one batch gives to one group of trees."""

    slots: Sequence[int]
    amounts: Sequence[int]
    causes: Mapping[int, Sequence[str]]
    traces: Mapping[int, str]
    # When the batch's records came to Kafka; none came, if definitions changed.
    arrivals: Arrivals | None = None


def by_group(
    deltas: Deltas, group_of: Callable[[int], int | None]
) -> dict[int, GroupDeltas]:
    """Split deltas by group of trees, sorted; those of a goal that is gone drop out."""
    groups: dict[int, list[int]] = {}
    for slot in sorted(deltas.amounts):
        if deltas.amounts[slot]:
            group = group_of(slot >> SLOT_SHIFT)
            if group is not None:
                groups.setdefault(group, []).append(slot)
    return {group: _of_slots(deltas, slots) for group, slots in sorted(groups.items())}


def _of_slots(deltas: Deltas, slots: list[int]) -> GroupDeltas:
    numbers = {slot >> SLOT_SHIFT for slot in slots}
    return GroupDeltas(
        slots,
        [deltas.amounts[slot] for slot in slots],
        {number: deltas.causes[number] for number in sorted(numbers)},
        {
            number: deltas.traces[number]
            for number in sorted(numbers)
            if number in deltas.traces
        },
        deltas.arrivals,
    )
