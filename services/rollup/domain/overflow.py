"""Goals whose sums have more digits than can be shown.

Such a goal fails: it goes on showing what it showed, and its sum moves on underneath
until it fits again. Its parent adds what it shows, so every tree adds up.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from services.rollup.domain.ancestry import (
    LOCKED,
    Hold,
    Movements,
    Triple,
    movements_of,
)
from services.rollup.domain.contributions import number_of
from services.rollup.domain.forest import Forest
from services.rollup.domain.holding import Standing
from services.rollup.domain.patience import Patience
from shared.domain.amounts import fits
from shared.domain.goals import GoalNumber

TOTAL_OVERFLOW: Final = "total_overflow"


@dataclass(slots=True, kw_only=True)
class Gathered:
    """All that is to climb together, and what holds on the way."""

    forest: Forest
    deltas: Sequence[tuple[int, int]]
    patience: Patience
    folded: Mapping[GoalNumber, Triple]
    holds: dict[GoalNumber, Hold] = field(default_factory=dict)
    lacking: Mapping[GoalNumber, Triple] = field(default_factory=dict)
    released: AbstractSet[GoalNumber] = frozenset()

    def begun(self) -> set[GoalNumber]:
        """Return the goals at which something begins to climb."""
        slots = {number_of(slot) for slot, _ in self.deltas}
        begun = slots.union(self.folded, self.lacking, self.released)
        return begun.intersection(self.forest.nodes)

    def movements(self) -> Movements:
        """Return how the goals' numbers move."""
        return movements_of(
            self.deltas,
            forest=self.forest,
            pending=self.patience,
            folded=self.folded,
            finished=self.patience.finished,
            holds=self.holds,
            lacking=self.lacking,
            released=self.released,
        )


def is_healed_by(
    movements: Movements, overflown: Mapping[GoalNumber, Standing]
) -> bool:
    """Tell whether the sum of a goal that fails fits again."""
    return any(
        fits_after(standing, movements[number].computed)
        for number, standing in overflown.items()
        if number in movements
    )


def fits_after(standing: Standing, moved: Iterable[int]) -> bool:
    """Tell whether a sum can be shown once it has moved."""
    return all(map(fits, map(int.__add__, standing.computed, moved)))


def reckoned(
    gathered: Gathered, standings: Mapping[GoalNumber, Standing]
) -> tuple[Movements, set[GoalNumber]]:
    """Return how numbers move where some grow too large, and who begins to fail.

    Goals that fit again are let go. Deepest first: what a goal shows decides about
    those above it, and about none below.
    """
    forest, holds = gathered.forest, gathered.holds
    failing: set[GoalNumber] = set()
    decided: set[GoalNumber] = set()
    while True:
        movements = gathered.movements()
        undecided = sorted(
            movements.keys() - decided,
            key=lambda number: forest.nodes[number].depth,
            reverse=True,
        )
        for number in undecided:
            decided.add(number)
            standing, hold = standings[number], holds.get(number)
            fit = fits_after(standing, movements[number].computed)
            if number in forest.overflown and fit:
                holds[number] = Hold(is_locked=False, excess=_excess_of(standing))
                forest.overflown.discard(number)
                break
            if not fit and (hold is None or not hold.is_locked):
                holds[number] = LOCKED
                failing.add(number)
                break
        else:
            return movements, failing


def _excess_of(standing: Standing) -> Triple:
    one, two, three = map(int.__sub__, standing.shown, standing.computed)
    return one, two, three
