"""The real PostgreSQL and Kafka that are measured against."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.processes import child_with, running
from bench.waiting import until

# A first start downloads Kafka's jars.
_START_SECONDS_MAX: Final = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the servers are, and their processes where they are ours."""

    # May create databases.
    postgres_url: str
    kafka_servers: str
    postgres_pid: int | None = None
    kafka_pid: int | None = None

    @property
    def are_ours(self) -> bool:
        """Tell whether they were started for this run."""
        return self.postgres_pid is not None


@asynccontextmanager
async def embedded_servers(home: Path) -> AsyncIterator[Servers]:
    """Run the embedded servers, durable as in `make run`, with their data in `home`."""
    log_file = home / "logs" / "servers.log"
    command = [sys.executable, "-m", "local.servers", "--home", str(home)]
    with running("servers", command, log_file=log_file, environment={}) as process:

        async def addresses() -> list[str]:
            process.check()
            lines = log_file.read_text(encoding="utf-8").splitlines()
            return [line for line in lines if line.startswith("{")]

        lines = await until(
            addresses,
            bool,
            what="postgres and kafka to start",
            seconds_max=_START_SECONDS_MAX,
        )
        yield Servers(
            **json.loads(lines[-1]),
            postgres_pid=child_with(process.pid, "postgres"),
            kafka_pid=child_with(process.pid, "kafka.Kafka"),
        )
