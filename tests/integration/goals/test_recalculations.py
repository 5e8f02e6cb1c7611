"""Asking that a tree be rebuilt: what is announced, answered and joined."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from shared.messages.definitions import RecalculationDefinition
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening

pytestmark = pytest.mark.asyncio(loop_scope="package")

FIELDS = {
    *("id", "goal_id", "tree_id", "status", "records_read", "records_expected"),
    *("records_compared", "goals", "differences", "difference_count", "note"),
    *("asked_by", "asked_at", "started_at", "finished_at"),
}
# What rollup would have noted, had it heard of it.
_HEARD = """
INSERT INTO rollup.recalculation (
    id, goal_id, goal_number, tree_id, asked_at, status, started_at, finished_at,
    numbers, records_read, records_expected, differences, difference_count, note
)
SELECT id, goal_id, goal_number, tree_id, asked_at, $2, now(),
       CASE WHEN $2 = 'done' THEN now() END, '{1,2}', 7, 9, $3::jsonb, $4, $5
FROM goals.recalculation
WHERE id = $1
"""
DIFFERENCE = {
    "goal_id": "north",
    "field": "own.actual",
    "was": "205.0000",
    "should_be": "200.0000",
    "records": ["opportunity/O-1@7"],
}


@pytest_asyncio.fixture(loop_scope="package")
async def rollup(api: Api) -> AsyncIterator[asyncpg.Connection]:
    """Return a connection that writes what rollup would write."""
    connection = await api.installation.connect()
    yield connection
    await connection.close()


async def ask(api: Api, name: str, **more: Any) -> Any:
    """Ask for a recalculation; return it."""
    answer = await api.client.post(f"{api.at(name)}/recalculate", **more)
    assert answer.status_code == 202, answer.text[:500]
    asked = answer.json()
    assert answer.headers["Location"] == f"/v1/recalculations/{asked['id']}"
    return asked


async def hear(
    rollup: asyncpg.Connection,
    asked: Any,
    status: str,
    *,
    differences: Any = (),
    note: str | None = None,
) -> None:
    """Have rollup come so far with a recalculation."""
    await rollup.execute("DELETE FROM rollup.recalculation WHERE id = $1", asked["id"])
    await rollup.execute(
        _HEARD,
        asked["id"],
        status,
        json.dumps(list(differences)),
        len(differences),
        note,
    )


async def test_it_is_queued_until_rollup_hears_of_it(api: Api) -> None:
    """The answer says where to look, and of which tree it is."""
    await api.company()

    asked = await ask(api, "north", json={})

    assert set(asked) == FIELDS
    assert asked["goal_id"] == api.id("north")
    assert asked["tree_id"] == api.id("company")
    assert (asked["status"], asked["records_read"]) == ("queued", 0)
    assert asked["records_expected"] is asked["goals"] is asked["started_at"] is None
    assert asked["asked_by"] == "admin"
    assert asked["finished_at"] is asked["note"] is None
    assert (asked["differences"], asked["difference_count"]) == ([], 0)
    assert await api.read(f"/v1/recalculations/{asked['id']}") == asked


async def test_it_shows_how_far_it_is_and_what_it_found(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """As rollup publishes it."""
    await api.company()
    asked = await ask(api, "company")

    await hear(rollup, asked, "reading")
    reading = await api.read(f"/v1/recalculations/{asked['id']}")
    await hear(rollup, asked, "done", differences=[DIFFERENCE], note="one was closed")
    done = await api.read(f"/v1/recalculations/{asked['id']}")

    assert (reading["status"], reading["finished_at"]) == ("reading", None)
    assert (reading["records_read"], reading["records_expected"]) == (7, 9)
    assert reading["goals"] == 2
    assert reading["started_at"] is not None
    assert done["status"] == "done"
    assert (done["differences"], done["difference_count"]) == ([DIFFERENCE], 1)
    assert done["note"] == "one was closed"
    assert done["finished_at"] is not None


async def test_a_tree_that_is_recalculated_answers_with_the_one_that_runs(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """From any of its goals, until it is done; another tree has its own."""
    await api.company()
    await api.goal("world")
    first = await ask(api, "company")
    second = await ask(api, "north")
    await hear(rollup, first, "comparing")
    third = await ask(api, "north")
    other = await ask(api, "world")
    await hear(rollup, first, "done")
    fourth = await ask(api, "north")

    assert first["id"] == second["id"] == third["id"]
    assert second["goal_id"] == api.id("company")
    assert third["status"] == "comparing"
    assert len({first["id"], other["id"], fourth["id"]}) == 3
    assert fourth["goal_id"] == api.id("north")


async def test_one_that_rollup_never_heard_of_is_not_waited_for(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """A restored database may have lost it."""
    await api.company()
    lost = await ask(api, "company")
    await rollup.execute(
        "UPDATE goals.recalculation SET asked_at = now() - interval '61 minutes' "
        "WHERE id = $1",
        lost["id"],
    )

    assert (await ask(api, "company"))["id"] != lost["id"]


async def test_the_same_request_again_gets_the_same_answer(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """With an idempotency key, even when it is done by then."""
    await api.company()
    key = {"headers": {"Idempotency-Key": api.id("key")}}
    first = await ask(api, "company", **key)
    await hear(rollup, first, "done")

    assert await ask(api, "company", **key) == first
    assert (await ask(api, "company"))["id"] != first["id"]


async def test_a_closed_goal_may_be_asked_for(api: Api) -> None:
    """It stays as it is; its tree is recalculated."""
    await api.company()
    await api.change(api.at("north"), {"state": "closed"})

    assert (await ask(api, "north"))["status"] == "queued"


async def test_what_is_not_there_is_not_recalculated(api: Api) -> None:
    """Nor is there a report of what nobody asked for."""
    await api.company()

    goal = await api.refused("POST", f"{api.at('nobody')}/recalculate", status=404)
    report = await api.refused("GET", "/v1/recalculations/nobody", status=404)
    field = await api.refused(
        "POST", f"{api.at('north')}/recalculate", {"wait": True}, status=400
    )

    assert told(goal) == told(report) == ("not_found", None, None)
    assert "recalculation nobody" in report["detail"]
    assert told(field) == ("unknown_field", None, "wait")


async def test_recalculations_are_listed(api: Api, rollup: asyncpg.Connection) -> None:
    """In the order in which they were asked for, page by page."""
    await api.company()
    asked = []
    for _ in range(3):
        asked.append(await ask(api, "company"))
        await hear(rollup, asked[-1], "done")
    listed: list[Any] = []
    path = "/v1/recalculations?limit=2"

    page = await api.read(path)
    listed += page["items"]
    while page["next"] is not None:
        page = await api.read(f"{path}&after={page['next']}")
        listed += page["items"]

    ids = [one["id"] for one in listed]
    assert ids == sorted(ids)
    mine = [one for one in listed if one["goal_id"] == api.id("company")]
    assert [one["id"] for one in mine] == [one["id"] for one in asked]
    assert {one["status"] for one in mine} == {"done"}


async def test_rollup_is_told_of_it(installation: Installation) -> None:
    """As a definition of its own kind; a report that is forgotten is told too."""
    async with running(installation) as api, listening(installation) as listener:
        await api.company()
        before = len(await listener.until(4))
        asked = await ask(api, "north")
        heard = (await listener.until(before + 1))[-1]
        connection = await installation.connect()
        try:
            number = await connection.fetchval(
                "SELECT number FROM goals.goal WHERE id = $1", api.id("north")
            )
            await connection.execute(
                "UPDATE goals.recalculation SET asked_at = now() - interval '91 days'"
            )
        finally:
            await connection.close()
        again = await ask(api, "north")
        later = (await listener.until(before + 3))[-2:]
        await api.refused("GET", f"/v1/recalculations/{asked['id']}", status=404)

    assert heard.key == f"recalculation/{asked['id']}"
    assert heard.value is not None
    said = RecalculationDefinition.model_validate_json(heard.value)
    assert (said.id, said.goal_id, said.goal_number) == (
        asked["id"],
        api.id("north"),
        number,
    )
    assert said.asked_by == "admin"
    assert said.asked_at == datetime.fromisoformat(asked["asked_at"])
    assert [(one.key, one.value is None) for one in later] == [
        (f"recalculation/{asked['id']}", True),
        (f"recalculation/{again['id']}", False),
    ]


async def test_a_goal_says_when_it_was_last_rolled_up(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """Null until all its records have been read once; records do not move it."""
    await api.company()
    await roll_up(rollup, api.id("company"))
    never = await api.read(api.at("company"))
    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    await rollup.execute(
        "UPDATE rollup.goal SET rolled_up_at = $2 WHERE id = $1", api.id("company"), at
    )
    once = await api.read(api.at("company"))
    tree = await api.read(f"{api.at('company')}/tree")

    assert never["last_rolled_up_at"] is None
    assert never["revision"] is not None
    assert datetime.fromisoformat(once["last_rolled_up_at"]) == at
    assert tree["last_rolled_up_at"] == once["last_rolled_up_at"]
