"""Short words for what stands in the audit trail."""

import json
from typing import Any

from tests.integration.goals.conftest import Api, Installation

Told = tuple[str, str, Any, Any]


async def newest(installation: Installation) -> int:
    """Return the number of the newest line; 0: there is none."""
    connection = await installation.connect()
    try:
        number = await connection.fetchval("SELECT max(number) FROM goals.audit")
    finally:
        await connection.close()
    return number or 0


async def lines_since(installation: Installation, number: int) -> list[dict[str, Any]]:
    """Return the lines after a number, oldest first."""
    connection = await installation.connect()
    try:
        rows = await connection.fetch(
            "SELECT * FROM goals.audit WHERE number > $1 ORDER BY number", number
        )
    finally:
        await connection.close()
    return [
        {
            **row,
            "before": row["before"] and json.loads(row["before"]),
            "after": row["after"] and json.loads(row["after"]),
        }
        for row in rows
    ]


async def told_since(api: Api, number: int) -> list[Told]:
    """Return of the lines after a number what was done to what, ids as given."""
    return [
        (
            f"{line['kind']} {line['id'].removeprefix(api.prefix)}",
            line["action"],
            _without_prefix(api, line["before"]),
            _without_prefix(api, line["after"]),
        )
        for line in await lines_since(api.installation, number)
    ]


def _without_prefix(api: Api, told: Any) -> Any:
    return told and json.loads(json.dumps(told).replace(api.prefix, ""))
