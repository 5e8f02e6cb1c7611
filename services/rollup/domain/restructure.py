"""What a change of definitions does to the forest, and to the numbers in it.

Used under the exclusive lock, when nobody else reads or moves anything: goals leave
their ancestors and take their values along, new ones arrive with nothing, and those
whose participation may differ are marked to be derived again. A tree whose metric or
period changes is derived again as one, and shows the former ones until then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.rollup.domain.contributions import Contributions, with_kept
from services.rollup.domain.forest import Forest, Node
from services.rollup.domain.goal_index import GoalIndex
from services.rollup.domain.made_under import Bases, MadeUnder
from shared.domain.amounts import units_of
from shared.domain.goals import (
    SLOTS,
    Goal,
    GoalId,
    GoalNumber,
    Metric,
    MetricId,
    Override,
)
from shared.domain.records import Record


@dataclass(slots=True)
class Standing:
    """A goal's numbers as its ancestors see them, and what still computes."""

    computed: list[int]
    computing: int
    # What it shows instead of what is computed.
    held: list[int] | None = None

    @property
    def shown(self) -> list[int]:
        """What is added to the parent."""
        return self.computed if self.held is None else self.held


@dataclass(slots=True)
class Definitions:
    """All definitions at one revision, arranged for use."""

    revision: int = 0
    metrics: dict[MetricId, Metric] = field(default_factory=dict)
    forest: Forest = field(default_factory=Forest)
    index: GoalIndex = field(default_factory=GoalIndex)

    def contributions_of(
        self, record: Record, before: Contributions | None
    ) -> Contributions:
        """Return what a record adds now, if it added `before` until now."""
        added = self.index.contributions_of(record)
        frozen = self.forest.frozen
        if before is None or not frozen:
            return added
        return with_kept(before, added, frozen)

    def index_goal(self, goal: Goal) -> None:
        """Let records meet the goal, if its metric is known and it follows them."""
        metric = self.metrics.get(goal.metric_id)
        if metric is not None and goal.number not in self.forest.frozen:
            self.index.add(goal, metric)

    def unindex_goal(self, goal: Goal) -> None:
        """Let records pass the goal."""
        metric = self.metrics.get(goal.metric_id)
        if metric is not None and goal.number not in self.forest.frozen:
            self.index.remove(goal, metric)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What some change sets say, the newest state of each thing."""

    metrics: Sequence[Metric] = ()
    gone_metrics: Sequence[MetricId] = ()
    goals: Sequence[Goal] = ()
    gone_goals: Sequence[GoalId] = ()


@dataclass(slots=True)
class Outcome:
    """What must be written after the forest was changed."""

    # Goals whose row says something else now (definition or place).
    rewritten: set[GoalNumber] = field(default_factory=set)
    planted: set[GoalNumber] = field(default_factory=set)
    # With the group that announced it until now.
    gone: dict[GoalNumber, tuple[GoalId, int]] = field(default_factory=dict)
    # Goals whose computed or held values moved.
    moved: set[GoalNumber] = field(default_factory=set)
    # Goals that begin or end to hold their values.
    held: set[GoalNumber] = field(default_factory=set)
    rederived: set[GoalNumber] = field(default_factory=set)
    # For each group: those whose earlier announcements must go out first.
    came_from: dict[int, set[int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    # What goals' values were made under, where that is news.
    made_under: dict[GoalNumber, MadeUnder] = field(default_factory=dict)
    # Their place, override or state waits until what trees show fits it: till then they
    # are roots, or show what is computed.
    following: set[GoalNumber] = field(default_factory=set)


def touched_goals(
    changes: Changes,
    definitions: Definitions,
    made_under: Mapping[GoalNumber, MadeUnder],
) -> set[GoalNumber]:
    """Return the goals whose standing the change reads: they and all ancestors.

    Where trees are derived again as one, that is all of their goals.
    """
    forest = definitions.forest
    numbers: set[GoalNumber] = set()
    for goal_id in changes.gone_goals:
        number = forest.numbers.get(goal_id)
        if number is not None:
            numbers |= {number, *forest.nodes[number].children}
    for goal in changes.goals:
        old = forest.numbers.get(goal.id)
        if old is not None:
            numbers |= {old, *forest.nodes[old].children}
        parent = None if goal.parent_id is None else forest.numbers.get(goal.parent_id)
        if parent is not None:
            numbers.add(parent)
    numbers |= {node.number for node in _orphans_with_parents(changes, forest)}
    numbers |= {node.number for node in _overdue(forest)}
    metric_ids = {metric.id for metric in changes.metrics}
    if metric_ids:
        numbers |= {
            node.number
            for node in forest.nodes.values()
            if node.goal.metric_id in metric_ids
        }
    trees_as_one = (
        made_under
        or changes.metrics
        or any(_is_remeasured(goal, forest) for goal in changes.goals)
    )
    return _trees_of(numbers, forest) if trees_as_one else _lines_of(numbers, forest)


def _trees_of(numbers: Iterable[GoalNumber], forest: Forest) -> set[GoalNumber]:
    trees = {forest.nodes[number].tree for number in numbers}
    return {node.number for tree in trees for node in forest.subtree(tree)}


def _lines_of(numbers: Iterable[GoalNumber], forest: Forest) -> set[GoalNumber]:
    above = {node.number for number in numbers for node in forest.ancestors(number)}
    return above.union(numbers)


def _is_remeasured(goal: Goal, forest: Forest) -> bool:
    number = forest.numbers.get(goal.id)
    return number is not None and _measured_by(
        forest.nodes[number].goal
    ) != _measured_by(goal)


def _measured_by(goal: Goal) -> tuple[object, ...]:
    return goal.metric_id, goal.period


def moving_groups(changes: Changes, definitions: Definitions) -> set[int]:
    """Return the groups of trees whose goals come, go, or hold other values.

    What waits for them is added up first.
    """
    forest = definitions.forest
    groups = {node.group for node in _orphans_with_parents(changes, forest)}
    groups |= {node.group for node in _overdue(forest)}
    for goal_id in changes.gone_goals:
        number = forest.numbers.get(goal_id)
        if number is not None:
            groups.add(forest.nodes[number].group)
    for goal in changes.goals:
        number = forest.numbers.get(goal.id)
        if number is None:
            continue
        node = forest.nodes[number]
        old_parent = None if node.parent is None else forest.nodes[node.parent].goal.id
        if (goal.state, goal.override) != (node.goal.state, node.goal.override):
            groups.add(node.group)
        if goal.number != number or goal.parent_id != old_parent:
            groups.add(node.group)
            if goal.parent_id is not None and goal.parent_id in forest.numbers:
                groups.add(forest.nodes[forest.numbers[goal.parent_id]].group)
    return groups


def _orphans(changes: Changes, forest: Forest) -> list[Node]:
    """Return the roots whose definition names a parent that is there or arrives now.

    Compaction may put a parent behind its children: it keeps the newest message. And
    some were not placed yet because their values were made under another definition.
    """
    arriving = {goal.id for goal in changes.goals}
    return [
        node
        for node in forest.nodes.values()
        if node.parent is None
        and node.goal.parent_id is not None
        and (node.goal.parent_id in forest.numbers or node.goal.parent_id in arriving)
    ]


def _orphans_with_parents(changes: Changes, forest: Forest) -> list[Node]:
    orphans = _orphans(changes, forest)
    parents = {
        forest.numbers[node.goal.parent_id]
        for node in orphans
        if node.goal.parent_id in forest.numbers
    }
    return [*orphans, *(forest.nodes[number] for number in sorted(parents))]


def _overdue(forest: Forest) -> list[Node]:
    """Return the goals whose override or state was not applied yet."""
    return [
        node
        for node in forest.nodes.values()
        if _override_is_overdue(node)
        or node.goal.is_open == (node.number in forest.frozen)
    ]


def _override_is_overdue(node: Node) -> bool:
    override = node.goal.override
    return override is not None and override.number > node.override_number


class Restructuring:
    """Applies changes to definitions in memory and notes what must be written."""

    def __init__(
        self,
        definitions: Definitions,
        standings: Mapping[GoalNumber, Standing],
        made_under: Mapping[GoalNumber, MadeUnder],
    ) -> None:
        self._definitions = definitions
        self._forest = definitions.forest
        self._standings = dict(standings)
        self._attached: set[GoalNumber] = set()
        self.outcome = Outcome()
        self._bases = Bases(
            definitions.forest,
            definitions.metrics,
            self.outcome.planted,
            dict(made_under),
            self.outcome.made_under,
        )

    def standing(self, number: GoalNumber) -> Standing:
        """Return what the goal's ancestors see of it now."""
        return self._standings.setdefault(number, Standing([0, 0, 0], 0))

    def apply(
        self, changes: Changes, *, computing_already: Iterable[GoalNumber]
    ) -> Outcome:
        """Apply the changes: metrics, then departures, then goals and their places."""
        orphans = [node.goal for node in _orphans(changes, self._forest)]
        for metric in changes.metrics:
            self._set_metric(metric)
        for goal_id in changes.gone_goals:
            self._remove(goal_id)
        self._set_definitions(changes.goals)
        named = {goal.id for goal in changes.goals}
        self._set_places(changes.goals)
        self._set_places([one for one in orphans if one.id not in named], again=True)
        self._set_holds()
        for metric_id in changes.gone_metrics:
            self._definitions.metrics.pop(metric_id, None)
        # What happens to a goal of a tree that waits for its new definition starts the
        # whole tree again: then it ends with one word, and changes at once.
        self.outcome.rederived |= self._bases.awaiting(
            self.outcome.rederived | self._attached
        )
        self._mark_computing(set(computing_already))
        for node in _overdue(self._forest):
            if not node.goal.is_open:
                self._freeze(node)
        return self.outcome

    def _set_holds(self) -> None:
        """Apply what was written over goals, deepest first; wake those that are open.

        So what somebody wrote over a goal stands though he wrote over its children too.
        """
        overdue = sorted(
            _overdue(self._forest), key=lambda node: node.depth, reverse=True
        )
        for node in overdue:
            if node.goal.is_open and node.number in self._forest.frozen:
                self._thaw(node)
        for node in overdue:
            if _override_is_overdue(node):
                self._override(node)

    def _set_metric(self, metric: Metric) -> None:
        old = self._definitions.metrics.get(metric.id)
        if old == metric:
            return
        goals = [
            node.goal
            for node in self._forest.nodes.values()
            if node.goal.metric_id == metric.id
        ]
        for goal in goals:
            self._bases.keep(goal, goal, old)
            self._definitions.unindex_goal(goal)
        self._definitions.metrics[metric.id] = metric
        for goal in goals:
            self._definitions.index_goal(goal)
            self.outcome.rewritten.add(goal.number)
            self.outcome.rederived.add(goal.number)

    def _remove(self, goal_id: GoalId) -> None:
        number = self._forest.numbers.get(goal_id)
        if number is None:
            return
        node = self._forest.nodes[number]
        group = node.group
        self._definitions.unindex_goal(node.goal)
        for child in sorted(node.children):
            self._detach(child)
        self._detach(number)
        self._forest.fell(number)
        self._bases.forget(number)
        self._attached.discard(number)
        self.outcome.gone[number] = (goal_id, group)
        for noted in (
            self.outcome.rewritten,
            self.outcome.moved,
            self.outcome.rederived,
            self.outcome.planted,
            self.outcome.held,
        ):
            noted.discard(number)

    def _set_definitions(self, goals: Sequence[Goal]) -> None:
        for goal in goals:
            number = self._forest.numbers.get(goal.id)
            if number is not None and number != goal.number:
                # The id was taken up again after a deletion that compaction hid.
                self._remove(goal.id)
                number = None
            if number is None:
                self._forest.plant(goal)
                self._definitions.index_goal(goal)
                self.outcome.planted.add(goal.number)
                if not goal.rollup_only_from_children:
                    self.outcome.rederived.add(goal.number)
            else:
                self._redefine(number, goal)
            self.outcome.rewritten.add(goal.number)

    def _redefine(self, number: GoalNumber, goal: Goal) -> None:
        node = self._forest.nodes[number]
        old = node.goal
        if _measured_by(old) != _measured_by(goal):
            self._bases.keep(old, goal, self._definitions.metrics.get(old.metric_id))
        if old.metric_id != goal.metric_id and number in self._forest.written:
            self._release(number)
        if participation_key(old) != participation_key(goal):
            self._definitions.unindex_goal(old)
            self._definitions.index_goal(goal)
            self.outcome.rederived.add(number)
        node.goal = goal

    def _set_places(self, goals: Sequence[Goal], *, again: bool = False) -> None:
        """Move goals: all leave first, so that no order of moves makes a circle."""
        moving: list[tuple[GoalNumber, GoalNumber]] = []
        for goal in goals:
            node = self._forest.nodes.get(goal.number)
            if node is None:  # an orphan that is gone by the same change
                continue
            parent = self._parent_of(goal)
            if parent == node.parent:
                continue
            self._detach(goal.number)
            if parent is not None:
                moving.append((goal.number, parent))
        for number, parent in moving:
            if self._forest.is_within(parent, number):
                if not again or parent in self.outcome.planted:
                    self._refuse_circle(number)
            elif self._bases.agree(number, parent):
                self._attach(number, parent)
            else:
                self.outcome.following.add(number)

    def _refuse_circle(self, number: GoalNumber) -> None:
        goal_id = self._forest.nodes[number].goal.id
        self.outcome.refused.append(
            f"goal {goal_id} cannot stand below itself; it is a root until its "
            "parent is changed"
        )

    def _parent_of(self, goal: Goal) -> GoalNumber | None:
        if goal.parent_id is None:
            return None
        number = self._forest.numbers.get(goal.parent_id)
        if number is None:
            self.outcome.refused.append(
                f"goal {goal.id} names a parent {goal.parent_id} that does not exist; "
                "it is a root until that goal is there or its parent is changed"
            )
        return number

    def _detach(self, number: GoalNumber) -> None:
        """Take a goal's value out of its ancestors; it becomes a root."""
        if self._forest.nodes[number].parent is None:
            return
        self._add_to_ancestors(number, sign=-1)
        self._forest.detach(number)
        self._settle(number)

    def _attach(self, number: GoalNumber, parent: GoalNumber) -> None:
        """Put a root below a parent, whose ancestors take its value in."""
        self._forest.attach(number, parent)
        self._attached.add(number)
        self._add_to_ancestors(number, sign=1)
        self._settle(number)

    def _settle(self, number: GoalNumber) -> None:
        before = self._forest.nodes[number].group
        self._forest.settle(number)
        after = self._forest.nodes[number].group
        if before != after:
            came_from = self.outcome.came_from
            # A goal that moves passes through a group of its own: the one it left
            # first counts as well.
            passed = {before} | came_from.get(before, set())
            came_from.setdefault(after, set()).update(passed)
        self.outcome.rewritten |= {node.number for node in self._forest.subtree(number)}

    def _add_to_ancestors(self, number: GoalNumber, *, sign: int) -> None:
        mine = self.standing(number)
        self._move_ancestors(
            number, [sign * one for one in mine.shown], sign * mine.computing
        )

    def _move_ancestors(
        self, number: GoalNumber, amounts: Sequence[int], computing: int
    ) -> None:
        """Let a goal's ancestors see that it shows something else by these amounts."""
        for ancestor in self._forest.ancestors(number):
            if not (any(amounts) or computing):
                return
            theirs = self.standing(ancestor.number)
            before = theirs.shown.copy()
            theirs.computed = _sum(theirs.computed, amounts)
            theirs.computing += computing
            if any(amounts) and not self._stands_still(ancestor.number):
                self._let_go(ancestor.number)
            amounts = _difference(theirs.shown, before)
            self.outcome.moved.add(ancestor.number)

    def _stands_still(self, number: GoalNumber) -> bool:
        return number in self._forest.locked or number in self._forest.frozen

    def _override(self, node: Node) -> None:
        """Apply what somebody wrote over a goal's values, or took back."""
        number, override = node.number, node.goal.override
        under = self._bases.known.get(number)
        if under is not None and under.metric.id != node.goal.metric_id:
            # What it shows is of another metric until its tree is derived again.
            self.outcome.following.add(number)
            return
        metric = self._definitions.metrics.get(node.goal.metric_id)
        if override is None or metric is None:
            return
        standing = self.standing(number)
        before = standing.shown
        self._let_go(number)
        if override.holds:
            standing.held = _written(override, metric, before)
            holding = (
                self._forest.locked if override.is_overridden else self._forest.written
            )
            holding.add(number)
        node.override_number = override.number
        self.outcome.held.add(number)
        self.outcome.moved.add(number)
        self.outcome.rewritten.add(number)
        self._move_ancestors(number, _difference(standing.shown, before), 0)

    def _release(self, number: GoalNumber) -> None:
        """Let a goal and its ancestors show what is computed."""
        standing = self.standing(number)
        before = standing.shown
        self._let_go(number)
        self.outcome.moved.add(number)
        self._move_ancestors(number, _difference(standing.shown, before), 0)

    def _let_go(self, number: GoalNumber) -> None:
        """Forget what somebody wrote over a goal; it shows what is computed."""
        standing = self.standing(number)
        if standing.held is not None:
            is_frozen = number in self._forest.frozen
            standing.held = list(standing.computed) if is_frozen else None
            self.outcome.held.add(number)
        self._forest.let_go(number)

    def _thaw(self, node: Node) -> None:
        """Let a goal follow its records again, and catch up."""
        number, forest = node.number, self._forest
        forest.frozen.discard(number)
        self._definitions.index_goal(node.goal)
        self.outcome.held.add(number)
        self.outcome.rederived.add(number)
        if number not in forest.locked:
            self._release(number)

    def _freeze(self, node: Node) -> None:
        """Let a goal stand still, once what it shows is whole."""
        number, standing = node.number, self.standing(node.number)
        if standing.computing:
            self.outcome.following.add(number)
            return
        self._definitions.unindex_goal(node.goal)
        self._forest.frozen.add(number)
        standing.held = list(standing.shown)
        self.outcome.held.add(number)
        self.outcome.moved.add(number)
        self.outcome.rewritten.add(number)

    def _mark_computing(self, already: set[GoalNumber]) -> None:
        for number in self.outcome.rederived - already:
            own_line = [
                self._forest.nodes[number],
                *self._forest.ancestors(number),
            ]
            for node in own_line:
                self.standing(node.number).computing += 1
                self.outcome.moved.add(node.number)


def _written(override: Override, metric: Metric, before: Sequence[int]) -> list[int]:
    """Return what is held: what was written, else what was shown before."""
    held = list(before)
    for index, slot in enumerate(SLOTS):
        units = units_of(override.values.get(slot), metric.decimals)
        if units is not None:
            held[index] = units
    return held


def _sum(ours: Sequence[int], theirs: Sequence[int]) -> list[int]:
    return [one + other for one, other in zip(ours, theirs, strict=True)]


def _difference(ours: Sequence[int], theirs: Sequence[int]) -> list[int]:
    return [one - other for one, other in zip(ours, theirs, strict=True)]


def participation_key(goal: Goal) -> tuple[object, ...]:
    """Return the part of a definition that decides which records count."""
    return (
        goal.metric_id,
        goal.owner if goal.owner_records_only else None,
        goal.owner_records_only,
        goal.rollup_only_from_children,
        goal.period,
    )


def announced_by_group(
    outcome: Outcome, forest: Forest
) -> dict[int, tuple[list[GoalNumber], list[GoalId]]]:
    """Return which goals each group must announce, and which ids are gone."""
    groups: dict[int, tuple[list[GoalNumber], list[GoalId]]] = {}
    for number in sorted(outcome.rewritten | outcome.moved):
        groups.setdefault(forest.nodes[number].group, ([], []))[0].append(number)
    for _, (goal_id, group) in sorted(outcome.gone.items()):
        groups.setdefault(group, ([], []))[1].append(goal_id)
    return groups
