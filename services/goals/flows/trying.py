"""Trying queries before they are saved; nothing is stored, and nobody is told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from services.goals.domain.directory import check_reference
from services.goals.domain.errors import QUERY_ENTITY_FROZEN, RefusedError
from services.goals.domain.given_conditions import (
    GivenConditions,
    ReadConditions,
    entities_linked,
    entities_named,
    read_conditions,
)
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.numbers import GoalNumbers
from services.goals.domain.queries import RollupQuery
from services.goals.domain.told import trial_of
from services.goals.domain.trials import (
    FieldImpact,
    GoalImpact,
    Preview,
    PreviewOrder,
    check_adds_up,
    check_codes,
    check_manager_given,
    stillness_of,
)
from services.goals.domain.versions import not_found
from services.goals.store.database import Reading
from shared.domain.goals import (
    Goal,
    GoalId,
    Metric,
    MetricId,
    PrincipalType,
    Slot,
)
from shared.queries.conditions import Where
from shared.queries.eyes import Eyes, Manager
from shared.queries.reading import Types
from shared.rights.access import EVERYTHING, Access
from shared.rights.participation_sql import GoalField
from shared.rights.people import People
from shared.rights.veil import Hidden

# A manager whom no condition asks for.
_NOBODY: Final = Manager(id="")


async def types_named(reading: Reading, given: Sequence[GivenConditions]) -> Types:
    """Return what is declared of all entities that conditions look at."""
    found = await reading.entities.find(entities_named(given))
    return {one.id: one.attributes for one in found}


async def preview(reading: Reading, order: PreviewOrder, clock: datetime) -> Preview:
    """Return what a query matches at this moment."""
    types = await types_named(reading, [order.conditions])
    conditions = read_conditions(order.conditions, types)
    check_adds_up(order, conditions.entity, types)
    organization = await reading.organization()
    check_codes(conditions, organization.fiscal_calendar.template)
    people, rights = await reading.people.read(), await reading.rights()
    order = trial_of(order, entities_linked(order.conditions), rights)
    manager, access, hidden = _reader(order, conditions, people)
    untold = rights.hidden.get(conditions.entity, frozenset())
    now = await reading.eyes.now(clock)
    eyes = Eyes(
        around=await reading.eyes.surroundings(organization, now),
        time_zone=order.time_zone or organization.time_zone,
        manager=manager,
    )
    found = await reading.trials.matching(
        conditions,
        eyes,
        access=access,
        told=rights.records(conditions.entity),
        hidden=hidden,
        adding=None if order.source_attribute in untold else order.source_attribute,
    )
    return Preview(
        matching=found.matching,
        sum=found.sum,
        sample=await reading.trials.sample(
            found.keys, hidden=untold.union(hidden.get(conditions.entity, ()))
        ),
        withheld=found.withheld,
        now=now,
    )


def _reader(
    order: PreviewOrder, conditions: ReadConditions, people: People
) -> tuple[Manager, Access, Hidden]:
    """Return through whose eyes a query is tried, and what those may read."""
    if order.manager_id is None:
        check_manager_given(conditions)
        return _NOBODY, EVERYTHING, {}
    check_reference(
        order.manager_id,
        people.users,
        what="the preview",
        field="manager_id",
        kind="user",
    )
    return (
        people.manager(order.manager_id),
        people.access(order.manager_id, conditions.entity),
        people.hidden_from(order.manager_id),
    )


async def impact(
    reading: Reading,
    query_id: str,
    given: GivenConditions,
    clock: datetime,
    *,
    after: str,
    limit: int,
) -> Sequence[GoalImpact]:
    """Return what goals that use a query would count by other conditions."""
    query = await reading.queries.get(query_id)
    if query is None:
        raise not_found(f"rollup query {query_id}")
    if given.entity is None and given.fetchxml is None:
        given = GivenConditions(entity=query.entity, where=given.where, fetchxml=None)
    conditions = read_conditions(given, await types_named(reading, [given]))
    if conditions.entity != query.entity:
        raise RefusedError(
            QUERY_ENTITY_FROZEN,
            f"rollup query {query_id} looks at {query.entity}, and the conditions are "
            f"about {conditions.entity}; give conditions on {query.entity}",
            field="entity" if given.fetchxml is None else "fetchxml",
        )
    organization = await reading.organization()
    check_codes(conditions, organization.fiscal_calendar.template)
    goals = await reading.goals.with_query(
        query.id, after, limit, await reading.rights()
    )
    return await _Impacts(reading, query, conditions.where, clock).on(goals)


class _Impacts:
    """Finds what goals would count."""

    def __init__(
        self, reading: Reading, query: RollupQuery, where: Where, clock: datetime
    ) -> None:
        self._reading = reading
        self._query_id = query.id
        self._entity = query.entity
        self._where = where
        self._clock = clock

    async def on(self, goals: Sequence[Goal]) -> Sequence[GoalImpact]:
        """Return the impact on each goal."""
        reading = self._reading
        found = await reading.metrics.find({goal.metric_id for goal in goals})
        metrics = {metric.id: metric for metric in found}
        numbers = await reading.numbers([goal.number for goal in goals])
        moving = [
            goal
            for goal in goals
            if stillness_of(goal, numbers.get(goal.number)) is None
        ]
        values = await self._values(moving, metrics)
        return [
            self._impact(
                goal, metrics[goal.metric_id], numbers.get(goal.number), values
            )
            for goal in goals
        ]

    async def _values(
        self, goals: Sequence[Goal], metrics: Mapping[MetricId, DefinedMetric]
    ) -> Mapping[tuple[GoalId, Slot], int]:
        reading = self._reading
        people = await reading.people.read()
        members = await self._members(goals)
        around = await reading.eyes.surroundings(
            await reading.organization(), await reading.eyes.now(self._clock)
        )
        asked = [
            GoalField(
                goal=goal,
                slot=slot,
                metric=_as_applied(metrics[goal.metric_id]),
                members=members.get(goal.owner.id, ()),
                query=self._where,
                eyes=Eyes(
                    around=around,
                    time_zone=goal.period.time_zone,
                    manager=people.manager(goal.manager_id),
                ),
                access=people.access(goal.manager_id, self._entity),
                hidden=people.hidden_from(goal.manager_id),
            )
            for goal in goals
            for slot in self._slots(goal)
        ]
        values = await reading.trials.own_values(asked)
        return {
            (one.goal.id, one.slot): value
            for one, value in zip(asked, values, strict=True)
        }

    async def _members(self, goals: Sequence[Goal]) -> Mapping[str, Sequence[str]]:
        teams = {
            goal.owner.id for goal in goals if goal.owner.type is PrincipalType.TEAM
        }
        found = await self._reading.teams.find(teams)
        return {team.id: team.members for team in found}

    def _slots(self, goal: Goal) -> Sequence[Slot]:
        return [slot for slot, name in goal.queries.items() if name == self._query_id]

    def _impact(
        self,
        goal: Goal,
        metric: DefinedMetric,
        numbers: GoalNumbers | None,
        values: Mapping[tuple[GoalId, Slot], int],
    ) -> GoalImpact:
        # Numbers of another metric are none of the goal's any more.
        known = numbers is not None and numbers.metric_id == goal.metric_id
        own = numbers.own if numbers is not None and known else {}
        return GoalImpact(
            goal=goal,
            decimals=metric.decimals,
            stands_still=stillness_of(goal, numbers),
            fields={
                slot: FieldImpact(
                    now=own.get(slot),
                    becomes=values.get((goal.id, slot), own.get(slot)),
                )
                for slot in self._slots(goal)
            },
        )


def _as_applied(metric: DefinedMetric) -> Metric:
    return Metric(
        id=metric.id,
        kind=metric.kind,
        data_type=metric.data_type,
        rollup_fields=metric.rollup_fields,
    )
