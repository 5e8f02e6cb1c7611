"""What the operations screen shows before its script runs: what the API answers.

Instants are left out: only a browser knows by which clock its reader lives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from services.goals.domain.callers import Caller
from services.goals.domain.operations import (
    PartitionStanding,
    Process,
    ProcessState,
    RederivationReason,
    RederivationState,
    Verification,
)
from services.goals.http.context import Service
from services.goals.http.operations import OperationsAnswer, operations_of
from services.goals.page.asking import check_read
from services.goals.page.numbers import ABSENT, Marks, shown

ROWS_MAX: Final = 100
_SECOND: Final = 1_000
_LONG: Final = 10 * _SECOND
_MINUTE: Final = 60
_HOUR: Final = 3_600
_FEW: Final = 10

Percentile = Literal["p50", "p95", "p99"]

_REASONS: Final = {
    RederivationReason.GOALS_CHANGED: "Goals changed",
    RederivationReason.RECALCULATION: "Recalculation",
    RederivationReason.RECORDS_CHANGED: "Records changed that others depend on",
    RederivationReason.TIME_PASSED: "A day began",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state, as a shape and a word."""

    tone: Literal["good", "warn", "bad", "quiet"]
    mark: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One of the figures on top, and what is said of it."""

    name: str
    remark: str
    # A command that the remark is about.
    command: str = ""
    value: str = ABSENT
    unit: str = ""
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Records that are read again."""

    name: str
    state: State
    read: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOperations:
    """The answer, and its numbers in words."""

    answer: OperationsAnswer
    figures: Sequence[Figure]
    jobs: Sequence[Job]
    goals: Sequence[tuple[State, str]]
    outbox: Sequence[tuple[str, str, str]]
    marks: Marks

    @property
    def partitions(self) -> Sequence[PartitionStanding]:
        """As many as a first page holds."""
        return self.answer.partitions[:ROWS_MAX]

    def state_of(self, process: Process) -> State:
        """Return how a process is."""
        return _STATES[process.state]

    def reader_of(self, partition: PartitionStanding) -> str:
        """Return who reads a partition, or why there is no lag."""
        names = {one.id: one.name for one in self.answer.processes}
        return partition.reason or names.get(partition.process_id or "", ABSENT)

    def lag_of(self, partition: PartitionStanding) -> str:
        """Return a partition's lag as a share of the largest one, in percent."""
        largest = max(1, *(one.lag or 0 for one in self.answer.partitions))
        return f"{100 * (partition.lag or 0) / largest:.2f}"

    def count(self, number: int | None) -> str:
        """Write a count, or that there is none to be had."""
        return shown(None if number is None else str(number), self.marks)

    def exact(self, number: int | None) -> str:
        """Write a count with all its digits."""
        return ABSENT if number is None else _grouped(number, self.marks)

    def rate(self, process: Process) -> str:
        """Write how many records a process applies in a second."""
        return shown(f"{process.records_per_second:.3g}", self.marks)

    def duration(self, milliseconds: float | None) -> str:
        """Write a duration in milliseconds, or in seconds where it is long."""
        return _duration(milliseconds, self.marks)

    def ago(self, instant: datetime) -> str:
        """Write how long ago an instant was when the picture was taken."""
        return _ago(instant, self.answer.at)


_STATES: Final[Mapping[ProcessState, State]] = {
    ProcessState.RUNNING: State(tone="good", mark="●", word="running"),
    ProcessState.SILENT: State(tone="bad", mark="▼", word="silent"),
    ProcessState.STOPPED: State(tone="quiet", mark="■", word="stopped"),
}
_WAITING: Final = State(tone="quiet", mark="○", word="waiting")
_READING: Final = State(tone="good", mark="●", word="reading")
_JOB_STATES: Final = {
    RederivationState.WAITING: _WAITING,
    RederivationState.READING: _READING,
    RederivationState.ENDING: State(tone="good", mark="◔", word="ending"),
    "queued": _WAITING,
    "reading": _READING,
    "comparing": State(tone="good", mark="◔", word="comparing"),
}


async def operations(service: Service, caller: Caller, marks: Marks) -> FirstOperations:
    """Return what runs, or refuse whoever may not see it."""
    await check_read(service, caller, "/v1/operations")
    answer = await operations_of(service, caller)
    return FirstOperations(
        answer=answer,
        figures=_figures(answer, marks),
        jobs=_jobs(answer, marks),
        goals=_goals(answer, marks),
        outbox=_outbox(answer, marks),
        marks=marks,
    )


def _figures(answer: OperationsAnswer, marks: Marks) -> Sequence[Figure]:
    running = [one for one in answer.processes if one.state is ProcessState.RUNNING]
    return (
        _lag(answer, marks),
        _rate(running, marks),
        _latency(running, "p50", marks),
        _latency(running, "p99", marks),
        # Kafka is asked for it apart.
        Figure(name="Rejected", value="", remark="kept by Kafka"),
        _verified(answer.verification, answer.at, marks),
        _ready(answer),
    )


def _lag(answer: OperationsAnswer, marks: Marks) -> Figure:
    if not answer.kafka.answers:
        return Figure(name="Lag", remark="Kafka does not answer")
    known = [one.lag for one in answer.partitions if one.lag is not None]
    total, behind = sum(known), sum(one > 0 for one in known)
    of = len(answer.partitions)
    remark = f"{behind} of {of} partitions behind"
    if of > len(known):
        remark = f"{_counted(of - len(known), 'partition', marks)} unknown"
    return Figure(
        name="Lag",
        value=shown(str(total), marks),
        unit="record" if total == 1 else "records",
        remark=remark,
    )


def _rate(running: Sequence[Process], marks: Marks) -> Figure:
    name = "Records per second"
    if not running:
        return Figure(name=name, remark="no process of rollup runs")
    total = sum(one.records_per_second for one in running)
    remark = f"last minute, {len(running)} processes"
    return Figure(
        name=name,
        value=shown(f"{total:.2g}" if total < _FEW else f"{total:.0f}", marks),
        remark="over the last minute" if len(running) == 1 else remark,
    )


def _latency(running: Sequence[Process], which: Percentile, marks: Marks) -> Figure:
    """Return a percentile: those of several processes cannot be added."""
    name = f"Record to root, {which}"
    found = (getattr(one.latency, f"{which}_milliseconds") for one in running)
    known = [one for one in found if one is not None]
    if not known:
        return Figure(name=name, remark="no record within a minute")
    records = sum(one.latency.records for one in running)
    remark = f"of {_counted(records, 'record', marks)}"
    if len(known) > 1:
        remark = f"the slowest of {len(known)} processes"
    return Figure(name=name, value=_duration(max(known), marks), remark=remark)


def _verified(found: Verification | None, at: datetime, marks: Marks) -> Figure:
    if found is None:
        state = State(tone="quiet", mark="○", word="not yet")
        return Figure(
            name="Verification",
            state=state,
            command="cairn verify",
            remark="has not run",
        )
    state = State(tone="good", mark="✓", word="clean")
    if not found.is_clean:
        count = found.difference_count
        words = "differs" if count is None else _counted(count, "difference", marks)
        state = State(tone="bad", mark="▼", word=words)
    return Figure(name="Verification", state=state, remark=_ago(found.at, at))


def _ready(answer: OperationsAnswer) -> Figure:
    down = [one.name for one in answer.services if not one.ready]
    of = len(answer.services)
    word = f"{of - len(down)} of {of}"
    if not down:
        state = State(tone="good", mark="✓", word=word)
        return Figure(name="Services ready", state=state, remark="all answer")
    remark = down[0] if len(down) == 1 else f"{down[0]} and {len(down) - 1} more"
    state = State(tone="bad", mark="▼", word=word)
    return Figure(name="Services ready", state=state, remark=remark)


def _jobs(answer: OperationsAnswer, marks: Marks) -> Sequence[Job]:
    """Return what is worked at; a recalculation stands there once."""
    asked = [
        Job(
            name="Recalculation"
            + (f", asked by {one.asked_by}" if one.asked_by else ""),
            state=_JOB_STATES[one.status],
            read=_read(one.records_read, one.records_expected, marks),
        )
        for one in answer.recalculations
    ]
    ids = {one.id for one in answer.recalculations}
    derived = [
        Job(
            name=_REASONS[one.reason],
            state=_JOB_STATES[one.state],
            read=_read(one.records_read, one.records_expected, marks),
        )
        for one in answer.rederivations
        if one.recalculation_id not in ids
    ]
    return [*asked, *derived][:ROWS_MAX]


def _read(read: int, expected: int | None, marks: Marks) -> str:
    count = shown(str(read), marks)
    if expected is None:
        return count
    return f"{count} of about {shown(str(expected), marks)}"


def _goals(answer: OperationsAnswer, marks: Marks) -> Sequence[tuple[State, str]]:
    goals = answer.goals
    rows = (
        (State(tone="good", mark="●", word="current"), goals.current),
        (
            State(
                tone="warn" if goals.computing else "quiet", mark="◔", word="computing"
            ),
            goals.computing,
        ),
        (
            State(tone="bad" if goals.failed else "quiet", mark="▼", word="failed"),
            goals.failed,
        ),
        (State(tone="quiet", mark="■", word="frozen"), goals.frozen),
    )
    return [(state, shown(str(number), marks)) for state, number in rows]


def _outbox(answer: OperationsAnswer, marks: Marks) -> Sequence[tuple[str, str, str]]:
    outbox = answer.outbox
    rows = (
        ("Definitions to announce", "goals", outbox.definitions),
        ("Changes of goals to announce", "rollup", outbox.announcements),
        ("Deltas that have not climbed", "rollup", outbox.deltas),
    )
    return [(name, who, shown(str(number), marks)) for name, who, number in rows]


def _counted(number: int, one: str, marks: Marks) -> str:
    return f"{shown(str(number), marks)} {one if number == 1 else f'{one}s'}"


def _grouped(number: int, marks: Marks) -> str:
    return f"{number:,}".replace(",", marks.group)


def _duration(milliseconds: float | None, marks: Marks) -> str:
    if milliseconds is None:
        return ABSENT
    if milliseconds >= _LONG:
        return f"{shown(f'{milliseconds / _SECOND:.1f}', marks)} s"
    number = Decimal(str(milliseconds))
    return f"{shown(f'{number:.0f}' if number >= _FEW else str(number), marks)} ms"


def _ago(instant: datetime, at: datetime) -> str:
    seconds = max(0, int((at - instant).total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s ago"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min ago"
    return f"{seconds // _HOUR} h ago"
