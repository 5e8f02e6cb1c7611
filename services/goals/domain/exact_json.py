"""JSON whose numbers keep their digits, as one text for what means the same.

A text of the database and one that came in a request are compared in this form.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

# Longer numbers are nobody's; written out, an exponent could fill the memory.
_DIGITS_MAX: Final = 100

# What a field of a dataclass says of itself whose text is such JSON.
HOLDS_JSON: Final = {"holds": "json"}

_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


def text_of(value: object) -> str:
    """Return the text of a value that was read exactly."""
    return _encode(_written_out(value)).decode()


def value_of(text: str) -> Any:
    """Read a text, no number through binary floating point."""
    return json.loads(text, parse_float=Decimal)


def texts_under(name: str, value: object) -> Iterator[str]:
    """Yield the texts that stand under a name, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get(name), str):
                yield one[name]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def levels_of(value: object) -> int:
    """Return how deep lists and objects lie inside one another."""
    levels, inside = 0, [value]
    while inside := [one for one in inside if isinstance(one, dict | list)]:
        levels += 1
        inside = [
            part
            for one in inside
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    return levels


def _written_out(value: object) -> object:
    """Return a value without exponents, as the database writes its numbers."""
    if isinstance(value, dict):
        return {name: _written_out(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_written_out(one) for one in value]
    if isinstance(value, Decimal) and abs(value.adjusted()) <= _DIGITS_MAX:
        return Decimal(format(value, "f"))
    return value
