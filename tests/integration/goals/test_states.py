"""Closing, discarding and reopening goals, and what others may still do around them."""

import asyncio
from typing import Any

import pytest

from services.goals.http.goal_bodies import GoalPatch
from shared.messages.definitions import GoalDefinition
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.probing import until
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening
from tests.integration.goals.test_stream import watching

pytestmark = pytest.mark.asyncio(loop_scope="package")

CLOSED = {"state": "closed"}
OPEN = {"state": "open"}
NOT_OPEN = ["closed", "discarded"]
DAYS = {"start": "2026-10-01", "end": "2026-12-31"}
Q4 = {"kind": "fiscal", "year": 2026, "period": 4}
YEAR = {"kind": "custom", "start": "2026-01-01", "end": "2026-12-31"}

# Something else than `company` has, for all that a change may name.
EDITS: dict[str, Any] = {
    "title": "World",
    "metric_id": "other",
    "owner": {"type": "user", "id": "grace"},
    "manager_id": "grace",
    "parent_id": "world",
    "period": YEAR,
    "time_zone": "Asia/Tokyo",
    "target": "200.00",
    "stretch_target": "300.00",
    "owner_records_only": False,
    "rollup_only_from_children": True,
    "include_team_members": True,
    "attributes": {"region": "EMEA"},
    "shared_with": [{"type": "user", "id": "grace", "rights": ["read"]}],
    "queries": {"actual": "late"},
}
# They say one thing together, and have a test of their own.
OF_OVERRIDES = {"is_override", "is_overridden", "values", "override_reason"}
FIELDS = sorted(GoalPatch.model_fields.keys() - OF_OVERRIDES - {"state"})
# Under which name an edit is refused, where it is not its own.
REFUSED_AS = {"time_zone": "period"}


async def _company(api: Api, **more: Any) -> None:
    """Create company ── north ── oslo."""
    await api.user("ada")
    await api.metric(stretch_tracked=True)
    await api.goal("company", target="100.00", **more)
    await api.goal("north", parent_id=api.id("company"))
    await api.goal("oslo", parent_id=api.id("north"))


async def _refused(api: Api, name: str, change: dict[str, Any], status: int) -> Any:
    return await api.refused("PATCH", api.at(name), change, status=status)


async def test_a_goal_is_open_until_somebody_says_otherwise(api: Api) -> None:
    """Each state follows each, and the one it has already makes no version."""
    await _company(api)
    states = [(await api.read(api.at("north")))["state"]]

    for state in ("closed", "discarded", "closed", "open", "discarded", "open"):
        changed = await api.change(api.at("north"), {"state": state})
        again = await api.change(api.at("north"), {"state": state})
        assert changed == again
        states.append((await api.read(api.at("north")))["state"])

    assert states == [
        *("open", "closed", "discarded", "closed", "open", "discarded", "open")
    ]
    assert (await api.read(api.at("company")))["state"] == "open"


@pytest.mark.parametrize("value", ["done", None, "OPEN"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_state_is_one_of_three(api: Api, method: str, value: Any) -> None:
    """Another one is refused with those that there are."""
    await _company(api)
    path, body = "/v1/goals", api.goal_body("south", state=value)
    if method == "PATCH":
        path, body = api.at("north"), {"state": value}

    error = await api.refused(method, path, body, status=400)

    assert told(error) == ("invalid_field", None, "state")
    assert "'open', 'closed' or 'discarded'" in error["detail"]


@pytest.mark.parametrize("state", NOT_OPEN)
async def test_a_new_goal_is_open(api: Api, state: str) -> None:
    """One that starts closed would never meet a record; of many it is named."""
    await _company(api)
    bodies = [api.goal_body("south", **OPEN), api.goal_body("west", state=state)]

    error = await api.refused("POST", "/v1/goals", bodies, status=422)
    created = await api.create("/v1/goals", bodies[0])

    assert told(error) == ("goal_must_start_open", None, "[1].state")
    assert f"goal {api.id('west')} is new and would be {state}" in error["detail"]
    assert created["state"] == "open"


@pytest.mark.parametrize("state", NOT_OPEN)
@pytest.mark.parametrize("field", FIELDS)
async def test_a_goal_that_is_not_open_is_not_edited(
    api: Api, field: str, state: str
) -> None:
    """Whatever it is that would change; together with open, or after it, it does."""
    await api.user("ada")
    await api.user("grace")
    await api.metric(stretch_tracked=True)
    await api.metric("other", stretch_tracked=True)
    await api.goal("company", target="100.00")
    await api.goal("world")
    late = {"id": api.id("late"), "name": "Late", "entity": "opportunity"}
    await api.create("/v1/rollup-queries", late)
    edit = {field: _with_ids(api, EDITS[field])}
    before = await api.change(api.at("company"), {"state": state})

    alone = await _refused(api, "company", edit, 409)
    other = {"closed": "discarded", "discarded": "closed"}[state]
    together = await _refused(api, "company", edit | {"state": other}, 409)
    same = await _refused(api, "company", edit | {"state": state}, 409)
    kept = await api.read(api.at("company"))
    reopened = await api.change(api.at("company"), edit | OPEN)

    name = REFUSED_AS.get(field, field)
    assert told(alone) == told(together) == told(same) == ("goal_not_open", None, name)
    assert alone["detail"] == (
        f"goal {api.id('company')} is {state}, so its {name} stays what it is; reopen "
        "the goal first, by state open"
    )
    assert kept["version"] == before["version"]
    assert reopened["state"] == "open"
    assert reopened[field] != kept[field]


def _with_ids(api: Api, value: Any) -> Any:
    if value in ("other", "grace", "world", "late"):
        return api.id(value)
    if isinstance(value, list):
        return [_with_ids(api, one) for one in value]
    if isinstance(value, dict) and "id" in value:
        return {**value, "id": api.id(value["id"])}
    if isinstance(value, dict):
        return {name: _with_ids(api, one) for name, one in value.items()}
    return value


@pytest.mark.parametrize(
    "asked",
    [
        {"is_override": True, "values": {"actual": "10.00"}},
        {"is_overridden": True},
        {"is_override": True, "is_overridden": True, "override_reason": "audited"},
    ],
)
async def test_a_goal_that_is_not_open_is_not_overridden(
    api: Api, asked: dict[str, Any]
) -> None:
    """What it shows stands still; opened in the same request, it can be."""
    await _company(api)
    await api.change(api.at("company"), CLOSED)

    error = await _refused(api, "company", asked, 409)
    same = await api.change(api.at("company"), {"is_overridden": False} | CLOSED)
    opened = await api.change(api.at("company"), asked | OPEN)

    assert told(error) == ("goal_not_open", None, "is_override")
    assert same["state"] == "closed"
    assert opened["state"] == "open"


async def test_what_a_goal_has_already_is_no_edit(api: Api) -> None:
    """All that was read of a closed goal can be written back."""
    await _company(api)
    read = await api.change(api.at("company"), CLOSED)
    body = {name: read[name] for name in (*FIELDS, "state")}

    written = await api.change(api.at("company"), body)

    assert written == read


async def test_a_goal_may_be_edited_and_closed_at_once(api: Api) -> None:
    """It is open when it is edited."""
    await _company(api)

    after = await api.change(api.at("north"), CLOSED | {"target": "50.00"})

    assert (after["state"], after["target"]) == ("closed", "50.0000")


async def test_being_closed_is_told_before_other_faults(api: Api) -> None:
    """Whoever sends what the rules forbid learns first that the goal stands still."""
    await _company(api)
    await api.change(api.at("north"), CLOSED)

    for edit in ({"target": "-1"}, {"metric_id": "none"}, {"parent_id": "none"}):
        error = await _refused(api, "north", edit, 409)
        assert told(error) == ("goal_not_open", None, next(iter(edit)))
    negative = await _refused(api, "north", {"target": "-1"} | OPEN, 422)

    assert told(negative) == ("target_negative", None, "target")
    assert (await api.read(api.at("north")))["state"] == "closed"


@pytest.mark.parametrize("state", NOT_OPEN)
async def test_goals_come_and_go_below_a_closed_one(api: Api, state: str) -> None:
    """It is not edited by that: created there, attached, detached, deleted."""
    await _company(api)
    before = await api.change(api.at("north"), {"state": state})
    await api.goal("world")

    created = await api.goal("bergen", parent_id=api.id("north"))
    await api.change(api.at("world"), {"parent_id": api.id("north")})
    await api.change(api.at("oslo"), {"parent_id": None})
    await api.client.delete(api.at("bergen"))

    page = await api.read(f"/v1/goals?parent_id={api.id('north')}")
    assert created == api.id("bergen")
    assert [goal["id"] for goal in page["items"]] == [api.id("world")]
    assert (await api.read(api.at("north")))["version"] == before["version"]


@pytest.mark.parametrize("state", NOT_OPEN)
async def test_a_closed_goal_can_be_deleted(api: Api, state: str) -> None:
    """Its children become roots in the state they have, closed ones too."""
    await _company(api)
    await api.goal("bergen", parent_id=api.id("north"))
    for name in ("north", "oslo"):
        await api.change(api.at(name), {"state": state})

    answer = await api.client.delete(api.at("north"))

    assert answer.status_code == 204
    oslo, bergen = [await api.read(api.at(name)) for name in ("oslo", "bergen")]
    assert (oslo["parent_id"], oslo["state"]) == (None, state)
    assert (bergen["parent_id"], bergen["state"]) == (None, "open")


@pytest.mark.parametrize("state", NOT_OPEN)
@pytest.mark.parametrize("change", [{"period": Q4}, {"time_zone": "Asia/Tokyo"}])
async def test_a_trees_period_stays_while_a_goal_of_it_is_closed(
    api: Api, state: str, change: dict[str, Any]
) -> None:
    """The first one is named, however deep; other changes of the root go on."""
    await _company(api, period=YEAR)
    await api.goal("ulm", parent_id=api.id("company"))
    for name in ("ulm", "oslo"):
        await api.change(api.at(name), {"state": state})

    error = await _refused(api, "company", change, 422)
    await api.change(api.at("company"), {"title": "World", "period": YEAR})
    for name in ("ulm", "oslo"):
        await api.change(api.at(name), OPEN)
    await api.change(api.at("company"), change)

    expected = ("period_change_with_closed_descendant", "80044910", "period")
    assert told(error) == expected
    assert f"goal {api.id('oslo')} below it is {state}" in error["detail"]
    company, oslo = [await api.read(api.at(name)) for name in ("company", "oslo")]
    assert company["period"] == oslo["period"]
    assert company["time_zone"] == oslo["time_zone"]


async def test_a_root_is_reopened_and_its_tree_still_in_the_way(api: Api) -> None:
    """A closed root first says that of itself; open, it names the one below it."""
    await _company(api)
    for name in ("company", "north"):
        await api.change(api.at(name), CLOSED)

    root = await _refused(api, "company", {"period": YEAR}, 409)
    below = await _refused(api, "company", OPEN | {"period": YEAR}, 422)

    assert told(root) == ("goal_not_open", None, "period")
    assert told(below)[0] == "period_change_with_closed_descendant"
    assert (await api.read(api.at("company")))["state"] == "closed"


@pytest.mark.parametrize("state", NOT_OPEN)
@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("company", 409, ("goal_not_open", None, "period")),
        ("oslo", 422, ("period_change_with_closed_descendant", "80044910", "period")),
    ],
)
async def test_a_tree_with_a_closed_goal_is_not_aligned(
    api: Api, name: str, status: int, expected: tuple[str, str | None, str], state: str
) -> None:
    """Not even where the calendar has the same days; the goal is named."""
    await _company(api, period=Q4)
    await api.change(api.at(name), {"state": state})
    path = api.at("company") + "/align-fiscal-period"

    error = await api.refused("POST", path, status=status)
    await api.change(api.at(name), OPEN)
    answer = await api.client.post(path)

    assert told(error) == expected
    assert f"goal {api.id(name)}" in error["detail"]
    assert f"is {state}" in error["detail"]
    assert answer.status_code == 200


async def test_what_is_attached_may_hold_closed_goals(api: Api) -> None:
    """They keep their days, though a period of the same days is called otherwise."""
    await _company(api)
    await api.goal("world", period=Q4)
    await api.change(api.at("oslo"), CLOSED)

    await api.change(api.at("company"), {"parent_id": api.id("world")})

    oslo = await api.read(api.at("oslo"))
    assert (oslo["period"], oslo["state"]) == (Q4 | DAYS, "closed")


async def test_goals_are_listed_by_their_state(api: Api) -> None:
    """Together with other conditions; a state that there is not is refused."""
    await _company(api)
    await api.change(api.at("north"), CLOSED)
    await api.change(api.at("oslo"), {"state": "discarded"})

    async def found(condition: str) -> list[str]:
        path = f"/v1/goals?metric_id={api.id('revenue')}&{condition}"
        page = await api.read(path)
        return [goal["id"].removeprefix(api.prefix) for goal in page["items"]]

    assert await found("state=open") == ["company"]
    assert await found("state=closed") == ["north"]
    assert await found("state=discarded") == ["oslo"]
    assert await found("state=closed&root=true") == []
    error = await api.refused("GET", "/v1/goals?state=done", status=400)
    assert told(error) == ("invalid_parameter", None, "state")


@pytest.mark.parametrize(
    ("computing", "frozen", "status"),
    [
        # It is closed, and the engine did not come to it yet.
        (False, False, "computing"),
        (False, True, "frozen"),
        (True, True, "computing"),
    ],
)
async def test_state_and_status_are_told_everywhere(
    api: Api, computing: bool, frozen: bool, status: str
) -> None:
    """Alone, in lists, in trees, in the stream; computing comes before frozen."""
    await api.company()
    await api.change(api.at("north"), CLOSED)
    connection = await api.installation.connect()
    await roll_up(connection, api.id("company"))
    await roll_up(connection, api.id("north"), computing=computing, frozen=frozen)
    await connection.close()

    alone = await api.read(api.at("north"))
    page = await api.read(f"/v1/goals?parent_id={api.id('company')}")
    tree = await api.read(f"{api.at('company')}/tree")
    async with watching(api, f"root={api.id('company')}") as stream:
        picture = await stream.next()

    streamed = [one for one in picture.data if one["goal_id"] == api.id("north")]
    for north in (alone, *page["items"], *tree["children"], *streamed):
        assert north["state"] == "closed"
        assert north["rollup"]["status"] == status
    assert len(streamed) == len(tree["children"]) == len(page["items"]) == 1
    assert (tree["state"], tree["rollup"]["status"]) == ("open", "current")


async def test_a_state_is_announced(installation: Installation) -> None:
    """With the goal alone: those above and below it have not changed."""
    async with running(installation) as api, listening(installation) as listener:
        await _company(api)
        for state in ("closed", "discarded", "open"):
            await api.change(api.at("north"), {"state": state})
        await _refused(api, "north", {"target": "-1"}, 422)
        await api.user("grace")

        heard = (await listener.until(9))[5:]
    *states, last = heard
    assert [one.key for one in states] == [f"goal/{api.id('north')}"] * 3
    assert last.key == f"user/{api.id('grace')}"
    assert [one.change_set[1:] for one in states] == [("0", "1")] * 3
    assert [
        GoalDefinition.model_validate_json(one.value or b"").state for one in states
    ] == ["closed", "discarded", "open"]


async def test_a_goal_that_was_closed_meanwhile_is_not_written_over(api: Api) -> None:
    """Who has read it open is told that it moved, and may not write blindly either."""
    await _company(api)
    stale = (await api.client.get(api.at("north"))).headers["ETag"]
    await api.change(api.at("north"), CLOSED)
    body = {"title": "Norden"}

    named = await api.client.patch(
        api.at("north"), json=body, headers={"If-Match": stale}
    )
    blind = await api.client.patch(api.at("north"), json=body)

    assert told(named.json())[0] == "version_conflict"
    assert told(blind.json())[0] == "goal_not_open"


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        ("goals/oslo", {"title": "Oslo"}, "goal_not_open"),
        ("goals/company", {"period": YEAR}, "period_change_with_closed_descendant"),
        (
            "metrics/revenue",
            {
                "rollup_fields": {
                    "actual": {
                        "source_entity": "opportunity",
                        "source_attribute": "total",
                        "date_attribute": "paid",
                    }
                }
            },
            "metric_used_by_closed_goal",
        ),
    ],
)
async def test_a_goal_that_is_closed_while_another_write_waits_counts(
    api: Api, path: str, change: dict[str, Any], expected: str
) -> None:
    """What another copy of the service commits first is what the rules look at."""
    await _company(api)
    kind, name = path.split("/")
    mine = await api.installation.connect()
    watch = await api.installation.connect()
    transaction = mine.transaction()
    await transaction.start()
    await mine.execute("SELECT pg_advisory_xact_lock(7221111)")

    async def is_queued() -> bool:
        waiting = await watch.fetchval(
            "SELECT count(*) FROM pg_locks JOIN pg_database AS here "
            "ON here.oid = pg_locks.database AND here.datname = current_database() "
            "WHERE objid = 7221111 AND NOT granted"
        )
        return bool(waiting)

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(
            api.client.patch(api.at(name, of=kind), json=change)
        )
        await until(is_queued, what="a write that waits")
        await mine.execute(
            "UPDATE goals.goal SET state = 'closed' WHERE id = $1", api.id("oslo")
        )
        await transaction.commit()

    assert told(writing.result().json())[0] == expected
    for connection in (mine, watch):
        await connection.close()
