"""How goals may be measured (semantics, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.goals.domain.changing import UNCHANGED, Unchanged, changed
from services.goals.domain.directory import NEW, Use, in_words
from services.goals.domain.errors import (
    DATA_TYPE_FORBIDDEN,
    DATA_TYPE_REQUIRED,
    METRIC_IN_USE_CHANGED,
    METRIC_IN_USE_DELETED,
    METRIC_TYPE_FROZEN,
    METRIC_USED_BY_CLOSED_GOAL,
    METRIC_WITHOUT_ROLLUP_FIELDS,
    ROLLUP_FIELD_FROZEN,
    SOURCE_ATTRIBUTE_FORBIDDEN,
    SOURCE_ATTRIBUTE_REQUIRED,
    RefusedError,
)
from shared.domain.amounts import (
    TARGET_DECIMALS,
    DataType,
    MetricKind,
    decimals_of,
)
from shared.domain.goals import SLOTS, Link, MetricId, RollupField, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedMetric:
    """How goals are measured, with all that people say of it."""

    id: MetricId
    version: int = NEW
    name: str
    kind: MetricKind
    data_type: DataType | None = None
    stretch_tracked: bool = False
    rollup_fields: Mapping[Slot, RollupField]

    @property
    def target_decimals(self) -> int:
        """How many decimals a target may have."""
        return 0 if self.data_type is None else TARGET_DECIMALS[self.data_type]

    @property
    def decimals(self) -> int:
        """How many decimals its values have."""
        return decimals_of(self.kind, self.data_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """What is to become of a metric."""

    name: str | Unchanged = UNCHANGED
    kind: MetricKind | Unchanged = UNCHANGED
    data_type: DataType | Unchanged | None = UNCHANGED
    stretch_tracked: bool | Unchanged = UNCHANGED
    # Only the rollup fields that change; None removes one.
    rollup_fields: Mapping[Slot, RollupField | None] | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricUse:
    """Which goals are measured by a metric."""

    goals: int
    # Those that are not open.
    closed: Use


UNUSED: Final = MetricUse(goals=0, closed=Use(verb="measures goal", count=0, ids=()))


def check_metric(metric: DefinedMetric) -> None:
    """Refuse a metric that cannot measure anything."""
    if metric.kind is MetricKind.COUNT and metric.data_type is not None:
        raise RefusedError(
            DATA_TYPE_FORBIDDEN,
            f"metric {metric.id} counts records and has data_type {metric.data_type}; "
            "leave data_type out, or make its kind amount",
            field="data_type",
        )
    if metric.kind is MetricKind.AMOUNT and metric.data_type is None:
        raise RefusedError(
            DATA_TYPE_REQUIRED,
            f"metric {metric.id} adds amounts and has no data_type; say money, decimal "
            "or integer",
            field="data_type",
        )
    if not metric.rollup_fields:
        raise RefusedError(
            METRIC_WITHOUT_ROLLUP_FIELDS,
            f"metric {metric.id} has no rollup field, so nothing could be rolled up; "
            "give at least one of actual, in_progress and custom",
            field="rollup_fields",
        )
    for slot, rollup_field in metric.rollup_fields.items():
        _check_source_attribute(metric, slot, rollup_field)


def changed_metric(metric: DefinedMetric, change: MetricChange) -> DefinedMetric:
    """Return what the metric becomes, or refuse what never changes."""
    after = replace(
        metric,
        name=changed(change.name, metric.name),
        kind=changed(change.kind, metric.kind),
        data_type=changed(change.data_type, metric.data_type),
        stretch_tracked=changed(change.stretch_tracked, metric.stretch_tracked),
        rollup_fields=_changed_fields(metric, change),
    )
    if (after.kind, after.data_type) != (metric.kind, metric.data_type):
        raise RefusedError(
            METRIC_TYPE_FROZEN,
            f"metric {metric.id} is {_type_of(metric)}, and that never changes; create "
            f"another metric for {_type_of(after)}",
            field="kind" if after.kind != metric.kind else "data_type",
        )
    return after


def check_change(metric: DefinedMetric, after: DefinedMetric, use: MetricUse) -> None:
    """Refuse to change what stays while goals are measured by the metric.

    What stays while any goal is, comes first: reopening some would not help with that.
    """
    if use.goals:
        _check_change_in_use(metric, after, use.goals)
    if use.closed.count:
        _check_only_name_changes(metric, after, use.closed)


def check_deletable(metric_id: MetricId, *, goals: int) -> None:
    """Refuse to delete a metric that goals use."""
    if goals:
        raise RefusedError(
            METRIC_IN_USE_DELETED,
            f"metric {metric_id} cannot be deleted: {_goals(goals)} by it; give them "
            "another metric or delete them first",
        )


def _check_source_attribute(
    metric: DefinedMetric, slot: Slot, rollup_field: RollupField
) -> None:
    where = f"rollup_fields.{slot}.source_attribute"
    if metric.kind is MetricKind.COUNT and rollup_field.source_attribute is not None:
        raise RefusedError(
            SOURCE_ATTRIBUTE_FORBIDDEN,
            f"metric {metric.id} counts records, so its {slot} cannot add up "
            f"{rollup_field.source_attribute}; leave source_attribute out",
            field=where,
        )
    if metric.kind is MetricKind.AMOUNT and rollup_field.source_attribute is None:
        raise RefusedError(
            SOURCE_ATTRIBUTE_REQUIRED,
            f"metric {metric.id} adds amounts, and its {slot} does not say which; "
            "name the record's attribute in source_attribute",
            field=where,
        )


def _changed_fields(
    metric: DefinedMetric, change: MetricChange
) -> Mapping[Slot, RollupField]:
    if isinstance(change.rollup_fields, Unchanged):
        return metric.rollup_fields
    after = dict(metric.rollup_fields)
    for slot, rollup_field in change.rollup_fields.items():
        before = metric.rollup_fields.get(slot)
        if rollup_field is None:
            after.pop(slot, None)
            continue
        if before is not None and before.source_entity != rollup_field.source_entity:
            raise RefusedError(
                ROLLUP_FIELD_FROZEN,
                f"the {slot} of metric {metric.id} reads {before.source_entity}, and "
                "its source entity never changes; create another metric for "
                f"{rollup_field.source_entity}",
                field=f"rollup_fields.{slot}.source_entity",
            )
        if before is not None and before.state_from != rollup_field.state_from:
            raise RefusedError(
                ROLLUP_FIELD_FROZEN,
                f"the {slot} of metric {metric.id} reads state and status "
                f"{_read_from(before.state_from)}, and that never changes; leave "
                "state_from as it is, or create another metric to read them "
                f"{_read_from(rollup_field.state_from)}",
                field=f"rollup_fields.{slot}.state_from",
            )
        after[slot] = rollup_field
    return after


def _check_change_in_use(
    metric: DefinedMetric, after: DefinedMetric, goals: int
) -> None:
    if metric.stretch_tracked != after.stretch_tracked:
        raise RefusedError(
            METRIC_IN_USE_CHANGED,
            f"stretch_tracked of metric {metric.id} cannot change: {_goals(goals)} by "
            "it; create another metric, or delete those goals first",
            field="stretch_tracked",
        )
    removed = sorted(metric.rollup_fields.keys() - after.rollup_fields.keys())
    if removed:
        raise RefusedError(
            METRIC_IN_USE_CHANGED,
            f"{', '.join(removed)} of metric {metric.id} cannot be removed: "
            f"{_goals(goals)} by it; create another metric, or delete those goals "
            "first",
            field=f"rollup_fields.{removed[0]}",
        )


def _check_only_name_changes(
    metric: DefinedMetric, after: DefinedMetric, closed: Use
) -> None:
    # All other columns stay while any goal uses the metric, open or not.
    for slot in SLOTS:
        if after.rollup_fields.get(slot) != metric.rollup_fields.get(slot):
            raise RefusedError(
                METRIC_USED_BY_CLOSED_GOAL,
                f"{slot} of metric {metric.id} cannot change, only its name can: goals "
                "that are closed or discarded stand still, and the metric "
                f"{in_words(closed)}; reopen those first, or create another metric",
                field=f"rollup_fields.{slot}",
            )


def _read_from(link: Link | None) -> str:
    if link is None:
        return "of the record itself"
    return f"of the {link.entity} that {link.link} names"


def _goals(count: int) -> str:
    return "1 goal is measured" if count == 1 else f"{count} goals are measured"


def _type_of(metric: DefinedMetric) -> str:
    if metric.data_type is None:
        return str(metric.kind)
    return f"{metric.kind} of {metric.data_type}"
