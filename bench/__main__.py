"""`python -m bench`: measure the shipped system and check everything it says.

Real PostgreSQL, real Kafka, the real service processes; what is measured is right, or
the run fails and names the goals that are wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.checking import check_totals
from bench.command import (
    PROCESSES_MAX,
    Place,
    add_place,
    machine,
    numbers_up_to,
    place_from,
    run,
    say,
    servers_at,
)
from bench.company import LEVELS, Company, company_of
from bench.definitions import create_company
from bench.errors import BenchError
from bench.installation import installed
from bench.latency import RECORDS_A_SECOND, measure_latency, probes_of
from bench.loop import run_loop
from bench.oracle import Totals, expected_totals
from bench.report import Figures, Report, figures_of, processes_text, text_of, write
from bench.servers import Servers
from bench.throughput import measure_throughput
from bench.workload import SEED, Message, messages_of

_RECORDS: Final = 400_000
_RECORDS_QUICK: Final = 60_000
_SECONDS: Final = 30
_SECONDS_QUICK: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to measure."""

    records: int
    processes: Sequence[int]
    # How long the latency is measured; 0: not at all.
    seconds: int
    levels: int
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is sent, and what must come of it."""

    company: Company
    messages: Sequence[Message]
    expected: Totals


def main() -> None:
    """Measure, print, write; exit with 1 if anything is wrong."""
    run(measure(options_from(sys.argv[1:])))


def options_from(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = _parser()
    given = parser.parse_args(arguments)
    return Options(
        records=given.records or (_RECORDS_QUICK if given.quick else _RECORDS),
        processes=given.processes,
        seconds=(
            (_SECONDS_QUICK if given.quick else _SECONDS)
            if given.seconds is None
            else given.seconds
        ),
        levels=given.levels,
        place=place_from(parser, given, suffix="-quick" if given.quick else ""),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--records", type=int, help=f"how many ({_RECORDS})")
    parser.add_argument(
        "--processes",
        type=numbers_up_to(PROCESSES_MAX),
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
    add_place(parser)
    return parser


async def measure(options: Options) -> None:
    """Measure all that the options name."""
    say("making the workload")
    company = company_of(options.levels)
    messages = messages_of(company, options.records)
    say("the loop in memory")
    looped = run_loop(company, messages)
    say("the oracle")
    expected = expected_totals(company, (message.value for message in messages))
    if looped.totals != expected:
        raise BenchError("the loop and the oracle differ; one of them is wrong")
    workload = Workload(company=company, messages=messages, expected=expected)
    async with servers_at(options.place) as (servers, log_folder):
        report = Report(
            machine=await machine(servers),
            seed=SEED,
            records=len(messages),
            goals=len(company.goals),
            loop_records_a_second=len(messages) / looped.seconds,
            figures=[
                await _figures(servers, workload, options, copies, log_folder)
                for copies in options.processes
            ],
        )
    print(text_of(report))
    write(figures_of(report), options.place.results)
    say(f"written to {options.place.results}")


async def _figures(
    servers: Servers,
    workload: Workload,
    options: Options,
    copies: int,
    log_folder: Path,
) -> Figures:
    """Measure a fresh installation with so many rollup processes."""
    say(f"{processes_text(copies)}: installing")
    async with installed(
        servers, name=f"p{copies}", rollup_copies=copies, log_folder=log_folder
    ) as installation:
        company = workload.company
        await create_company(installation, company)
        say(f"{processes_text(copies)}: {len(workload.messages):,} records")
        throughput = await measure_throughput(installation, workload.messages)
        await check_totals(installation, workload.expected)
        latency = None
        if options.seconds:
            say(f"{processes_text(copies)}: {options.seconds} s of latency")
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


if __name__ == "__main__":
    main()
