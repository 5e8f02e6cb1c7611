"""Overrides and closed goals as people see them: HTTP, Kafka, and everything between.

With the example of the semantics (section 12).
"""

import json
from typing import Any

import httpx
import pytest

from tests.running import Running
from tests.system.conftest import PERIOD
from tests.system.test_survives import SETTLED_SECONDS, last_messages
from tests.waiting import eventually_true

Seen = tuple[str, str, str]


@pytest.fixture
def calls(cairn: Running) -> None:
    """Count calls: completed ones by their end, open ones by their creation."""
    cairn.post(
        "/v1/metrics",
        {
            "id": "calls",
            "name": "Calls",
            "kind": "count",
            "rollup_fields": {
                "actual": {
                    "source_entity": "phonecall",
                    "source_state": "completed",
                    "source_status": "received",
                    "date_attribute": "actualend",
                },
                "in_progress": {
                    "source_entity": "phonecall",
                    "source_state": "open",
                    "date_attribute": "createdon",
                },
            },
        },
    )
    goal = {
        "metric_id": "calls",
        "owner": {"type": "user", "id": "chief"},
        "manager_id": "chief",
        "owner_records_only": False,
        "target": "5",
    }
    cairn.post(
        "/v1/goals",
        [
            {**goal, "id": "all-calls", "title": "All", "period": PERIOD}
            | {"rollup_only_from_children": True},
            {**goal, "id": "calls", "title": "Calls", "parent_id": "all-calls"},
        ],
    )


def call(number: int, *, state: str = "completed") -> dict[str, object]:
    """Return an incoming call."""
    return {
        "entity": "phonecall",
        "id": f"call-{number}",
        "version": 1,
        "state": state,
        "status": "received",
        "attributes": {"actualend": "2026-11-21", "createdon": "2026-11-21"},
    }


def seen(cairn: Running, goal_id: str = "calls") -> Seen:
    """Return actual, in progress and percentage once all is settled, as all see it."""
    eventually_true(cairn.is_settled, within=SETTLED_SECONDS, what="settled totals")
    goal = cairn.get(f"/v1/goals/{goal_id}")
    message = last_messages(cairn)[goal_id]
    for name in ("values", "percentage", "is_overridden", "state", "attributes"):
        assert message[name] == goal[name], name
    assert message["rollup"]["status"] == goal["rollup"]["status"]
    values = goal["values"]
    return values["actual"], values["in_progress"], goal["percentage"]


def change(cairn: Running, **fields: Any) -> httpx.Response:
    """Ask for a change of the goal of calls."""
    return httpx.patch(
        f"{cairn.goals}/v1/goals/calls",
        json=fields,
        headers={"Authorization": f"Bearer {cairn.token}"},
        trust_env=False,
    )


def recalculated(cairn: Running) -> dict[str, Any]:
    """Recalculate the tree as a person does; return the report."""
    ended = cairn.cairn("recalculate", "calls", "--wait", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    assert (report["status"], report["differences"]) == ("done", [])
    return report


@pytest.mark.usefixtures("calls")
def test_what_is_held_is_seen_by_everybody(cairn: Running) -> None:
    """Written over, recalculated, followed, locked, closed, opened, unlocked."""
    written = {"values": {"actual": "10", "in_progress": "5"}}
    cairn.send(call(1), call(2, state="open"))
    assert seen(cairn) == seen(cairn, "all-calls") == ("1", "1", "20.0000")

    refused = change(cairn, **written)
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert refused.json()["dynamics_code"] == "80044911"

    assert change(cairn, **written, is_override=True).is_success
    assert seen(cairn) == seen(cairn, "all-calls") == ("10", "5", "200.0000")
    first = cairn.get("/v1/goals/calls")["last_rolled_up_at"]
    report = recalculated(cairn)
    assert (report["tree_id"], report["goals"]) == ("all-calls", 2)
    assert report["records_read"] == report["records_expected"] == 2
    assert seen(cairn) == seen(cairn, "all-calls") == ("1", "1", "20.0000")
    assert cairn.get("/v1/goals/calls")["last_rolled_up_at"] > first
    assert cairn.get("/v1/goals/calls")["override"] is None

    assert change(cairn, **written, is_override=True).is_success
    assert seen(cairn) == seen(cairn, "all-calls") == ("10", "5", "200.0000")
    cairn.send(call(3))
    assert seen(cairn) == seen(cairn, "all-calls") == ("2", "1", "40.0000")

    assert change(cairn, **written, is_override=True, is_overridden=True).is_success
    assert seen(cairn) == seen(cairn, "all-calls") == ("10", "5", "200.0000")
    recalculated(cairn)
    assert seen(cairn) == seen(cairn, "all-calls") == ("10", "5", "200.0000")
    cairn.send(call(4))
    assert seen(cairn) == seen(cairn, "all-calls") == ("10", "5", "200.0000")
    assert cairn.get("/v1/goals/calls")["computed"]["actual"] == "3"

    assert change(cairn, is_overridden=False).is_success
    assert seen(cairn) == seen(cairn, "all-calls") == ("3", "1", "60.0000")

    assert change(cairn, state="closed").is_success
    eventually_true(
        lambda: cairn.get("/v1/goals/calls")["rollup"]["status"] == "frozen",
        within=SETTLED_SECONDS,
        what="a frozen goal",
    )
    cairn.send(call(5), call(1) | {"version": 2, "deleted": True})
    assert seen(cairn) == seen(cairn, "all-calls") == ("3", "1", "60.0000")
    assert change(cairn, title="Other").json()["error"] == "goal_not_open"

    cairn.send(call(6))
    assert change(cairn, state="open").is_success
    assert seen(cairn) == seen(cairn, "all-calls") == ("4", "1", "80.0000")
    verified = cairn.cairn("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
