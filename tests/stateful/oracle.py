"""What every goal must show, worked out anew after each deed from what was said.

It shares no code with what it judges: no index, no deltas, no units, no forest. What a
deed does to the numbers happens in at most three moments, as people can watch it:

1. goals come, go, move, open, and are written over, and show it at once, while what
   their records add stays as it was;
2. every goal that is not frozen is measured anew by its definition and its records;
3. what was written under a metric that is new then stands, and goals that are not open
   freeze.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.stateful.days import lies_in, passed_of
from tests.stateful.deeds import Deed, Json, Kind
from tests.stateful.refusals import (
    answers_to,
    changes_override,
    fields_after,
    values_given,
)
from tests.stateful.said import (
    SLOTS,
    TARGET_PLACES,
    VALUE_PLACES,
    Goal,
    Metric,
    Said,
    Values,
    amount,
    key_of,
    nothing,
    period_of,
    text_of,
)

ORGANIZATION_ZONE = "UTC"
OVERRIDE_FIELDS = ("is_override", "is_overridden", "values", "override_reason")

# What is asked of goals' values by one deed.
Asked = Mapping[str, Json]


class Oracle:
    """Knows what was said, and what follows from it."""

    def __init__(
        self, *, users: frozenset[str], teams: frozenset[str], now: datetime
    ) -> None:
        self.said = Said(users=users, teams=teams, now=now)

    def answers_to(self, deed: Deed) -> set[str | None]:
        """Return which answers the rules allow; None: it is done."""
        return answers_to(self.said, deed)

    def do(self, deed: Deed) -> None:
        """Take in a deed that was done."""
        _DO[deed.kind](self, deed)

    def tell_numbers(self, numbers: Mapping[str, int]) -> None:
        """Take in which goals are which, once they are created."""
        for goal_id, number in numbers.items():
            self.said.goals[goal_id].number = number

    def let_stand(self, record: Json) -> None:
        """Take in which of two contents under one version counts."""
        self.said.records[key_of(record)] = record
        self._happen({})

    # What a deed says

    def _create_goals(self, deed: Deed) -> None:
        bodies = {body["id"]: body for body in deed.body}
        waiting = dict(bodies)
        while waiting:
            for goal_id, body in list(waiting.items()):
                if body.get("parent_id") not in waiting:
                    self.said.goals[goal_id] = self._planted(body)
                    del waiting[goal_id]
        self._happen(bodies)

    def _planted(self, body: Json) -> Goal:
        parent = self.said.goals.get(body.get("parent_id") or "")
        zone = body.get("time_zone", ORGANIZATION_ZONE)
        return Goal(
            title=body["title"],
            metric_id=body["metric_id"] if parent is None else parent.metric_id,
            owner=body["owner"],
            manager_id=body["manager_id"],
            parent_id=body.get("parent_id"),
            period=period_of(body["period"], zone, self.said, None)
            if parent is None
            else parent.period,
            target=amount(body.get("target")),
            stretch_target=amount(body.get("stretch_target")),
            owner_records_only=body.get("owner_records_only", True),
            rollup_only_from_children=body.get("rollup_only_from_children", False),
            include_team_members=body.get("include_team_members", False),
            attributes=body.get("attributes", {}),
            shared_with=body.get("shared_with", []),
        )

    def _change_goal(self, deed: Deed) -> None:
        goal, body = self.said.goals[deed.name], dict(deed.body)
        asked = {name: body.pop(name) for name in OVERRIDE_FIELDS if name in body}
        zone = body.pop("time_zone", goal.period.zone)
        given = body.pop("period", None)
        period = replace(goal.period, zone=zone)
        if given is not None:
            period = period_of(given, zone, self.said, goal.period)
        is_measured_anew = body.get("metric_id", goal.metric_id) != goal.metric_id
        was_child_of, counted = goal.parent_id, _counts_by(goal)
        was_measured_in = goal.period.days
        for name in ("target", "stretch_target"):
            if name in body:
                body[name] = amount(body[name])
        for name, value in body.items():
            setattr(goal, name, value)
        if goal.parent_id is not None and goal.parent_id != was_child_of:
            # The same days, called as in the tree that it joins.
            period = self.said.goals[goal.parent_id].period
        for one in self.said.subtree(deed.name):
            self.said.goals[one].period = period
        if counted != _counts_by(goal):
            below = self.said.subtree(deed.name)
            self._wake(below if period.days != was_measured_in else [deed.name])
        if not is_measured_anew:
            self._happen({deed.name: asked})
            return
        # A value of the former metric means nothing; a new one waits for its metric.
        _forget_amounts(goal)
        if not changes_override(goal, asked):
            goal.asked = False
        self._happen({}, later={deed.name: asked})

    def _delete_goal(self, deed: Deed) -> None:
        for child in self.said.children(deed.name):
            self.said.goals[child].parent_id = None
        del self.said.goals[deed.name]
        self._happen({})

    def _align_goal(self, deed: Deed) -> None:
        standing = self.said.goals[deed.name].period
        year, code = standing.label or (0, 0)
        start, end = self.said.calendar.days_of(year, code)
        if (start, end) != (standing.start, standing.end):
            self._wake(self.said.subtree(deed.name))
        for one in self.said.subtree(deed.name):
            self.said.goals[one].period = replace(standing, start=start, end=end)
        self._happen({})

    def _recalculate(self, deed: Deed) -> None:
        tree = self.said.subtree(self.said.path(deed.name)[-1])
        self._wake(tree)
        self._happen({}, renewed=tree)

    def _create_metric(self, deed: Deed) -> None:
        body = deed.body
        self.said.metrics[deed.name] = Metric(
            name=body["name"],
            kind=body["kind"],
            data_type=body.get("data_type"),
            stretch_tracked=body.get("stretch_tracked", False),
            fields=dict(body["rollup_fields"]),
        )

    def _change_metric(self, deed: Deed) -> None:
        metric, body = self.said.metrics[deed.name], deed.body
        metric.name = body.get("name", metric.name)
        metric.stretch_tracked = body.get("stretch_tracked", metric.stretch_tracked)
        fields = fields_after(metric, body)
        if fields != metric.fields:
            self._wake(
                one
                for one, goal in self.said.goals.items()
                if goal.metric_id == deed.name
            )
        metric.fields = fields
        self._happen({})

    def _delete_metric(self, deed: Deed) -> None:
        del self.said.metrics[deed.name]

    def _change_organization(self, deed: Deed) -> None:
        calendar = deed.body.get("fiscal_calendar", {})
        self.said.calendar = replace(self.said.calendar, **calendar)
        self.said.expiry_days = deed.body.get(
            "goal_rollup_expiry_days", self.said.expiry_days
        )
        self._happen({})

    def _change_user(self, deed: Deed) -> None:
        if deed.body["disabled"]:
            self.said.disabled.add(deed.name)
        else:
            self.said.disabled.discard(deed.name)
        self._happen({})

    def _change_team(self, deed: Deed) -> None:
        if deed.body["members"] != self.said.members.get(deed.name, []):
            self._wake(
                one
                for one, goal in self.said.goals.items()
                if goal.owner == {"type": "team", "id": deed.name}
                and goal.include_team_members
            )
        self.said.members[deed.name] = deed.body["members"]
        self._happen({})

    def _let_time_pass(self, deed: Deed) -> None:
        self.said.now += timedelta(days=deed.body["days"])
        self._happen({})

    def _send_records(self, deed: Deed) -> None:
        for record in deed.body:
            known = self.said.records.get(key_of(record))
            if known is None or record["version"] > known["version"]:
                self.said.records[key_of(record)] = record
        self._happen({})

    # What follows from it

    def _happen(
        self,
        asked: Asked,
        *,
        later: Asked | None = None,
        renewed: Sequence[str] = (),
    ) -> None:
        goals = self.said.goals
        for goal in goals.values():
            if goal.frozen is not None and not self.said.stands_still(goal):
                _thaw(goal)
        self._moment(asked)
        for goal_id, goal in goals.items():
            if goal.frozen is None:
                goal.own = self._own(goal)
                # A recalculation replaces what was written without a lock.
                goal.written = None if goal_id in renewed else goal.written
        self._moment({})
        if later:
            self._moment(later)
        for goal in goals.values():
            if goal.frozen is None and self.said.stands_still(goal):
                goal.frozen = goal.shown

    def _wake(self, goal_ids: Iterable[str]) -> None:
        """Let goals that have expired be derived once more; they were changed."""
        for goal_id in goal_ids:
            goal = self.said.goals[goal_id]
            has_expired = goal.is_open and self.said.error_of(goal) is None
            if goal.frozen is not None and has_expired:
                _thaw(goal)

    def _moment(self, asked: Asked) -> None:
        """Bring what all goals show up to date at once, children before parents."""
        for root in self.said.children(None):
            for goal_id in self.said.subtree(root):
                goal = self.said.goals[goal_id]
                computed = dict(goal.own)
                for child in self.said.children(goal_id):
                    shown = self.said.goals[child].shown
                    computed = {slot: computed[slot] + shown[slot] for slot in SLOTS}
                if computed != goal.computed and goal.frozen is None:
                    # What was written without a lock holds until this.
                    goal.written = None
                goal.computed = computed
                if goal_id in asked and changes_override(goal, asked[goal_id]):
                    self._override(goal, asked[goal_id])

    def _override(self, goal: Goal, body: Json) -> None:
        values = {slot: Fraction(one) for slot, one in values_given(body).items()}
        locks = body.get("is_overridden", goal.locked is not None)
        # A slot that is given no value keeps what it shows.
        held = goal.shown | values
        was_locked_written = goal.locked is not None and goal.lock_is_written
        goal.locked = goal.written = None
        goal.reason = body.get("override_reason")
        goal.asked = bool(values) or bool(locks)
        goal.lock_is_written = bool(values) or (locks and was_locked_written)
        if locks:
            goal.locked = held
        elif values:
            goal.written = held
        if goal.frozen is not None:
            goal.frozen = held if goal.asked else goal.computed

    def _own(self, goal: Goal) -> Values:
        own = nothing()
        metric = self.said.metrics[goal.metric_id]
        if not goal.rollup_only_from_children:
            for record in self.said.records.values():
                for slot in metric.fields:
                    if self._participates(record, goal, metric.fields[slot]):
                        own[slot] += metric.adds(slot, record)
        return own

    def _participates(self, record: Json, goal: Goal, rollup_field: Json) -> bool:
        if record.get("deleted") or record["entity"] != rollup_field["source_entity"]:
            return False
        for name in ("state", "status"):
            wanted = rollup_field.get(f"source_{name}")
            if wanted is not None and record.get(name) != wanted:
                return False
        owners = self.said.owners_of(goal)
        if owners is not None and record.get("owner") not in owners:
            return False
        when = record["attributes"].get(rollup_field["date_attribute"])
        return lies_in(when, goal.period)

    # What people see of it

    def picture(self) -> dict[str, Json]:
        """Return every goal as it must be read, column by column."""
        return deepcopy(
            {one: self._face(one, goal) for one, goal in self.said.goals.items()}
        )

    def _face(self, goal_id: str, goal: Goal) -> Json:
        metric = self.said.metrics[goal.metric_id]
        path = self.said.path(goal_id)
        passed = passed_of(goal.period, self.said.now)
        blamed = self.said.blamed_for(goal_id)
        is_held = goal.locked is not None or goal.written is not None
        return {
            "id": goal_id,
            "title": goal.title,
            "metric_id": goal.metric_id,
            "owner": goal.owner,
            "manager_id": goal.manager_id,
            "parent_id": goal.parent_id,
            "period": _period(goal),
            "time_zone": goal.period.zone,
            "target": _target(goal.target, metric),
            "stretch_target": _target(goal.stretch_target, metric),
            "owner_records_only": goal.owner_records_only,
            "rollup_only_from_children": goal.rollup_only_from_children,
            "include_team_members": goal.include_team_members,
            # No life here asks any.
            "queries": {"actual": None, "in_progress": None, "custom": None},
            "state": goal.state,
            "attributes": goal.attributes,
            "shared_with": goal.shared_with,
            "values": _texts(goal.shown, metric),
            "computed": _texts(goal.computed, metric),
            "own": _texts(goal.own, metric),
            "is_override": goal.written is not None
            or (goal.locked is not None and goal.lock_is_written),
            "is_overridden": goal.locked is not None,
            "reason": goal.reason if is_held else None,
            "percentage": _percentage(goal, metric),
            "today": {
                "target": None
                if goal.target is None
                else text_of(Fraction(goal.target) * passed, 4),
                "percentage_of_period": text_of(100 * passed, 4),
            },
            "tree_id": path[-1],
            "depth": len(path) - 1,
            "status": _status(goal, blamed),
            "error": None if blamed is None else "manager_disabled",
            "goal_with_error_id": blamed,
            "children": self.said.children(goal_id),
        }


def _thaw(goal: Goal) -> None:
    """Let a goal follow again; it shows what is computed at once, unless locked."""
    goal.frozen = None
    goal.written = None


def _forget_amounts(goal: Goal) -> None:
    """Let a goal hold nothing of the metric that it had."""
    goal.written = None
    if goal.is_open:
        goal.frozen = None


def _counts_by(goal: Goal) -> tuple[object, ...]:
    """Return what of a goal's definition decides which records count."""
    return (
        goal.metric_id,
        goal.owner if goal.owner_records_only else None,
        goal.owner_records_only,
        goal.include_team_members,
        goal.rollup_only_from_children,
        goal.period.days,
    )


def _status(goal: Goal, blamed: str | None) -> str:
    if blamed is not None:
        return "failed"
    return "current" if goal.frozen is None else "frozen"


def _period(goal: Goal) -> Json:
    period = goal.period
    days = {"start": str(period.start), "end": str(period.end)}
    if period.label is None:
        return {"kind": "custom", **days}
    year, code = period.label
    return {"kind": "fiscal", "year": year, "period": code, **days}


def _target(target: Decimal | None, metric: Metric) -> str | None:
    if target is None:
        return None
    return text_of(Fraction(target), TARGET_PLACES[metric.data_type])


def _texts(values: Values, metric: Metric) -> dict[str, Any]:
    places = VALUE_PLACES[metric.data_type]
    return {
        slot: text_of(values[slot], places) if slot in metric.fields else None
        for slot in SLOTS
    }


def _percentage(goal: Goal, metric: Metric) -> str | None:
    if not goal.target or "actual" not in metric.fields:
        return None
    return text_of(goal.shown["actual"] * 100 / Fraction(goal.target), 4)


_DO: dict[Kind, Callable[[Oracle, Deed], None]] = {
    Kind.CREATE_GOALS: Oracle._create_goals,
    Kind.CHANGE_GOAL: Oracle._change_goal,
    Kind.DELETE_GOAL: Oracle._delete_goal,
    Kind.ALIGN_GOAL: Oracle._align_goal,
    Kind.RECALCULATE: Oracle._recalculate,
    Kind.CREATE_METRIC: Oracle._create_metric,
    Kind.CHANGE_METRIC: Oracle._change_metric,
    Kind.DELETE_METRIC: Oracle._delete_metric,
    Kind.CHANGE_ORGANIZATION: Oracle._change_organization,
    Kind.CHANGE_USER: Oracle._change_user,
    Kind.CHANGE_TEAM: Oracle._change_team,
    Kind.LET_TIME_PASS: Oracle._let_time_pass,
    Kind.SEND_RECORDS: Oracle._send_records,
}
