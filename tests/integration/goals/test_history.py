"""What goals showed over time, as the API tells it from what rollup has kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.rollup.store import history as written_by_rollup
from shared.domain.goals import Slot
from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import move, roll_up
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
_PUT = """
INSERT INTO rollup.history (number, at, actual)
SELECT goal.number, one.at, one.actual::numeric
FROM rollup.goal, unnest($2::timestamptz[], $3::text[]) AS one (at, actual)
WHERE goal.id = $1 AND NOT goal.gone
"""
_NUMBER = "SELECT number FROM rollup.goal WHERE id = $1 AND NOT gone"


@pytest_asyncio.fixture(loop_scope="package")
async def rollup(api: Api) -> AsyncIterator[asyncpg.Connection]:
    """Return a connection that writes what rollup would write."""
    connection = await api.installation.connect()
    yield connection
    await connection.close()


async def put(
    rollup: asyncpg.Connection, goal_id: str, rows: Mapping[float, str]
) -> None:
    """Write a goal's history: what it showed, by seconds after noon."""
    instants = [NOON + timedelta(seconds=seconds) for seconds in rows]
    await rollup.execute(_PUT, goal_id, instants, list(rows.values()))


async def goal_with(
    api: Api, rollup: asyncpg.Connection, rows: Mapping[float, str], **more: Any
) -> str:
    """Make a goal with a history; return the path to it."""
    await api.user("ada")
    await api.metric()
    await api.goal("company", target="200.00", **more)
    await roll_up(rollup, api.id("company"))
    await put(rollup, api.id("company"), rows)
    return f"{api.at('company')}/history"


def at(seconds: float) -> str:
    """Return an instant as it is asked for and answered."""
    return (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(items: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return how long after noon each item is."""
    return [(datetime.fromisoformat(one["at"]) - NOON).total_seconds() for one in items]


async def all_pages(api: Api, path: str, limit: int) -> list[Any]:
    """Return the items of all pages."""
    items: list[Any] = []
    after: str | None = ""
    while after is not None:
        page = await api.read(f"{path}limit={limit}&after={after}")
        assert len(page["items"]) <= limit
        items += page["items"]
        after = page["next"]
    return items


async def test_what_rollup_keeps_is_what_is_told(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """Exact, null where the metric lacks the measure, and the last is of now."""
    await api.company()
    await roll_up(rollup, api.id("company"), computed={Slot.ACTUAL: 10_001})
    number = await rollup.fetchval(_NUMBER, api.id("company"))
    await written_by_rollup.compare(rollup, [number])
    await rollup.execute(
        "UPDATE rollup.history SET at = at - interval '5 s' WHERE number = $1", number
    )
    await move(rollup, api.id("company"), 250_000)
    await written_by_rollup.compare(rollup, [number])

    history = await api.read(f"{api.at('company')}/history")
    goal = await api.read(api.at("company"))

    first, last = history["items"]
    assert first["values"] == {"actual": "1.0001", "in_progress": None, "custom": None}
    assert first["percentage"] == "1.0001"
    assert last["values"] == goal["values"]
    assert last["percentage"] == goal["percentage"] == "25.0000"
    assert last["at"] == goal["last_rolled_up_at"][:19] + "Z"
    assert history["next"] is None


async def test_a_stretch_begins_with_what_stood_then(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """Its start is included, its end is not; offsets are offsets."""
    path = await goal_with(api, rollup, {0: "1", 10: "2", 20: "3", 30: "4"})

    async def asked(words: str) -> list[float]:
        return seconds_of((await api.read(f"{path}?{words}"))["items"])

    assert await asked("") == [0, 10, 20, 30]
    assert await asked(f"from={at(10)}") == [10, 20, 30]
    assert await asked(f"from={at(19)}") == [10, 20, 30]
    assert await asked(f"from={at(-1)}") == [0, 10, 20, 30]
    assert await asked(f"to={at(30)}") == [0, 10, 20]
    assert await asked(f"to={at(31)}") == [0, 10, 20, 30]
    assert await asked(f"from={at(11)}&to={at(12)}") == [10]
    assert await asked(f"from={at(99)}") == [30]
    assert await asked(f"from={at(-9)}&to={at(0)}") == []
    local = "2026-10-05T14:00:15%2B02:00"
    assert await asked(f"from={local}") == [10, 20, 30]


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
async def test_pages_make_the_whole(
    api: Api, rollup: asyncpg.Connection, limit: int
) -> None:
    """Nothing is told twice or left out, also where rows follow one another closely."""
    rows: dict[float, str] = {0: "1", 1: "2", 2: "3", 3600: "4", 3601: "5", 86_400: "6"}
    path = await goal_with(api, rollup, rows)

    for words in ("", f"from={at(1.0)}&", f"from={at(50)}&to={at(3601)}&"):
        whole = (await api.read(f"{path}?{words}"))["items"]
        assert await all_pages(api, f"{path}?{words}", limit) == whole
    by_hour = await all_pages(api, f"{path}?resolution=hour&", limit)
    from_one = await all_pages(api, f"{path}?resolution=hour&from={at(1)}&", limit)
    assert seconds_of(by_hour) == [2, 3601, 86_400]
    assert seconds_of(from_one) == [1, 2, 3601, 86_400]


async def test_hours_and_days_end_in_the_goals_zone(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """There it is half past five in the afternoon; what stood first is told anyway."""
    rows: dict[float, str] = {
        0: "1",
        # Half past noon in UTC: the next hour there.
        1_799: "2",
        1_800: "3",
        # Half past six in the evening in UTC: midnight there.
        23_399: "4",
        23_400: "5",
    }
    path = await goal_with(api, rollup, rows, time_zone="Asia/Kolkata")

    hours = await api.read(f"{path}?resolution=hour")
    days = await api.read(f"{path}?resolution=day")
    cut = await api.read(f"{path}?resolution=day&from={at(5)}&to={at(1_801)}")

    assert seconds_of(hours["items"]) == [1_799, 1_800, 23_399, 23_400]
    assert seconds_of(days["items"]) == [23_399, 23_400]
    assert seconds_of(cut["items"]) == [0, 1_800]


async def test_a_goal_that_is_not_rolled_up_yet_has_no_history(api: Api) -> None:
    """And that is no error."""
    await api.company()

    history = await api.read(f"{api.at('north')}/history")

    assert history == {"items": [], "next": None}


async def test_a_goal_has_no_history_of_another_under_its_id(
    api: Api, rollup: asyncpg.Connection
) -> None:
    """Who takes an id up again begins anew."""
    path = await goal_with(api, rollup, {0: "1"})
    await api.client.delete(api.at("company"))
    gone = await api.refused("GET", path, status=404)
    await api.goal("company")

    assert told(gone) == ("not_found", None, None)
    assert (await api.read(path))["items"] == []


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("from=yesterday", "from"),
        ("from=2026-10-05T12:00:00", "from"),
        ("to=2026-10-05", "to"),
        ("to=2026-13-05T12:00:00Z", "to"),
        ("from=2026-10-05T12:00:00Z&to=2026-10-05T12:00:00Z", "to"),
        ("resolution=week", "resolution"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after=%F0", "after"),
        ("after=bm8gdGltZQ==", "after"),
        ("since=2026-10-05T12:00:00Z", "since"),
    ],
)
async def test_what_does_not_read_is_refused_by_name(
    api: Api, words: str, field: str
) -> None:
    """Times, pages, and parameters that do not exist."""
    await api.company()

    error = await api.refused("GET", f"{api.at('north')}/history?{words}", status=400)

    assert told(error) == ("invalid_parameter", None, field)


async def test_there_is_no_history_of_nothing(api: Api) -> None:
    """An unknown goal is not a goal without a history."""
    error = await api.refused("GET", f"{api.at('nobody')}/history", status=404)

    assert told(error) == ("not_found", None, None)
