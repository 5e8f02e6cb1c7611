"""Goals whose records look at others, as people see them: HTTP, Kafka and all between.

The example of the documentation: a product counts once its opportunity is won.
"""

from typing import Any

import pytest

from services.goals.http.metric_bodies import NewMetric
from tests.running import Running
from tests.system.conftest import PERIOD
from tests.system.test_survives import SETTLED_SECONDS, last_messages
from tests.waiting import eventually_true


@pytest.fixture
def won_products(cairn: Running) -> None:
    """Set the goal of won products, by the metric that the OpenAPI document shows."""
    examples: Any = NewMetric.model_config["json_schema_extra"]
    metric = next(one for one in examples["examples"] if one["id"] == "won-products")
    cairn.post("/v1/metrics", metric)
    cairn.post(
        "/v1/goals",
        {
            "id": "won-products",
            "title": "Won products",
            "metric_id": "won-products",
            "owner": {"type": "user", "id": "chief"},
            "manager_id": "chief",
            "owner_records_only": False,
            "period": PERIOD,
            "target": "100",
        },
    )


def line(number: int, *, of: str, version: int = 1) -> dict[str, object]:
    """Return a product of an opportunity, worth ten."""
    return {
        "entity": "opportunityproduct",
        "id": f"L-{number}",
        "version": version,
        "attributes": {"extendedamount": "10.00", "opportunityid": of},
    }


def deal(name: str, state: str, *, version: int) -> dict[str, object]:
    """Return an opportunity, closed in the period if at all."""
    return {
        "entity": "opportunity",
        "id": name,
        "version": version,
        "state": state,
        "attributes": {"actualclosedate": "2026-11-21"},
    }


def seen(cairn: Running) -> str:
    """Return what the goal shows once all is settled, to whoever asks or listens."""
    eventually_true(cairn.is_settled, within=SETTLED_SECONDS, what="settled totals")
    goal = cairn.get("/v1/goals/won-products")
    assert last_messages(cairn)["won-products"]["values"] == goal["values"]
    return str(goal["values"]["actual"])


@pytest.mark.usefixtures("won_products")
def test_products_count_once_their_opportunity_is_won(cairn: Running) -> None:
    """Two processes take them, and lines and deals come on different partitions."""
    deals = [f"D-{number}" for number in range(20)]
    lines = [line(number, of=deals[number % 20]) for number in range(100)]
    cairn.send(*lines[:50], *(deal(name, "open", version=1) for name in deals))
    assert seen(cairn) == "0.0000"

    cairn.send(*(deal(name, "won", version=2) for name in deals), *lines[50:])
    assert seen(cairn) == "1000.0000"

    cairn.send(
        deal("D-0", "won", version=3) | {"deleted": True},
        deal("D-1", "lost", version=3),
        line(2, of="D-0", version=2),
        line(0, of="D-2", version=2),
    )
    # Out are four lines of D-0, five of D-1, and one that was linked to D-0 anew.
    assert seen(cairn) == "900.0000"

    # More than one batch looks at.
    many = [line(1000 + number, of="D-big") for number in range(1_200)]
    cairn.send(*many)
    cairn.send(deal("D-big", "won", version=1))
    assert seen(cairn) == "12900.0000"
    verified = cairn.cairn("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
