"""The operators of conditions: what each is called, and what it takes."""

from enum import Enum, StrEnum, auto
from typing import Final

from shared.domain.entities import AttributeType


class Family(Enum):
    """Operators that take the same and apply to the same types."""

    EQUALITY = auto()
    ORDER = auto()
    NULL = auto()
    TEXT = auto()
    DAY = auto()
    # Days, weeks, months, years and fiscal units around now, as a whole.
    SPAN = auto()
    # As many of them as is asked for.
    COUNTED_SPAN = auto()
    FISCAL = auto()
    # Those that compare with the goal's manager, and with the manager's unit.
    MANAGER = auto()
    MANAGER_UNIT = auto()
    HIERARCHY = auto()
    ATTRIBUTE_EQUALITY = auto()
    ATTRIBUTE_ORDER = auto()


class Operator(StrEnum):
    """What a condition asks of an attribute."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not-in"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    BETWEEN = "between"
    NOT_BETWEEN = "not-between"
    NULL = "null"
    NOT_NULL = "not-null"
    LIKE = "like"
    NOT_LIKE = "not-like"
    BEGINS_WITH = "begins-with"
    NOT_BEGIN_WITH = "not-begin-with"
    ENDS_WITH = "ends-with"
    NOT_END_WITH = "not-end-with"
    ON = "on"
    ON_OR_BEFORE = "on-or-before"
    ON_OR_AFTER = "on-or-after"
    YESTERDAY = "yesterday"
    TODAY = "today"
    TOMORROW = "tomorrow"
    LAST_SEVEN_DAYS = "last-seven-days"
    NEXT_SEVEN_DAYS = "next-seven-days"
    LAST_WEEK = "last-week"
    LAST_MONTH = "last-month"
    LAST_YEAR = "last-year"
    LAST_FISCAL_YEAR = "last-fiscal-year"
    LAST_FISCAL_PERIOD = "last-fiscal-period"
    THIS_WEEK = "this-week"
    THIS_MONTH = "this-month"
    THIS_YEAR = "this-year"
    THIS_FISCAL_YEAR = "this-fiscal-year"
    THIS_FISCAL_PERIOD = "this-fiscal-period"
    NEXT_WEEK = "next-week"
    NEXT_MONTH = "next-month"
    NEXT_YEAR = "next-year"
    NEXT_FISCAL_YEAR = "next-fiscal-year"
    NEXT_FISCAL_PERIOD = "next-fiscal-period"
    LAST_X_HOURS = "last-x-hours"
    LAST_X_DAYS = "last-x-days"
    LAST_X_WEEKS = "last-x-weeks"
    LAST_X_MONTHS = "last-x-months"
    LAST_X_YEARS = "last-x-years"
    LAST_X_FISCAL_YEARS = "last-x-fiscal-years"
    LAST_X_FISCAL_PERIODS = "last-x-fiscal-periods"
    NEXT_X_HOURS = "next-x-hours"
    NEXT_X_DAYS = "next-x-days"
    NEXT_X_WEEKS = "next-x-weeks"
    NEXT_X_MONTHS = "next-x-months"
    NEXT_X_YEARS = "next-x-years"
    NEXT_X_FISCAL_YEARS = "next-x-fiscal-years"
    NEXT_X_FISCAL_PERIODS = "next-x-fiscal-periods"
    OLDERTHAN_X_MINUTES = "olderthan-x-minutes"
    OLDERTHAN_X_HOURS = "olderthan-x-hours"
    OLDERTHAN_X_DAYS = "olderthan-x-days"
    OLDERTHAN_X_WEEKS = "olderthan-x-weeks"
    OLDERTHAN_X_MONTHS = "olderthan-x-months"
    OLDERTHAN_X_YEARS = "olderthan-x-years"
    IN_FISCAL_YEAR = "in-fiscal-year"
    IN_FISCAL_PERIOD = "in-fiscal-period"
    IN_FISCAL_PERIOD_AND_YEAR = "in-fiscal-period-and-year"
    IN_OR_BEFORE_FISCAL_PERIOD_AND_YEAR = "in-or-before-fiscal-period-and-year"
    IN_OR_AFTER_FISCAL_PERIOD_AND_YEAR = "in-or-after-fiscal-period-and-year"
    EQ_USERID = "eq-userid"
    NE_USERID = "ne-userid"
    EQ_USERTEAMS = "eq-userteams"
    EQ_USERORUSERTEAMS = "eq-useroruserteams"
    EQ_USERORUSERHIERARCHY = "eq-useroruserhierarchy"
    EQ_USERORUSERHIERARCHYANDTEAMS = "eq-useroruserhierarchyandteams"
    EQ_BUSINESSID = "eq-businessid"
    NE_BUSINESSID = "ne-businessid"
    UNDER = "under"
    EQ_OR_UNDER = "eq-or-under"
    NOT_UNDER = "not-under"
    ABOVE = "above"
    EQ_OR_ABOVE = "eq-or-above"
    EQ_ATTRIBUTE = "eq-attribute"
    NE_ATTRIBUTE = "ne-attribute"
    GT_ATTRIBUTE = "gt-attribute"
    GE_ATTRIBUTE = "ge-attribute"
    LT_ATTRIBUTE = "lt-attribute"
    LE_ATTRIBUTE = "le-attribute"

    @property
    def family(self) -> Family:
        """Those that it is like."""
        return _FAMILIES[self]

    @property
    def looks_at_clock(self) -> bool:
        """Tell whether its answer changes because time passes."""
        return self.family in (Family.SPAN, Family.COUNTED_SPAN)

    @property
    def looks_at_manager(self) -> bool:
        """Tell whether its answer depends on who manages the goal."""
        return self.family in (Family.MANAGER, Family.MANAGER_UNIT)


_FAMILY_OF_FIRST: Final = {
    Operator.EQ: Family.EQUALITY,
    Operator.GT: Family.ORDER,
    Operator.NULL: Family.NULL,
    Operator.LIKE: Family.TEXT,
    Operator.ON: Family.DAY,
    Operator.YESTERDAY: Family.SPAN,
    Operator.LAST_X_HOURS: Family.COUNTED_SPAN,
    Operator.IN_FISCAL_YEAR: Family.FISCAL,
    Operator.EQ_USERID: Family.MANAGER,
    Operator.EQ_BUSINESSID: Family.MANAGER_UNIT,
    Operator.UNDER: Family.HIERARCHY,
    Operator.EQ_ATTRIBUTE: Family.ATTRIBUTE_EQUALITY,
    Operator.GT_ATTRIBUTE: Family.ATTRIBUTE_ORDER,
}


def _families() -> dict[Operator, Family]:
    """Return the family of each operator: they are listed family by family."""
    found: dict[Operator, Family] = {}
    family = Family.EQUALITY
    for operator in Operator:
        family = _FAMILY_OF_FIRST.get(operator, family)
        found[operator] = family
    return found


_FAMILIES: Final = _families()

_DATES: Final = frozenset({AttributeType.DATE, AttributeType.DATETIME})
_NAMES: Final = frozenset({AttributeType.REFERENCE, AttributeType.TEXT})

# The declared types that a family applies to; what nobody declared may be anything.
TYPES: Final[dict[Family, frozenset[AttributeType]]] = {
    Family.EQUALITY: frozenset(AttributeType),
    Family.ORDER: _DATES | {AttributeType.NUMBER, AttributeType.TEXT},
    Family.NULL: frozenset(AttributeType),
    Family.TEXT: frozenset({AttributeType.TEXT}),
    Family.DAY: _DATES,
    Family.SPAN: _DATES,
    Family.COUNTED_SPAN: _DATES,
    Family.FISCAL: _DATES,
    Family.MANAGER: _NAMES,
    Family.MANAGER_UNIT: _NAMES,
    Family.HIERARCHY: _NAMES,
    Family.ATTRIBUTE_EQUALITY: frozenset(AttributeType),
    Family.ATTRIBUTE_ORDER: _DATES | {AttributeType.NUMBER, AttributeType.TEXT},
}
