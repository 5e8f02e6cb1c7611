"""`cairn simulate`: the example company goes on, at a steady rate."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import FrameType
from typing import Final

import msgspec

from cli import output, sending
from cli.api import Api
from cli.example.history import STAGES, Turn, instant_of
from cli.example.stream import Stream
from cli.exits import CommandError, ExitCode
from cli.kafka import kafka_settings, reading
from cli.surroundings import Surroundings, surroundings
from shared.messages.records import ActivityRecord, InvalidRecordError, decode_record
from shared.messages.topics import ACTIVITY_RECORDS

# Enough of each partition to find the open records of the last weeks.
_READ_BACK_MAX: Final = 5_000
# At a high rate records travel together; at a low one each goes by itself.
_BATCH_SECONDS: Final = 0.2
_REPORT_SECONDS: Final = 10.0
# While something is away the stream waits; what it missed does not come at once.
_PAUSE_SECONDS: Final = 2.0
_OURS: Final = {"opportunity": "OPP-", "phonecall": "CALL-", "case": "CASE-"}


def run(*, rate: float, seconds: float | None, random_seed: int | None) -> ExitCode:
    """Send records until told to stop, or for so many seconds."""
    around = surroundings()
    chance = random.Random(random_seed)  # noqa: S311 - a story, no secret
    stream = Stream(chance=chance, began=datetime.now(UTC))
    with output.phase("continue") as phase:
        known = list(_known(around))
        stream.continue_from(known)
        phase.detail = f"from {len(known):,} records"
    with Api("ingest", around.ingest_url, around.token) as ingest:
        sent = _flow(stream, ingest, rate, seconds)
    output.clear_hint()
    output.print_data(f"sent {sent}")
    return ExitCode.OK


def _flow(stream: Stream, ingest: Api, rate: float, seconds: float | None) -> int:
    stopped = _stopped_by_signals()
    began = reported = time.monotonic()
    pause = max(1 / rate, _BATCH_SECONDS)
    sent, owed = 0, 0.0
    while not stopped.is_set():
        passed = time.monotonic() - began
        if seconds is not None and passed >= seconds:
            break
        owed += rate * pause
        batch = [stream.next(datetime.now(UTC)) for _ in range(int(owed))]
        owed -= len(batch)
        if not _try_to_send(ingest, [msgspec.json.encode(one) for one in batch]):
            stopped.wait(_PAUSE_SECONDS)
            continue
        sent += len(batch)
        if time.monotonic() - reported > _REPORT_SECONDS:
            reported = time.monotonic()
            output.hint(f"{sent:,} records sent")
        # The next batch is due by the clock, whatever this one took.
        due = began + passed + pause
        stopped.wait(max(0.0, due - time.monotonic()))
    return sent


def _try_to_send(ingest: Api, records: list[bytes]) -> bool:
    """Send, or say why not: a stream outlives a restart of what it flows into."""
    try:
        for outcome in sending.send(ingest, records):
            for one in outcome.rejected:
                output.say(f"rejected: {one['error']}: {one['detail']}")
    except CommandError as fault:
        if fault.code is not ExitCode.NOT_READY:
            raise
        output.say(output.marked(output.Mark.WARN, f"{fault}; trying again"))
        return False
    return True


def _stopped_by_signals() -> threading.Event:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def _known(around: Surroundings) -> Iterator[Turn]:
    """Yield the company's records as the end of the topic has them."""
    newest: dict[str, ActivityRecord] = {}
    settings = kafka_settings(around)
    with reading(settings, ACTIVITY_RECORDS, group="cairn-simulate") as reader:
        start = {
            partition: max(low, high - _READ_BACK_MAX)
            for partition, (low, high) in reader.bounds.items()
        }
        for message in reader.read(start):
            record = _ours(message.value())
            if record is not None:
                known = newest.get(record.key)
                if known is None or known.version < record.version:
                    newest[record.key] = record
    for record in newest.values():
        yield _turn_of(record)


def _ours(value: bytes | str | None) -> ActivityRecord | None:
    """Return the record if it is one of the example's, as they all look."""
    try:
        record = decode_record(value if isinstance(value, bytes) else b"")
        instant_of(record.version)
    except (InvalidRecordError, OverflowError):
        return None
    prefix = _OURS.get(record.entity)
    attributes = record.attributes
    if (
        prefix is None
        or not record.id.startswith(prefix)
        or record.owner is None
        or not all(isinstance(value, str) for value in attributes.values())
        or attributes.get("stage", STAGES[0]) not in STAGES
    ):
        return None
    return record


def _turn_of(record: ActivityRecord) -> Turn:
    owner_type, _, owner_id = (record.owner or "").partition("/")
    return Turn(
        at=instant_of(record.version),
        entity=record.entity,
        id=record.id,
        owner_type=owner_type,
        owner_id=owner_id,
        state=record.state or "",
        status=record.status or "",
        attributes={name: str(value) for name, value in record.attributes.items()},
        deleted=record.deleted,
    )
