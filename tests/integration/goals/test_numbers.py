"""Numbers of goals as the API shows them, from what rollup publishes."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from shared.domain.goals import Slot
from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import fail, move, roll_up
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOTHING = {"actual": None, "in_progress": None, "custom": None}


@pytest_asyncio.fixture(loop_scope="package")
async def rollup(api: Api) -> AsyncIterator[asyncpg.Connection]:
    """Return a connection that writes what rollup would write."""
    connection = await api.installation.connect()
    yield connection
    await connection.close()


async def test_a_goal_that_is_not_rolled_up_yet_has_no_numbers(api: Api) -> None:
    """Its definition is there at once; a caller reads what he wrote."""
    await api.company()

    north = await api.read(api.at("north"))

    assert north["values"] == north["computed"] == north["own"] == NOTHING
    assert north["rollup"] == {
        "status": "computing",
        "error": None,
        "goal_with_error_id": None,
    }
    for name in ("percentage", "tree_id", "depth", "revision", "last_rolled_up_at"):
        assert north[name] is None


async def test_a_goal_that_fails_says_why_and_whose_fault_it_is(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """In itself, in its tree and in lists; failing comes before all else."""
    await api.company()
    company, north = api.id("company"), api.id("north")
    await roll_up(rollup, company, computed={Slot.ACTUAL: 7}, computing=True)
    await roll_up(rollup, north, computed={Slot.ACTUAL: 7}, frozen=True)
    for goal_id in (company, north):
        await fail(rollup, goal_id, culprit=north, error="manager_disabled")

    seen = {
        "status": "failed",
        "error": "manager_disabled",
        "goal_with_error_id": north,
    }
    assert (await api.read(api.at("company")))["rollup"] == seen
    assert (await api.read(api.at("north")))["rollup"] == seen
    tree = await api.read(f"{api.at('company')}/tree")
    assert tree["rollup"] == tree["children"][0]["rollup"] == seen


async def test_a_goal_shows_its_numbers(api: Api, rollup: asyncpg.Connection) -> None:
    """Exact, of the metric's type, null where the metric lacks the measure."""
    await api.company()
    await roll_up(rollup, api.id("company"), computed={Slot.ACTUAL: 267_000})
    await roll_up(
        rollup,
        api.id("north"),
        own={Slot.ACTUAL: 260_000},
        computed={Slot.ACTUAL: 266_667},
    )

    north = await api.read(api.at("north"))

    assert north["values"] == NOTHING | {"actual": "26.6667"}
    assert north["computed"] == north["values"]
    assert north["own"] == NOTHING | {"actual": "26.0000"}
    assert north["percentage"] == "66.6668"
    assert (north["tree_id"], north["depth"]) == (api.id("company"), 1)
    assert north["rollup"]["status"] == "current"
    page = await api.read(f"/v1/goals?parent_id={api.id('company')}")
    assert page["items"] == [north]


@pytest.mark.parametrize(
    ("metric", "units", "shown"),
    [
        ({"data_type": "integer"}, 7, "7"),
        ({"data_type": "decimal"}, -15_000_000_001, "-1.5000000001"),
        ({"data_type": "money"}, 10**24 + 1, "100000000000000000000.0001"),
    ],
)
async def test_numbers_have_the_places_of_their_type(
    api: Api,
    rollup: asyncpg.Connection,
    metric: dict[str, Any],
    units: int,
    shown: str,
) -> None:
    """However large or negative."""
    await api.user("ada")
    await api.metric(**metric)
    await api.goal("company")
    await roll_up(rollup, api.id("company"), computed={Slot.ACTUAL: units})

    company = await api.read(api.at("company"))

    assert company["values"]["actual"] == shown


async def test_a_goal_says_when_it_is_being_computed(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """Its last consistent numbers stand meanwhile."""
    await api.company()
    await roll_up(
        rollup, api.id("company"), computed={Slot.ACTUAL: 10_000}, computing=True
    )

    company = await api.read(api.at("company"))

    assert company["rollup"]["status"] == "computing"
    assert company["values"]["actual"] == "1.0000"


async def test_numbers_of_another_metric_are_not_shown(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """Until the new metric is applied there are none."""
    await api.user("ada")
    await api.metric()
    await api.metric("other")
    await api.goal("company")
    await roll_up(rollup, api.id("company"), computed={Slot.ACTUAL: 10_000})

    await api.change(api.at("company"), {"metric_id": api.id("other")})

    company = await api.read(api.at("company"))
    assert company["values"] == NOTHING
    assert company["rollup"]["status"] == "computing"


async def test_numbers_do_not_move_the_etag(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """It is the definition's version, for people who change definitions."""
    await api.company()
    await roll_up(rollup, api.id("company"))
    before = await api.client.get(api.at("company"))

    await move(rollup, api.id("company"), 50_000)

    after = await api.client.get(api.at("company"))
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.json()["values"]["actual"] == "5.0000"
    assert after.json()["revision"] > before.json()["revision"]


async def test_a_tree_is_nested(api: Api, rollup: asyncpg.Connection) -> None:
    """A goal with all below it, and where it was cut off.

    company ─┬─ north ─── deep
             └─ south
    """
    await api.company()
    await api.goal("south", parent_id=api.id("company"))
    await api.goal("deep", parent_id=api.id("north"))
    for name in ("company", "north", "south", "deep"):
        await roll_up(rollup, api.id(name))

    whole = await api.read(f"{api.at('company')}/tree")
    cut = await api.read(f"{api.at('company')}/tree?depth=1")
    part = await api.read(f"{api.at('north')}/tree")
    top = await api.read(f"{api.at('north')}/tree?depth=0")

    assert _shape(whole) == (
        api.id("company"),
        [(api.id("north"), [(api.id("deep"), [])]), (api.id("south"), [])],
    )
    assert _shape(cut) == (
        api.id("company"),
        [(api.id("north"), None), (api.id("south"), None)],
    )
    assert _shape(part) == (api.id("north"), [(api.id("deep"), [])])
    assert _shape(top) == (api.id("north"), None)
    assert whole["as_of"] <= part["as_of"]
    shown = dict(whole)
    for more in ("as_of", "children", "today"):
        del shown[more]
    read = await api.read(api.at("company"))
    del read["today"]
    assert shown == read


async def test_a_tree_shows_the_applied_definitions(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """Titles and numbers of one moment, though a newer title is stored already."""
    await api.company()
    await roll_up(rollup, api.id("company"))

    await api.change(api.at("company"), {"title": "Renamed"})

    tree = await api.read(f"{api.at('company')}/tree")
    assert tree["title"] == "company"


async def test_a_tree_that_is_not_there(api: Api) -> None:
    """No such goal is one thing, a goal that is not rolled up yet another."""
    await api.company()

    nothing = await api.refused("GET", f"{api.at('nothing')}/tree", status=404)
    early = await api.refused("GET", f"{api.at('north')}/tree", status=503)
    depth = await api.refused("GET", f"{api.at('north')}/tree?depth=65", status=400)

    assert told(nothing) == ("not_found", None, None)
    assert told(early) == ("not_applied_yet", None, None)
    assert told(depth) == ("invalid_parameter", None, "depth")


def _shape(node: dict[str, Any]) -> tuple[str, list[Any] | None]:
    children = node["children"]
    return node["id"], None if children is None else [_shape(one) for one in children]
