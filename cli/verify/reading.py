"""What the database says: for each goal and field, what it keeps and what it should."""

import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from cli.database import database
from cli.exits import CommandError, ExitCode
from cli.verify import access, asking
from cli.verify.directory import read_directory

STATEMENT_SECONDS_MAX: Final = 900

_RECOMPUTE: Final = (
    importlib.resources.files("cli.verify")
    .joinpath("recompute.sql")
    .read_text(encoding="utf-8")
)

# Hash joins need room, and a nested loop over goals and records would take for ever:
# what the planner can know of intermediate results is too little to rely on.
_SETTINGS: Final = """
SET LOCAL enable_nestloop = off;
SET LOCAL jit = off;
SET LOCAL work_mem = '256MB';
SET LOCAL statement_timeout = '900s'
"""

_IS_THERE: Final = "SELECT to_regclass('rollup.record') IS NOT NULL"

_UNKNOWN_ZONES: Final = """
SELECT DISTINCT definition #>> '{period,time_zone}'
FROM rollup.goal
WHERE NOT gone
EXCEPT
SELECT name FROM pg_timezone_names
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field of one goal, in units of its metric."""

    number: int
    id: str
    title: str
    parent_number: int | None
    root_number: int | None
    # No goal between it and the root holds its values.
    reaches_root: bool
    # What the root has of it, because it holds its values.
    stands_in: int
    tree_number: int
    computing: bool
    live: bool
    decimals: int
    # Of what is kept: of the former metric, until it is re-derived for a new one.
    kept_decimals: int
    field: str
    rolled_up: bool
    has_totals: bool
    expected: int
    stored: int
    waiting: int
    own: int
    pending: int
    computed: int
    children: int

    @property
    def climbing(self) -> int:
        """What own will be once all that waits has climbed."""
        return self.own + self.pending + self.waiting


_NUMBERS: Final = (
    "stands_in",
    "expected",
    "stored",
    "waiting",
    "own",
    "pending",
    "computed",
    "children",
)


async def read_rows(database_url: str) -> Sequence[Row]:
    """Recompute everything in one snapshot of the database."""
    async with database(database_url, application="cairn-verify") as connection:
        await connection.execute(access.TABLES)
        await connection.execute(asking.TABLES)
        # One snapshot: records may flow meanwhile, what is compared stands still.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(_SETTINGS)
            await _check_surroundings(connection)
            directory = await read_directory(connection)
            await access.ask_access(connection, directory)
            await asking.ask_queries(connection, directory)
            found = await connection.fetch(_RECOMPUTE, timeout=STATEMENT_SECONDS_MAX)
    return [_row_of(record) for record in found]


async def _check_surroundings(connection: asyncpg.Connection) -> None:
    if not await connection.fetchval(_IS_THERE):
        raise CommandError(
            "the database has no tables of rollup; run `cairn migrate`",
            ExitCode.NOT_READY,
        )
    zones = [row[0] for row in await connection.fetch(_UNKNOWN_ZONES)]
    if zones:
        raise CommandError(
            f"PostgreSQL does not know the time zones {', '.join(map(str, zones))} of "
            "some goals, so their days cannot be recomputed; update its tz database"
        )


def _row_of(record: asyncpg.Record) -> Row:
    values = dict(record)
    values.update({name: int(values[name]) for name in _NUMBERS})
    return Row(**values)
