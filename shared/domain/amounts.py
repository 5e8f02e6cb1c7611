"""Exact numbers: how amounts are read, kept, and written.

Inside the system an amount is a whole number of *units*: the smallest step of its
data type (0.0001 of money, 0.0000000001 of a decimal, 1 of an integer or a count).
Sums of whole numbers are exact and fast; text appears only at the edges.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import Final


class MetricKind(StrEnum):
    """What a metric does with the records that participate."""

    COUNT = "count"
    AMOUNT = "amount"


class DataType(StrEnum):
    """The type of an amount; it decides how many decimals are kept."""

    MONEY = "money"
    DECIMAL = "decimal"
    INTEGER = "integer"


DECIMALS: Final = {DataType.MONEY: 4, DataType.DECIMAL: 10, DataType.INTEGER: 0}

# What people type as a target; a decimal target has fewer places than its values.
TARGET_DECIMALS: Final = {DataType.MONEY: 4, DataType.DECIMAL: 2, DataType.INTEGER: 0}

# More digits before the point than any currency needs; a bound keeps sums of very
# many records inside the columns of the totals.
WHOLE_DIGITS_MAX: Final = 17

# A sum is shown with so many digits at most, its decimals included.
TOTAL_DIGITS_MAX: Final = 30
_TOTAL_END: Final = 10**TOTAL_DIGITS_MAX

PERCENTAGE_DECIMALS: Final = 4

_PLAIN = re.compile(r"[+-]?[0-9]{1,17}(?:\.[0-9]{1,40})?", re.ASCII)
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)


def decimals_of(kind: MetricKind, data_type: DataType | None) -> int:
    """Return how many decimals the values of such a metric have."""
    if kind is MetricKind.COUNT or data_type is None:
        return 0
    return DECIMALS[data_type]


def units_of(value: object, decimals: int) -> int | None:
    """Return `value` in units, or None where it does not read as an amount.

    A value with more places than the data type keeps is rounded once, half to even.
    """
    if value.__class__ is str:
        return _units_of_text(value, decimals)
    if value.__class__ is int:
        return _units_of_number(Decimal(value), decimals)
    if isinstance(value, Decimal):
        return _units_of_number(value, decimals)
    return None


def _units_of_text(text: str, decimals: int) -> int | None:
    whole, point, fraction = text.partition(".")
    # Almost every amount reads so; what does not is looked at closely.
    if (
        whole.isdigit()
        and len(whole) <= WHOLE_DIGITS_MAX
        and (fraction.isdigit() if point else True)
        and len(fraction) <= decimals
        and text.isascii()
    ):
        return int(whole + fraction.ljust(decimals, "0"))
    if _PLAIN.fullmatch(text) is None:
        return None
    if len(fraction) <= decimals:
        return int(whole + fraction.ljust(decimals, "0"))
    return _units_of_number(Decimal(text), decimals)


def _units_of_number(number: Decimal, decimals: int) -> int | None:
    if not number.is_finite() or number.adjusted() >= WHOLE_DIGITS_MAX:
        return None
    scaled = number.scaleb(decimals, context=_EXACT)
    return int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))


def fits(total: int) -> bool:
    """Tell whether a sum, in units, can be shown."""
    return -_TOTAL_END < total < _TOTAL_END


def text_of(units: int, decimals: int) -> str:
    """Return `units` as the decimal text that goes on the wire."""
    if decimals == 0:
        return str(units)
    digits = str(units) if units >= 0 else str(-units)
    if len(digits) <= decimals:
        digits = digits.rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}"
    return text if units >= 0 else "-" + text


def percentage(actual: int, target: int | None) -> str | None:
    """Return actual as a percentage of target with four decimals, half to even.

    Both are in the same units. There is no percentage of no target.
    """
    if not target:
        return None
    return text_of(
        divide_half_even(actual * 100 * 10**PERCENTAGE_DECIMALS, target),
        PERCENTAGE_DECIMALS,
    )


def divide_half_even(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest whole number, ties to even."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2):
        return quotient + 1
    return quotient
