"""Kafka as a command sees it: reading a topic up to its present end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from cli.exits import CommandError, ExitCode
from cli.surroundings import Surroundings
from shared.messages.topics import Topic
from shared.plumbing.kafka import topic_name
from shared.plumbing.kafka_security import (
    TopicError,
    knock,
    librdkafka_configuration,
)
from shared.plumbing.settings import KafkaSettings

REQUEST_SECONDS_MAX: Final = 10.0
# A broker that stops answering in the middle must not hold the command for ever.
_SILENCE_SECONDS_MAX: Final = 15.0


def kafka_settings(around: Surroundings) -> KafkaSettings:
    """Return how Kafka is reached; a run file may say where."""
    try:
        return KafkaSettings(kafka_servers=around.kafka_servers)
    except ValidationError as fault:
        wrong = "; ".join(
            f"{'CAIRN_' + str(one['loc'][0]).upper() + ': ' if one['loc'] else ''}"
            f"{one['msg']}"
            for one in fault.errors(include_url=False, include_input=False)
        )
        raise CommandError(
            f"{wrong}; run `cairn settings` for what is meant", ExitCode.USAGE
        ) from None


class TopicReader:
    """Reads one topic from where it is told to, up to where it ended at the start."""

    def __init__(self, consumer: Consumer, topic: str) -> None:
        self._consumer = consumer
        self.topic = topic
        #: For each partition, the first offset that is still there and the next one.
        self.bounds: Mapping[int, tuple[int, int]] = self._bounds()

    def _bounds(self) -> dict[int, tuple[int, int]]:
        found = self._consumer.list_topics(self.topic, timeout=REQUEST_SECONDS_MAX)
        about = found.topics[self.topic]
        if about.error is not None:
            raise CommandError(
                f"topic {self.topic} is not there: {about.error.str()}; run "
                "`cairn migrate`",
                ExitCode.NOT_READY,
            )
        return {
            partition: self._consumer.get_watermark_offsets(
                TopicPartition(self.topic, partition), timeout=REQUEST_SECONDS_MAX
            )
            for partition in sorted(about.partitions)
        }

    def committed(self) -> dict[int, int]:
        """Return where the group stands, where it ever committed."""
        asked = [TopicPartition(self.topic, partition) for partition in self.bounds]
        answers = self._consumer.committed(asked, timeout=REQUEST_SECONDS_MAX)
        return {one.partition: one.offset for one in answers if one.offset >= 0}

    def commit(self, positions: Mapping[int, int]) -> None:
        """Note where the group stands now."""
        offsets = [
            TopicPartition(self.topic, partition, offset)
            for partition, offset in positions.items()
        ]
        self._consumer.commit(offsets=offsets, asynchronous=False)

    def read(self, start: Mapping[int, int]) -> Iterator[Message]:
        """Yield what stands from `start` on in each partition that it names."""
        ends = {
            partition: high
            for partition, (_, high) in self.bounds.items()
            if partition in start and start[partition] < high
        }
        self._consumer.assign(
            [TopicPartition(self.topic, one, start[one]) for one in sorted(ends)]
        )
        while ends:
            message = self._consumer.poll(_SILENCE_SECONDS_MAX)
            if message is None:
                raise _away("it sent nothing more before the topic's end")
            fault = message.error()
            if fault is not None:
                raise _away(fault.str())
            yield from self._within(message, ends)

    @staticmethod
    def _within(message: Message, ends: dict[int, int]) -> Iterator[Message]:
        partition, offset = message.partition(), message.offset()
        if partition is None or offset is None or partition not in ends:
            return
        if offset < ends[partition]:
            yield message
        if offset >= ends[partition] - 1:
            del ends[partition]


@contextmanager
def reading(
    settings: KafkaSettings, topic: Topic, *, group: str
) -> Iterator[TopicReader]:
    """Open a reader; no group is joined, its name only keeps a position."""
    try:
        knock(settings, within_seconds=REQUEST_SECONDS_MAX)
    except TopicError as fault:
        raise CommandError(str(fault), ExitCode.NOT_READY) from None
    consumer = Consumer(
        {
            **librdkafka_configuration(settings),
            "group.id": settings.topic_prefix + group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "allow.auto.create.topics": False,
        }
    )
    try:
        yield TopicReader(consumer, topic_name(settings, topic))
    except KafkaException as fault:
        raise _away(fault.args[0].str()) from None
    finally:
        consumer.close()


def _away(reason: str) -> CommandError:
    return CommandError(
        f"kafka does not answer: {reason}; check CAIRN_KAFKA_SERVERS, or run "
        "`cairn doctor`",
        ExitCode.NOT_READY,
    )
