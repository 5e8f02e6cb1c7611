"""How deltas climb: every goal moves by what its subtree moves."""

from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from services.rollup.domain.ancestry import (
    LOCKED,
    Hold,
    Movement,
    causes_of,
    crossed_by,
    movements_of,
)
from services.rollup.domain.contributions import slot_of
from shared.domain.goals import GoalNumber
from tests.rollup.making import planted

Value = TypeVar("Value")
AMOUNT = st.integers(-(10**20), 10**20)
TRIPLE = st.tuples(AMOUNT, AMOUNT, AMOUNT)


@st.composite
def forests(draw: st.DrawFn) -> dict[int, int | None]:
    """Return parents by goal; numbers say nothing about who stands above whom."""
    size = draw(st.integers(1, 12))
    order = draw(st.permutations(range(1, size + 1)))
    parents: dict[int, int | None] = {}
    for place, number in enumerate(order):
        above = draw(st.none() | st.integers(0, place - 1)) if place else None
        parents[number] = None if above is None else order[above]
    return parents


def subtree(number: int, parents: dict[int, int | None]) -> set[int]:
    """Return a goal and all below it."""
    below = {number}
    while more := {one for one, above in parents.items() if above in below} - below:
        below |= more
    return below


def nothing(movement: Movement | None) -> Movement:
    """Return the movement of a goal, which may not move at all."""
    return movement or Movement()


@given(forests(), st.data())
def test_movements_are_the_sums_over_subtrees(
    parents: dict[int, int | None], data: st.DataObject
) -> None:
    """Own, pending, computed and computing, of every goal, recomputed naively."""
    numbers = sorted(parents)
    some = st.sampled_from([*numbers, 999])
    deltas = data.draw(
        st.lists(st.tuples(some, st.integers(0, 2), AMOUNT.filter(bool)), max_size=20)
    )
    computing = data.draw(st.sets(st.sampled_from(numbers)))
    done = data.draw(st.sets(st.sampled_from(sorted(computing)))) if computing else {}
    folded = {GoalNumber(one): data.draw(TRIPLE) for one in sorted(done)}

    movements = movements_of(
        [(slot_of(number, field), amount) for number, field, amount in deltas],
        forest=planted(parents).forest,
        pending={GoalNumber(one) for one in computing} - folded.keys(),
        folded=folded,
        finished=folded.keys(),
        holds={},
    )

    own, pending = {}, {}
    for number in numbers:
        waits = number in computing and number not in folded
        sums = [
            sum(a for n, f, a in deltas if (n, f) == (number, index))
            for index in (0, 1, 2)
        ]
        was = folded.get(GoalNumber(number), (0, 0, 0))
        own[number] = [
            0 if waits else one + two for one, two in zip(sums, was, strict=True)
        ]
        pending[number] = [
            one if waits else -two for one, two in zip(sums, was, strict=True)
        ]
    for number in numbers:
        below = subtree(number, parents)
        movement = nothing(movements.get(GoalNumber(number)))
        assert movement.own == own[number]
        assert movement.pending == pending[number]
        assert movement.computed == [
            sum(own[one][index] for one in below) for index in (0, 1, 2)
        ]
        assert movement.computing == -len(below & folded.keys())
    assert movements.keys() <= set(numbers)
    assert all(movement.moves for movement in movements.values())


def test_what_is_pending_is_seen_by_nobody() -> None:
    """A delta to a goal that is being re-derived moves neither it nor its parent."""
    forest = planted({1: None, 2: 1}).forest

    movements = movements_of(
        [(slot_of(2, 0), 5)],
        forest=forest,
        pending={GoalNumber(2)},
        folded={},
        finished=(),
        holds={},
    )

    assert movements == {2: Movement(pending=[5, 0, 0])}
    assert not movements[GoalNumber(2)].shows


def test_opposite_deltas_cancel_before_they_climb() -> None:
    """Nothing moves where the sum is nothing."""
    forest = planted({1: None, 2: 1, 3: 1}).forest

    movements = movements_of(
        [(slot_of(2, 0), 5), (slot_of(3, 0), -5)],
        forest=forest,
        pending=(),
        folded={},
        finished=(),
        holds={},
    )

    assert movements.keys() == {2, 3}


def test_a_computing_goal_lets_what_its_children_show_pass() -> None:
    """Only its own value stands still; the sum of its children goes on to its parent.

    1
    └─ 2 (computing)
       └─ 3
    """
    forest = planted({1: None, 2: 1, 3: 2}).forest

    movements = movements_of(
        [(slot_of(3, 1), 5), (slot_of(2, 1), 7)],
        forest=forest,
        pending={GoalNumber(2)},
        folded={},
        finished=(),
        holds={},
    )

    assert movements == {
        1: Movement(computed=[0, 5, 0]),
        2: Movement(pending=[0, 7, 0], computed=[0, 5, 0]),
        3: Movement(own=[0, 5, 0], computed=[0, 5, 0]),
    }


@given(forests(), st.data())
def test_what_is_held_stops_what_climbs(
    parents: dict[int, int | None], data: st.DataObject
) -> None:
    """Before and after, every goal is own and what its children show."""
    numbers = sorted(parents)
    some = st.sampled_from(numbers)
    own = {number: data.draw(AMOUNT) for number in numbers}
    locked = data.draw(st.dictionaries(some, AMOUNT))
    written = data.draw(st.dictionaries(some, AMOUNT))
    written = {one: held for one, held in written.items() if one not in locked}
    deltas = data.draw(st.lists(st.tuples(some, AMOUNT), max_size=9))
    # A recalculation ends: some are released, some computed values were too small.
    released = data.draw(st.sets(some)) & written.keys()
    lacking = data.draw(st.dictionaries(some, AMOUNT, max_size=2))

    def computed(number: int, *, moved: bool) -> int:
        return (
            own[number]
            + (
                sum(a for one, a in deltas if one == number)
                if moved
                else -lacking.get(number, 0)
            )
            + sum(
                shown(one, moved=moved)
                for one, above in parents.items()
                if above == number
            )
        )

    def shown(number: int, *, moved: bool) -> int:
        now = computed(number, moved=moved)
        if number in locked:
            return locked[number]
        holds = not moved or (
            number not in released and now == computed(number, moved=False)
        )
        if number in written and holds:
            return written[number]
        return now

    movements = movements_of(
        [(slot_of(number, 0), amount) for number, amount in deltas],
        forest=planted(parents).forest,
        pending=(),
        folded={},
        finished=(),
        holds={
            **{GoalNumber(one): LOCKED for one in locked},
            **{
                GoalNumber(one): Hold(
                    is_locked=False, excess=(held - computed(one, moved=False), 0, 0)
                )
                for one, held in written.items()
            },
        },
        lacking={GoalNumber(one): (lack, 0, 0) for one, lack in lacking.items()},
        released={GoalNumber(one) for one in released},
    )

    for number in numbers:
        movement = nothing(movements.get(GoalNumber(number)))
        moves = computed(number, moved=True) - computed(number, moved=False)
        assert movement.computed == [moves, 0, 0]
        assert movement.releases == (
            number in released or (number in written and moves != 0)
        )
        assert movement.moves or number not in released


def test_only_goals_on_the_ways_up_are_crossed() -> None:
    """What is held elsewhere costs a climb nothing.

    1 ── 2 (locked) ── 3        4 (written) ── 5
    """
    forest = planted({1: None, 2: 1, 3: 2, 4: None, 5: 4}).forest
    forest.locked.add(GoalNumber(2))
    forest.written.add(GoalNumber(4))

    assert crossed_by([GoalNumber(3)], forest) == ({2}, set())
    assert crossed_by([GoalNumber(5)], forest) == (set(), {4})
    assert crossed_by([GoalNumber(1)], forest) == (set(), set())


@given(forests(), st.data(), st.integers(1, 4))
def test_causes_come_from_the_subtree_and_are_bounded(
    parents: dict[int, int | None], data: st.DataObject, limit: int
) -> None:
    """A goal names records that moved it or a descendant, up to a limit."""
    numbers = sorted(parents)
    moved = data.draw(st.sets(st.sampled_from(numbers)))
    forest = planted(parents).forest
    movements = movements_of(
        [(slot_of(number, 0), 1) for number in sorted(moved)],
        forest=forest,
        pending=(),
        folded={},
        finished=(),
        holds={},
    )
    named = {number: [f"O-{number}-{n}" for n in range(3)] for number in moved}

    causes = causes_of(movements, named, forest=forest, limit=limit)

    for number in numbers:
        below = subtree(number, parents)
        possible = {cause for one in below & moved for cause in named[one]}
        mine = causes.get(GoalNumber(number), [])
        assert set(mine) <= possible
        assert len(set(mine)) == len(mine) == min(limit, len(possible))
