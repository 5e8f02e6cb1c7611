"""What a recalculation compares: what goals hold with what their records add.

Own + pending + waiting deltas = the sum of the stored contributions, and computed = own
+ what the children show. By how much either does not hold never changes by itself,
whatever flows: every step of the engine moves both sides alike. So what one snapshot
shows can be put right at any later moment, by adding that much the other way.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.rollup.domain.ancestry import Triple
from services.rollup.domain.contributions import number_of, slot_of
from services.rollup.domain.forest import Forest
from shared.domain.goals import SLOTS, GoalId, GoalNumber

ZERO: Triple = (0, 0, 0)


def recalculated_with(number: GoalNumber, forest: Forest) -> set[GoalNumber]:
    """Return the goals that are recalculated with one: its whole tree.

    Those that stand still are left as they are; one that had only expired was woken.
    """
    root = forest.nodes[number].tree
    return {node.number for node in forest.subtree(root)} - forest.frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What reading the records again has put right of one number of one goal."""

    amount: int
    # Up to ten of the records, each at its version.
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One goal as a snapshot shows it, in units."""

    number: GoalNumber
    id: GoalId
    parent: GoalNumber | None
    depth: int
    decimals: int
    # It is recalculated; others only show something to those that are.
    is_compared: bool
    # What was found by reading waits for it, because nothing else ended meanwhile.
    awaits_found: bool
    own: Triple
    # Pending and deltas together.
    waiting: Triple
    computed: Triple
    held: Triple | None

    @property
    def shown(self) -> Triple:
        """What is added to the parent."""
        return self.computed if self.held is None else self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One number that was not what it should have been, in units."""

    number: GoalNumber
    goal_id: GoalId
    field: str
    was: int
    should_be: int
    decimals: int
    records: tuple[str, ...] = ()


@dataclass(slots=True)
class Comparison:
    """What a snapshot shows, and what puts it right."""

    differences: list[Difference] = field(default_factory=list)
    # By slot: what own values lack.
    own: dict[int, int] = field(default_factory=dict)
    # What computed values lack beside.
    computed: dict[GoalNumber, Triple] = field(default_factory=dict)

    def without(self, numbers: set[GoalNumber]) -> "Comparison":
        """Return it without what it says of some goals."""
        return Comparison(
            [one for one in self.differences if one.number not in numbers],
            {
                slot: amount
                for slot, amount in self.own.items()
                if number_of(slot) not in numbers
            },
            {
                number: lack
                for number, lack in self.computed.items()
                if number not in numbers
            },
        )


def compare(
    goals: Mapping[GoalNumber, Measured],
    stored: Mapping[int, int],
    found: Mapping[int, Found],
) -> Comparison:
    """Compare goals with the sums of stored contributions, and parents with children.

    `stored` and `found` are by slot. Differences come causes first: contributions of
    records, then own values, then what is computed from them.
    """
    comparison = Comparison()
    comparison.differences += _of_contributions(goals, stored, found)
    own = _compare_own(goals, stored, found, comparison)
    _compare_computed(goals, own, comparison)
    return comparison


def _of_contributions(
    goals: Mapping[GoalNumber, Measured],
    stored: Mapping[int, int],
    found: Mapping[int, Found],
) -> Iterator[Difference]:
    for slot, one in sorted(found.items()):
        goal = goals.get(number_of(slot))
        if goal is not None:
            should_be = stored.get(slot, 0)
            yield _difference(
                goal,
                "contributions",
                (slot >> 1) & 3,
                (should_be - one.amount, should_be),
                one.records,
            )


def _compare_own(
    goals: Mapping[GoalNumber, Measured],
    stored: Mapping[int, int],
    found: Mapping[int, Found],
    comparison: Comparison,
) -> dict[GoalNumber, Triple]:
    """Note what own values lack; return what they should be, without what waits."""
    own = {number: goal.own for number, goal in goals.items()}
    for number, goal in sorted(goals.items()):
        if not goal.is_compared:
            continue
        should_be = list(goal.own)
        for index in range(len(SLOTS)):
            slot = slot_of(number, index)
            lack = stored.get(slot, 0) - goal.own[index] - goal.waiting[index]
            if lack:
                comparison.own[slot] = lack
            # What reading put right is among what waits, but was never in own.
            was_read = found.get(slot) if goal.awaits_found else None
            should_be[index] += lack + (0 if was_read is None else was_read.amount)
            if should_be[index] != goal.own[index]:
                comparison.differences.append(
                    _difference(goal, "own", index, (goal.own[index], should_be[index]))
                )
        own[number] = (should_be[0], should_be[1], should_be[2])
    return own


def _compare_computed(
    goals: Mapping[GoalNumber, Measured],
    own: Mapping[GoalNumber, Triple],
    comparison: Comparison,
) -> None:
    """Note what computed values lack, and which were wrong by whatever cause."""
    # Of each goal: what its children show, and what they should.
    show: dict[GoalNumber | None, Triple] = {}
    should: dict[GoalNumber | None, Triple] = {}
    differences: list[Difference] = []
    for goal in sorted(goals.values(), key=lambda one: (-one.depth, one.number)):
        below, truth_below = show.get(goal.number, ZERO), should.get(goal.number, ZERO)
        if goal.is_compared:
            lack = _sum(goal.own, below, _negative(goal.computed))
            if any(lack):
                comparison.computed[goal.number] = lack
            truth = _sum(own[goal.number], truth_below)
            differences += [
                _difference(goal, "computed", index, (was, should_be))
                for index, (was, should_be) in enumerate(
                    zip(goal.computed, truth, strict=True)
                )
                if was != should_be
            ]
        else:
            truth = _sum(goal.computed, truth_below, _negative(below))
        show[goal.parent] = _sum(show.get(goal.parent, ZERO), goal.shown)
        should[goal.parent] = _sum(
            should.get(goal.parent, ZERO), truth if goal.held is None else goal.held
        )
    comparison.differences += reversed(differences)


def _difference(
    goal: Measured,
    what: str,
    index: int,
    units: tuple[int, int],
    records: Iterable[str] = (),
) -> Difference:
    return Difference(
        number=goal.number,
        goal_id=goal.id,
        field=f"{what}.{SLOTS[index]}",
        was=units[0],
        should_be=units[1],
        decimals=goal.decimals,
        records=tuple(records),
    )


def _sum(*several: Triple) -> Triple:
    return (
        sum(one[0] for one in several),
        sum(one[1] for one in several),
        sum(one[2] for one in several),
    )


def _negative(one: Triple) -> Triple:
    return (-one[0], -one[1], -one[2])
