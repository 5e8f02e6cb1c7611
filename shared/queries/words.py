"""Conditions in plain English, for whoever asks why a record counts or does not."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from shared.queries.conditions import (
    EVERYTHING,
    ID,
    OWNER,
    OWNER_BUSINESS_UNIT,
    STATE,
    STATUS,
    All,
    AnyOf,
    Compares,
    Condition,
    Linked,
    Not,
    Value,
    Where,
)
from shared.queries.operators import Family, Operator
from shared.queries.values import text_in

# More values of a list are counted, not named.
NAMED_MAX: Final = 10

_NAMES: Final = {
    ID: "the id",
    OWNER: "the owner",
    OWNER_BUSINESS_UNIT: "the owner's business unit",
    STATE: "the state",
    STATUS: "the status",
}
_MANAGER: Final = "the goal's manager"
_SAYINGS: Final = {
    Operator.EQ: "is {}",
    Operator.NE: "is not {}",
    Operator.IN: "is one of {}",
    Operator.NOT_IN: "is none of {}",
    Operator.NULL: "has no value",
    Operator.NOT_NULL: "has a value",
    Operator.BETWEEN: "is between {} and {}",
    Operator.NOT_BETWEEN: "is not between {} and {}",
    Operator.LIKE: "is like {}",
    Operator.NOT_LIKE: "is not like {}",
    Operator.BEGINS_WITH: "begins with {}",
    Operator.NOT_BEGIN_WITH: "does not begin with {}",
    Operator.ENDS_WITH: "ends with {}",
    Operator.NOT_END_WITH: "does not end with {}",
    Operator.ON: "is on {}",
    Operator.ON_OR_BEFORE: "is on or before {}",
    Operator.ON_OR_AFTER: "is on or after {}",
    Operator.YESTERDAY: "is yesterday",
    Operator.TODAY: "is today",
    Operator.TOMORROW: "is tomorrow",
    Operator.LAST_SEVEN_DAYS: "is in the last seven days",
    Operator.NEXT_SEVEN_DAYS: "is in the next seven days",
    Operator.IN_FISCAL_YEAR: "is in fiscal year {}",
    Operator.IN_FISCAL_PERIOD: "is in {} of a fiscal year",
    Operator.IN_FISCAL_PERIOD_AND_YEAR: "is in {} of fiscal year {}",
    Operator.IN_OR_BEFORE_FISCAL_PERIOD_AND_YEAR: (
        "is in or before {} of fiscal year {}"
    ),
    Operator.IN_OR_AFTER_FISCAL_PERIOD_AND_YEAR: "is in or after {} of fiscal year {}",
    Operator.EQ_USERID: f"is {_MANAGER}",
    Operator.NE_USERID: f"is not {_MANAGER}",
    Operator.EQ_USERTEAMS: f"is a team of {_MANAGER}",
    Operator.EQ_USERORUSERTEAMS: f"is {_MANAGER} or a team of the manager",
    Operator.EQ_USERORUSERHIERARCHY: (
        f"is {_MANAGER} or somebody who reports to the manager"
    ),
    Operator.EQ_USERORUSERHIERARCHYANDTEAMS: (
        f"is {_MANAGER}, somebody who reports to the manager, or a team of theirs"
    ),
    Operator.EQ_BUSINESSID: f"is the business unit of {_MANAGER}",
    Operator.NE_BUSINESSID: f"is not the business unit of {_MANAGER}",
    Operator.UNDER: "is under {}",
    Operator.EQ_OR_UNDER: "is {} or under it",
    Operator.NOT_UNDER: "is not under {}",
    Operator.ABOVE: "is above {}",
    Operator.EQ_OR_ABOVE: "is {} or above it",
    Operator.EQ_ATTRIBUTE: "is the same as {}",
    Operator.NE_ATTRIBUTE: "is not the same as {}",
}
# In order as numbers, as dates, as texts.
_ORDERS: Final = {
    "gt": ("is more than {}", "is after {}", "comes after {}"),
    "ge": ("is at least {}", "is not before {}", "is or comes after {}"),
    "lt": ("is less than {}", "is before {}", "comes before {}"),
    "le": ("is at most {}", "is not after {}", "is or comes before {}"),
}
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# By the hundreds of their codes.
_PERIODS: Final[dict[int, Callable[[int], str]]] = {
    0: lambda number: f"quarter {number}",
    1: lambda number: _MONTHS[number - 1],
    2: lambda number: f"half {number}",
    3: lambda _number: "the only period",
    4: lambda number: f"four-week period {number}",
}


def words_of(where: Where) -> str:
    """Return conditions in plain English."""
    match where:
        case Condition():
            return f"{name_of(where.attribute)} {_saying(where)}"
        case Linked():
            return f"{where.link.link}'s {where.link.entity} {_linked(where.where)}"
        case Not():
            return f"not ({words_of(where.condition)})"
        case All():
            return _joined(where.conditions, " and ") or "everything"
        case AnyOf():
            return _joined(where.conditions, " or ")


def name_of(attribute: str) -> str:
    """Return an attribute as it is called, or what stands beside the attributes."""
    return _NAMES.get(attribute, attribute)


def _joined(conditions: tuple[Where, ...], word: str) -> str:
    if len(conditions) == 1:
        return words_of(conditions[0])
    return word.join(
        f"({words_of(one)})" if isinstance(one, All | AnyOf) else words_of(one)
        for one in conditions
    )


def _linked(where: Where) -> str:
    """Return what is said of a record behind a link."""
    if where == EVERYTHING:
        return "exists"
    if isinstance(where, All | AnyOf):
        return f"is one where ({words_of(where)})"
    if not isinstance(where, Condition):
        return f"is one where {words_of(where)}"
    name = name_of(where.attribute)
    if where.operator is Operator.EQ:
        return f"has {name} {_shown(where, where.values[0])}"
    return f"has {name} that {_saying(where)}"


def _saying(condition: Condition) -> str:
    operator = condition.operator
    if operator in (Operator.IN, Operator.NOT_IN):
        return _SAYINGS[operator].format(_list(condition))
    if operator in _SAYINGS:
        values = (_operand(condition, value) for value in condition.values)
        return _fiscal(condition) or _SAYINGS[operator].format(*values)
    if operator.family in (Family.SPAN, Family.COUNTED_SPAN):
        return _span(condition)
    sayings = _ORDERS[operator.removesuffix("-attribute")]
    kinds = (Compares.DATES, Compares.TEXTS)
    place = kinds.index(condition.compares) + 1 if condition.compares in kinds else 0
    return sayings[place].format(_operand(condition, condition.values[0]))


def _list(condition: Condition) -> str:
    named = condition.values[:NAMED_MAX]
    others = len(condition.values) - len(named)
    shown = ", ".join(_shown(condition, value) for value in named)
    return f"{shown} and {others} more" if others else shown


def _operand(condition: Condition, value: Value) -> str:
    family = condition.operator.family
    if family in (Family.ATTRIBUTE_EQUALITY, Family.ATTRIBUTE_ORDER):
        return name_of(str(value))
    if family is Family.HIERARCHY:
        hierarchy = condition.hierarchy
        kind = "business unit" if hierarchy is None else hierarchy.entity
        return f'{kind} "{value}"'
    if family is Family.DAY:
        return str(value)
    return _shown(condition, value)


def _shown(condition: Condition, value: Value) -> str:
    """Return texts in quotes, and all that cannot be mistaken for text without."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return str(text_in(value))
    is_plain = condition.compares in (Compares.DATES, Compares.OWNERS)
    return value if is_plain else f'"{value}"'


def _fiscal(condition: Condition) -> str | None:
    """Return what is said of fiscal periods, which have names."""
    is_fiscal = condition.operator.family is Family.FISCAL
    if not is_fiscal or condition.operator is Operator.IN_FISCAL_YEAR:
        return None
    code, *year = (int(Decimal(value)) for value in condition.values)
    hundreds, number = divmod(code, 100)
    return _SAYINGS[condition.operator].format(_PERIODS[hundreds](number), *year)


def _span(condition: Condition) -> str:
    """Return `last-fiscal-year` and `next-x-days` as one would say them."""
    word, _, units = condition.operator.replace("fiscal-", "fiscal ").partition("-")
    if not condition.values:
        return f"is in {word} {units}"
    unit = units.removeprefix("x-")
    count = int(Decimal(condition.values[0]))
    if count == 1:
        unit = unit.removesuffix("s")
    if word == "olderthan":
        return f"is older than {count} {unit}"
    return f"is in the {word} {count} {unit}"
