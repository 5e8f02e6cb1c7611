"""Whatever is done to the forest, it ends as if it had been planted that way."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rollup.domain.definitions import Changes, Definitions, Outcome
from services.rollup.domain.forest import BrokenForestError, group_of_tree
from services.rollup.domain.holding import Standing
from services.rollup.domain.made_under import MadeUnder
from services.rollup.domain.restructure import Restructuring, announced_by_group
from services.rollup.domain.touching import moving_groups, touched_goals
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import Goal, GoalId, GoalNumber, Metric, MetricId
from shared.domain.periods import Period
from tests.rollup.making import QUARTER, REVENUE, goal, planted, record

OTHER = Metric(
    id=MetricId("other"),
    kind=MetricKind.AMOUNT,
    data_type=DataType.INTEGER,
    rollup_fields=REVENUE.rollup_fields,
)

YEAR = Period(start=date(2026, 1, 1), end=date(2026, 12, 31), time_zone="UTC")


@dataclass(slots=True)
class World:
    """Definitions with numbers, kept the way the tables keep them."""

    definitions: Definitions = field(default_factory=lambda: planted({}))
    own: dict[int, int] = field(default_factory=dict)
    totals: dict[GoalNumber, Standing] = field(default_factory=dict)
    computing: set[GoalNumber] = field(default_factory=set)
    made_under: dict[GoalNumber, MadeUnder] = field(default_factory=dict)
    # Roots until they agree with the parent that they name.
    following: set[GoalNumber] = field(default_factory=set)
    # What a change touched beyond what it had announced that it would.
    surprises: list[GoalNumber] = field(default_factory=list)

    def apply(self, changes: Changes) -> Outcome:
        """Apply a change as `redefine` does, reading only what it says it touches."""
        touched = touched_goals(changes, self.definitions, self.made_under)
        work = Restructuring(
            self.definitions,
            {
                number: deepcopy(one)
                for number, one in self.totals.items()
                if number in touched
            },
            self.made_under,
        )
        outcome = work.apply(changes, computing_already=self.computing & touched)
        for number in outcome.gone:
            self.totals.pop(number, None)
            self.own.pop(number, None)
            self.computing.discard(number)
            self.made_under.pop(number, None)
        for number in outcome.moved:
            if number in self.totals and number not in touched:
                self.surprises.append(number)
            self.totals[number] = work.standing(number)
        for number in outcome.planted:
            self.totals.setdefault(number, Standing([0, 0, 0], 0))
            self.own.setdefault(number, 0)
        self.computing |= outcome.rederived
        self.made_under |= outcome.made_under
        self.following = outcome.following
        return outcome

    def own_moves(self, number: GoalNumber, amount: int) -> None:
        """Let a goal's own value move, and all above it."""
        self.own[number] += amount
        self.totals[number].computed[0] += amount
        for node in self.definitions.forest.ancestors(number):
            self.totals[node.number].computed[0] += amount

    def done(self, number: GoalNumber) -> None:
        """Let a goal's re-derivation be done; with its whole tree, if that waits."""
        forest = self.definitions.forest
        tree = [node.number for node in forest.subtree(forest.nodes[number].tree)]
        is_whole = any(one in self.made_under for one in tree)
        for one in tree if is_whole else [number]:
            assert one in self.computing
            self.computing.discard(one)
            self.made_under.pop(one, None)
            self.totals[one].computing -= 1
            for node in forest.ancestors(one):
                self.totals[node.number].computing -= 1


def parents_by_definition(world: World) -> dict[GoalNumber, GoalNumber | None]:
    """Return who should stand under whom, by what the definitions name."""
    forest = world.definitions.forest
    return {
        number: forest.numbers.get(node.goal.parent_id)
        if node.goal.parent_id is not None and number not in world.following
        else None
        for number, node in forest.nodes.items()
    }


def check(world: World) -> None:
    """Compare everything with what it would be if it were built from nothing."""
    forest = world.definitions.forest
    assert not world.surprises
    parents = parents_by_definition(world)
    for number, node in forest.nodes.items():
        assert node.parent == parents[number]
        assert forest.numbers[node.goal.id] == number
        line = [number]
        while (above := parents[line[-1]]) is not None:
            line.append(above)
        assert (node.tree, node.depth) == (line[-1], len(line) - 1)
        assert node.group == line[-1] % 16
        assert node.children == {one for one, two in parents.items() if two == number}
        below = {one.number for one in forest.subtree(number)}
        assert world.totals[number].computed[0] == sum(world.own[one] for one in below)
        assert world.totals[number].computing == len(below & world.computing)
    assert world.totals.keys() == world.own.keys() == forest.nodes.keys()
    assert len(forest.numbers) == len(forest.nodes)
    assert world.made_under.keys() <= world.computing
    for number, node in forest.nodes.items():
        assert basis(world, number) == basis(world, node.tree)


def basis(world: World, number: GoalNumber) -> tuple[object, ...]:
    """Return the metric and period that a goal shows with its values."""
    under = world.made_under.get(number)
    if under is not None:
        return under.metric, under.period
    goal = world.definitions.forest.nodes[number].goal
    return world.definitions.metrics[goal.metric_id], goal.period


@st.composite
def change_of(draw: st.DrawFn, world: World, fresh: list[int]) -> Changes:
    """Return a change that people may make: of some goals at once, without a circle."""
    forest = world.definitions.forest
    goals = {node.goal.id: node.goal for node in forest.nodes.values()}
    gone = draw(st.sets(st.sampled_from(sorted(goals)), max_size=2)) if goals else set()
    for goal_id in gone:
        del goals[goal_id]
    changed: dict[GoalId, Goal] = {
        one.id: replace(one, parent_id=None)
        for one in goals.values()
        if one.parent_id in gone
    }
    for _ in range(draw(st.integers(0, 2))):
        fresh[0] += draw(st.sampled_from((1, 1, 16)))
        # Now and then an id that was given up, or one that exists under another number.
        name = GoalId(draw(st.sampled_from((f"G{fresh[0]}", "again"))))
        changed[name] = goal(
            fresh[0], name, rollup_only_from_children=draw(st.booleans())
        )
        for one in goals.values():
            if one.parent_id == name and goals.get(name) is not None:
                changed.setdefault(one.id, one)
    goals |= changed
    for _ in range(draw(st.integers(0, 3))):
        if goals:
            one = goals[draw(st.sampled_from(sorted(goals)))]
            one = replace(
                one,
                parent_id=draw(st.none() | st.sampled_from(sorted(goals))),
                owner_records_only=draw(st.booleans()),
                title=draw(st.sampled_from("ab")),
            )
            if not circular(one, goals):
                goals[one.id] = changed[one.id] = one
    if goals:
        # All trees at once: no goal may stand below one of another period.
        known = [node.goal.period for node in forest.nodes.values()]
        period = draw(st.sampled_from((*known[:1], QUARTER, YEAR)))
        changed |= {
            one.id: replace(one, period=period)
            for one in (goals | changed).values()
            if one.period != period
        }
    metrics = draw(st.sampled_from(((), (REVENUE,), (OTHER,), (changed_metric(),))))
    return Changes(
        metrics=metrics,
        goals=draw(st.permutations(list(changed.values()))),
        gone_goals=sorted(gone),
        recalculated=draw(st.lists(st.sampled_from([*forest.nodes, GoalNumber(0)]))),
    )


def changed_metric() -> Metric:
    """Return the metric with another status, so that participation may differ."""
    return replace(
        REVENUE,
        rollup_fields={
            slot: replace(one, source_status="9")
            for slot, one in REVENUE.rollup_fields.items()
        },
    )


def circular(one: Goal, goals: dict[GoalId, Goal]) -> bool:
    """Tell whether a goal would stand below itself."""
    above, seen = one.parent_id, {one.id}
    while above is not None:
        if above in seen:
            return True
        seen.add(above)
        above = goals[above].parent_id if above in goals else None
    return False


@settings(max_examples=150)
@given(st.data())
def test_every_sequence_of_changes_equals_starting_over(data: st.DataObject) -> None:
    """Places, totals, what still computes, and what the change says it reads."""
    world, fresh = World(), [0]
    for _ in range(data.draw(st.integers(1, 8))):
        world.apply(data.draw(change_of(world, fresh)))
        check(world)
        for number in sorted(world.totals):
            fate = data.draw(st.sampled_from(("", "", "moves", "done")))
            if fate == "moves":
                world.own_moves(number, data.draw(st.integers(-9, 9)))
            elif fate == "done" and number in world.computing:
                world.done(number)
        check(world)


@settings(max_examples=60)
@given(st.data())
def test_after_changes_the_index_is_that_of_the_goals(data: st.DataObject) -> None:
    """Records meet the goals there are, at what they are now."""
    world, fresh = World(), [0]
    for _ in range(data.draw(st.integers(1, 6))):
        world.apply(data.draw(change_of(world, fresh)))

    definitions = world.definitions
    anew = Definitions(metrics=definitions.metrics)
    for node in definitions.forest.nodes.values():
        anew.index_goal(node.goal)
    for owner in ("user/R0", None):
        for status in ("9", None):
            one = record(owner=owner, status=status)
            slots, amounts = definitions.index.contributions_of(one)
            expected = anew.index.contributions_of(one)
            assert dict(zip(slots, amounts, strict=True)) == dict(
                zip(*expected, strict=True)
            )


def tree_of_four() -> World:
    """Return a tree with numbers: 1 over 2 over 3, and 4 alone."""
    world = World(planted({1: None, 2: 1, 3: 2, 4: None}))
    for number, own in ((1, 1), (2, 10), (3, 100), (4, 1000)):
        world.own[number] = 0
        world.totals[GoalNumber(number)] = Standing([0, 0, 0], 0)
        world.own_moves(GoalNumber(number), own)
    return world


def test_a_moved_goal_takes_its_value_along() -> None:
    """Old ancestors lose what new ones gain, in one step."""
    world = tree_of_four()

    outcome = world.apply(Changes(goals=[goal(2, parent_id=GoalId("G4"))]))

    assert {one: two.computed[0] for one, two in world.totals.items()} == {
        1: 1,
        2: 110,
        3: 100,
        4: 1110,
    }
    assert outcome.moved == {1, 4}
    assert outcome.rewritten == {2, 3}
    assert not outcome.rederived
    check(world)


def test_children_of_a_deleted_goal_become_roots() -> None:
    """Their totals stay; what was above loses all that came through the goal."""
    world = tree_of_four()

    outcome = world.apply(
        Changes(gone_goals=[GoalId("G2")], goals=[goal(3, parent_id=None)])
    )

    assert {one: two.computed[0] for one, two in world.totals.items()} == {
        1: 1,
        3: 100,
        4: 1000,
    }
    assert outcome.gone == {2: ("G2", 1)}
    check(world)


def test_two_goals_swap_their_places_in_one_set() -> None:
    """Parent and child may change places at once, in either order."""
    for turn in (1, -1):
        world = tree_of_four()
        swap = [goal(2, parent_id=GoalId("G3")), goal(3, parent_id=GoalId("G1"))]

        outcome = world.apply(Changes(goals=swap[::turn]))

        assert not outcome.refused
        assert world.totals[GoalNumber(3)].computed[0] == 110
        check(world)


def test_a_circle_is_refused_and_leaves_a_root() -> None:
    """A goal that should stand below itself stands alone, and somebody is told."""
    world = tree_of_four()

    outcome = world.apply(Changes(goals=[goal(2, parent_id=GoalId("G3"))]))

    assert len(outcome.refused) == 1
    assert "G2" in outcome.refused[0]
    assert world.definitions.forest.nodes[GoalNumber(2)].parent is None
    assert {one: two.computed[0] for one, two in world.totals.items()} == {
        1: 1,
        2: 110,
        3: 100,
        4: 1000,
    }


def test_an_id_that_is_taken_up_again_is_another_goal() -> None:
    """The new number starts at nothing; the old value leaves with the old goal."""
    world = tree_of_four()

    outcome = world.apply(
        Changes(
            goals=[
                goal(20, "G2", parent_id=GoalId("G1")),
                goal(3, parent_id=GoalId("G2")),
            ]
        )
    )

    assert outcome.gone == {2: ("G2", 1)}
    assert {one: two.computed[0] for one, two in world.totals.items()} == {
        1: 101,
        3: 100,
        4: 1000,
        20: 100,
    }
    check(world)


def test_a_parent_that_comes_after_its_children_takes_them_in() -> None:
    """Compaction may leave a parent's message behind those of its children."""
    world = World()
    world.apply(Changes(goals=[goal(5, parent_id=GoalId("late"))]))
    world.own_moves(GoalNumber(5), 7)

    changes = Changes(goals=[goal(6, "late", parent_id=GoalId("top")), goal(7, "top")])
    assert moving_groups(changes, world.definitions) == {5}
    outcome = world.apply(changes)

    assert not outcome.refused
    assert world.totals[GoalNumber(7)].computed[0] == 7
    assert world.definitions.forest.nodes[GoalNumber(5)].depth == 2
    check(world)


def test_a_title_alone_derives_nothing_again() -> None:
    """Only what decides participation has records read again."""
    world = tree_of_four()

    outcome = world.apply(
        Changes(goals=[goal(3, parent_id=GoalId("G2"), title="new", target="5")])
    )

    assert outcome.rewritten == {3}
    assert not outcome.rederived
    assert not outcome.moved


def test_the_owner_matters_only_where_owners_do() -> None:
    """Who counts everybody's records reads none again when the owner changes."""
    world = tree_of_four()
    owner = replace(goal(1).owner, id="R9")

    everybodys = world.apply(Changes(goals=[goal(1, owner=owner)]))
    his = world.apply(Changes(goals=[goal(1, owner=owner, owner_records_only=True)]))

    assert not everybodys.rederived
    assert his.rederived == {1}


def tree_in_another_period() -> World:
    """Return the tree of four, whose goals 1 to 3 have been given the year."""
    world = tree_of_four()
    world.apply(
        Changes(
            goals=[
                goal(1, period=YEAR),
                goal(2, parent_id=GoalId("G1"), period=YEAR),
                goal(3, parent_id=GoalId("G2"), period=YEAR),
            ]
        )
    )
    return world


def test_a_change_in_a_waiting_tree_starts_all_of_it_again() -> None:
    """Then it ends with one word; the earlier definition stays what is shown."""
    world = tree_in_another_period()
    before = dict(world.made_under)

    owners = world.apply(
        Changes(goals=[goal(2, parent_id=GoalId("G1"), period=YEAR, version=2)])
    )
    again = world.apply(
        Changes(
            goals=[
                goal(
                    3,
                    parent_id=GoalId("G2"),
                    period=YEAR,
                    rollup_only_from_children=True,
                )
            ]
        )
    )

    assert not owners.rederived
    assert again.rederived == {1, 2, 3}
    assert before.keys() == {1, 2, 3}
    assert world.made_under == before
    check(world)


def test_a_new_goal_in_a_waiting_tree_shows_what_the_tree_shows() -> None:
    """It has no values that would belong to its own definition yet."""
    world = tree_in_another_period()

    outcome = world.apply(Changes(goals=[goal(5, parent_id=GoalId("G3"), period=YEAR)]))

    assert outcome.rederived == {1, 2, 3, 5}
    assert world.made_under[GoalNumber(5)].period == QUARTER
    check(world)


def test_a_goal_waits_for_the_tree_that_it_is_to_join() -> None:
    """Its values are of the year, those of the tree not yet; then it is placed."""
    world = tree_of_four()
    world.apply(Changes(goals=[goal(4, period=YEAR)]))
    world.done(GoalNumber(4))
    world.apply(
        Changes(
            goals=[
                goal(1, period=YEAR),
                goal(2, parent_id=GoalId("G1"), period=YEAR),
                goal(3, parent_id=GoalId("G2"), period=YEAR),
            ]
        )
    )

    move = world.apply(
        Changes(goals=[goal(4, parent_id=GoalId("G3"), period=YEAR, version=2)])
    )
    check(world)
    world.done(GoalNumber(1))
    assert moving_groups(Changes(), world.definitions) == {1, 4}
    placed = world.apply(Changes())

    assert move.following == {4}
    assert not move.rederived
    assert not placed.following
    assert not placed.rederived
    assert world.totals[GoalNumber(1)].computed[0] == 1111
    check(world)


def test_the_target_of_a_former_metric_goes_with_its_values() -> None:
    """A target in money says nothing of a number of calls."""
    world = World(planted({1: None}, metrics=(REVENUE, OTHER)))
    world.own[1] = 0
    world.totals[GoalNumber(1)] = Standing([0, 0, 0], 0)
    world.apply(Changes(goals=[goal(1, target="1.50")]))

    new = goal(1, target="7", metric_id=OTHER.id, period=YEAR)
    world.apply(Changes(goals=[new]))
    world.apply(Changes(goals=[replace(new, target="8")]))

    shown = world.made_under[GoalNumber(1)].shown(new)
    assert shown == goal(1, target="1.50")


def test_what_is_announced_waits_for_every_group_that_was_passed() -> None:
    """A goal that moves between groups passes through one of its own.

    Its old group may still be publishing what it was there.
    """
    world = World(planted({1: None, 2: None, 35: 1}))
    for number in (1, 2, 35):
        world.own[number] = 0
        world.totals[GoalNumber(number)] = Standing([0, 0, 0], 0)

    outcome = world.apply(Changes(goals=[goal(35, parent_id=GoalId("G2"))]))

    assert group_of_tree(GoalNumber(35)) == 3
    assert outcome.came_from[2] >= {1}


def test_each_group_announces_its_goals_and_those_that_are_gone() -> None:
    """A deleted goal is announced by the group that announced it before."""
    world = tree_of_four()

    outcome = world.apply(
        Changes(gone_goals=[GoalId("G2")], goals=[goal(3, parent_id=None)])
    )

    assert announced_by_group(outcome, world.definitions.forest) == {
        1: ([1], ["G2"]),
        3: ([3], []),
    }


def test_a_line_deeper_than_allowed_is_told_not_followed() -> None:
    """Should parents ever lead in a circle, nobody runs in it."""
    forest = planted({1: None, 2: 1}).forest
    forest.attach(GoalNumber(1), GoalNumber(2))

    with pytest.raises(BrokenForestError, match="deeper than 64"):
        list(forest.ancestors(GoalNumber(1)))
