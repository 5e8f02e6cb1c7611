"""What goals show while definitions change: computed values, or held ones.

A goal that somebody wrote over, or that is not open, holds its values. Its parent adds
what it shows, so whatever changes that goes up to the first goal that holds its own.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.rollup.domain.definitions import Definitions, Outcome
from services.rollup.domain.forest import Node
from services.rollup.domain.made_under import Bases
from services.rollup.domain.touching import overdue, override_is_overdue
from shared.domain.amounts import fits, units_of
from shared.domain.goals import SLOTS, GoalNumber, Metric, Override


@dataclass(slots=True)
class Standing:
    """A goal's numbers as its ancestors see them, and what still computes."""

    computed: list[int]
    computing: int
    # What it shows instead of what is computed.
    held: list[int] | None = None
    # It was derived to the end once: what it shows was whole.
    was_whole: bool = False

    @property
    def shown(self) -> list[int]:
        """What is added to the parent."""
        return self.computed if self.held is None else self.held


class Holding:
    """The standings of goals under a change, and who begins or ends to hold values."""

    def __init__(
        self,
        definitions: Definitions,
        standings: Mapping[GoalNumber, Standing],
        outcome: Outcome,
        bases: Bases,
    ) -> None:
        self.outcome = outcome
        self._definitions = definitions
        self._forest = definitions.forest
        self._standings = dict(standings)
        self._bases = bases
        # Memory says which goals may hold what was written; these do not any more.
        self._forest.written -= {
            number for number, one in self._standings.items() if one.held is None
        }
        # What was computed, before this change, of goals that were written over.
        self._before: dict[GoalNumber, list[int]] = {}

    def standing(self, number: GoalNumber) -> Standing:
        """Return what the goal's ancestors see of it now."""
        return self._standings.setdefault(number, Standing([0, 0, 0], 0))

    def forget(self, number: GoalNumber) -> None:
        """Forget a goal that is gone."""
        self._before.pop(number, None)

    def apply_overdue(self) -> None:
        """Apply what was written over goals, deepest first; wake those that are open.

        So what somebody wrote over a goal stands though he wrote over its children too.
        """
        freezes = self._definitions.freezes
        deepest_first = sorted(
            overdue(self._definitions), key=lambda node: node.depth, reverse=True
        )
        for node in deepest_first:
            if node.number in self._forest.frozen and not freezes(node.goal):
                self.thaw(node)
        for node in deepest_first:
            if override_is_overdue(node):
                self._override(node)

    def add_to_ancestors(self, number: GoalNumber, *, sign: int) -> None:
        """Give a goal's ancestors what it shows, or take that from them."""
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
            if ancestor.number in self._forest.written:
                self._before.setdefault(ancestor.number, theirs.computed)
            theirs.computed = _sum(theirs.computed, amounts)
            theirs.computing += computing
            self._fit(ancestor.number, before)
            amounts = _difference(theirs.shown, before)
            self.outcome.moved.add(ancestor.number)

    def let_go_what_moved(self) -> None:
        """End what was written over goals whose computed values are others now.

        A goal that leaves one place of a tree for another moves those above both places
        twice, and after all not at all.
        """
        forest = self._forest
        while self._before:
            number = max(self._before, key=lambda one: forest.nodes[one].depth)
            before = self._before.pop(number)
            if (
                self.standing(number).computed != before
                and number in forest.written - forest.frozen
            ):
                self.release(number)

    def _fit(self, number: GoalNumber, before: Sequence[int]) -> None:
        """Let a goal go on showing what it showed while its sum is too large."""
        standing, forest = self.standing(number), self._forest
        if standing.held is not None and number not in forest.overflown:
            return
        fit = all(map(fits, standing.computed))
        if fit and number in forest.overflown:
            standing.held = None
            forest.overflown.discard(number)
        elif not fit and number not in forest.overflown:
            standing.held = list(before)
            forest.overflown.add(number)
        else:
            return
        self.outcome.held.add(number)

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
        self._fit(number, before)
        self._before.pop(number, None)
        node.override_number = override.number
        self.outcome.held.add(number)
        self.outcome.moved.add(number)
        self.outcome.rewritten.add(number)
        self._move_ancestors(number, _difference(standing.shown, before), 0)

    def release(self, number: GoalNumber) -> None:
        """Let a goal and its ancestors show what is computed."""
        standing = self.standing(number)
        before = standing.shown
        self._let_go(number)
        self._fit(number, before)
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

    def thaw(self, node: Node) -> None:
        """Let a goal follow its records again, and catch up."""
        number, forest = node.number, self._forest
        forest.frozen.discard(number)
        self._definitions.index_goal(node.goal)
        self.outcome.held.add(number)
        self.outcome.rewritten.add(number)
        self.outcome.rederived.add(number)
        if number not in forest.locked:
            self.release(number)

    def freeze_overdue(self, at_once: AbstractSet[GoalNumber]) -> None:
        """Let goals that are not open stand still, last of all; some `at_once`."""
        freezes, frozen = self._definitions.freezes, self._forest.frozen
        for node in overdue(self._definitions):
            if node.number not in frozen and freezes(node.goal):
                fails = self._definitions.fails(node.goal)
                self._freeze(node, at_once=fails or node.number in at_once)

    def _freeze(self, node: Node, *, at_once: bool) -> None:
        """Let a goal stand still, once what it shows is whole.

        One whose query fails, or whose manager may not read any more what it counts,
        keeps what it shows at once: what is computed will not be whole any more.
        """
        number, standing = node.number, self.standing(node.number)
        waits = number in self._bases.known or not at_once
        if standing.computing and waits:
            self.outcome.freezing.add(number)
            return
        self._definitions.unindex_goal(node.goal)
        self._forest.frozen.add(number)
        self._forest.overflown.discard(number)
        standing.held = list(standing.shown)
        self.outcome.held.add(number)
        self.outcome.moved.add(number)
        self.outcome.rewritten.add(number)


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
