"""Many goals created and changed at once, each line judged by what is there by then.

Every line is checked as if it came alone after those before it, parents before their
children wherever they stand in the file. Nothing is stored here: what comes out is
what all lines together make of the goals, and which lines were refused for what.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.goals.domain.changing import UNCHANGED, Unchanged
from services.goals.domain.drafts import GoalChange, GoalDraft, Place, Surroundings
from services.goals.domain.errors import (
    GOAL_CYCLE,
    ID_TAKEN,
    IMPORT_REJECTED,
    REFERENCE_NOT_FOUND,
    RefusedError,
)
from services.goals.domain.goals import changed_goal, new_goal
from services.goals.domain.overrides import Signature
from services.goals.domain.periods import chosen_period, is_same
from services.goals.domain.states import check_period_moves
from services.goals.domain.trees import path_to_root, same_tree_below
from shared.domain.fiscal import FiscalCalendar
from shared.domain.goals import Goal, GoalId


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine:
    """One goal of a file; what its line asks for depends on whether the goal exists."""

    line: int
    id: GoalId
    # Each refuses what does not read.
    as_draft: Callable[[], GoalDraft]
    as_change: Callable[[], GoalChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedLine:
    """A line that nothing was made of, and why."""

    line: int
    # None: not even that could be read.
    id: str | None
    refused: RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLine:
    """A line that reads: a new goal, or a change of one that exists."""

    line: int
    id: GoalId
    asked: GoalDraft | GoalChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What all lines together make of the goals."""

    # Parents first.
    created: Sequence[Goal]
    # Also those that no line names: they follow their root.
    altered: Sequence[Goal]
    changed: int
    unchanged: int
    rejected: Sequence[RejectedLine]


class ImportRejectedError(RefusedError):
    """All or nothing was asked for, and not all can be."""

    def __init__(self, plan: ImportPlan) -> None:
        lines = len(plan.rejected)
        what = "1 line is" if lines == 1 else f"{lines} lines are"
        super().__init__(
            IMPORT_REJECTED,
            f"{what} rejected, so nothing was imported; correct what `rejected` "
            "says, or import what is good with mode=good",
        )
        self.plan = plan


@dataclass(slots=True, kw_only=True)
class Forest:
    """The goals that lines name, and those around them, as earlier lines leave them."""

    goals: dict[GoalId, Goal]
    # Also of goals that are not in `goals`, up to the roots.
    above: dict[GoalId, GoalId | None]
    below: dict[GoalId, dict[GoalId, None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out who lies below whom."""
        for goal in self.goals.values():
            self._hang(goal)

    def put(self, goal: Goal) -> None:
        """Take in what a goal has become, and what that means for those below."""
        before = self.goals.get(goal.id)
        if before is not None and before.parent_id is not None:
            self.below[before.parent_id].pop(goal.id, None)
        self.goals[goal.id] = goal
        self.above[goal.id] = goal.parent_id
        self._hang(goal)
        if before is not None and not is_same(before.period, goal.period):
            for one in same_tree_below(goal, list(self._under(goal.id))):
                self.goals[one.id] = one

    def first_closed_below(self, goal_id: GoalId) -> Goal | None:
        """Return the first goal under one, however deep, that is not open."""
        closed = [one for one in self._under(goal_id) if not one.is_open]
        return min(closed, key=lambda one: one.id, default=None)

    def place_of(self, goal: Goal, parent_id: GoalId | None) -> Place:
        """Return where a goal stands that is to hang under a parent."""
        return Place(
            path_of_parent=path_to_root(parent_id, self.above) if parent_id else (),
            height=self._height(goal.id),
        )

    def depth(self, goal_id: GoalId) -> int:
        """Return how many ancestors a goal has."""
        return len(path_to_root(goal_id, self.above)) - 1

    def _hang(self, goal: Goal) -> None:
        if goal.parent_id is not None:
            self.below.setdefault(goal.parent_id, {})[goal.id] = None

    def _under(self, goal_id: GoalId) -> Iterator[Goal]:
        for one in self.below.get(goal_id, ()):
            yield self.goals[one]
            yield from self._under(one)

    def _height(self, goal_id: GoalId) -> int:
        below = self.below.get(goal_id, ())
        return 1 + max(map(self._height, below)) if below else 0


def asked_of(
    lines: Sequence[ImportLine], standing: Mapping[GoalId, Goal]
) -> tuple[Sequence[AskedLine], Sequence[RejectedLine]]:
    """Return what the lines ask for, given the goals that exist, and what fails."""
    asked: dict[GoalId, AskedLine] = {}
    rejected: list[RejectedLine] = []
    for line in lines:
        try:
            if line.id in asked:
                raise _given_twice(line, asked[line.id])
            form = line.as_change if line.id in standing else line.as_draft
            asked[line.id] = AskedLine(line=line.line, id=line.id, asked=form())
        except RefusedError as refused:
            rejected.append(RejectedLine(line=line.line, id=line.id, refused=refused))
    return list(asked.values()), rejected


def planned_import(
    lines: Sequence[AskedLine],
    forest: Forest,
    around: Surroundings,
    signed: Signature,
) -> ImportPlan:
    """Return what the lines make of a forest, and which of them are refused.

    The forest is altered; `around` need not know its goals.
    """
    standing = dict(forest.goals)
    by_id = {line.id: line for line in lines}
    rejected: dict[GoalId, RejectedLine] = {}
    waiting = dict(by_id)
    for line in _parents_first(by_id, forest):
        del waiting[line.id]
        try:
            _check_parent(line, forest, rejected, waiting)
            forest.put(_goal_of(line, forest, around, signed))
        except RefusedError as refused:
            rejected[line.id] = RejectedLine(
                line=line.line, id=line.id, refused=refused
            )
    return _plan(by_id.keys() - rejected.keys(), standing, forest, rejected)


def _plan(
    accepted: set[GoalId],
    standing: Mapping[GoalId, Goal],
    forest: Forest,
    rejected: Mapping[GoalId, RejectedLine],
) -> ImportPlan:
    created = [goal for goal in forest.goals.values() if goal.id not in standing]
    altered = [
        goal
        for goal in forest.goals.values()
        if goal.id in standing and _differs(goal, standing[goal.id])
    ]
    changed = sum(goal.id in accepted for goal in altered)
    return ImportPlan(
        created=created,
        altered=altered,
        changed=changed,
        unchanged=len(accepted) - len(created) - changed,
        rejected=list(rejected.values()),
    )


def _goal_of(
    line: AskedLine, forest: Forest, around: Surroundings, signed: Signature
) -> Goal:
    """Return what a line makes of its goal, or refuse it."""
    if isinstance(line.asked, GoalDraft):
        parent_id = line.asked.parent_id
        depths = {} if parent_id is None else {parent_id: forest.depth(parent_id)}
        near = replace(around, goals=forest.goals, depths=depths)
        return new_goal(line.asked, near, signed)
    goal = forest.goals[line.id]
    change = _only_what_differs(goal, line.asked, around.calendar)
    near = replace(around, goals=forest.goals)
    place = forest.place_of(goal, _parent_of(line, forest))
    after = changed_goal(goal, change, near, place, signed=signed)
    if after.parent_id is None and not is_same(after.period, goal.period):
        check_period_moves(goal, forest.first_closed_below(goal.id))
    return after


def _only_what_differs(
    goal: Goal, change: GoalChange, calendar: FiscalCalendar
) -> GoalChange:
    """Return a change without the metric and the period that the goal has already.

    A line tells all of a goal, and moving one must not be taken for changing these.
    """
    if change.metric_id == goal.metric_id:
        change = replace(change, metric_id=UNCHANGED)
    if change.time_zone == goal.period.time_zone:
        change = replace(change, time_zone=UNCHANGED)
    if isinstance(change.period, Unchanged) or change.time_zone is not UNCHANGED:
        return change
    period = chosen_period(
        goal.id,
        change.period,
        time_zone=goal.period.time_zone,
        calendar=calendar,
        standing=goal.period,
    )
    return replace(change, period=UNCHANGED) if is_same(period, goal.period) else change


def _parent_of(line: AskedLine, forest: Forest) -> GoalId | None:
    """Return the parent that a goal is to have, given or kept."""
    given = line.asked.parent_id
    return forest.above.get(line.id) if isinstance(given, Unchanged) else given


def _parents_first(
    by_id: Mapping[GoalId, AskedLine], forest: Forest
) -> Sequence[AskedLine]:
    """Return the lines in an order in which those above come before those below.

    Where lines go in circles there is none; then one of them is refused in its turn.
    """
    done: dict[GoalId, None] = {}
    above = dict(forest.above)
    for one, line in by_id.items():
        above[one] = _parent_of(line, forest)
    for one in by_id:
        waiting: dict[GoalId, None] = {}
        at: GoalId | None = one
        while at is not None and at not in done and at not in waiting:
            waiting[at] = None
            at = above.get(at)
        done.update(dict.fromkeys(reversed(waiting)))
    return [by_id[one] for one in done if one in by_id]


def _check_parent(
    line: AskedLine,
    forest: Forest,
    rejected: Mapping[GoalId, RejectedLine],
    waiting: Mapping[GoalId, AskedLine],
) -> None:
    """Say of a parent that is not there why it is not, where the file tells."""
    parent_id = _parent_of(line, forest)
    if parent_id is None or parent_id in forest.goals:
        return
    if parent_id in rejected:
        raise RefusedError(
            REFERENCE_NOT_FOUND,
            f"goal {line.id} names goal {parent_id} in parent_id, and line "
            f"{rejected[parent_id].line}, which would create it, is rejected; correct "
            "that one",
            field="parent_id",
        )
    if parent_id in waiting or parent_id == line.id:
        raise RefusedError(
            GOAL_CYCLE,
            f"goal {line.id} would become its own ancestor through {parent_id}; choose "
            "a parent that does not lie below it",
            field="parent_id",
        )


def _differs(one: Goal, other: Goal) -> bool:
    return one != other or not is_same(one.period, other.period)


def _given_twice(line: ImportLine, first: AskedLine) -> RefusedError:
    return RefusedError(
        ID_TAKEN,
        f"goal {line.id} is given in line {first.line} already; leave one of the two "
        "lines out",
        field="id",
    )
