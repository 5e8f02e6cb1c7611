"""Which rollup queries narrow the measures of a goal (semantics, section 5)."""

from collections.abc import Mapping

from services.goals.domain.errors import (
    QUERY_ENTITY_DIFFERS,
    QUERY_INACTIVE,
    QUERY_NOT_FOUND,
    QUERY_WITHOUT_ROLLUP_FIELD,
    RefusedError,
)
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.queries import RollupQuery
from shared.domain.goals import SLOTS, GoalId, QueryId, Slot

# What a request says of them; a measure that is not among them stays as it is.
GivenQueries = Mapping[Slot, QueryId | None]


def queries_with(
    standing: Mapping[Slot, QueryId], given: GivenQueries
) -> Mapping[Slot, QueryId]:
    """Return the queries of a goal after a request; None takes one away."""
    after = {**standing, **given}
    return {
        slot: query_id for slot in SLOTS if (query_id := after.get(slot)) is not None
    }


def check_queries(
    goal_id: GoalId,
    queries: Mapping[Slot, QueryId],
    metric: DefinedMetric,
    existing: Mapping[QueryId, RollupQuery],
    *,
    standing: Mapping[Slot, QueryId],
) -> None:
    """Refuse queries that cannot narrow what the metric counts.

    All are judged, those that the goal has already as well: its metric may be new.
    """
    for slot, query_id in queries.items():
        query = existing.get(query_id)
        if query is None:
            raise RefusedError(
                QUERY_NOT_FOUND,
                f"goal {goal_id} names rollup query {query_id} in queries.{slot}, and "
                "there is none; create it first or name another",
                field=f"queries.{slot}",
            )
        _check_fits(goal_id, slot, query, metric)
        if not query.is_active and standing.get(slot) != query_id:
            raise RefusedError(
                QUERY_INACTIVE,
                f"goal {goal_id} cannot get rollup query {query_id}, which is "
                f"{query.state}; make it active first, or name another",
                field=f"queries.{slot}",
            )


def _check_fits(
    goal_id: GoalId, slot: Slot, query: RollupQuery, metric: DefinedMetric
) -> None:
    rollup_field = metric.rollup_fields.get(slot)
    if rollup_field is None:
        raise RefusedError(
            QUERY_WITHOUT_ROLLUP_FIELD,
            f"goal {goal_id} has rollup query {query.id} for {slot}, which metric "
            f"{metric.id} does not measure; it measures "
            f"{', '.join(one for one in SLOTS if one in metric.rollup_fields)}: leave "
            f"queries.{slot} out, or make it null",
            field=f"queries.{slot}",
        )
    if rollup_field.source_entity != query.entity:
        raise RefusedError(
            QUERY_ENTITY_DIFFERS,
            f"goal {goal_id} has rollup query {query.id} for {slot}, which looks at "
            f"{query.entity}, and the {slot} of metric {metric.id} counts "
            f"{rollup_field.source_entity}; name a query of that entity, or null",
            field=f"queries.{slot}",
        )
