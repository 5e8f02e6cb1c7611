"""One running system with two rollup processes, and a company with two trees."""

from collections.abc import Iterator

import pytest

from local.servers import Servers
from tests.running import Running, running_cairn
from tests.system.stream import FIRST_DAY, LAST_DAY, USERS

PERIOD = {
    "kind": "custom",
    "start": FIRST_DAY.isoformat(),
    "end": LAST_DAY.isoformat(),
}


@pytest.fixture(scope="module")
def cairn(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Return a running system in which a company has set its goals."""
    with running_cairn(
        servers, tmp_path_factory.mktemp("system"), rollup_copies=2
    ) as running:
        _set_up(running)
        yield running


def _set_up(cairn: Running) -> None:
    """Create a tree of three levels, and a second tree over the same records."""
    cairn.post("/v1/users", [{"id": user, "name": user} for user in ("chief", *USERS)])
    cairn.post(
        "/v1/metrics",
        {
            "id": "revenue",
            "name": "Revenue",
            "kind": "amount",
            "data_type": "money",
            "rollup_fields": {
                "actual": {
                    "source_entity": "opportunity",
                    "source_attribute": "actualvalue",
                    "source_state": "won",
                    "date_attribute": "actualclosedate",
                }
            },
        },
    )
    company = _goal("company", None, "chief") | {"rollup_only_from_children": True}
    regions = [
        _goal(f"region-{number}", "company", "chief")
        | {"rollup_only_from_children": True}
        for number in range(3)
    ]
    people = [
        _goal(f"goal-{user}", f"region-{number % 3}", user)
        for number, user in enumerate(USERS)
    ]
    everybody = _goal("everybody", None, "chief") | {"owner_records_only": False}
    cairn.post("/v1/goals", [company, *regions, *people, everybody])


def _goal(goal_id: str, parent: str | None, owner: str) -> dict[str, object]:
    goal: dict[str, object] = {
        "id": goal_id,
        "title": goal_id,
        "metric_id": "revenue",
        "owner": {"type": "user", "id": owner},
        "manager_id": "chief",
        "target": "1000000",
    }
    if parent is None:
        return goal | {"period": PERIOD}
    return goal | {"parent_id": parent}
