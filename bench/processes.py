"""The processes that are measured: started, metered through /proc, and ended."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import BenchError

_STOP_SECONDS_MAX: Final = 90.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_MEGABYTE: Final = 1024
_TAIL_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One process of ours."""

    name: str
    popen: subprocess.Popen[bytes]
    log_file: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.popen.pid

    def check(self) -> None:
        """Raise if it has ended, with what it said last."""
        code = self.popen.poll()
        if code is not None:
            raise BenchError(
                f"{self.name} ended with {code}; last lines of its log:\n"
                f"{tail_of(self.log_file)}"
            )

    def stop(self) -> None:
        """End it in order; by force if it takes too long."""
        if self.popen.poll() is not None:
            return
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@contextmanager
def running(
    name: str,
    arguments: Sequence[str],
    *,
    log_file: Path,
    environment: Mapping[str, str],
) -> Iterator[Running]:
    """Run a program while the block runs; standard output goes to its log too."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        popen = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            # Ctrl-C reaches us alone, and we end them in order.
            start_new_session=True,
        )
    process = Running(name=name, popen=popen, log_file=log_file)
    try:
        yield process
    finally:
        process.stop()


def tail_of(log_file: Path) -> str:
    """Return the last lines of a log."""
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and all it ever started."""
    return sum(_cpu_seconds(one) for one in (pid, *_descendants(pid)))


def _cpu_seconds(pid: int) -> float:
    fields = _stat_fields(pid)
    # User and system time, its own and that of children that have ended.
    return sum(map(int, fields[11:15])) / _TICKS if fields else 0.0


def machine_cpu_seconds() -> float:
    """Return the processor time that all programs of this machine have used."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    user, nice, system, _idle, _waiting, interrupts, soft = map(int, fields[1:8])
    return (user + nice + system + interrupts + soft) / _TICKS


def memory_peak_megabytes(pid: int) -> int:
    """Return the most memory that a process ever held (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // _MEGABYTE
    return 0


def child_with(parent_pid: int, word: str) -> int | None:
    """Return the child of a process whose command line holds `word`."""
    for pid in _children().get(parent_pid, ()):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if any(word in one for one in words):
            return pid
    return None


def _descendants(pid: int) -> Iterator[int]:
    children = _children()
    waiting = list(children.get(pid, ()))
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children.get(one, ())


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat_fields(int(folder.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    return children


def _stat_fields(pid: int) -> list[str]:
    """Return what follows the name in /proc/PID/stat; nothing if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    # The name, in parentheses, may hold anything; the fields after it do not.
    return stat.rpartition(")")[2].split()
