"""What a request's body holds: its records, cut apart but not yet understood.

Records are cut out of an array or of lines as the bytes they came as, so that each is
decoded once and a bad one spoils no other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

import msgspec

from services.ingest.csv_records import columns_of, record_of, table_rows
from services.ingest.errors import (
    NotUnderstoodError,
    TooLargeError,
    UnsupportedMediaTypeError,
)
from shared.messages.records import InvalidRecordError, unwrap_structured

RECORDS_MAX: Final = 50_000
# A table names a column once and JSON once a record, so a small table may be large
# records. With a body of the greatest size this still fits among the bytes that are
# worked on at once.
WRITTEN_BYTES_MAX: Final = 96 * 1024 * 1024

_BLANK: Final = b" \t\r\n"

Cut = TypeVar("Cut")


class MediaType(StrEnum):
    """The content types that we read."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"
    CLOUD_EVENT = "application/cloudevents+json"


class Part(NamedTuple):
    """One record of a body, or why a row of a table is none."""

    data: bytes = b""
    # Where it begins in a table, from 1: other forms have no lines, or one each.
    line: int | None = None
    fault: InvalidRecordError | None = None


_split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


def media_type_of(headers: Mapping[str, str]) -> MediaType:
    """Return the body's media type, or refuse one that we do not read."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaTypeError(
            f"the body is encoded as {encoding}; send it as it is"
        )
    given = headers.get("content-type", "")
    essence, *parameters = (part.strip().lower() for part in given.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in {"utf-8", "utf8"}:
            raise UnsupportedMediaTypeError(
                f"the body's charset is {value}; send utf-8"
            )
    try:
        return MediaType(essence)
    except ValueError:
        allowed = ", ".join(MediaType)
        raise UnsupportedMediaTypeError(
            f"the content type is {essence or 'missing'}; send one of {allowed}"
        ) from None


def parts_of(
    body: bytes, media_type: MediaType, *, take: Callable[[int], None]
) -> Iterator[Part]:
    """Return the records of a body of any form, one after the other.

    `take` is told how many bytes are held beside the body, and may refuse.
    """
    if media_type is MediaType.CSV:
        yield from _parts_of_table(body, take)
    else:
        for data in split(body, media_type):
            yield Part(bytes(data))


def _parts_of_table(body: bytes, take: Callable[[int], None]) -> Iterator[Part]:
    rows = table_rows(body)
    columns = columns_of(next(rows, None))
    written = 0
    for count, row in enumerate(rows):
        if count == RECORDS_MAX:
            raise TooLargeError(
                f"the request holds more than {RECORDS_MAX} records, {RECORDS_MAX} "
                "are allowed; send them in several requests",
                error="too_many_records",
            )
        try:
            data = record_of(row, columns)
        except InvalidRecordError as fault:
            yield Part(line=row.line, fault=fault)
            continue
        written += len(data)
        if written > WRITTEN_BYTES_MAX:
            raise TooLargeError(
                f"the records up to line {row.line} have {written} bytes as JSON, "
                f"{WRITTEN_BYTES_MAX} are allowed; send them in several requests"
            )
        take(len(data))
        yield Part(data, row.line)


def split(body: bytes, media_type: MediaType) -> Sequence[bytes | msgspec.Raw]:
    """Return the records of a JSON body of any form as the bytes they came as."""
    if media_type is MediaType.NDJSON:
        return _checked([line for line in body.splitlines() if line.strip(_BLANK)])
    if media_type is MediaType.CLOUD_EVENT:
        return [_unwrapped(body)]
    if body.lstrip(_BLANK)[:1] != b"[":
        return [body]
    try:
        return _checked(_split_array(body))
    except (msgspec.DecodeError, RecursionError) as fault:
        raise NotUnderstoodError(
            f"the body does not read as a JSON array: {fault}", error="not_json"
        ) from None


def _unwrapped(body: bytes) -> bytes:
    try:
        return unwrap_structured(body)
    except InvalidRecordError as fault:
        raise NotUnderstoodError(fault.detail, error=fault.error) from None


def _checked(parts: Sequence[Cut]) -> Sequence[Cut]:
    if len(parts) > RECORDS_MAX:
        raise TooLargeError(
            f"the request holds {len(parts)} records, {RECORDS_MAX} are allowed; "
            "send them in several requests",
            error="too_many_records",
        )
    return parts
