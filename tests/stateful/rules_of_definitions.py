"""Rules: goals and how they are measured are defined anew."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.stateful import bodies
from tests.stateful.bodies import pick
from tests.stateful.deeds import Json, Kind
from tests.stateful.life import Life, with_goals


class RulesOfDefinitions(Life):
    """Goals, periods and metrics change."""

    @with_goals
    @rule(goal=pick, body=bodies.edits)
    def edit(self, goal: int, body: Json) -> None:
        """Change what decides no number, or the owner."""
        self._change(goal, body)

    @with_goals
    @rule(goal=pick, body=bodies.remeasured)
    def measure_anew(self, goal: int, body: Json) -> None:
        """Change which records count."""
        self._change(goal, body)

    @with_goals
    @rule(goal=pick, metric_id=bodies.metric_ids, more=bodies.overrides)
    def give_another_metric(self, goal: int, metric_id: str, more: Json) -> None:
        """Measure a goal by another metric, and perhaps write over it."""
        self._change(goal, {"metric_id": metric_id, **more})

    @with_goals
    @rule(goal=pick, body=bodies.new_periods, is_root=st.booleans())
    def give_another_period(self, goal: int, body: Json, is_root: bool) -> None:
        """Change the period of a tree, where that is allowed or where it is not."""
        name = self._goal(goal)
        root = self._oracle.said.path(name)[-1]
        self._do(Kind.CHANGE_GOAL, root if is_root else name, body)

    @rule(calendar=bodies.calendars, goal=pick)
    def change_calendar(self, calendar: Json, goal: int) -> None:
        """Divide fiscal years otherwise, which moves no goal; then align one."""
        self._do(Kind.CHANGE_ORGANIZATION, body={"fiscal_calendar": calendar})
        goals = self._oracle.said.goals
        fiscal = sorted(one for one, known in goals.items() if known.period.label)
        some = fiscal or sorted(goals)
        if some:
            self._do(Kind.ALIGN_GOAL, some[goal % len(some)])

    @rule(metric_id=bodies.metric_ids, body=bodies.metric_changes)
    def change_metric(self, metric_id: str, body: Json) -> None:
        """Change what a metric counts, or what else there is of it."""
        self._do(Kind.CHANGE_METRIC, metric_id, body)

    @rule(
        metric_id=bodies.metric_ids,
        date=st.sampled_from(("expected", "closed")),
        state=st.sampled_from(("open", "won")),
    )
    def change_a_field(self, metric_id: str, date: str, state: str) -> None:
        """Let a field of a metric go by another date and state."""
        metric = self._oracle.said.metrics[metric_id]
        slot = min(metric.fields)
        changed = metric.fields[slot] | {"date_attribute": date, "source_state": state}
        self._do(Kind.CHANGE_METRIC, metric_id, {"rollup_fields": {slot: changed}})

    @rule(metric_id=bodies.metric_ids, shape=bodies.metric_ids)
    def create_metric_again(self, metric_id: str, shape: str) -> None:
        """Delete a metric that nobody uses; create another one under its id."""
        body = {"id": metric_id, "name": metric_id, **bodies.METRICS[shape]}
        self._do(Kind.DELETE_METRIC, metric_id)
        self._do(Kind.CREATE_METRIC, metric_id, body)
