"""`cairn migrate --logins` and what `cairn doctor` says of logins."""

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from local.servers import Servers
from tests.cli.running import cairn

SERVICES = ("goals", "ingest", "rollup")


def addressed(url: str, user: str) -> str:
    """Return the address of the same database for somebody else."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:known@{place}"))


def execute(url: str, *statements: str) -> None:
    """Do some things one after the other as whoever the address names."""

    async def do() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(do())


@pytest.fixture
def common(servers: Servers, topic_prefix: str) -> dict[str, str]:
    """Return what all commands are told."""
    return {
        "CAIRN_KAFKA_SERVERS": servers.kafka_servers,
        "CAIRN_TOPIC_PREFIX": topic_prefix,
    }


@pytest.fixture
def logins(servers: Servers) -> Iterator[Mapping[str, str]]:
    """Return a name for each service that nobody has yet."""
    names = {service: f"{service}_{secrets.token_hex(4)}" for service in SERVICES}
    yield names
    execute(
        servers.postgres_url,
        *(f"DROP ROLE IF EXISTS {name}" for name in names.values()),
    )


@pytest.fixture
def environment(
    common: dict[str, str], database: str, logins: Mapping[str, str]
) -> dict[str, str]:
    """Return what an installation with a login for each service is told."""
    return {
        **common,
        "CAIRN_MIGRATE_DATABASE_URL": database,
        **{
            f"CAIRN_{service.upper()}_DATABASE_URL": addressed(database, name)
            for service, name in logins.items()
        },
    }


def findings(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what the doctor finds of each service's login."""
    shown = cairn("doctor", "--json", environment=environment)
    return {
        one["found"].split()[0]: one
        for one in json.loads(shown.stdout)
        if one["what"] == "login"
    }


def test_logins_are_made_and_the_doctor_is_content(
    environment: dict[str, str], logins: Mapping[str, str]
) -> None:
    """Once or again; each service then has just what its role has."""
    first = cairn("migrate", "--logins", environment=environment)
    again = cairn("migrate", "--logins", environment=environment)
    found = findings(environment)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    assert all(f"{logins[service]} for {service}" in first.stderr for service in logins)
    assert {one["mark"] for one in found.values()} == {"ok"}
    assert (
        found["goals"]["found"] == f"goals works as {logins['goals']}, of cairn_goals"
    )
    assert found.keys() == set(SERVICES)


def test_the_doctor_tells_who_may_do_more_than_he_needs(
    environment: dict[str, str], database: str, logins: Mapping[str, str]
) -> None:
    """A right too many is named; so is a login that lacks its role."""
    cairn("migrate", "--logins", environment=environment)
    execute(
        database,
        f"GRANT cairn_rollup TO {logins['goals']}",
        f"ALTER ROLE {logins['goals']} CREATEDB",
        f"GRANT CREATE ON SCHEMA rollup TO {logins['rollup']}",
        f"REVOKE cairn_ingest FROM {logins['ingest']}",
    )

    found = findings(environment)

    execute(database, f"REVOKE CREATE ON SCHEMA rollup FROM {logins['rollup']}")
    goals, rollup, ingest = found["goals"], found["rollup"], found["ingest"]
    assert goals["mark"] == rollup["mark"] == "warn"
    assert "makes databases" in goals["found"]
    assert "DELETE on rollup." in goals["found"]
    assert "makes tables in rollup" in rollup["found"]
    assert "CAIRN_GOALS_DATABASE_URL" in goals["fix"]
    assert ingest["mark"] == "fail"
    assert f"GRANT cairn_ingest TO {logins['ingest']}" in ingest["fix"]


def test_one_superuser_for_all_goes_on_working(
    common: dict[str, str], database: str
) -> None:
    """It is told that this is more than is needed, and what to do instead."""
    environment = {**common, "CAIRN_DATABASE_URL": database}

    migrated = cairn("migrate", environment=environment)
    found = findings(environment)

    assert migrated.returncode == 0
    assert found.keys() == {"goals", "rollup"}
    assert all("is a superuser" in one["found"] for one in found.values())
    assert all("cairn migrate --logins" in one["fix"] for one in found.values())


def test_logins_need_to_be_named(common: dict[str, str], database: str) -> None:
    """Without addresses of their own there is nobody to make."""
    ended = cairn(
        "migrate", "--logins", environment={**common, "CAIRN_DATABASE_URL": database}
    )

    assert ended.returncode == 2
    assert "CAIRN_MIGRATE_DATABASE_URL" in ended.stderr


def test_a_service_does_not_get_the_owner(
    environment: dict[str, str], database: str
) -> None:
    """The owner's address for a service is refused, by the setting's name."""
    ended = cairn(
        "migrate",
        "--logins",
        environment=environment | {"CAIRN_GOALS_DATABASE_URL": database},
    )

    assert ended.returncode == 1
    assert "CAIRN_GOALS_DATABASE_URL: " in ended.stderr
    assert "superuser" in ended.stderr


def test_a_service_does_not_migrate(environment: dict[str, str]) -> None:
    """Whoever forgets to name the owner is told which setting does."""
    cairn("migrate", "--logins", environment=environment)
    del environment["CAIRN_MIGRATE_DATABASE_URL"]

    ended = cairn("migrate", environment=environment)

    assert ended.returncode == 1
    assert "CAIRN_MIGRATE_DATABASE_URL names" in ended.stderr
