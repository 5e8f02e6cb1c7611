"""Splitting a target: exact sums, fair shares, and weights that make sense."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.errors import RefusedError
from services.goals.domain.splitting import (
    Split,
    SplitBy,
    SplitField,
    check_children,
    day_before,
    earlier_goals,
    equal_weights,
    given_weights,
    shares_of,
    split_goals,
    weights_of_last_period,
)
from shared.domain.amounts import DataType
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalNumber,
    GoalState,
    MetricId,
    Principal,
    PrincipalType,
)
from tests.goals.made import GOAL, METRIC, applied

PARENT = replace(GOAL, id=GoalId("company"), target="100.0000")
EQUALLY = Split(by=SplitBy.EQUAL)

WEIGHTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    # Nothing, a trifle, and far more digits than any amount has.
    st.one_of(
        st.decimals(0, 10**6, places=3),
        st.sampled_from([Decimal(0), Decimal("1e-40"), Decimal("1e40")]),
    ),
    min_size=1,
).filter(lambda weights: any(weights.values()))


def children(*names: str) -> Sequence[Goal]:
    """Return goals right under the parent."""
    return [
        replace(GOAL, id=GoalId(name), number=GoalNumber(place), parent_id=PARENT.id)
        for place, name in enumerate(names, 10)
    ]


@given(st.integers(0, 10**21), WEIGHTS)
def test_shares_add_up_and_are_fair(units: int, given: dict[str, Decimal]) -> None:
    """The sum is exact, and nobody is a whole unit away from the exact share."""
    weights = {GoalId(one): Fraction(weight) for one, weight in given.items()}

    shares = shares_of(units, weights)

    assert sum(shares.values()) == units
    whole = sum(weights.values())
    for one, weight in weights.items():
        assert abs(shares[one] - units * weight / whole) < 1
        if not weight:
            assert shares[one] == 0


@pytest.mark.parametrize(
    ("units", "weights", "shares"),
    [
        (10, {"b": 1, "a": 1, "c": 1}, {"a": 4, "b": 3, "c": 3}),
        (11, {"b": 1, "a": 1, "c": 1}, {"a": 4, "b": 4, "c": 3}),
        # Exactly 1.4, 2.8 and 2.8.
        (7, {"a": 1, "b": 2, "c": 2}, {"a": 1, "b": 3, "c": 3}),
        (1, {"a": 0, "b": 1}, {"a": 0, "b": 1}),
    ],
)
def test_units_left_over_go_to_the_largest_remainders(
    units: int, weights: dict[str, int], shares: dict[str, int]
) -> None:
    """Where remainders are equal, the lesser id comes first."""
    found = shares_of(
        units, {GoalId(one): Fraction(weight) for one, weight in weights.items()}
    )

    assert found == shares


@pytest.mark.parametrize(
    ("data_type", "total", "targets"),
    [
        (DataType.MONEY, "100", ["33.3334", "33.3333", "33.3333"]),
        (DataType.DECIMAL, "100", ["33.34", "33.33", "33.33"]),
        (DataType.INTEGER, "100", ["34", "33", "33"]),
    ],
)
def test_targets_have_the_decimals_of_the_metric(
    data_type: DataType, total: str, targets: list[str]
) -> None:
    """Money four, decimals two, whole numbers none."""
    goals = children("a", "b", "c")
    split = replace(EQUALLY, total=Decimal(total))

    after = split_goals(
        PARENT,
        goals,
        replace(METRIC, data_type=data_type),
        split,
        equal_weights(goals),
    )

    assert [goal.target for goal in after] == targets
    assert [replace(goal, target=GOAL.target) for goal in after] == goals


def test_the_stretch_target_is_split_by_itself() -> None:
    """The target stays."""
    goals = children("a", "b")
    parent = replace(PARENT, stretch_target="0.0003")
    split = replace(EQUALLY, field=SplitField.STRETCH_TARGET)
    metric = replace(METRIC, stretch_tracked=True)

    after = split_goals(parent, goals, metric, split, equal_weights(goals))

    assert [goal.stretch_target for goal in after] == ["0.0002", "0.0001"]
    assert [goal.target for goal in after] == [GOAL.target] * 2


@pytest.mark.parametrize(
    ("parent", "split", "error", "field"),
    [
        (replace(PARENT, target=None), EQUALLY, "no_target", "total"),
        (
            PARENT,
            replace(EQUALLY, field=SplitField.STRETCH_TARGET),
            "stretch_not_tracked",
            "field",
        ),
        (PARENT, replace(EQUALLY, total=Decimal(-1)), "target_negative", "total"),
        (
            PARENT,
            replace(EQUALLY, total=Decimal("0.00001")),
            "target_too_precise",
            "total",
        ),
        (PARENT, replace(EQUALLY, total=Decimal("1e17")), "target_too_large", "total"),
    ],
)
def test_what_is_split_must_be_a_target(
    parent: Goal, split: Split, error: str, field: str
) -> None:
    """Whether it stands at the parent or is given as total."""
    goals = children("a")

    with pytest.raises(RefusedError) as refused:
        split_goals(parent, goals, METRIC, split, equal_weights(goals))

    assert (refused.value.refusal.error, refused.value.field) == (error, field)


def test_a_goal_without_children_is_not_split() -> None:
    """There is nobody to give anything."""
    with pytest.raises(RefusedError) as refused:
        check_children(PARENT, [], EQUALLY)

    assert refused.value.refusal.error == "no_children"


def test_a_child_that_is_not_open_gets_nothing_new() -> None:
    """Its target is edited as little as anything else of it."""
    several = [children("a")[0], replace(children("b")[0], state=GoalState.CLOSED)]

    with pytest.raises(RefusedError) as refused:
        check_children(PARENT, several, EQUALLY)

    assert refused.value.refusal.error == "goal_not_open"
    assert refused.value.field == "target"


@pytest.mark.parametrize(
    ("weights", "field", "words"),
    [
        ({"a": 1}, "weights", "lacks b, c of goal company's children"),
        ({"a": 1, "b": 1, "c": 1, "d": 1}, "weights.d", "names d, not right under"),
    ],
)
def test_every_child_has_a_weight_and_nobody_else(
    weights: dict[str, int], field: str, words: str
) -> None:
    """Which one is missing or too many is told."""
    split = Split(
        by=SplitBy.WEIGHTS,
        weights={GoalId(one): Decimal(weight) for one, weight in weights.items()},
    )

    with pytest.raises(RefusedError) as refused:
        given_weights(PARENT, children("a", "b", "c"), split)

    assert refused.value.refusal.error == "weights_incomplete"
    assert refused.value.field == field
    assert words in refused.value.detail


def test_weights_that_are_all_zero_say_nothing() -> None:
    """Even where the total is zero too."""
    split = Split(by=SplitBy.WEIGHTS, weights={GoalId("a"): Decimal(0)})
    goals = children("a")

    with pytest.raises(RefusedError) as refused:
        split_goals(PARENT, goals, METRIC, split, given_weights(PARENT, goals, split))

    assert refused.value.refusal.error == "weights_zero"
    assert refused.value.field == "weights"


def test_a_child_continues_what_it_was_cloned_from() -> None:
    """Else the goal of its owner that ends the day before."""
    first, second = children("a", "b")
    first = replace(first, cloned_from=GoalId("a-before"))
    source, before = children("a-before", "b-before")

    earlier = earlier_goals([first, second], [source], [before])

    assert earlier == {"a": source, "b": before}
    assert day_before(first) == date(2026, 9, 30)


@pytest.mark.parametrize(("names", "words"), [((), "none"), (("x", "y"), "x, y")])
def test_what_a_child_continues_must_be_beyond_doubt(
    names: tuple[str, ...], words: str
) -> None:
    """No goal will not do, and neither will two."""
    child = replace(children("a")[0], cloned_from=GoalId("gone"))
    other = replace(child, owner=Principal(PrincipalType.TEAM, "ada"))

    with pytest.raises(RefusedError) as refused:
        earlier_goals([child], [], [other, *children(*names)])

    assert refused.value.refusal.error == "no_last_period"
    assert f"end on 2026-09-30; found: {words};" in refused.value.detail


def test_what_was_reached_weighs_and_losses_weigh_nothing() -> None:
    """An actual below zero would take from the others."""
    one, other = applied("one", actual=15_000), applied("other", actual=-1)
    earlier = {
        GoalId("a"): one.goal,
        GoalId("b"): replace(other.goal, number=GoalNumber(2)),
    }
    numbers = {GoalNumber(1): one.numbers, GoalNumber(2): other.numbers}

    weights = weights_of_last_period(earlier, numbers)

    assert weights == {"a": Fraction(3, 2), "b": 0}


def test_a_goal_that_shows_no_actual_weighs_nothing_certain() -> None:
    """It is not taken for zero."""
    unknown = applied("one")
    of_another_metric = replace(unknown.numbers, metric_id=MetricId("calls"))
    without_actual = replace(unknown.numbers, shown={})

    for found in (None, of_another_metric, without_actual):
        numbers = {} if found is None else {unknown.goal.number: found}
        with pytest.raises(RefusedError) as refused:
            weights_of_last_period({GoalId("a"): unknown.goal}, numbers)

        assert refused.value.refusal.error == "no_last_period"
