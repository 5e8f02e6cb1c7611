"""What the totals must be: definitions and records, added up from nothing.

The oracle of the simulation. It shares no code with what it judges: no index, no
deltas, no units, no forest; only the rules, in the plainest words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

FIELDS = ("actual", "in_progress", "custom")
DECIMALS = {"money": 4, "decimal": 10, "integer": 0, None: 0}

Numbers = tuple[int, int, int]


@dataclass(slots=True)
class Model:
    """Everything that was said, at its newest."""

    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    goals: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    def tell(self, record: dict[str, Any]) -> None:
        """Take a record: the greatest version counts, whenever it comes."""
        key = f"{record['entity']}/{record['id']}"
        known = self.records.get(key)
        if known is None or record["version"] > known["version"]:
            self.records[key] = record

    def children(self, goal_id: str) -> list[str]:
        """Return who stands right below a goal."""
        return [one for one, goal in self.goals.items() if goal["parent_id"] == goal_id]

    def subtree(self, goal_id: str) -> list[str]:
        """Return a goal and all below it."""
        return [goal_id] + [
            below for child in self.children(goal_id) for below in self.subtree(child)
        ]

    def root(self, goal_id: str) -> str:
        """Return the goal at the top."""
        parent = self.goals[goal_id]["parent_id"]
        return goal_id if parent is None else self.root(parent)

    def expected(self) -> dict[str, Numbers]:
        """Return what every goal shows."""
        return {goal_id: self._shown(goal_id) for goal_id in self.goals}

    def _shown(self, goal_id: str) -> Numbers:
        goal = self.goals[goal_id]
        override = goal.get("override")
        if override is not None and override["is_overridden"]:
            decimals = DECIMALS[self.metrics[goal["metric_id"]]["data_type"]]
            actual, in_progress, custom = (
                int(Decimal(override["values"][name]).scaleb(decimals))
                for name in FIELDS
            )
            return (actual, in_progress, custom)
        parts = [self._own(goal), *map(self._shown, self.children(goal_id))]
        return (
            sum(one[0] for one in parts),
            sum(one[1] for one in parts),
            sum(one[2] for one in parts),
        )

    def _own(self, goal: dict[str, Any]) -> Numbers:
        totals = [Decimal(0), Decimal(0), Decimal(0)]
        metric = self.metrics[goal["metric_id"]]
        for index, name in enumerate(FIELDS):
            rollup_field = metric["rollup_fields"].get(name)
            if rollup_field is not None:
                totals[index] = sum(
                    self._added(goal, metric, rollup_field), start=Decimal(0)
                )
        return (int(totals[0]), int(totals[1]), int(totals[2]))

    def _added(
        self, goal: dict[str, Any], metric: dict[str, Any], rollup_field: dict[str, Any]
    ) -> Iterator[Decimal]:
        if goal["rollup_only_from_children"]:
            return
        for record in self.records.values():
            if self._counts(record, goal, rollup_field):
                yield _amount(record, metric, rollup_field)

    def _counts(
        self, record: dict[str, Any], goal: dict[str, Any], rollup_field: dict[str, Any]
    ) -> bool:
        if record["deleted"] or record["entity"] != rollup_field["source_entity"]:
            return False
        judged = self._read_from(record, rollup_field.get("state_from"))
        for name in ("state", "status"):
            wanted = rollup_field.get(f"source_{name}")
            if wanted is not None and (judged is None or judged[name] != wanted):
                return False
        if goal["owner_records_only"] and record["owner"] != goal["owner"]:
            return False
        dated = self._read_from(record, rollup_field.get("date_from"))
        if dated is None:
            return False
        when = dated["attributes"].get(rollup_field["date_attribute"])
        return when is not None and _in_period(when, goal["period"])

    def _read_from(
        self, record: dict[str, Any], link: dict[str, str] | None
    ) -> dict[str, Any] | None:
        """Return the record itself or the one that it links to, if it exists."""
        if link is None:
            return record
        target = record["attributes"].get(link["link"])
        found = self.records.get(f"{link['entity']}/{target}")
        return None if found is None or found["deleted"] else found


def _in_period(when: str, period: dict[str, str]) -> bool:
    start, end = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
    if len(when) == len("2026-01-01"):
        return start <= date.fromisoformat(when) <= end
    zone = ZoneInfo(period["time_zone"])
    there = datetime.fromisoformat(when).astimezone(zone).replace(tzinfo=None)
    opens = datetime(start.year, start.month, start.day)  # noqa: DTZ001 - a clock's face
    closes = datetime(end.year, end.month, end.day) + timedelta(days=1)  # noqa: DTZ001 - a clock's face
    return opens <= there < closes


def _amount(
    record: dict[str, Any], metric: dict[str, Any], rollup_field: dict[str, Any]
) -> Decimal:
    """Return how many of its smallest step the record adds."""
    if metric["metric_kind"] == "count":
        return Decimal(1)
    value = record["attributes"].get(rollup_field["source_attribute"])
    if value is None or value == "no number":
        return Decimal(0)
    scaled = Decimal(str(value)).scaleb(DECIMALS[metric["data_type"]])
    return scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
