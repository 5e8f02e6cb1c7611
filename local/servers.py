"""PostgreSQL and Kafka together, for as long as a block of code runs.

By hand: `python -m local.servers --home FOLDER` prints both addresses as one line of
JSON once both answer, and runs until Ctrl-C or SIGTERM.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from local.errors import LocalError
from local.jars import cache_folder, ensure_jars
from local.kafka import Kafka, KafkaPlace
from local.ports import pick_free
from local.postgres import Postgres, PostgresPlace
from local.processes import Child

# Recovery after a crash may take long; a start that takes longer is broken.
READY_SECONDS_MAX = 120.0

POLL_SECONDS = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the two servers are reached."""

    postgres_url: str
    kafka_servers: str


class Server(Protocol):
    """What PostgreSQL and Kafka have in common."""

    def prepare(self) -> None:
        """Make the data folder and settings."""

    def start(self) -> Child:
        """Start the server."""

    def answers(self) -> bool:
        """Tell whether clients are served."""


@contextmanager
def start_servers(
    home: Path,
    *,
    durable: bool,
    postgres_port: int | None = None,
    kafka_port: int | None = None,
) -> Iterator[Servers]:
    """Run both servers with their data in `home`; stop them at the end.

    Ports that are not given are picked. Call it from the main thread.
    """
    postgres, kafka = servers_in(
        home, durable=durable, postgres_port=postgres_port, kafka_port=kafka_port
    )
    with ExitStack() as stack:
        prepare_together(postgres, kafka)
        running = []
        for server in (postgres, kafka):
            child = server.start()
            # Kafka, started last, stops first.
            stack.callback(child.stop)
            running.append((server, child))
        for server, child in running:
            wait_until_answers(server, child)
        yield Servers(postgres_url=postgres.url, kafka_servers=kafka.address)


def servers_in(
    home: Path, *, durable: bool, postgres_port: int | None, kafka_port: int | None
) -> tuple[Postgres, Kafka]:
    """Return both servers of the folder `home`, not started."""
    home = home.resolve()
    logs = home / "logs"
    picked_postgres, picked_kafka, controller_port = pick_free(3)
    postgres = Postgres(
        PostgresPlace(
            home=home,
            log_file=logs / "postgres.log",
            port=postgres_port or picked_postgres,
            durable=durable,
        )
    )
    kafka = Kafka(
        KafkaPlace(
            home=home,
            log_file=logs / "kafka.log",
            port=kafka_port or picked_kafka,
            controller_port=controller_port,
            durable=durable,
        ),
        ensure_jars(cache_folder()),
    )
    return postgres, kafka


def prepare_together(*servers: Server) -> None:
    """Prepare all servers at once: each waits for programs that run once."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda server: server.prepare(), servers))


def wait_until_answers(
    server: Server, child: Child, *, keep_waiting: Callable[[], None] = lambda: None
) -> None:
    """Return once `server` answers; raise if it ends or takes too long.

    `keep_waiting` is called between two looks and raises to give up.
    """
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not server.answers():
        if not child.is_running():
            raise LocalError(f"{child.name} {child.how_it_ended()}")
        if time.monotonic() > deadline:
            raise LocalError(
                f"{child.name} does not answer after {READY_SECONDS_MAX:.0f} s; see "
                f"{child.command.log_file}"
            )
        keep_waiting()
        time.sleep(POLL_SECONDS)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--postgres-port", type=int)
    parser.add_argument("--kafka-port", type=int)
    options = parser.parse_args()
    stopping = {signal.SIGINT, signal.SIGTERM}
    with start_servers(
        options.home,
        durable=True,
        postgres_port=options.postgres_port,
        kafka_port=options.kafka_port,
    ) as servers:
        signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
        print(json.dumps(asdict(servers)), flush=True)  # noqa: T201 — the answer
        signal.sigwait(stopping)


if __name__ == "__main__":
    try:
        _main()
    except LocalError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(1)
