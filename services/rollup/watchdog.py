"""Watchdog: a process whose consumer went silent ends, so that it is started again.

A consumer can stand still for ever after its brokers were away, without any error. It
looks exactly like an idle one, except that the topic has more than it has read.
"""

import asyncio
import os
from collections.abc import Callable
from time import monotonic
from typing import Final

from aiokafka.errors import KafkaError

from services.rollup.source import Source
from shared.plumbing.logs import log_of

log = log_of("rollup.watchdog")

LOOK_SECONDS: Final = 5.0
SILENT_SECONDS_MAX: Final = 30.0
EXIT_STATUS: Final = 75  # sysexits: a temporary failure, start me again


class Watchdog:
    """Looks whether records wait that nobody reads."""

    def __init__(self, source: Source, complaint: Callable[[], str | None]) -> None:
        self._source = source
        self._complaint = complaint
        self._stand = 0
        self._moved_at = monotonic()

    async def run(self) -> None:
        """Look until cancelled; end the process when it is of no more use."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                waiting = await asyncio.wait_for(self._source.waiting(), LOOK_SECONDS)
            except (KafkaError, TimeoutError):
                # Kafka itself is away; then silence is right.
                self._moved_at = monotonic()
                continue
            if self.is_silent(waiting):
                log.critical("consumer_silent", waiting=waiting, exit=EXIT_STATUS)
                os._exit(EXIT_STATUS)

    def is_silent(self, waiting: int) -> bool:
        """Tell whether records wait, nothing moves, and nothing explains it."""
        stand = self._source.stand
        if waiting == 0 or stand != self._stand or self._complaint() is not None:
            self._stand = stand
            self._moved_at = monotonic()
        return monotonic() - self._moved_at > SILENT_SECONDS_MAX
