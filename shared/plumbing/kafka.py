"""Kafka: the broker of a FastStream application, and its topics.

Every default of a library that decides about delivery is set here, out loud.
"""

import ssl
from collections.abc import Iterable
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # its stubs forget two
    AdminClient,
    NewPartitions,
    NewTopic,
)
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from faststream.security import (
    BaseSecurity,
    SASLPlaintext,
    SASLScram256,
    SASLScram512,
)

from shared.messages.topics import CATALOGUE, Topic
from shared.plumbing.settings import KafkaSettings

REQUEST_SECONDS_MAX: Final = 15
_SASL: Final = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


class TopicError(Exception):
    """A topic is not as the catalogue has it, and must not be changed silently."""


class KafkaAwayError(TopicError):
    """No broker answers; time may mend it."""


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
        security=_security_of(settings),
        logger=None,
        specification_url=settings.kafka_servers,
        description="Apache Kafka",
    )


def _security_of(settings: KafkaSettings) -> BaseSecurity | None:
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = _ssl_context_of(settings) if protocol.endswith("SSL") else None
    if protocol == "SSL":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    password = settings.kafka_sasl_password
    return _SASL[settings.kafka_sasl_mechanism](
        username=settings.kafka_sasl_username or "",
        password=password.get_secret_value() if password else "",
        ssl_context=context,
        use_ssl=context is not None,
    )


def _ssl_context_of(settings: KafkaSettings) -> ssl.SSLContext:
    ca_file = settings.kafka_ssl_ca_file
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if settings.kafka_ssl_certificate_file:
        context.load_cert_chain(
            settings.kafka_ssl_certificate_file, settings.kafka_ssl_key_file
        )
    return context


def librdkafka_configuration(settings: KafkaSettings) -> dict[str, Any]:
    """Return how a librdkafka client reaches Kafka."""
    configuration: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_servers,
        "security.protocol": settings.kafka_security_protocol,
        # Our own words say what matters; the library's go to nobody.
        "log_level": 0,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_sasl_password
        configuration["sasl.mechanism"] = settings.kafka_sasl_mechanism
        configuration["sasl.username"] = settings.kafka_sasl_username
        configuration["sasl.password"] = (
            password.get_secret_value() if password else None
        )
    for name, path in (
        ("ssl.ca.location", settings.kafka_ssl_ca_file),
        ("ssl.certificate.location", settings.kafka_ssl_certificate_file),
        ("ssl.key.location", settings.kafka_ssl_key_file),
    ):
        if path:
            configuration[name] = str(path)
    return configuration


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
    admin = AdminClient(librdkafka_configuration(settings))
    replicas = min(3, len(_metadata(admin).brokers))
    changed = [_create_or_grow(admin, settings, one, replicas) for one in topics]
    return [line for line in changed if line]


def _metadata(admin: AdminClient) -> Any:
    try:
        return admin.list_topics(timeout=REQUEST_SECONDS_MAX)
    except KafkaException as fault:
        raise KafkaAwayError(
            f"kafka does not answer: {fault}; check CAIRN_KAFKA_SERVERS and that the "
            "broker is up"
        ) from None


def _create_or_grow(
    admin: AdminClient, settings: KafkaSettings, topic: Topic, replicas: int
) -> str | None:
    name = topic_name(settings, topic)
    found = _metadata(admin).topics.get(name)
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
        raise TopicError(f"kafka refused: {fault.args[0].str()}") from None
    return True
