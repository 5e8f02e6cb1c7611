"""The whole of Cairn on this machine: what `cairn run` and `make run` do.

The order of things stands here: what is started when, what is waited for, and what
is printed. How programs are kept running stands in `supervisor`.
"""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from local.asking import ask
from local.commands import CAIRN, Surroundings
from local.errors import LocalError
from local.home import LEFTOVER_GRACE_SECONDS, end_leftovers, locked, note_children
from local.jars import cache_folder, ensure_jars
from local.kafka import Kafka, KafkaPlace
from local.machine import (
    MEGABYTE,
    WARN_BYTES_MIN,
    free_bytes,
    require_disk,
    require_linux,
)
from local.ports import require_free
from local.postgres import Postgres, PostgresPlace
from local.private_files import kept_secret
from local.processes import Child, Command
from local.report import Report
from local.run_file import write_run_file
from local.servers import READY_SECONDS_MAX, prepare_together
from local.settings import Settings, settings_from
from local.supervisor import Kept, Program, StopRequestedError, Supervisor
from local.welcome import Demo, demo_from, welcome

STOP_ORDER = (
    ("simulate",),
    ("goals", "ingest"),
    ("rollup",),
    ("kafka",),
    ("postgres",),
)

_SERVICE_READY_SECONDS = 60.0
_COMMAND_SECONDS = 600.0
_SETTLED_SECONDS = 300.0
_DISK_LOOK_SECONDS = 10.0


def run_everything(
    *,
    demo: bool,
    environment: Mapping[str, str] = os.environ,
    cairn: tuple[str, ...] = CAIRN,
    report: Report | None = None,
) -> int:
    """Run Cairn here until a person stops it; return the exit code.

    `cairn` is how our own commands are started: tests put a stand-in there.
    """
    report = Report() if report is None else report
    try:
        settings = settings_from(environment, demo=demo)
        with locked(settings.home):
            return _Run(settings, report, cairn).until_stopped()
    except LocalError as error:
        report.fail(str(error))
        return 1


class _Run:
    """One run: its choices, its programs, and what they are told."""

    def __init__(
        self, settings: Settings, report: Report, cairn: tuple[str, ...]
    ) -> None:
        self._settings = settings
        self._report = report
        self._cairn = cairn
        self._supervisor = Supervisor(
            report, when_children_change=self._children_changed
        )
        self._started_at = datetime.now(UTC)
        self._run_file = settings.home / "run.json"
        # Set once all runs: run.json promises that.
        self._announced: Surroundings | None = None
        self._disk_look_at = 0.0
        self._disk_is_low = False

    def until_stopped(self) -> int:
        """Start all, keep it running, stop all; return the exit code."""
        with self._supervisor.listening():
            try:
                self._start()
                self._supervisor.keep_running(now_and_then=self._watch_disk)
            except StopRequestedError:
                return 0
            except LocalError as error:
                self._report.fail(str(error))
                return 1
            finally:
                self._stop()
        return 0

    def _start(self) -> None:
        started = time.monotonic()
        self._check_machine()
        around = self._start_servers()
        self._run_command(around.migration())
        self._start_services(around)
        demo = self._seed(around) if self._settings.demo else Demo()
        self._wait_until_settled(around)
        if self._settings.demo:
            self._supervisor.start(around.simulation()).answers = True
        self._announced = around
        self._children_changed()
        self._report.done("ready", "", time.monotonic() - started)
        # The addresses are the answer of this command, so they go to standard output.
        print(welcome(around, demo), flush=True)  # noqa: T201 — see above

    def _check_machine(self) -> None:
        home = self._settings.home
        self._run_file.unlink(missing_ok=True)
        with self._report.phase("machine") as phase:
            machine = require_linux()
            end_leftovers(
                home, say=self._report.warn, grace_seconds=LEFTOVER_GRACE_SECONDS
            )
            free = require_disk(home)
            require_free(self._settings.server_ports())
            require_free(self._settings.service_ports(), self._settings.bind)
            phase.detail = f"{machine} · {free // (1000 * MEGABYTE)} GB free"

    def _start_servers(self) -> Surroundings:
        """Start PostgreSQL and Kafka side by side, unless others are given."""
        settings = self._settings
        kafka = self._kafka() if settings.kafka_servers is None else None
        postgres = self._postgres() if settings.database_url is None else None
        servers: dict[str, Postgres | Kafka] = {}
        if postgres is not None:
            servers["postgres"] = postgres
        if kafka is not None:
            servers["kafka"] = kafka
        started = time.monotonic()
        self._report.hint(" and ".join(servers))
        prepare_together(*servers.values())
        programs = [
            Program(
                name=name,
                group=name,
                start=server.start,
                answers=server.answers,
                place=server.address,
            )
            for name, server in servers.items()
        ]
        self._start_together(
            programs, READY_SECONDS_MAX, started, lambda name: servers[name].version()
        )
        return Surroundings(
            settings=settings,
            database_url=postgres.url if postgres else settings.database_url or "",
            kafka_servers=kafka.address if kafka else settings.kafka_servers or "",
            admin_token=settings.admin_token
            or kept_secret(settings.home / "admin-token"),
            databases=postgres.logins if postgres else {},
            cairn=self._cairn,
        )

    def _postgres(self) -> Postgres:
        home = self._settings.home
        return Postgres(
            PostgresPlace(
                home=home,
                log_file=home / "logs" / "postgres.log",
                port=self._settings.postgres_port,
                durable=True,
            )
        )

    def _kafka(self) -> Kafka:
        home = self._settings.home
        with self._report.phase("jars") as phase:
            folder = cache_folder()
            jars = ensure_jars(folder)
            phase.detail = f"{len(jars)} in {folder}"
        return Kafka(
            KafkaPlace(
                home=home,
                log_file=home / "logs" / "kafka.log",
                port=self._settings.kafka_port,
                controller_port=self._settings.kafka_port + 1,
                durable=True,
                heap=self._settings.kafka_heap,
            ),
            jars,
        )

    def _start_services(self, around: Surroundings) -> None:
        self._start_together(
            around.services(), _SERVICE_READY_SECONDS, time.monotonic(), lambda _: ""
        )

    def _start_together(
        self,
        programs: list[Program],
        within_seconds: float,
        started: float,
        version_of: Callable[[str], str],
    ) -> None:
        """Start programs side by side; print the line of each when it answers."""
        waiting = [self._supervisor.start(program) for program in programs]

        def all_answer() -> bool:
            for kept in [one for one in waiting if one.program.answers()]:
                kept.answers = True
                waiting.remove(kept)
                name = kept.program.name
                words = f"{version_of(name)} on {kept.program.place}".removeprefix(
                    " on "
                )
                self._report.done(name, words, time.monotonic() - started)
            names = ", ".join(kept.program.name for kept in waiting)
            self._report.hint(names)
            return not waiting

        if not self._supervisor.wait_for(all_answer, within_seconds=within_seconds):
            raise LocalError("\n".join(_not_ready(kept) for kept in waiting))

    def _run_command(self, command: Command) -> Path:
        """Run one of our commands to its end; return its log of this time."""
        words = f"`cairn {command.name}`"
        # A log of its own each time: what it says is shown.
        command.log_file.unlink(missing_ok=True)
        with self._report.phase(command.name) as phase:
            child = Child(command)
            try:
                in_time = self._supervisor.wait_for(
                    lambda: not child.is_running(), within_seconds=_COMMAND_SECONDS
                )
            finally:
                child.stop()
            if not in_time:
                raise LocalError(
                    f"{words} did not end within "
                    f"{_COMMAND_SECONDS:.0f} s; see {command.log_file}"
                )
            if child.wait() != 0:
                raise LocalError(f"{words} {child.how_it_ended()}")
            phase.detail = _last_words(command.log_file)
        return command.log_file

    def _seed(self, around: Surroundings) -> Demo:
        # The example's past is sent once; a later start sends what came since.
        seeded = self._settings.home / "seeded"
        log_file = self._run_command(
            around.command("seed", "seed", "--remember", str(seeded))
        )
        return demo_from(log_file.read_text(encoding="utf-8"))

    def _wait_until_settled(self, around: Surroundings) -> None:
        """Wait until all records are in the totals; go on with a warning if not."""

        def is_settled() -> bool:
            answer = ask(around.goals, "/v1/status", token=around.admin_token)
            status = answer.fields()
            phase.detail = f"{status.get('lag', '?')} records behind"
            self._report.hint(f"settled: {phase.detail}")
            return status.get("settled") is True

        with self._report.phase("settled") as phase:
            if self._supervisor.wait_for(is_settled, within_seconds=_SETTLED_SECONDS):
                phase.detail = "all records are in the totals"
            else:
                self._report.warn("the totals are not settled yet; look at /v1/status")

    def _watch_disk(self) -> None:
        """Warn once when the disk gets full."""
        now = time.monotonic()
        if now < self._disk_look_at:
            return
        self._disk_look_at = now + _DISK_LOOK_SECONDS
        free = free_bytes(self._settings.home)
        was_low, self._disk_is_low = self._disk_is_low, free < WARN_BYTES_MIN
        if self._disk_is_low and not was_low:
            self._report.warn(
                f"the disk of {self._settings.home} has {free // MEGABYTE} MB free; "
                "free some now: without room PostgreSQL and Kafka stop"
            )

    def _children_changed(self) -> None:
        kept = self._supervisor.kept
        note_children(self._settings.home, [one.child for one in kept])
        if self._announced is not None and kept:
            write_run_file(self._run_file, self._announced, kept, self._started_at)

    def _stop(self) -> None:
        self._announced = None
        self._run_file.unlink(missing_ok=True)
        started = time.monotonic()
        names = self._supervisor.stop(STOP_ORDER)
        if names:
            self._report.done("stopped", ", ".join(names), time.monotonic() - started)


def _not_ready(kept: Kept) -> str:
    waited = time.monotonic() - kept.child.started_at
    return (
        f"{kept.program.name} (pid {kept.child.pid}) is not ready after {waited:.0f} s"
        f"{kept.program.why_not()}; see {kept.child.command.log_file}"
    )


def _last_words(log_file: Path) -> str:
    """Return the last line a command printed for people, cut to fit."""
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line.strip(" ✓") for line in lines if not line.startswith("{")]
    words = [" ".join(line.split()) for line in said if line]
    return words[-1][:58] if words else ""
