"""`cairn audit` and `cairn audit-forget`: who changed what, and what is kept of it."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

import asyncpg

from cli import output
from cli.api import Api, Json
from cli.database import database
from cli.exits import CommandError, ExitCode
from cli.surroundings import surroundings

# One transaction; writers wait for it, so it is short.
BATCH_LINES_MAX: Final = 20_000

_HEADINGS: Final = ("at", "who", "did", "what", "from", "to")
_CELL_LENGTH_MAX: Final = 60

# Only the owner of the table may: no service is.
_LAY_OPEN: Final = "ALTER TABLE goals.audit DISABLE TRIGGER audit_stays"
_CLOSE: Final = "ALTER TABLE goals.audit ENABLE TRIGGER audit_stays"
_FORGET: Final = """
WITH old AS (
    SELECT number FROM goals.audit
    -- What says that something was forgotten stays.
    WHERE at < $1 AND kind <> 'audit'
    ORDER BY at, number
    LIMIT $2
), forgotten AS (
    DELETE FROM goals.audit WHERE number IN (SELECT number FROM old)
    RETURNING number, at
)
SELECT count(*) AS lines, min(number) AS first, max(number) AS last, max(at) AS newest
FROM forgotten
"""
_NOTE: Final = """
INSERT INTO goals.audit (at, caller, kind, id, action, before)
SELECT
    greatest(
        statement_timestamp(),
        (SELECT at FROM goals.audit ORDER BY number DESC LIMIT 1)
    ),
    'database/' || session_user, 'audit', 'audit', 'deleted', $1::text::jsonb
"""


def show(given: Mapping[str, str | None], *, limit: int, as_json: bool) -> ExitCode:
    """Print changes, newest first."""
    asked = {name: value for name, value in given.items() if value is not None}
    around = surroundings()
    with Api("goals", around.goals_url, around.token) as goals:
        found: list[Json] = []
        for line in goals.items("/v1/audit", **asked):
            if len(found) == limit:
                output.say(f"the newest {limit} changes are shown; see --limit")
                break
            found.append(line)
    if as_json:
        output.print_json(found)
    else:
        output.print_table(_HEADINGS, [_row_of(line) for line in found])
    return ExitCode.OK


def forget(before: str) -> ExitCode:
    """Delete the lines from before a day; a line remains that says so."""
    day = _day_of(before)
    forgotten = asyncio.run(_forget(datetime.combine(day, time(), UTC)))
    output.print_data(f"{forgotten} lines from before {day} are forgotten")
    return ExitCode.OK


def _row_of(line: Json) -> tuple[str, ...]:
    return (
        str(line["at"]),
        str(line["caller"]),
        str(line["action"]),
        f"{line['kind']} {line['id']}",
        _cell_of(line["before"]),
        _cell_of(line["after"]),
    )


def _cell_of(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "-"
    text = ", ".join(f"{name} {_words_of(value)}" for name, value in told.items())
    if len(text) > _CELL_LENGTH_MAX:
        return text[: _CELL_LENGTH_MAX - 1] + "…"
    return text


def _words_of(value: object) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _day_of(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"{text} is no day; write it as 2026-11-21", ExitCode.USAGE
        ) from None
    today = datetime.now(UTC).date()
    if day > today:
        raise CommandError(
            f"{day} is still to come; name a day up to today, {today}", ExitCode.USAGE
        )
    return day


async def _forget(until: datetime) -> int:
    url = surroundings().database_url_of("goals")
    total = 0
    async with database(url, application="cairn-audit-forget") as connection:
        while lines := await _forget_some(connection, until):
            total += lines
            output.say(f"{total} lines")
    return total


async def _forget_some(connection: asyncpg.Connection, until: datetime) -> int:
    async with connection.transaction():
        await _lay_open(connection)
        [row] = await connection.fetch(_FORGET, until, BATCH_LINES_MAX)
        await connection.execute(_CLOSE)
        if row["lines"]:
            note = {name: str(value) for name, value in row.items()}
            await connection.execute(_NOTE, json.dumps(note))
    return int(row["lines"])


async def _lay_open(connection: asyncpg.Connection) -> None:
    user = await connection.fetchval("SELECT session_user")
    try:
        await connection.execute(_LAY_OPEN)
    except asyncpg.InsufficientPrivilegeError:
        raise CommandError(
            f"{user} may not alter the audit trail; connect as the owner of its table, "
            "who ran `cairn migrate`",
            ExitCode.NO_RIGHTS,
        ) from None
