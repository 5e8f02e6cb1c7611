"""Splitting a parent's target over its children."""

from collections.abc import Sequence

from services.goals.domain.splitting import (
    Split,
    SplitBy,
    Weights,
    check_children,
    day_before,
    earlier_goals,
    equal_weights,
    given_weights,
    split_goals,
    weights_of_last_period,
)
from services.goals.domain.versions import Expected
from services.goals.flows.goals import (
    announce_goals,
    check_knows_all,
    writable_goal,
)
from services.goals.store.database import Changes, Reading
from shared.domain.goals import Goal, GoalId, GoalRight


async def plan_split(
    reading: Reading, goal_id: GoalId, split: Split, expected: Expected
) -> Sequence[Goal]:
    """Return the children with the targets that they would get."""
    parent = await writable_goal(reading, goal_id, expected)
    children = await reading.goals.children(goal_id)
    await check_knows_all(reading, parent, children, "split its target over them")
    rights = await reading.rights()
    mine = await reading.visible.rights_on(rights, children)
    for child in children:
        rights.check(child, mine[child.id], [GoalRight.WRITE])
    check_children(parent, children, split)
    [metric] = await reading.metrics.find([parent.metric_id])
    weights = await _weights(reading, parent, children, split)
    return split_goals(parent, children, metric, split, weights)


async def split_target(
    changes: Changes, goal_id: GoalId, split: Split, expected: Expected
) -> Sequence[Goal]:
    """Give the children their shares; only those that change are told of."""
    planned = await plan_split(changes, goal_id, split, expected)
    before = {goal.id: goal for goal in await changes.goals.children(goal_id)}
    stored = await changes.goals.update(
        [goal for goal in planned if goal != before[goal.id]]
    )
    announce_goals(changes, stored)
    after = {goal.id: goal for goal in stored}
    return [after.get(goal.id, goal) for goal in planned]


async def _weights(
    reading: Reading, parent: Goal, children: Sequence[Goal], split: Split
) -> Weights:
    if split.by is SplitBy.EQUAL:
        return equal_weights(children)
    if split.by is SplitBy.WEIGHTS:
        return given_weights(parent, children, split)
    sources = [child.cloned_from for child in children if child.cloned_from is not None]
    # A tree shares its metric and its period.
    ended = await reading.goals.ending(parent.metric_id, day_before(parent))
    known = await reading.visible.of(
        await reading.rights(), [*sources, *(goal.id for goal in ended)]
    )
    earlier = earlier_goals(
        children,
        [goal for goal in await reading.goals.find(sources) if goal.id in known],
        [goal for goal in ended if goal.id in known],
    )
    numbers = await reading.numbers([goal.number for goal in earlier.values()])
    return weights_of_last_period(earlier, numbers)
