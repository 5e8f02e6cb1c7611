"""Running the benchmarks as commands."""

import asyncio
import sys

import asyncpg
from confluent_kafka.admin import AdminClient

from local.servers import Servers

_SECONDS_MAX = 240


async def measured(
    module: str, servers: Servers, *arguments: str
) -> tuple[int, str, str]:
    """Measure against these servers; return the exit code, output and errors."""
    return await ended(
        module,
        f"--postgres-url={servers.postgres_url}",
        f"--kafka-servers={servers.kafka_servers}",
        *arguments,
    )


async def ended(module: str, *arguments: str) -> tuple[int, str, str]:
    """Run a benchmark to its end; return the exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), _SECONDS_MAX)
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def left_behind(servers: Servers) -> list[str]:
    """Return the databases and topics of benchmarks that are still there."""
    connection = await asyncpg.connect(servers.postgres_url)
    try:
        rows = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE 'cairn_bench_%'"
        )
    finally:
        await connection.close()
    admin = AdminClient({"bootstrap.servers": servers.kafka_servers})
    topics = admin.list_topics(timeout=60).topics
    return [row[0] for row in rows] + [
        name for name in topics if name.startswith("cairn-bench-")
    ]
