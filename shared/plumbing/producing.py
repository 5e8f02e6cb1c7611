"""Producing many messages at once, and knowing that the broker has them.

librdkafka sends five to ten times as fast as the pure-Python client, and puts a key
on the partition where Java's clients put it. A producer never expires silently: what
is not acknowledged within the limit is an error for all that wait on it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaException, Producer

from shared.plumbing.kafka_security import librdkafka_configuration
from shared.plumbing.settings import KafkaSettings

DELIVERY_SECONDS_MAX: Final = 5.0
MESSAGE_BYTES_MAX: Final = 1_000_000
_QUEUE_MAX: Final = 500_000
_SLICE: Final = 500
# An acknowledgement takes about as long.
_POLL_SECONDS: Final = 0.001

Headers = Sequence[tuple[str, bytes | None]] | Sequence[tuple[str, bytes]]


class DeliveryError(Exception):
    """Kafka did not acknowledge; whether it has the messages is unknown."""


class Message(NamedTuple):
    """One message to send; a tuple, because thousands are made at a time."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(slots=True)
class _Waiting:
    """How many acknowledgements a caller still waits for.

    `sent` grows while messages are handed over, `answered` as they are acknowledged.
    """

    future: asyncio.Future[None]
    sent: int = 0
    answered: int = 0
    sealed: bool = False
    fault: str | None = None


class AcknowledgedProducer:
    """Sends messages and returns once all in-sync replicas have them."""

    def __init__(self, settings: KafkaSettings, *, client: str) -> None:
        self._producer = Producer(
            {
                **librdkafka_configuration(settings),
                "client.id": client,
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                # What is handed over together goes in one request, not in two.
                "linger.ms": 1,
                # Small messages are what we send when it is quiet; none may wait.
                "socket.nagle.disable": True,
                "message.max.bytes": MESSAGE_BYTES_MAX,
                "message.timeout.ms": int(DELIVERY_SECONDS_MAX * 1000),
                "queue.buffering.max.messages": _QUEUE_MAX,
            }
        )
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._waiting = 0
        self._polling = asyncio.create_task(self._poll())

    async def send(self, messages: Iterable[Message]) -> None:
        """Send all and wait until all are acknowledged, or raise DeliveryError."""
        await (await self.hand_over(messages))

    async def hand_over(self, messages: Iterable[Message]) -> "asyncio.Future[None]":
        """Put all on their way; return what is done once all are acknowledged.

        What is handed over after the return is behind them. The result may be a
        DeliveryError.
        """
        waiting = _Waiting(self._loop.create_future())

        def on_delivery(fault: Any, _message: Any) -> None:
            # Called by whoever polls; at the end that is a thread.
            waiting.answered += 1
            if fault is not None:
                waiting.fault = str(fault)
            if waiting.sealed and waiting.answered == waiting.sent:
                self._loop.call_soon_threadsafe(_finish, waiting)

        self._waiting += 1
        waiting.future.add_done_callback(self._one_less)
        self._wake.set()
        try:
            for message in messages:
                self._produce(message, waiting, on_delivery)
                if waiting.sent % _SLICE == 0:
                    await asyncio.sleep(0)
        except BaseException:
            waiting.future.cancel()
            raise
        waiting.sealed = True
        if waiting.answered == waiting.sent:
            _finish(waiting)
        return waiting.future

    def _one_less(self, _future: "asyncio.Future[None]") -> None:
        self._waiting -= 1

    def _produce(self, message: Message, waiting: _Waiting, on_delivery: Any) -> None:
        try:
            self._producer.produce(
                message.topic,
                value=message.value,
                key=message.key,
                headers=list(message.headers),
                on_delivery=on_delivery,
            )
        except (BufferError, KafkaException) as fault:
            waiting.fault = str(fault)
        else:
            waiting.sent += 1

    async def _poll(self) -> None:
        """Collect acknowledgements, only while some are due.

        On the loop itself: a thread that waits for them has to win the interpreter's
        lock for each, which a busy loop gives away every five milliseconds.
        """
        while True:
            await self._wake.wait()
            if not self._waiting:
                self._wake.clear()
                continue
            self._producer.poll(0)
            await asyncio.sleep(_POLL_SECONDS)

    async def close(self) -> None:
        """Wait for what is under way, within the limit, and stop."""
        await asyncio.to_thread(self._producer.flush, DELIVERY_SECONDS_MAX)
        self._polling.cancel()


@asynccontextmanager
async def open_producer(
    settings: KafkaSettings, *, client: str
) -> AsyncIterator[AcknowledgedProducer]:
    """Open a producer and close it when all is sent."""
    producer = AcknowledgedProducer(settings, client=client)
    try:
        yield producer
    finally:
        await producer.close()


def _finish(waiting: _Waiting) -> None:
    if waiting.future.done():
        return
    if waiting.fault is None:
        waiting.future.set_result(None)
        return
    waiting.future.set_exception(
        DeliveryError(
            f"kafka did not acknowledge within {DELIVERY_SECONDS_MAX:.0f} s: "
            f"{waiting.fault}; check that the broker is up, then send again"
        )
    )
