"""Something of each kind that a path may name."""

from datetime import UTC, datetime
from typing import Any, Final

from tests.running import Running

# By the part of a path before its `{id}`: what is there.
KNOWN: Final = {
    "users": "ada",
    "teams": "north",
    "business-units": "emea",
    "roles": "seller",
    "entities": "opportunity",
    "metrics": "revenue",
    "rollup-queries": "large",
    "goals": "root",
    "recalculations": "again",
}


def found(cairn: Running) -> None:
    """Create them, with a tree of two goals and a record that counts in it."""
    cairn.post("/v1/business-units", {"id": "emea", "name": "EMEA"})
    cairn.post("/v1/users", {"id": "ada", "name": "Ada", "business_unit_id": "emea"})
    cairn.post("/v1/teams", {"id": "north", "name": "North", "members": ["ada"]})
    reads = {"*": {"read": "organization"}}
    cairn.post("/v1/roles", {"id": "seller", "name": "Seller", "privileges": reads})
    cairn.patch("/v1/users/ada", {"roles": ["seller"]})
    cairn.post("/v1/entities", {"id": "opportunity", "attributes": {"size": "number"}})
    cairn.post("/v1/metrics", _metric())
    where = {"attribute": "size", "operator": "gt", "value": 3}
    query = {"id": "large", "name": "Large", "entity": "opportunity", "where": where}
    cairn.post("/v1/rollup-queries", query)
    cairn.post("/v1/goals", [_goal("root", None), _goal("left", "root")])
    cairn.send(
        {
            "entity": "opportunity",
            "id": "O-1",
            "version": 1,
            "owner": {"type": "user", "id": "ada"},
            "attributes": {
                "amount": "400.00",
                "closed": f"{datetime.now(UTC).date()}",
                "size": 4,
            },
        }
    )


def _metric() -> dict[str, Any]:
    return {
        "id": "revenue",
        "name": "Revenue",
        "kind": "amount",
        "data_type": "money",
        "rollup_fields": {
            "actual": {
                "source_entity": "opportunity",
                "source_attribute": "amount",
                "date_attribute": "closed",
            }
        },
    }


def _goal(name: str, parent: str | None) -> dict[str, Any]:
    goal: dict[str, Any] = {
        "id": name,
        "title": name,
        "owner": {"type": "user", "id": "ada"},
        "manager_id": "ada",
        "target": "1000",
    }
    if parent is not None:
        return goal | {"parent_id": parent, "queries": {"actual": "large"}}
    year = datetime.now(UTC).year
    days = {"kind": "custom", "start": f"{year}-01-01", "end": f"{year}-12-31"}
    return goal | {"metric_id": "revenue", "period": days}
