"""The figures: what a record costs with many queries, beside what it costs with few."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from bench.queries.company import Equality
from bench.report import processes_text
from bench.throughput import Throughput


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one fresh installation is measured with."""

    round: int
    equality: Equality
    goals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of it."""

    case: Case
    throughput: Throughput

    @property
    def rollup_seconds_per_thousand(self) -> float:
        """Processor seconds of all rollup processes for 1,000 records."""
        used = sum(
            seconds
            for name, seconds in self.throughput.cpu_seconds.items()
            if name.startswith("rollup")
        )
        return used * 1000 / self.throughput.records


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was measured."""

    machine: Mapping[str, str | int | None]
    seed: int
    records: int
    processes: int
    runs: Sequence[Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of all rounds, and how it stands to that of the fewest goals."""

    median: float
    ratio: float


_MEASURED: Final[Mapping[str, Callable[[Run], float]]] = {
    "records_a_second_applied": lambda run: run.throughput.applied_a_second,
    "records_a_second_announced": lambda run: run.throughput.announced_a_second,
    "rollup_seconds_per_thousand": lambda run: run.rollup_seconds_per_thousand,
}


def figures_for(runs: Sequence[Run]) -> Iterator[tuple[Equality, int, list[Figure]]]:
    """Yield the figures of every workload and number of goals.

    A ratio is the median of those of the rounds: what was measured one after the other
    was measured on the same machine, whatever became of its speed later.
    """
    for equality in dict.fromkeys(run.case.equality for run in runs):
        several = [run for run in runs if run.case.equality is equality]
        numbers = sorted({run.case.goals for run in several})
        fewest = _of(several, numbers[0])
        for goals in numbers:
            ours = _of(several, goals)
            yield (
                equality,
                goals,
                [
                    _figure([measure(run) for run in ours], map(measure, fewest))
                    for measure in _MEASURED.values()
                ],
            )


def _of(runs: Sequence[Run], goals: int) -> list[Run]:
    return [run for run in runs if run.case.goals == goals]


def _figure(values: Sequence[float], bases: Iterator[float]) -> Figure:
    ratios = [value / base for value, base in zip(values, bases, strict=True)]
    return Figure(median=median(values), ratio=median(ratios))


def text_of(report: Report) -> str:
    """Return the table."""
    lines = [
        *_heading(report),
        "",
        f"{'':28}{'records/s':>17}{'records/s':>18}{'rollup processor':>20}",
        f"{'':28}{'applied':>17}{'announced':>18}{'s per 1,000':>20}",
        f"{'goals':>28}{'ratio':>17}{'ratio':>18}{'ratio':>20}",
    ]
    named = None
    for equality, goals, figures in figures_for(report.runs):
        if equality is not named:
            lines += ["", equality]
            named = equality
        lines.append(_line(goals, figures))
    return "\n".join([*lines, "", *_footing(report)])


def _heading(report: Report) -> Sequence[str]:
    rounds = max(run.case.round for run in report.runs)
    return (
        (
            f"{report.records:,} records, seed {report.seed}, "
            f"{processes_text(report.processes)}, {rounds} round"
            + ("s" if rounds > 1 else "")
        ),
        "every total and every last goal-updated checked",
    )


def _footing(report: Report) -> Sequence[str]:
    elsewhere = max(run.throughput.cores_busy_elsewhere for run in report.runs)
    return (
        "medians; ratios are to the fewest goals, in the same round",
        "a ratio near 1 is what is claimed: a record is asked about by few goals only",
        f"other programs kept at most {elsewhere:.2f} cores busy meanwhile",
    )


def _line(goals: int, figures: Sequence[Figure]) -> str:
    applied, announced, processor = figures
    return (
        f"{goals:28,}"
        f"{applied.median:10,.0f}{applied.ratio:7.2f}"
        f"{announced.median:11,.0f}{announced.ratio:7.2f}"
        f"{processor.median:13.4f}{processor.ratio:7.2f}"
    )


def figures_of(report: Report) -> dict[str, Any]:
    """Return all figures for the file, medians and ratios included."""
    return asdict(report) | {
        "figures": [
            {"equality": equality, "goals": goals}
            | dict(zip(_MEASURED, map(asdict, figures), strict=True))
            for equality, goals, figures in figures_for(report.runs)
        ]
    }
