"""Numbers of the first paint, as readers of a language write them.

The browser writes them anew as soon as its script runs; what stands there before should
not look different.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Final

ABSENT: Final = "—"
_WHOLE_FROM: Final = 1_000
_NARROW_SPACE: Final = "\u202f"
_NO_BREAK_SPACE: Final = "\u00a0"


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
    places = Decimal(1) if abs(number) >= _WHOLE_FROM else Decimal("0.01")
    return _written(number.quantize(places, ROUND_HALF_EVEN), marks)


def shown_percentage(text: str | None, marks: Marks) -> str:
    """Return a percentage; 99.96 is not 100 yet."""
    if text is None:
        return ABSENT
    cut = Decimal(text).quantize(Decimal("0.1"), ROUND_DOWN)
    return f"{cut:,}".translate(_table(marks))


def _written(number: Decimal, marks: Marks) -> str:
    text = f"{number:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(_table(marks))


def _table(marks: Marks) -> dict[int, str]:
    return str.maketrans({",": marks.group, ".": marks.decimal})
