"""Seeded days: what people and upstream systems do, step by step, by dice.

Everything that happens follows from the seed: records with duplicates, stale versions
and deletions; goals that come, move, change and go; and what becomes of the processes.
"""

import json
import random
from copy import deepcopy
from typing import Any

from shared.messages.definitions import (
    GoalDefinition,
    Kind,
    MetricDefinition,
    RecalculationDefinition,
)
from tests.integration.rollup.copies import Change, Gone, World
from tests.simulation.model import FIELDS, Model

PEOPLE = ("R0", "R1", "R2")
STATES = ("won", "open", None)
PERIODS = (
    {"start": "2026-01-01", "end": "2026-03-31", "time_zone": "Europe/Berlin"},
    {"start": "2026-03-29", "end": "2026-10-25", "time_zone": "America/New_York"},
    {"start": "2026-03-31", "end": "2026-03-31", "time_zone": "UTC"},
)
# The edges of those periods, as days and as instants, and what is no date.
DATES = (
    "2025-12-31",
    "2026-01-01",
    "2026-03-29",
    "2026-03-31",
    "2026-04-01",
    "2026-10-25",
    "2026-10-26",
    "2025-12-31T23:00:00+00:00",
    "2025-12-31T22:59:59+00:00",
    "2026-03-31T21:59:59.999999+00:00",
    "2026-03-31T22:00:00+00:00",
    "2026-10-26T03:59:59+00:00",
    "2026-10-26T04:00:00+00:00",
    None,
)
AMOUNTS = (
    "0",
    "1",
    "-3.5",
    "0.00005",
    "0.00015",
    "99999999999999.9999",
    "12345678901234567.12345",
    7,
    None,
    "no number",
)
METRICS: dict[str, dict[str, Any]] = {
    "revenue": {
        "metric_kind": "amount",
        "data_type": "money",
        "rollup_fields": {
            "actual": {
                "source_entity": "opportunity",
                "source_attribute": "amount",
                "source_state": "won",
                "date_attribute": "closed",
            },
            "in_progress": {
                "source_entity": "opportunity",
                "source_attribute": "amount",
                "source_state": "open",
                "source_status": "1",
                "date_attribute": "expected",
            },
        },
    },
    "calls": {
        "metric_kind": "count",
        "data_type": None,
        "rollup_fields": {
            "actual": {"source_entity": "call", "date_attribute": "closed"},
            "custom": {
                "source_entity": "opportunity",
                "source_state": "open",
                "date_attribute": "closed",
            },
        },
    },
    # What a call is about decides whether it counts, and some deals wait for a call.
    "deals": {
        "metric_kind": "count",
        "data_type": None,
        "rollup_fields": {
            "actual": {
                "source_entity": "call",
                "source_state": "won",
                "date_attribute": "closed",
                "state_from": {"link": "about", "entity": "opportunity"},
                "date_from": {"link": "about", "entity": "opportunity"},
            },
            "custom": {
                "source_entity": "opportunity",
                "source_state": "open",
                "date_attribute": "closed",
                "date_from": {"link": "about", "entity": "call"},
            },
        },
    },
    "ratio": {
        "metric_kind": "amount",
        "data_type": "decimal",
        "rollup_fields": {
            "custom": {
                "source_entity": "call",
                "source_attribute": "amount",
                "date_attribute": "expected",
            }
        },
    },
}
GOALS_MAX = 40
DEPTH_MAX = 6


class Days:
    """People and upstream systems, by dice; the model is told what the topics are."""

    def __init__(self, dice: random.Random, world: World) -> None:
        self.model = Model()
        self._dice = dice
        self._world = world
        self._sent: list[tuple[int, dict[str, Any]]] = []
        self._said: list[list[Change]] = []
        self._goals = 0
        self._numbers = 0
        self._versions = 0
        self._overrides = 0
        for name, metric in METRICS.items():
            self._define_metric(name, deepcopy(metric))

    # Records

    def record(self) -> None:
        """Send a record: a new one, a new version, the same again, or an old one."""
        dice = self._dice
        fate = dice.random()
        if self._sent and fate < 0.15:
            partition, record = dice.choice(self._sent)
        elif self._sent and fate < 0.25:
            # From another partition: nothing relies on where a record comes by.
            _, record = dice.choice(self._sent)
            partition = dice.randrange(self._world.records.partitions)
        else:
            record = self._fresh_record()
            partition = sum(record["id"].encode()) % self._world.records.partitions
            self._sent.append((partition, record))
        self.model.tell(record)
        self._world.record(json.dumps(record).encode(), partition=partition)

    def _fresh_record(self) -> dict[str, Any]:
        dice = self._dice
        owner = dice.choice((*PEOPLE, None))
        return {
            "entity": dice.choice(("opportunity", "call")),
            "id": f"O-{dice.randrange(40)}",
            # Unique, so that the content of a version never differs; rarely in order.
            "version": dice.randrange(1, 10**6) * 10**6 + len(self._sent),
            "deleted": dice.random() < 0.12,
            "owner": None if owner is None else {"type": "user", "id": owner},
            "state": dice.choice(STATES),
            "status": dice.choice(("1", "2", None)),
            "attributes": {
                "amount": dice.choice(AMOUNTS),
                "closed": dice.choice(DATES),
                "expected": dice.choice(DATES),
                "about": dice.choice((None, f"O-{dice.randrange(45)}")),
            },
        }

    # Definitions

    def change(self) -> None:
        """Change definitions: one change set of what belongs together."""
        act = self._dice.choice(
            (
                self._create,
                self._create,
                self._create,
                self._create_family,
                self._move,
                self._move,
                self._delete,
                self._redefine,
                self._redefine,
                self._redefine,
                self._redefine,
                self._redefine,
                self._retitle,
                self._lock,
                self._lock,
                self._unlock,
                self._close,
                self._close,
                self._open,
                self._give_new_period,
                self._give_new_metric,
                self._swap,
                self._recreate,
                self._change_metric,
                self._recalculate,
                self._recalculate,
            )
        )
        changes = act()
        if changes:
            self._world.say(*changes)
            if not any(isinstance(one, MetricDefinition) for one in changes):
                self._said.append(changes)
        if self._said and self._dice.random() < 0.1:
            # A publisher that had stalled sends an old change set once more.
            self._world.say(*self._dice.choice(self._said))

    def _define_metric(self, name: str, body: dict[str, Any]) -> None:
        self.model.metrics[name] = body
        self._world.say(self._metric(name))

    def _metric(self, name: str) -> MetricDefinition:
        self._versions += 1
        return MetricDefinition.model_validate(
            {
                "id": name,
                "name": name,
                "version": self._versions,
                **self.model.metrics[name],
            }
        )

    def _goal(self, goal_id: str) -> GoalDefinition:
        self._versions += 1
        return GoalDefinition.model_validate(
            {"id": goal_id, "version": self._versions, **self.model.goals[goal_id]}
        )

    def _depth(self, goal_id: str) -> int:
        parent = self.model.goals[goal_id]["parent_id"]
        return 0 if parent is None else 1 + self._depth(parent)

    def _some_goal(self) -> str | None:
        return self._dice.choice(sorted(self.model.goals)) if self.model.goals else None

    def _plant(self, goal_id: str, parent_id: str | None) -> list[Change]:
        dice = self._dice
        above = None if parent_id is None else self.model.goals[parent_id]
        self._numbers += dice.choice((1, 1, 1, 5))
        self.model.goals[goal_id] = {
            "number": self._numbers,
            "title": goal_id,
            "metric_id": above["metric_id"] if above else dice.choice(sorted(METRICS)),
            "owner": {"type": "user", "id": dice.choice(PEOPLE)},
            "manager_id": "M",
            "parent_id": parent_id,
            "period": above["period"] if above else dice.choice(PERIODS),
            "target": "10",
            "owner_records_only": dice.random() < 0.6,
            "rollup_only_from_children": dice.random() < 0.2,
        }
        return [self._goal(goal_id)]

    def _new_id(self) -> str:
        self._goals += 1
        return f"G-{self._goals}"

    def _create(self) -> list[Change]:
        if len(self.model.goals) >= GOALS_MAX:
            return []
        parent = self._some_goal() if self._dice.random() < 0.7 else None
        if parent is not None and self._depth(parent) >= DEPTH_MAX:
            parent = None
        return self._plant(self._new_id(), parent)

    def _create_family(self) -> list[Change]:
        """Create a parent and children in one set, in any order."""
        if len(self.model.goals) >= GOALS_MAX:
            return []
        top = self._new_id()
        changes = self._plant(top, None)
        for _ in range(3):
            changes += self._plant(self._new_id(), top)
        self._dice.shuffle(changes)
        return changes

    def _fitting_parents(self, goal_id: str) -> list[str]:
        mine = self.model.goals[goal_id]
        below = set(self.model.subtree(goal_id))
        height = max(self._depth(one) for one in below) - self._depth(goal_id)
        return [
            one
            for one, goal in sorted(self.model.goals.items())
            if one not in below
            and goal["metric_id"] == mine["metric_id"]
            and goal["period"] == mine["period"]
            and self._depth(one) + height < DEPTH_MAX
        ]

    def _move(self) -> list[Change]:
        goal_id = self._some_goal()
        if goal_id is None:
            return []
        parent = self._dice.choice([None, *self._fitting_parents(goal_id)])
        self.model.goals[goal_id]["parent_id"] = parent
        return [self._goal(goal_id)]

    def _swap(self) -> list[Change]:
        """Put a goal below its own child, whose place it had."""
        children = [
            one for one, goal in sorted(self.model.goals.items()) if goal["parent_id"]
        ]
        if not children:
            return []
        child = self._dice.choice(children)
        parent = self.model.goals[child]["parent_id"]
        if max(self._depth(one) for one in self.model.subtree(parent)) >= DEPTH_MAX:
            return []
        self.model.goals[child]["parent_id"] = self.model.goals[parent]["parent_id"]
        self.model.goals[parent]["parent_id"] = child
        changes: list[Change] = [self._goal(parent), self._goal(child)]
        self._dice.shuffle(changes)
        return changes

    def _delete(self) -> list[Change]:
        goal_id = self._some_goal()
        if goal_id is None:
            return []
        changes: list[Change] = []
        for child in self.model.children(goal_id):
            self.model.goals[child]["parent_id"] = None
            changes.append(self._goal(child))
        number = self.model.goals.pop(goal_id)["number"]
        changes.append(Gone(Kind.GOAL, goal_id, number))
        return changes

    def _recreate(self) -> list[Change]:
        """Delete a goal and take its id up again at once, in a set of its own."""
        changes = self._delete()
        if not changes:
            return []
        self._world.say(*changes)
        last = changes[-1]
        return self._plant(last.id, None)

    def _redefine(self) -> list[Change]:
        goal_id = self._some_goal()
        if goal_id is None:
            return []
        goal = self.model.goals[goal_id]
        name = self._dice.choice(
            ("owner", "owner", "owner_records_only", "rollup_only_from_children")
        )
        if name == "owner":
            goal["owner"] = {"type": "user", "id": self._dice.choice(PEOPLE)}
        else:
            goal[name] = not goal[name]
        return [self._goal(goal_id)]

    def _retitle(self) -> list[Change]:
        goal_id = self._some_goal()
        if goal_id is None:
            return []
        self.model.goals[goal_id]["title"] += "'"
        return [self._goal(goal_id)]

    def _lock(self) -> list[Change]:
        """Write over all that a goal shows, and lock it."""
        values = {name: str(self._dice.randrange(-9, 10**6)) for name in FIELDS}
        return self._override(self._some_goal(), values)

    def _unlock(self) -> list[Change]:
        """Take a lock off."""
        locked = [one for one in sorted(self.model.goals) if self._is_locked(one)]
        return self._override(self._dice.choice(locked), {}) if locked else []

    def _close(self) -> list[Change]:
        """Close or discard a goal."""
        state = self._dice.choice(("closed", "discarded"))
        return self._set_state(self._some_goal(), state)

    def _open(self) -> list[Change]:
        """Open a goal again."""
        closed = [one for one in sorted(self.model.goals) if not self._is_open(one)]
        return self._set_state(self._dice.choice(closed), "open") if closed else []

    def open_all(self) -> None:
        """Open all goals again: then it does not matter when they were closed."""
        for goal_id in sorted(self.model.goals):
            if not self._is_open(goal_id):
                self._world.say(*self._set_state(goal_id, "open"))

    def _set_state(self, goal_id: str | None, state: str) -> list[Change]:
        if goal_id is None:
            return []
        self.model.goals[goal_id]["state"] = state
        return [self._goal(goal_id)]

    def _is_open(self, goal_id: str) -> bool:
        return bool(self.model.goals[goal_id].get("state", "open") == "open")

    def _override(self, goal_id: str | None, values: dict[str, str]) -> list[Change]:
        if goal_id is None:
            return []
        self._overrides += 1
        self.model.goals[goal_id]["override"] = {
            "number": self._overrides,
            "values": values,
            "is_override": bool(values),
            "is_overridden": bool(values),
            "at": "2026-11-20T09:00:00+00:00",
        }
        return [self._goal(goal_id)]

    def _is_locked(self, goal_id: str) -> bool:
        override = self.model.goals[goal_id].get("override")
        return override is not None and override["is_overridden"]

    def _recalculate(self) -> list[Change]:
        """Ask that a tree be recalculated; the goal may have been deleted long ago."""
        numbers = [(one, said["number"]) for one, said in self.model.goals.items()]
        goal_id, number = self._dice.choice([*sorted(numbers), ("never", 10**6)])
        self._versions += 1
        wish = {
            "id": f"W-{self._versions}",
            "version": self._versions,
            "goal_id": goal_id,
            "goal_number": number,
            "asked_at": "2026-11-21T09:00:00Z",
        }
        return [RecalculationDefinition.model_validate(wish)]

    def _give_new_period(self) -> list[Change]:
        """Give a whole tree another period, unless a goal of it is closed."""
        goal_id = self._some_goal()
        if goal_id is None:
            return []
        period = self._dice.choice(PERIODS)
        tree = self.model.subtree(self.model.root(goal_id))
        if not all(map(self._is_open, tree)):
            return []
        for one in tree:
            self.model.goals[one]["period"] = period
        return [self._goal(one) for one in tree]

    def _give_new_metric(self) -> list[Change]:
        """Give a goal that stands alone another metric."""
        lone = [
            one
            for one, goal in sorted(self.model.goals.items())
            if goal["parent_id"] is None
            and not self.model.children(one)
            and not self._is_locked(one)
            and self._is_open(one)
        ]
        if not lone:
            return []
        goal_id = self._dice.choice(lone)
        self.model.goals[goal_id]["metric_id"] = self._dice.choice(sorted(METRICS))
        return [self._goal(goal_id)]

    def _change_metric(self) -> list[Change]:
        """Change what a metric counts; a field may come or go."""
        name = self._dice.choice(sorted(self.model.metrics))
        if not all(
            self._is_open(one)
            for one, goal in self.model.goals.items()
            if goal["metric_id"] == name
        ):
            return []
        fields = self.model.metrics[name]["rollup_fields"]
        slot = self._dice.choice(("actual", "in_progress", "custom"))
        original = METRICS[name]["rollup_fields"]
        if slot in fields and len(fields) > 1 and self._dice.random() < 0.5:
            del fields[slot]
        elif slot in original:
            fields[slot] = {
                **original[slot],
                "date_attribute": self._dice.choice(("closed", "expected")),
            }
        return [self._metric(name)]
