"""Kafka: the broker of a FastStream application, and its topics.

Every default of a library that decides about delivery is set here, out loud.
"""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # its stubs forget two
    AdminClient,
    NewPartitions,
    NewTopic,
)
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER

from shared.messages.topics import CATALOGUE, Topic
from shared.plumbing.kafka_security import (
    REQUEST_SECONDS_MAX,
    TopicError,
    knock,
    librdkafka_configuration,
    security_of,
)
from shared.plumbing.settings import KafkaSettings


def topic_name(settings: KafkaSettings, topic: Topic) -> str:
    """Return the topic's name in this installation."""
    return settings.topic_prefix + topic.name


def broker_of(
    settings: KafkaSettings, *, client: str, injects: bool = True
) -> KafkaBroker:
    """Return an unstarted broker: acknowledged by all replicas, without doubles.

    Without injection a handler is given what its decoder returned and nothing else,
    which saves a change of threads for each batch.
    """
    return KafkaBroker(
        settings.kafka_servers.split(","),
        client_id=client,
        acks="all",
        enable_idempotence=True,
        # A command creates topics with their settings; a service must not.
        allow_auto_create_topics=False,
        apply_types=injects,
        security=security_of(settings),
        logger=None,
        specification_url=settings.kafka_servers,
        description="Apache Kafka",
    )


async def parse_untouched(message: Any) -> KafkaMessage:
    """Hand over what came, whatever it is: one bad header must not hide a batch.

    FastStream's own parser decodes headers and fails on a null one, before anybody
    could set the message aside.
    """
    return KafkaMessage(
        body=b"",
        headers={},
        raw_message=message,
        consumer=FAKE_CONSUMER,
        correlation_id="",
        message_id="",
    )


async def hand_over_raw(message: KafkaMessage) -> Any:
    """Give the handler what was fetched, as it came."""
    return message.raw_message


async def decode_nothing(_message: object) -> None:
    """Leave decoding to the handler, which knows what to do with what it can't read."""


def create_topics(
    settings: KafkaSettings, topics: Iterable[Topic] = CATALOGUE
) -> list[str]:
    """Create or grow the topics; return a line for each that was changed.

    A topic is never shrunk, and one that has more partitions than the catalogue
    keeps them.
    """
    known = knock(settings)
    admin = AdminClient(librdkafka_configuration(settings))
    changed = [_create_or_grow(admin, settings, one, known) for one in topics]
    return [line for line in changed if line]


def _create_or_grow(
    admin: AdminClient, settings: KafkaSettings, topic: Topic, known: Any
) -> str | None:
    name = topic_name(settings, topic)
    found = known.topics.get(name)
    replicas = min(3, len(known.brokers))
    if found is None:
        new = NewTopic(
            name,
            num_partitions=topic.partitions,
            replication_factor=replicas,
            config={
                **topic.settings,
                "min.insync.replicas": str(max(1, replicas - 1)),
            },
        )
        if _done(admin.create_topics([new])[name], "TOPIC_ALREADY_EXISTS"):
            return f"{name}: created with {topic.partitions} partitions"
        return None
    partitions = len(found.partitions)
    if topic.name == "goal-changes" and partitions != topic.partitions:
        raise TopicError(
            f"topic {name} has {partitions} partitions, 1 is allowed: definitions "
            "apply in the order they were made; create it anew"
        )
    if partitions < topic.partitions and topic.name != "goal-updated":
        grown = NewPartitions(name, topic.partitions)
        _done(admin.create_partitions([grown])[name], "INVALID_PARTITIONS")
        return f"{name}: grown from {partitions} to {topic.partitions} partitions"
    return None


def _done(future: Any, tolerated: str) -> bool:
    """Wait for an answer of the broker; another process may have been first."""
    try:
        future.result(timeout=REQUEST_SECONDS_MAX)
    except KafkaException as fault:
        if fault.args[0].name() == tolerated:
            return False
        raise TopicError(
            f"kafka refused: {fault.args[0].str()}; if it asks for rights, "
            "docs/operators.md says which are needed"
        ) from None
    return True
