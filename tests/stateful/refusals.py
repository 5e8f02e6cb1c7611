"""Which answers the rules allow to a deed: the broken rules by name, or None.

Several rules may be broken at once, and the semantics do not say which is told first:
any of them may be.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.stateful.days import Period
from tests.stateful.deeds import Deed, Json, Kind
from tests.stateful.said import (
    SLOTS,
    TARGET_PLACES,
    VALUE_PLACES,
    Goal,
    Metric,
    Said,
    amount,
    period_of,
)

DEPTH_MAX = 64
TOO_LARGE = Decimal(10) ** 17

# Rules that are broken, by the names of their errors.
Broken = Iterator[str]


def answers_to(said: Said, deed: Deed) -> set[str | None]:
    """Return what may be answered; None: it is done."""
    broken: set[str | None] = set(_RULES[deed.kind](said, deed))
    return broken or {None}


def _create_goals(said: Said, deed: Deed) -> Broken:
    """Judge goals that may name one another as parents, in any order."""
    bodies = {body["id"]: body for body in deed.body}
    for body in deed.body:
        if body["id"] in said.goals:
            yield "id_taken"
        yield from _new_goal(said, body, bodies)
    if len(bodies) < len(deed.body):
        yield "id_taken"


def _new_goal(said: Said, body: Json, bodies: dict[str, Json]) -> Broken:
    if body.get("state", "open") != "open":
        yield "goal_must_start_open"
    yield from _people(said, body["owner"], body.get("manager_id"))
    parent_id = body.get("parent_id")
    line = [body["id"]]
    while parent_id in bodies:
        above = bodies[parent_id]
        if parent_id in line:
            yield "goal_cycle"
            return
        line.append(parent_id)
        parent_id = above.get("parent_id")
    top = bodies[line[-1]]
    if parent_id is None:
        yield from _root(said, top)
        metric_id, period = top.get("metric_id"), None
    elif parent_id not in said.goals:
        yield "reference_not_found"
        return
    else:
        parent = said.goals[parent_id]
        if len(line) - 1 + len(said.path(parent_id)) > DEPTH_MAX:
            yield "goal_too_deep"
        metric_id, period = parent.metric_id, parent.period
        if body.get("metric_id", metric_id) != metric_id:
            yield "parent_metric_differs"
        yield from _inherited(said, body, period)
    metric = said.metrics.get(metric_id or "")
    if metric is None:
        yield "reference_not_found"
        return
    yield from _targets(metric, body.get("target"), body.get("stretch_target"))
    yield from _override(metric, None, body)


def _root(said: Said, body: Json) -> Broken:
    if body.get("metric_id") is None:
        yield "metric_required"
    if body.get("period") is None:
        yield "period_required"
    else:
        yield from _period(said, body["period"], None)


def _inherited(said: Said, body: Json, period: Period) -> Broken:
    """Judge what a new goal says of the period that it takes from its parent."""
    if body.get("period") is None:
        if body.get("time_zone", period.zone) != period.zone:
            yield "parent_period_differs"
        return
    broken = list(_period(said, body["period"], period))
    yield from broken
    if not broken:
        zone = body.get("time_zone", period.zone)
        if period_of(body["period"], zone, said, period).days != period.days:
            yield "parent_period_differs"


def _people(said: Said, owner: Json, manager_id: str | None) -> Broken:
    known = said.users if owner["type"] == "user" else said.teams
    if owner["id"] not in known:
        yield "reference_not_found"
    if manager_id is None:
        yield "goal_manager_required"
    elif manager_id in said.teams:
        yield "goal_manager_must_be_user"
    elif manager_id not in said.users:
        yield "reference_not_found"


def _period(said: Said, given: Json, standing: Period | None) -> Broken:
    fiscal = [given.get("year"), given.get("period")]
    days = [given.get("start"), given.get("end")]
    if given["kind"] == "custom":
        if fiscal != [None, None]:
            yield "custom_period_with_fiscal_columns"
        if None in days:
            yield "period_needs_both_dates"
        elif str(days[1]) < str(days[0]):
            yield "period_ends_before_it_starts"
        return
    if None in fiscal:
        yield "fiscal_period_incomplete"
        return
    if (standing is None or standing.label != tuple(fiscal)) and (
        not said.calendar.has(given["period"])
    ):
        yield "fiscal_period_not_of_template"
        return
    right = period_of(given, "UTC", said, standing)
    if days[0] not in (None, str(right.start)) or days[1] not in (None, str(right.end)):
        yield "fiscal_period_with_other_dates"


def _targets(metric: Metric, target: Any, stretch_target: Any) -> Broken:
    places = TARGET_PLACES[metric.data_type]
    if stretch_target is not None and not metric.stretch_tracked:
        yield "stretch_not_tracked"
    for value in map(amount, (target, stretch_target)):
        if value is None:
            continue
        if value < 0:
            yield "target_negative"
        if abs(value) >= TOO_LARGE:
            yield "target_too_large"
        if _is_finer(value, places):
            yield "target_too_precise"


def _is_finer(value: Decimal, places: int) -> bool:
    return value.scaleb(places) % 1 != 0


def _override(metric: Metric, goal: Goal | None, body: Json) -> Broken:
    values = values_given(body)
    is_override, is_overridden = body.get("is_override"), body.get("is_overridden")
    if values and is_override is not True:
        yield "rollup_field_is_computed"
    for slot, value in values.items():
        if slot not in metric.fields:
            yield "rollup_field_not_measured"
        if abs(value) >= TOO_LARGE:
            yield "value_too_large"
        if _is_finer(value, VALUE_PLACES[metric.data_type]):
            yield "value_too_precise"
    if is_override and not values and not is_overridden:
        yield "override_without_values"
    if (
        goal is not None
        and goal.locked is not None
        and goal.lock_is_written
        and is_override is False
        and is_overridden is not False
    ):
        yield "goal_is_locked"
    if body.get("override_reason") is not None and not changes_override(goal, body):
        yield "override_reason_without_override"


def values_given(body: Json) -> dict[str, Decimal]:
    """Return what is to be written over what is computed."""
    values = body.get("values") or {}
    return {
        slot: Decimal(values[slot]) for slot in SLOTS if values.get(slot) is not None
    }


def changes_override(goal: Goal | None, body: Json) -> bool:
    """Tell whether a request writes, locks, unlocks or withdraws anything."""
    was_locked = goal is not None and goal.locked is not None
    locks = body.get("is_overridden", was_locked)
    return bool(
        values_given(body)
        or (
            body.get("is_overridden")
            and (not was_locked or body.get("override_reason") is not None)
        )
        or was_locked != locks
        or (
            body.get("is_override") is False
            and goal is not None
            and goal.asked
            and not locks
        )
    )


def _change_goal(said: Said, deed: Deed) -> Broken:
    goal, body = said.goals.get(deed.name), deed.body
    if goal is None:
        yield "not_found"
        return
    parent_id = body.get("parent_id", goal.parent_id)
    metric_id = body.get("metric_id", goal.metric_id)
    target = body.get("target", goal.target)
    stretch_target = body.get("stretch_target", goal.stretch_target)
    period, broken = _wanted_period(said, goal, body)
    yield from broken
    moves = parent_id != goal.parent_id
    measures = metric_id != goal.metric_id
    remains_closed = not goal.is_open and body.get("state", goal.state) != "open"
    is_of_the_tree = moves or measures or period != goal.period
    if remains_closed and (is_of_the_tree or _edits(goal, body)):
        yield "goal_not_open"
    says_two_things = body.keys() & {"metric_id", "period", "time_zone"}
    if "parent_id" in body and says_two_things and is_of_the_tree:
        yield "parent_with_metric_or_period"
    if measures:
        yield from _metric_changes(said, deed.name, body)
    if period != goal.period:
        yield from _period_changes(said, deed.name)
    if moves and parent_id is not None:
        yield from _attaches(said, deed.name, parent_id, metric_id, period)
    yield from _people(
        said,
        body.get("owner", goal.owner),
        body.get("manager_id", goal.manager_id),
    )
    metric = said.metrics.get(metric_id)
    if metric is None:
        yield "reference_not_found"
        return
    yield from _targets(metric, target, stretch_target)
    yield from _override(metric, goal, body)


def _wanted_period(said: Said, goal: Goal, body: Json) -> tuple[Period, list[str]]:
    zone = body.get("time_zone", goal.period.zone)
    given = body.get("period")
    if given is None:
        start, end, _ = goal.period.days
        return Period(start=start, end=end, zone=zone, label=goal.period.label), []
    broken = list(_period(said, given, goal.period))
    if broken:
        return goal.period, broken
    return period_of(given, zone, said, goal.period), []


def _edits(goal: Goal, body: Json) -> bool:
    """Tell whether anything that is a goal's own would become different."""
    own = (
        "title",
        "owner",
        "manager_id",
        "owner_records_only",
        "rollup_only_from_children",
        "include_team_members",
        "attributes",
        "shared_with",
    )
    return (
        any(name in body and body[name] != getattr(goal, name) for name in own)
        or any(
            name in body and amount(body[name]) != getattr(goal, name)
            for name in ("target", "stretch_target")
        )
        or changes_override(goal, body)
    )


def _metric_changes(said: Said, goal_id: str, body: Json) -> Broken:
    goal = said.goals[goal_id]
    if goal.parent_id is not None:
        yield "metric_change_on_child"
    if said.children(goal_id):
        yield "metric_change_on_parent"
    if goal.locked is not None or body.get("is_overridden"):
        yield "goal_is_locked"


def _period_changes(said: Said, goal_id: str) -> Broken:
    if said.goals[goal_id].parent_id is not None:
        yield "period_change_on_child"
    yield from _closed_below(said, goal_id)


def _closed_below(said: Said, goal_id: str) -> Broken:
    below = said.subtree(goal_id)[:-1]
    if not all(said.goals[one].is_open for one in below):
        yield "period_change_with_closed_descendant"


def _attaches(
    said: Said, goal_id: str, parent_id: str, metric_id: str, period: Period
) -> Broken:
    parent = said.goals.get(parent_id)
    if parent is None:
        yield "reference_not_found"
        return
    if parent_id in said.subtree(goal_id):
        yield "goal_cycle"
    if parent.metric_id != metric_id:
        yield "parent_metric_differs"
    if parent.period.days != period.days:
        yield "parent_period_differs"
    if len(said.path(parent_id)) + said.height(goal_id) > DEPTH_MAX:
        yield "goal_too_deep"


def _a_goal(said: Said, deed: Deed) -> Broken:
    if deed.name not in said.goals:
        yield "not_found"


def _align_goal(said: Said, deed: Deed) -> Broken:
    goal = said.goals.get(deed.name)
    if goal is None:
        yield "not_found"
        return
    if not goal.is_open:
        yield "goal_not_open"
    if goal.parent_id is not None:
        yield "not_a_root"
    if goal.period.label is None:
        yield "period_not_fiscal"
    elif not said.calendar.has(goal.period.label[1]):
        yield "fiscal_period_not_of_template"
    yield from _closed_below(said, deed.name)


def _create_metric(said: Said, deed: Deed) -> Broken:
    body = deed.body
    if body["id"] in said.metrics:
        yield "id_taken"
    yield from _metric_name(said, body["id"], body["name"])
    if body["kind"] == "count" and body.get("data_type") is not None:
        yield "data_type_forbidden"
    if body["kind"] == "amount" and body.get("data_type") is None:
        yield "data_type_required"
    yield from _fields(body["kind"], body["rollup_fields"])


def _metric_name(said: Said, metric_id: str, name: str) -> Broken:
    if any(
        one != metric_id and metric.name.lower() == name.lower()
        for one, metric in said.metrics.items()
    ):
        yield "metric_name_taken"


def _fields(kind: str, fields: dict[str, Json]) -> Broken:
    if not fields:
        yield "metric_without_rollup_fields"
    for one in fields.values():
        if kind == "count" and one.get("source_attribute") is not None:
            yield "source_attribute_forbidden"
        if kind == "amount" and one.get("source_attribute") is None:
            yield "source_attribute_required"


def _change_metric(said: Said, deed: Deed) -> Broken:
    metric, body = said.metrics.get(deed.name), deed.body
    if metric is None:
        yield "not_found"
        return
    users = said.goals_by(deed.name)
    after = fields_after(metric, body)
    yield from _metric_name(said, deed.name, body.get("name", metric.name))
    for name in ("kind", "data_type"):
        if body.get(name, getattr(metric, name)) != getattr(metric, name):
            yield "metric_type_frozen"
    for slot in metric.fields.keys() & after.keys():
        if metric.fields[slot]["source_entity"] != after[slot]["source_entity"]:
            yield "rollup_field_frozen"
    if users and (
        body.get("stretch_tracked", metric.stretch_tracked) != metric.stretch_tracked
        or metric.fields.keys() - after.keys()
    ):
        yield "metric_in_use"
    if after != metric.fields and not all(goal.is_open for goal in users):
        yield "metric_used_by_closed_goal"
    yield from _fields(metric.kind, after)


def fields_after(metric: Metric, body: Json) -> dict[str, Json]:
    """Return the rollup fields that a metric has then."""
    after = metric.fields | (body.get("rollup_fields") or {})
    return {slot: one for slot, one in after.items() if one is not None}


def _delete_metric(said: Said, deed: Deed) -> Broken:
    if deed.name not in said.metrics:
        yield "not_found"
    elif said.goals_by(deed.name):
        yield "metric_in_use"


def _never(_said: Said, _deed: Deed) -> Broken:
    yield from ()


_RULES: dict[Kind, Callable[[Said, Deed], Broken]] = {
    Kind.CREATE_GOALS: _create_goals,
    Kind.CHANGE_GOAL: _change_goal,
    Kind.DELETE_GOAL: _a_goal,
    Kind.RECALCULATE: _a_goal,
    Kind.ALIGN_GOAL: _align_goal,
    Kind.CREATE_METRIC: _create_metric,
    Kind.CHANGE_METRIC: _change_metric,
    Kind.DELETE_METRIC: _delete_metric,
    Kind.CHANGE_ORGANIZATION: _never,
    Kind.CHANGE_USER: _never,
    Kind.CHANGE_TEAM: _never,
    Kind.LET_TIME_PASS: _never,
    Kind.SEND_RECORDS: _never,
}
