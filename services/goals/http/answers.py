"""What clients get back: goals with their numbers, lists, trees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from services.goals.domain.numbers import (
    AppliedGoal,
    GoalNumbers,
    RollupStatus,
    percentage_of,
    shows_written,
    status_of,
    texts_of,
)
from services.goals.domain.targets import Today, today_of
from shared.domain.goals import (
    SLOTS,
    Goal,
    GoalAttribute,
    GoalNumber,
    GoalRight,
    GoalState,
    Share,
    Slot,
)
from shared.domain.periods import Period

Item = TypeVar("Item")
Answer = TypeVar("Answer", bound="GoalAnswer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAnswer(Generic[Item]):
    """One page of a list; `next` goes into `?after=` for the following page."""

    items: Sequence[Item]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyAnswer(Generic[Item]):
    """What was created, in the order in which it was sent."""

    items: Sequence[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalAnswer:
    """A user or a team."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomPeriodAnswer:
    """The days that count, both included."""

    kind: Literal["custom"] = "custom"
    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalPeriodAnswer:
    """A fiscal period, and the days it had when it was chosen, both included."""

    kind: Literal["fiscal"] = "fiscal"
    year: int
    period: int
    start: date
    end: date


PeriodAnswer = CustomPeriodAnswer | FiscalPeriodAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesAnswer:
    """A number for each measure; null where the metric lacks it, or none is known."""

    actual: str | None = None
    in_progress: str | None = None
    custom: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueriesAnswer:
    """The rollup query that narrows each measure; null: none."""

    actual: str | None = None
    in_progress: str | None = None
    custom: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideAnswer:
    """Why, by whom and when something was written over the computed values."""

    reason: str | None
    # As `admin`, `user/ada` or `token/nightly`; null: before it was noted.
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupAnswer:
    """How far the numbers can be trusted, and what stands in the way."""

    status: RollupStatus
    error: str | None = None
    goal_with_error_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalAnswer:
    """A goal: what was defined, and what records have made of it."""

    id: str
    version: int
    title: str
    metric_id: str
    owner: PrincipalAnswer
    manager_id: str
    parent_id: str | None
    period: PeriodAnswer
    time_zone: str
    target: str | None
    stretch_target: str | None
    owner_records_only: bool
    rollup_only_from_children: bool
    include_team_members: bool
    queries: QueriesAnswer
    state: GoalState
    attributes: Mapping[str, GoalAttribute]
    shared_with: Sequence[Share]
    cloned_from: str | None
    values: ValuesAnswer
    computed: ValuesAnswer
    own: ValuesAnswer
    is_override: bool
    is_overridden: bool
    override: OverrideAnswer | None
    percentage: str | None
    today: Today
    tree_id: str | None
    depth: int | None
    revision: int | None
    last_rolled_up_at: datetime | None
    rollup: RollupAnswer
    # What the caller may do with it.
    access: Sequence[GoalRight] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNodeAnswer(GoalAnswer):
    """A goal of a tree; `children` is null where the tree was cut off."""

    children: "list[TreeNodeAnswer] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeAnswer(TreeNodeAnswer):
    """A goal with all below it, as everything was at one instant."""

    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryItemAnswer:
    """What a goal showed from `at` on, until the next item."""

    at: datetime
    values: ValuesAnswer
    # Of the target that the goal has now.
    percentage: str | None


def goal_answer(goal: Goal, numbers: GoalNumbers | None, now: datetime) -> GoalAnswer:
    """Return a goal with its numbers, if they were made by the metric it has now."""
    return _answer(GoalAnswer, goal, numbers, now)


def goal_answers(
    goals: Sequence[Goal], numbers: Mapping[GoalNumber, GoalNumbers], now: datetime
) -> Sequence[GoalAnswer]:
    """Return goals with what is known of their numbers."""
    return [goal_answer(goal, numbers.get(goal.number), now) for goal in goals]


def tree_answer(
    top: AppliedGoal,
    goals: Sequence[AppliedGoal],
    *,
    depth: int | None,
    as_of: datetime,
    seen: "Callable[[TreeNodeAnswer], TreeNodeAnswer]" = lambda node: node,
) -> TreeNodeAnswer:
    """Return a goal with those below it, nested, `depth` levels of them at most.

    Parents come before their children in `goals`. Each is shown as it is `seen`.
    """
    deepest = None if depth is None else top.numbers.depth + depth
    root: TreeNodeAnswer = _answer(
        TreeAnswer,
        top.goal,
        top.numbers,
        as_of,
        children=_room(top, deepest),
        as_of=as_of,
    )
    root = seen(root)
    nodes: dict[str, TreeNodeAnswer] = {top.goal.id: root}
    for applied in goals:
        parent = nodes.get(applied.goal.parent_id or "")
        if parent is None or parent.children is None:
            continue
        node = _answer(
            TreeNodeAnswer,
            applied.goal,
            applied.numbers,
            as_of,
            children=_room(applied, deepest),
        )
        node = seen(node)
        parent.children.append(node)
        nodes[node.id] = node
    return root


def _room(applied: AppliedGoal, deepest: int | None) -> list[TreeNodeAnswer] | None:
    if deepest is not None and applied.numbers.depth >= deepest:
        return None
    return []


def _answer(
    kind: Callable[..., Answer],
    goal: Goal,
    numbers: GoalNumbers | None,
    now: datetime,
    **more: object,
) -> Answer:
    # Numbers of another metric are none of the goal's any more.
    if numbers is not None and numbers.metric_id != goal.metric_id:
        numbers = None
    period = goal.period
    return kind(
        id=goal.id,
        version=goal.version,
        title=goal.title,
        metric_id=goal.metric_id,
        owner=PrincipalAnswer(type=goal.owner.type, id=goal.owner.id),
        manager_id=goal.manager_id,
        parent_id=goal.parent_id,
        period=_period(period),
        time_zone=period.time_zone,
        target=goal.target,
        stretch_target=goal.stretch_target,
        owner_records_only=goal.owner_records_only,
        rollup_only_from_children=goal.rollup_only_from_children,
        include_team_members=goal.include_team_members,
        queries=QueriesAnswer(
            **{slot.value: query_id for slot, query_id in goal.queries.items()}
        ),
        state=goal.state,
        values=ValuesAnswer() if numbers is None else _values(numbers, numbers.shown),
        computed=(
            ValuesAnswer() if numbers is None else _values(numbers, numbers.computed)
        ),
        attributes=goal.attributes,
        shared_with=goal.shared_with,
        cloned_from=goal.cloned_from,
        own=ValuesAnswer() if numbers is None else _values(numbers, numbers.own),
        is_override=numbers is not None and shows_written(goal, numbers),
        is_overridden=numbers is not None and numbers.locked,
        override=None if numbers is None else _override(goal, numbers),
        percentage=None if numbers is None else percentage_of(goal.target, numbers),
        today=today_of(
            goal.target, period, now.astimezone(ZoneInfo(period.time_zone)).date()
        ),
        tree_id=None if numbers is None else numbers.tree_id,
        depth=None if numbers is None else numbers.depth,
        revision=None if numbers is None else numbers.revision,
        last_rolled_up_at=None if numbers is None else numbers.rolled_up_at,
        rollup=RollupAnswer(
            status=(
                RollupStatus.COMPUTING if numbers is None else status_of(goal, numbers)
            ),
            error=None if numbers is None else numbers.error,
            goal_with_error_id=None if numbers is None else numbers.goal_with_error_id,
        ),
        **more,
    )


def _override(goal: Goal, numbers: GoalNumbers) -> OverrideAnswer | None:
    override = goal.override
    if override is None or not (numbers.locked or numbers.written):
        return None
    return OverrideAnswer(reason=override.reason, by=override.by, at=override.at)


def _period(period: Period) -> PeriodAnswer:
    if period.fiscal is None:
        return CustomPeriodAnswer(start=period.start, end=period.end)
    return FiscalPeriodAnswer(
        year=period.fiscal.year,
        period=period.fiscal.code,
        start=period.start,
        end=period.end,
    )


def _values(numbers: GoalNumbers, units: Mapping[Slot, int]) -> ValuesAnswer:
    texts = texts_of(units, numbers.decimals)
    return ValuesAnswer(**{slot.value: texts[slot] for slot in SLOTS})
