"""Cloning a tree: which period follows, which targets it gets, which ids."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.cloning import (
    CLONED_MAX,
    CloneOrder,
    check_clonable,
    check_ids_free,
    cloned_tree,
    down_from,
    ids_of_clones,
    period_of_clone,
)
from services.goals.domain.errors import RefusedError
from services.goals.domain.periods import GivenPeriod, PeriodKind
from shared.domain.amounts import DataType
from shared.domain.fiscal import FiscalCalendar, calendar_of
from shared.domain.goals import Goal, GoalId, GoalState
from shared.domain.periods import FiscalLabel, Period
from tests.goals.made import GOAL, METRIC

QUARTERS = calendar_of(start="01-01", template="quarterly", year_named_by="start")
FROM_APRIL = calendar_of(start="04-01", template="quarterly", year_named_by="start")
MONTHS = calendar_of(start="01-01", template="monthly", year_named_by="start")
AS_IT_IS = CloneOrder(id_suffix="-next")
Q4 = Period(
    start=date(2026, 10, 1),
    end=date(2026, 12, 31),
    time_zone="UTC",
    fiscal=FiscalLabel(year=2026, code=4),
)


def tree(targets: Mapping[str, str | None]) -> Sequence[Goal]:
    """Return goals named by their paths (`a`, `a/b`), parents first."""
    return [
        replace(
            GOAL,
            id=GoalId(name),
            parent_id=GoalId(name.rpartition("/")[0]) if "/" in name else None,
            target=target,
        )
        for name, target in targets.items()
    ]


def clone(goals: Sequence[Goal], order: CloneOrder) -> Sequence[Goal]:
    """Clone goals of a metric of money into a period of no matter."""
    ids = ids_of_clones(goals, order, lambda: GoalId("made"))
    return cloned_tree(goals, ids, GOAL.period, METRIC, order)


@pytest.mark.parametrize(
    ("start", "end", "follows"),
    [
        (date(2026, 1, 1), date(2026, 1, 31), (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2023, 12, 1), date(2024, 1, 31), (date(2024, 2, 1), date(2024, 3, 31))),
        (date(2026, 7, 1), date(2026, 9, 30), (date(2026, 10, 1), date(2026, 12, 31))),
        (date(2027, 1, 1), date(2027, 12, 31), (date(2028, 1, 1), date(2028, 12, 31))),
        (date(2026, 1, 15), date(2026, 2, 14), (date(2026, 2, 15), date(2026, 3, 17))),
        (date(2026, 1, 1), date(2026, 1, 30), (date(2026, 1, 31), date(2026, 3, 1))),
        (date(2026, 5, 4), date(2026, 5, 4), (date(2026, 5, 5), date(2026, 5, 5))),
    ],
)
def test_days_are_followed_by_the_next(
    start: date, end: date, follows: tuple[date, date]
) -> None:
    """Whole calendar months by as many months, others by as many days."""
    root = replace(GOAL, period=Period(start=start, end=end, time_zone="UTC"))

    period = period_of_clone(root, AS_IT_IS, QUARTERS)

    assert (period.start, period.end) == follows
    assert (period.time_zone, period.fiscal) == ("UTC", None)


@given(st.dates(date(1900, 1, 1), date(2050, 1, 1)), st.integers(0, 400))
def test_what_follows_begins_the_day_after(start: date, days: int) -> None:
    """No day lies in both periods, and none between them."""
    end = start + timedelta(days=days)
    root = replace(GOAL, period=Period(start=start, end=end, time_zone="UTC"))

    period = period_of_clone(root, AS_IT_IS, QUARTERS)

    assert period.start == end + timedelta(days=1)
    assert abs((period.end - period.start).days - days) <= 31


def test_a_fiscal_period_is_followed_by_the_next_of_the_calendar() -> None:
    """Its name and days are the calendar's."""
    period = period_of_clone(replace(GOAL, period=Q4), AS_IT_IS, QUARTERS)

    assert (period.start, period.end) == (date(2027, 1, 1), date(2027, 3, 31))
    assert period.fiscal == FiscalLabel(year=2027, code=1)


def test_a_given_period_is_taken() -> None:
    """In the time zone that the tree has."""
    given_period = GivenPeriod(kind=PeriodKind.FISCAL, year=2028, period=2)

    period = period_of_clone(GOAL, CloneOrder(period=given_period), QUARTERS)

    assert (period.start, period.time_zone) == (date(2028, 4, 1), "Europe/Berlin")


@pytest.mark.parametrize(
    ("period", "calendar", "words"),
    [
        (Q4, MONTHS, "4 is no period of the fiscal calendar"),
        (replace(Q4, fiscal=FiscalLabel(year=2200, code=4)), QUARTERS, "2201"),
        (
            replace(Q4, start=date(2027, 4, 1), end=date(2027, 6, 30)),
            FROM_APRIL,
            "begins on 2027-04-01, before the goal ends on 2027-06-30",
        ),
        (
            Period(start=date(2200, 1, 1), end=date(2200, 12, 31), time_zone="UTC"),
            QUARTERS,
            "after the year 2200",
        ),
    ],
)
def test_not_every_period_can_be_followed(
    period: Period, calendar: FiscalCalendar, words: str
) -> None:
    """Then somebody has to say which one it is to be."""
    with pytest.raises(RefusedError) as refused:
        period_of_clone(replace(GOAL, period=period), AS_IT_IS, calendar)

    assert refused.value.refusal.error == "period_cannot_follow"
    assert refused.value.field == "period"
    assert words in refused.value.detail


def test_goals_come_with_all_they_have() -> None:
    """Under their new parents, and with what they were made from."""
    goals = tree({"a": "1.0000", "a/b": None})

    root, child = clone(goals, AS_IT_IS)

    assert (root.id, root.parent_id, root.cloned_from) == ("a-next", None, "a")
    assert (child.id, child.parent_id) == ("a/b-next", "a-next")
    assert (child.target, child.cloned_from) == (None, "a/b")
    assert (child.title, child.owner) == (GOAL.title, GOAL.owner)


@pytest.mark.parametrize(
    ("percent", "before", "after"),
    [
        ("0", "100.0001", "100.0001"),
        ("5", "100.0000", "105.0000"),
        ("-100", "100.0000", "0.0000"),
        ("50", "0.0001", "0.0002"),
        ("50", "0.0003", "0.0004"),
        ("50", "0.0005", "0.0008"),
        ("0.00000000000001", "10000000000000000.0000", "10000000000000001.0000"),
    ],
)
def test_targets_are_raised_and_rounded_half_to_even(
    percent: str, before: str, after: str
) -> None:
    """At the decimals of the metric's targets."""
    order = replace(AS_IT_IS, uplift_percent=Decimal(percent))

    [goal] = clone(tree({"a": before}), order)

    assert goal.target == after


def test_a_parent_that_was_the_sum_stays_the_sum() -> None:
    """At every level; one that was not is raised by itself."""
    goals = tree(
        {
            "a": "0.0002",
            "a/b": "0.0002",
            "a/c": None,
            "a/b/x": "0.0001",
            "a/b/y": "0.0001",
            "a/c/z": "0.0001",
        }
    )
    order = replace(AS_IT_IS, uplift_percent=Decimal(60))

    after = {goal.cloned_from: goal.target for goal in clone(goals, order)}

    # By themselves 0.0002 would have become 0.0003.
    assert after == {
        "a": "0.0004",
        "a/b": "0.0004",
        "a/c": None,
        "a/b/x": "0.0002",
        "a/b/y": "0.0002",
        "a/c/z": "0.0002",
    }


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=5),
    st.decimals(-100, 1000, places=3),
)
def test_sums_stay_exact_by_whatever_they_are_raised(
    children: list[int], percent: Decimal
) -> None:
    """Rounding takes nothing from a sum and adds nothing."""
    goals = tree(
        {"a": str(sum(children))}
        | {f"a/{place}": str(target) for place, target in enumerate(children)}
    )
    order = replace(AS_IT_IS, uplift_percent=percent)
    metric = replace(METRIC, data_type=DataType.INTEGER)
    ids = ids_of_clones(goals, order, lambda: GoalId("made"))

    root, *below = cloned_tree(goals, ids, GOAL.period, metric, order)

    assert root.target is not None
    assert int(root.target) == sum(int(one.target or 0) for one in below)


def test_a_target_that_grows_too_large_is_refused() -> None:
    """With the goal that has it."""
    order = replace(AS_IT_IS, uplift_percent=Decimal(900))

    with pytest.raises(RefusedError) as refused:
        clone(tree({"a": "10000000000000000.0000"}), order)

    assert refused.value.refusal.error == "target_too_large"
    assert "goal a " in refused.value.detail


def test_ids_are_made_or_get_a_suffix() -> None:
    """As the order says."""
    goals = tree({"a": None, "a/b": None})
    numbers = count()
    made = ids_of_clones(goals, CloneOrder(), lambda: GoalId(f"id-{next(numbers)}"))

    assert made == {"a": "id-0", "a/b": "id-1"}
    assert ids_of_clones(goals, AS_IT_IS, lambda: GoalId("never")) == {
        "a": "a-next",
        "a/b": "a/b-next",
    }


def test_ids_have_a_length_and_belong_to_one_goal() -> None:
    """Another suffix helps."""
    goal = replace(GOAL, id=GoalId("x" * 199))
    with pytest.raises(RefusedError) as too_long:
        ids_of_clones([goal], AS_IT_IS, lambda: GoalId("never"))
    with pytest.raises(RefusedError) as taken:
        check_ids_free({"b-next", "a-next"})

    assert too_long.value.refusal.error == "invalid_field"
    assert taken.value.refusal.error == "id_taken"
    assert "goal a-next exists already" in taken.value.detail
    assert too_long.value.field == taken.value.field == "id_suffix"


def test_only_whole_trees_of_some_size_are_cloned() -> None:
    """Ten thousand goals are as many as a request creates."""
    root, child = tree({"a": None, "a/b": None})
    check_clonable(root, goals=CLONED_MAX)

    with pytest.raises(RefusedError) as below:
        check_clonable(child, goals=1)
    with pytest.raises(RefusedError) as too_many:
        check_clonable(root, goals=CLONED_MAX + 1)

    assert below.value.refusal.error == "not_a_root"
    assert too_many.value.refusal.error == "too_many_items"


def test_what_was_given_up_is_not_begun_anew() -> None:
    """A discarded goal and all below it are left out; a closed one comes, open."""
    names = ("top", "top/a", "top/a/b", "top/c")
    top, left, below, closed = tree(dict.fromkeys(names))
    left = replace(left, state=GoalState.DISCARDED)
    closed = replace(closed, state=GoalState.CLOSED)

    walked = down_from(top, [left, below, closed])

    assert walked == [top, closed]
    assert {goal.state for goal in clone(walked, AS_IT_IS)} == {GoalState.OPEN}


def test_a_tree_is_walked_down_from_its_root() -> None:
    """Parents come before their children, in whatever order they were found."""
    root, *below = tree({"z": None, "z/y": None, "z/y/a": None, "z/x": None})

    found = down_from(root, sorted(below, key=lambda goal: goal.id[::-1]))

    places = {goal.id: place for place, goal in enumerate(found)}
    assert len(places) == 4
    for goal in below:
        assert goal.parent_id is not None
        assert places[goal.parent_id] < places[goal.id]
