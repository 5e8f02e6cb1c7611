"""What was said of goals, metrics and records, and nothing that follows from it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

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


@dataclass(slots=True)
class Said:
    """All of it."""

    metrics: dict[str, Metric] = field(default_factory=dict)
    goals: dict[str, Goal] = field(default_factory=dict)
    # The newest version of each.
    records: dict[str, Json] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
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
