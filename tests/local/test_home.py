"""The data folder: one user at a time, and no leftovers."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.errors import LocalError
from local.home import end_leftovers, forget, locked, note_children
from local.private_files import kept_secret, write_privately
from local.processes import Child, Command, start_tick


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    """The message names the first one's process and how to stop it."""
    with (
        locked(tmp_path),
        pytest.raises(LocalError, match=f"already runs .*`kill {os.getpid()}`"),
        locked(tmp_path),
    ):
        pass


def test_the_folder_is_free_after_its_user_ended(tmp_path: Path) -> None:
    """The kernel lets go of the lock, whatever happened."""
    code = (
        "import os, signal; from pathlib import Path; from local.home import locked\n"
        f"with locked(Path({str(tmp_path)!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)

    with locked(tmp_path):
        pass

    assert killed.returncode == -signal.SIGKILL


def test_forgetting_is_refused_while_in_use(tmp_path: Path) -> None:
    """`make clean` does not pull the data from under a running Cairn."""
    home = tmp_path / "home"
    with locked(home), pytest.raises(LocalError, match="already runs"):
        forget(home)

    assert forget(home) == f"forgot {home}"
    assert not home.exists()
    assert "nothing to forget" in forget(home)


def test_leftovers_of_a_killed_run_are_ended(tmp_path: Path) -> None:
    """Even those that do not listen; and it is said whom we wait for."""
    stubborn = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [15]); "
    arguments = (sys.executable, "-c", stubborn + "signal.sigwait([10])")
    child = Child(
        Command(name="kafka", arguments=arguments, log_file=tmp_path / "kafka.log")
    )
    note_children(tmp_path, [child])
    said: list[str] = []

    end_leftovers(tmp_path, say=said.append, grace_seconds=0.1)

    assert child.wait(10) != 0
    assert said == ["an earlier run was killed; waiting for its kafka to end"]


def test_a_pid_that_was_used_again_is_left_alone(tmp_path: Path) -> None:
    """A noted process is known by its start, too."""
    tick = start_tick(os.getpid())
    noted = (
        f'[{{"name": "x", "pid": {os.getpid()}, "start_tick": {tick}1, "signal": 9}}]'
    )
    write_privately(tmp_path / "processes.json", noted)
    said: list[str] = []

    end_leftovers(tmp_path, say=said.append, grace_seconds=0)

    assert said == []


def test_a_secret_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    """The next run finds the same one."""
    file = tmp_path / "token"

    first = kept_secret(file)

    assert kept_secret(file) == first
    assert len(first) > 30
    assert file.stat().st_mode & 0o777 == 0o600
