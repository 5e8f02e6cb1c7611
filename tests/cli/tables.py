"""Rollup's tables filled by hand: what the engine would leave, right or wrong."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from cli.serving import migration_folders
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import PrincipalType, Slot
from shared.messages.definitions import (
    GoalDefinition,
    MetricDefinition,
    PeriodDefinition,
    PrincipalDefinition,
    RollupFieldDefinition,
)
from shared.plumbing.migrations import migrate, migrations_of

MONEY_METRIC = MetricDefinition(
    id="revenue",
    version=1,
    name="Revenue",
    metric_kind=MetricKind.AMOUNT,
    data_type=DataType.MONEY,
    rollup_fields={
        Slot.ACTUAL: RollupFieldDefinition(
            source_entity="opportunity",
            source_attribute="actualvalue",
            source_state="won",
            date_attribute="actualclosedate",
        ),
        Slot.IN_PROGRESS: RollupFieldDefinition(
            source_entity="opportunity",
            source_attribute="estimatedvalue",
            source_state="open",
            date_attribute="estimatedclosedate",
        ),
    },
)

OCTOBER_TO_DECEMBER = PeriodDefinition(
    start=date(2026, 10, 1), end=date(2026, 12, 31), time_zone="Europe/Berlin"
)

# In the order of the columns.
_WON_OPPORTUNITY: dict[str, Any] = {
    "version": 1,
    "deleted": False,
    "entity": "opportunity",
    "owner": None,
    "state": "won",
    "status": None,
    "shared_with": None,
}

# By rollup field: actual, in_progress, custom.
Numbers = tuple[int, int, int]
NOTHING: Numbers = (0, 0, 0)


def amount_metric(
    data_type: DataType, *, metric_id: str = "revenue"
) -> MetricDefinition:
    """Return the money metric with another data type."""
    return MONEY_METRIC.model_copy(update={"data_type": data_type, "id": metric_id})


def goal_definition(
    number: int,
    *,
    metric_id: str = "revenue",
    owner: str | None = None,
    parent: int | None = None,
    period: PeriodDefinition = OCTOBER_TO_DECEMBER,
    owner_records_only: bool = True,
    rollup_only_from_children: bool = False,
) -> GoalDefinition:
    """Return a goal called `g<number>`, owned by user `u<number>` if not told."""
    return GoalDefinition(
        id=f"g{number}",
        version=1,
        number=number,
        title=f"Goal {number}",
        metric_id=metric_id,
        owner=PrincipalDefinition(type=PrincipalType.USER, id=owner or f"u{number}"),
        manager_id="m",
        parent_id=None if parent is None else f"g{parent}",
        period=period,
        owner_records_only=owner_records_only,
        rollup_only_from_children=rollup_only_from_children,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of one database."""

    connection: asyncpg.Connection

    async def put_metric(self, metric: MetricDefinition) -> None:
        """Put a metric in."""
        await self.connection.execute(
            "INSERT INTO rollup.metric (id, version, revision, definition) "
            "VALUES ($1, 1, 1, $2)",
            metric.id,
            metric.model_dump_json(),
        )

    async def put_goal(
        self,
        goal: GoalDefinition,
        *,
        root: int | None = None,
        own: Numbers = NOTHING,
        pending: Numbers = NOTHING,
        computed: Numbers | None = None,
        rederivation_id: int | None = None,
    ) -> None:
        """Put a goal and its totals in; computed is own if not told."""
        parent = None if goal.parent_id is None else int(goal.parent_id[1:])
        tree = goal.number if root is None else root
        await self.connection.execute(
            "INSERT INTO rollup.goal (number, id, version, revision, definition, "
            "parent_number, tree_number, tree_group, depth, carried_entities, "
            "rederivation_id) VALUES ($1, $2, 1, 1, $3, $4, $5, 0, 0, '{}', $6)",
            goal.number,
            goal.id,
            goal.model_dump_json(),
            parent,
            tree,
            rederivation_id,
        )
        await self.connection.execute(
            "INSERT INTO rollup.total (number, own_actual, own_in_progress, own_custom,"
            " pending_actual, pending_in_progress, pending_custom, computed_actual,"
            " computed_in_progress, computed_custom, revision, updated_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, now())",
            goal.number,
            *own,
            *pending,
            *(own if computed is None else computed),
        )

    async def put_record(
        self,
        record_id: str,
        attributes: Mapping[str, object] | str,
        *,
        adds: Sequence[tuple[int, int]] = (),
        **columns: Any,
    ) -> None:
        """Put a record in, with the (slot, amount) pairs that it is stored to add.

        Unless `columns` say otherwise it is a won opportunity of nobody's.
        """
        text = attributes if isinstance(attributes, str) else json.dumps(attributes)
        row = _WON_OPPORTUNITY | columns
        await self.connection.execute(
            "INSERT INTO rollup.record (key, version, deleted, entity, owner, state, "
            "status, shared_with, attributes, slots, amounts) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            f"{row['entity']}/{record_id}",
            *row.values(),
            text,
            [slot for slot, _ in adds],
            [amount for _, amount in adds],
        )

    async def put_delta(self, adds: Sequence[tuple[int, int]]) -> None:
        """Put a row of waiting deltas in."""
        await self.connection.execute(
            "INSERT INTO rollup.delta (tree_group, slots, amounts, causes, behind) "
            "VALUES (0, $1, $2, '{}', false)",
            [slot for slot, _ in adds],
            [amount for _, amount in adds],
        )


@asynccontextmanager
async def rollup_tables(database_url: str) -> AsyncIterator[Tables]:
    """Make rollup's tables in an empty database."""
    connection = await asyncpg.connect(database_url)
    try:
        service, folder = migration_folders()[0]
        await migrate(connection, migrations_of(service, folder))
        yield Tables(connection=connection)
    finally:
        await connection.close()
