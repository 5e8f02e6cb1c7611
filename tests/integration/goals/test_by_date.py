"""What the records of a goal and of all goals under it add, by their dates."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import pytest_asyncio

from local.servers import Servers
from services.goals.http import snapshots
from tests.integration.goals.conftest import installed
from tests.integration.goals.reported import token_of
from tests.integration.goals.rolling_up import RollingUp, rolling_up
from tests.integration.goals.test_explain import REVENUE
from tests.integration.goals.test_trials import records_held

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOW: Final = datetime(2026, 11, 21, 9, 30, 20, tzinfo=UTC)
MEASURES: Final[dict[str, Any]] = REVENUE | {
    "in_progress": REVENUE["in_progress"]
    | {
        "date_attribute": "due",
        "date_from": {"link": "orderid", "entity": "order"},
    }
}
# More than fits into one number that rollup stores of a record.
LARGE: Final = "300000000000000.5"
ROLES: Final[dict[str, dict[str, Any]]] = {
    "all": {
        "privileges": {
            "opportunity": {"read": "organization"},
            "order": {"read": "organization"},
        }
    },
    "own": {"privileges": {"opportunity": {"read": "user"}}},
    "unlinked": {"privileges": {"opportunity": {"read": "organization"}}},
    "goals": {"privileges": {"goal": {"read": "organization"}}},
}


def deal(name: str, owner: str, /, state: str = "won", **attributes: str) -> Any:
    """Return an opportunity."""
    return {
        "entity": "opportunity",
        "id": name,
        "version": 1,
        "state": state,
        "owner": {"type": "user", "id": owner},
        "attributes": attributes,
    }


def won(name: str, owner: str, amount: str, day: str) -> Any:
    """Return an opportunity that was won on a day."""
    return deal(name, owner, actualvalue=amount, actualclosedate=day)


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def rolled(servers: Servers) -> AsyncIterator[RollingUp]:
    """`company` counts what anybody won; `north` of ada and `south` of bo are below."""
    async with installed(servers) as installation, rolling_up(installation) as both:
        both.world.now = NOW
        api = both.api
        for name, body in ROLES.items():
            await api.create("/v1/roles", {"id": name, "name": name, **body})
        for name in ("ada", "bo"):
            await api.user(name, roles=["all"])
        await api.change("/v1/organization", {"time_zone": "Europe/Berlin"})
        await api.metric(rollup_fields=MEASURES)
        await api.goal("company", owner_records_only=False, target="1000")
        await api.goal("north", parent_id="company")
        bo = {"type": "user", "id": "bo"}
        await api.goal("south", parent_id="company", owner=bo)
        await api.goal("empty", owner=bo, rollup_only_from_children=True)
        due = {"entity": "order", "id": "A", "version": 1}
        for record in (
            won("O-1", "ada", "400", "2026-11-03"),
            won("O-2", "ada", "-5.5", "2026-10-01"),
            # Half an hour into the next day where the goals are.
            won("O-3", "bo", "20", "2026-11-02T23:30:00Z"),
            won("O-4", "bo", LARGE, "2026-12-31"),
            won("O-5", "bo", "7", "2027-01-01"),
            due | {"attributes": {"due": "2026-12-05"}},
            deal("O-6", "bo", "open", estimatedvalue="60", orderid="A"),
        ):
            both.record(record)
        await both.settle()
        yield both


async def by_date(rolled: RollingUp, goal: str, more: str = "") -> Any:
    """Return what a goal's records add by date."""
    return await rolled.api.read(f"/v1/goals/{goal}/by-date{more}")


async def test_each_day_has_what_its_records_add(rolled: RollingUp) -> None:
    """Of the goal's own and of those below it; a record of both adds to both."""
    found = await by_date(rolled, "company")

    assert found["days"] == [
        {"day": "2026-10-01", "records": 1, "adds": "-11.0000", "total": "-11.0000"},
        {"day": "2026-11-03", "records": 2, "adds": "840.0000", "total": "829.0000"},
        {
            "day": "2026-12-31",
            "records": 1,
            "adds": "600000000000001.0000",
            "total": "600000000000830.0000",
        },
    ]
    goal = await rolled.api.read("/v1/goals/company")
    assert found["all"] == {"records": 4, "adds": goal["computed"]["actual"]}
    assert found["all"]["adds"] == found["days"][-1]["total"]
    assert (found["goal_id"], found["field"]) == ("company", "actual")
    assert found["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("goal", "days"),
    [
        ("north", {"2026-10-01": "-5.5000", "2026-11-03": "400.0000"}),
        ("south", {"2026-11-03": "20.0000", "2026-12-31": f"{LARGE}000"}),
        ("empty", {}),
    ],
)
async def test_a_goal_below_has_its_own(
    rolled: RollingUp, goal: str, days: dict[str, str]
) -> None:
    """And one that counts nothing has none."""
    found = await by_date(rolled, goal)

    assert {one["day"]: one["adds"] for one in found["days"]} == days


async def test_a_measure_has_its_own_date(rolled: RollingUp) -> None:
    """Also where it is that of another record."""
    found = await by_date(rolled, "south", "?field=in_progress")

    assert found["days"] == [
        {"day": "2026-12-05", "records": 1, "adds": "60.0000", "total": "60.0000"}
    ]


@pytest.mark.parametrize(
    ("goal", "more", "status", "error"),
    [
        ("south", "?field=custom", 422, "rollup_field_not_measured"),
        ("south", "?field=nothing", 400, "invalid_parameter"),
        ("nobody", "", 404, "not_found"),
    ],
)
async def test_what_is_not_there_is_refused(
    rolled: RollingUp, goal: str, more: str, status: int, error: str
) -> None:
    """By its name."""
    answer = await rolled.api.client.get(f"/v1/goals/{goal}/by-date{more}")

    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize(
    ("roles", "goal", "field", "refused"),
    [
        (["all"], "company", "actual", None),
        (["all"], "south", "in_progress", None),
        (["own"], "north", "actual", "records that you may not read"),
        ([], "north", "actual", "records that you may not read"),
        ([], "empty", "actual", None),
        (["unlinked"], "company", "actual", None),
        (["unlinked"], "south", "in_progress", "due is hidden"),
    ],
)
async def test_it_is_told_to_those_who_may_read_every_record(
    rolled: RollingUp, roles: list[str], goal: str, field: str, refused: str | None
) -> None:
    """A day may have one record: its sum would tell its amount."""
    api = rolled.api
    name = "-".join(["reader", goal, field, *roles])
    await api.user(name, roles=["goals", *roles])
    token = await token_of(api, name, "records:read", user_id=name)

    answer = await api.client.get(
        f"/v1/goals/{goal}/by-date?field={field}",
        headers={"Authorization": f"Bearer {token}"},
    )

    if refused is None:
        assert answer.status_code == 200, answer.text
        assert answer.json() == await by_date(rolled, goal, f"?field={field}")
    else:
        assert (answer.status_code, answer.json()["error"]) == (403, "right_missing")
        assert refused in answer.json()["detail"]


@pytest.mark.parametrize("attribute", ["actualvalue", "actualclosedate"])
async def test_what_is_hidden_is_not_told_by_sums(
    rolled: RollingUp, attribute: str
) -> None:
    """Neither amounts nor dates; those who have a role that shows them are told."""
    api = rolled.api
    name = f"looker-{attribute}"
    await api.user(name, roles=["goals", "all"])
    token = await token_of(api, name, "records:read", user_id=name)
    shown = {"secured_attributes": {"opportunity": [attribute]}}
    await api.create("/v1/roles", {"id": attribute, "name": attribute, **shown})
    headers = {"Authorization": f"Bearer {token}"}

    hidden = await api.client.get("/v1/goals/north/by-date", headers=headers)
    await api.change(f"/v1/users/{name}", {"roles": ["goals", "all", attribute]})
    told = await api.client.get("/v1/goals/north/by-date", headers=headers)
    await api.change(f"/v1/users/{name}", {"roles": []})
    deleted = await api.client.delete(f"/v1/roles/{attribute}")

    assert deleted.status_code == 204
    assert (hidden.status_code, told.status_code) == (403, 200)
    assert f"{attribute} is hidden from you" in hidden.json()["detail"]


async def test_a_system_needs_the_scope_for_records(rolled: RollingUp) -> None:
    """Goals alone are not enough."""
    token = await token_of(rolled.api, "goals-alone", user_id=None)

    answer = await rolled.api.client.get(
        "/v1/goals/north/by-date", headers={"Authorization": f"Bearer {token}"}
    )

    assert (answer.status_code, answer.json()["error"]) == (403, "scope_missing")


async def test_what_takes_too_long_is_given_up(
    rolled: RollingUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to ask instead."""
    monkeypatch.setattr(snapshots, "SECONDS_MAX", 0.2)

    async with records_held(rolled.api):
        answer = await rolled.api.client.get("/v1/goals/company/by-date")

    assert (answer.status_code, answer.json()["error"]) == (503, "records_too_slow")
    assert "further down the tree" in answer.json()["detail"]
