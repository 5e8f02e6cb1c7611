"""Where the services are, and with which token they are asked.

A client looks first at its environment, then at the run.json that `cairn run` keeps
while it runs, so that nothing needs to be typed beside a running Cairn.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, cast

from cli.exits import CommandError, ExitCode

_START = "start everything with `cairn run`"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """What a running Cairn tells of itself."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    rollups: tuple[str, ...] = ()
    # Where each service works, under its own name; else all do in the one database.
    databases: Mapping[str, str] = field(default_factory=dict)
    admin_token: str | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; where there is none, nothing is known."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            addresses = cast("dict[str, object]", found["addresses"])
            databases = cast("dict[str, object]", found.get("databases", {}))
            token = found.get("admin_token")
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise CommandError(
                f"{path} does not read: {fault}; stop `cairn run` and start it again"
            ) from None
        rollups = addresses.get("rollup")
        return cls(
            addresses=_texts(addresses),
            databases=_texts(databases),
            rollups=tuple(rollups) if isinstance(rollups, list) else (),
            admin_token=token if isinstance(token, str) else None,
        )


def _texts(found: Mapping[str, object]) -> Mapping[str, str]:
    return {name: text for name, text in found.items() if isinstance(text, str)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The environment and the run file, asked by name."""

    environment: Mapping[str, str]
    run: RunFile

    @property
    def goals_url(self) -> str:
        """Where the goals service answers."""
        return self._service_url("goals")

    @property
    def ingest_url(self) -> str:
        """Where the ingest service answers."""
        return self._service_url("ingest")

    @property
    def rollup_urls(self) -> tuple[str, ...]:
        """Where the copies of rollup that we know of answer."""
        given = self.environment.get("CAIRN_ROLLUP_URL")
        if given:
            return tuple(url.strip().rstrip("/") for url in given.split(","))
        if self.run.rollups:
            return self.run.rollups
        port = self.environment.get("CAIRN_ROLLUP_PORT")
        return (f"http://{self._host}:{port}",) if port else ()

    @property
    def token(self) -> str:
        """The bearer token."""
        return self._required(
            self.environment.get("CAIRN_TOKEN")
            or self.environment.get("CAIRN_ADMIN_TOKEN")
            or self.run.admin_token,
            "token",
            "CAIRN_ADMIN_TOKEN",
            ExitCode.NO_RIGHTS,
        )

    @property
    def rollup_database_url(self) -> str:
        """Where rollup's tables are."""
        return self.database_url_of("rollup")

    def database_url_of(self, service: str) -> str:
        """Return where a service works, as the user that it is there."""
        return self._required(
            self.own_database_url_of(service)
            or self.environment.get("CAIRN_DATABASE_URL")
            or self.run.databases.get(service)
            or self.run.addresses.get("postgres"),
            "database",
            "CAIRN_DATABASE_URL",
        )

    def own_database_url_of(self, service: str) -> str | None:
        """Return the address that is meant for one service alone."""
        return self.environment.get(f"CAIRN_{service.upper()}_DATABASE_URL") or None

    def migrating_url_of(self, service: str) -> str:
        """Return where a service's tables are, as the user that may change them."""
        return self._required(
            self.environment.get("CAIRN_MIGRATE_DATABASE_URL")
            or self.own_database_url_of(service)
            or self.environment.get("CAIRN_DATABASE_URL")
            or self.run.addresses.get("postgres"),
            "database",
            "CAIRN_DATABASE_URL",
        )

    @property
    def kafka_servers(self) -> str:
        """Kafka's bootstrap servers."""
        return self._required(
            self.environment.get("CAIRN_KAFKA_SERVERS")
            or self.run.addresses.get("kafka"),
            "kafka",
            "CAIRN_KAFKA_SERVERS",
        )

    @property
    def _host(self) -> str:
        bind = self.environment.get("CAIRN_BIND", "")
        return "127.0.0.1" if bind in {"", "0.0.0.0", "::"} else bind  # noqa: S104 - compared, not bound

    def _service_url(self, service: str) -> str:
        name = f"CAIRN_{service.upper()}_URL"
        port = self.environment.get(f"CAIRN_{service.upper()}_PORT")
        found = (
            self.environment.get(name)
            # Who is told on which port to serve is told where others do, too.
            or (f"http://{self._host}:{port}" if port else None)
            or self.run.addresses.get(service)
        )
        return self._required(found, f"address of {service}", name).rstrip("/")

    @staticmethod
    def _required(
        found: str | None,
        what: str,
        setting: str,
        code: ExitCode = ExitCode.NOT_READY,
    ) -> str:
        if not found:
            raise CommandError(
                f"no {what} is known: {setting} is not set, and no run.json is in "
                f"{_home_of(os.environ)}; {_START}, or set {setting}",
                code,
            )
        return found


def surroundings() -> Surroundings:
    """Return what this process's environment says."""
    return Surroundings(
        environment=os.environ, run=RunFile.read(_home_of(os.environ) / "run.json")
    )


def _home_of(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("CAIRN_HOME") or ".cairn").expanduser()
