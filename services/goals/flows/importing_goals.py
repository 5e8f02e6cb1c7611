"""Importing goals: what exists of all that their lines refer to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from services.goals.domain.changing import Given, Unchanged
from services.goals.domain.drafts import GoalDraft, Surroundings
from services.goals.domain.importing import AskedLine
from services.goals.domain.importing_goals import (
    Allowed,
    AskedGoal,
    Forest,
    GoalGround,
    ground_of,
)
from services.goals.domain.overrides import Signature
from services.goals.flows.goals import (
    announce_goals,
    metrics_of,
    people_of,
    principals_of,
    queries_of,
)
from services.goals.flows.importing import Importable
from services.goals.store.database import Reading
from shared.domain.goals import Goal, GoalId, MetricId


async def _standing(reading: Reading, ids: Collection[str]) -> Mapping[str, Goal]:
    goals = await reading.goals.with_descendants([GoalId(one) for one in ids])
    return {goal.id: goal for goal in goals}


async def _ground(
    reading: Reading,
    asked: Sequence[AskedLine[AskedGoal]],
    there: Mapping[str, Goal],
    signed: Signature,
) -> GoalGround:
    forest = await _forest(reading, asked, {goal.id: goal for goal in there.values()})
    around = await _around(reading, asked, forest, signed)
    return ground_of(forest, around, signed, await _allowed(reading, asked, forest))


async def _allowed(
    reading: Reading, asked: Sequence[AskedLine[AskedGoal]], forest: Forest
) -> Allowed:
    """Return what whoever asks may do with the goals that lines name."""
    rights = await reading.rights()
    if rights.user is None:
        return Allowed(rights=rights)
    new = [line.id for line in asked if isinstance(line.asked, GoalDraft)]
    return Allowed(
        rights=rights,
        known=await _known(reading, forest.goals.keys()),
        taken=await reading.goals.existing(new),
        mine=await reading.visible.rights_on(rights, list(forest.goals.values())),
    )


async def _known(reading: Reading, ids: Collection[str]) -> frozenset[str]:
    return await reading.visible.of(await reading.rights(), ids)


async def _forest(
    reading: Reading, asked: Sequence[AskedLine[AskedGoal]], goals: dict[GoalId, Goal]
) -> Forest:
    """Return the goals that lines name and those around them."""
    parents = {
        line.asked.parent_id
        for line in asked
        if line.asked.parent_id is not None
        and not isinstance(line.asked.parent_id, Unchanged)
    }
    strangers = await reading.goals.find(parents - goals.keys())
    goals = goals | {goal.id: goal for goal in strangers}
    return Forest(goals=goals, above=dict(await reading.goals.above(goals.keys())))


async def _around(
    reading: Reading,
    asked: Sequence[AskedLine[AskedGoal]],
    forest: Forest,
    signed: Signature,
) -> Surroundings:
    """Return what exists of that which lines refer to, but for goals."""
    named = [GoalId(line.id) for line in asked]
    standing = [forest.goals[one] for one in named if one in forest.goals]
    organization = await reading.organization()
    principals = principals_of((goal.owner, goal.shared_with) for goal in standing)
    principals |= set(_given(line.asked.owner for line in asked))
    shares = _given(line.asked.shared_with for line in asked)
    principals |= {share.principal for several in shares for share in several}
    managers = {goal.manager_id for goal in standing}
    managers |= {one for one in _given(line.asked.manager_id for line in asked) if one}
    if signed.user_id is not None:
        # Of those for whom nobody is named.
        managers.add(signed.user_id)
    return Surroundings(
        directory=await people_of(reading, principals, managers),
        metrics=await metrics_of(reading, _metric_ids(asked, forest)),
        queries=await queries_of(
            reading,
            [
                *(goal.queries for goal in standing),
                *(line.asked.queries for line in asked),
            ],
        ),
        goals={},
        depths={},
        time_zone=organization.time_zone,
        calendar=organization.fiscal_calendar,
    )


def _metric_ids(asked: Sequence[AskedLine[AskedGoal]], forest: Forest) -> set[MetricId]:
    given = {one for one in _given(line.asked.metric_id for line in asked) if one}
    return given | {goal.metric_id for goal in forest.goals.values()}


def _given(values: Iterable[Given | Unchanged]) -> list[Given]:
    return [one for one in values if not isinstance(one, Unchanged)]


GOALS: Final = Importable(
    word="goal",
    table=lambda reading: reading.goals,
    standing=_standing,
    ground=_ground,
    announce=announce_goals,
    known=_known,
)
