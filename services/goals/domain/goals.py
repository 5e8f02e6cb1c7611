"""What a goal may become (semantics, section 6)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from services.goals.domain.changing import UNCHANGED, Unchanged, changed
from services.goals.domain.directory import NEW, check_reference
from services.goals.domain.drafts import GoalChange, GoalDraft, Place, Surroundings
from services.goals.domain.errors import (
    GOAL_MANAGER_REQUIRED,
    METRIC_CHANGE_ON_CHILD,
    METRIC_CHANGE_ON_PARENT,
    METRIC_REQUIRED,
    NOT_A_ROOT,
    PARENT_WITH_METRIC_OR_PERIOD,
    PERIOD_CHANGE_ON_CHILD,
    PERIOD_NOT_FISCAL,
    PERIOD_REQUIRED,
    RefusedError,
)
from services.goals.domain.goal_queries import check_queries, queries_with
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.overrides import (
    Signature,
    changed_override,
    overridden_goal,
)
from services.goals.domain.people import check_people, in_order
from services.goals.domain.periods import chosen_period, fiscal_days, is_same
from services.goals.domain.states import check_aligns, check_edits, check_starts_open
from services.goals.domain.targets import stretch_target_of, target_of
from services.goals.domain.trees import (
    check_attachable,
    check_depth,
    check_inherits,
)
from shared.domain.fiscal import FiscalCalendar
from shared.domain.goals import Goal, GoalId, GoalNumber, MetricId
from shared.domain.periods import Period

NO_NUMBER = GoalNumber(0)


def new_goal(draft: GoalDraft, around: Surroundings, signed: Signature) -> Goal:
    """Return the goal that a draft asks for, or refuse it."""
    check_starts_open(draft.id, draft.state)
    parent = _parent_of(draft, around)
    if parent is not None:
        check_inherits(draft, parent, around)
    metric = _metric_of(draft, parent, around)
    goal = Goal(
        number=NO_NUMBER,
        id=draft.id,
        version=NEW,
        title=draft.title,
        metric_id=metric.id,
        owner=draft.owner,
        manager_id=_manager_of(draft, signed),
        parent_id=draft.parent_id,
        period=_period_of(draft, around) if parent is None else parent.period,
        target=target_of(draft.target, metric, goal_id=draft.id, field="target"),
        stretch_target=stretch_target_of(
            draft.stretch_target, metric, goal_id=draft.id
        ),
        owner_records_only=draft.owner_records_only,
        rollup_only_from_children=draft.rollup_only_from_children,
        include_team_members=draft.include_team_members,
        queries=queries_with({}, draft.queries),
        attributes=draft.attributes,
        shared_with=in_order(draft.shared_with),
    )
    check_people(goal, around.directory)
    check_queries(goal.id, goal.queries, metric, around.queries, standing={})
    if parent is not None:
        check_depth(goal.id, around.depths[parent.id] + 1)
    return overridden_goal(goal, draft.override, metric, signed)


def changed_goal(
    goal: Goal,
    change: GoalChange,
    around: Surroundings,
    place: Place,
    *,
    signed: Signature,
) -> Goal:
    """Return what the goal becomes, or refuse the change."""
    after = replace(
        goal,
        title=changed(change.title, goal.title),
        owner=changed(change.owner, goal.owner),
        manager_id=changed(change.manager_id, goal.manager_id),
        parent_id=changed(change.parent_id, goal.parent_id),
        metric_id=changed(change.metric_id, goal.metric_id),
        period=_changed_period(goal, change, around),
        owner_records_only=changed(change.owner_records_only, goal.owner_records_only),
        rollup_only_from_children=changed(
            change.rollup_only_from_children, goal.rollup_only_from_children
        ),
        include_team_members=changed(
            change.include_team_members, goal.include_team_members
        ),
        queries=queries_with(goal.queries, change.queries),
        attributes=changed(change.attributes, goal.attributes),
        shared_with=in_order(changed(change.shared_with, goal.shared_with)),
        state=changed(change.state, goal.state),
    )
    _check_edits(goal, after, change, around, signed)
    _check_one_thing_at_a_time(goal, after, change)
    if after.metric_id != goal.metric_id:
        _check_metric_may_change(goal, place)
    if not is_same(after.period, goal.period):
        _check_period_may_change(goal)
    if after.parent_id != goal.parent_id and after.parent_id is not None:
        check_attachable(after, after.parent_id, around, place)
        # The same days; from now on they are called as in the tree it joins.
        after = replace(after, period=around.goals[after.parent_id].period)
    check_people(after, around.directory)
    metric = _existing_metric(after.id, after.metric_id, around)
    check_queries(
        after.id, after.queries, metric, around.queries, standing=goal.queries
    )
    after = _with_targets(goal, after, change, metric)
    return changed_override(goal, after, change.override, metric, signed=signed)


def aligned_goal(goal: Goal, calendar: FiscalCalendar) -> Goal:
    """Return a root with its fiscal period as the calendar has it now, or refuse."""
    check_aligns(goal)
    if goal.parent_id is not None:
        raise RefusedError(
            NOT_A_ROOT,
            f"goal {goal.id} lies under another goal and has the period of its tree; "
            "align the root, and the whole tree follows",
            field="parent_id",
        )
    label = goal.period.fiscal
    if label is None:
        raise RefusedError(
            PERIOD_NOT_FISCAL,
            f"the period of goal {goal.id} is custom, {goal.period.start} to "
            f"{goal.period.end}, and no calendar moves it; give the goal a fiscal "
            "period, or other days",
            field="period.kind",
        )
    start, end = fiscal_days(goal.id, label, calendar)
    return replace(goal, period=replace(goal.period, start=start, end=end))


def _parent_of(draft: GoalDraft, around: Surroundings) -> Goal | None:
    check_reference(
        draft.parent_id,
        around.goals,
        what=f"goal {draft.id}",
        field="parent_id",
        kind="goal",
    )
    return None if draft.parent_id is None else around.goals[draft.parent_id]


def _metric_of(
    draft: GoalDraft, parent: Goal | None, around: Surroundings
) -> DefinedMetric:
    metric_id = draft.metric_id if parent is None else parent.metric_id
    if metric_id is None:
        raise RefusedError(
            METRIC_REQUIRED,
            f"goal {draft.id} has neither metric_id nor parent_id; name the metric, or "
            "a parent to take it from",
            field="metric_id",
        )
    return _existing_metric(draft.id, metric_id, around)


def _existing_metric(
    goal_id: GoalId, metric_id: MetricId, around: Surroundings
) -> DefinedMetric:
    check_reference(
        metric_id,
        around.metrics,
        what=f"goal {goal_id}",
        field="metric_id",
        kind="metric",
    )
    return around.metrics[metric_id]


def _manager_of(draft: GoalDraft, signed: Signature) -> str:
    """Return who is to manage the goal: whoever creates it, if nobody is named."""
    manager_id = draft.manager_id or signed.user_id
    if manager_id is None:
        raise RefusedError(
            GOAL_MANAGER_REQUIRED,
            f"goal {draft.id} has no manager, and it is created with a token, which is "
            "no user who could be it; name one in manager_id",
            field="manager_id",
        )
    return manager_id


def _period_of(draft: GoalDraft, around: Surroundings) -> Period:
    if draft.period is None:
        raise RefusedError(
            PERIOD_REQUIRED,
            f"goal {draft.id} has neither a period nor a parent to take it from; give "
            "its first and last day, or a fiscal year and period",
            field="period",
        )
    return chosen_period(
        draft.id,
        draft.period,
        time_zone=draft.time_zone or around.time_zone,
        calendar=around.calendar,
    )


def _changed_period(goal: Goal, change: GoalChange, around: Surroundings) -> Period:
    time_zone = changed(change.time_zone, goal.period.time_zone)
    if isinstance(change.period, Unchanged):
        return replace(goal.period, time_zone=time_zone)
    return chosen_period(
        goal.id,
        change.period,
        time_zone=time_zone,
        calendar=around.calendar,
        standing=goal.period,
    )


def _check_one_thing_at_a_time(goal: Goal, after: Goal, change: GoalChange) -> None:
    """Refuse parent and metric or period in one change, unless neither is changed."""
    of_the_tree = (change.metric_id, change.period, change.time_zone)
    if change.parent_id is UNCHANGED or all(one is UNCHANGED for one in of_the_tree):
        return
    if (after.parent_id, after.metric_id) != (
        goal.parent_id,
        goal.metric_id,
    ) or not is_same(after.period, goal.period):
        raise RefusedError(
            PARENT_WITH_METRIC_OR_PERIOD,
            f"goal {goal.id} cannot get another parent together with a metric or "
            "period: the whole tree shares those; change one, then the other",
            field="parent_id",
        )


def _check_metric_may_change(goal: Goal, place: Place) -> None:
    if goal.parent_id is not None:
        raise RefusedError(
            METRIC_CHANGE_ON_CHILD,
            f"goal {goal.id} has the metric of its tree, {goal.metric_id}; take it "
            "from under its parent first",
            field="metric_id",
        )
    if place.height:
        raise RefusedError(
            METRIC_CHANGE_ON_PARENT,
            f"goal {goal.id} has children that share its metric {goal.metric_id}; "
            "take them from under it first",
            field="metric_id",
        )


def _check_period_may_change(goal: Goal) -> None:
    if goal.parent_id is not None:
        raise RefusedError(
            PERIOD_CHANGE_ON_CHILD,
            f"goal {goal.id} has the period of its tree; change it on the root, and "
            "the whole tree follows",
            field="period",
        )


def _with_targets(
    goal: Goal, after: Goal, change: GoalChange, metric: DefinedMetric
) -> Goal:
    """Return the goal with targets of its metric's type, new or kept."""
    wanted = _targets_of(goal, change)
    return replace(
        after,
        target=target_of(wanted["target"], metric, goal_id=goal.id, field="target"),
        stretch_target=stretch_target_of(
            wanted["stretch_target"], metric, goal_id=goal.id
        ),
    )


def _check_edits(
    goal: Goal,
    after: Goal,
    change: GoalChange,
    around: Surroundings,
    signed: Signature,
) -> None:
    """Refuse to edit a goal that stands still, and to write over what it shows."""
    metric = around.metrics.get(goal.metric_id)
    if not (goal.is_open or after.is_open or metric is None):
        after = overridden_goal(after, change.override, metric, signed)
    check_edits(goal, after, _targets_of(goal, change))


def _targets_of(goal: Goal, change: GoalChange) -> Mapping[str, Decimal | None]:
    return {
        "target": changed(change.target, _number(goal.target)),
        "stretch_target": changed(change.stretch_target, _number(goal.stretch_target)),
    }


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
