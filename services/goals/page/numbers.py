"""Numbers of the first paint, as readers of a language write them.

The browser writes them anew as soon as its script runs; what stands there before should
not look different.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Final

ABSENT: Final = "—"
_WHOLE_FROM: Final = 1_000
_NARROW_SPACE: Final = "\u202f"
_NO_BREAK_SPACE: Final = "\u00a0"
_MINUS: Final = "\u2212"


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands between groups of three digits, and before the decimals."""

    group: str
    decimal: str


ENGLISH: Final = Marks(",", ".")
_MARKS: Final = {
    "en": ENGLISH,
    "de": Marks(".", ","),
    "nl": Marks(".", ","),
    "es": Marks(".", ","),
    "it": Marks(".", ","),
    "da": Marks(".", ","),
    "tr": Marks(".", ","),
    "pt": Marks(".", ","),
    "fr": Marks(_NARROW_SPACE, ","),
    "sv": Marks(_NO_BREAK_SPACE, ","),
    "nb": Marks(_NO_BREAK_SPACE, ","),
    "fi": Marks(_NO_BREAK_SPACE, ","),
    "pl": Marks(_NO_BREAK_SPACE, ","),
    "cs": Marks(_NO_BREAK_SPACE, ","),
}


def marks_of(accept_language: str) -> Marks:
    """Return the marks of the first language that a browser asks for."""
    first = accept_language.split(",", 1)[0].split(";", 1)[0].strip().lower()
    return _MARKS.get(first.split("-", 1)[0], ENGLISH)


def shown(text: str | None, marks: Marks) -> str:
    """Return an exact number, short enough for a column."""
    if text is None:
        return ABSENT
    number = Decimal(text)
    return _written(number.quantize(_places_of(number), ROUND_HALF_UP), marks)


def shown_change(text: str | None, marks: Marks) -> str:
    """Return a number with its sign; the minus is as wide as the plus."""
    if text is None:
        return ABSENT
    number = Decimal(text)
    sign = "±" if not number else _MINUS if number < 0 else "+"
    return sign + shown(str(abs(number)), marks)


def shown_percentage(text: str | None, marks: Marks) -> str:
    """Return a percentage; 99.96 is not 100 yet."""
    if text is None:
        return ABSENT
    number = Decimal(text)
    places = Decimal(1) if abs(number) >= _WHOLE_FROM else Decimal("0.1")
    return f"{number.quantize(places, ROUND_DOWN):,}".translate(_table(marks))


def _places_of(number: Decimal) -> Decimal:
    """Return the last place that is written."""
    if abs(number) >= _WHOLE_FROM:
        return Decimal(1)
    if abs(number) >= 1 or not number:
        return Decimal("0.01")
    # Two digits: something is never shown as nothing.
    return Decimal(1).scaleb(number.adjusted() - 1)


def _written(number: Decimal, marks: Marks) -> str:
    text = f"{number:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(_table(marks))


def _table(marks: Marks) -> dict[int, str]:
    return str.maketrans({",": marks.group, ".": marks.decimal})
