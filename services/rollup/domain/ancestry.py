"""How a change climbs: from own values to computed totals, up to the roots.

Every total is a sum, so a change is a sum too: what a goal's number moves by is added
to its parent, and so on. Nothing is read to climb but who stands under whom, and what
is held: a goal that somebody wrote over shows that, and a change stops there.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.rollup.domain.contributions import field_index_of, number_of
from services.rollup.domain.forest import Forest
from shared.domain.goals import GoalNumber

# One number for each rollup field, in the order of SLOTS.
Triple = tuple[int, int, int]


def _zeros() -> list[int]:
    return [0, 0, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What a goal shows instead of what is computed."""

    # Until its computed value moves: then it shows that again.
    is_locked: bool
    # By how much it differs from what is computed.
    excess: Triple


# Of computed values, by goal: what they should be more than they are.
NOTHING_LACKS: Final[Mapping[GoalNumber, Triple]] = {}

# What is computed goes on underneath, and nobody above hears of it.
LOCKED: Final = Hold(is_locked=True, excess=(0, 0, 0))


@dataclass(slots=True)
class Movement:
    """By how much the numbers of one goal move."""

    own: list[int] = field(default_factory=_zeros)
    pending: list[int] = field(default_factory=_zeros)
    computed: list[int] = field(default_factory=_zeros)
    computing: int = 0
    # What was written over it no longer holds.
    releases: bool = False

    @property
    def moves(self) -> bool:
        """Tell whether any number moves at all."""
        return self.shows or any(self.pending)

    @property
    def shows(self) -> bool:
        """Tell whether others see a change: what is pending they do not see."""
        return (
            any(self.computed) or any(self.own) or self.computing != 0 or self.releases
        )


Movements = dict[GoalNumber, Movement]


def movements_of(
    deltas: Iterable[tuple[int, int]],
    *,
    forest: Forest,
    pending: Container[GoalNumber],
    folded: Mapping[GoalNumber, Triple],
    finished: Container[GoalNumber],
    holds: Mapping[GoalNumber, Hold],
    lacking: Mapping[GoalNumber, Triple] = NOTHING_LACKS,
    released: Collection[GoalNumber] = (),
) -> Movements:
    """Return how the goals' numbers move when waiting deltas climb.

    Deltas to a goal that is `pending` wait in its pending column, so that its own
    value stays at the last consistent state. `folded` are pending values that become
    own now, together with all that waits: of goals whose re-derivation is `finished`,
    or whose hour has come. Above a goal that `holds` has, only what it shows counts;
    `released` ones hold nothing any more. What computed values are `lacking` is added
    beside what moves them.
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
        if number in pending:
            movement.pending[field_index_of(slot)] += amount
        else:
            movement.own[field_index_of(slot)] += amount
    for number, waited in folded.items():
        movement = movements.setdefault(number, Movement())
        if number in finished:
            movement.computing -= 1
        for index, amount in enumerate(waited):
            movement.own[index] += amount
            movement.pending[index] -= amount
    for number in (*lacking, *released):
        movements.setdefault(number, Movement()).releases = number in released
    _climb(movements, forest, holds, lacking)
    return {number: one for number, one in movements.items() if one.moves}


def _climb(
    movements: Movements,
    forest: Forest,
    holds: Mapping[GoalNumber, Hold],
    lacking: Mapping[GoalNumber, Triple],
) -> None:
    """Add every goal's movement to its ancestors, deepest goals first."""
    nodes = forest.nodes
    levels: dict[int, list[GoalNumber]] = {}
    for number, movement in movements.items():
        movement.computed = movement.own.copy()
        levels.setdefault(nodes[number].depth, []).append(number)
    for number, lack in lacking.items():
        for index, amount in enumerate(lack):
            movements[number].computed[index] += amount
    for depth in range(max(levels, default=0), -1, -1):
        above = levels.setdefault(depth - 1, [])
        for number in levels.get(depth, ()):
            movement = movements[number]
            hold = holds.get(number) if holds else None
            shown = movement.computed if hold is None else _shown(movement, hold)
            parent = nodes[number].parent
            if parent is None:
                continue
            upper = movements.get(parent)
            if upper is None:
                upper = movements[parent] = Movement()
                above.append(parent)
            theirs = upper.computed
            theirs[0] += shown[0]
            theirs[1] += shown[1]
            theirs[2] += shown[2]
            upper.computing += movement.computing


def _shown(movement: Movement, hold: Hold) -> Sequence[int]:
    """Return by how much a goal that holds its values moves for those above it."""
    if hold.is_locked or not (movement.releases or any(movement.computed)):
        return (0, 0, 0)
    movement.releases = True
    return [
        moved - excess
        for moved, excess in zip(movement.computed, hold.excess, strict=True)
    ]


def crossed_by(
    numbers: Iterable[GoalNumber], forest: Forest
) -> tuple[set[GoalNumber], set[GoalNumber]]:
    """Return which goals on the ways up hold their values, and which may let them go.

    The latter were written over, or their sum is too large: a change may end that.
    """
    crossed: set[GoalNumber] = set()
    if forest.holds_anything:
        for start in numbers:
            number: GoalNumber | None = start
            while number is not None and number not in crossed:
                crossed.add(number)
                number = forest.nodes[number].parent
    standing = crossed & forest.locked | crossed & forest.frozen
    return standing, crossed & (forest.written | forest.overflown) - standing


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
