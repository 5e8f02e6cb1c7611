"""How goals hang together: who may join whose tree, and what a tree shares."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.goals.domain.directory import check_reference
from services.goals.domain.drafts import GoalDraft, Place, Surroundings
from services.goals.domain.errors import (
    GOAL_CYCLE,
    GOAL_TOO_DEEP,
    PARENT_METRIC_DIFFERS,
    PARENT_PERIOD_DIFFERS,
    RefusedError,
)
from services.goals.domain.periods import chosen_period
from shared.domain.goals import DEPTH_MAX, Goal, GoalId, MetricId


def parents_first(drafts: Sequence[GoalDraft]) -> Sequence[int]:
    """Return the drafts' places in an order in which parents come before children."""
    places = {draft.id: index for index, draft in enumerate(drafts)}
    done: dict[int, None] = {}
    for index in range(len(drafts)):
        # From the draft up to the first that is placed, or that is no draft.
        waiting: dict[int, None] = {}
        at: int | None = index
        while at is not None and at not in done:
            if at in waiting:
                raise goal_cycle(drafts[index].id, drafts[index].parent_id).at(index)
            waiting[at] = None
            parent_id = drafts[at].parent_id
            at = None if parent_id is None else places.get(parent_id)
        done.update(dict.fromkeys(reversed(waiting)))
    return list(done)


def depth_of(goal_id: GoalId, above: Mapping[GoalId, GoalId | None]) -> int:
    """Return how many ancestors a goal has."""
    return len(path_to_root(goal_id, above)) - 1


def path_to_root(
    goal_id: GoalId, above: Mapping[GoalId, GoalId | None]
) -> Sequence[GoalId]:
    """Return the goal, its parent, and so on up to the root."""
    path = [goal_id]
    at = above.get(goal_id)
    while at is not None:
        path.append(at)
        at = above.get(at)
    return path


def same_tree_below(root: Goal, descendants: Sequence[Goal]) -> Sequence[Goal]:
    """Return the descendants with the period that their root has now."""
    return [replace(goal, period=root.period) for goal in descendants]


def goal_cycle(goal_id: GoalId, parent_id: GoalId | None) -> RefusedError:
    """Return the refusal for a goal that would become its own ancestor."""
    return RefusedError(
        GOAL_CYCLE,
        f"goal {goal_id} would become its own ancestor through {parent_id}; choose a "
        "parent that does not lie below it",
        field="parent_id",
    )


def check_inherits(draft: GoalDraft, parent: Goal, around: Surroundings) -> None:
    """Refuse a goal that says otherwise than the parent whose tree it joins."""
    if draft.metric_id is not None and draft.metric_id != parent.metric_id:
        raise _metric_differs(draft.id, draft.metric_id, parent)
    given = parent.period
    if draft.period is not None:
        given = chosen_period(
            draft.id,
            draft.period,
            time_zone=given.time_zone,
            calendar=around.calendar,
            standing=parent.period,
        )
    if draft.time_zone is not None:
        given = replace(given, time_zone=draft.time_zone)
    if given != parent.period:
        raise _period_differs(draft.id, parent)


def check_attachable(
    after: Goal, parent_id: GoalId, around: Surroundings, place: Place
) -> None:
    """Refuse to put an existing goal where it does not fit."""
    what = f"goal {after.id}"
    check_reference(parent_id, around.goals, what=what, field="parent_id", kind="goal")
    if after.id in place.path_of_parent:
        raise goal_cycle(after.id, parent_id)
    parent = around.goals[parent_id]
    if after.metric_id != parent.metric_id:
        raise _metric_differs(after.id, after.metric_id, parent)
    if after.period != parent.period:
        raise _period_differs(after.id, parent)
    check_depth(after.id, len(place.path_of_parent) + place.height)


def check_depth(goal_id: GoalId, deepest: int) -> None:
    """Refuse a tree that would have too many levels."""
    if deepest > DEPTH_MAX:
        raise RefusedError(
            GOAL_TOO_DEEP,
            f"goal {goal_id} would bring its tree to depth {deepest}, {DEPTH_MAX} is "
            "allowed; choose a parent nearer to the root",
            field="parent_id",
        )


def _metric_differs(goal_id: GoalId, metric_id: MetricId, parent: Goal) -> RefusedError:
    return RefusedError(
        PARENT_METRIC_DIFFERS,
        f"goal {goal_id} is measured by {metric_id} and goal {parent.id}, its parent "
        f"to be, by {parent.metric_id}; a whole tree shares one metric",
        field="metric_id",
    )


def _period_differs(goal_id: GoalId, parent: Goal) -> RefusedError:
    period = parent.period
    return RefusedError(
        PARENT_PERIOD_DIFFERS,
        f"goal {goal_id} has another period than goal {parent.id}, its parent to be "
        f"({period.start} to {period.end}, {period.time_zone}); a whole tree shares "
        "one period",
        field="period",
    )
