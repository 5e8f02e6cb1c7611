"""The topics this service writes and reads: their ends, and what goes out on them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # its stubs forget one
    AdminClient,
    OffsetSpec,
)
from faststream.kafka.publisher import DefaultPublisher

from services.goals.outbox import Waiting
from shared.messages import cloud_events
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    GOAL_NUMBER,
    key_of,
)
from shared.plumbing.kafka_security import librdkafka_configuration
from shared.plumbing.settings import KafkaSettings

ANSWER_SECONDS_MAX: Final = 3.0
# Within a transaction; the server takes its lock away after fifteen.
DELIVERY_SECONDS_MAX: Final = 8.0
EVENT_SOURCE: Final = "/cairn/goals"


class KafkaAwayError(Exception):
    """Kafka did not answer in time."""


class TopicEnds:
    """Asks Kafka where topics end now."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[str]) -> None:
        self._admin = AdminClient(librdkafka_configuration(settings))
        self._topics = topics

    async def read(self) -> Mapping[tuple[str, int], int]:
        """Return the end of each partition, or raise KafkaAwayError."""
        try:
            return await asyncio.to_thread(self._read)
        except KafkaException as fault:
            raise KafkaAwayError(
                f"kafka does not answer: {fault.args[0].str()}"
            ) from None
        except TimeoutError:
            raise KafkaAwayError(
                f"kafka does not answer within {ANSWER_SECONDS_MAX:.0f} s"
            ) from None

    def _read(self) -> Mapping[tuple[str, int], int]:
        known = self._admin.list_topics(timeout=ANSWER_SECONDS_MAX).topics
        missing = [topic for topic in self._topics if topic not in known]
        if missing:
            raise KafkaAwayError(
                f"topic {', '.join(missing)} does not exist; run `cairn migrate`"
            )
        asked: Any = self._admin.list_offsets(
            {
                TopicPartition(topic, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call] # its stubs
                for topic in self._topics
                for partition in known[topic].partitions
            },
            request_timeout=ANSWER_SECONDS_MAX,
        )
        return {
            (place.topic, place.partition): answer.result(ANSWER_SECONDS_MAX).offset
            for place, answer in asked.items()
        }


async def publish_definitions(
    publisher: DefaultPublisher, waiting: Sequence[Waiting]
) -> int:
    """Publish in order; return the offset after the last once all are acknowledged."""
    async with asyncio.timeout(DELIVERY_SECONDS_MAX):
        # Handed over one after the other, which keeps their order; awaited together.
        sent = [
            await publisher.publish(
                one.value,
                key=key_of(one.kind, one.definition_id).encode(),
                headers=_headers(one),
                no_confirm=True,
            )
            for one in waiting
        ]
        acknowledged = await asyncio.gather(*sent)
    last: int = acknowledged[-1].offset
    return last + 1


def _headers(one: Waiting) -> dict[str, str]:
    extra = {
        CHANGE_SET_ID: one.change_set_id,
        CHANGE_SET_SIZE: str(one.change_set_size),
        CHANGE_SET_INDEX: str(one.change_set_index),
    }
    if one.goal_number is not None:
        extra[GOAL_NUMBER] = str(one.goal_number)
    headers = cloud_events.headers(
        # The same when it goes out again after a crash.
        event_id=f"{one.change_set_id}-{one.change_set_index}",
        event_type=f"cairn.{one.kind}.{'changed' if one.value else 'gone'}",
        source=EVENT_SOURCE,
        subject=key_of(one.kind, one.definition_id),
        time=one.made_at,
        traceparent=one.traceparent,
        extra=extra,
    )
    return {name: value.decode() for name, value in headers}
