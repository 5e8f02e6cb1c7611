"""Rules: goals come, move and go."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.stateful import bodies
from tests.stateful.bodies import pick
from tests.stateful.deeds import Json, Kind
from tests.stateful.life import Life, with_goals

FEW_GOALS = 3
GOALS_MAX = 14


def _goal(goal_id: str, **more: Any) -> Json:
    return {"id": goal_id, "title": goal_id, **more}


class RulesOfPlaces(Life):
    """Goals come, move and go."""

    _made = 0

    def _is_full(self) -> bool:
        return len(self._oracle.said.goals) >= GOALS_MAX

    def _new_id(self) -> str:
        self._made += 1
        return f"G-{self._made}"

    @initialize(
        several=st.lists(
            st.tuples(bodies.new_goals, st.integers(-1, 3), bodies.sound_overrides),
            min_size=1,
            max_size=6,
        ),
        period=bodies.periods,
    )
    def begin(self, several: list[tuple[Json, int, Json]], period: Json) -> None:
        """Begin with some goals of one metric and period."""
        family: list[Json] = []
        for body, parent, override in several:
            place = {"metric_id": "revenue", **period}
            if 0 <= parent < len(family):
                place = {"parent_id": family[parent]["id"]}
            family.append(_goal(self._new_id(), **body, **place, **override))
        self._do(Kind.CREATE_GOALS, body=family)

    @precondition(lambda self: not self._is_full())
    @rule(body=bodies.new_goals, metric_id=bodies.metric_ids, period=bodies.periods)
    def create_root(self, body: Json, metric_id: str, period: Json) -> None:
        """Create a goal that stands alone."""
        goal_id = self._new_id()
        self._do(
            Kind.CREATE_GOALS,
            body=[_goal(goal_id, **body, metric_id=metric_id, **period)],
        )

    @with_goals
    @precondition(lambda self: not self._is_full())
    @rule(body=bodies.new_goals, parent=pick)
    def create_child(self, body: Json, parent: int) -> None:
        """Create a goal below another."""
        goal_id = self._new_id()
        self._do(
            Kind.CREATE_GOALS,
            body=[_goal(goal_id, **body, parent_id=self._goal(parent))],
        )

    @precondition(lambda self: not self._is_full())
    @rule(
        several=st.lists(
            st.tuples(
                bodies.new_goals,
                st.integers(-1, 2),
                st.one_of(bodies.sound_overrides, bodies.overrides),
            ),
            min_size=2,
            max_size=4,
        ),
        metric_id=bodies.metric_ids,
        period=bodies.periods,
    )
    def create_family(
        self, several: list[tuple[Json, int, Json]], metric_id: str, period: Json
    ) -> None:
        """Create several at once that name one another, some with overrides."""
        ids = [self._new_id() for _ in several]
        family = []
        for index, (body, parent, override) in enumerate(several):
            place = {"metric_id": metric_id, **period}
            if 0 <= parent < len(ids) and index:
                place = {"parent_id": ids[parent]}
            family.append(_goal(ids[index], **body, **place, **override))
        self._do(Kind.CREATE_GOALS, body=family[::-1])

    @with_goals
    @rule(child=pick, parent=pick)
    def attach(self, child: int, parent: int) -> None:
        """Move a goal, with all below it, to wherever."""
        self._change(child, {"parent_id": self._goal(parent)})

    @with_goals
    @rule(child=pick, parent=pick)
    def attach_where_it_fits(self, child: int, parent: int) -> None:
        """Move a goal to a parent of the same metric and period."""
        goals = self._oracle.said.goals
        moved = goals[self._goal(child)]
        below = self._oracle.said.subtree(self._goal(child))
        fitting = [
            one
            for one, goal in sorted(goals.items())
            if one not in below
            and goal.metric_id == moved.metric_id
            and goal.period.days == moved.period.days
        ]
        if fitting:
            self._change(child, {"parent_id": fitting[parent % len(fitting)]})

    @with_goals
    @rule(child=pick)
    def detach(self, child: int) -> None:
        """Make a goal the root of its own tree."""
        self._change(child, {"parent_id": None})

    @precondition(lambda self: len(self._oracle.said.goals) > FEW_GOALS)
    @rule(goal=pick)
    def delete_goal(self, goal: int) -> None:
        """Delete a goal; its children become roots."""
        self._do(Kind.DELETE_GOAL, self._goal(goal))

    @with_goals
    @rule(
        goal=pick,
        parent=pick,
        body=bodies.new_periods,
        kind=st.sampled_from((Kind.CHANGE_GOAL, Kind.DELETE_GOAL, Kind.ALIGN_GOAL)),
    )
    def ask_what_is_wrong(self, goal: int, parent: int, body: Json, kind: Kind) -> None:
        """Change parent and period in one request, or name a goal that never was."""
        self._change(goal, {"parent_id": self._goal(parent), **body})
        self._do(kind, "G-0", {} if kind is Kind.CHANGE_GOAL else None)
