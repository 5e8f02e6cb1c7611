"""`cairn migrate`: tables and topics as this version needs them, once."""

import asyncio
import time
from typing import Final

from cli import output
from cli.database import database
from cli.exits import CommandError, ExitCode
from cli.kafka import kafka_settings
from cli.serving import migration_folders
from cli.surroundings import Surroundings, surroundings
from shared.plumbing.kafka import KafkaAwayError, TopicError, create_topics
from shared.plumbing.migrations import MigrationError, migrate, migrations_of

# Servers that were started a moment ago get this long to answer.
SERVERS_SECONDS_MAX: Final = 30.0
_PAUSE_SECONDS: Final = 0.25
# Another process may be migrating; its files may take this long.
_LOCK_TIMEOUT: Final = "600s"


def run() -> ExitCode:
    """Bring the database and Kafka up to date; say each thing that was done."""
    around = surroundings()
    changes = 0
    deadline = time.monotonic() + SERVERS_SECONDS_MAX
    with output.phase("tables") as phase:
        for line in asyncio.run(_migrate_tables(around, deadline)):
            output.print_data(line)
            changes += 1
        phase.detail = f"{changes} migrations ran" if changes else "up to date"
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
        url = around.database_url_of(service)
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
