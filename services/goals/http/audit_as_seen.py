"""What changed of a goal, without the names of goals that a caller may not read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from services.goals.domain.audit import WrittenLine
from services.goals.store.database import Reading

# Where a goal names another one.
_NAMING: Final = ("parent_id", "cloned_from")
# What a name becomes that may not be told.
_WITHHELD: Final = None

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_name = msgspec.json.Decoder(str | None).decode


async def without_strangers(
    reading: Reading, lines: Sequence[WrittenLine]
) -> Sequence[WrittenLine]:
    """Return lines in which goals that the caller may not read are not named."""
    rights = await reading.rights()
    if rights.user is None:
        return lines
    named = {
        name
        for line in lines
        for text in (line.before, line.after)
        for name in _named(text)
    }
    known = await reading.visible.of(rights, named)
    return [
        replace(line, before=_told(line.before, known), after=_told(line.after, known))
        for line in lines
    ]


def _named(text: str | None) -> Iterator[str]:
    for name, value in _fields(text).items():
        one = _decode_name(value) if name in _NAMING else None
        if one is not None:
            yield one


def _told(text: str | None, known: frozenset[str]) -> str | None:
    if text is None:
        return None
    fields: dict[str, object] = dict(_fields(text))
    for name in _NAMING:
        if name in fields and _decode_name(_fields(text)[name]) not in (None, *known):
            fields[name] = _WITHHELD
    return msgspec.json.encode(fields).decode()


def _fields(text: str | None) -> dict[str, msgspec.Raw]:
    return {} if text is None else _decode(text)
