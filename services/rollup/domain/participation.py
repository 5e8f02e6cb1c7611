"""Which records a goal counts, and how much each adds: the rule, read goal by goal.

This is the rule as people would say it. The goal index answers the same question for
all goals at once; a property test holds the two together.
"""

from collections.abc import Collection

from services.rollup.domain.queries import Asked
from shared.domain.amounts import MetricKind, units_of
from shared.domain.goals import Goal, Link, Metric, PrincipalType, RollupField
from shared.domain.periods import bounds_of, lies_in, when_of
from shared.domain.records import Parents, Record
from shared.queries.seeing import Seeing


def participates(
    record: Record,
    goal: Goal,
    field: RollupField,
    parents: Parents,
    members: Collection[str] = (),
    asked: Asked | None = None,
) -> bool:
    """Tell whether a record adds to a goal's rollup field if its manager may read it.

    `members` are the users of the team that owns the goal, `asked` is its query for
    this field, if it has one.
    """
    return (
        not record.deleted
        and not goal.rollup_only_from_children
        and record.entity == field.source_entity
        and _has_state(_read_from(field.state_from, record, parents), field)
        and _has_owner(record, goal, members)
        and _is_dated(_read_from(field.date_from, record, parents), goal, field)
        and (asked is None or asked.lets_through(record, Seeing(parents)))
    )


def _read_from(link: Link | None, record: Record, parents: Parents) -> Record | None:
    """Return the record itself or the one that it links to, if that one exists."""
    if link is None:
        return record
    key = link.parent_key(record.attributes)
    parent = None if key is None else parents.get(key)
    return None if parent is None or parent.deleted else parent


def _has_state(judged: Record | None, field: RollupField) -> bool:
    state = None if judged is None else judged.state
    status = None if judged is None else judged.status
    return field.source_state in (None, state) and field.source_status in (None, status)


def _has_owner(record: Record, goal: Goal, members: Collection[str]) -> bool:
    return (
        not goal.owner_records_only
        or record.owner == goal.owner.key
        or (
            goal.include_team_members
            and goal.owner.type is PrincipalType.TEAM
            and record.owner in [f"user/{member}" for member in members]
        )
    )


def _is_dated(dated: Record | None, goal: Goal, field: RollupField) -> bool:
    value = None if dated is None else dated.attributes.get(field.date_attribute)
    return lies_in(when_of(value), bounds_of(goal.period))


def amount_of(record: Record, metric: Metric, field: RollupField) -> int:
    """Return the units that a participating record adds; null adds nothing."""
    if metric.kind is MetricKind.COUNT or field.source_attribute is None:
        return 1
    value = record.attributes.get(field.source_attribute)
    return units_of(value, metric.decimals) or 0
