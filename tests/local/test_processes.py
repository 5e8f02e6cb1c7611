"""One child process: how it ends, and how that is told."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.processes import Child, Command, log_tail, run_to_end, start_tick
from tests.waiting import eventually

PATIENT = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('ready', flush=True); signal.pause(); signal.pause()"
)


class Nursery:
    """Starts Python programs and ends those that a test leaves."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack

    def start(self, code: str, **settings: float) -> Child:
        """Start a program that runs `code`."""
        child = Child(self.command(code, **settings))
        self._stack.callback(child.kill)
        return child

    def command(self, code: str, *, grace_seconds: float = 10.0) -> Command:
        """Return how such a program is started."""
        return Command(
            name="trial",
            arguments=(sys.executable, "-c", code),
            log_file=self._folder / "trial.log",
            grace_seconds=grace_seconds,
        )


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Yield what starts children, and end them."""
    with ExitStack() as stack:
        yield Nursery(tmp_path, stack)


async def _ready(child: Child) -> None:
    await eventually(
        lambda: "ready" in log_tail(child.command.log_file), what="its first line"
    )


async def test_a_killed_child_is_told_with_its_signal(nursery: Nursery) -> None:
    """The signal is named by number and by name."""
    child = nursery.start(PATIENT)
    await _ready(child)

    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)

    assert child.how_it_ended() == "was killed by signal 9 (SIGKILL)"


def test_a_failed_child_is_told_with_its_last_words(nursery: Nursery) -> None:
    """The end of the log says why."""
    child = nursery.start("import sys; sys.exit('the door is locked')")

    child.wait(10)

    assert child.how_it_ended() == (
        "exited with 1; last lines of its log:\n     the door is locked"
    )


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    """The launcher says what it could not become."""
    command = Command(
        name="ghost", arguments=("/nowhere/ghost",), log_file=tmp_path / "ghost.log"
    )

    child = run_to_end(command, timeout_seconds=10)

    assert child.wait() == 127
    assert "cannot start /nowhere/ghost" in child.how_it_ended()


async def test_a_child_that_listens_stops_by_itself(nursery: Nursery) -> None:
    """It gets the stop signal and the time to obey."""
    child = nursery.start(PATIENT)
    await _ready(child)

    assert child.stop()
    assert child.how_it_ended() == "was killed by signal 15 (SIGTERM)"


async def test_a_child_that_does_not_listen_is_killed(nursery: Nursery) -> None:
    """After its grace nothing of it is left."""
    child = nursery.start(STUBBORN, grace_seconds=0.1)
    await _ready(child)

    assert not child.stop()
    assert start_tick(child.pid) is None


async def test_a_child_ends_with_its_starter(nursery: Nursery, tmp_path: Path) -> None:
    """However the starter ends: the kernel tells the child."""
    starter = nursery.start(
        "import sys, signal\n"
        "from pathlib import Path\n"
        "from local.processes import Child, Command\n"
        f"arguments = (sys.executable, '-c', {PATIENT!r})\n"
        f"log_file = Path({str(tmp_path / 'inner.log')!r})\n"
        "command = Command(name='inner', arguments=arguments, log_file=log_file)\n"
        "print('pid', Child(command).pid, flush=True)\n"
        "signal.pause()\n"
    )
    log = tmp_path / "trial.log"
    await eventually(lambda: "pid" in log_tail(log), what="the inner pid")
    inner = int(log_tail(log).split()[-1])
    await eventually(lambda: "ready" in log_tail(tmp_path / "inner.log"))

    os.kill(starter.pid, signal.SIGKILL)

    await eventually(lambda: start_tick(inner) is None, what="the inner child's end")


def test_a_large_log_is_put_aside(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs do not grow for ever: one older copy is kept."""
    monkeypatch.setattr("local.processes.LOG_BYTES_MAX", 10)
    (tmp_path / "trial.log").write_text("said long ago\n", encoding="utf-8")

    run_to_end(nursery.command("print('said now')"), timeout_seconds=10)

    assert log_tail(tmp_path / "trial.log").strip() == "said now"
    assert log_tail(tmp_path / "trial.log.1").strip() == "said long ago"
