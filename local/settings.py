"""What a person can choose about Cairn on this machine; environment only."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.kafka import HEAP_DEFAULT
from local.ports import LOOPBACK, PortUse

_PORT_MAX = 65_535

# Each copy is a process with its own pool of connections; 100 are allowed in all.
_COPIES_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The choices of one run."""

    # Where the data lives.
    home: Path
    demo: bool
    bind: str
    goals_port: int
    ingest_port: int
    # Copy n, from 0, serves on this port + n.
    rollup_port: int
    rollup_copies: int
    postgres_port: int
    # The controller listens on the next port.
    kafka_port: int
    kafka_heap: str
    # Servers of one's own, used instead of embedded ones.
    database_url: str | None
    kafka_servers: str | None
    admin_token: str | None

    @property
    def rollup_ports(self) -> range:
        """The ports of all rollup copies."""
        return range(self.rollup_port, self.rollup_port + self.rollup_copies)

    @property
    def reachable_host(self) -> str:
        """The host under which we reach services that listen on `bind`."""
        return LOOPBACK if self.bind in {"", "0.0.0.0", "::"} else self.bind  # noqa: S104 — compared, not bound

    def service_ports(self) -> list[PortUse]:
        """Return the ports of the services."""
        return [
            _use(self.goals_port, "goals"),
            _use(self.ingest_port, "ingest"),
            *(_use(port, "rollup") for port in self.rollup_ports),
        ]

    def server_ports(self) -> list[PortUse]:
        """Return the ports of the embedded servers."""
        uses = []
        if self.database_url is None:
            uses.append(_use(self.postgres_port, "postgres"))
        if self.kafka_servers is None:
            uses += [
                _use(self.kafka_port, "kafka"),
                PortUse(
                    port=self.kafka_port + 1,
                    service="kafka's controller",
                    setting="CAIRN_KAFKA_PORT",
                ),
            ]
        return uses


def settings_from(
    environment: Mapping[str, str] = os.environ, *, demo: bool = True
) -> Settings:
    """Read the settings; `demo` false wins over the environment."""
    settings = Settings(
        home=Path(environment.get("CAIRN_HOME") or ".cairn").expanduser().resolve(),
        demo=demo and environment.get("CAIRN_DEMO", "1") != "0",
        bind=environment.get("CAIRN_BIND") or LOOPBACK,
        goals_port=_port(environment, "CAIRN_GOALS_PORT", 8080),
        ingest_port=_port(environment, "CAIRN_INGEST_PORT", 8081),
        rollup_port=_port(environment, "CAIRN_ROLLUP_PORT", 8082),
        rollup_copies=_number(environment, "CAIRN_ROLLUP_COPIES", 1, _COPIES_MAX),
        postgres_port=_port(environment, "CAIRN_POSTGRES_PORT", 15432),
        kafka_port=_port(environment, "CAIRN_KAFKA_PORT", 19092),
        kafka_heap=environment.get("CAIRN_KAFKA_HEAP") or HEAP_DEFAULT,
        database_url=environment.get("CAIRN_DATABASE_URL") or None,
        kafka_servers=environment.get("CAIRN_KAFKA_SERVERS") or None,
        admin_token=environment.get("CAIRN_ADMIN_TOKEN") or None,
    )
    _require_different(settings.service_ports() + settings.server_ports())
    return settings


def _use(port: int, service: str) -> PortUse:
    setting = f"CAIRN_{service.upper()}_PORT"
    return PortUse(port=port, service=service, setting=setting)


def _require_different(uses: list[PortUse]) -> None:
    first: dict[int, PortUse] = {}
    for use in uses:
        other = first.setdefault(use.port, use)
        if other is not use:
            raise LocalError(
                f"port {use.port} is meant for {other.service} and for {use.service}; "
                f"choose another with {use.setting}"
            )


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    # The largest port stays free: servers also take the ports that follow theirs.
    return _number(environment, name, default, _PORT_MAX - _COPIES_MAX)


def _number(
    environment: Mapping[str, str], name: str, default: int, largest: int
) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= largest:
        raise LocalError(
            f"{name} is {text!r}; give a whole number from 1 to {largest}, or leave it "
            f"out for {default}"
        )
    return int(text)
