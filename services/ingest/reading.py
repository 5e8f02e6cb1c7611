"""What a request's body holds: its records, cut apart but not yet understood.

Records are cut out of an array or of lines as the bytes they came as, so that each is
decoded once and a bad one spoils no other.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from services.ingest.errors import (
    NotUnderstoodError,
    TooLargeError,
    UnsupportedMediaTypeError,
)
from shared.messages.records import InvalidRecordError, unwrap_structured

RECORDS_MAX: Final = 50_000

_BLANK: Final = b" \t\r\n"

Part = TypeVar("Part")


class MediaType(StrEnum):
    """The content types that we read."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CLOUD_EVENT = "application/cloudevents+json"


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
                f"the body's charset is {value}; send utf-8, as JSON is"
            )
    try:
        return MediaType(essence)
    except ValueError:
        allowed = ", ".join(MediaType)
        raise UnsupportedMediaTypeError(
            f"the content type is {essence or 'missing'}; send one of {allowed}"
        ) from None


def split(body: bytes, media_type: MediaType) -> Sequence[bytes | msgspec.Raw]:
    """Return the records of a body as the bytes they came as."""
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


def _checked(parts: Sequence[Part]) -> Sequence[Part]:
    if len(parts) > RECORDS_MAX:
        raise TooLargeError(
            f"the request holds {len(parts)} records, {RECORDS_MAX} are allowed; "
            "send them in several requests",
            error="too_many_records",
        )
    return parts
