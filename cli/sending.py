"""Sending records through ingest, in pieces that it takes at once."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from cli import output
from cli.api import Api
from cli.exits import CommandError, ExitCode
from cli.surroundings import surroundings

# Ingest takes 32 MiB and 50,000 records; smaller pieces show progress.
CHUNK_RECORDS_MAX: Final = 5_000
CHUNK_BYTES_MAX: Final = 16 * 1024 * 1024

# More reasons than this nobody reads; the count is told in any case.
_SHOWN_MAX: Final = 20

_NDJSON: Final = "application/x-ndjson"
_STANDARD_INPUT: Final = "-"
_BLANK: Final = b" \t\r\n"

_split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(slots=True)
class Outcome:
    """What became of the records sent so far."""

    accepted: int = 0
    rejected: list[dict[str, object]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many records were answered for."""
        return self.accepted + len(self.rejected)


def run(file: str, *, as_json: bool) -> ExitCode:
    """Send the records of a file; a rejected one makes the command fail."""
    around = surroundings()
    began = time.monotonic()
    outcome = Outcome()
    with (
        records_in(file) as records,
        Api("ingest", around.ingest_url, around.token) as ingest,
    ):
        for sent in send(ingest, records):
            outcome = sent
            output.hint(f"{outcome.sent} records sent")
    output.clear_hint()
    seconds = time.monotonic() - began
    _print(outcome, as_json=as_json)
    output.say(
        output.marked(
            output.Mark.FAIL if outcome.rejected else output.Mark.OK,
            f"{outcome.sent} records sent in {seconds:.1f} s",
        )
    )
    return ExitCode.FAILURE if outcome.rejected else ExitCode.OK


def send(ingest: Api, records: Iterable[bytes]) -> Iterator[Outcome]:
    """Send records chunk by chunk; yield what became of all so far."""
    outcome = Outcome()
    for chunk in _chunks(records):
        answer = ingest.post_bytes("/v1/records", b"\n".join(chunk), _NDJSON).json()
        before = outcome.sent
        outcome.accepted += answer.get("accepted", 0)
        outcome.rejected += [
            {**one, "index": before + one["index"]}
            for one in answer.get("rejected", [])
        ]
        yield outcome


@contextmanager
def records_in(file: str) -> Iterator[Iterable[bytes]]:
    """Open a file of JSON or of lines of JSON: its records, as they stand there."""
    try:
        # A file is as long as it is: lines are read as they are sent.
        with _opened(file) as stream:
            yield _records_of(stream, file)
    except OSError as fault:
        raise CommandError(
            f"{file} cannot be read: {fault.strerror}; name a file of JSON or NDJSON, "
            "or - for standard input",
            ExitCode.USAGE,
        ) from None


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == _STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    return Path(file).open("rb")


def _records_of(stream: BinaryIO, file: str) -> Iterable[bytes]:
    lines = (line for line in stream if line.strip(_BLANK))
    first = next(lines, b"")
    if first.lstrip(_BLANK)[:1] != b"[" and _is_json(first):
        # Whole records on their lines.
        return chain([first], lines)
    rest = first + b"".join(lines)
    if rest.lstrip(_BLANK)[:1] != b"[":
        # One record over several lines, or something that ingest will name.
        return [_on_one_line(rest)] if _is_json(rest) else rest.splitlines()
    try:
        return [_on_one_line(bytes(raw)) for raw in _split_array(rest)]
    except (msgspec.DecodeError, RecursionError) as fault:
        raise CommandError(
            f"{file} begins as a JSON array but does not read: {fault}; correct it, "
            "or send one record a line"
        ) from None


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _on_one_line(record: bytes) -> bytes:
    # Inside JSON's strings there is no bare line end: only white space is replaced.
    return record.replace(b"\r", b" ").replace(b"\n", b" ")


def _chunks(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for record in records:
        if chunk and (
            len(chunk) == CHUNK_RECORDS_MAX or size + len(record) > CHUNK_BYTES_MAX
        ):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += len(record) + 1
    if chunk:
        yield chunk


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"accepted": outcome.accepted, "rejected": outcome.rejected})
        return
    output.print_data(f"accepted {outcome.accepted}")
    output.print_data(f"rejected {len(outcome.rejected)}")
    for one in outcome.rejected[:_SHOWN_MAX]:
        output.say(f"   record {one['index']}: {one['error']}: {one['detail']}")
    if len(outcome.rejected) > _SHOWN_MAX:
        output.say(f"   and {len(outcome.rejected) - _SHOWN_MAX} more; see --json")
