"""A stream of records as upstream systems send it: with all their faults."""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

USERS = tuple(f"rep-{number}" for number in range(12))
FIRST_DAY = date(2026, 10, 1)
LAST_DAY = date(2026, 12, 31)


def records(count: int, *, seed: int) -> Iterator[dict[str, Any]]:
    """Yield records with duplicates, stale versions, corrections and deletions."""
    chance = random.Random(seed)
    versions: dict[str, int] = {}
    sent: list[dict[str, Any]] = []
    for _ in range(count):
        turn = chance.random()
        if turn < 0.15 and sent:
            yield chance.choice(sent[-2_000:])
            continue
        if turn < 0.40 and versions:
            record_id = f"R-{chance.randrange(len(versions))}"
        else:
            record_id = f"R-{len(versions)}"
        versions[record_id] = versions.get(record_id, 0) + 1
        record = _record(chance, record_id, versions[record_id], deleted=turn > 0.95)
        sent.append(record)
        yield record


def _record(
    chance: random.Random, record_id: str, version: int, *, deleted: bool
) -> dict[str, Any]:
    # Some days lie outside the period.
    day = FIRST_DAY + timedelta(days=chance.randrange(-5, 97))
    return {
        "entity": "opportunity",
        "id": record_id,
        "version": version,
        "deleted": deleted,
        "owner": {"type": "user", "id": chance.choice(USERS)},
        "state": chance.choice(("won", "open", "lost")),
        "attributes": {
            "actualvalue": f"{chance.randrange(100_000)}.{chance.randrange(100):02d}",
            "actualclosedate": day.isoformat(),
        },
    }


def root_total(several: Iterator[dict[str, Any]]) -> str:
    """Return what the root must show, by the rules and nothing else."""
    newest: dict[str, dict[str, Any]] = {}
    for record in several:
        known = newest.get(record["id"])
        if known is None or record["version"] > known["version"]:
            newest[record["id"]] = record
    cents = sum(
        int(record["attributes"]["actualvalue"].replace(".", ""))
        for record in newest.values()
        if record["state"] == "won"
        and not record["deleted"]
        and FIRST_DAY.isoformat()
        <= record["attributes"]["actualclosedate"]
        <= LAST_DAY.isoformat()
    )
    return f"{cents // 100}.{cents % 100:02d}00"


def encoded(record: dict[str, Any]) -> bytes:
    """Return the record as it goes on the topic."""
    return json.dumps(record).encode()
