"""Goals and metrics for tests that care for a part of them only."""

from dataclasses import replace
from datetime import UTC, date, datetime

from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.numbers import AppliedForest, AppliedGoal, GoalNumbers
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalNumber,
    MetricId,
    Principal,
    PrincipalType,
    RollupField,
    Slot,
)
from shared.domain.periods import Period

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

GOAL = Goal(
    number=GoalNumber(1),
    id=GoalId("north"),
    version=1,
    title="North",
    metric_id=MetricId("revenue"),
    owner=Principal(PrincipalType.USER, "ada"),
    manager_id="grace",
    parent_id=None,
    period=Period(
        start=date(2026, 10, 1), end=date(2026, 12, 31), time_zone="Europe/Berlin"
    ),
    target="100.0000",
    stretch_target=None,
    owner_records_only=True,
    rollup_only_from_children=False,
)

METRIC = DefinedMetric(
    id=MetricId("revenue"),
    name="Revenue",
    kind=MetricKind.AMOUNT,
    data_type=DataType.MONEY,
    rollup_fields={
        Slot.ACTUAL: RollupField(
            source_entity="opportunity",
            source_attribute="actualvalue",
            date_attribute="actualclosedate",
        )
    },
)


def applied(
    name: str, *, revision: int = 1, tree: str = "company", actual: int = 0
) -> AppliedGoal:
    """Return a goal as rollup has it."""
    return AppliedGoal(
        goal=replace(GOAL, id=GoalId(name)),
        numbers=GoalNumbers(
            number=GOAL.number,
            metric_id=GOAL.metric_id,
            decimals=4,
            own={Slot.ACTUAL: actual},
            computed={Slot.ACTUAL: actual},
            shown={Slot.ACTUAL: actual},
            locked=False,
            written=False,
            override_number=0,
            computing=False,
            frozen=False,
            error=None,
            goal_with_error_id=None,
            tree_id=GoalId(tree),
            depth=0,
            revision=revision,
            updated_at=NOON,
        ),
    )


def forest(*goals: AppliedGoal, definitions_revision: int = 1) -> AppliedForest:
    """Return trees as rollup has them."""
    return AppliedForest(
        goals=goals,
        read_at=NOON,
        definitions_revision=definitions_revision,
        incarnation=1,
    )
