"""The forest of goals: who stands under whom, and in which group of trees.

Held in memory by every rollup process at one revision of the definitions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from shared.domain.goals import DEPTH_MAX, Goal, GoalId, GoalNumber

TREE_GROUPS: Final = 16


class BrokenForestError(Exception):
    """Parents lead in a circle; that must never get here."""


def group_of_tree(root: GoalNumber) -> int:
    """Return the group that climbs the tree of this root."""
    return root % TREE_GROUPS


@dataclass(slots=True)
class Node:
    """A goal with its place."""

    goal: Goal
    parent: GoalNumber | None
    tree: GoalNumber
    depth: int = 0
    children: set[GoalNumber] = field(default_factory=set)
    # The last override that was applied.
    override_number: int = 0

    @property
    def number(self) -> GoalNumber:
        """The goal's number."""
        return self.goal.number

    @property
    def group(self) -> int:
        """The group of trees that the goal climbs in."""
        return group_of_tree(self.tree)


class Forest:
    """All goals there are, by number and by id."""

    def __init__(self) -> None:
        self.nodes: dict[GoalNumber, Node] = {}
        self.numbers: dict[GoalId, GoalNumber] = {}
        # Goals that hold their values until a lock is taken off.
        self.locked: set[GoalNumber] = set()
        # Goals that hold them until they are open again.
        self.frozen: set[GoalNumber] = set()
        # Goals that may hold them until what is computed moves: whether they still do,
        # the tables know.
        self.written: set[GoalNumber] = set()
        # Goals that hold them until their sum can be shown again.
        self.overflown: set[GoalNumber] = set()
        # What keeps goals from being rolled up; and whom to name for it, on themselves
        # and on all above them.
        self.errors: dict[GoalNumber, str] = {}
        self.blamed: dict[GoalNumber, GoalNumber] = {}

    @property
    def holds_anything(self) -> bool:
        """Tell whether any goal may show something else than what is computed."""
        return bool(self.locked or self.frozen or self.written or self.overflown)

    def group_of(self, number: int) -> int | None:
        """Return the goal's group of trees, or None if the goal is gone."""
        node = self.nodes.get(GoalNumber(number))
        return None if node is None else node.group

    def plant(self, goal: Goal) -> Node:
        """Add a goal as a root of its own."""
        node = Node(goal, None, goal.number)
        self.nodes[goal.number] = node
        self.numbers[goal.id] = goal.number
        return node

    def fell(self, number: GoalNumber) -> Node:
        """Take a goal out; it must stand alone by now."""
        node = self.nodes.pop(number)
        self.let_go(number)
        self.frozen.discard(number)
        self.errors.pop(number, None)
        self.blamed.pop(number, None)
        if self.numbers.get(node.goal.id) == number:
            del self.numbers[node.goal.id]
        return node

    def let_go(self, number: GoalNumber) -> None:
        """Note that an open goal shows what is computed."""
        self.locked.discard(number)
        self.written.discard(number)
        self.overflown.discard(number)

    def error_of(self, number: GoalNumber) -> str | None:
        """Return what is wrong with a goal, or with one below it."""
        culprit = self.blamed.get(number)
        return None if culprit is None else self.errors.get(culprit)

    def blame(self) -> dict[GoalNumber, GoalNumber]:
        """Return for every goal that fails, or stands above one, whom to name."""
        blamed = {number: number for number in self.errors}
        for number in sorted(self.errors):
            for node in self.ancestors(number):
                blamed.setdefault(node.number, number)
        return blamed

    def ancestors(self, number: GoalNumber) -> Iterator[Node]:
        """Yield the parent, its parent, … up to the root."""
        parent = self.nodes[number].parent
        steps = 0
        while parent is not None:
            steps += 1
            if steps > DEPTH_MAX + 1:
                raise BrokenForestError(
                    f"goal {self.nodes[number].goal.id} sits deeper than {DEPTH_MAX} "
                    "levels; check that none of its ancestors points back to it"
                )
            node = self.nodes[parent]
            yield node
            parent = node.parent

    def subtree(self, number: GoalNumber) -> Iterator[Node]:
        """Yield the goal and all its descendants, parents first."""
        waiting = [number]
        while waiting:
            node = self.nodes[waiting.pop()]
            yield node
            waiting.extend(sorted(node.children))

    def is_within(self, number: GoalNumber, root: GoalNumber) -> bool:
        """Tell whether `number` is `root` or stands below it."""
        return number == root or any(
            node.number == root for node in self.ancestors(number)
        )

    def detach(self, number: GoalNumber) -> None:
        """Cut a goal from its parent; its tree is settled by `settle`."""
        node = self.nodes[number]
        if node.parent is not None:
            self.nodes[node.parent].children.discard(number)
            node.parent = None

    def attach(self, number: GoalNumber, parent: GoalNumber) -> None:
        """Put a root under a parent; its tree is settled by `settle`."""
        self.nodes[number].parent = parent
        self.nodes[parent].children.add(number)

    def settle(self, number: GoalNumber) -> None:
        """Tell a moved subtree its tree and depths."""
        node = self.nodes[number]
        above = None if node.parent is None else self.nodes[node.parent]
        for one in self.subtree(number):
            if one is node:
                one.tree = node.number if above is None else above.tree
                one.depth = 0 if above is None else above.depth + 1
            else:
                parent = self.nodes[GoalNumber(one.parent or 0)]
                one.tree, one.depth = parent.tree, parent.depth + 1
