"""Metrics and their rollup fields."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace

import asyncpg
import msgspec

from services.goals.domain.metrics import DefinedMetric
from services.goals.store.connections import Statements
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import MetricId, RollupField, Slot

_METRIC = "id, version, name, kind, data_type, stretch_tracked, rollup_fields"
_METRICS = f"SELECT {_METRIC} FROM goals.metric WHERE id = ANY($1::text[])"
_METRICS_AFTER = f"""
SELECT {_METRIC} FROM goals.metric WHERE id > $1 ORDER BY id LIMIT $2
"""
_NAMED = "SELECT id FROM goals.metric WHERE lower(name) = lower($1)"
_INSERT = """
INSERT INTO goals.metric (id, name, kind, data_type, stretch_tracked, rollup_fields)
VALUES ($1, $2, $3, $4, $5, $6::jsonb)
RETURNING version
"""
_UPDATE = """
UPDATE goals.metric
SET name = $2, kind = $3, data_type = $4, stretch_tracked = $5,
    rollup_fields = $6::jsonb, version = nextval('goals.version')
WHERE id = $1
RETURNING version
"""
_DELETE = "DELETE FROM goals.metric WHERE id = $1"
_GOALS_BY = "SELECT count(*) FROM goals.goal WHERE metric_id = $1"

_decode_fields = msgspec.json.Decoder(dict[Slot, RollupField]).decode


class MetricStatements(Statements):
    """What can be read and written of metrics."""

    async def metrics(
        self, ids: Collection[MetricId]
    ) -> Mapping[MetricId, DefinedMetric]:
        """Return the metrics that exist, by id."""
        rows = await self.connection.fetch(_METRICS, list(ids))
        return {row["id"]: _metric(row) for row in rows}

    async def metrics_after(self, after: str, limit: int) -> Sequence[DefinedMetric]:
        """Return the next metrics in the order of their ids."""
        rows = await self.connection.fetch(_METRICS_AFTER, after, limit)
        return [_metric(row) for row in rows]

    async def metric_named(self, name: str) -> MetricId | None:
        """Return which metric bears the name, in capitals or not."""
        found: MetricId | None = await self.connection.fetchval(_NAMED, name)
        return found

    async def insert_metric(self, metric: DefinedMetric) -> DefinedMetric:
        """Store a new metric; return it with its version."""
        version = await self.connection.fetchval(_INSERT, *_columns(metric))
        return replace(metric, version=version)

    async def update_metric(self, metric: DefinedMetric) -> DefinedMetric:
        """Store a metric as it is now; return it with its version."""
        version = await self.connection.fetchval(_UPDATE, *_columns(metric))
        return replace(metric, version=version)

    async def delete_metric(self, metric_id: MetricId) -> None:
        """Forget a metric and its rollup fields."""
        await self.connection.execute(_DELETE, metric_id)

    async def count_goals_by(self, metric_id: MetricId) -> int:
        """Return how many goals are measured by the metric."""
        count: int = await self.connection.fetchval(_GOALS_BY, metric_id)
        return count


def _columns(metric: DefinedMetric) -> tuple[object, ...]:
    fields = {slot: asdict(one) for slot, one in metric.rollup_fields.items()}
    return (
        metric.id,
        metric.name,
        metric.kind,
        metric.data_type,
        metric.stretch_tracked,
        msgspec.json.encode(fields).decode(),
    )


def _metric(row: asyncpg.Record) -> DefinedMetric:
    data_type = row["data_type"]
    return DefinedMetric(
        id=MetricId(row["id"]),
        version=row["version"],
        name=row["name"],
        kind=MetricKind(row["kind"]),
        data_type=None if data_type is None else DataType(data_type),
        stretch_tracked=row["stretch_tracked"],
        rollup_fields=_decode_fields(row["rollup_fields"]),
    )
