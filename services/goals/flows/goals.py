"""Writing goals, and what a write to one means for those above and below it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.goals.announcing import goal_definition
from services.goals.domain.changing import changed
from services.goals.domain.directory import Directory
from services.goals.domain.drafts import GoalChange, GoalDraft, Place, Surroundings
from services.goals.domain.goals import aligned_goal, changed_goal, new_goal
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.periods import is_same
from services.goals.domain.states import check_period_moves
from services.goals.domain.trees import (
    depth_of,
    parents_first,
    path_to_root,
    same_tree_below,
)
from services.goals.domain.versions import Expected
from services.goals.flows.defining import check_new_ids, existing, item
from services.goals.store.database import Changes, Reading
from shared.domain.goals import (
    Goal,
    GoalId,
    MetricId,
    Principal,
    PrincipalType,
    Share,
)
from shared.messages.definitions import Kind


async def create_goals(changes: Changes, drafts: Sequence[GoalDraft]) -> Sequence[Goal]:
    """Create goals; they may name one another as parents, in any order."""
    ids = [draft.id for draft in drafts]
    check_new_ids("goal", ids, await changes.goals.existing(ids))
    parents = await _goals(changes, {one.parent_id for one in drafts if one.parent_id})
    above = await changes.goals.above(parents.keys())
    # Each goal that is made joins those that later ones may name as parents.
    goals = dict(parents)
    depths = {one: depth_of(one, above) for one in parents}
    organization = await changes.organization()
    around = Surroundings(
        directory=await people_of(
            changes,
            principals_of((draft.owner, draft.shared_with) for draft in drafts),
            {draft.manager_id for draft in drafts if draft.manager_id is not None},
        ),
        metrics=await metrics_of(
            changes,
            {draft.metric_id for draft in drafts if draft.metric_id is not None}
            | {parent.metric_id for parent in parents.values()},
        ),
        goals=goals,
        depths=depths,
        time_zone=organization.time_zone,
        calendar=organization.fiscal_calendar,
    )
    signed = await changes.signature()
    for index in parents_first(drafts):
        with item(index):
            goal = new_goal(drafts[index], around, signed)
        goals[goal.id] = goal
        depths[goal.id] = 0 if goal.parent_id is None else depths[goal.parent_id] + 1
    made = [goal for goal_id, goal in goals.items() if goal_id not in parents]
    stored = {goal.id: goal for goal in await changes.goals.insert(made)}
    announce_goals(changes, stored.values())
    return [stored[goal_id] for goal_id in ids]


async def change_goal(
    changes: Changes, goal_id: GoalId, change: GoalChange, expected: Expected
) -> Goal:
    """Change a goal; a root's new period is that of its whole tree."""
    goal = await existing(changes.goals, "goal", goal_id, expected)
    parent_id = changed(change.parent_id, goal.parent_id)
    above = await changes.goals.above([parent_id] if parent_id else [])
    around = await _around(changes, goal, change, parent_id)
    place = Place(
        path_of_parent=path_to_root(parent_id, above) if parent_id else (),
        height=await changes.goals.height(goal_id),
    )
    signed = await changes.signature()
    after = changed_goal(goal, change, around, place, signed=signed)
    # A goal that is attached keeps its days: only what they are called may change.
    if after.parent_id is None and not is_same(after.period, goal.period):
        await _check_period_moves(changes, goal)
    return await _stored(changes, goal, after)


async def align_fiscal_period(
    changes: Changes, goal_id: GoalId, expected: Expected
) -> Goal:
    """Take the days of a tree's fiscal period anew from the present calendar."""
    goal = await existing(changes.goals, "goal", goal_id, expected)
    organization = await changes.organization()
    after = aligned_goal(goal, organization.fiscal_calendar)
    await _check_period_moves(changes, goal)
    return await _stored(changes, goal, after)


async def delete_goal(changes: Changes, goal_id: GoalId, expected: Expected) -> None:
    """Delete a goal; its children become roots of their own trees."""
    goal = await existing(changes.goals, "goal", goal_id, expected)
    children = await changes.goals.children(goal_id)
    if children:
        orphans = [replace(child, parent_id=None) for child in children]
        announce_goals(changes, await changes.goals.update(orphans))
    await changes.goals.delete(goal_id)
    changes.announce_gone(Kind.GOAL, goal_id, goal_number=goal.number)


async def _check_period_moves(changes: Changes, root: Goal) -> None:
    check_period_moves(root, await changes.goals.first_closed_below(root.id))


async def _stored(changes: Changes, goal: Goal, after: Goal) -> Goal:
    """Store what a goal becomes, and the period that those below it share with it."""
    has_same_period = is_same(after.period, goal.period)
    if after == goal and has_same_period:
        return goal
    below: Sequence[Goal] = ()
    if not has_same_period:
        below = same_tree_below(after, await changes.goals.descendants(goal.id))
    stored = await changes.goals.update([after, *below])
    announce_goals(changes, stored)
    return stored[0]


async def _around(
    changes: Changes, goal: Goal, change: GoalChange, parent_id: GoalId | None
) -> Surroundings:
    """Return what exists of that which the changed goal will refer to."""
    return Surroundings(
        directory=await people_of(
            changes,
            principals_of(
                [
                    (
                        changed(change.owner, goal.owner),
                        changed(change.shared_with, goal.shared_with),
                    )
                ]
            ),
            {changed(change.manager_id, goal.manager_id)},
        ),
        metrics=await metrics_of(changes, {changed(change.metric_id, goal.metric_id)}),
        goals=await _goals(changes, {parent_id} if parent_id else set()),
        depths={},
        time_zone=goal.period.time_zone,
        calendar=(await changes.organization()).fiscal_calendar,
    )


async def _goals(changes: Changes, ids: set[GoalId]) -> Mapping[GoalId, Goal]:
    return {goal.id: goal for goal in await changes.goals.find(ids)}


async def metrics_of(
    reading: Reading, ids: set[MetricId]
) -> Mapping[MetricId, DefinedMetric]:
    """Return those of these metrics that exist."""
    return {metric.id: metric for metric in await reading.metrics.find(ids)}


def principals_of(
    named: Iterable[tuple[Principal, Sequence[Share]]],
) -> set[Principal]:
    """Return all that goals name as owners, or share with."""
    return {
        principal
        for owner, shares in named
        for principal in (owner, *(share.principal for share in shares))
    }


async def people_of(
    reading: Reading, principals: set[Principal], managers: set[str]
) -> Directory:
    """Return who exists of those that goals name."""
    users = {one.id for one in principals if one.type is PrincipalType.USER}
    teams = {one.id for one in principals if one.type is PrincipalType.TEAM}
    return Directory(
        users=await reading.users.existing(managers | users),
        # A team named as manager gets an answer of its own.
        teams=await reading.teams.existing(managers | teams),
    )


def announce_goals(changes: Changes, goals: Iterable[Goal]) -> None:
    """Tell others what goals have become."""
    for goal in goals:
        changes.announce(Kind.GOAL, goal.id, goal_definition(goal))
