"""Leaving word of a verification, so that the operations screen can show it.

Whoever may not, or works on a database without goals' tables, verifies all the same.
"""

import asyncio
import json
from dataclasses import asdict
from typing import Final

import asyncpg

from cli.verify.judging import Verdict
from shared.plumbing.postgres import connect

# As many as anybody looks at on a screen.
NOTED_MAX: Final = 20
NOTE_SECONDS_MAX: Final = 10.0

_NOTE = "SELECT goals_published.note_verification($1, $2, $3, $4, $5, $6)"


async def note(database_url: str, verdict: Verdict, seconds: float) -> str | None:
    """Note what was found; return why that could not be done, if so."""
    try:
        async with asyncio.timeout(NOTE_SECONDS_MAX):
            connection = await connect(database_url, application="cairn-verify")
            try:
                await connection.execute(
                    _NOTE,
                    seconds,
                    verdict.goals,
                    verdict.computing,
                    verdict.checks,
                    len(verdict.differences),
                    json.dumps(
                        [asdict(one) for one in verdict.differences[:NOTED_MAX]]
                    ),
                )
            finally:
                connection.terminate()
    except TimeoutError:
        return f"no answer within {NOTE_SECONDS_MAX:.0f} s"
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
        return str(fault)
    return None
