"""What a goal's values were made under, while it is being derived again.

A tree whose metric or period changes goes on showing the former ones with the former
values, until all of it is derived again; then the whole tree changes at once. So
nobody reads a value beside a period that it was not made in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.rollup.domain.forest import Forest
from shared.domain.goals import Goal, GoalNumber, Metric, MetricId
from shared.domain.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUnder:
    """The metric and period that a goal's standing values belong to."""

    metric: Metric
    period: Period
    # Target and stretch target of that metric, once the goal has another one.
    targets: tuple[str | None, str | None] | None = None

    def shown(self, goal: Goal) -> Goal:
        """Return the goal as it fits its values."""
        target, stretch_target = self.targets or (goal.target, goal.stretch_target)
        return replace(
            goal,
            metric_id=self.metric.id,
            period=self.period,
            target=target,
            stretch_target=stretch_target,
        )


@dataclass(slots=True)
class Bases:
    """What the values of all goals were made under, while definitions change."""

    forest: Forest
    metrics: Mapping[MetricId, Metric]
    # Goals that come by this change: they have no values yet.
    planted: set[GoalNumber]
    known: dict[GoalNumber, MadeUnder]
    noted: dict[GoalNumber, MadeUnder] = field(default_factory=dict)

    def keep(self, old: Goal, new: Goal, metric: Metric | None) -> None:
        """Note what `old` was measured by, unless it is an earlier definition."""
        under = self.known.get(old.number)
        if under is None:
            if metric is None or old.number in self.planted:
                return
            under = MadeUnder(metric=metric, period=old.period)
        if under.targets is None and new.metric_id != under.metric.id:
            under = replace(under, targets=(old.target, old.stretch_target))
        self._note(old.number, under)

    def forget(self, number: GoalNumber) -> None:
        """Forget a goal that is gone."""
        self.known.pop(number, None)
        self.noted.pop(number, None)

    def agree(self, number: GoalNumber, parent: GoalNumber) -> bool:
        """Tell whether two trees show one definition; what is planted just now adapts.

        If neither is being derived again, it is not for us to compare them.
        """
        mine, theirs = self.known.get(number), self.known.get(parent)
        if mine is None and theirs is None:
            return True
        if self._basis(number) == self._basis(parent):
            return True
        root = self.forest.nodes[parent].tree
        if theirs is not None and self._is_planted(number):
            self._adapt(number, theirs)
        elif mine is not None and self._is_planted(root):
            self._adapt(root, mine)
        else:
            return False
        return True

    def awaiting(self, numbers: Iterable[GoalNumber]) -> set[GoalNumber]:
        """Return all goals of those trees that wait for their new definition."""
        nodes = self.forest.nodes
        trees = {nodes[number].tree for number in self.known if number in nodes}
        trees &= {nodes[number].tree for number in numbers}
        return {node.number for tree in trees for node in self.forest.subtree(tree)}

    def _basis(self, number: GoalNumber) -> tuple[object, ...]:
        under = self.known.get(number)
        goal = self.forest.nodes[number].goal
        metric = under.metric if under else self.metrics.get(goal.metric_id)
        period = under.period if under else goal.period
        # Only the days and the zone decide; what a period is called does not.
        return metric, period.start, period.end, period.time_zone

    def _is_planted(self, root: GoalNumber) -> bool:
        return all(node.number in self.planted for node in self.forest.subtree(root))

    def _adapt(self, root: GoalNumber, under: MadeUnder) -> None:
        for node in self.forest.subtree(root):
            is_of_it = node.goal.metric_id == under.metric.id
            self._note(
                node.number, replace(under, targets=None if is_of_it else (None, None))
            )

    def _note(self, number: GoalNumber, under: MadeUnder) -> None:
        if self.known.get(number) != under:
            self.known[number] = self.noted[number] = under
