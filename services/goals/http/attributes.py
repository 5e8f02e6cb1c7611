"""Custom attributes of goals: the map that is sent, and the words to search by it."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.goals.domain.errors import INVALID_PARAMETER, RefusedError
from services.goals.http.fields import amount_of
from shared.domain.goals import GoalAttribute

# With these limits a goal's attributes, in any script, take half of a message at most;
# every announcement of the goal carries them.
ATTRIBUTES_MAX: Final = 100
NAME_LENGTH_MAX: Final = 200
TEXT_LENGTH_MAX: Final = 1_000
# How many attributes a list may be searched by at once.
CONDITIONS_MAX: Final = 20

# Control characters, and halves of surrogate pairs, which no text is stored with.
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def _map(given: object) -> object:
    """Check how many attributes there are, and what they are called."""
    if not isinstance(given, dict):
        raise PydanticCustomError(
            "invalid_field",
            'it is no map of attributes; write it as {"region": "EMEA"}',
        )
    if len(given) > ATTRIBUTES_MAX:
        raise PydanticCustomError(
            "too_many_attributes",
            "it has {found} attributes, {allowed} are allowed; leave some out",
            {"found": len(given), "allowed": ATTRIBUTES_MAX},
        )
    for name in given:
        _check_name(str(name))
    return given


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise PydanticCustomError(
            "invalid_field",
            "the name of an attribute has {found} characters, 1 to {allowed} are "
            "allowed",
            {"found": len(name), "allowed": NAME_LENGTH_MAX},
        )
    if _UNSTORABLE.search(name):
        raise PydanticCustomError(
            "invalid_field",
            "the name of an attribute holds a control character; remove it",
        )
    if ":" in name:
        raise PydanticCustomError(
            "invalid_field",
            "the attribute {name} has a colon in its name, which ends the name where "
            "lists are searched; choose another",
            {"name": name},
        )


def _value(given: object) -> GoalAttribute:
    """Return text, a truth value or null as it is, and a number as its digits."""
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, (int, Decimal)):
        return format(amount_of(given), "f")
    if not isinstance(given, str):
        raise PydanticCustomError(
            "attribute_not_flat",
            "it is a list or an object; allowed are text, a number, true, false and "
            "null: give its parts as attributes of their own",
        )
    if len(given) > TEXT_LENGTH_MAX:
        raise PydanticCustomError(
            "invalid_field",
            "it has {found} characters, {allowed} are allowed; shorten it",
            {"found": len(given), "allowed": TEXT_LENGTH_MAX},
        )
    if _UNSTORABLE.search(given):
        raise PydanticCustomError(
            "invalid_field", "it holds a control character; remove it"
        )
    return given


_Value = Annotated[
    GoalAttribute,
    PlainValidator(_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": TEXT_LENGTH_MAX},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "null"},
            ]
        }
    ),
]
Attributes = Annotated[
    dict[str, _Value],
    Field(
        max_length=ATTRIBUTES_MAX,
        description="whatever else is to be known of the goal: a flat map, a number is "
        "kept as the text of its digits; given anew, the whole map is replaced",
        examples=[{"region": "EMEA", "headcount": 12, "strategic": True}],
    ),
    BeforeValidator(_map),
]


def conditions_of(given: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return the names and values that a list is searched by."""
    return [_condition(one) for one in given]


def _condition(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name or _UNSTORABLE.search(text):
        raise RefusedError(
            INVALID_PARAMETER,
            f"attribute is {text}, which is no condition; write the attribute's name, "
            "a colon and its value, for example region:EMEA",
            field="attribute",
        )
    return name, value
