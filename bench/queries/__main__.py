"""`python -m bench.queries`: measure what a record costs when many goals have queries.

The same records go into companies of few and of many goals, each of which has a query
of its own, or a manager of its own who reads only what is shared with him: so that a
record counts in at most one goal however many there are. Real
PostgreSQL, real Kafka, the real service processes; all totals are checked.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
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
from bench.definitions import create_company
from bench.installation import Installation, installed
from bench.queries.company import Equality, company_of
from bench.queries.oracle import expected_totals
from bench.queries.report import Case, Report, Run, figures_of, text_of
from bench.queries.workload import CODES_MAX, accounts_of, codes_for, records_of
from bench.report import write
from bench.sending import send_at_once
from bench.servers import Servers
from bench.standing import records_applied, until_applied, until_quiet
from bench.throughput import measure_throughput
from bench.workload import SEED, Message

_GOALS: Final = (100, 10_000)
_RECORDS: Final = 100_000
# Fewer are over before they can be measured.
_RECORDS_MIN: Final = 1_000
_ROUNDS: Final = 3
# Codes have five digits.
_GOALS_MAX: Final = 100_000
_ACCOUNTS_SECONDS_MAX: Final = 60.0
# Measured first, and thrown away.
_WARM_UP: Final = Case(round=0, equality=Equality.OF_RECORD, goals=CODES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to measure."""

    goals: Sequence[int]
    records: int
    processes: int
    rounds: int
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is sent, whatever the company."""

    accounts: Sequence[Message]
    records: Sequence[Message]
    # The same ones, each shared with a manager.
    shared: Sequence[Message]

    def records_for(self, equality: Equality) -> Sequence[Message]:
        """Return what is sent where goals differ in this."""
        return self.shared if equality is Equality.OF_READER else self.records


def main() -> None:
    """Measure, print, write; exit with 1 if anything is wrong."""
    run(measure(options_from(sys.argv[1:])))


def options_from(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.records < _RECORDS_MIN:
        parser.error(f"--records {given.records} is too few; give {_RECORDS_MIN}")
    if given.rounds < 1:
        parser.error(f"--rounds {given.rounds} measures nothing; give at least 1")
    if len(set(given.goals)) < len(given.goals):
        parser.error("--goals names a number twice; --rounds repeats all of them")
    return Options(
        goals=given.goals,
        records=given.records,
        processes=given.processes,
        rounds=given.rounds,
        place=place_from(parser, given, suffix="-queries"),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.queries")
    parser.description = __doc__
    parser.add_argument(
        "--goals",
        type=numbers_up_to(_GOALS_MAX),
        default=_GOALS,
        help="how many goals there are, one run for each number (100,10000)",
    )
    parser.add_argument(
        "--records", type=int, default=_RECORDS, help=f"how many ({_RECORDS})"
    )
    parser.add_argument(
        "--processes",
        type=int,
        choices=range(1, PROCESSES_MAX + 1),
        default=1,
        help="rollup processes (1)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=_ROUNDS,
        help=f"how often everything is measured ({_ROUNDS})",
    )
    add_place(parser)
    return parser


async def measure(options: Options) -> None:
    """Measure all that the options name."""
    say("making the workload")
    codes = codes_for(options.goals)
    workload = Workload(
        accounts=accounts_of(codes),
        records=records_of(options.records, codes),
        shared=records_of(options.records, codes, shared=True),
    )
    async with servers_at(options.place) as (servers, log_folder):
        if servers.are_ours:
            say("warming up: what has only just started is slow")
            await _run(servers, workload, _WARM_UP, options.processes, log_folder)
        report = Report(
            machine=await machine(servers),
            seed=SEED,
            records=options.records,
            processes=options.processes,
            runs=[
                await _run(servers, workload, case, options.processes, log_folder)
                for case in _cases(options)
            ],
        )
    print(text_of(report))
    write(figures_of(report), options.place.results)
    say(f"written to {options.place.results}")


def _cases(options: Options) -> Iterator[Case]:
    """Yield what is measured: few goals and many in turn, since machines drift."""
    for number in range(1, options.rounds + 1):
        for equality in Equality:
            for goals in options.goals:
                yield Case(round=number, equality=equality, goals=goals)


async def _run(
    servers: Servers, workload: Workload, case: Case, copies: int, log_folder: Path
) -> Run:
    """Measure a fresh installation."""
    say(f"round {case.round}, {case.equality}, {case.goals:,} goals: installing")
    company = company_of(case.goals, case.equality)
    # Where no query looks at accounts, none are sent.
    accounts = workload.accounts if case.equality is Equality.BEHIND_LINK else ()
    records = workload.records_for(case.equality)
    sent = [message.value for message in (*accounts, *records)]
    expected = expected_totals(company, case.equality, sent)
    async with installed(
        servers,
        name=f"q{case.goals}r{case.round}",
        rollup_copies=copies,
        log_folder=log_folder,
    ) as installation:
        await create_company(installation, company)
        await _send_ahead(installation, accounts)
        say(f"  {len(records):,} records")
        throughput = await measure_throughput(installation, records)
        await check_totals(installation, expected)
    return Run(case=case, throughput=throughput)


async def _send_ahead(installation: Installation, messages: Sequence[Message]) -> None:
    """Send what the records link to, and wait until it is applied."""
    end = await records_applied(installation) + len(messages)
    await asyncio.to_thread(send_at_once, installation, messages)
    await until_applied(installation, end, seconds_max=_ACCOUNTS_SECONDS_MAX)
    await until_quiet(installation, seconds_max=_ACCOUNTS_SECONDS_MAX)


if __name__ == "__main__":
    main()
