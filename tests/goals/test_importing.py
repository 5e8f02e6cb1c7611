"""What many lines together make of goals, in whatever order they come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.changing import UNCHANGED
from services.goals.domain.directory import Directory
from services.goals.domain.drafts import GoalChange, GoalDraft, Surroundings
from services.goals.domain.errors import INVALID_FIELD, RefusedError
from services.goals.domain.importing import (
    AskedLine,
    ImportLine,
    ImportPlan,
    asked_of,
)
from services.goals.domain.importing_goals import AskedGoal, Forest, planned_goals
from services.goals.domain.overrides import Signature
from services.goals.domain.periods import GivenPeriod, PeriodKind
from shared.domain.fiscal import calendar_of
from shared.domain.goals import Goal, GoalId, GoalState, MetricId
from shared.domain.periods import Period
from tests.goals.made import GOAL, METRIC, NOON

PERIOD = GivenPeriod(
    kind=PeriodKind.CUSTOM, start=date(2026, 10, 1), end=date(2026, 12, 31)
)
NEXT = GivenPeriod(
    kind=PeriodKind.CUSTOM, start=date(2027, 1, 1), end=date(2027, 3, 31)
)
SIGNED = Signature(number=9, by=None, at=NOON)
AROUND = Surroundings(
    directory=Directory(users={"ada", "grace"}),
    metrics={METRIC.id: METRIC},
    goals={},
    depths={},
    time_zone="Europe/Berlin",
    calendar=calendar_of(start="01-01", template="quarterly", year_named_by="start"),
)


def standing(parents: Mapping[str, str | None]) -> dict[GoalId, Goal]:
    """Return goals that exist, each under the parent it is given."""
    return {
        GoalId(one): replace(
            GOAL, id=GoalId(one), parent_id=None if above is None else GoalId(above)
        )
        for one, above in parents.items()
    }


def forest(parents: Mapping[str, str | None]) -> Forest:
    """Return goals that exist and how they hang together."""
    goals = standing(parents)
    return Forest(
        goals=goals, above={one: goal.parent_id for one, goal in goals.items()}
    )


def new(line: int, goal_id: str, parent_id: str | None = None) -> AskedLine[AskedGoal]:
    """Return a line that creates a goal, a root or one below."""
    is_root = parent_id is None
    draft = GoalDraft(
        id=GoalId(goal_id),
        title=goal_id,
        metric_id=METRIC.id if is_root else None,
        period=PERIOD if is_root else None,
        owner=GOAL.owner,
        manager_id="grace",
        parent_id=None if parent_id is None else GoalId(parent_id),
    )
    return AskedLine(line=line, id=draft.id, asked=draft)


def change(line: int, goal_id: str, asked: GoalChange) -> AskedLine[AskedGoal]:
    """Return a line that changes a goal."""
    return AskedLine(line=line, id=GoalId(goal_id), asked=asked)


def moved(line: int, goal_id: str, parent_id: str | None) -> AskedLine[AskedGoal]:
    """Return a line that moves a goal, and tells what it has as well."""
    return change(
        line,
        goal_id,
        GoalChange(
            parent_id=None if parent_id is None else GoalId(parent_id),
            metric_id=METRIC.id,
            period=PERIOD,
            time_zone="Europe/Berlin",
        ),
    )


def rejections(plan: ImportPlan[Goal]) -> Sequence[tuple[int, str]]:
    """Return the lines that were refused, and for what."""
    found = [(one.line, one.refused.refusal.error) for one in plan.rejected]
    return sorted(found)


LINES = (new(1, "a"), new(2, "b", "a"), new(3, "c", "b"), new(4, "d", "x"))


@given(st.permutations(LINES))
def test_parents_may_come_after_their_children(
    lines: list[AskedLine[AskedGoal]],
) -> None:
    """The order of the lines decides nothing."""
    plan = planned_goals(lines, forest({"x": None}), AROUND, SIGNED)

    assert {goal.id: goal.parent_id for goal in plan.created} == {
        "a": None,
        "b": "a",
        "c": "b",
        "d": "x",
    }
    places = {goal.id: place for place, goal in enumerate(plan.created)}
    assert places[GoalId("a")] < places[GoalId("b")] < places[GoalId("c")]
    assert (plan.changed, plan.unchanged, plan.rejected) == (0, 0, [])


def test_a_rejected_parent_takes_its_children_along() -> None:
    """Each says which line is to be corrected."""
    nobody = replace(new(1, "a").asked, manager_id="nobody")
    bad = AskedLine(line=1, id=GoalId("a"), asked=nobody)

    plan = planned_goals(
        [new(3, "c", "b"), new(2, "b", "a"), bad], forest({}), AROUND, SIGNED
    )

    assert rejections(plan) == [(line, "reference_not_found") for line in (1, 2, 3)]
    details = {one.line: one.refused.detail for one in plan.rejected}
    assert "line 1, which would create it, is rejected" in details[2]
    assert "line 2, which would create it, is rejected" in details[3]


def test_a_parent_that_is_nowhere_is_refused_as_ever() -> None:
    """There and in the file."""
    plan = planned_goals([new(1, "a", "nowhere")], forest({}), AROUND, SIGNED)

    assert rejections(plan) == [(1, "reference_not_found")]


def test_new_goals_in_a_circle_are_refused() -> None:
    """All of them: each needs the other."""
    lines = [new(1, "a", "b"), new(2, "b", "a"), new(3, "c", "c"), new(4, "d")]

    plan = planned_goals(lines, forest({}), AROUND, SIGNED)

    assert [goal.id for goal in plan.created] == ["d"]
    assert {line for line, _ in rejections(plan)} == {1, 2, 3}
    assert (3, "goal_cycle") in rejections(plan)
    assert "goal_cycle" in {error for line, error in rejections(plan) if line < 3}


def test_existing_goals_in_a_circle_are_refused() -> None:
    """The line that closes the circle is, by what the one before it leaves."""
    lines = [moved(1, "a", "b"), moved(2, "b", "a")]

    plan = planned_goals(lines, forest({"a": None, "b": None}), AROUND, SIGNED)

    assert len(plan.altered) == 1
    assert [error for _, error in rejections(plan)] == ["goal_cycle"]


def test_parent_and_child_change_places() -> None:
    """The child comes to the top first, wherever its line stands."""
    lines = [moved(1, "a", "b"), moved(2, "b", None)]

    plan = planned_goals(lines, forest({"a": None, "b": "a"}), AROUND, SIGNED)

    assert {goal.id: goal.parent_id for goal in plan.altered} == {"a": "b", "b": None}
    assert (plan.changed, plan.rejected) == (2, [])


def test_a_goal_moves_under_one_that_the_file_creates() -> None:
    """With all below it."""
    around = forest({"a": None, "b": "a"})

    plan = planned_goals([moved(1, "a", "z"), new(2, "z")], around, AROUND, SIGNED)

    assert [goal.id for goal in plan.created] == ["z"]
    assert [(goal.id, goal.parent_id) for goal in plan.altered] == [("a", "z")]
    assert around.place_of(around.goals[GoalId("b")], GoalId("a")).path_of_parent == [
        "a",
        "z",
    ]


def test_a_goal_too_deep_is_refused_by_what_earlier_lines_leave() -> None:
    """A chain of 64 may hang under a root, not a goal more."""
    chain = {"c0": "top"} | {f"c{place}": f"c{place - 1}" for place in range(1, 63)}
    longer = chain | {"c63": "c62"}
    lines = [moved(1, "top", "z"), new(2, "z")]

    fits = planned_goals(lines, forest({"top": None, **chain}), AROUND, SIGNED)
    plan = planned_goals(lines, forest({"top": None, **longer}), AROUND, SIGNED)

    assert rejections(fits) == []
    assert rejections(plan) == [(1, "goal_too_deep")]


def test_a_tree_follows_the_period_of_its_root() -> None:
    """Also those below that no line names; lines that say the same are no change."""
    lines = [
        change(1, "c", GoalChange(period=NEXT)),
        change(2, "a", GoalChange(period=NEXT)),
    ]

    plan = planned_goals(lines, forest({"a": None, "b": "a", "c": "b"}), AROUND, SIGNED)

    period = Period(
        start=date(2027, 1, 1), end=date(2027, 3, 31), time_zone="Europe/Berlin"
    )
    assert {goal.id: goal.period for goal in plan.altered} == dict.fromkeys(
        ("a", "b", "c"), period
    )
    assert (plan.changed, plan.unchanged, plan.rejected) == (2, 0, [])


def test_a_tree_keeps_its_period_while_a_goal_of_it_is_closed() -> None:
    """However deep it lies; the line is refused in the words of a single change."""
    around = forest({"a": None, "b": "a", "c": "b"})
    around.put(replace(around.goals[GoalId("c")], state=GoalState.CLOSED))

    plan = planned_goals(
        [change(1, "a", GoalChange(period=NEXT))], around, AROUND, SIGNED
    )

    assert rejections(plan) == [(1, "period_change_with_closed_descendant")]


def test_a_goal_that_left_a_tree_does_not_follow_it() -> None:
    """An earlier line took it away, with all below it."""
    lines = [moved(1, "b", None), change(2, "a", GoalChange(period=NEXT))]

    plan = planned_goals(lines, forest({"a": None, "b": "a", "c": "b"}), AROUND, SIGNED)

    assert {goal.id: goal.period.start for goal in plan.altered} == {
        "a": date(2027, 1, 1),
        "b": GOAL.period.start,
    }


def test_lines_that_tell_what_is_there_change_nothing() -> None:
    """However much they tell."""
    plan = planned_goals([moved(1, "a", None)], forest({"a": None}), AROUND, SIGNED)

    assert (plan.altered, plan.changed, plan.unchanged) == ([], 0, 1)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (GoalChange(metric_id=MetricId("calls")), "metric_change_on_child"),
        (GoalChange(period=NEXT), "period_change_on_child"),
        (GoalChange(time_zone="UTC"), "period_change_on_child"),
        (
            GoalChange(parent_id=None, metric_id=MetricId("calls")),
            "parent_with_metric_or_period",
        ),
        (GoalChange(parent_id=None, period=NEXT), "parent_with_metric_or_period"),
        (GoalChange(manager_id="nobody"), "reference_not_found"),
    ],
)
def test_a_change_is_refused_as_if_it_came_alone(asked: GoalChange, error: str) -> None:
    """And the goal stays what it is."""
    around = forest({"a": None, "b": "a"})
    before = dict(around.goals)

    plan = planned_goals([change(1, "b", asked)], around, AROUND, SIGNED)

    assert rejections(plan) == [(1, error)]
    assert (plan.altered, around.goals) == ([], before)


def _never() -> GoalChange:
    raise AssertionError("this form is not the one to read")


def _unreadable() -> GoalDraft:
    raise RefusedError(INVALID_FIELD, "title is no text", field="title")


def test_what_a_line_asks_for_depends_on_whether_the_goal_is_there() -> None:
    """New goals are read as such, others as changes; the second of two is refused."""
    draft, altered = new(1, "a").asked, GoalChange(title="b")
    assert isinstance(draft, GoalDraft)

    def line(
        number: int,
        goal_id: str,
        as_new: Callable[[], GoalDraft],
        as_change: Callable[[], GoalChange],
    ) -> ImportLine[Goal, AskedGoal]:
        return ImportLine(
            line=number,
            id=goal_id,
            as_new=as_new,
            as_change=lambda _goal: as_change(),
        )

    asked, rejected = asked_of(
        [
            line(1, "a", lambda: draft, _never),
            line(2, "b", _unreadable, lambda: altered),
            line(3, "c", _unreadable, _never),
            line(4, "a", lambda: draft, _never),
        ],
        {goal.id: goal for goal in standing({"b": None}).values()},
        word="goal",
    )

    assert [(one.line, one.asked) for one in asked] == [(1, draft), (2, altered)]
    assert [(one.line, one.id, one.refused.refusal.error) for one in rejected] == [
        (3, "c", "invalid_field"),
        (4, "a", "id_taken"),
    ]
    assert "given in line 1 already" in rejected[1].refused.detail
    assert altered.owner is UNCHANGED
