"""`run.json`: what other programs may know of the Cairn that runs here."""

import json
import os
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from local.commands import Surroundings
from local.private_files import write_privately
from local.supervisor import Kept


def write_run_file(
    file: Path, around: Surroundings, kept: list[Kept], started_at: datetime
) -> None:
    """Write addresses, secrets, and process ids by service."""
    pids: defaultdict[str, list[int]] = defaultdict(list)
    for one in kept:
        pids[one.program.group].append(one.child.pid)
    content = {
        "addresses": {
            "goals": around.goals.url,
            "ingest": around.ingest.url,
            "rollup": [address.url for address in around.rollups],
            "kafka": around.kafka_servers,
            "postgres": around.database_url,
        },
        "databases": dict(around.databases),
        "admin_token": around.admin_token,
        "pids": {**pids, "run": [os.getpid()]},
        "started_at": started_at.isoformat(),
    }
    write_privately(file, json.dumps(content, indent=2) + "\n")
