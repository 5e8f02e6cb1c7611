"""`python -m bench`: measure the shipped system and check everything it says.

Real PostgreSQL, real Kafka, the real service processes; what is measured is right, or
the run fails and names the goals that are wrong.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

import asyncpg

from bench.checking import check_totals
from bench.company import LEVELS, Company, company_of
from bench.definitions import create_company
from bench.errors import BenchError
from bench.installation import installed
from bench.latency import RECORDS_A_SECOND, measure_latency, probes_of
from bench.loop import run_loop
from bench.oracle import Totals, expected_totals
from bench.report import Figures, Report, machine_of, processes_text, text_of, write
from bench.servers import Servers, embedded_servers
from bench.throughput import measure_throughput
from bench.workload import SEED, Message, messages_of

_RECORDS: Final = 400_000
_RECORDS_QUICK: Final = 60_000
_SECONDS: Final = 30
_SECONDS_QUICK: Final = 5
# Partitions of activity-records: more processes than that have nothing to do.
_PROCESSES_MAX: Final = 12
_RESULTS: Final = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to measure."""

    records: int
    processes: Sequence[int]
    # How long the latency is measured; 0: not at all.
    seconds: int
    levels: int
    home: Path | None
    postgres_url: str | None
    kafka_servers: str | None
    results: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is sent, and what must come of it."""

    company: Company
    messages: Sequence[Message]
    expected: Totals


def main() -> None:
    """Measure, print, write; exit with 1 if anything is wrong."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        asyncio.run(measure(options_from(sys.argv[1:])))
    except BenchError as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit("bench: stopped")


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def options_from(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if (given.postgres_url is None) != (given.kafka_servers is None):
        parser.error("give both --postgres-url and --kafka-servers, or neither")
    suffix = "-quick" if given.quick else ""
    day = datetime.now(UTC).date().isoformat()
    return Options(
        records=given.records or (_RECORDS_QUICK if given.quick else _RECORDS),
        processes=given.processes,
        seconds=(
            (_SECONDS_QUICK if given.quick else _SECONDS)
            if given.seconds is None
            else given.seconds
        ),
        levels=given.levels,
        home=given.keep,
        postgres_url=given.postgres_url,
        kafka_servers=given.kafka_servers,
        results=given.results or _RESULTS / f"{day}{suffix}.json",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--records", type=int, help=f"how many ({_RECORDS})")
    parser.add_argument(
        "--processes",
        type=_counts,
        default=[1, 2],
        help="rollup processes, one run for each number (1,2)",
    )
    parser.add_argument(
        "--seconds", type=int, help=f"of latency; 0: not at all ({_SECONDS})"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{_RECORDS_QUICK} records, {_SECONDS_QUICK} seconds",
    )
    parser.add_argument(
        "--levels",
        type=int,
        choices=range(2, LEVELS + 1),
        default=LEVELS,
        help=f"how deep the tree of goals is ({LEVELS})",
    )
    parser.add_argument("--keep", type=Path, help="keep data and logs in this folder")
    parser.add_argument(
        "--postgres-url", help="a server of yours, with --kafka-servers (embedded ones)"
    )
    parser.add_argument("--kafka-servers", help="the same for kafka")
    parser.add_argument("--results", type=Path, help="the file of figures")
    return parser


def _counts(text: str) -> list[int]:
    """Read `1,2`: how many processes each run has."""
    counts = [int(one) for one in text.split(",")]
    if not all(0 < count <= _PROCESSES_MAX for count in counts):
        raise argparse.ArgumentTypeError(
            f"{text} is not a list of numbers from 1 to {_PROCESSES_MAX}"
        )
    return counts


async def measure(options: Options) -> None:
    """Measure all that the options name."""
    _say("making the workload")
    company = company_of(options.levels)
    messages = messages_of(company, options.records)
    _say("the loop in memory")
    looped = run_loop(company, messages)
    _say("the oracle")
    expected = expected_totals(company, (message.value for message in messages))
    if looped.totals != expected:
        raise BenchError("the loop and the oracle differ; one of them is wrong")
    workload = Workload(company=company, messages=messages, expected=expected)
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as scratch:
        home = options.home or Path(scratch)
        async with _servers(options, home) as servers:
            report = Report(
                machine=await _machine(servers),
                seed=SEED,
                records=len(messages),
                goals=len(company.goals),
                loop_records_a_second=len(messages) / looped.seconds,
                figures=[
                    await _figures(servers, workload, options, copies, home / "logs")
                    for copies in options.processes
                ],
            )
    print(text_of(report))
    write(report, options.results)
    _say(f"written to {options.results}")


@asynccontextmanager
async def _servers(options: Options, home: Path) -> AsyncIterator[Servers]:
    if options.postgres_url and options.kafka_servers:
        yield Servers(
            postgres_url=options.postgres_url, kafka_servers=options.kafka_servers
        )
        return
    _say("starting postgres and kafka")
    async with embedded_servers(home) as servers:
        yield servers


async def _machine(servers: Servers) -> dict[str, str | int | None]:
    connection = await asyncpg.connect(servers.postgres_url)
    try:
        postgres = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return machine_of(postgres=postgres)


async def _figures(
    servers: Servers,
    workload: Workload,
    options: Options,
    copies: int,
    log_folder: Path,
) -> Figures:
    """Measure a fresh installation with so many rollup processes."""
    _say(f"{processes_text(copies)}: installing")
    async with installed(
        servers, name=f"p{copies}", rollup_copies=copies, log_folder=log_folder
    ) as installation:
        company = workload.company
        await create_company(installation, company)
        _say(f"{processes_text(copies)}: {len(workload.messages):,} records")
        throughput = await measure_throughput(installation, workload.messages)
        await check_totals(installation, workload.expected)
        latency = None
        if options.seconds:
            _say(f"{processes_text(copies)}: {options.seconds} s of latency")
            probes = probes_of(
                company, workload.expected, count=options.seconds * RECORDS_A_SECOND
            )
            latency = await measure_latency(installation, company, probes)
            sent = [*workload.messages, *(probe.message for probe in probes)]
            await check_totals(
                installation,
                expected_totals(company, (message.value for message in sent)),
            )
    return Figures(processes=copies, throughput=throughput, latency=latency)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
