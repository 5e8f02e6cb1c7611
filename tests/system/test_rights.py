"""One sees records, another the sum of them: HTTP, Kafka, and everything between."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from tests.measured import Record, timed
from tests.running import Running
from tests.system.conftest import PERIOD
from tests.system.test_survives import SETTLED_SECONDS
from tests.waiting import eventually_true

SCOPES: Final = ["goals:read", "records:read"]
MARKED: Final = "restricted-deal"


@pytest.fixture
def tokens(cairn: Running) -> Mapping[str, str]:
    """Let `one` read deals and manage a child goal, and `two` manage its parent."""
    read = {"deal": {"read": "organization"}}
    cairn.post("/v1/roles", {"id": "reader", "name": "Reader", "privileges": read})
    cairn.post(
        "/v1/users",
        [
            {"id": "one", "name": "One", "roles": ["reader"]},
            {"id": "two", "name": "Two"},
        ],
    )
    field = {
        "source_entity": "deal",
        "source_attribute": "amount",
        "date_attribute": "day",
    }
    cairn.post(
        "/v1/metrics",
        {
            "id": "deals",
            "name": "Deals",
            "kind": "amount",
            "data_type": "integer",
            "rollup_fields": {"actual": field},
        },
    )
    goal = {"owner": {"type": "user", "id": "one"}, "owner_records_only": False}
    parent = goal | {
        "id": "parent",
        "title": "Parent",
        "manager_id": "two",
        "metric_id": "deals",
        "period": PERIOD,
        "rollup_only_from_children": True,
    }
    child = goal | {
        "id": "child",
        "title": "Child",
        "manager_id": "one",
        "parent_id": "parent",
    }
    cairn.post("/v1/goals", [parent, child])
    return {
        name: cairn.post(
            "/v1/tokens", {"name": f"of-{name}", "scopes": SCOPES, "user_id": name}
        )["token"]
        for name in ("one", "two")
    }


def asked(cairn: Running, token: str, path: str) -> httpx.Response:
    """Ask as somebody."""
    return httpx.get(
        f"{cairn.goals}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


def totals(cairn: Running, token: str) -> list[Any]:
    """Return what the parent and the child show."""
    goals = [asked(cairn, token, f"/v1/goals/{name}") for name in ("parent", "child")]
    return [goal.json()["values"]["actual"] for goal in goals]


def moved(cairn: Running, token: str, wanted: list[Any]) -> None:
    """Wait until both totals are what they should be."""
    eventually_true(
        lambda: totals(cairn, token) == wanted, within=SETTLED_SECONDS, what="totals"
    )


def test_a_sum_is_seen_and_its_records_are_not(
    cairn: Running, tokens: Mapping[str, str], record_property: Record
) -> None:
    """Taking the child manager's right away moves both totals, and back."""
    one, two = tokens["one"], tokens["two"]
    cairn.send(
        {
            "entity": "deal",
            "id": MARKED,
            "version": 1,
            "attributes": {"amount": "4321", "day": "2026-11-21"},
        }
    )
    moved(cairn, two, ["4321", "4321"])
    eventually_true(cairn.is_settled, within=SETTLED_SECONDS, what="settled totals")

    mine = asked(cairn, one, "/v1/goals/child/records")
    his = [
        asked(cairn, two, path)
        for path in (
            "/v1/goals",
            "/v1/goals/parent/tree",
            "/v1/goals/child",
            "/v1/goals/child/records",
            "/v1/goals/child/records?nearly=true",
            "/v1/goals/child/history",
            "/v1/goals/child/changes",
            "/v1/recalculations",
        )
    ]
    explained = asked(cairn, two, f"/v1/goals/child/explain?record=deal/{MARKED}")
    cairn.patch("/v1/users/one", {"roles": []})
    with timed(record_property, "a right taken, and its sums gone"):
        moved(cairn, two, ["0", "0"])
    cairn.patch("/v1/users/one", {"roles": ["reader"]})
    with timed(record_property, "a right given, and its sums back"):
        moved(cairn, two, ["4321", "4321"])

    assert [item["record"] for item in mine.json()["items"]] == [f"deal/{MARKED}"]
    assert all(answer.status_code == 200 for answer in his)
    assert all(MARKED not in answer.text for answer in his)
    assert his[3].json()["withheld"] == {"records": 1, "adds": {"actual": "4321"}}
    assert explained.status_code == 404
