"""Importing goals: what lines make of goals that exist, and of those around them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from services.goals.domain.callers import ADMIN
from services.goals.domain.changing import UNCHANGED, Unchanged, changed
from services.goals.domain.directory import check_reference
from services.goals.domain.drafts import GoalChange, GoalDraft, Place, Surroundings
from services.goals.domain.errors import ID_TAKEN, RefusedError
from services.goals.domain.goals import changed_goal, new_goal
from services.goals.domain.importing import AskedLine, ImportPlan, planned
from services.goals.domain.overrides import Signature
from services.goals.domain.periods import chosen_period, is_same
from services.goals.domain.rights import NONE, SOME_WRITING, Rights
from services.goals.domain.states import check_period_moves
from services.goals.domain.trees import goal_cycle, path_to_root, same_tree_below
from shared.domain.fiscal import FiscalCalendar
from shared.domain.goals import Goal, GoalId, GoalRight
from shared.rights.people import People

# What a line of goals asks for.
AskedGoal = GoalDraft | GoalChange


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What whoever asks may do with the goals that lines name."""

    rights: Rights
    # What he may read of what exists; None: all of it.
    known: frozenset[str] | None = None
    # Ids of new goals that are taken by goals that he may not read.
    taken: frozenset[str] = frozenset()
    mine: Mapping[GoalId, frozenset[GoalRight]] = field(default_factory=dict)

    def knows(self, goal_id: str) -> bool:
        """Tell whether he may know of a goal that exists."""
        return self.known is None or goal_id in self.known

    def on(self, goal: Goal) -> frozenset[GoalRight]:
        """Return his rights on a goal; those of a new one are those of its kind."""
        return self.mine.get(goal.id) or self.rights.on(goal, None)


EVERYTHING: Final = Allowed(rights=Rights(caller=ADMIN, people=People()))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalGround:
    """The ground for goals: a forest, and what exists beside it."""

    allowed: Allowed = EVERYTHING
    forest: Forest
    # Need not know the goals.
    around: Surroundings
    signed: Signature
    standing: Mapping[GoalId, Goal]

    word = "goal"
    field_above = "parent_id"

    def exists(self, thing_id: str) -> bool:
        """Tell whether a goal may be named as a parent."""
        return GoalId(thing_id) in self.forest.goals and not self._is_unknown(thing_id)

    def above(self, thing_id: str) -> str | None:
        """Return the parent of a goal that exists."""
        return self.forest.above.get(GoalId(thing_id))

    def wanted_above(self, line: AskedLine[AskedGoal]) -> str | None:
        """Return the parent that a goal is to have, given or kept."""
        given = line.asked.parent_id
        return self.above(line.id) if isinstance(given, Unchanged) else given

    def cycle(self, thing_id: str, above: str) -> RefusedError:
        """Return the refusal for a goal that would become its own ancestor."""
        return goal_cycle(GoalId(thing_id), GoalId(above))

    def take(self, line: AskedLine[AskedGoal]) -> None:
        """Make of a goal what a line asks for, or refuse it."""
        parent_id = line.asked.parent_id
        if isinstance(parent_id, str) and self._is_unknown(parent_id):
            what = f"goal {line.id}"
            check_reference(parent_id, (), what=what, field="parent_id", kind="goal")
        if isinstance(line.asked, GoalDraft):
            if line.id in self.allowed.taken:
                raise _taken(line.id)
            self.forest.put(self._new(line.asked))
        else:
            self.forest.put(self._changed(GoalId(line.id), line.asked))

    def created(self) -> Sequence[Goal]:
        """Return the goals that were not there before the first line."""
        goals = self.forest.goals.values()
        return [goal for goal in goals if goal.id not in self.standing]

    def altered(self) -> Sequence[Goal]:
        """Return the goals that were, and are different now."""
        return [
            goal
            for goal in self.forest.goals.values()
            if goal.id in self.standing and _differs(goal, self.standing[goal.id])
        ]

    def _new(self, draft: GoalDraft) -> Goal:
        parent_id, goals = draft.parent_id, self.forest.goals
        depths = {} if parent_id is None else {parent_id: self.forest.depth(parent_id)}
        near = replace(self.around, goals=goals, depths=depths)
        goal = new_goal(draft, near, self.signed)
        parent = None if parent_id is None else goals[parent_id]
        mine = NONE if parent is None else self.allowed.on(parent)
        self.allowed.rights.check_creates(goal, parent, mine)
        return goal

    def _changed(self, goal_id: GoalId, asked: GoalChange) -> Goal:
        forest = self.forest
        goal = forest.goals[goal_id]
        mine = self.allowed.on(goal)
        if not mine & SOME_WRITING:
            self.allowed.rights.check(goal, mine, [GoalRight.WRITE])
        change = _only_what_differs(goal, asked, self.around.calendar)
        near = replace(self.around, goals=forest.goals)
        place = forest.place_of(goal, changed(asked.parent_id, goal.parent_id))
        after = changed_goal(goal, change, near, place, signed=self.signed)
        if after.parent_id is None and not is_same(after.period, goal.period):
            closed = forest.first_closed_below(goal.id)
            is_told = closed is None or self.allowed.knows(closed.id)
            check_period_moves(goal, closed, is_told=is_told)
        self._check_changes(goal, after, mine)
        return after

    def _check_changes(
        self, goal: Goal, after: Goal, mine: frozenset[GoalRight]
    ) -> None:
        # What stays as it is needs no right: a line tells all of a goal.
        if after == goal and is_same(after.period, goal.period):
            return
        parent = None
        if after.parent_id is not None and after.parent_id != goal.parent_id:
            parent = self.forest.goals[after.parent_id]
        on_parent = NONE if parent is None else self.allowed.on(parent)
        self.allowed.rights.check_changes(goal, after, mine, on_parent, parent)

    def _is_unknown(self, goal_id: str) -> bool:
        return goal_id in self.standing and not self.allowed.knows(goal_id)


def planned_goals(
    lines: Sequence[AskedLine[AskedGoal]],
    forest: Forest,
    around: Surroundings,
    signed: Signature,
) -> ImportPlan[Goal]:
    """Return what the lines make of a forest, which is altered."""
    return planned(lines, ground_of(forest, around, signed))


def ground_of(
    forest: Forest,
    around: Surroundings,
    signed: Signature,
    allowed: Allowed = EVERYTHING,
) -> GoalGround:
    """Return a forest as it is before the first line."""
    return GoalGround(
        forest=forest,
        around=around,
        signed=signed,
        standing=dict(forest.goals),
        allowed=allowed,
    )


def _taken(goal_id: str) -> RefusedError:
    return RefusedError(
        ID_TAKEN,
        f"the id {goal_id} is taken by a goal that you may not read; choose another",
        field="id",
    )


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


def _differs(one: Goal, other: Goal) -> bool:
    return one != other or not is_same(one.period, other.period)
