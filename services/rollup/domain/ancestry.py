"""How a change climbs: from own values to computed totals, up to the roots.

Every total is a sum, so a change is a sum too: what a goal's number moves by is added
to its parent, and so on. Nothing is read to climb but who stands under whom.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.rollup.domain.contributions import field_index_of, number_of
from services.rollup.domain.forest import Forest
from shared.domain.goals import GoalNumber

# One number for each rollup field, in the order of SLOTS.
Triple = tuple[int, int, int]


def _zeros() -> list[int]:
    return [0, 0, 0]


@dataclass(slots=True)
class Movement:
    """By how much the numbers of one goal move."""

    own: list[int] = field(default_factory=_zeros)
    pending: list[int] = field(default_factory=_zeros)
    computed: list[int] = field(default_factory=_zeros)
    computing: int = 0

    @property
    def moves(self) -> bool:
        """Tell whether any number moves at all."""
        return self.shows or any(self.pending)

    @property
    def shows(self) -> bool:
        """Tell whether others see a change: what is pending they do not see."""
        return any(self.computed) or any(self.own) or self.computing != 0


Movements = dict[GoalNumber, Movement]


def movements_of(
    deltas: Iterable[tuple[int, int]],
    *,
    forest: Forest,
    computing: Mapping[GoalNumber, int],
    folded: Mapping[GoalNumber, Triple],
) -> Movements:
    """Return how the goals' numbers move when waiting deltas climb.

    Deltas to a goal that is `computing` wait in its pending column, so that its own
    value stays at the last consistent state. `folded` are the pending values of goals
    whose re-derivation is done: they become own, together with all that waits.
    """
    movements: Movements = {}
    nodes = forest.nodes
    for slot, amount in deltas:
        number = number_of(slot)
        movement = movements.get(number)
        if movement is None:
            if number not in nodes:
                continue
            movement = movements[number] = Movement()
        if number in computing and number not in folded:
            movement.pending[field_index_of(slot)] += amount
        else:
            movement.own[field_index_of(slot)] += amount
    for number, pending in folded.items():
        movement = movements.setdefault(number, Movement())
        movement.computing -= 1
        for index, amount in enumerate(pending):
            movement.own[index] += amount
            movement.pending[index] -= amount
    _climb(movements, forest)
    return {number: one for number, one in movements.items() if one.moves}


def _climb(movements: Movements, forest: Forest) -> None:
    """Add every goal's movement to its ancestors, deepest goals first."""
    nodes = forest.nodes
    levels: dict[int, list[GoalNumber]] = {}
    for number, movement in movements.items():
        movement.computed = movement.own.copy()
        levels.setdefault(nodes[number].depth, []).append(number)
    for depth in range(max(levels, default=0), 0, -1):
        above = levels.setdefault(depth - 1, [])
        for number in levels.get(depth, ()):
            movement = movements[number]
            parent = nodes[number].parent
            if parent is None:
                continue
            upper = movements.get(parent)
            if upper is None:
                upper = movements[parent] = Movement()
                above.append(parent)
            theirs, ours = upper.computed, movement.computed
            theirs[0] += ours[0]
            theirs[1] += ours[1]
            theirs[2] += ours[2]
            upper.computing += movement.computing


def causes_of(
    movements: Movements, named: Mapping[int, list[str]], *, forest: Forest, limit: int
) -> dict[GoalNumber, list[str]]:
    """Return, for every goal that moves, up to `limit` records that moved it."""
    causes: dict[GoalNumber, list[str]] = {}
    deepest_first = sorted(
        movements, key=lambda number: forest.nodes[number].depth, reverse=True
    )
    for number in deepest_first:
        mine = causes.setdefault(number, [])
        _merge(mine, named.get(number, ()), limit)
        parent = forest.nodes[number].parent
        if parent is not None and parent in movements:
            _merge(causes.setdefault(parent, []), mine, limit)
    return causes


def _merge(into: list[str], more: Iterable[str], limit: int) -> None:
    if len(into) >= limit:
        return
    for one in more:
        if one not in into:
            into.append(one)
            if len(into) >= limit:
                return
