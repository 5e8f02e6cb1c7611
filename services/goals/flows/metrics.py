"""Writing metrics."""

from collections.abc import Sequence
from typing import Final

from services.goals.announcing import metric_definition
from services.goals.domain.judging import MetricJudge
from services.goals.domain.metrics import (
    DefinedMetric,
    MetricChange,
    changed_metric,
    check_deletable,
)
from services.goals.domain.versions import Expected
from services.goals.flows import defining
from services.goals.flows.defining import Defined
from services.goals.store.database import Changes, Reading
from shared.domain.goals import MetricId
from shared.messages.definitions import Kind


async def change_metric(
    changes: Changes, metric_id: str, change: MetricChange, expected: Expected
) -> DefinedMetric:
    """Change a metric; what goals are measured by keeps its shape."""
    return await defining.change(
        changes,
        METRICS,
        metric_id,
        lambda metric: changed_metric(metric, change),
        expected,
    )


async def _judge_of_metrics(
    reading: Reading, metrics: Sequence[DefinedMetric]
) -> MetricJudge:
    ids = [metric.id for metric in metrics]
    names = [metric.name for metric in metrics]
    bearers = await reading.metrics.bearers_of(names)
    entities = await reading.entities.find(
        {
            one.source_entity
            for metric in metrics
            for one in metric.rollup_fields.values()
        }
    )
    return MetricJudge(
        standing={metric.id: metric for metric in await reading.metrics.find(ids)},
        uses=await reading.metrics.uses_by(ids),
        names={
            name: compared for name, (compared, _) in zip(names, bearers, strict=True)
        },
        bearers={name: bearer for name, bearer in bearers if bearer is not None},
        entities={entity.id: entity for entity in entities},
    )


async def _check_deletable(changes: Changes, metric_id: str) -> None:
    goals = await changes.metrics.count_goals_by(metric_id)
    check_deletable(MetricId(metric_id), goals=goals)


METRICS: Final = Defined(
    kind=Kind.METRIC,
    table=lambda reading: reading.metrics,
    definition=metric_definition,
    judge=_judge_of_metrics,
    check_deletable=_check_deletable,
)
