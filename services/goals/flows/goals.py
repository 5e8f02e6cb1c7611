"""Writing goals, and what a write to one means for those above and below it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from services.goals.announcing import goal_definition
from services.goals.domain.changing import changed
from services.goals.domain.directory import Directory
from services.goals.domain.drafts import GoalChange, GoalDraft, Place, Surroundings
from services.goals.domain.errors import RIGHT_MISSING, RefusedError
from services.goals.domain.goal_queries import GivenQueries
from services.goals.domain.goals import aligned_goal, changed_goal, new_goal
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.periods import is_same
from services.goals.domain.queries import RollupQuery
from services.goals.domain.rights import NONE, SOME_WRITING
from services.goals.domain.states import check_period_moves
from services.goals.domain.trees import (
    depth_of,
    parents_first,
    path_to_root,
    same_tree_below,
)
from services.goals.domain.versions import Expected, check_version
from services.goals.flows.defining import check_new_ids, item
from services.goals.store.database import Changes, Reading
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalRight,
    MetricId,
    Principal,
    PrincipalType,
    QueryId,
    Share,
)
from shared.messages.definitions import Kind


async def create_goals(changes: Changes, drafts: Sequence[GoalDraft]) -> Sequence[Goal]:
    """Create goals; they may name one another as parents, in any order."""
    ids = [draft.id for draft in drafts]
    check_new_ids("goal", ids, await changes.goals.existing(ids))
    parents = await _readable(
        changes, {one.parent_id for one in drafts if one.parent_id}
    )
    above = await changes.goals.above(parents.keys())
    # Each goal that is made joins those that later ones may name as parents.
    goals = dict(parents)
    depths = {one: depth_of(one, above) for one in parents}
    organization = await changes.organization()
    signed = await changes.signature()
    managers = {draft.manager_id or signed.user_id for draft in drafts}
    around = Surroundings(
        directory=await people_of(
            changes,
            principals_of((draft.owner, draft.shared_with) for draft in drafts),
            {one for one in managers if one is not None},
        ),
        metrics=await metrics_of(
            changes,
            {draft.metric_id for draft in drafts if draft.metric_id is not None}
            | {parent.metric_id for parent in parents.values()},
        ),
        queries=await queries_of(changes, (draft.queries for draft in drafts)),
        goals=goals,
        depths=depths,
        time_zone=organization.time_zone,
        calendar=organization.fiscal_calendar,
    )
    rights = await changes.rights()
    mine = await changes.visible.rights_on(rights, list(parents.values()))
    for index in parents_first(drafts):
        with item(index):
            goal = new_goal(drafts[index], around, signed)
            parent = None if goal.parent_id is None else goals[goal.parent_id]
            granted = NONE if parent is None else mine.get(parent.id, NONE)
            rights.check_creates(goal, parent, granted)
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
    goal = await writable_goal(changes, goal_id, expected, at_least=SOME_WRITING)
    parent_id = changed(change.parent_id, goal.parent_id)
    above = await changes.goals.above([parent_id] if parent_id else [])
    around = await _around(changes, goal, change, parent_id)
    place = Place(
        path_of_parent=path_to_root(parent_id, above) if parent_id else (),
        height=await changes.goals.height(goal_id),
    )
    signed = await changes.signature()
    after = changed_goal(goal, change, around, place, signed=signed)
    await _check_changes(changes, goal, after, around)
    # A goal that is attached keeps its days: only what they are called may change.
    if after.parent_id is None and not is_same(after.period, goal.period):
        await _check_period_moves(changes, goal)
    return await _stored(changes, goal, after)


async def align_fiscal_period(
    changes: Changes, goal_id: GoalId, expected: Expected
) -> Goal:
    """Take the days of a tree's fiscal period anew from the present calendar."""
    goal = await writable_goal(changes, goal_id, expected, GoalRight.WRITE)
    organization = await changes.organization()
    after = aligned_goal(goal, organization.fiscal_calendar)
    await _check_period_moves(changes, goal)
    return await _stored(changes, goal, after)


async def delete_goal(changes: Changes, goal_id: GoalId, expected: Expected) -> None:
    """Delete a goal; its children become roots of their own trees."""
    goal = await writable_goal(changes, goal_id, expected, GoalRight.DELETE)
    children = await changes.goals.children(goal_id)
    if children:
        orphans = [replace(child, parent_id=None) for child in children]
        announce_goals(changes, await changes.goals.update(orphans))
    await changes.goals.delete(goal_id)
    changes.announce_gone(Kind.GOAL, goal_id, goal_number=goal.number)


async def writable_goal(
    reading: Reading,
    goal_id: GoalId,
    expected: Expected,
    *needed: GoalRight,
    at_least: Collection[GoalRight] = (),
) -> Goal:
    """Return a goal that is to be written, or refuse whoever may not.

    `at_least`: one of these is needed; what is changed decides which.
    """
    goal = await reading.readable_goal(goal_id)
    mine = await reading.rights_on(goal)
    rights = await reading.rights()
    rights.check(goal, mine, needed)
    if at_least and not mine & set(at_least):
        rights.check(goal, mine, [GoalRight.WRITE])
    check_version(f"goal {goal_id}", goal.version, expected)
    return goal


async def check_knows_all(
    reading: Reading, goal: Goal, others: Collection[Goal], what: str
) -> None:
    """Refuse to do something with goals of which one may not read them all."""
    known = await reading.visible.of(await reading.rights(), [one.id for one in others])
    if len(known) < len(others):
        raise RefusedError(
            RIGHT_MISSING,
            f"goal {goal.id} has goals below it that you may not read, and so you "
            f"cannot {what}; ask somebody who may read them all",
        )


async def _check_changes(
    changes: Changes, goal: Goal, after: Goal, around: Surroundings
) -> None:
    rights, mine = await changes.rights(), await changes.rights_on(goal)
    parent = None if after.parent_id is None else around.goals.get(after.parent_id)
    mine_on_parent = NONE if parent is None else await changes.rights_on(parent)
    rights.check_changes(goal, after, mine, mine_on_parent, parent)


async def _check_period_moves(changes: Changes, root: Goal) -> None:
    closed = await changes.goals.first_closed_below(root.id)
    is_told = closed is None or closed.id in await changes.visible.of(
        await changes.rights(), [closed.id]
    )
    check_period_moves(root, closed, is_told=is_told)


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
        queries=await queries_of(changes, [goal.queries, change.queries]),
        goals=await _around_parent(changes, goal, parent_id),
        depths={},
        time_zone=goal.period.time_zone,
        calendar=(await changes.organization()).fiscal_calendar,
    )


async def _around_parent(
    changes: Changes, goal: Goal, parent_id: GoalId | None
) -> Mapping[GoalId, Goal]:
    """Return the parent that a goal is to have; its old one may be one not known."""
    if parent_id is None or parent_id == goal.parent_id:
        return {}
    return await _readable(changes, {parent_id})


async def _readable(changes: Changes, ids: set[GoalId]) -> Mapping[GoalId, Goal]:
    """Return those of the goals that whoever asks may read: others are not there."""
    known = await changes.visible.of(await changes.rights(), ids)
    return {goal.id: goal for goal in await changes.goals.find(known)}


async def metrics_of(
    reading: Reading, ids: set[MetricId]
) -> Mapping[MetricId, DefinedMetric]:
    """Return those of these metrics that exist."""
    return {metric.id: metric for metric in await reading.metrics.find(ids)}


async def queries_of(
    reading: Reading, named: Iterable[GivenQueries]
) -> Mapping[QueryId, RollupQuery]:
    """Return those of the queries that are named that exist."""
    ids = {one for queries in named for one in queries.values() if one is not None}
    found = await reading.queries.find(ids) if ids else ()
    return {query.id: query for query in found}


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
