"""Thinning: seconds for a day, hours for ninety, days for ever, in the goal's zone."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.rollup import thinning as thinning_module
from services.rollup.thinning import ROUND_EVERY, Thinning
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World

NOW = datetime(2026, 6, 15, 12, 30, tzinfo=UTC)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
BERLIN, KOLKATA = "Europe/Berlin", "Asia/Kolkata"

_PUT = """
INSERT INTO rollup.history (number, at, actual)
SELECT $1, at, 1 FROM unnest($2::timestamptz[]) AS one (at)
"""
_LEFT = "SELECT at FROM rollup.history WHERE number = $1 ORDER BY at"


def in_zone(zone: str) -> dict[str, Any]:
    """Return what makes a goal of a zone."""
    return {"period": {**making.YEAR, "time_zone": zone}}


@pytest.fixture
def world() -> World:
    """Return a goal in Berlin, one in Kolkata, one in a zone that is too new."""
    made = World()
    made.say(
        making.metric(),
        making.goal("B", 1, **in_zone(BERLIN)),
        making.goal("K", 2, **in_zone(KOLKATA)),
        making.goal("N", 3, **in_zone("UTC")),
    )
    return made


async def thinned(
    copy: Copy, number: int, rows: Sequence[datetime], now: datetime = NOW
) -> list[datetime]:
    """Give a goal these rows, thin them, and return what is left, in UTC."""
    await copy.redefine_all()
    await copy.pool.execute(_PUT, number, rows)
    await a_round(copy, now)
    return await left(copy, number)


async def left(copy: Copy, number: int) -> list[datetime]:
    """Return the seconds of a goal's rows."""
    return [row[0] for row in await copy.pool.fetch(_LEFT, number)]


async def a_round(copy: Copy, now: datetime) -> None:
    """Thin all goals once."""
    thinning = Thinning(copy.pool)
    while await thinning.step(now):
        pass


def utc(zone: str, *local: int, fold: int = 0) -> datetime:
    """Return a local time's instant."""
    return datetime(*local, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc] # year first


async def test_a_day_of_seconds_stays(copy: Copy) -> None:
    """A second less, exactly a day: all stay; a second more, the last of the hour."""
    edge = NOW - DAY
    rows = [edge - 2 * SECOND, edge - SECOND, edge, edge + SECOND, edge + 2 * SECOND]
    assert await thinned(copy, 1, rows) == rows[2:]


async def test_of_an_older_hour_the_last_row_stays(copy: Copy) -> None:
    """The first second of the next hour is no part of it."""
    hour = (NOW - 2 * DAY).replace(minute=0)
    rows = [
        hour - SECOND,
        hour,
        hour + timedelta(minutes=10),
        hour + HOUR - SECOND,
        hour + HOUR,
    ]
    assert await thinned(copy, 1, rows) == [rows[0], rows[3], rows[4]]


async def test_ninety_days_of_hours_stay(copy: Copy) -> None:
    """To the second; what is older keeps the last row of each day."""
    edge = NOW - 90 * DAY
    rows = [
        edge - 2 * HOUR,
        edge - HOUR,
        edge - SECOND,
        edge,
        edge + HOUR,
        edge + 2 * HOUR,
    ]
    # The last before the edge is not the last of its day, and of its hour.
    assert await thinned(copy, 1, rows) == rows[3:]


async def test_the_last_row_of_a_goal_stays_for_ever(copy: Copy) -> None:
    """It says what the goal shows."""
    rows = [NOW - 400 * DAY]
    assert await thinned(copy, 1, rows) == rows


async def test_days_end_at_midnight_in_the_goals_zone(copy: Copy) -> None:
    """Also where that is half past an hour in UTC: the hours there end so, too."""
    midnight = utc(KOLKATA, 2025, 12, 2)
    assert midnight.minute == 30
    rows = [midnight - 20 * timedelta(minutes=1), midnight + timedelta(minutes=20)]
    noon = midnight + 12 * HOUR
    await copy.redefine_all()
    await copy.pool.execute(_PUT, 1, [*rows, noon])

    assert await thinned(copy, 2, [*rows, noon]) == [rows[0], noon]
    # In Berlin the first two are of one evening.
    assert await left(copy, 1) == [rows[1], noon]


@pytest.mark.parametrize(
    ("first", "after", "hours"),
    [
        ((2026, 3, 29), (2026, 3, 30), 23),
        ((2025, 10, 26), (2025, 10, 27), 25),
        ((2025, 12, 1), (2025, 12, 2), 24),
    ],
)
async def test_a_day_is_as_long_as_the_clocks_make_it(
    copy: Copy,
    first: tuple[int, int, int],
    after: tuple[int, int, int],
    hours: int,
) -> None:
    """Of every hour that passed one row stays; later, one of the day."""
    begin, end = utc(BERLIN, *first), utc(BERLIN, *after)
    assert end - begin == hours * HOUR
    half = timedelta(minutes=30)
    rows = [begin + place * half for place in range(2 * hours + 2)]

    by_hour = await thinned(copy, 1, rows, end + 10 * DAY)
    await a_round(copy, end + 100 * DAY)

    assert by_hour == rows[1::2]
    assert await left(copy, 1) == [end - half, end + half]


async def test_the_history_of_a_goal_that_is_gone_goes(
    copy: Copy, world: World
) -> None:
    """All of it, and nobody else's."""
    await copy.redefine_all()
    rows = [NOW - place * HOUR for place in range(3, 0, -1)]
    await copy.pool.execute(_PUT, 2, rows)
    world.say(making.gone("B", 1))
    await copy.redefine_all()

    assert await thinned(copy, 1, rows) == []
    assert await left(copy, 2) == rows


async def test_a_zone_that_postgresql_does_not_know_is_utc(copy: Copy) -> None:
    """The tz databases of two programs may be of different years."""
    await copy.redefine_all()
    await copy.pool.execute(
        "UPDATE rollup.goal SET definition = "
        "jsonb_set(definition, '{period,time_zone}', '\"Moon/Tranquility\"') "
        "WHERE number = 3"
    )
    midnight = datetime(2025, 12, 2, tzinfo=UTC)
    rows = [midnight - 2 * HOUR, midnight - SECOND, midnight]

    assert await thinned(copy, 3, rows) == rows[1:]


async def test_rounds_are_an_hour_apart(copy: Copy) -> None:
    """Whoever asks earlier has nothing to do; the next goes on where one ended."""
    old = (NOW - 2 * DAY).replace(minute=0)
    await thinned(copy, 1, [old, old + SECOND])
    fresh = (NOW - DAY).replace(minute=40)
    await copy.pool.execute(_PUT, 1, [fresh, fresh + SECOND])

    await a_round(copy, NOW + ROUND_EVERY - SECOND)
    too_early = await left(copy, 1)
    await a_round(copy, NOW + ROUND_EVERY)

    assert too_early == [old + SECOND, fresh, fresh + SECOND]
    assert await left(copy, 1) == [old + SECOND, fresh + SECOND]


async def test_steps_have_a_bound_and_go_on_where_one_ended(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither goals nor rows of one transaction are many; a crash loses no step."""
    monkeypatch.setattr(thinning_module, "GOALS_MAX", 1)
    monkeypatch.setattr(thinning_module, "ROWS_MAX", 10)
    hour = (NOW - 2 * DAY).replace(minute=0)
    rows = [hour + place * SECOND for place in range(25)]
    await copy.redefine_all()
    for number in (1, 2, 3):
        await copy.pool.execute(_PUT, number, rows)
    counts, later = [75], NOW

    while await Thinning(copy.pool).step(later):
        # Each step is another process's, and takes its time.
        later += ROUND_EVERY
        counts.append(await copy.pool.fetchval("SELECT count(*) FROM rollup.history"))

    assert all(before - after <= 10 for before, after in pairwise(counts))
    assert counts[-1] == 3
    assert [await left(copy, number) for number in (1, 2, 3)] == [rows[-1:]] * 3


async def test_one_process_thins_at_a_time(copy: Copy, database: str) -> None:
    """The others pass by, and do not wait."""
    await copy.redefine_all()
    await copy.pool.execute(_PUT, 1, [NOW - 2 * DAY, NOW - 2 * DAY + SECOND])
    other = await asyncpg.connect(database)
    async with other.transaction():
        await other.execute("SELECT FROM rollup.history_thinning FOR UPDATE")
        passed_by = not await asyncio.wait_for(Thinning(copy.pool).step(NOW), 60)
    await other.close()

    assert passed_by
    assert len(await left(copy, 1)) == 2


async def test_a_year_of_restless_goals_has_a_bound(copy: Copy) -> None:
    """Hundreds of changes a day: a day of them, and what hours and days there were."""
    await copy.redefine_all()
    begin, each = NOW - 366 * DAY, timedelta(seconds=397)
    a_day = DAY // each
    for day in range(366):
        rows = [begin + day * DAY + place * each for place in range(a_day)]
        await copy.pool.execute(_PUT, 1, rows)
        await a_round(copy, begin + (day + 1) * DAY)

    kept = await left(copy, 1)

    assert kept[-1] == NOW - DAY + (a_day - 1) * each
    recent = [at for at in kept if at >= NOW - DAY]
    hours = [at for at in kept if NOW - 90 * DAY <= at < NOW - DAY]
    days = [at for at in kept if at < NOW - 90 * DAY]
    assert len(recent) == a_day
    assert 89 * 24 - 1 <= len(hours) <= 89 * 24 + 1
    assert len({at.replace(minute=0, second=0) for at in hours}) == len(hours)
    local = [at.astimezone(ZoneInfo(BERLIN)).date() for at in days]
    first = date(2025, 6, 14)
    assert local == [first + place * DAY for place in range(len(local))]
    assert 275 <= len(days) <= 277
