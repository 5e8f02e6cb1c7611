"""Goals added up, by numbers worked out by hand: none twice, nothing of two metrics.

company 100 (ada)
├── north 60 (bob)
│   └── n1 25 (ada)
└── south 40 (ada)
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.goals.domain.attainment import (
    Attained,
    Earlier,
    attained,
    previous_goals,
)
from services.goals.domain.attainment_groups import (
    By,
    groups_of,
    keys_by,
    without_descendants,
)
from services.goals.domain.exact_sums import (
    difference_of,
    percentage_of_texts,
    sum_of,
)
from services.goals.domain.periods import name_of_fiscal
from shared.domain.goals import (
    Goal,
    GoalId,
    MetricId,
    Principal,
    PrincipalType,
    Slot,
)
from shared.domain.periods import FiscalLabel
from tests.goals.made import GOAL, METRIC, applied

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PARENTS = {
    GoalId("north"): GoalId("company"),
    GoalId("south"): GoalId("company"),
    GoalId("n1"): GoalId("north"),
}


def principal(key: str) -> Principal:
    """Return an owner by his key."""
    kind, _, name = key.partition("/")
    return Principal(PrincipalType(kind), name)


def reached(
    name: str,
    owner: str,
    actual: int,
    target: str | None = None,
    *,
    metric: str = "revenue",
) -> Attained:
    """Return a goal of somebody's that has come so far."""
    goal = replace(
        GOAL,
        id=GoalId(name),
        owner=principal(owner),
        target=target,
        metric_id=MetricId(metric),
    )
    numbers = replace(
        applied(name, actual=actual * 10_000).numbers, metric_id=MetricId(metric)
    )
    return attained(goal, replace(METRIC, id=MetricId(metric)), numbers, NOW)


def added_by(
    by: By, goals: Sequence[Attained], teams: Mapping[str, Sequence[str]] | None = None
) -> Mapping[str, tuple[str | None, Sequence[str]]]:
    """Return the actual of each group, and which goals are in it."""
    return {
        f"{group.key} {group.metric.id}".strip(): (
            group.sum.values[Slot.ACTUAL],
            [one.goal.id for one in group.added],
        )
        for group in groups_of(goals, keys_by(by, teams or {}), PARENTS)
    }


COMPANY = [
    reached("company", "user/ada", 100),
    reached("n1", "user/ada", 25),
    reached("north", "user/bob", 60),
    reached("south", "user/ada", 40),
]


def test_what_stands_below_a_goal_of_the_group_is_not_added() -> None:
    """Also where a goal of somebody else's stands between the two."""
    assert added_by(By.OWNER, COMPANY) == {
        "user/ada revenue": ("100.0000", ["company"]),
        "user/bob revenue": ("60.0000", ["north"]),
    }
    assert added_by(By.OWNER, COMPANY[1:]) == {
        "user/ada revenue": ("65.0000", ["n1", "south"]),
        "user/bob revenue": ("60.0000", ["north"]),
    }
    assert added_by(By.METRIC, COMPANY[1:]) == {
        "revenue revenue": ("100.0000", ["north", "south"])
    }


def test_metrics_are_never_added_to_one_another() -> None:
    """One owner has a row for each."""
    goals = [*COMPANY, reached("calls", "user/ada", 7, metric="calls")]

    assert added_by(By.OWNER, goals) == {
        "user/ada calls": ("7.0000", ["calls"]),
        "user/ada revenue": ("100.0000", ["company"]),
        "user/bob revenue": ("60.0000", ["north"]),
    }


def test_a_team_has_its_own_goals_and_its_members() -> None:
    """Who is on two teams counts for each; who is on none has a row of its own."""
    goals = [
        reached("north", "team/t1", 60),
        reached("n1", "user/ada", 25),
        reached("south", "user/ada", 40),
        reached("other", "user/carl", 5),
    ]

    assert added_by(By.TEAM, goals, {"ada": ["t1", "t2"]}) == {
        "revenue": ("5.0000", ["other"]),
        "team/t1 revenue": ("100.0000", ["north", "south"]),
        "team/t2 revenue": ("65.0000", ["n1", "south"]),
    }


def test_a_percentage_goes_by_goals_that_have_both() -> None:
    """30 of 60 are half, whatever is there without a target."""
    goals = [
        reached("north", "user/ada", 30, "60.0000"),
        reached("south", "user/ada", 40),
    ]

    [group] = groups_of(goals, keys_by(By.OWNER, {}), PARENTS)

    assert group.sum.values[Slot.ACTUAL] == "70.0000"
    assert group.sum.target == "60.0000"
    assert group.sum.percentage == "50.0000"


def test_a_change_is_known_of_all_or_of_none() -> None:
    """Half of a change would read as all of it."""

    def since(actual: str, change: str) -> Earlier:
        return Earlier(
            values={Slot.ACTUAL: actual, Slot.IN_PROGRESS: None, Slot.CUSTOM: None},
            change={Slot.ACTUAL: change, Slot.IN_PROGRESS: None, Slot.CUSTOM: None},
        )

    north = replace(reached("north", "user/ada", 30), earlier=since("20.5", "9.5000"))
    south = replace(reached("south", "user/ada", 5), earlier=since("6", "-1.0000"))
    [known] = groups_of([north, south], keys_by(By.OWNER, {}), PARENTS)
    unknown = replace(south, earlier=None)
    [half] = groups_of([north, unknown], keys_by(By.OWNER, {}), PARENTS)

    assert known.earlier is not None
    assert known.earlier.values[Slot.ACTUAL] == "26.5"
    assert known.earlier.change[Slot.ACTUAL] == "8.5000"
    assert half.earlier is None


def test_the_period_before_is_added_up_without_doubles() -> None:
    """Two goals that continue the same one, and one whose earlier goal stood above."""
    before = {one.goal.id: one for one in COMPANY}
    goals = [
        replace(reached("a", "user/ada", 1), previous=before[GoalId("north")]),
        replace(reached("b", "user/ada", 1), previous=before[GoalId("north")]),
        replace(reached("c", "user/ada", 1), previous=before[GoalId("n1")]),
        replace(reached("d", "user/ada", 1), previous=before[GoalId("south")]),
        reached("e", "user/ada", 1),
    ]

    [group] = groups_of(goals, keys_by(By.OWNER, {}), PARENTS)

    assert group.previous is not None
    assert (group.sum.goals, group.previous.goals) == (5, 2)
    assert group.previous.values[Slot.ACTUAL] == "100.0000"


def test_goals_that_go_in_circles_end() -> None:
    """No rows should, and nobody waits for ever if they do."""
    circle = {GoalId("a"): GoalId("b"), GoalId("b"): GoalId("a")}
    goals = [reached("a", "user/ada", 1), reached("c", "user/ada", 1)]

    found = without_descendants(goals, circle)

    assert [one.goal.id for one in found] == ["c"]


def _before(name: str, title: str, **more: str) -> Goal:
    period = replace(GOAL.period, start=date(2026, 7, 1), end=date(2026, 9, 30))
    owner = principal(more.get("owner", "user/ada"))
    return replace(GOAL, id=GoalId(name), title=title, owner=owner, period=period)


@pytest.mark.parametrize(
    ("candidates", "cloned_from", "expected"),
    [
        ([], None, None),
        ([_before("a", "North")], None, "a"),
        ([_before("a", "Other")], None, "a"),
        ([_before("a", "North"), _before("b", "Other")], None, "a"),
        ([_before("a", "North"), _before("b", "North")], None, None),
        ([_before("a", "One"), _before("b", "Other")], None, None),
        ([_before("a", "North"), _before("b", "Other")], "b", "b"),
        ([_before("a", "North", owner="user/bob")], None, None),
        ([_before("a", "North", owner="user/bob")], "a", "a"),
        ([replace(_before("a", "North"), metric_id=MetricId("x"))], "a", None),
        ([replace(_before("a", "North"), period=GOAL.period)], "a", None),
    ],
)
def test_the_goal_of_the_period_before(
    candidates: Sequence[Goal], cloned_from: str | None, expected: str | None
) -> None:
    """What it was cloned from, else of its owner the namesake or the only one."""
    source = None if cloned_from is None else GoalId(cloned_from)
    goal = replace(GOAL, cloned_from=source)

    found = previous_goals([goal], candidates).get(goal.id)

    assert (None if found is None else found.id) == expected


def test_sums_are_exact() -> None:
    """Of numbers with unlike decimals, below zero, and of nothing."""
    assert sum_of(["0.1", "0.2000", None, "-1"]) == "-0.7000"
    assert sum_of([None, None]) is None
    assert difference_of("1", "1.0001") == "-0.0001"
    assert difference_of("1", None) is None
    assert percentage_of_texts("1", "3.00") == "33.3333"
    assert percentage_of_texts("1", "0") is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (301, "FY2026"),
        (202, "FY2026 H2"),
        (4, "FY2026 Q4"),
        (112, "FY2026 M12"),
        (413, "FY2026 P13"),
    ],
)
def test_fiscal_periods_have_short_names(code: int, name: str) -> None:
    """One form for each template."""
    assert name_of_fiscal(FiscalLabel(year=2026, code=code)) == name
