"""Sending records through ingest, in pieces that it takes at once."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import msgspec

from cli import output
from cli.api import Api
from cli.exits import CommandError, ExitCode
from cli.files import BLANK, CSV, NDJSON, is_json, is_named_as_table, opened
from cli.kinds import Mode
from cli.record_tables import is_header, rows_in
from cli.surroundings import surroundings

# Ingest takes 32 MiB and 50,000 records; smaller pieces show progress.
CHUNK_RECORDS_MAX: Final = 5_000
CHUNK_BYTES_MAX: Final = 16 * 1024 * 1024
# What is sent all or not at all goes in one piece.
WHOLE_RECORDS_MAX: Final = 50_000
WHOLE_BYTES_MAX: Final = 32 * 1024 * 1024

# More reasons than this nobody reads; the count is told in any case.
_SHOWN_MAX: Final = 20

_split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a file holds: records as they stand there."""

    rows: Iterable[bytes]
    content_type: str = NDJSON
    # Of a table: what each piece begins with, and the line of each row.
    header: bytes | None = None
    lines: Sequence[int] = ()


@dataclass(slots=True)
class Outcome:
    """What became of the records sent so far."""

    accepted: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many records were answered for."""
        return self.accepted + len(self.rejected)


def run(file: str, *, mode: Mode, as_json: bool) -> ExitCode:
    """Send the records of a file; a rejected one makes the command fail."""
    around = surroundings()
    began = time.monotonic()
    outcome = Outcome()
    with (
        records_in(file) as records,
        Api("ingest", around.ingest_url, around.token) as ingest,
    ):
        for sent in _send(ingest, records, mode, file):
            outcome = sent
            output.hint(f"{outcome.sent} records sent")
    output.clear_hint()
    seconds = time.monotonic() - began
    _print(outcome, as_json=as_json)
    told = f"{outcome.sent} records sent in {seconds:.1f} s"
    if outcome.rejected and mode is Mode.ALL:
        told = "nothing was sent, for with --mode all one bad record is enough"
    output.say(
        output.marked(output.Mark.FAIL if outcome.rejected else output.Mark.OK, told)
    )
    return ExitCode.FAILURE if outcome.rejected else ExitCode.OK


def send(ingest: Api, records: Iterable[bytes]) -> Iterator[Outcome]:
    """Send records chunk by chunk; yield what became of all so far."""
    return _send(ingest, Records(rows=records), Mode.GOOD, "")


def _send(ingest: Api, records: Records, mode: Mode, file: str) -> Iterator[Outcome]:
    outcome = Outcome()
    chunks = _chunks(records.rows) if mode is Mode.GOOD else _whole(records.rows, file)
    # Where a chunk begins among all records; with `all` not every one is answered for.
    begin = 0
    for chunk in chunks:
        head = [] if records.header is None else [records.header]
        answer = ingest.post_bytes(
            "/v1/records", b"\n".join([*head, *chunk]), records.content_type, mode=mode
        ).json()
        outcome.accepted += answer.get("accepted", 0)
        outcome.rejected += [
            _placed(one, begin, records.lines) for one in answer.get("rejected", [])
        ]
        begin += len(chunk)
        yield outcome


def _placed(
    rejected: dict[str, Any], begin: int, lines: Sequence[int]
) -> dict[str, Any]:
    """Return a rejection with the record's place in the file, not in its chunk."""
    index = begin + rejected["index"]
    line = {"line": lines[index]} if lines else {}
    return {**rejected, "index": index, **line}


@contextmanager
def records_in(file: str) -> Iterator[Records]:
    """Open a file of JSON, of lines of JSON, or a table: its records."""
    # A file is as long as it is: lines of JSON are read as they are sent.
    with opened(file, of="JSON, NDJSON or CSV") as stream:
        begin: list[bytes] = []
        for line in stream:
            begin.append(line)
            if line.strip(BLANK):
                break
        first = begin[-1] if begin and begin[-1].strip(BLANK) else b""
        if is_named_as_table(file) or is_header(first):
            yield _table(b"".join([*begin, *stream]), file)
        else:
            lines = (line for line in stream if line.strip(BLANK))
            yield Records(rows=_records_of(first, lines, file))


def _table(body: bytes, file: str) -> Records:
    header, *rows = rows_in(body, file)
    return Records(
        rows=[row.data for row in rows],
        content_type=CSV,
        header=header.data,
        lines=[row.line for row in rows],
    )


def _records_of(first: bytes, lines: Iterator[bytes], file: str) -> Iterable[bytes]:
    if first.lstrip(BLANK)[:1] != b"[" and is_json(first):
        # Whole records on their lines.
        return chain([first], lines)
    rest = first + b"".join(lines)
    if rest.lstrip(BLANK)[:1] != b"[":
        # One record over several lines, or something that ingest will name.
        return [_on_one_line(rest)] if is_json(rest) else rest.splitlines()
    try:
        return [_on_one_line(bytes(raw)) for raw in _split_array(rest)]
    except (msgspec.DecodeError, RecursionError) as fault:
        raise CommandError(
            f"{file} begins as a JSON array but does not read: {fault}; correct it, "
            "or send one record a line"
        ) from None


def _on_one_line(record: bytes) -> bytes:
    # Inside JSON's strings there is no bare line end: only white space is replaced.
    return record.replace(b"\r", b" ").replace(b"\n", b" ")


def _whole(records: Iterable[bytes], file: str) -> Iterator[list[bytes]]:
    """Return all records as one chunk, or refuse what ingest would not take at once."""
    chunks = _chunks(records, records_max=WHOLE_RECORDS_MAX, bytes_max=WHOLE_BYTES_MAX)
    first = next(chunks, None)
    if next(chunks, None) is not None:
        raise CommandError(
            f"{file} holds more than {WHOLE_RECORDS_MAX} records or {WHOLE_BYTES_MAX} "
            "bytes, and --mode all sends all in one request; send it in several files, "
            "or with --mode good",
            ExitCode.USAGE,
        )
    if first is not None:
        yield first


def _chunks(
    records: Iterable[bytes],
    *,
    records_max: int = CHUNK_RECORDS_MAX,
    bytes_max: int = CHUNK_BYTES_MAX,
) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for record in records:
        if chunk and (len(chunk) == records_max or size + len(record) > bytes_max):
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
        line = f" (line {one['line']})" if "line" in one else ""
        output.say(f"   record {one['index']}{line}: {one['error']}: {one['detail']}")
    if len(outcome.rejected) > _SHOWN_MAX:
        output.say(f"   and {len(outcome.rejected) - _SHOWN_MAX} more; see --json")
