"""The whole of Cairn on this machine, with stand-ins for its own commands.

The stand-ins note what happens to them in a journal; the supervisor, PostgreSQL and
Kafka are real. Each run is a process of its own, as in `make run`.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from local.asking import Address, ask
from local.ports import pick_free
from local.processes import start_tick
from local.servers import Servers
from tests.local.listening import listening_at
from tests.waiting import eventually

STAND_IN = Path(__file__).with_name("stand_in.py")
READY_SECONDS = 180.0
STOP_SECONDS = 120.0


class Runs:
    """Starts `cairn run` with stand-ins, always in the same folder."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.home = folder / ".cairn"
        self.journal = folder / "journal"
        self.journal.touch()
        self._folder = folder
        self._stack = stack
        goals, ingest, rollup, postgres, kafka = pick_free(5)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CAIRN_")},
            "CAIRN_HOME": str(self.home),
            "CAIRN_GOALS_PORT": str(goals),
            "CAIRN_INGEST_PORT": str(ingest),
            "CAIRN_ROLLUP_PORT": str(rollup),
            "CAIRN_POSTGRES_PORT": str(postgres),
            "CAIRN_KAFKA_PORT": str(kafka),
            "STAND_IN_JOURNAL": str(self.journal),
        }
        if "CAIRN_CACHE_DIR" in os.environ:
            self.environment["CAIRN_CACHE_DIR"] = os.environ["CAIRN_CACHE_DIR"]

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """Start one run; it is ended after the test at the latest."""
        with (self._folder / "output").open("w", encoding="utf-8") as output:
            run = subprocess.Popen(
                [sys.executable, str(STAND_IN), "run"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment | environment,
                text=True,
                start_new_session=True,
            )
        self._stack.callback(run.wait)
        self._stack.callback(run.kill)
        return run

    @property
    def output(self) -> str:
        """All that the newest run has printed."""
        return (self._folder / "output").read_text(encoding="utf-8")

    @property
    def notes(self) -> list[str]:
        """The lines of the journal."""
        return self.journal.read_text(encoding="utf-8").splitlines()

    @property
    def state(self) -> dict[str, Any]:
        """What run.json says."""
        return dict(json.loads((self.home / "run.json").read_text(encoding="utf-8")))

    @property
    def pids(self) -> list[int]:
        """All processes of the run, its own excepted."""
        by_service = {**self.state["pids"], "run": []}
        return [pid for pids in by_service.values() for pid in pids]

    async def ready(self) -> None:
        """Wait until the newest run says that all runs."""
        await eventually(
            lambda: "ctrl-c stops" in self.output,
            within=READY_SECONDS,
            what="the addresses",
        )

    async def said(self, pattern: str) -> None:
        """Wait until the newest run has printed something."""
        await eventually(
            lambda: re.search(pattern, self.output),
            within=READY_SECONDS,
            what=pattern,
        )


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """Yield what starts runs, with PostgreSQL and Kafka of its own."""
    with ExitStack() as stack:
        yield Runs(tmp_path, stack)


@pytest.fixture
def lean_runs(runs: Runs, servers: Servers) -> Runs:
    """Return what starts runs, on the servers of the session."""
    runs.environment["CAIRN_DATABASE_URL"] = servers.postgres_url
    runs.environment["CAIRN_KAFKA_SERVERS"] = servers.kafka_servers
    return runs


def _stop(run: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> int:
    run.send_signal(number)
    return run.wait(STOP_SECONDS)


def _gone(pids: list[int]) -> bool:
    return not any(start_tick(pid) for pid in pids)


async def test_everything_is_started_told_and_stopped_in_order(runs: Runs) -> None:
    """Phases up, addresses, run.json; then all down, and nothing left."""
    run = runs.start(CAIRN_ROLLUP_COPIES="2")
    await runs.ready()
    await eventually(lambda: "started simulate" in runs.notes, what="the simulation")
    state, pids = runs.state, runs.pids
    goals = int(runs.environment["CAIRN_GOALS_PORT"])
    rollup = int(runs.environment["CAIRN_ROLLUP_PORT"])

    phases = re.findall(r"^ ✓ (\w+)", runs.output, re.MULTILINE)
    assert phases[:2] == ["machine", "jars"]
    assert set(phases[2:4]) == {"postgres", "kafka"}
    assert phases[4] == "migrate"
    assert sorted(phases[5:9]) == ["goals", "ingest", "rollup", "rollup"]
    assert phases[9:] == ["seed", "settled", "ready"]
    assert "http://127.0.0.1/enter?code=once" in runs.output
    assert state["addresses"]["goals"] == f"http://127.0.0.1:{goals}"
    assert state["addresses"]["rollup"] == [
        f"http://127.0.0.1:{rollup}",
        f"http://127.0.0.1:{rollup + 1}",
    ]
    assert state["addresses"]["postgres"].startswith("postgresql://cairn:")
    assert {name: len(pids) for name, pids in state["pids"].items()} == {
        "postgres": 1,
        "kafka": 1,
        "ingest": 1,
        "rollup": 2,
        "goals": 1,
        "simulate": 1,
        "run": 1,
    }
    assert state["pids"]["run"] == [run.pid]
    everything = [pid for pids in state["pids"].values() for pid in pids]
    assert len(listening_at(everything)) >= 5
    # Nobody else on the network gets in.
    assert {address.is_loopback for address in listening_at(everything)} == {True}
    assert (runs.home / "run.json").stat().st_mode & 0o777 == 0o600
    token = (runs.home / "admin-token").read_text(encoding="utf-8").strip()
    assert state["admin_token"] == token

    assert _stop(run) == 0

    assert _gone(pids)
    assert not (runs.home / "run.json").exists()
    order = [note for note in runs.notes if note.startswith("stopped")]
    assert order[0] == "stopped simulate"
    assert set(order[1:3]) == {"stopped goals", "stopped ingest"}
    assert set(order[3:]) == {"stopped rollup 0", "stopped rollup 1"}
    stopped = re.findall(r"✓ stopped +(.*?)  ", runs.output)
    assert stopped[0].endswith("rollup 1, kafka, postgres")


async def test_a_killed_run_leaves_no_process_and_starts_again(runs: Runs) -> None:
    """Its children end with it, and the next start finds the data."""
    run = runs.start()
    await runs.ready()
    pids, token = runs.pids, runs.state["admin_token"]

    run.kill()
    run.wait()
    again = runs.start()
    await runs.ready()

    assert _gone(pids)
    assert runs.state["admin_token"] == token
    assert _stop(again, signal.SIGTERM) == 0


async def test_killed_servers_are_told_and_started_again(runs: Runs) -> None:
    """Services survive that by design, so they go on."""
    run = runs.start(CAIRN_DEMO="0")
    await runs.ready()
    before = runs.state["pids"]

    for name in ("postgres", "kafka"):
        os.kill(before[name][0], signal.SIGKILL)

    for name in ("postgres", "kafka"):
        pid = before[name][0]
        await runs.said(rf"! {name} \(pid {pid}\) was killed by signal 9 \(SIGKILL\)")
        await runs.said(rf"✓ {name} +is back as pid")
    after = runs.state["pids"]
    assert after["goals"] == before["goals"]
    assert after["postgres"] != before["postgres"]
    assert _stop(run) == 0


async def test_a_killed_service_is_told_and_started_again(lean_runs: Runs) -> None:
    """Which, how, where its log is; and run.json has the new process."""
    run = lean_runs.start(CAIRN_ROLLUP_COPIES="2")
    await lean_runs.ready()
    first, second = lean_runs.state["pids"]["rollup"]

    os.kill(second, signal.SIGKILL)

    await lean_runs.said(
        rf"! rollup 1 \(pid {second}\) was killed by signal 9 \(SIGKILL\)\n"
        r" +it is started again in 0.5 s; its log is .*/logs/rollup-1.log"
    )
    await lean_runs.said(r"✓ rollup 1 +is back as pid")
    kept, renewed = lean_runs.state["pids"]["rollup"]
    assert kept == first
    assert renewed != second
    port = int(lean_runs.environment["CAIRN_ROLLUP_PORT"]) + 1
    assert ask(Address(host="127.0.0.1", port=port), "/readyz").status == 200
    assert _stop(run) == 0


async def test_servers_of_ones_own_are_used(lean_runs: Runs, servers: Servers) -> None:
    """Nothing of the kind is started then, and run.json has their addresses."""
    run = lean_runs.start()
    await lean_runs.ready()

    state = lean_runs.state
    assert state["addresses"]["postgres"] == servers.postgres_url
    assert state["addresses"]["kafka"] == servers.kafka_servers
    assert not {"postgres", "kafka"} & state["pids"].keys()
    assert _stop(run) == 0


async def test_without_the_demo_nothing_is_made_up(lean_runs: Runs) -> None:
    """An empty organisation: no seed, no simulation."""
    run = lean_runs.start(CAIRN_DEMO="0")
    await lean_runs.ready()

    assert not {"seed", "started simulate"} & {*lean_runs.notes}
    assert _stop(run) == 0


async def test_a_second_run_in_the_same_folder_is_refused(lean_runs: Runs) -> None:
    """The first goes on undisturbed."""
    first = lean_runs.start()
    await lean_runs.ready()

    second = lean_runs.start()

    assert second.wait(READY_SECONDS) == 1
    assert f"already runs in {lean_runs.home} (pid {first.pid})" in lean_runs.output
    assert lean_runs.state["pids"]["run"] == [first.pid]
    assert _stop(first) == 0


def test_a_service_that_cannot_start_stops_all(lean_runs: Runs) -> None:
    """The end of its log says why; no other process is left."""
    run = lean_runs.start(STAND_IN_BROKEN="rollup")

    assert run.wait(READY_SECONDS) == 1

    assert re.search(r"✗ rollup \(pid \d+\) exited with 1", lean_runs.output)
    assert "the table of contents is missing" in lean_runs.output
    assert "/logs/rollup.log" in lean_runs.output
    assert (lean_runs.home / "processes.json").read_text(encoding="utf-8") == "[]"


async def test_a_service_that_ends_again_and_again_stops_all(
    lean_runs: Runs, tmp_path: Path
) -> None:
    """Five starts within a minute are enough; then a person must look."""
    fuse = tmp_path / "fuse"
    run = lean_runs.start(STAND_IN_FUSE=str(fuse))
    await lean_runs.ready()
    pids = lean_runs.pids

    fuse.write_text("goals", encoding="utf-8")
    os.kill(lean_runs.state["pids"]["goals"][0], signal.SIGKILL)

    assert run.wait(READY_SECONDS) == 1
    assert "was started 5 times within 60 s" in lean_runs.output
    assert "when its reason is gone, start again" in lean_runs.output
    assert _gone(pids)


async def test_a_second_ctrl_c_hurries(lean_runs: Runs) -> None:
    """Whoever does not want to wait for a slow service need not."""
    run = lean_runs.start(STAND_IN_SLOW="rollup")
    await lean_runs.ready()
    pids = lean_runs.pids

    run.send_signal(signal.SIGINT)
    await eventually(lambda: "asked rollup 0" in lean_runs.notes, what="the asking")

    def hurried() -> bool:
        run.send_signal(signal.SIGINT)
        return run.poll() is not None

    # The first repetitions come too soon after the first to count as impatience.
    await eventually(hurried, within=STOP_SECONDS, what="the end")
    assert run.returncode == 0
    assert re.search(r"! rollup \(pid \d+\) was killed", lean_runs.output)
    assert _gone(pids)


def test_a_port_in_use_is_told_before_anything_starts(lean_runs: Runs) -> None:
    """The message names the setting that helps."""
    lean_runs.environment["CAIRN_INGEST_PORT"] = (
        lean_runs.environment["CAIRN_DATABASE_URL"].rpartition(":")[2].partition("/")[0]
    )

    run = lean_runs.start()

    assert run.wait(READY_SECONDS) == 1
    assert re.search(r"✗ port \d+ \(ingest\) is in use by pid", lean_runs.output)
    assert "choose another with CAIRN_INGEST_PORT=" in lean_runs.output
    assert lean_runs.notes == []
