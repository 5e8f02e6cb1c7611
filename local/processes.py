"""One child process: how it is started, watched and stopped, and how it ended.

A child runs in a session of its own, so Ctrl-C in the terminal reaches only us
and we stop the children in order. It is told to stop by the kernel when we are
killed. Start children from the main thread: the kernel takes the end of the
starting *thread* for our end.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launch.py")

# A log beyond this is put aside (one older copy is kept) when its child starts.
LOG_BYTES_MAX = 20_000_000

_TAIL_BYTES = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The unprivileged user that a program of root's runs as."""

    name: str
    uid: int
    gid: int
    # Folders closed to this user are passed all the same.
    keeps_file_access: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How to start and stop one program."""

    name: str
    arguments: tuple[str, ...]
    log_file: Path
    # Added to our own environment.
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # How long the program may take to stop before it is killed.
    grace_seconds: float = 10.0

    def launched(self) -> list[str]:
        """Return the whole command line, launcher included."""
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER)]
        launcher += ["--parent", str(os.getpid())]
        launcher += ["--signal", str(int(self.stop_signal))]
        if self.account is not None:
            launcher += ["--uid", str(self.account.uid), "--gid", str(self.account.gid)]
            if self.account.keeps_file_access:
                launcher.append("--keep-file-access")
        return [*launcher, "--", *self.arguments]


class Child:
    """A running program of ours, or one that has ended."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.started_at = time.monotonic()
        command.log_file.parent.mkdir(parents=True, exist_ok=True)
        _put_aside_if_large(command.log_file)
        with command.log_file.open("ab") as log:
            self._popen = subprocess.Popen(
                command.launched(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **command.environment},
                start_new_session=True,
            )

    @property
    def name(self) -> str:
        """The name that people know this program by."""
        return self.command.name

    @property
    def pid(self) -> int:
        """The process id; the launcher hands its own on to the program."""
        return self._popen.pid

    def is_running(self) -> bool:
        """Tell whether the program has not ended yet."""
        return self._popen.poll() is None

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait for the end and return the exit code (negative: the signal)."""
        return self._popen.wait(timeout_seconds)

    def ask_to_stop(self) -> None:
        """Send the stop signal, if there is still something to stop."""
        if self.is_running():
            self._popen.send_signal(self.command.stop_signal)

    def stop(self, *, grace_seconds: float | None = None) -> bool:
        """Stop the program; tell whether it did so by itself within its grace."""
        grace = self.command.grace_seconds if grace_seconds is None else grace_seconds
        self.ask_to_stop()
        try:
            self._popen.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def kill(self) -> None:
        """End the program and what it started, without asking."""
        with suppress(ProcessLookupError):
            # The session is the child's own, so the group is too.
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def how_it_ended(self) -> str:
        """Say in words how the program ended, with what its log said last."""
        code = self._popen.poll()
        if code is None:
            return f"is running as pid {self.pid}"
        if code < 0:
            return f"was killed by signal {-code} ({signal_name(-code)})"
        words = f"exited with {code}"
        tail = log_tail(self.command.log_file)
        return f"{words}; last lines of its log:\n{tail}" if tail else words


def signal_name(number: int) -> str:
    """Return the name of a signal, as `SIGKILL` for 9."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a signal without a name"


def log_tail(log_file: Path, *, lines: int = 8) -> str:
    """Return the last lines of a log, indented; empty if there are none."""
    try:
        with log_file.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - _TAIL_BYTES))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"     {line}" for line in text.splitlines()[-lines:])


def start_tick(pid: int) -> int | None:
    """Return when process `pid` started, in kernel ticks; `None` if it is gone.

    Together with the pid it names a process for good: pids alone are used again.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may hold anything; the fields after it do not.
    state, *others = stat.rpartition(")")[2].split()
    return None if state == "Z" else int(others[18])


def run_to_end(command: Command, *, timeout_seconds: float) -> Child:
    """Run a program that ends by itself; kill it if it takes too long."""
    child = Child(command)
    try:
        child.wait(timeout_seconds)
    except BaseException as error:
        child.kill()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
    return child


def _put_aside_if_large(log_file: Path) -> None:
    with suppress(FileNotFoundError):
        if log_file.stat().st_size > LOG_BYTES_MAX:
            log_file.replace(log_file.with_suffix(log_file.suffix + ".1"))
