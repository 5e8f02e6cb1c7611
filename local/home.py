"""The folder of one Cairn on this machine: who uses it, and what an end left there.

It imports the standard library only, so `make clean` works before any installation.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.private_files import write_privately
from local.processes import Child, start_tick

# Children that outlive a killed supervisor have been told to stop by the kernel.
LEFTOVER_GRACE_SECONDS = 15.0

_POLL_SECONDS = 0.05


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold `home` for us alone; the kernel lets go of it when we end, however."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(
            f"the data folder {home} cannot be made ({error.strerror}); choose another "
            "with CAIRN_HOME"
        ) from error
    # Opened so that a refused second run leaves the first one's pid in it.
    with (home / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise LocalError(
                f"cairn already runs in {home} (pid {pid}); stop it with Ctrl-C or "
                f"`kill {pid}`, or keep a second one elsewhere with "
                "CAIRN_HOME=/other/folder and other ports"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def note_children(home: Path, children: Iterable[Child]) -> None:
    """Remember which processes are ours, in case we are killed."""
    noted = [
        {
            "name": child.name,
            "pid": child.pid,
            "start_tick": start_tick(child.pid),
            "signal": int(child.command.stop_signal),
        }
        for child in children
    ]
    write_privately(home / "processes.json", json.dumps(noted))


def end_leftovers(
    home: Path, *, say: Callable[[str], None], grace_seconds: float
) -> None:
    """End what a killed run left behind: wait for it, then kill it."""
    leftovers = _leftovers(home)
    if not leftovers:
        return
    names = ", ".join(sorted(leftover.name for leftover in leftovers))
    say(f"an earlier run was killed; waiting for its {names} to end")
    for leftover in leftovers:
        # The kernel has asked already; this is for those it could not ask.
        leftover.send(leftover.stop_signal)
    deadline = time.monotonic() + grace_seconds
    while remaining := _leftovers(home):
        if time.monotonic() > deadline:
            for leftover in remaining:
                leftover.send(signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leftover:
    name: str
    pid: int
    stop_signal: int

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def _leftovers(home: Path) -> list[_Leftover]:
    try:
        noted = json.loads((home / "processes.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [
        _Leftover(name=entry["name"], pid=entry["pid"], stop_signal=entry["signal"])
        for entry in noted
        # Pids are used again; together with the start they are not.
        if entry["start_tick"] is not None
        and start_tick(entry["pid"]) == entry["start_tick"]
    ]


def forget(home: Path) -> str:
    """Delete all data of `home`; refuse while it is in use."""
    if not home.exists():
        return f"there is nothing to forget: {home} does not exist"
    with locked(home):
        end_leftovers(home, say=lambda _: None, grace_seconds=LEFTOVER_GRACE_SECONDS)
        shutil.rmtree(home)
    return f"forgot {home}"


if __name__ == "__main__":
    try:
        sys.stderr.write(
            forget(Path(os.environ.get("CAIRN_HOME") or ".cairn").resolve()) + "\n"
        )
    except LocalError as problem:
        sys.exit(str(problem))
