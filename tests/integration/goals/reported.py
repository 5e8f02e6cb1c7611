"""A small company on a fixed day, with numbers by hand: what reports are asked about.

    company 360 of 1,000
    ├── north 300 of 600
    └── south 60 of 350

It is day 40 of 100. North had a goal before; Ada made calls in a period that is over.
Grace manages the company and the south, which is Eve's; all else is Ada's.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from local.servers import Servers
from shared.domain.goals import Slot
from tests.integration.goals.conftest import Api, installed, running
from tests.integration.goals.rolled_up import roll_up

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERIOD: Final = {"kind": "custom", "start": "2026-10-12", "end": "2027-01-20"}
BEFORE: Final = {"kind": "custom", "start": "2026-07-04", "end": "2026-10-11"}
OVER: Final = {"kind": "fiscal", "year": 2026, "period": 2}

_PUT = """
INSERT INTO rollup.history (number, at, actual, in_progress)
SELECT goal.number, one.at, one.actual::numeric, one.in_progress::numeric
FROM rollup.goal, unnest($2::timestamptz[], $3::text[], $4::text[])
    AS one (at, actual, in_progress)
WHERE goal.id = $1 AND NOT goal.gone
"""


async def put(
    connection: asyncpg.Connection,
    goal_id: str,
    shown: Mapping[timedelta, tuple[str, str | None]],
) -> None:
    """Write what a goal showed, by how long ago."""
    await connection.execute(
        _PUT,
        goal_id,
        [NOW - ago for ago in shown],
        [actual for actual, _ in shown.values()],
        [in_progress for _, in_progress in shown.values()],
    )


async def token_of(api: Api, name: str, *scopes: str, user_id: str | None) -> str:
    """Return a token; without a user it is a system's."""
    body = {"name": name, "scopes": ["goals:read", *scopes]}
    if user_id is not None:
        body["user_id"] = user_id
    return str((await api.create("/v1/tokens", body))["token"])


@asynccontextmanager
async def reported(servers: Servers) -> AsyncIterator[Api]:
    """Start a service for which it is always the same noon, with the company in it."""
    async with installed(servers) as made:
        settings = made.settings.model_copy(
            update={"testing": True, "now": NOW.isoformat()}
        )
        async with running(replace(made, settings=settings)) as api:
            plain = replace(api, prefix="")
            await _define(plain)
            connection = await made.connect()
            try:
                await _roll_up(connection)
            finally:
                await connection.close()
            yield plain


async def _define(api: Api) -> None:
    # From now on roles decide, and they let nobody read a goal.
    await api.create("/v1/roles", {"id": "none", "name": "none"})
    for name in ("ada", "bob", "eve", "grace"):
        await api.create("/v1/users", {"id": name, "name": name.title()})
    await api.create(
        "/v1/teams", {"id": "crew", "name": "The crew", "members": ["ada", "bob"]}
    )
    field = api.metric_body()["rollup_fields"]["actual"]
    await api.metric(
        "revenue",
        name="Won revenue",
        stretch_tracked=True,
        rollup_fields={
            "actual": field,
            "in_progress": {**field, "source_state": "open"},
        },
    )
    call = {"source_entity": "call", "date_attribute": "ended"}
    await api.create(
        "/v1/metrics",
        {
            "id": "calls",
            "name": "Calls",
            "kind": "count",
            "rollup_fields": {"actual": call},
        },
    )
    crew = {"type": "team", "id": "crew"}
    eve = {"type": "user", "id": "eve"}
    await api.goal(
        "company",
        title="=Company",
        owner=crew,
        manager_id="grace",
        period=PERIOD,
        target="1000",
        stretch_target="1200",
    )
    await api.goal("north", parent_id="company", target="600")
    await api.goal(
        "south", parent_id="company", target="350", owner=eve, manager_id="grace"
    )
    await api.goal("north-q3", title="north", period=BEFORE, target="500")
    await api.goal("other-q3", title="other", period=BEFORE, target="10")
    await api.goal("calls", metric_id="calls", period=OVER, target="10")


async def _roll_up(connection: asyncpg.Connection) -> None:
    both = (Slot.ACTUAL, Slot.IN_PROGRESS)
    units = {
        "company": (3_600_000, 2_500_000),
        "north": (3_000_000, 2_500_000),
        "south": (600_000, 0),
        "north-q3": (4_000_000, 0),
        "other-q3": (50_000, 0),
    }
    for goal_id, numbers in units.items():
        shown = dict(zip(both, numbers, strict=True))
        await roll_up(connection, goal_id, own=shown, computed=shown)
    await roll_up(connection, "calls", computed={Slot.ACTUAL: 9})
    await put(
        connection,
        "company",
        {
            timedelta(days=20): ("0", "0"),
            timedelta(days=10): ("100", "0"),
            timedelta(days=1): ("350.5", "300"),
            timedelta(hours=23): ("360", "250"),
        },
    )
    await put(connection, "north", {timedelta(hours=25): ("290", None)})
