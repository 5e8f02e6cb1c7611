"""Running a service: a FastStream application with its HTTP side, in one process."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
import uvloop
from fastapi import FastAPI
from faststream import FastStream
from pydantic import ValidationError

GRACE_SECONDS: Final = 4
_BACKLOG: Final = 512


class PortInUseError(Exception):
    """Another program listens where this service should."""


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
        await app.run(sleep_time=0.05)

    uvloop.run(main())


def _settings_report(fault: ValidationError) -> str:
    """Return what is wrong with the environment, one setting a line."""
    lines = ["the settings are not complete; `cairn settings` lists them all:"]
    for error in fault.errors():
        name = "_".join(str(part) for part in error["loc"])
        named = f"CAIRN_{name.upper()}: " if name else ""
        lines.append(f"  {named}{error['msg']}")
    return "\n".join(lines)
