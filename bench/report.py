"""The figures: a table for people and a file for later."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.latency import RECORDS_A_SECOND, Latency
from bench.loop import DECODER
from bench.throughput import Throughput

_LIBRARIES: Final = ("aiokafka", "asyncpg", "confluent-kafka", "faststream", "msgspec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that one number of rollup processes came to."""

    processes: int
    throughput: Throughput
    latency: Latency | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that one run measured."""

    machine: Mapping[str, str | int | None]
    seed: int
    records: int
    goals: int
    loop_records_a_second: float
    figures: Sequence[Figures]


def machine_of(*, postgres: str) -> dict[str, str | int | None]:
    """Describe what was measured on; no figure means anything without."""
    return {
        "cores": os.cpu_count(),
        "memory_megabytes": os.sysconf("SC_PAGE_SIZE")
        * os.sysconf("SC_PHYS_PAGES")
        // 2**20,
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgres": postgres,
        **{name: version(name) for name in _LIBRARIES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def text_of(report: Report) -> str:
    """Return the table."""
    loop = report.loop_records_a_second
    lines = [
        _heading(report),
        "",
        f"{'':32}{'records/s':>12}{'of the loop':>13}",
        f"{'loop in memory':32}{loop:12,.0f}{1:13.2f}",
    ]
    for one in report.figures:
        measured = one.throughput
        name = processes_text(one.processes)
        lines += [
            _line(f"{name}, announced", measured.announced_a_second, loop),
            _line("  applied", measured.applied_a_second, loop),
        ]
    for one in report.figures:
        lines += ["", processes_text(one.processes), *_details(one)]
    lines += [
        "",
        f"the loop decodes with {DECODER}, without garbage collection; best of 3",
    ]
    return "\n".join(lines)


def _heading(report: Report) -> str:
    return (
        f"{report.records:,} records, {report.goals:,} goals, seed {report.seed}; "
        "every total and every last goal-updated checked"
    )


def processes_text(count: int) -> str:
    """Return so many processes in words."""
    return f"rollup {count} process" + ("es" if count > 1 else "")


def _line(name: str, a_second: float, loop: float) -> str:
    return f"{name:32}{a_second:12,.0f}{a_second / loop:13.2f}"


def _details(one: Figures) -> list[str]:
    measured = one.throughput
    busy = ", ".join(
        f"{name} {seconds:.1f} s" for name, seconds in measured.cpu_seconds.items()
    )
    memory = ", ".join(
        f"{name} {megabytes} MB"
        for name, megabytes in measured.memory_peak_megabytes.items()
    )
    elsewhere = f"{measured.cores_busy_elsewhere:.2f} of {os.cpu_count()} cores"
    lines = [
        (
            f"  {measured.seconds_to_announced:.1f} s, "
            f"{measured.goal_updated_messages:,} goal-updated messages"
        ),
        f"  processor time: {busy}",
        f"  memory at most: {memory}",
        f"  other programs kept {elsewhere} busy meanwhile",
    ]
    if one.latency is not None:
        late = one.latency
        lines.append(
            f"  record to root's goal-updated at {RECORDS_A_SECOND}/s: "
            f"p50 {late.p50} ms, p90 {late.p90} ms, p99 {late.p99} ms, "
            f"max {late.max} ms ({late.records:,} records)"
        )
    return lines


def figures_of(report: Report) -> dict[str, Any]:
    """Return all figures for the file, ratios included."""
    loop = report.loop_records_a_second
    ratios = {
        processes_text(one.processes): round(
            one.throughput.announced_a_second / loop, 3
        )
        for one in report.figures
    }
    return asdict(report) | {"ratios": ratios}


def write(figures: Mapping[str, Any], file: Path) -> None:
    """Write figures as JSON, with the instant."""
    measured_at = datetime.now(UTC).isoformat(timespec="seconds")
    body = {"measured_at": measured_at, **figures}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
