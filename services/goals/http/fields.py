"""Kinds of fields that clients send, and what every body has in common."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from services.goals.domain.changing import UNCHANGED
from shared.domain.goals import ID_LENGTH_MAX, PrincipalType
from shared.domain.periods import YEAR_MAX, YEAR_MIN, is_time_zone

ITEMS_MAX: Final = 10_000
NAME_LENGTH_MAX: Final = 500
# More digits than any amount has; a bound keeps arithmetic cheap.
AMOUNT_DIGITS_MAX: Final = 40
ENTITY_PATTERN: Final = "^[^/]*$"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_AMOUNT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError(
            "invalid_field", "it holds a control character; remove it"
        )
    return text


def _told(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("invalid_field", "it is blank; write something")
    return _plain(text)


def _existing_zone(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError(
            "time_zone_unknown",
            "{name} is no time zone of the tz database; write one such as "
            "Europe/Berlin",
            {"name": name},
        )
    return name


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError(
            "invalid_field", "it is no day; write it as 2026-11-21"
        )
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "invalid_field",
            "{value} is not in the calendar; correct it",
            {"value": value},
        ) from None
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise PydanticCustomError(
            "year_out_of_range",
            "the year {year} lies outside {first} to {last}; correct it",
            {"year": day.year, "first": YEAR_MIN, "last": YEAR_MAX},
        )
    return day


def amount_of(value: object) -> Decimal:
    """Read text or a JSON number, never through binary floating point."""
    if isinstance(value, str) and _AMOUNT.fullmatch(value) is None:
        value = None
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise PydanticCustomError(
            "invalid_field", 'it is no decimal number; write it as "1234.50"'
        )
    if isinstance(value, str) and len(value) > 2 * AMOUNT_DIGITS_MAX:
        value = Decimal("1e999")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if (
        number.adjusted() > AMOUNT_DIGITS_MAX
        or not isinstance(exponent, int)
        or exponent < -AMOUNT_DIGITS_MAX
    ):
        raise PydanticCustomError(
            "invalid_field",
            "it has more than {digits} digits",
            {"digits": AMOUNT_DIGITS_MAX},
        )
    return number


Id = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=ID_LENGTH_MAX, examples=["north"]),
    AfterValidator(_plain),
]
Name = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=NAME_LENGTH_MAX),
    AfterValidator(_told),
]
Entity = Annotated[Id, Field(pattern=ENTITY_PATTERN, examples=["opportunity"])]
TimeZone = Annotated[
    str,
    Field(strict=True, max_length=100, examples=["Europe/Berlin"]),
    AfterValidator(_existing_zone),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-20"]}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(amount_of),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _AMOUNT.pattern},
                {"type": "number"},
            ],
            "examples": ["100000.00"],
        }
    ),
]


def _left_out() -> Any:
    return UNCHANGED


# A field of a change that was not sent: no value says that, and the document has no
# default for it either.
LeftOut: Final[Any] = Field(default_factory=_left_out)


class Body(BaseModel):
    """What every body has in common: a field that is not there is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Item = TypeVar("Item", bound=Body)


def _form(body: object) -> str:
    return "many" if isinstance(body, list) else "one"


# One thing, or many at once: all or nothing.
OneOrMany = Annotated[
    Annotated[Item, Tag("one")]
    | Annotated[list[Item], Field(min_length=1, max_length=ITEMS_MAX), Tag("many")],
    Discriminator(_form),
]


class PrincipalBody(Body):
    """A user or a team."""

    type: PrincipalType
    id: Id


def given(body: Body) -> dict[str, Any]:
    """Return the fields that were sent; the defaults of the others mean nothing."""
    return {name: getattr(body, name) for name in body.model_fields_set}
