"""The company that is measured: its metrics and goals, and nothing of their numbers.

One tree of revenue, fan-out ten (11,111 goals with five levels): leaves count their
reps' records, the goals above them their managers' own, the rest only add up. Beside
it stand two goals of one, for the records of all owners, so that a record counts in
about 1.2 goals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

FAN_OUT: Final = 10
LEVELS: Final = 5

ENTITY: Final = "opportunity"
MANAGER_ID: Final = "director"
FIRST_DAY: Final = "2026-01-01"
LAST_DAY: Final = "2026-12-31"
LAST_DAY_OF_SPRING: Final = "2026-06-30"
TIME_ZONE: Final = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupField:
    """Which records feed one measure; without a source attribute they are counted."""

    source_state: str
    date_attribute: str
    source_attribute: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How goals are measured."""

    id: str
    kind: str
    data_type: str | None
    rollup_fields: Mapping[str, RollupField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which opportunities count, in the words of the API."""

    id: str
    where: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """How far those who have it read opportunities."""

    id: str
    depth: str
    users: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal as it is created."""

    id: str
    parent_id: str | None
    metric_id: str
    owner_id: str
    owner_records_only: bool
    rollup_only_from_children: bool
    first_day: str
    last_day: str
    manager_id: str = MANAGER_ID
    # The query of each rollup field that has one.
    queries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """All that is created before the first record; parents stand before children."""

    metrics: Sequence[Metric]
    goals: Sequence[Goal]
    root_id: str
    leaf_ids: Sequence[str]
    queries: Sequence[Query] = ()
    # Without one everybody reads everything.
    roles: Sequence[Role] = ()

    @property
    def owner_ids(self) -> Sequence[str]:
        """Everyone who may own a record that some goal counts."""
        return sorted(
            {
                goal.owner_id
                for goal in self.goals
                if goal.owner_records_only and not goal.rollup_only_from_children
            }
        )


_WON: Final = RollupField(
    source_state="won",
    date_attribute="actualclosedate",
    source_attribute="actualvalue",
)
_OPEN: Final = RollupField(
    source_state="open",
    date_attribute="estimatedclosedate",
    source_attribute="estimatedvalue",
)

REVENUE: Final = Metric(
    id="revenue",
    kind="amount",
    data_type="money",
    rollup_fields={"actual": _WON, "in_progress": _OPEN},
)
PIPELINE: Final = Metric(
    id="pipeline",
    kind="amount",
    data_type="money",
    rollup_fields={"in_progress": _OPEN},
)
DEALS: Final = Metric(
    id="deals",
    kind="count",
    data_type=None,
    rollup_fields={
        "actual": RollupField(
            source_state="won",
            date_attribute="actualclosedate",
            source_attribute=None,
        )
    },
)


def company_of(levels: int = LEVELS) -> Company:
    """Return the company with a tree of so many levels."""
    tree: list[Goal] = []
    above: list[str | None] = [None]
    for level in range(levels):
        fan_out = FAN_OUT if level else 1
        parents = [parent for parent in above for _ in range(fan_out)]
        goals = [
            _tree_goal(level, index, parent, levels=levels)
            for index, parent in enumerate(parents)
        ]
        tree += goals
        above = [goal.id for goal in goals]
    return Company(
        metrics=(REVENUE, PIPELINE, DEALS),
        goals=(
            *tree,
            _goal_of_all("all-deals", DEALS, LAST_DAY),
            _goal_of_all("spring-pipeline", PIPELINE, LAST_DAY_OF_SPRING),
        ),
        root_id=tree[0].id,
        leaf_ids=[goal_id for goal_id in above if goal_id is not None],
    )


def _tree_goal(level: int, index: int, parent_id: str | None, *, levels: int) -> Goal:
    owners = {levels - 1: f"rep-{index}", levels - 2: f"manager-{index}"}
    return Goal(
        id=f"goal-{level}-{index}",
        parent_id=parent_id,
        metric_id=REVENUE.id,
        owner_id=owners.get(level, MANAGER_ID),
        owner_records_only=True,
        rollup_only_from_children=level not in owners,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
    )


def _goal_of_all(goal_id: str, metric: Metric, last_day: str) -> Goal:
    return Goal(
        id=goal_id,
        parent_id=None,
        metric_id=metric.id,
        owner_id=MANAGER_ID,
        owner_records_only=False,
        rollup_only_from_children=False,
        first_day=FIRST_DAY,
        last_day=last_day,
    )
