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
    @rule(goal=pick, body=bodies.new_periods)
    def give_another_period(self, goal: int, body: Json) -> None:
        """Change the period of a tree."""
        self._change(goal, body)

    @with_goals
    @rule(goal=pick, parent=pick, body=bodies.new_periods)
    def change_two_things(self, goal: int, parent: int, body: Json) -> None:
        """Change parent and period in one request."""
        self._change(goal, {"parent_id": self._goal(parent), **body})

    @with_goals
    @rule(goal=pick)
    def take_days_anew(self, goal: int) -> None:
        """Align a goal with the calendar, one that has a fiscal period if any."""
        goals = self._oracle.said.goals
        fiscal = sorted(one for one, known in goals.items() if known.period.label)
        some = fiscal or sorted(goals)
        self._do(Kind.ALIGN_GOAL, some[goal % len(some)])

    @rule(calendar=bodies.calendars)
    def change_calendar(self, calendar: Json) -> None:
        """Divide fiscal years otherwise; no goal moves."""
        self._do(Kind.CHANGE_ORGANIZATION, body={"fiscal_calendar": calendar})

    @rule(metric_id=bodies.metric_ids, fields=bodies.fields)
    def change_fields(self, metric_id: str, fields: Json) -> None:
        """Change what a metric counts; a field may come or go."""
        self._do(Kind.CHANGE_METRIC, metric_id, {"rollup_fields": fields})

    @rule(
        metric_id=bodies.metric_ids,
        date=st.sampled_from(("closed", "expected")),
        state=st.sampled_from(("won", "open")),
    )
    def change_a_field(self, metric_id: str, date: str, state: str) -> None:
        """Let a field of a metric go by another date and state."""
        metric = self._oracle.said.metrics.get(metric_id)
        if metric is None:
            return
        slot = min(metric.fields)
        changed = metric.fields[slot] | {"date_attribute": date, "source_state": state}
        self._do(Kind.CHANGE_METRIC, metric_id, {"rollup_fields": {slot: changed}})

    @rule(
        metric_id=bodies.metric_ids,
        body=st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(("Revenue", "Other")),
                "kind": st.sampled_from(("count", "amount")),
                "stretch_tracked": st.booleans(),
            },
        ),
    )
    def change_metric(self, metric_id: str, body: Json) -> None:
        """Change what else there is of a metric."""
        self._do(Kind.CHANGE_METRIC, metric_id, body)

    @rule(metric_id=bodies.metric_ids)
    def delete_metric(self, metric_id: str) -> None:
        """Delete a metric that nobody uses; the usual one stays."""
        if metric_id != "revenue" or self._oracle.said.goals_by(metric_id):
            self._do(Kind.DELETE_METRIC, metric_id)

    @rule(metric_id=bodies.metric_ids, shape=bodies.metric_ids)
    def create_metric(self, metric_id: str, shape: str) -> None:
        """Create a metric, perhaps another one under an id that was used."""
        body = {"id": metric_id, "name": metric_id, **bodies.METRICS[shape]}
        self._do(Kind.CREATE_METRIC, metric_id, body)
