"""The operands of conditions: what each operator takes, and as what it is compared."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from shared.domain.entities import AttributeType
from shared.domain.fiscal import Template, codes_of
from shared.domain.goals import PrincipalType
from shared.domain.periods import YEAR_MAX, YEAR_MIN, when_of
from shared.queries.conditions import OWNER, Compares, Value
from shared.queries.operators import Family, Operator
from shared.queries.unreadable import UnreadableQueryError, refuse_others, shown

LISTED_MAX: Final = 1_000
TEXT_LENGTH_MAX: Final = 4_000
COUNT_MAX: Final = 10_000
DIGITS_MAX: Final = 40

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)
_PERIOD_CODES: Final = frozenset(
    code for template in Template for code in codes_of(template)
)
COMPARES: Final = {
    AttributeType.NUMBER: Compares.NUMBERS,
    AttributeType.BOOLEAN: Compares.BOOLEANS,
    AttributeType.TEXT: Compares.TEXTS,
    AttributeType.REFERENCE: Compares.TEXTS,
    AttributeType.DATE: Compares.DATES,
    AttributeType.DATETIME: Compares.DATES,
}
LISTS: Final = (Operator.IN, Operator.NOT_IN)
PAIRS: Final = (
    Operator.BETWEEN,
    Operator.NOT_BETWEEN,
    Operator.IN_FISCAL_PERIOD_AND_YEAR,
    Operator.IN_OR_BEFORE_FISCAL_PERIOD_AND_YEAR,
    Operator.IN_OR_AFTER_FISCAL_PERIOD_AND_YEAR,
)


def number_of(value: object) -> Decimal | None:
    """Return the exact number that a value is, or that its text reads as."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    return None


def operands_of(
    operator: Operator, given: object, place: str
) -> list[tuple[object, str]]:
    """Return the operands that are given, each with its place."""
    if operator in LISTS or operator in PAIRS:
        if not isinstance(given, list) or not given:
            raise UnreadableQueryError(
                place, f"found {shown(given)}; {operator} takes a list of values"
            )
        if operator in PAIRS and len(given) != len(("from", "to")):
            raise UnreadableQueryError(
                place, f"{len(given)} values; {operator} takes a list of two"
            )
        if len(given) > LISTED_MAX:
            raise UnreadableQueryError(
                place, f"{len(given)} values, {LISTED_MAX} are allowed"
            )
        return [(one, f"{place}[{index}]") for index, one in enumerate(given)]
    if given is None or isinstance(given, list):
        raise UnreadableQueryError(
            place, f"found {shown(given)}; {operator} takes one value"
        )
    return [(given, place)]


def as_state(operand: object) -> object:
    """Return whole numbers as text, as records carry states."""
    is_number = isinstance(operand, int) and not isinstance(operand, bool)
    return str(operand) if is_number else operand


def compared_as(
    family: Family,
    attribute: str,
    found: AttributeType | None,
    operands: Sequence[tuple[object, str]],
) -> Compares:
    """Return as what the operands of a condition, and its attribute, are compared."""
    if family not in (Family.EQUALITY, Family.ORDER):
        return Compares.NOTHING
    if attribute == OWNER:
        return Compares.OWNERS
    if found is not None:
        return COMPARES[found]
    if family is Family.EQUALITY:
        return Compares.AS_GIVEN
    return _ordered(operands)


def _ordered(operands: Sequence[tuple[object, str]]) -> Compares:
    """Return as what operands of an undeclared attribute are put in order."""
    if all(number_of(operand) is not None for operand, _ in operands):
        return Compares.NUMBERS
    if all(when_of(operand) is not None for operand, _ in operands):
        return Compares.DATES
    operand, place = operands[0]
    raise UnreadableQueryError(
        place,
        f"found {shown(operand)}; order needs exact numbers or dates such as "
        "2026-11-21; to put texts in order, declare the attribute as text under "
        "/v1/entities",
    )


def kept(operator: Operator, compares: Compares, operand: object, place: str) -> Value:
    """Return an operand as it is kept, or refuse it."""
    family = operator.family
    if family is Family.COUNTED_SPAN:
        return _count(operand, place)
    if family is Family.FISCAL:
        return _fiscal(operator, operand, place)
    if family is Family.DAY:
        return _date(operand, place)
    if family in (Family.TEXT, Family.HIERARCHY):
        return _text(operand, place)
    return _COMPARED[compares](operand, place)


def _count(operand: object, place: str) -> Decimal:
    number = number_of(operand)
    if number is None or not 1 <= number <= COUNT_MAX or number % 1:
        raise UnreadableQueryError(
            place, f"found {shown(operand)}; write a whole number, 1 to {COUNT_MAX}"
        )
    return number


def _fiscal(operator: Operator, operand: object, place: str) -> Decimal:
    number = number_of(operand)
    is_year = operator is Operator.IN_FISCAL_YEAR or place.endswith("[1]")
    if is_year:
        if number is None or not YEAR_MIN <= number <= YEAR_MAX or number % 1:
            raise UnreadableQueryError(
                place,
                f"found {shown(operand)}; write a fiscal year, {YEAR_MIN} to "
                f"{YEAR_MAX}",
            )
    elif number not in _PERIOD_CODES:
        raise UnreadableQueryError(
            place,
            f"found {shown(operand)}; write the code of a fiscal period: quarters 1 "
            "to 4, months 101 to 112, halves 201 and 202, years 301, four weeks 401 "
            "to 413",
        )
    return Decimal(str(operand))


def _date(operand: object, place: str) -> str:
    if not isinstance(operand, str) or when_of(operand) is None:
        raise UnreadableQueryError(
            place,
            f"found {shown(operand)}; write a day such as 2026-11-21 or an instant "
            "such as 2026-11-21T09:30:00Z",
        )
    return operand


def _text(operand: object, place: str) -> str:
    if not isinstance(operand, str):
        raise UnreadableQueryError(place, f"found {shown(operand)}; write a text")
    if len(operand) > TEXT_LENGTH_MAX:
        raise UnreadableQueryError(
            place,
            f"{len(operand)} characters, {TEXT_LENGTH_MAX} are allowed",
        )
    if "\x00" in operand:
        raise UnreadableQueryError(place, "it holds a null character; remove it")
    return operand


def _number(operand: object, place: str) -> Decimal:
    number = number_of(operand)
    if number is None or not _is_short(number):
        raise UnreadableQueryError(
            place,
            f"found {shown(operand)}; write an exact number such as 1234.50 with at "
            f"most {DIGITS_MAX} digits before and after the point",
        )
    return number


def _is_short(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return (
        isinstance(exponent, int)
        and exponent >= -DIGITS_MAX
        and number.adjusted() < DIGITS_MAX
    )


def _boolean(operand: object, place: str) -> bool:
    if not isinstance(operand, bool):
        raise UnreadableQueryError(
            place, f"found {shown(operand)}; write true or false"
        )
    return operand


def _as_given(operand: object, place: str) -> Value:
    if isinstance(operand, bool):
        return operand
    if isinstance(operand, int | Decimal):
        return _number(operand, place)
    return _text(operand, place)


def _owner(operand: object, place: str) -> str:
    """Return a key such as `user/R0`, or an id alone."""
    if isinstance(operand, dict):
        refuse_others(operand, ("type", "id"), place)
        kind, name = operand.get("type"), operand.get("id")
        if kind in tuple(PrincipalType) and isinstance(name, str) and name:
            return f"{kind}/{_text(name, place)}"
    elif isinstance(operand, str) and operand:
        return _text(operand, place)
    raise UnreadableQueryError(
        place,
        f'found {shown(operand)}; write {{"type": "user", "id": "R0"}}, "user/R0", or '
        "an id alone",
    )


_COMPARED: Final[dict[Compares, Callable[[object, str], Value]]] = {
    Compares.AS_GIVEN: _as_given,
    Compares.NUMBERS: _number,
    Compares.TEXTS: _text,
    Compares.BOOLEANS: _boolean,
    Compares.DATES: _date,
    Compares.OWNERS: _owner,
}
