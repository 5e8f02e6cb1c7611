"""Rules: goals are written over, locked, closed, and let go again."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.stateful import bodies
from tests.stateful.bodies import pick
from tests.stateful.deeds import Json, Kind
from tests.stateful.life import Life, with_goals


class RulesOfHolds(Life):
    """What goals show is held, and let go."""

    @with_goals
    @rule(goal=pick, body=bodies.overrides)
    def override_anyhow(self, goal: int, body: Json) -> None:
        """Say whatever may be said of overrides, right or wrong."""
        self._change(goal, body)

    @with_goals
    @rule(goal=pick, value=st.sampled_from(bodies.WRITTEN[:3]), locked=st.booleans())
    def write_over(self, goal: int, value: str, locked: bool) -> None:
        """Write over one or all of what a goal shows."""
        said = self._oracle.said
        metric = said.metrics[said.goals[self._goal(goal)].metric_id]
        slots = sorted(metric.fields)
        self._change(
            goal,
            {
                "is_override": True,
                "is_overridden": locked,
                "values": dict.fromkeys(slots[: 1 + goal % 2], value),
            },
        )

    @with_goals
    @rule(goal=pick)
    def lock(self, goal: int) -> None:
        """Lock what a goal shows."""
        self._change(goal, {"is_overridden": True})

    @with_goals
    @rule(goal=pick)
    def unlock(self, goal: int) -> None:
        """Take the lock off, where there is one."""
        goals = self._oracle.said.goals
        locked = sorted(one for one, known in goals.items() if known.locked is not None)
        some = locked or sorted(goals)
        self._do(Kind.CHANGE_GOAL, some[goal % len(some)], {"is_overridden": False})

    @with_goals
    @rule(goal=pick)
    def recalculate(self, goal: int) -> None:
        """Rebuild a goal's whole tree, where nothing is wrong."""
        self._do(Kind.RECALCULATE, self._goal(goal))

    @with_goals
    @rule(goal=pick)
    def withdraw(self, goal: int) -> None:
        """Take back what was written."""
        self._change(goal, {"is_override": False})

    @with_goals
    @rule(goal=pick, state=st.sampled_from(("closed", "discarded")))
    def close(self, goal: int, state: str) -> None:
        """Let a goal stand still."""
        self._change(goal, {"state": state})

    @with_goals
    @rule(goal=pick)
    def reopen(self, goal: int) -> None:
        """Let a goal follow its records again; preferably one that does not."""
        goals = self._oracle.said.goals
        closed = sorted(one for one, known in goals.items() if not known.is_open)
        some = closed or sorted(goals)
        self._do(Kind.CHANGE_GOAL, some[goal % len(some)], {"state": "open"})

    @with_goals
    @rule(goal=pick, override=bodies.sound_overrides)
    def close_for_a_while(self, goal: int, override: Json) -> None:
        """Close a goal that is written over or locked, and reopen it."""
        for body in (override, {"state": "closed"}, {"state": "open"}):
            self._change(goal, body)

    @with_goals
    @rule(
        goal=pick,
        state=st.sampled_from(("open", "closed")),
        more=st.one_of(
            bodies.remeasured,
            bodies.overrides,
            bodies.edits,
            st.fixed_dictionaries({"parent_id": st.none()}),
        ),
    )
    def change_with_state(self, goal: int, state: str, more: Json) -> None:
        """Close or reopen a goal and change it in one request."""
        self._change(goal, {"state": state, **more})
