"""The benchmark as a whole, on a tiny workload against real servers."""

import json
from pathlib import Path

import pytest

from local.servers import Servers
from tests.bench.commands import ended, left_behind, measured


async def test_it_measures_checks_and_leaves_nothing_behind(
    servers: Servers, tmp_path: Path
) -> None:
    """A run prints its table, writes its file, and drops its database and topics."""
    file = tmp_path / "figures.json"

    code, output, errors = await measured(
        "bench",
        servers,
        *("--records", "3000", "--levels", "3", "--seconds", "1"),
        *("--processes", "2", "--results", str(file)),
    )

    assert code == 0, errors
    assert "rollup 2 processes, announced" in output
    [figures] = json.loads(file.read_text(encoding="utf-8"))["figures"]
    assert figures["throughput"]["records"] == 3000
    assert figures["latency"]["records"] == 200
    assert await left_behind(servers) == []


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
    code, _, errors = await ended("bench", *arguments)

    assert code == 2
    assert "error:" in errors
