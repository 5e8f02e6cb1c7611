"""What a recalculation compares: whatever is wrong is found, and one word mends it."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.rollup.domain.ancestry import (
    LOCKED,
    Movement,
    Triple,
    movements_of,
)
from services.rollup.domain.contributions import slot_of
from services.rollup.domain.recalculation import (
    Comparison,
    Found,
    Measured,
    compare,
    recalculated_with,
)
from shared.domain.goals import GoalId, GoalNumber
from tests.rollup.making import planted
from tests.rollup.test_ancestry import forests

AMOUNT = st.integers(-(10**20), 10**20)
SMALL = st.integers(-9, 9)


def measured(number: int, **changes: Any) -> Measured:
    """Return a goal that holds nothing unless told otherwise."""
    goal = Measured(
        number=GoalNumber(number),
        id=GoalId(f"G{number}"),
        parent=None,
        depth=0,
        decimals=4,
        is_compared=True,
        awaits_found=True,
        own=(0, 0, 0),
        waiting=(0, 0, 0),
        computed=(0, 0, 0),
        held=None,
    )
    return replace(goal, **changes)


def compared(
    *goals: Measured, stored: dict[int, int], found: dict[int, Found] | None = None
) -> Comparison:
    """Compare some goals."""
    return compare({goal.number: goal for goal in goals}, stored, found or {})


def test_what_waits_belongs_to_own() -> None:
    """Own, pending and deltas together are the sum; then nothing differs."""
    goal = measured(1, own=(7, 0, 0), waiting=(-2, 0, 3), computed=(7, 0, 0))

    comparison = compared(goal, stored={slot_of(1, 0): 5, slot_of(1, 2): 3})

    assert comparison == Comparison()


def test_what_reading_put_right_is_told_of_the_records() -> None:
    """It waits to come into own, which was right or wrong for itself."""
    found = {slot_of(1, 0): Found(amount=-5, records=("call/1@1",))}
    right = measured(1, own=(7, 0, 0), waiting=(-5, 0, 0), computed=(7, 0, 0))
    wrong = measured(1, own=(12, 0, 0), waiting=(-5, 0, 0), computed=(12, 0, 0))

    of_right = compared(right, stored={slot_of(1, 0): 7}, found=found)
    of_wrong = compared(wrong, stored={slot_of(1, 0): 7}, found=found)

    told = [(one.field, one.was, one.should_be) for one in of_wrong.differences]
    assert told == [
        ("contributions.actual", 12, 7),
        ("own.actual", 12, 7),
        ("computed.actual", 12, 7),
    ]
    assert of_right.differences == of_wrong.differences[:1]
    assert of_right.differences[0].records == ("call/1@1",)
    # What was found mends one by itself, and would break the other.
    assert (of_wrong.own, of_right.own) == ({}, {slot_of(1, 0): 5})


@given(forests(), st.data())
def test_what_is_wrong_is_found_and_put_right(
    parents: dict[int, int | None], data: st.DataObject
) -> None:
    """After one climb with the corrections, every number is what it should be."""
    numbers = sorted(parents)
    some = st.sampled_from(numbers)
    forest = planted(parents).forest
    truth = {one: data.draw(AMOUNT) for one in numbers}
    waiting = {one: data.draw(SMALL) for one in numbers}
    held = data.draw(st.dictionaries(some, AMOUNT))
    forest.locked |= {GoalNumber(one) for one in held}
    wrong_own = data.draw(st.dictionaries(some, SMALL))
    wrong_computed = data.draw(st.dictionaries(some, SMALL))
    depth = {one: forest.nodes[GoalNumber(one)].depth for one in numbers}
    children: dict[int | None, list[int]] = {}
    for one, above in parents.items():
        children.setdefault(above, []).append(one)

    def computed(one: int) -> int:
        below = sum(held.get(c, computed(c)) for c in children.get(one, ()))
        return truth[one] - waiting[one] + below

    def final(one: int) -> int:
        return truth[one] + sum(held.get(c, final(c)) for c in children.get(one, ()))

    goals = [
        measured(
            one,
            parent=parents[one],
            depth=depth[one],
            own=(truth[one] - waiting[one] + wrong_own.get(one, 0), 0, 0),
            waiting=(waiting[one], 0, 0),
            computed=(computed(one) + wrong_computed.get(one, 0), 0, 0),
            held=(held[one], 0, 0) if one in held else None,
        )
        for one in numbers
    ]

    comparison = compared(
        *goals, stored={slot_of(one, 0): truth[one] for one in numbers}
    )
    movements = movements_of(
        [
            *comparison.own.items(),
            *((slot_of(one, 0), waits) for one, waits in waiting.items()),
        ],
        forest=forest,
        pending=(),
        folded={},
        finished=(),
        holds={GoalNumber(one): LOCKED for one in held},
        lacking=comparison.computed,
    )

    told = {
        (one.number, one.field): (one.was, one.should_be)
        for one in comparison.differences
    }
    for goal in goals:
        mine, was = int(goal.number), goal.own[0]
        expected = truth[mine] - waiting[mine]
        assert told.get((goal.number, "own.actual")) == (
            None if was == expected else (was, expected)
        )
        seen, should = goal.computed[0], computed(mine)
        assert told.get((goal.number, "computed.actual")) == (
            None if seen == should else (seen, should)
        )
        move = movements.get(goal.number, Movement())
        assert was + move.own[0] == truth[mine]
        assert seen + move.computed[0] == final(mine)


def test_a_goal_that_stands_still_is_not_compared() -> None:
    """Only what it shows counts, above it."""
    nothing: Triple = (0, 0, 0)
    above = measured(1, own=(1, 0, 0), computed=(8, 0, 0))
    closed = measured(
        2,
        parent=GoalNumber(1),
        depth=1,
        is_compared=False,
        own=(99, 0, 0),
        computed=(50, 0, 0),
        held=(7, 0, 0),
        waiting=nothing,
    )

    assert compared(above, closed, stored={slot_of(1, 0): 1}) == Comparison()


def test_the_whole_tree_is_recalculated_but_what_stands_still() -> None:
    """What stands below such a goal belongs to it; another tree does not.

    1 ── 2 (closed) ── 3      4
    """
    forest = planted({1: None, 2: 1, 3: 2, 4: None}).forest
    forest.frozen.add(GoalNumber(2))

    assert recalculated_with(GoalNumber(3), forest) == {1, 3}
    assert recalculated_with(GoalNumber(4), forest) == {4}
    forest.frozen.discard(GoalNumber(2))
    assert recalculated_with(GoalNumber(1), forest) == {1, 2, 3}
