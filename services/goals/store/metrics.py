"""Metrics and their rollup fields."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Final

import asyncpg
import msgspec

from services.goals.domain.directory import Use
from services.goals.domain.metrics import DefinedMetric, MetricUse
from services.goals.store.connections import Connection
from services.goals.store.tables import NAMED_MAX, Column, Shape, Table
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import MetricId, RollupField, Slot

# Names are compared as the index on them does it, whatever the language.
_BEARERS = """
SELECT lower(given.name) AS name, metric.id AS bearer
FROM unnest($1::text[]) WITH ORDINALITY AS given (name, place)
LEFT JOIN goals.metric ON lower(metric.name) = lower(given.name)
ORDER BY given.place
"""
_GOALS_BY = "SELECT count(*) FROM goals.goal WHERE metric_id = $1"
_READING_FROM = """
WHERE EXISTS (
    SELECT FROM jsonb_each(thing.rollup_fields) AS one
    WHERE one.value ->> 'source_entity' = ANY($1::text[])
       OR one.value #>> '{date_from,entity}' = ANY($1::text[])
)
ORDER BY thing.id
"""
_USES = f"""
SELECT
    metric_id,
    count(*) AS goals,
    count(*) FILTER (WHERE state <> 'open') AS closed,
    (array_agg(id ORDER BY id) FILTER (WHERE state <> 'open'))[1:{NAMED_MAX}] AS ids
FROM goals.goal
WHERE metric_id = ANY($1::text[])
GROUP BY metric_id
"""

_decode_fields = msgspec.json.Decoder(dict[Slot, RollupField]).decode


class Metrics(Table[DefinedMetric]):
    """What can be read and written of metrics."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _METRICS)

    async def bearers_of(
        self, names: Sequence[str]
    ) -> Sequence[tuple[str, MetricId | None]]:
        """Return for each name its form without capitals, and who bears it so far."""
        rows = await self.connection.fetch(_BEARERS, list(names))
        return [(row["name"], row["bearer"]) for row in rows]

    async def reading_from(self, entities: Collection[str]) -> Sequence[DefinedMetric]:
        """Return the metrics that read records of any of these entities."""
        return await self._things(_READING_FROM, list(entities))

    async def count_goals_by(self, metric_id: str) -> int:
        """Return how many goals are measured by the metric."""
        count: int = await self.connection.fetchval(_GOALS_BY, metric_id)
        return count

    async def uses_by(self, metric_ids: Collection[str]) -> Mapping[str, MetricUse]:
        """Return which goals are measured by the metrics, where any are."""
        rows = await self.connection.fetch(_USES, list(metric_ids))
        return {
            row["metric_id"]: MetricUse(
                goals=row["goals"],
                closed=Use(
                    verb="measures goal", count=row["closed"], ids=row["ids"] or ()
                ),
            )
            for row in rows
        }


def _encoded_fields(metric: DefinedMetric) -> str:
    fields = {slot: asdict(one) for slot, one in metric.rollup_fields.items()}
    return msgspec.json.encode(fields).decode()


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


_METRICS: Final[Shape[DefinedMetric]] = Shape(
    table="goals.metric",
    columns=(
        Column("name", "text", lambda metric: metric.name),
        Column("kind", "text", lambda metric: metric.kind),
        Column("data_type", "text", lambda metric: metric.data_type),
        Column("stretch_tracked", "boolean", lambda metric: metric.stretch_tracked),
        Column("rollup_fields", "jsonb", _encoded_fields),
    ),
    thing=_metric,
)
