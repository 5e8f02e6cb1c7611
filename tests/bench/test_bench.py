"""The benchmark as a whole, on a tiny workload against real servers."""

import asyncio
import json
import sys
from pathlib import Path

import asyncpg
import pytest
from confluent_kafka.admin import AdminClient

from local.servers import Servers

_SECONDS_MAX = 120


async def _bench(servers: Servers, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench",
        f"--postgres-url={servers.postgres_url}",
        f"--kafka-servers={servers.kafka_servers}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), _SECONDS_MAX)
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def test_it_measures_checks_and_leaves_nothing_behind(
    servers: Servers, tmp_path: Path
) -> None:
    """A run prints its table, writes its file, and drops its database and topics."""
    file = tmp_path / "figures.json"

    code, output, errors = await _bench(
        servers,
        *("--records", "3000", "--levels", "3", "--seconds", "1"),
        *("--processes", "2", "--results", str(file)),
    )

    assert code == 0, errors
    assert "rollup 2 processes, announced" in output
    [figures] = json.loads(file.read_text(encoding="utf-8"))["figures"]
    assert figures["throughput"]["records"] == 3000
    assert figures["latency"]["records"] == 200
    assert await _left_behind(servers) == []


async def _left_behind(servers: Servers) -> list[str]:
    connection = await asyncpg.connect(servers.postgres_url)
    try:
        rows = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE 'cairn_bench_%'"
        )
    finally:
        await connection.close()
    admin = AdminClient({"bootstrap.servers": servers.kafka_servers})
    topics = admin.list_topics(timeout=20).topics
    return [row[0] for row in rows] + [
        name for name in topics if name.startswith("cairn-bench-")
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--kafka-servers", "somewhere:9092"], id="half the servers"),
        pytest.param(["--processes", "0"], id="no process"),
        pytest.param(["--processes", "one"], id="no number"),
    ],
)
async def test_it_refuses_what_it_cannot_measure(arguments: list[str]) -> None:
    """Options that make no sense end it at once, with the reason."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), _SECONDS_MAX)

    assert process.returncode == 2
    assert b"error:" in errors
