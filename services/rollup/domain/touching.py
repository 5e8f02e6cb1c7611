"""What a change of definitions is about to touch, before it is made."""

from collections.abc import Iterable, Mapping

from services.rollup.domain.definitions import Changes, Definitions
from services.rollup.domain.forest import Forest, Node
from services.rollup.domain.made_under import MadeUnder
from shared.domain.goals import Goal, GoalNumber


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
    numbers |= {node.number for node in overdue(definitions)}
    numbers |= forest.nodes.keys() & {
        *changes.otherwise.goals,
        *changes.otherwise.passed,
        *changes.due,
    }
    metric_ids = {metric.id for metric in changes.metrics}
    if metric_ids:
        numbers |= {
            node.number
            for node in forest.nodes.values()
            if node.goal.metric_id in metric_ids
        }
    numbers |= forest.nodes.keys() & set(changes.recalculated)
    trees_as_one = (
        made_under
        or changes.metrics
        or changes.recalculated
        or any(_is_remeasured(goal, forest) for goal in changes.goals)
    )
    return _trees_of(numbers, forest) if trees_as_one else lines_of(numbers, forest)


def _trees_of(numbers: Iterable[GoalNumber], forest: Forest) -> set[GoalNumber]:
    trees = {forest.nodes[number].tree for number in numbers}
    return {node.number for tree in trees for node in forest.subtree(tree)}


def lines_of(numbers: Iterable[GoalNumber], forest: Forest) -> set[GoalNumber]:
    """Return goals and all their ancestors."""
    above = {node.number for number in numbers for node in forest.ancestors(number)}
    return above.union(numbers)


def _is_remeasured(goal: Goal, forest: Forest) -> bool:
    number = forest.numbers.get(goal.id)
    return number is not None and measured_by(forest.nodes[number].goal) != measured_by(
        goal
    )


def measured_by(goal: Goal) -> tuple[object, ...]:
    """Return what a goal's values belong to."""
    return goal.metric_id, goal.period


def moving_groups(changes: Changes, definitions: Definitions) -> set[int]:
    """Return the groups of trees whose goals come, go, or hold other values.

    What waits for them is added up first.
    """
    forest = definitions.forest
    groups = {node.group for node in _orphans_with_parents(changes, forest)}
    groups |= {node.group for node in overdue(definitions)}
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
        if (goal.state, goal.override) != (node.goal.state, node.goal.override) or (
            definitions.freezes(goal) != (number in forest.frozen)
        ):
            groups.add(node.group)
        if goal.number != number or goal.parent_id != old_parent:
            groups.add(node.group)
            if goal.parent_id is not None and goal.parent_id in forest.numbers:
                groups.add(forest.nodes[forest.numbers[goal.parent_id]].group)
    return groups


def orphans(changes: Changes, forest: Forest) -> list[Node]:
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
    several = orphans(changes, forest)
    parents = {
        forest.numbers[node.goal.parent_id]
        for node in several
        if node.goal.parent_id in forest.numbers
    }
    return [*several, *(forest.nodes[number] for number in sorted(parents))]


def overdue(definitions: Definitions) -> list[Node]:
    """Return the goals whose override, or whose standing still, is to be applied."""
    # All goals are looked at, several times in each change.
    frozen, freezes = definitions.forest.frozen, definitions.freezes
    return [
        node
        for number, node in definitions.forest.nodes.items()
        if freezes(node.goal) is not (number in frozen)
        or (node.goal.override is not None and override_is_overdue(node))
    ]


def override_is_overdue(node: Node) -> bool:
    """Tell whether the goal's last override was not applied yet."""
    override = node.goal.override
    return override is not None and override.number > node.override_number
