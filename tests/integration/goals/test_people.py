"""People as goals reads them: all of the directory, and never an old one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final

import pytest
from pydantic import TypeAdapter

from services.goals.domain.callers import ADMIN
from services.goals.store.database import Database
from shared.messages.definitions import Definition, Kind
from shared.messages.people import people_news
from shared.plumbing.postgres import open_pool
from shared.rights.people import People
from shared.rights.roles import Right
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.test_roles import role
from tests.measured import Record, timed
from tests.rights import directories

pytestmark = pytest.mark.asyncio(loop_scope="package")

PATHS: Final = {
    "role": "/v1/roles",
    "business_unit": "/v1/business-units",
    "user": "/v1/users",
    "team": "/v1/teams",
}

_definition: TypeAdapter[Definition] = TypeAdapter(Definition)


@asynccontextmanager
async def process(installation: Installation) -> AsyncIterator[Database]:
    """Open the database as one more process of the service does."""
    url = installation.settings.database
    async with open_pool(url, size_max=4, application="cairn-test") as pool:
        yield Database(pool)


async def people_of(database: Database) -> People:
    """Return the people that a request meets in this process."""
    async with database.reading(caller=ADMIN) as reading:
        return await reading.people.read()


def _told(people: People) -> Mapping[str, Any]:
    """Return what people are made of."""
    names = ("users", "teams", "roles", "hierarchy", "reading")
    more = ("unit_of_owner", "parent_of_unit")
    return {name: getattr(people, name) for name in (*names, *more)}


async def _write(api: Api, entries: directories.Entries) -> None:
    for kind, path in PATHS.items():
        bodies = [
            {"id": name, **entry, "name": name} for name, entry in entries[kind].items()
        ]
        await api.create(path, bodies)
    await api.change("/v1/organization", entries["organization"]["organization"])


@pytest.mark.parametrize("seed", range(2))
async def test_people_are_those_that_others_are_told_of(
    installation: Installation, seed: int
) -> None:
    """A generated directory reads like the definitions that travel, in all parts."""
    entries = directories.directory(Random(seed))
    announced: dict[tuple[Kind, str], Definition | None] = {
        (Kind(kind), name): _definition.validate_python(
            {"kind": kind, "id": name, "version": 1, **entry}
        )
        for kind, by_name in entries.items()
        for name, entry in by_name.items()
    }
    expected = People()
    expected.take(people_news(announced))

    async with running(installation) as api, process(installation) as database:
        await _write(api, entries)
        people = await people_of(database)

    assert _told(people) == _told(expected)
    assert len(people.users) > len(people.roles) > len(people.teams) > 3
    assert people.unit_of_owner
    assert people.parent_of_unit


async def test_every_write_of_the_directory_is_seen_by_all_processes(
    installation: Installation,
) -> None:
    """In the very next request, whoever wrote; between writes nobody reads again."""
    async with running(installation) as api, process(installation) as other:
        seen = [await people_of(other)]
        unit = {"id": "emea", "name": "EMEA"}
        team = {"id": "north", "name": "North"}
        for write in (
            api.create("/v1/business-units", unit),
            api.create("/v1/users", {"id": "ada", "name": "Ada"}),
            role(api),
            api.create("/v1/teams", {**team, "roles": [api.id("seller")]}),
            api.change("/v1/teams/north", {"members": ["ada"]}),
            api.change("/v1/users/ada", {"business_unit_id": "emea"}),
            api.change(api.at("seller", of="roles"), {"rights": ["manage_metrics"]}),
            api.change("/v1/organization", {"hierarchy_security": {"enabled": True}}),
            api.client.delete("/v1/teams/north"),
        ):
            before = seen[-1]
            await write
            seen.append(await people_of(other))
            assert seen[-1] is not before
            assert await people_of(other) is seen[-1]

    *_, last = seen
    assert seen[-2].rights("ada") == {Right.MANAGE_METRICS}
    assert last.rights("ada") == set()
    assert last.hierarchy.enabled
    assert last.unit_of_owner == {"user/ada": "emea"}


async def test_a_write_that_fails_leaves_no_trace_in_memory(
    installation: Installation,
) -> None:
    """Who looks from inside sees what is written so far; others see what was."""

    class GivenUpError(Exception):
        pass

    async def give_up(database: Database) -> None:
        async with database.changing(caller=ADMIN) as changes:
            await changes.users.delete("ada")
            inside.append(await changes.people.read())
            raise GivenUpError

    inside: list[People] = []
    async with running(installation) as api, process(installation) as database:
        await api.create("/v1/users", {"id": "ada", "name": "Ada"})
        before = await people_of(database)
        with pytest.raises(GivenUpError):
            await give_up(database)
        after = await people_of(database)

    assert [one.users for one in inside] == [{}]
    assert _told(after) == _told(before)
    assert set(after.users) == {"ada"}


async def test_a_moment_has_its_own_people(installation: Installation) -> None:
    """A long look goes by the people of its beginning, whatever others read since."""
    async with running(installation) as api, process(installation) as database:
        await api.create("/v1/users", {"id": "ada", "name": "Ada"})
        async with database.moment(caller=ADMIN, seconds_max=60.0) as moment:
            first = await moment.people.read()
            await api.create("/v1/users", {"id": "grace", "name": "Grace"})
            later = await people_of(database)
            again = await moment.people.read()
        last = await people_of(database)

    assert set(first.users) == set(again.users) == {"ada"}
    assert set(later.users) == set(last.users) == {"ada", "grace"}


async def test_ten_thousand_users_are_read_in_a_moment(
    installation: Installation, record_property: Record
) -> None:
    """And not at all while nothing changes."""
    users = [{"id": f"u{number}", "name": "x"} for number in range(10_000)]
    async with running(installation) as api, process(installation) as database:
        await role(api)
        given = {"roles": [api.id("seller")], "manager_id": "u0"}
        await api.create("/v1/users", [users[0], *(one | given for one in users[1:])])

        with timed(record_property, "10,000 users read"):
            people = await people_of(database)
        with timed(record_property, "10,000 users read 20 times, unchanged"):
            for _ in range(20):
                assert await people_of(database) is people

    assert len(people.users) == 10_000
    assert len(people.manager("u0").reports) == 9_999
