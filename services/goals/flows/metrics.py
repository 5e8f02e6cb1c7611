"""Writing metrics."""

from collections.abc import Sequence
from typing import Final

from services.goals.announcing import metric_definition
from services.goals.domain.errors import METRIC_NAME_TAKEN, RefusedError
from services.goals.domain.metrics import (
    DefinedMetric,
    MetricChange,
    changed_metric,
    check_deletable,
    check_metric,
)
from services.goals.domain.versions import Expected
from services.goals.flows import defining
from services.goals.flows.defining import Defined, item
from services.goals.store.database import Changes
from shared.domain.goals import MetricId
from shared.messages.definitions import Kind


async def change_metric(
    changes: Changes, metric_id: str, change: MetricChange, expected: Expected
) -> DefinedMetric:
    """Change a metric; what goals are measured by keeps its shape."""
    goals = await changes.metrics.count_goals_by(metric_id)
    closed = await changes.metrics.closed_goals_by(metric_id)
    return await defining.change(
        changes,
        METRICS,
        metric_id,
        lambda metric: changed_metric(metric, change, goals=goals, closed=closed),
        expected,
    )


async def _check(changes: Changes, metrics: Sequence[DefinedMetric]) -> None:
    names = await changes.metrics.bearers_of([metric.name for metric in metrics])
    bearers: dict[str, MetricId] = {}
    for index, metric in enumerate(metrics):
        name, bearer = names[index]
        with item(index):
            check_metric(metric)
            # Of those that want the same name the first one gets it.
            _check_name(metric, bearers.setdefault(name, bearer or metric.id))


def _check_name(metric: DefinedMetric, bearer: MetricId) -> None:
    if bearer != metric.id:
        raise RefusedError(
            METRIC_NAME_TAKEN,
            f"metric {bearer} is called {metric.name} already; choose another name",
            field="name",
        )


async def _check_deletable(changes: Changes, metric_id: str) -> None:
    goals = await changes.metrics.count_goals_by(metric_id)
    check_deletable(MetricId(metric_id), goals=goals)


METRICS: Final = Defined(
    kind=Kind.METRIC,
    table=lambda reading: reading.metrics,
    definition=metric_definition,
    check=_check,
    check_deletable=_check_deletable,
)
