"""What was said of goals, metrics and records, and nothing that follows from it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.stateful.days import Calendar, Period
from tests.stateful.deeds import Json

SLOTS = ("actual", "in_progress", "custom")
VALUE_PLACES = {"money": 4, "decimal": 10, "integer": 0, None: 0}
TARGET_PLACES = {"money": 4, "decimal": 2, "integer": 0, None: 0}

# A number for each slot; what a metric lacks is 0 here and null to readers.
Values = dict[str, Fraction]


def nothing() -> Values:
    """Return zero everywhere."""
    return dict.fromkeys(SLOTS, Fraction(0))


def text_of(value: Fraction, places: int) -> str:
    """Return a number with so many places, half to even."""
    return f"{Decimal(round(value * 10**places)).scaleb(-places):.{places}f}"


@dataclass(slots=True)
class Metric:
    """How goals are measured."""

    name: str
    kind: str
    data_type: str | None
    stretch_tracked: bool
    fields: dict[str, Json]

    def adds(self, slot: str, record: Json) -> Fraction:
        """Return what a record that participates adds."""
        if self.kind == "count":
            return Fraction(1)
        value = record["attributes"].get(self.fields[slot]["source_attribute"])
        number = _number(value)
        if number is None:
            return Fraction(0)
        step = Decimal(1).scaleb(-VALUE_PLACES[self.data_type])
        return Fraction(number.quantize(step, rounding=ROUND_HALF_EVEN))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return Decimal(value)
    except ArithmeticError:
        return None


@dataclass(slots=True, kw_only=True)
class Goal:
    """A goal as it was defined, and what it holds for which reason."""

    title: str
    metric_id: str
    owner: Json
    manager_id: str
    parent_id: str | None
    period: Period
    target: Decimal | None = None
    stretch_target: Decimal | None = None
    owner_records_only: bool = True
    rollup_only_from_children: bool = False
    include_team_members: bool = False
    attributes: Json = field(default_factory=dict)
    shared_with: list[Json] = field(default_factory=list)
    state: str = "open"

    # What was last asked for of its values: neither taken back nor never said.
    asked: bool = False
    reason: str | None = None
    # Somebody wrote one of the values that it is locked at.
    lock_is_written: bool = False
    # What it shows instead of what is computed, by reason.
    locked: Values | None = None
    written: Values | None = None
    frozen: Values | None = None

    # Which one it is, by the order in which they were created.
    number: int = 0

    # As they were made last.
    own: Values = field(default_factory=nothing)
    computed: Values = field(default_factory=nothing)

    @property
    def is_open(self) -> bool:
        """Tell whether it follows its records."""
        return self.state == "open"

    @property
    def shown(self) -> Values:
        """Return what its parent adds."""
        for held in (self.frozen, self.locked, self.written):
            if held is not None:
                return held
        return self.computed


@dataclass(slots=True, kw_only=True)
class Said:
    """All of it."""

    metrics: dict[str, Metric] = field(default_factory=dict)
    goals: dict[str, Goal] = field(default_factory=dict)
    # The newest version of each.
    records: dict[str, Json] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    expiry_days: int = 30
    now: datetime
    disabled: set[str] = field(default_factory=set)
    # Users of each team.
    members: dict[str, list[str]] = field(default_factory=dict)
    users: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()

    def children(self, goal_id: str | None) -> list[str]:
        """Return who stands right below a goal, or the roots."""
        return sorted(
            one for one, goal in self.goals.items() if goal.parent_id == goal_id
        )

    def subtree(self, goal_id: str) -> list[str]:
        """Return a goal and all below it, those below first."""
        below = [one for child in self.children(goal_id) for one in self.subtree(child)]
        return [*below, goal_id]

    def path(self, goal_id: str) -> list[str]:
        """Return a goal, its parent, and so on up to the root."""
        parent = self.goals[goal_id].parent_id
        return [goal_id] + ([] if parent is None else self.path(parent))

    def height(self, goal_id: str) -> int:
        """Return how many levels lie below a goal."""
        return max(
            (1 + self.height(child) for child in self.children(goal_id)), default=0
        )

    def owners_of(self, goal: Goal) -> list[Json] | None:
        """Return whose records a goal counts; None: anybody's."""
        if not goal.owner_records_only:
            return None
        members = self.members.get(goal.owner["id"], [])
        if goal.owner["type"] != "team" or not goal.include_team_members:
            members = []
        return [goal.owner, *({"type": "user", "id": one} for one in members)]

    def error_of(self, goal: Goal) -> str | None:
        """Return what is wrong with a goal itself."""
        if goal.is_open and goal.manager_id in self.disabled:
            return "manager_disabled"
        return None

    def stands_still(self, goal: Goal) -> bool:
        """Tell whether a goal is closed, expired, or of a disabled manager."""
        last = goal.period.end + timedelta(days=self.expiry_days)
        today = self.now.astimezone(ZoneInfo(goal.period.zone)).date()
        return not goal.is_open or goal.manager_id in self.disabled or today > last

    def blamed_for(self, goal_id: str) -> str | None:
        """Return which goal's error is told of a goal: its own, or one's below it."""
        if self.error_of(self.goals[goal_id]):
            return goal_id
        failing = [
            one for one in self.subtree(goal_id) if self.error_of(self.goals[one])
        ]
        return min(failing, key=lambda one: self.goals[one].number, default=None)

    def goals_by(self, metric_id: str) -> list[Goal]:
        """Return the goals that a metric measures."""
        return [one for one in self.goals.values() if one.metric_id == metric_id]


def key_of(record: Json) -> str:
    """Return what a record is known by."""
    return f"{record['entity']}/{record['id']}"


def period_of(given: Json, zone: str, said: Said, standing: Period | None) -> Period:
    """Return the period that is asked for; it was found to be one.

    A fiscal period that stands already keeps its days.
    """
    if given["kind"] == "custom":
        start, end = map(date.fromisoformat, (given["start"], given["end"]))
        return Period(start=start, end=end, zone=zone)
    label = given["year"], given["period"]
    if standing is not None and standing.label == label:
        start, end = standing.start, standing.end
    else:
        start, end = said.calendar.days_of(*label)
    return Period(start=start, end=end, zone=zone, label=label)


def amount(value: Any) -> Decimal | None:
    """Return a number as requests give it."""
    return None if value is None else Decimal(value)
