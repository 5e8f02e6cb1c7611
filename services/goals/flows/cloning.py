"""Cloning a tree into another period."""

from collections.abc import Callable, Sequence

from services.goals.domain.cloning import (
    CloneOrder,
    check_clonable,
    check_ids_free,
    cloned_tree,
    down_from,
    ids_of_clones,
    period_of_clone,
)
from services.goals.domain.rights import NONE
from services.goals.domain.versions import Expected
from services.goals.flows.goals import (
    announce_goals,
    check_knows_all,
    writable_goal,
)
from services.goals.store.database import Changes, Reading
from shared.domain.goals import Goal, GoalId


async def plan_clone(
    reading: Reading,
    goal_id: GoalId,
    order: CloneOrder,
    expected: Expected,
    make_id: Callable[[], GoalId],
) -> Sequence[Goal]:
    """Return the goals of the new tree, parents first."""
    root = await writable_goal(reading, goal_id, expected)
    goals = down_from(root, await reading.goals.descendants(goal_id))
    await check_knows_all(reading, root, goals, "clone")
    check_clonable(root, goals=len(goals))
    organization = await reading.organization()
    [metric] = await reading.metrics.find([root.metric_id])
    ids = ids_of_clones(goals, order, make_id)
    check_ids_free(await reading.goals.existing(list(ids.values())))
    period = period_of_clone(root, order, organization.fiscal_calendar)
    return await _allowed(reading, cloned_tree(goals, ids, period, metric, order))


async def _allowed(reading: Reading, planned: Sequence[Goal]) -> Sequence[Goal]:
    """Return new goals, parents first, if whoever asks may create each."""
    rights, made = await reading.rights(), {goal.id: goal for goal in planned}
    for goal in planned:
        parent = None if goal.parent_id is None else made[goal.parent_id]
        granted = NONE if parent is None else rights.on(parent, None)
        rights.check_creates(goal, parent, granted)
    return planned


async def clone_tree(
    changes: Changes,
    goal_id: GoalId,
    order: CloneOrder,
    expected: Expected,
    make_id: Callable[[], GoalId],
) -> Sequence[Goal]:
    """Create the new tree."""
    planned = await plan_clone(changes, goal_id, order, expected, make_id)
    stored = await changes.goals.insert(planned)
    announce_goals(changes, stored)
    return stored
