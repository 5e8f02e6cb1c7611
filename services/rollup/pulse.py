"""Pulse: every two seconds a process tells that it lives, and how fast it works.

It only reads what is counted in memory anyway; neither apply nor climb waits for it.
A record's latency runs from its timestamp in Kafka to the moment at which Kafka has
acknowledged the goal-updated messages of the climb that took it to its roots.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Collection
from time import monotonic, time
from typing import Final
from uuid import UUID

import asyncpg
from prometheus_client import Counter, Gauge

from services.rollup.apply import APPLIED, STALE
from services.rollup.domain.latencies import WINDOW_SECONDS, Latencies, Rate
from services.rollup.store import pulses
from services.rollup.store.pulses import Pulse
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

log = log_of("rollup.pulse")

PULSE_SECONDS: Final = 2.0
STOP_SECONDS_MAX: Final = 1.0
_FORGET_EVERY: Final = 30

LATENCY = Gauge(
    "cairn_record_to_root_seconds",
    "From a record's timestamp in Kafka until its roots are announced, last minute",
    ["quantile"],
)


class Pulsing:
    """Tells of one process until it ends."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        copy_id: UUID,
        name: str,
        latencies: Latencies,
        partitions: Callable[[], Collection[int]],
        groups: Callable[[], Collection[int]],
    ) -> None:
        self._pool = pool
        self._copy_id = copy_id
        self._name = name
        self._latencies = latencies
        self._partitions = partitions
        self._groups = groups
        self._rate = Rate()
        self._began = monotonic()
        self._told = 0

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                await self.tell()
            except TRANSIENT_ERRORS as fault:
                log.debug("pulse_waits", reason=repr(fault))
            except Exception:
                # A fault of ours: operators see us silent, totals stay right.
                log.exception("pulse_failed")
            await asyncio.sleep(PULSE_SECONDS)

    async def tell(self) -> None:
        """Tell once."""
        pulse = self._pulse()
        async with self._pool.acquire() as connection:
            await pulses.write(connection, pulse)
            if self._told % _FORGET_EVERY == 0:
                await pulses.forget_old(connection)
        self._told += 1

    async def stop(self) -> None:
        """Tell that this process ends; who cannot be told sees it fall silent."""
        with contextlib.suppress(*TRANSIENT_ERRORS):
            async with (
                asyncio.timeout(STOP_SECONDS_MAX),
                self._pool.acquire() as connection,
            ):
                await pulses.stop(connection, self._copy_id)

    def _pulse(self) -> Pulse:
        self._rate.note(_count_of(APPLIED) + _count_of(STALE), now=monotonic())
        percentiles = self._latencies.percentiles(time())
        for quantile, value in (
            ("0.5", percentiles.p50),
            ("0.95", percentiles.p95),
            ("0.99", percentiles.p99),
        ):
            LATENCY.labels(quantile).set(float("nan") if value is None else value / 1e3)
        return Pulse(
            copy_id=self._copy_id,
            name=self._name,
            partitions=sorted(self._partitions()),
            tree_groups=sorted(self._groups()),
            seconds=min(monotonic() - self._began, WINDOW_SECONDS),
            records_per_second=self._rate.per_second,
            latencies=percentiles,
        )


def name_of(port: int) -> str:
    """Return what people call a process: its host and its port."""
    return f"{socket.gethostname()}:{port}"


def _count_of(counter: Counter) -> float:
    """Return what `/metrics` says of a counter without labels."""
    return next(
        sample.value
        for metric in counter.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )
