"""The money example of the semantics (section 12): HTTP, Kafka, and all between.

All of it but the line about a manager who may not read opportunities: that is for
rights to say.
"""

import json

from tests.running import Running
from tests.system.test_survives import SETTLED_SECONDS, last_messages
from tests.waiting import eventually_true

# The day of the run, by the clock that the tests set.
TODAY = "2026-11-21"
PERIOD = {"kind": "custom", "start": "2026-11-20", "end": "2026-12-21"}
METRIC = {
    "id": "won-money",
    "name": "Won money",
    "kind": "amount",
    "data_type": "money",
    "rollup_fields": {
        "in_progress": {
            "source_entity": "opportunity",
            "source_attribute": "estimatedvalue",
            "source_state": "open",
            "date_attribute": "estimatedclosedate",
        },
        "actual": {
            "source_entity": "opportunity",
            "source_attribute": "actualvalue",
            "source_state": "won",
            "date_attribute": "actualclosedate",
        },
    },
}
# Actual, in progress, custom; percentage; elapsed share of the period; today's target.
C0 = ("400.0000", "0.0000", None, "400.0000", "3.2258", "3.2258")
C1 = ("400.0000", "0.0000", None, "200.0000", "3.2258", "6.4516")
P = ("800.0000", "0.0000", None, "266.6667", "3.2258", "9.6774")


def won(name: str, owner: str, account: str) -> dict[str, object]:
    """Return an opportunity that was won today."""
    return {
        "entity": "opportunity",
        "id": name,
        "version": 1,
        "owner": {"type": "user", "id": owner},
        "state": "won",
        "attributes": {
            "actualvalue": "400.00",
            "actualclosedate": TODAY,
            "customerid": account,
        },
    }


def account(name: str, postal_code: str, *, version: int = 1) -> dict[str, object]:
    """Return an account."""
    return {
        "entity": "account",
        "id": name,
        "version": version,
        "attributes": {"address1_postalcode": postal_code},
    }


def query(name: str, postal_code: str) -> dict[str, object]:
    """Return a query for the opportunities of accounts with a postal code."""
    return {
        "id": name,
        "name": f"Opportunities of {postal_code}",
        "entity": "opportunity",
        "where": {
            "link": "customerid",
            "entity": "account",
            "where": {
                "attribute": "address1_postalcode",
                "operator": "eq",
                "value": postal_code,
            },
        },
    }


def test_every_number_of_the_money_example(cairn: Running) -> None:
    """Three goals, two queries, two deals, and what then becomes of them."""
    cairn.post("/v1/users", [{"id": name, "name": name} for name in ("M", "R0", "R1")])
    cairn.post("/v1/metrics", METRIC)
    cairn.post("/v1/rollup-queries", [query("Q0", "60661"), query("Q1", "99999")])
    of = {"manager_id": "M"}
    cairn.post(
        "/v1/goals",
        [
            {**of, "id": "P", "title": "P", "target": "300", "metric_id": "won-money"}
            | {"owner": {"type": "user", "id": "M"}, "period": PERIOD}
            | {"rollup_only_from_children": True},
            {**of, "id": "C0", "title": "C0", "target": "100", "parent_id": "P"}
            | {"owner": {"type": "user", "id": "R0"}, "queries": {"actual": "Q0"}},
            {**of, "id": "C1", "title": "C1", "target": "200", "parent_id": "P"}
            | {"owner": {"type": "user", "id": "R1"}, "queries": {"actual": "Q1"}},
        ],
    )

    cairn.send(account("A0", "60661"), account("A1", "99999"))
    cairn.send(won("O0", "R0", "A0"), won("O1", "R1", "A1"))

    assert [seen(cairn, name) for name in ("C0", "C1", "P")] == [C0, C1, P]

    ended = cairn.cairn("recalculate", "C1", "--wait", "--json")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout)
    assert (report["tree_id"], report["goals"], report["differences"]) == ("P", 3, [])
    assert [seen(cairn, name) for name in ("C0", "C1", "P")] == [C0, C1, P]

    # Exchanged, neither query lets the deal of its goal's owner through.
    cairn.patch("/v1/goals/C0", {"queries": {"actual": "Q1"}})
    cairn.patch("/v1/goals/C1", {"queries": {"actual": "Q0"}})
    assert actuals(cairn) == ("0.0000", "0.0000", "0.0000")

    cairn.patch("/v1/goals/C0", {"queries": {"actual": "Q0"}})
    cairn.patch("/v1/goals/C1", {"queries": {"actual": "Q1"}})
    assert actuals(cairn) == ("400.0000", "400.0000", "800.0000")

    cairn.send(account("A0", "60662", version=2))
    assert actuals(cairn) == ("0.0000", "400.0000", "400.0000")


def actuals(cairn: Running) -> tuple[str | None, ...]:
    """Return what the three goals have reached, once all is settled."""
    return tuple(seen(cairn, name)[0] for name in ("C0", "C1", "P"))


def seen(cairn: Running, goal_id: str) -> tuple[str | None, ...]:
    """Return a goal's numbers once all is settled; who listens has the same."""
    eventually_true(cairn.is_settled, within=SETTLED_SECONDS, what="settled totals")
    goal = cairn.get(f"/v1/goals/{goal_id}")
    message = last_messages(cairn)[goal_id]
    assert message["values"] == goal["values"]
    assert message["percentage"] == goal["percentage"]
    values, today = goal["values"], goal["today"]
    return (
        values["actual"],
        values["in_progress"],
        values["custom"],
        goal["percentage"],
        today["percentage_of_period"],
        today["target"],
    )
