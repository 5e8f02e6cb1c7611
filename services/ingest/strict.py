"""Unknown fields of a record, refused by name.

On topics they are ignored, for a newer sender may know more; over HTTP the sender is
there to be told, and a misspelt `atributes` would otherwise count as nothing. Values
are left unread here: `decode_record` has looked at them already.
"""

import re
from typing import Final

import msgspec

from shared.messages.records import InvalidRecordError

_UNKNOWN = re.compile(
    r"unknown field `(?P<name>.*?)`(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL
)


_ABSENT: Final = msgspec.Raw()


class _Principal(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    type: msgspec.Raw
    id: msgspec.Raw


class _Record(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    entity: msgspec.Raw
    id: msgspec.Raw
    version: msgspec.Raw
    deleted: msgspec.Raw = _ABSENT
    owner: _Principal | None = None
    state: msgspec.Raw = _ABSENT
    status: msgspec.Raw = _ABSENT
    attributes: msgspec.Raw = _ABSENT
    shared_with: list[_Principal] = msgspec.field(default_factory=list)
    occurred_at: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Record).decode


def refuse_unknown_fields(data: bytes) -> None:
    """Raise InvalidRecordError if a decodable record has a field we do not know."""
    try:
        _decode(data)
    except msgspec.ValidationError as fault:
        raise InvalidRecordError("unknown_field", _in_words(str(fault))) from None


def _in_words(fault: str) -> str:
    match = _UNKNOWN.search(fault)
    if match is None:
        return f"the record does not fit: {fault}"
    path = f"{match['path']}." if match["path"] else ""
    return (
        f"the field {path}{match['name']} is unknown; remove it, or put it under "
        "attributes if goals should see it"
    )
