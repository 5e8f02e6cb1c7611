"""Writing metrics."""

# ruff: noqa: D102 - the protocols name what the store provides and says

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from services.goals.announcing import metric_definition
from services.goals.domain.errors import METRIC_NAME_TAKEN, RefusedError
from services.goals.domain.metrics import (
    DefinedMetric,
    MetricChange,
    changed_metric,
    check_deletable,
    check_metric,
)
from services.goals.domain.versions import Expected, check_version, not_found
from services.goals.flows.announcing import Announcing, check_new_ids, item
from shared.domain.goals import MetricId
from shared.messages.definitions import Kind


class MetricWrites(Announcing, Protocol):
    """What writing metrics needs."""

    async def metrics(
        self, ids: Collection[MetricId]
    ) -> Mapping[MetricId, DefinedMetric]: ...
    async def metric_named(self, name: str) -> MetricId | None: ...
    async def insert_metric(self, metric: DefinedMetric) -> DefinedMetric: ...
    async def update_metric(self, metric: DefinedMetric) -> DefinedMetric: ...
    async def delete_metric(self, metric_id: MetricId) -> None: ...
    async def count_goals_by(self, metric_id: MetricId) -> int: ...


async def create_metrics(
    changes: MetricWrites, metrics: Sequence[DefinedMetric]
) -> Sequence[DefinedMetric]:
    """Create metrics."""
    ids = [metric.id for metric in metrics]
    check_new_ids("metric", ids, await changes.metrics(ids))
    stored = []
    for index, metric in enumerate(metrics):
        with item(index):
            check_metric(metric)
            await _check_name(changes, metric)
        stored.append(await changes.insert_metric(metric))
    for metric in stored:
        changes.announce(Kind.METRIC, metric.id, metric_definition(metric))
    return stored


async def change_metric(
    changes: MetricWrites,
    metric_id: MetricId,
    change: MetricChange,
    expected: Expected,
) -> DefinedMetric:
    """Change a metric."""
    metric = await _existing(changes, metric_id, expected)
    goals = await changes.count_goals_by(metric_id)
    after = changed_metric(metric, change, goals=goals)
    if after == metric:
        return metric
    await _check_name(changes, after)
    stored = await changes.update_metric(after)
    changes.announce(Kind.METRIC, metric_id, metric_definition(stored))
    return stored


async def delete_metric(
    changes: MetricWrites, metric_id: MetricId, expected: Expected
) -> None:
    """Delete a metric by which no goal is measured."""
    await _existing(changes, metric_id, expected)
    check_deletable(metric_id, goals=await changes.count_goals_by(metric_id))
    await changes.delete_metric(metric_id)
    changes.announce_gone(Kind.METRIC, metric_id)


async def _existing(
    changes: MetricWrites, metric_id: MetricId, expected: Expected
) -> DefinedMetric:
    metric = (await changes.metrics([metric_id])).get(metric_id)
    if metric is None:
        raise not_found(f"metric {metric_id}")
    check_version(f"metric {metric_id}", metric.version, expected)
    return metric


async def _check_name(changes: MetricWrites, metric: DefinedMetric) -> None:
    bearer = await changes.metric_named(metric.name)
    if bearer is not None and bearer != metric.id:
        raise RefusedError(
            METRIC_NAME_TAKEN,
            f"metric {bearer} is called {metric.name} already; choose another name",
            field="name",
        )
