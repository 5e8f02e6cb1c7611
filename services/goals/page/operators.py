"""The operators of conditions, as the page offers them: what each takes and applies to.

They are drawn into the document, so that a page never offers what the API refuses.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from shared.queries.conditions import BESIDES, Compares, Condition, Value
from shared.queries.operands import LISTS, PAIRS
from shared.queries.operators import TYPES, Family, Operator
from shared.queries.reading import WITHOUT_VALUE
from shared.queries.words import words_of

_FAMILIES: Final = {
    Family.EQUALITY: "Same or not",
    Family.ORDER: "More or less",
    Family.NULL: "With or without a value",
    Family.TEXT: "Text",
    Family.DAY: "Days",
    Family.SPAN: "Around today",
    Family.COUNTED_SPAN: "So many around today",
    Family.FISCAL: "Fiscal periods",
    Family.MANAGER: "The goal's manager",
    Family.MANAGER_UNIT: "The manager's business unit",
    Family.HIERARCHY: "Hierarchies",
    Family.ATTRIBUTE_EQUALITY: "Another attribute",
    Family.ATTRIBUTE_ORDER: "Another attribute",
}
_ELLIPSIS: Final = "…"
_ATTRIBUTE: Final = "attribute"
_COUNT: Final = Decimal(2)


def _takes(operator: Operator) -> str:
    """Return what has to be given with an operator."""
    family = operator.family
    if family in WITHOUT_VALUE:
        return "nothing"
    if operator in LISTS:
        return "list"
    if family is Family.FISCAL:
        is_year = operator is Operator.IN_FISCAL_YEAR
        named = "period and year" if operator in PAIRS else "period"
        return "year" if is_year else named
    return "pair" if operator in PAIRS else _TAKEN.get(family, "one")


_TAKEN: Final = {
    Family.COUNTED_SPAN: "count",
    Family.DAY: "day",
    Family.TEXT: "text",
    Family.HIERARCHY: "hierarchy",
    Family.ATTRIBUTE_EQUALITY: _ATTRIBUTE,
    Family.ATTRIBUTE_ORDER: _ATTRIBUTE,
}
_EXAMPLES: Final[Mapping[str, tuple[Value, ...]]] = {
    "nothing": (),
    "count": (_COUNT,),
    "year": (_COUNT,),
    "period": (_COUNT,),
    "period and year": (_COUNT, _COUNT),
    "pair": (_ELLIPSIS, _ELLIPSIS),
}


def _label(operator: Operator, compares: Compares) -> str:
    """Return an operator in words, with dots for what is given between them."""
    values = _EXAMPLES.get(_takes(operator), (_ELLIPSIS,))
    test = Condition(
        attribute=_ATTRIBUTE, operator=operator, values=values, compares=compares
    )
    words = words_of(test).removeprefix(f"{_ATTRIBUTE} ")
    for written in (f'business unit "{_ELLIPSIS}"', f'"{_ELLIPSIS}"', "quarter 2", "2"):
        words = words.replace(written, _ELLIPSIS)
    words = words.removesuffix(f" {_ELLIPSIS}")
    if operator.family in (Family.ATTRIBUTE_EQUALITY, Family.ATTRIBUTE_ORDER):
        return f"{words} attribute"
    return words


def _offered(operator: Operator) -> Mapping[str, Any]:
    return {
        "name": operator,
        "family": _FAMILIES[operator.family],
        "takes": _takes(operator),
        "types": sorted(TYPES[operator.family]),
        "needs_manager": operator.looks_at_manager,
        "label": _label(operator, Compares.NUMBERS),
        "of_dates": _label(operator, Compares.DATES),
        "of_texts": _label(operator, Compares.TEXTS),
    }


def _all() -> Sequence[Mapping[str, Any]]:
    return [_offered(operator) for operator in Operator]


OPERATORS: Final[Mapping[str, Any]] = {"operators": _all(), "besides": BESIDES}
