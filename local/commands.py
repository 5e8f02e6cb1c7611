"""Cairn's own commands as child processes: their words, settings and logs."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.asking import Address, ask
from local.processes import Child, Command
from local.settings import Settings
from local.supervisor import Program

# How our own commands are started. Not from the current folder: it may hold a
# package of the same name.
CAIRN = (sys.executable, "-P", "-m", "cli.main")

_GRACE_SECONDS = 15.0
_SIMULATED_PER_SECOND = 3
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all commands of one run are told."""

    settings: Settings
    database_url: str
    kafka_servers: str
    admin_token: str
    # Where each service works, as a user of its own; of somebody's own server we know
    # nothing but what stands in the environment.
    databases: Mapping[str, str] = field(default_factory=dict)
    cairn: tuple[str, ...] = CAIRN

    @property
    def goals(self) -> Address:
        """Where the goals service listens."""
        return self._address(self.settings.goals_port)

    @property
    def ingest(self) -> Address:
        """Where the ingest service listens."""
        return self._address(self.settings.ingest_port)

    @property
    def rollups(self) -> list[Address]:
        """Where the copies of the rollup service listen."""
        return [self._address(port) for port in self.settings.rollup_ports]

    def command(self, name: str, *words: str, **environment: str) -> Command:
        """Return `cairn WORDS`, told the addresses and `environment`."""
        common = {
            # Whoever has an address of his own is not told the owner's.
            "CAIRN_DATABASE_URL": "" if self.databases else self.database_url,
            "CAIRN_KAFKA_SERVERS": self.kafka_servers,
            "CAIRN_ADMIN_TOKEN": self.admin_token,
            "CAIRN_BIND": self.settings.bind,
            "CAIRN_GOALS_PORT": str(self.settings.goals_port),
            "CAIRN_INGEST_PORT": str(self.settings.ingest_port),
            "CAIRN_ROLLUP_PORT": str(self.settings.rollup_port),
            # What a killed program said last must be in its log.
            "PYTHONUNBUFFERED": "1",
        }
        return Command(
            name=name,
            arguments=(*self.cairn, *words),
            log_file=self.settings.home / "logs" / f"{name.replace(' ', '-')}.log",
            environment=common | environment,
            grace_seconds=_GRACE_SECONDS,
        )

    def migration(self) -> Command:
        """Return what makes tables and topics, and the services' users."""
        if not self.databases:
            return self.command("migrate", "migrate")
        addresses = {**self.databases, "migrate": self.database_url}
        environment = {
            f"CAIRN_{name.upper()}_DATABASE_URL": url for name, url in addresses.items()
        }
        return self.command("migrate", "migrate", "--logins", **environment)

    def service_command(
        self, service: str, *, copy: int = 0, **environment: str
    ) -> Command:
        """Return what starts a copy of a service."""
        name = service if copy == 0 else f"{service} {copy}"
        own = self.databases.get(service)
        if own is not None:
            environment[f"CAIRN_{service.upper()}_DATABASE_URL"] = own
        return self.command(name, "serve", service, **environment)

    def services(self) -> list[Program]:
        """Return the services, every copy of rollup on its own port."""
        return [
            self._service("ingest", self.ingest),
            *(
                self._service(
                    "rollup",
                    address,
                    copy=copy,
                    CAIRN_COPY=str(copy),
                    CAIRN_ROLLUP_PORT=str(address.port),
                )
                for copy, address in enumerate(self.rollups)
            ),
            self._service("goals", self.goals, CAIRN_WATCHED_SERVICES=self._watched()),
        ]

    def _watched(self) -> str:
        """Return the services whose health goals shows."""
        rollups = (
            ("rollup" if copy == 0 else f"rollup {copy}", address)
            for copy, address in enumerate(self.rollups)
        )
        return ",".join(
            f"{name}={address.url}"
            for name, address in (("ingest", self.ingest), *rollups)
        )

    def simulation(self) -> Program:
        """Return the slow live stream of records."""
        rate = str(_SIMULATED_PER_SECOND)
        command = self.command("simulate", "simulate", "--rate", rate)
        return Program(
            name="simulate",
            group="simulate",
            start=lambda: Child(command),
            is_essential=False,
        )

    def _service(
        self, service: str, address: Address, *, copy: int = 0, **environment: str
    ) -> Program:
        command = self.service_command(service, copy=copy, **environment)
        name = command.name
        return Program(
            name=name,
            group=service,
            start=lambda: Child(command),
            answers=lambda: ask(address, "/readyz").status == _OK,
            why_not=lambda: f" and says {ask(address, '/readyz').text.strip()!r}",
            place=address.url,
        )

    def _address(self, port: int) -> Address:
        return Address(host=self.settings.reachable_host, port=port)
