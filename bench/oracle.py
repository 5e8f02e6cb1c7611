"""What every goal should show, worked out from the messages alone.

All messages are grouped by record, the newest version of each is taken, and every
goal looks at what it counts. It shares no code with the engine, nor with the loop
that the engine is compared with, and it is meant to be read, not to be fast.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bench.company import Company, Goal, Metric, RollupField

# For each goal the numbers of its metric's rollup fields.
Totals = dict[str, dict[str, Decimal]]


def expected_totals(company: Company, values: Iterable[bytes]) -> Totals:
    """Return what every goal shows once all these records are in, in any order."""
    metrics = {metric.id: metric for metric in company.metrics}
    by_owner: dict[str | None, list[Any]] = defaultdict(list)
    for record in living_records(values):
        by_owner[record["owner"]["id"]].append(record)
        by_owner[None].append(record)
    own = {
        goal.id: _own(
            goal,
            metrics[goal.metric_id],
            by_owner[goal.owner_id if goal.owner_records_only else None],
        )
        for goal in company.goals
    }
    return with_children(company, own)


def living_records(values: Iterable[bytes]) -> list[Any]:
    """Return the newest version of every record that is not deleted."""
    newest: dict[tuple[str, str], Any] = {}
    for value in values:
        record = json.loads(value)
        identity = record["entity"], record["id"]
        known = newest.get(identity)
        if known is None or record["version"] > known["version"]:
            newest[identity] = record
    return [record for record in newest.values() if not record.get("deleted", False)]


def _own(goal: Goal, metric: Metric, records: Iterable[Any]) -> dict[str, Decimal]:
    own = dict.fromkeys(metric.rollup_fields, Decimal(0))
    if goal.rollup_only_from_children:
        return own
    for record in records:
        for name, field in metric.rollup_fields.items():
            if _counts(goal, field, record):
                own[name] += _amount(field, record)
    return own


def _counts(goal: Goal, field: RollupField, record: Any) -> bool:
    day = record["attributes"].get(field.date_attribute)
    return (
        record["state"] == field.source_state
        and day is not None
        and goal.first_day <= day <= goal.last_day
    )


def _amount(field: RollupField, record: Any) -> Decimal:
    if field.source_attribute is None:
        return Decimal(1)
    amount = record["attributes"].get(field.source_attribute)
    return Decimal(0) if amount is None else Decimal(amount)


def with_children(company: Company, own: Mapping[str, dict[str, Decimal]]) -> Totals:
    """Add every goal's numbers to its parent's, children before parents."""
    totals = {goal_id: dict(numbers) for goal_id, numbers in own.items()}
    for goal in reversed(company.goals):
        if goal.parent_id is None:
            continue
        above = totals[goal.parent_id]
        for name, amount in totals[goal.id].items():
            above[name] += amount
    return totals
