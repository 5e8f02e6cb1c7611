"""How what a goal's values were made under is written in its row."""

from collections.abc import Mapping

import msgspec

from services.rollup.domain.made_under import MadeUnder
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import Metric, MetricId, RollupField, Slot
from shared.domain.periods import Period


class _Definition(msgspec.Struct, omit_defaults=True):
    """What takes the place of the same in the goal's definition."""

    metric_id: str
    period: Period
    target: str | msgspec.UnsetType | None = msgspec.UNSET
    stretch_target: str | msgspec.UnsetType | None = msgspec.UNSET


class _Metric(msgspec.Struct):
    """The part of the metric's definition that its values need."""

    metric_kind: MetricKind
    data_type: DataType | None
    rollup_fields: Mapping[Slot, RollupField]


class _Stored(msgspec.Struct):
    definition: _Definition
    metric: _Metric


_decode = msgspec.json.Decoder(_Stored).decode


def text_of(under: MadeUnder) -> str:
    """Return the JSON of the column."""
    definition = _Definition(under.metric.id, under.period)
    if under.targets is not None:
        definition.target, definition.stretch_target = under.targets
    metric = under.metric
    stored = _Stored(
        definition, _Metric(metric.kind, metric.data_type, metric.rollup_fields)
    )
    return msgspec.json.encode(stored).decode()


def made_under_of(text: str | None) -> MadeUnder | None:
    """Return what the column says; it is empty unless the goal is derived again."""
    if text is None:
        return None
    stored = _decode(text)
    definition, metric = stored.definition, stored.metric
    target, stretch_target = definition.target, definition.stretch_target
    unset = msgspec.UnsetType
    targets = (
        None
        if isinstance(target, unset) or isinstance(stretch_target, unset)
        else (target, stretch_target)
    )
    return MadeUnder(
        metric=Metric(
            id=MetricId(definition.metric_id),
            kind=metric.metric_kind,
            data_type=metric.data_type,
            rollup_fields=metric.rollup_fields,
        ),
        period=definition.period,
        targets=targets,
    )
