"""Goals, metrics and records for tests of decisions."""

from dataclasses import replace
from datetime import date
from typing import Any

from services.rollup.domain.definitions import Definitions
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalNumber,
    Metric,
    MetricId,
    Principal,
    PrincipalType,
    RollupField,
    Slot,
)
from shared.domain.periods import Period
from shared.messages.records import ActivityRecord

QUARTER = Period(
    start=date(2026, 1, 1), end=date(2026, 3, 31), time_zone="Europe/Berlin"
)

REVENUE = Metric(
    id=MetricId("revenue"),
    kind=MetricKind.AMOUNT,
    data_type=DataType.MONEY,
    rollup_fields={
        Slot.ACTUAL: RollupField(
            source_entity="opportunity",
            source_attribute="amount",
            source_state="won",
            date_attribute="closed",
        )
    },
)


def goal(number: int, name: str | None = None, **changes: Any) -> Goal:
    """Return a goal: anybody's revenue of the quarter unless told otherwise."""
    made = Goal(
        number=GoalNumber(number),
        id=GoalId(name or f"G{number}"),
        version=1,
        title="",
        metric_id=REVENUE.id,
        owner=Principal(PrincipalType.USER, "R0"),
        manager_id="M",
        parent_id=None,
        period=QUARTER,
        target=None,
        stretch_target=None,
        owner_records_only=False,
        rollup_only_from_children=False,
    )
    return replace(made, **changes)


def record(**changes: Any) -> ActivityRecord:
    """Return a record: 400.00 won in the quarter unless told otherwise."""
    fields: dict[str, Any] = {
        "entity": "opportunity",
        "id": "O-1",
        "version": 1,
        "deleted": False,
        "owner": "user/R0",
        "state": "won",
        "status": None,
        "attributes": {"amount": "400.00", "closed": "2026-02-01"},
        "attributes_json": "{}",
        "shared_with": [],
        "occurred_at": None,
        **changes,
    }
    return ActivityRecord(**fields, key=f"{fields['entity']}/{fields['id']}")


def planted(
    parents: dict[int, int | None], *, metrics: tuple[Metric, ...] = (REVENUE,)
) -> Definitions:
    """Return definitions with goals under these parents, G1 and so on."""
    definitions = Definitions(metrics={metric.id: metric for metric in metrics})
    forest = definitions.forest
    for number, parent in parents.items():
        above = None if parent is None else GoalId(f"G{parent}")
        one = goal(number, parent_id=above)
        forest.plant(one)
        definitions.index_goal(one)
    for number, parent in parents.items():
        if parent is not None:
            forest.attach(GoalNumber(number), GoalNumber(parent))
    for number, parent in parents.items():
        if parent is None:
            forest.settle(GoalNumber(number))
    return definitions
