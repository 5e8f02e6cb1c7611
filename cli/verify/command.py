"""`cairn verify`: judge and report."""

import asyncio
import time
from dataclasses import asdict
from typing import Final

from cli import output
from cli.exits import ExitCode
from cli.surroundings import surroundings
from cli.verify.judging import Verdict, judge
from cli.verify.noting import note
from cli.verify.reading import read_rows

# A table longer than this says no more than its beginning.
_SHOWN_MAX: Final = 50


def run(*, as_json: bool) -> ExitCode:
    """Verify the totals; any difference is an exit code of its own."""
    began = time.monotonic()
    output.hint("recomputing all goals from the records")
    url = surroundings().rollup_database_url
    rows = asyncio.run(read_rows(url))
    verdict = judge(rows)
    output.clear_hint()
    seconds = time.monotonic() - began
    if as_json:
        output.print_json({**asdict(verdict), "seconds": round(seconds, 3)})
    else:
        _print(verdict)
    _say_outcome(verdict, seconds)
    why_not = asyncio.run(note(url, verdict, seconds))
    if why_not is not None:
        output.say(f"not noted for the operations screen: {why_not}")
    return ExitCode.DIFFERENCE if verdict.differences else ExitCode.OK


def _print(verdict: Verdict) -> None:
    if verdict.differences:
        output.print_table(
            ("check", "goal", "field", ">should be", ">found", ">off by"),
            [
                (
                    one.check,
                    one.goal_id,
                    one.field,
                    one.should_be,
                    one.found,
                    one.off_by,
                )
                for one in verdict.differences[:_SHOWN_MAX]
            ],
        )
        return
    output.print_table(
        ("root", "field", ">total", ">from records", ">climbing", ">goals"),
        [
            (
                root.goal_id,
                root.field,
                root.computed,
                root.from_records,
                root.waiting,
                str(root.goals),
            )
            for root in verdict.roots[:_SHOWN_MAX]
        ],
    )


def _say_outcome(verdict: Verdict, seconds: float) -> None:
    checked = f"{verdict.goals} goals, {verdict.checks} checks in {seconds:.1f} s"
    if verdict.computing:
        checked += f", {verdict.computing} goals being computed"
    count = len(verdict.differences)
    if not count:
        output.say(output.marked(output.Mark.OK, f"no difference: {checked}"))
        return
    more = f", the first {_SHOWN_MAX} shown" if count > _SHOWN_MAX else ""
    output.say(
        output.marked(
            output.Mark.FAIL,
            f"{count} differences{more}: {checked}; keep this output and the logs of "
            "rollup, and look at `cairn verify --json`",
        )
    )
