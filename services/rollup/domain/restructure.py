"""What a change of definitions does to the forest, and to the numbers in it.

Used under the exclusive lock, when nobody else reads or moves anything: goals leave
their ancestors and take their values along, new ones arrive with nothing, and those
whose participation may differ are marked to be derived again. A tree whose metric or
period changes is derived again as one, and shows the former ones until then.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from services.rollup.domain.definitions import Changes, Definitions, Outcome
from services.rollup.domain.forest import Forest
from services.rollup.domain.holding import Holding, Standing
from services.rollup.domain.made_under import Bases, MadeUnder
from services.rollup.domain.overflow import TOTAL_OVERFLOW
from services.rollup.domain.recalculation import recalculated_with
from services.rollup.domain.touching import measured_by, orphans
from shared.domain.goals import Goal, GoalId, GoalNumber, Metric


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
        self._attached: set[GoalNumber] = set()
        self._measured_anew: set[GoalNumber] = set()
        # What was wrong with goals before the change.
        self._before = {
            number: _verdict(self._forest, number) for number in self._forest.blamed
        }
        self.outcome = Outcome()
        self._bases = Bases(
            definitions.forest,
            definitions.metrics,
            self.outcome.planted,
            dict(made_under),
            self.outcome.made_under,
        )
        self._holding = Holding(definitions, standings, self.outcome, self._bases)

    def apply(
        self, changes: Changes, *, computing_already: Iterable[GoalNumber]
    ) -> Outcome:
        """Apply the changes: metrics, then departures, then goals and their places."""
        lost = [node.goal for node in orphans(changes, self._forest)]
        already = set(computing_already)
        halting = self._halting(changes)
        self._count_anew(changes.otherwise.goals - halting)
        self.outcome.passed = self._read_in_part(
            changes.otherwise.passed - halting,
            already if not changes.due else changes.otherwise.passed,
        )
        for metric in changes.metrics:
            self._set_metric(metric)
        for goal_id in changes.gone_goals:
            self._remove(goal_id)
        self._set_definitions(changes.goals)
        named = {goal.id for goal in changes.goals}
        self._set_places(changes.goals)
        self._set_places([one for one in lost if one.id not in named], again=True)
        self._holding.let_go_what_moved()
        self._wake_expired(changes.recalculated)
        self._holding.apply_overdue()
        self._holding.let_go_what_moved()
        for metric_id in changes.gone_metrics:
            self._definitions.metrics.pop(metric_id, None)
        # What happens to a goal of a tree that waits for its new definition starts the
        # whole tree again: then it ends with one word, and changes at once.
        self.outcome.rederived |= self._bases.awaiting(
            self.outcome.rederived | self._attached
        )
        self._recalculate(changes.recalculated)
        self.outcome.passed -= self.outcome.rederived
        self.outcome.due = (
            (self._forest.nodes.keys() - self._forest.frozen) & set(changes.due)
        ) - (self.outcome.rederived | already)
        self._mark_computing(already)
        self._holding.freeze_overdue(halting - self.outcome.renewed)
        self._judge()
        return self.outcome

    def standing(self, number: GoalNumber) -> Standing:
        """Return the goal's numbers as they are now."""
        return self._holding.standing(number)

    def _halting(self, changes: Changes) -> set[GoalNumber]:
        """Return the goals that end with this change, or ended before: they stay so.

        They would count otherwise by it, and show what was whole before.
        """
        now = {one.number: one for one in changes.goals}
        concerned = changes.otherwise.goals | changes.otherwise.passed
        return {
            number
            for number in self._forest.nodes.keys() & concerned
            if self._halts(now.get(number, self._forest.nodes[number].goal))
        }

    def _halts(self, goal: Goal) -> bool:
        directory, standing = (
            self._definitions.directory,
            self._holding.standing(goal.number),
        )
        if directory.stops(goal) and goal.number not in self._bases.known:
            return standing.was_whole or not standing.computing
        ends = directory.stops(goal) or directory.ends(goal)
        return ends and not standing.computing

    def _count_anew(self, numbers: Iterable[GoalNumber]) -> None:
        """Let goals count what they should now; who fails keeps all."""
        for number in sorted(self._forest.nodes.keys() & set(numbers)):
            goal = self._forest.nodes[number].goal
            self._definitions.unindex_goal(goal)
            self._definitions.index_goal(goal)
            self.outcome.rewritten.add(number)
            if not self._definitions.fails(goal):
                self.outcome.rederived.add(number)

    def _read_in_part(
        self, passed: AbstractSet[GoalNumber], more: AbstractSet[GoalNumber]
    ) -> set[GoalNumber]:
        """Return the goals for which some owners' records are all there is to read.

        For those with `more`, which are derived again already or have others due, all
        is read.
        """
        here = self._forest.nodes.keys() & passed
        self.outcome.rederived |= here & more
        return here - more

    def _wake_expired(self, recalculated: Iterable[GoalNumber]) -> None:
        """Let expired goals that somebody changed follow their records once more.

        So do those whose trees are recalculated, and those of disabled managers that
        have another metric: what they held says nothing any more. They stand still
        again as soon as they are derived.
        """
        forest = self._forest
        asleep = {
            node.number
            for number in forest.nodes.keys() & set(recalculated)
            for node in forest.subtree(forest.nodes[number].tree)
        }
        asleep |= self.outcome.rederived
        for number in sorted(asleep & forest.frozen):
            node = forest.nodes[number]
            may_follow = self._definitions.error_of(node.goal) is None
            if node.goal.is_open and (may_follow or number in self._measured_anew):
                self._holding.thaw(node)

    def _judge(self) -> None:
        """Say of every goal what is wrong with it, or with one below it."""
        forest, error_of = self._forest, self._definitions.error_of
        forest.errors = {
            number: error
            for number in forest.frozen
            if (error := error_of(forest.nodes[number].goal)) is not None
        }
        forest.errors.update(dict.fromkeys(forest.overflown, TOTAL_OVERFLOW))
        forest.blamed = forest.blame()
        for number in self._before.keys() | forest.blamed.keys():
            verdict = _verdict(forest, number)
            if number in forest.nodes and verdict != self._before.get(number):
                self.outcome.judged.add(number)
                self.outcome.rewritten.add(number)

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
        self._holding.forget(number)
        self._attached.discard(number)
        self.outcome.gone[number] = (goal_id, group)
        for noted in (
            self.outcome.rewritten,
            self.outcome.moved,
            self.outcome.rederived,
            self.outcome.passed,
            self.outcome.planted,
            self.outcome.held,
            self.outcome.freezing,
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
        if measured_by(old) != measured_by(goal):
            self._bases.keep(old, goal, self._definitions.metrics.get(old.metric_id))
        if old.metric_id != goal.metric_id:
            self._measured_anew.add(number)
            if number in self._forest.written:
                self._holding.release(number)
        if participation_key(old) != participation_key(goal) or (
            old.manager_id != goal.manager_id and self._is_seen_otherwise(goal)
        ):
            self._definitions.unindex_goal(old)
            self._definitions.index_goal(goal)
            self.outcome.rederived.add(number)
        node.goal = goal

    def _is_seen_otherwise(self, goal: Goal) -> bool:
        """Tell whether a goal may count otherwise with its new manager's eyes.

        What it counted when it expired is not known any more: the eyes that it was seen
        with may have changed since.
        """
        if goal.number in self._forest.frozen:
            return goal.is_open and not goal.rollup_only_from_children
        return self._definitions.stands_elsewhere(goal)

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
        self._holding.add_to_ancestors(number, sign=-1)
        self._forest.detach(number)
        self._settle(number)

    def _attach(self, number: GoalNumber, parent: GoalNumber) -> None:
        """Put a root below a parent, whose ancestors take its value in."""
        self._forest.attach(number, parent)
        self._attached.add(number)
        self._holding.add_to_ancestors(number, sign=1)
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

    def _recalculate(self, numbers: Sequence[GoalNumber]) -> None:
        """Have the whole trees of some goals derived again, whatever changed there."""
        outcome = self.outcome
        outcome.renewed = outcome.rederived | outcome.passed
        for number in numbers:
            if number in self._forest.nodes:
                outcome.recalculated[number] = recalculated_with(number, self._forest)
                outcome.rederived |= outcome.recalculated[number]

    def _mark_computing(self, already: set[GoalNumber]) -> None:
        again = self.outcome.rederived | self.outcome.passed | self.outcome.due
        for number in again - already:
            own_line = [
                self._forest.nodes[number],
                *self._forest.ancestors(number),
            ]
            for node in own_line:
                self._holding.standing(node.number).computing += 1
                self.outcome.moved.add(node.number)


def _verdict(forest: Forest, number: GoalNumber) -> tuple[GoalNumber, str] | None:
    culprit = forest.blamed.get(number)
    return None if culprit is None else (culprit, forest.errors[culprit])


def participation_key(goal: Goal) -> tuple[object, ...]:
    """Return the part of a definition that decides which records count.

    What the manager reads, of records and in queries, is compared apart.
    """
    return (
        goal.metric_id,
        goal.owner if goal.owner_records_only else None,
        goal.owner_records_only,
        # Those who know the members know whether that makes a difference.
        goal.include_team_members,
        goal.queries,
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
