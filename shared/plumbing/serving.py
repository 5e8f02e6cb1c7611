"""Running a service: a FastStream application with its HTTP side, in one process."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import uvicorn
import uvloop
from aiokafka.errors import KafkaError
from fastapi import FastAPI
from faststream import FastStream
from pydantic import ValidationError
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from shared.plumbing.kafka_security import why_not
from shared.plumbing.settings import KafkaSettings

GRACE_SECONDS: Final = 4
START_SECONDS_MAX: Final = 4.0
# A sender that trickles the head of a request, or says nothing at all, would hold a
# connection for as long as it likes. How long a body may take, the services decide.
HEAD_SECONDS_MAX: Final = 10.0
KNOCK_SECONDS_MAX: Final = 5.0
_BACKLOG: Final = 512


class Application(FastStream):
    """An application whose stop waits until its start is over.

    FastStream does both at once. A consumer that starts after it was stopped stays in
    its group and keeps partitions that nobody reads, until Kafka misses the process.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._start_over = asyncio.Event()

    @override
    async def start(self, **run_extra_options: Any) -> None:
        try:
            await super().start(**run_extra_options)
        finally:
            self._start_over.set()

    @override
    async def stop(self) -> None:
        # A start that hangs must not keep anybody from stopping.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._start_over.wait(), START_SECONDS_MAX)
        await super().stop()


class PortInUseError(Exception):
    """Another program listens where this service should."""


class _Impatient(H11Protocol):
    """A connection that is closed if the head of a request does not arrive in time."""

    _closing: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the protocol itself
        super().connection_made(transport)
        self._wait()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Also what is left of a body that nobody reads any more is waited for so long.
        if self._is_at_rest():
            self._wait()
        else:
            self._wait_no_more()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _is_at_rest(self) -> bool:
        """Tell whether no request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _wait(self) -> None:
        if self._closing is None:
            self._closing = self.loop.call_later(HEAD_SECONDS_MAX, self._give_up)

    def _wait_no_more(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def _give_up(self) -> None:
        self._closing = None
        if self._is_at_rest():
            self.transport.close()


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: FastStream's decide when to stop."""

    def stop(self) -> None:
        self.should_exit = True


@asynccontextmanager
async def serving(http: FastAPI, *, host: str, port: int) -> AsyncIterator[None]:
    """Serve HTTP while the block runs, then finish the requests under way."""
    listening = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            http,
            http=_Impatient,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            date_header=False,
        )
    )
    # `serve` would take the signals; `_serve` is the same without.
    task = asyncio.create_task(server._serve([listening]))  # noqa: SLF001 - see above
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - no event is offered
            await asyncio.sleep(0.005)
        yield
    finally:
        server.stop()
        await asyncio.gather(task, return_exceptions=True)
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as fault:
        listening.close()
        raise PortInUseError(
            f"cannot listen on {host}:{port}: {fault.strerror}; stop what uses the "
            "port or choose another with CAIRN_GOALS_PORT, CAIRN_INGEST_PORT or "
            "CAIRN_ROLLUP_PORT"
        ) from None
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    return listening


def run_service(build: Callable[[], Awaitable[FastStream]]) -> None:
    """Run a service until SIGTERM or SIGINT; everything it holds is closed then."""

    async def main() -> None:
        try:
            app = await build()
        except ValidationError as fault:
            raise SystemExit(_settings_report(fault)) from None
        # What was loaded until now stays: the collector need not look at it again,
        # and records are many and short-lived.
        gc.collect()
        gc.freeze()
        gc.set_threshold(200_000, 50, 1_000_000)
        try:
            await app.run(sleep_time=0.05)
        except KafkaError as fault:
            raise SystemExit(await _kafka_report(fault)) from None

    uvloop.run(main())


async def _kafka_report(fault: KafkaError) -> str:
    """Return why Kafka does not let us in; its client only tells that it did not."""
    reason = await why_not(KafkaSettings(), within_seconds=KNOCK_SECONDS_MAX)
    return reason or (
        f"kafka refuses: {fault}; docs/operators.md says which rights are needed"
    )


def _settings_report(fault: ValidationError) -> str:
    """Return what is wrong with the environment, one setting a line."""
    lines = ["the settings are not complete; `cairn settings` lists them all:"]
    for error in fault.errors():
        name = "_".join(str(part) for part in error["loc"])
        named = f"CAIRN_{name.upper()}: " if name else ""
        lines.append(f"  {named}{error['msg']}")
    return "\n".join(lines)
