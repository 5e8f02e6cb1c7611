"""ActivityRecord: the fact that comes in, decoded once and the same way everywhere.

Ingest and rollup share this, so that what one accepts the other understands. It is
the hot path: msgspec reads the envelope and leaves the attributes as bytes, which
are then read as a flat map. Anything that cannot be understood raises
`InvalidRecordError` with a name and a detail; a fault of ours never does.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal

import msgspec

from shared.domain.goals import ID_LENGTH_MAX, Principal, PrincipalType
from shared.domain.periods import YEAR_MAX, YEAR_MIN
from shared.domain.records import AttributeValue

RECORD_BYTES_MAX: Final = 256 * 1024
ATTRIBUTES_MAX: Final = 500
SHARED_WITH_MAX: Final = 1_000
VERSION_MAX: Final = 2**63 - 1
# PostgreSQL's jsonb keeps more, but nothing that people count needs it.
NUMBER_DIGITS_MAX: Final = 40
TEXT_LENGTH_MAX: Final = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PLAIN = frozenset({str, bool, type(None)})
_SCALARS = (str, bool, int, Decimal, type(None))


class InvalidRecordError(Exception):
    """A record that cannot be understood, however often it is read."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


class WirePrincipal(msgspec.Struct, frozen=True, gc=False):
    """A user or a team, as records name it."""

    # Not the enumeration: formatting one costs more than all the rest.
    type: Literal["user", "team"]
    id: str


_Version = Annotated[int, msgspec.Meta(ge=0, le=VERSION_MAX)]
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Envelope(msgspec.Struct, gc=False):
    """Everything but the attributes, as it stands on the wire."""

    entity: str
    id: str
    version: _Version
    deleted: bool = False
    owner: WirePrincipal | None = None
    state: str | int | None = None
    status: str | int | None = None
    attributes: msgspec.Raw = msgspec.Raw(b"{}")
    shared_with: list[WirePrincipal] = msgspec.field(default_factory=list)
    occurred_at: _Instant | None = None


class ActivityRecord(msgspec.Struct, gc=False):
    """One record at one version, understood."""

    entity: str
    id: str
    version: int
    deleted: bool
    owner: str | None
    state: str | None
    status: str | None
    attributes: Mapping[str, AttributeValue]
    # The attributes as they came: what is stored, so that nothing is written anew.
    attributes_json: str
    shared_with: list[str]
    occurred_at: datetime | None
    key: str


class _StructuredEvent(msgspec.Struct):
    """A CloudEvents envelope in structured mode; only what it carries matters."""

    specversion: str
    data: msgspec.Raw


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_attributes = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
_decode_structured = msgspec.json.Decoder(_StructuredEvent).decode


def decode_record(data: bytes) -> ActivityRecord:
    """Return the record that `data` holds, or raise InvalidRecordError."""
    if len(data) > RECORD_BYTES_MAX:
        raise InvalidRecordError(
            "record_too_large",
            f"the record has {len(data)} bytes, {RECORD_BYTES_MAX} are allowed; "
            "leave out attributes that no goal looks at",
        )
    try:
        envelope = _decode_envelope(data)
        raw = bytes(envelope.attributes)
        if raw == b"null":
            raw = b"{}"
        attributes = _decode_attributes(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        raise _not_understood(data, fault) from None
    except InvalidOperation:
        raise InvalidRecordError(
            "number_out_of_range",
            "an attribute has a number with an exponent that nothing can hold",
        ) from None
    entity, record_id = envelope.entity, envelope.id
    _check_names(entity, record_id)
    _check_attributes(attributes)
    state, status = envelope.state, envelope.status
    owner = envelope.owner
    record = ActivityRecord(
        entity,
        record_id,
        envelope.version,
        envelope.deleted,
        None if owner is None else f"{owner.type}/{owner.id}",
        state if state is None or state.__class__ is str else str(state),
        status if status is None or status.__class__ is str else str(status),
        attributes,
        raw.decode(),
        [f"{who.type}/{who.id}" for who in envelope.shared_with],
        envelope.occurred_at,
        f"{entity}/{record_id}",
    )
    _check_short_texts(record)
    if b"\\u" in data:
        _check_escapes(record)
    return record


def unwrap_structured(data: bytes) -> bytes:
    """Return the record inside a structured-mode CloudEvent."""
    try:
        return bytes(_decode_structured(data).data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        raise InvalidRecordError(
            "not_a_cloud_event",
            "the content type says CloudEvents, but the envelope does not read: "
            f"{fault}; send specversion, id, source, type and data",
        ) from None


def encode_record(record: ActivityRecord) -> bytes:
    """Return the record as JSON for the topic, attributes as they came."""
    body: dict[str, object] = {
        "entity": record.entity,
        "id": record.id,
        "version": record.version,
    }
    if record.deleted:
        body["deleted"] = True
    if record.owner is not None:
        body["owner"] = _principal_json(record.owner)
    if record.state is not None:
        body["state"] = record.state
    if record.status is not None:
        body["status"] = record.status
    body["attributes"] = msgspec.Raw(record.attributes_json.encode())
    if record.shared_with:
        body["shared_with"] = [_principal_json(who) for who in record.shared_with]
    if record.occurred_at is not None:
        body["occurred_at"] = record.occurred_at
    return msgspec.json.encode(body)


def principal_of(key: str) -> Principal:
    """Return the principal that a key such as `user/R0` names."""
    kind, _, name = key.partition("/")
    return Principal(PrincipalType(kind), name)


def _principal_json(key: str) -> dict[str, str]:
    kind, _, name = key.partition("/")
    return {"type": kind, "id": name}


def _not_understood(data: bytes, fault: Exception) -> InvalidRecordError:
    if not data:
        return InvalidRecordError(
            "empty_value",
            "the message has no value; a deletion is a record with deleted: true and a "
            "greater version",
        )
    if isinstance(fault, msgspec.ValidationError):
        return InvalidRecordError("invalid_record", f"the record does not fit: {fault}")
    return InvalidRecordError("not_json", f"the value does not read as JSON: {fault}")


def _check_names(entity: str, record_id: str) -> None:
    if (
        0 < len(entity) <= ID_LENGTH_MAX
        and 0 < len(record_id) <= ID_LENGTH_MAX
        and entity.isprintable()
        and record_id.isprintable()
        and "/" not in entity
    ):
        return
    _complain_of_names(entity, record_id)


def _complain_of_names(entity: str, record_id: str) -> None:
    for name, text in (("entity", entity), ("id", record_id)):
        if not 0 < len(text) <= ID_LENGTH_MAX:
            raise InvalidRecordError(
                "invalid_id",
                f"{name} has {len(text)} characters, 1 to {ID_LENGTH_MAX} are allowed",
            )
        if _unstorable(text):
            raise InvalidRecordError(
                "invalid_id", f"{name} holds a control character; remove it"
            )
    if "/" in entity:
        raise InvalidRecordError(
            "invalid_entity", f"entity {entity} holds a /; an entity's name may not"
        )


def _check_attributes(attributes: dict[str, Any]) -> None:
    if len(attributes) > ATTRIBUTES_MAX:
        raise InvalidRecordError(
            "too_many_attributes",
            f"the record has {len(attributes)} attributes, {ATTRIBUTES_MAX} are "
            "allowed; leave out those that no goal looks at",
        )
    # Texts, truths and nulls need no second look, and are almost all there is.
    if _PLAIN.issuperset(map(type, attributes.values())):
        return
    for name, value in attributes.items():
        kind = value.__class__
        if kind in _PLAIN:
            continue
        if kind not in _SCALARS:
            raise InvalidRecordError(
                "attribute_not_flat",
                f"attribute {name} is nested; only text, numbers, true, false and "
                "null are allowed",
            )
        _check_number(name, Decimal(value))


def _check_number(name: str, number: Decimal) -> None:
    if number and (
        abs(number.adjusted()) > NUMBER_DIGITS_MAX
        or len(number.as_tuple().digits) > 2 * NUMBER_DIGITS_MAX
    ):
        raise InvalidRecordError(
            "number_out_of_range",
            f"attribute {name} has a number of more than {NUMBER_DIGITS_MAX} digits",
        )
    # A zero may carry an exponent that no column can hold.
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > 2 * NUMBER_DIGITS_MAX:
        raise InvalidRecordError(
            "number_out_of_range", f"attribute {name} has an exponent of {exponent}"
        )


def _check_short_texts(record: ActivityRecord) -> None:
    state, status = record.state, record.status
    if state is not None:
        _check_text("state", state)
    if status is not None:
        _check_text("status", status)
    if record.occurred_at is not None:
        _check_instant(record.occurred_at)
    if record.owner is not None:
        _check_principal("owner", record.owner)
    if record.shared_with:
        if len(record.shared_with) > SHARED_WITH_MAX:
            raise InvalidRecordError(
                "invalid_record",
                f"shared_with names {len(record.shared_with)}, {SHARED_WITH_MAX} are "
                "allowed; share with a team instead",
            )
        for who in record.shared_with:
            _check_principal("shared_with", who)


def _check_text(name: str, text: str) -> None:
    if len(text) > TEXT_LENGTH_MAX:
        raise InvalidRecordError(
            "invalid_record",
            f"{name} has {len(text)} characters, {TEXT_LENGTH_MAX} are allowed",
        )
    if not text.isprintable() and _unstorable(text):
        raise InvalidRecordError(
            "invalid_record", f"{name} holds a control character; remove it"
        )


def _check_instant(instant: datetime) -> None:
    # At the ends of the calendar some zones' instants can't be stored, or not read.
    if not YEAR_MIN <= instant.year <= YEAR_MAX:
        raise InvalidRecordError(
            "invalid_record",
            f"occurred_at is in the year {instant.year}, {YEAR_MIN} to {YEAR_MAX} are "
            "allowed",
        )


def _check_principal(name: str, key: str) -> None:
    text = key.partition("/")[2]
    if not 0 < len(text) <= ID_LENGTH_MAX or (
        not text.isprintable() and _unstorable(text)
    ):
        raise InvalidRecordError(
            "invalid_id",
            f"the id in {name} must be 1 to {ID_LENGTH_MAX} characters of plain text",
        )


def _check_escapes(record: ActivityRecord) -> None:
    """Refuse what JSON can escape and PostgreSQL cannot store."""
    texts: list[str] = []
    for name, value in record.attributes.items():
        texts.append(name)
        if isinstance(value, str):
            texts.append(value)
    for text in texts:
        if "\x00" in text or _SURROGATE.search(text):
            raise InvalidRecordError(
                "unstorable_text",
                "the record holds a NUL character or half a surrogate pair; remove it",
            )


def _unstorable(text: str) -> bool:
    return bool(_CONTROL.search(text) or _SURROGATE.search(text))
