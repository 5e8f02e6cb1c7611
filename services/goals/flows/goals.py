"""Writing goals, and what a write to one means for those above and below it."""

# ruff: noqa: D102 - the protocols name what the store provides and says

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from services.goals.announcing import goal_definition
from services.goals.domain.changing import changed
from services.goals.domain.directory import Directory, Organization
from services.goals.domain.goals import (
    GoalChange,
    GoalDraft,
    Place,
    Surroundings,
    changed_goal,
    depth_of,
    new_goal,
    parents_first,
    path_to_root,
    same_tree_below,
)
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.versions import Expected, check_version, not_found
from services.goals.flows.announcing import Announcing, check_new_ids, item
from shared.domain.goals import Goal, GoalId, MetricId, Principal, PrincipalType
from shared.messages.definitions import Kind


class GoalWrites(Announcing, Protocol):
    """What writing goals needs."""

    async def organization(self) -> Organization: ...
    async def directory_of(
        self,
        *,
        users: Collection[str] = (),
        teams: Collection[str] = (),
        business_units: Collection[str] = (),
    ) -> Directory: ...
    async def metrics(
        self, ids: Collection[MetricId]
    ) -> Mapping[MetricId, DefinedMetric]: ...
    async def goals(self, ids: Collection[GoalId]) -> Mapping[GoalId, Goal]: ...
    async def children(self, goal_id: GoalId) -> Sequence[Goal]: ...
    async def descendants(self, goal_id: GoalId) -> Sequence[Goal]: ...
    async def goals_above(
        self, ids: Collection[GoalId]
    ) -> Mapping[GoalId, GoalId | None]: ...
    async def height(self, goal_id: GoalId) -> int: ...
    async def insert_goals(self, goals: Sequence[Goal]) -> Sequence[Goal]: ...
    async def update_goals(self, goals: Sequence[Goal]) -> Sequence[Goal]: ...
    async def delete_goal(self, goal_id: GoalId) -> None: ...


async def create_goals(
    changes: GoalWrites, drafts: Sequence[GoalDraft]
) -> Sequence[Goal]:
    """Create goals; they may name one another as parents, in any order."""
    ids = [draft.id for draft in drafts]
    check_new_ids("goal", ids, await changes.goals(ids))
    parents = await changes.goals({one.parent_id for one in drafts if one.parent_id})
    above = await changes.goals_above(parents.keys())
    # Each goal that is made joins those that later ones may name as parents.
    goals = dict(parents)
    depths = {one: depth_of(one, above) for one in parents}
    around = Surroundings(
        directory=await _people(
            changes,
            [draft.owner for draft in drafts],
            {draft.manager_id for draft in drafts if draft.manager_id is not None},
        ),
        metrics=await changes.metrics(
            {draft.metric_id for draft in drafts if draft.metric_id is not None}
            | {parent.metric_id for parent in parents.values()}
        ),
        goals=goals,
        depths=depths,
        time_zone=(await changes.organization()).time_zone,
    )
    for index in parents_first(drafts):
        with item(index):
            goal = new_goal(drafts[index], around)
        goals[goal.id] = goal
        depths[goal.id] = 0 if goal.parent_id is None else depths[goal.parent_id] + 1
    made = [goal for goal_id, goal in goals.items() if goal_id not in parents]
    stored = {goal.id: goal for goal in await changes.insert_goals(made)}
    for goal in stored.values():
        changes.announce(Kind.GOAL, goal.id, goal_definition(goal))
    return [stored[goal_id] for goal_id in ids]


async def change_goal(
    changes: GoalWrites, goal_id: GoalId, change: GoalChange, expected: Expected
) -> Goal:
    """Change a goal; a root's new period is that of its whole tree."""
    goal = await _existing(changes, goal_id, expected)
    parent_id = changed(change.parent_id, goal.parent_id)
    above = await changes.goals_above([parent_id] if parent_id else [])
    around = await _around(changes, goal, change, parent_id)
    place = Place(
        path_of_parent=path_to_root(parent_id, above) if parent_id else (),
        height=await changes.height(goal_id),
    )
    after = changed_goal(goal, change, around, place)
    if after == goal:
        return goal
    below: Sequence[Goal] = ()
    if after.period != goal.period:
        below = same_tree_below(after, await changes.descendants(goal_id))
    stored = await changes.update_goals([after, *below])
    for one in stored:
        changes.announce(Kind.GOAL, one.id, goal_definition(one))
    return stored[0]


async def delete_goal(changes: GoalWrites, goal_id: GoalId, expected: Expected) -> None:
    """Delete a goal; its children become roots of their own trees."""
    goal = await _existing(changes, goal_id, expected)
    children = await changes.children(goal_id)
    if children:
        orphans = [replace(child, parent_id=None) for child in children]
        for child in await changes.update_goals(orphans):
            changes.announce(Kind.GOAL, child.id, goal_definition(child))
    await changes.delete_goal(goal_id)
    changes.announce_gone(Kind.GOAL, goal_id, goal_number=goal.number)


async def _existing(changes: GoalWrites, goal_id: GoalId, expected: Expected) -> Goal:
    goal = (await changes.goals([goal_id])).get(goal_id)
    if goal is None:
        raise not_found(f"goal {goal_id}")
    check_version(f"goal {goal_id}", goal.version, expected)
    return goal


async def _around(
    changes: GoalWrites, goal: Goal, change: GoalChange, parent_id: GoalId | None
) -> Surroundings:
    """Return what exists of that which the changed goal will refer to."""
    return Surroundings(
        directory=await _people(
            changes,
            [changed(change.owner, goal.owner)],
            {changed(change.manager_id, goal.manager_id)},
        ),
        metrics=await changes.metrics([changed(change.metric_id, goal.metric_id)]),
        goals=await changes.goals([parent_id] if parent_id else []),
        depths={},
        time_zone=goal.period.time_zone,
    )


async def _people(
    changes: GoalWrites, owners: Sequence[Principal], managers: set[str]
) -> Directory:
    return await changes.directory_of(
        users=managers | {one.id for one in owners if one.type is PrincipalType.USER},
        # A team named as manager gets an answer of its own.
        teams=managers | {one.id for one in owners if one.type is PrincipalType.TEAM},
    )
