"""Which records a goal counts, and how much each adds: the rule, read goal by goal.

This is the rule as people would say it. The goal index answers the same question for
all goals at once; a property test holds the two together.
"""

from collections.abc import Collection

from shared.domain.amounts import MetricKind, units_of
from shared.domain.goals import Goal, Metric, PrincipalType, RollupField
from shared.domain.periods import bounds_of, lies_in, when_of
from shared.domain.records import Record


def participates(
    record: Record, goal: Goal, field: RollupField, members: Collection[str] = ()
) -> bool:
    """Tell whether a record adds to a goal's rollup field.

    `members` are the users of the team that owns the goal.
    """
    return (
        not record.deleted
        and not goal.rollup_only_from_children
        and record.entity == field.source_entity
        and field.source_state in (None, record.state)
        and field.source_status in (None, record.status)
        and (
            not goal.owner_records_only
            or record.owner == goal.owner.key
            or (
                goal.include_team_members
                and goal.owner.type is PrincipalType.TEAM
                and record.owner in [f"user/{member}" for member in members]
            )
        )
        and lies_in(
            when_of(record.attributes.get(field.date_attribute)),
            bounds_of(goal.period),
        )
    )


def amount_of(record: Record, metric: Metric, field: RollupField) -> int:
    """Return the units that a participating record adds; null adds nothing."""
    if metric.kind is MetricKind.COUNT or field.source_attribute is None:
        return 1
    value = record.attributes.get(field.source_attribute)
    return units_of(value, metric.decimals) or 0
