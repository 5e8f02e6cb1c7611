"""What the commands have in common: where they measure, how they begin and end."""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import asyncpg

from bench.errors import BenchError
from bench.report import machine_of
from bench.servers import Servers, embedded_servers

# Partitions of activity-records: more processes than that have nothing to do.
PROCESSES_MAX: Final = 12
_RESULTS: Final = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where is measured, and where the figures go."""

    home: Path | None
    postgres_url: str | None
    kafka_servers: str | None
    results: Path


def add_place(parser: argparse.ArgumentParser) -> None:
    """Let the command line say where to measure."""
    parser.add_argument("--keep", type=Path, help="keep data and logs in this folder")
    parser.add_argument(
        "--postgres-url", help="a server of yours, with --kafka-servers (embedded ones)"
    )
    parser.add_argument("--kafka-servers", help="the same for kafka")
    parser.add_argument("--results", type=Path, help="the file of figures")


def place_from(
    parser: argparse.ArgumentParser, given: argparse.Namespace, *, suffix: str
) -> Place:
    """Read where to measure; `suffix` tells the file of figures from others."""
    if (given.postgres_url is None) != (given.kafka_servers is None):
        parser.error("give both --postgres-url and --kafka-servers, or neither")
    day = datetime.now(UTC).date().isoformat()
    return Place(
        home=given.keep,
        postgres_url=given.postgres_url,
        kafka_servers=given.kafka_servers,
        results=given.results or _RESULTS / f"{day}{suffix}.json",
    )


def numbers_up_to(most: int) -> Callable[[str], list[int]]:
    """Return what reads `1,2`: several numbers, one run for each."""

    def numbers(text: str) -> list[int]:
        parts = text.split(",")
        found = [int(part) for part in parts if part.isdecimal()]
        if len(found) < len(parts) or not all(0 < one <= most for one in found):
            raise argparse.ArgumentTypeError(
                f"{text} is not a list of numbers from 1 to {most}"
            )
        return found

    return numbers


def run(measuring: Coroutine[Any, Any, None]) -> None:
    """Measure; exit with 1 if anything is wrong."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        asyncio.run(measuring)
    except BenchError as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit("bench: stopped")


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@asynccontextmanager
async def servers_at(place: Place) -> AsyncIterator[tuple[Servers, Path]]:
    """Yield the servers and the folder of logs."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as scratch:
        home = place.home or Path(scratch)
        log_folder = home / "logs"
        if place.postgres_url and place.kafka_servers:
            servers = Servers(
                postgres_url=place.postgres_url, kafka_servers=place.kafka_servers
            )
            yield servers, log_folder
            return
        say("starting postgres and kafka")
        async with embedded_servers(home) as servers:
            yield servers, log_folder


async def machine(servers: Servers) -> dict[str, str | int | None]:
    """Describe what is measured on."""
    connection = await asyncpg.connect(servers.postgres_url)
    try:
        postgres = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return machine_of(postgres=postgres)


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)
