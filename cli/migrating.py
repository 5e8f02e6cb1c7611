"""`cairn migrate`: tables and topics as this version needs them, once."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from cli import output
from cli.database import database
from cli.exits import CommandError, ExitCode
from cli.kafka import kafka_settings
from cli.serving import migration_folders
from cli.surroundings import Surroundings, surroundings
from shared.plumbing.database_roles import ROLES, RoleError, make_login
from shared.plumbing.kafka import create_topics
from shared.plumbing.kafka_security import KafkaAwayError, TopicError
from shared.plumbing.migrations import MigrationError, migrate, migrations_of

# Servers that were started a moment ago get this long to answer.
SERVERS_SECONDS_MAX: Final = 30.0
_PAUSE_SECONDS: Final = 0.25
# Another process may be migrating; its files may take this long.
_LOCK_TIMEOUT: Final = "600s"


def run(*, logins: bool) -> ExitCode:
    """Bring the database and Kafka up to date; say each thing that was done."""
    around = surroundings()
    named = _named_logins(around) if logins else {}
    changes = 0
    deadline = time.monotonic() + SERVERS_SECONDS_MAX
    with output.phase("tables") as phase:
        for line in asyncio.run(_migrate_tables(around, deadline)):
            output.print_data(line)
            changes += 1
        phase.detail = f"{changes} migrations ran" if changes else "up to date"
    if named:
        with output.phase("logins") as phase:
            phase.detail = ", ".join(asyncio.run(_make_logins(around, named)))
    with output.phase("topics") as phase:
        lines = _create_topics(around, deadline)
        for line in lines:
            output.print_data(line)
        changes += len(lines)
        phase.detail = f"{len(lines)} created or grown" if lines else "up to date"
    if not changes:
        output.print_data("everything is up to date")
    return ExitCode.OK


async def _migrate_tables(around: Surroundings, deadline: float) -> list[str]:
    lines = []
    for service, folder in migration_folders():
        url = around.migrating_url_of(service)
        await _wait_for(url, deadline)
        async with database(
            url,
            application="cairn-migrate",
            lock_timeout=_LOCK_TIMEOUT,
            statement_timeout=_LOCK_TIMEOUT,
        ) as connection:
            try:
                ran = await migrate(connection, migrations_of(service, folder))
            except MigrationError as fault:
                raise CommandError(f"migrating {service} failed: {fault}") from None
        lines += [f"{service}: {one.name} ran" for one in ran]
    return lines


async def _make_logins(around: Surroundings, named: Mapping[str, str]) -> list[str]:
    """Make the users whom the services' addresses name; return what was made."""
    made = []
    url = around.migrating_url_of("migrate")
    async with database(url, application="cairn-migrate") as connection:
        for service, own in named.items():
            try:
                login = await make_login(connection, service, own)
            except RoleError as fault:
                raise CommandError(
                    f"CAIRN_{service.upper()}_DATABASE_URL: {fault}"
                ) from None
            made.append(f"{login} for {service}")
    return made


def _named_logins(around: Surroundings) -> dict[str, str]:
    """Return the addresses of services that have one of their own."""
    found = {service: around.own_database_url_of(service) for service in ROLES}
    named = {service: url for service, url in found.items() if url}
    if not named or not around.own_database_url_of("migrate"):
        raise CommandError(
            "--logins makes the users that CAIRN_GOALS_DATABASE_URL, "
            "CAIRN_ROLLUP_DATABASE_URL and CAIRN_INGEST_DATABASE_URL name, as the user "
            "in CAIRN_MIGRATE_DATABASE_URL; set this one and at least one of those",
            ExitCode.USAGE,
        )
    return named


async def _wait_for(url: str, deadline: float) -> None:
    """Return once the database answers; a server just started takes a moment."""
    while True:
        try:
            async with database(url, application="cairn-migrate"):
                return
        except CommandError as fault:
            if fault.code is not ExitCode.NOT_READY or time.monotonic() > deadline:
                raise
        output.hint("waiting for the database")
        await asyncio.sleep(_PAUSE_SECONDS)


def _create_topics(around: Surroundings, deadline: float) -> list[str]:
    settings = kafka_settings(around)
    while True:
        try:
            return create_topics(settings)
        except KafkaAwayError as fault:
            if time.monotonic() > deadline:
                raise CommandError(str(fault), ExitCode.NOT_READY) from None
            output.hint("waiting for kafka")
        except TopicError as fault:
            raise CommandError(str(fault)) from None
