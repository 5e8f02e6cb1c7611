"""Asking that a tree be rebuilt from its records."""

from services.goals.announcing import recalculation_definition
from services.goals.domain.recalculations import Recalculation, root_above
from services.goals.store.database import Changes
from shared.domain.goals import GoalId
from shared.messages.definitions import Kind


async def recalculate(
    changes: Changes, goal_id: GoalId, recalculation_id: str
) -> Recalculation:
    """Ask for a recalculation of the goal's tree, or return the one that it is in."""
    goal = await changes.readable_goal(goal_id)
    root = root_above(goal_id, await changes.goals.above([goal_id]))
    running = await changes.recalculations.running_in(root)
    if running is not None:
        return running
    for forgotten in await changes.recalculations.forget_old():
        changes.trail.tidied(Kind.RECALCULATION, forgotten)
        changes.announce_gone(Kind.RECALCULATION, forgotten)
    asked = await changes.recalculations.insert(
        recalculation_id, goal, root, asked_by=changes.caller.name
    )
    changes.trail.created(
        Kind.RECALCULATION, asked.id, {"goal_id": goal_id, "tree_id": root}
    )
    changes.announce(Kind.RECALCULATION, asked.id, recalculation_definition(asked))
    return asked
