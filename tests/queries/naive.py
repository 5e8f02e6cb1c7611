"""What semantics.md, section 5, and decision 0008 say, in the plainest code.

It judges the other readers of conditions, so it shares the tree with them and nothing
else.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.domain.records import AttributeValue, Record
from shared.queries.conditions import (
    All,
    AnyOf,
    Compares,
    Condition,
    Linked,
    Not,
    Where,
)
from shared.queries.eyes import Eyes
from shared.queries.operators import Family, Operator
from tests.queries.naive_time import (
    BEFORE_EVERYTHING,
    as_day,
    as_instant,
    as_moment,
    day_at,
    fiscal_of,
    now_of,
    periods_of,
    span_of,
    whole_day,
)

STEPS_MAX = 64


@dataclass(slots=True)
class Naive:
    """Reads conditions; it counts what each operator answered."""

    # By key; what is deleted or was only announced is among them.
    records: Mapping[str, Record]
    answers: Counter[tuple[Operator, bool]] = field(default_factory=Counter)

    def holds(self, where: Where, record: Record, eyes: Eyes) -> bool:
        """Tell whether a record fulfils conditions; all of them are looked at."""
        match where:
            case All():
                # Lists: what is decided already is asked as well, and counted.
                parts = [self.holds(one, record, eyes) for one in where.conditions]
                return all(parts)
            case AnyOf():
                parts = [self.holds(one, record, eyes) for one in where.conditions]
                return any(parts)
            case Not():
                return not self.holds(where.condition, record, eyes)
            case Linked():
                other = self.linked(where, record)
                return other is not None and self.holds(where.where, other, eyes)
            case Condition():
                answer = self.answer(where, record, eyes)
                self.answers[where.operator, answer] += 1
                return answer

    def linked(self, where: Linked, record: Record) -> Record | None:
        """Return the record that an attribute links to."""
        name = record.attributes.get(where.link.link)
        return self.existing(where.link.entity, name)

    def existing(self, entity: str, name: object) -> Record | None:
        """Return a record that is there; ids are text of 1 to 200 characters."""
        if not isinstance(name, str) or not 1 <= len(name) <= 200:
            return None
        record = self.records.get(f"{entity}/{name}")
        if record is None or record.deleted or record.version < 0:
            return None
        return record

    def answer(self, condition: Condition, record: Record, eyes: Eyes) -> bool:
        """Answer one condition."""
        value = value_of(condition.attribute, record, eyes)
        operator = condition.operator
        if operator.family is Family.HIERARCHY:
            return self.stands(condition, value, eyes)
        if operator.family in (Family.ATTRIBUTE_EQUALITY, Family.ATTRIBUTE_ORDER):
            other = value_of(str(condition.values[0]), record, eyes)
            return compares_with(condition, value, other, eyes.time_zone)
        return ANSWERS[operator.family](condition, value, eyes)

    def stands(self, condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
        """Tell whether what is named by a value stands so to the operand."""
        named = str(condition.values[0])
        name = as_text(value)
        if name is None:
            return condition.operator is Operator.NOT_UNDER and value is not None
        is_under = name != named and named in self.all_above(condition, name, eyes)
        match condition.operator:
            case Operator.UNDER:
                return is_under
            case Operator.NOT_UNDER:
                return not is_under
            case Operator.EQ_OR_UNDER:
                return is_under or name == named
        is_above = name != named and name in self.all_above(condition, named, eyes)
        if condition.operator is Operator.ABOVE:
            return is_above
        return is_above or name == named

    def all_above(self, condition: Condition, name: str, eyes: Eyes) -> list[str]:
        """Return all above, until there is none or it goes in a circle."""
        found: list[str] = []
        above: object = name
        for _ in range(STEPS_MAX):
            if condition.hierarchy is None:
                above = eyes.around.parent_of_unit.get(str(above))
            else:
                record = self.existing(condition.hierarchy.entity, above)
                above = record and record.attributes.get(condition.hierarchy.via)
                if not isinstance(above, str) or not 1 <= len(above) <= 200:
                    return found
            if above is None or above in found:
                return found
            found.append(str(above))
        return found


def value_of(attribute: str, record: Record, eyes: Eyes) -> AttributeValue:
    """Return what a record says of an attribute, or what is known beside it."""
    match attribute:
        case "@id":
            return record.key.split("/", 1)[1]
        case "@owner":
            return record.owner
        case "@owner_business_unit":
            return eyes.around.unit_of_owner.get(record.owner or "")
        case "@state":
            return record.state
        case "@status":
            return record.status
    return record.attributes.get(attribute)


def is_null(condition: Condition, value: AttributeValue, _eyes: Eyes) -> bool:
    """Answer `null` and `not-null`: they look at nothing but that."""
    return (value is None) == (condition.operator is Operator.NULL)


def equals(condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
    """Answer `eq`, `ne`, `in` and `not-in`."""
    if value is None:
        return False
    is_one_of = any(
        is_same(condition.compares, value, one, eyes.time_zone)
        for one in condition.values
    )
    return is_one_of == (condition.operator in (Operator.EQ, Operator.IN))


def is_same(compares: Compares, value: Any, operand: Any, zone: str) -> bool:
    """Tell whether a value, which is not null, is the operand."""
    if compares is Compares.AS_GIVEN:
        compares = Compares.TEXTS
        if isinstance(operand, bool):
            compares = Compares.BOOLEANS
        elif isinstance(operand, Decimal):
            compares = Compares.NUMBERS
    if compares is Compares.OWNERS:
        if operand.startswith(("user/", "team/")):
            return bool(value == operand)
        return value in (f"user/{operand}", f"team/{operand}")
    return order_of(compares, value, operand, zone) == 0


def order_of(compares: Compares, left: Any, right: Any, zone: str) -> int | None:
    """Return -1, 0 or 1; None: they do not compare."""
    first: Any
    second: Any
    match compares:
        case Compares.BOOLEANS:
            if isinstance(left, bool) and isinstance(right, bool):
                return 0 if left == right else 1
            return None
        case Compares.NUMBERS:
            first, second = as_number(left), as_number(right)
        case Compares.TEXTS:
            first, second = as_text(left), as_text(right)
            if first is not None and second is not None:
                # By code point.
                first, second = list(map(ord, first)), list(map(ord, second))
        case _:
            first, second = as_day(left), as_day(right)
            if first is None or second is None:
                first, second = as_moment(left, zone), as_moment(right, zone)
    if first is None or second is None:
        return None
    return int(first > second) - int(first < second)


SIGNS: dict[str, Callable[[int], bool]] = {
    "eq": lambda order: order == 0,
    "gt": lambda order: order > 0,
    "ge": lambda order: order >= 0,
    "lt": lambda order: order < 0,
    "le": lambda order: order <= 0,
    "on": lambda order: order == 0,
    "on-or-before": lambda order: order <= 0,
    "on-or-after": lambda order: order >= 0,
}


def is_ordered(condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
    """Answer order operators and `between`; what does not read is no match."""
    orders = [
        order_of(condition.compares, value, one, eyes.time_zone)
        for one in condition.values
    ]
    if orders[0] is None or orders[-1] is None:
        return False
    if condition.operator is Operator.BETWEEN:
        return orders[0] >= 0 and orders[1] <= 0  # type: ignore[operator] # both are
    if condition.operator is Operator.NOT_BETWEEN:
        return orders[0] < 0 or orders[1] > 0  # type: ignore[operator] # both are
    return SIGNS[condition.operator](orders[0])


def compares_with(
    condition: Condition, value: AttributeValue, other: AttributeValue, zone: str
) -> bool:
    """Answer operators that compare two attributes."""
    if value is None or other is None:
        return False
    sign = condition.operator.removesuffix("-attribute")
    compares = condition.compares
    if sign in ("eq", "ne"):
        if compares is Compares.AS_FOUND:
            kinds = {kind_of(value), kind_of(other)}
            compares = Compares.NUMBERS if "number" in kinds else Compares.TEXTS
            if "boolean" in kinds:
                compares = Compares.BOOLEANS
        is_equal = order_of(compares, value, other, zone) == 0
        return is_equal == (sign == "eq")
    order = order_of(compares, value, other, zone)
    if compares is Compares.AS_FOUND:
        order = order_of(Compares.NUMBERS, value, other, zone)
        if order is None:
            order = order_of(Compares.DATES, value, other, zone)
    return order is not None and SIGNS[sign](order)


def kind_of(value: AttributeValue) -> str:
    """Return what JSON calls a value."""
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def is_like(condition: Condition, value: AttributeValue, _eyes: Eyes) -> bool:
    """Answer the `like` family."""
    text, pattern = as_text(value), str(condition.values[0])
    if text is None:
        return False
    if "begin" in condition.operator:
        pattern += "%"
    if "end" in condition.operator:
        pattern = "%" + pattern
    fits = matches(text.casefold(), pattern.casefold())
    return fits != condition.operator.startswith("not-")


def matches(text: str, pattern: str) -> bool:
    """Tell whether a text is like a pattern, character by character."""
    # Of each beginning of the text: whether it is like the pattern so far.
    so_far = [True] + [False] * len(text)
    for character in pattern:
        after = [so_far[0] and character == "%"]
        for place, one in enumerate(text):
            if character == "%":
                after.append(so_far[place + 1] or after[place])
            else:
                after.append(so_far[place] and character in ("_", one))
        so_far = after
    return so_far[-1]


def is_on(condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
    """Answer `on` and its like: they ask for days."""
    day = whole_day(value, eyes.time_zone)
    wanted = whole_day(condition.values[0], eyes.time_zone)
    if day is None or wanted is None:
        return False
    return SIGNS[condition.operator](day - wanted)


def is_near(condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
    """Answer operators that are relative to now."""
    count = int(condition.values[0]) if condition.values else 0
    around = eyes.around
    opens, closes = span_of(
        str(condition.operator),
        count,
        now_of(around),
        eyes.time_zone,
        around.week_start,
        around.calendar,
    )
    day, instant = as_day(value), as_instant(value)
    if day is not None:
        first = day_at(opens, eyes.time_zone)
        return first <= day <= day_at(closes - 1, eyes.time_zone)
    return instant is not None and opens <= instant < closes


def is_fiscal(condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
    """Answer operators that name a fiscal year, a period, or both."""
    day, calendar = whole_day(value, eyes.time_zone), eyes.around.calendar
    if day is None:
        return False
    year, code, _ = fiscal_of(day, calendar)
    wanted = [int(one) for one in condition.values]
    if condition.operator is Operator.IN_FISCAL_YEAR:
        return year == wanted[0]
    if condition.operator is Operator.IN_FISCAL_PERIOD:
        return code == wanted[0]
    days = [first for its, first in periods_of(wanted[1], calendar) if its == wanted[0]]
    # A code that the calendar lacks is met by nothing.
    begins, ends = fiscal_of(days[0], calendar)[2] if days else (1, 0)
    if condition.operator is Operator.IN_OR_BEFORE_FISCAL_PERIOD_AND_YEAR:
        begins = BEFORE_EVERYTHING if days else begins
    if condition.operator is Operator.IN_OR_AFTER_FISCAL_PERIOD_AND_YEAR:
        ends = -BEFORE_EVERYTHING if days else ends
    return begins <= day <= ends


def is_manager_s(condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
    """Answer operators that mean the goal's manager, his people and teams."""
    me = eyes.manager
    users, teams = {me.id}, set[str]()
    match condition.operator:
        case Operator.EQ_USERTEAMS:
            users, teams = set(), set(me.teams)
        case Operator.EQ_USERORUSERTEAMS:
            teams = set(me.teams)
        case Operator.EQ_USERORUSERHIERARCHY:
            users |= me.reports
        case Operator.EQ_USERORUSERHIERARCHYANDTEAMS:
            users |= me.reports
            teams = set(me.teams | me.teams_of_reports)
    if condition.attribute == "@owner":
        found = str(value).split("/", 1)
        kind, name = found if value is not None else ("", "")
        is_one = name in (users if kind == "user" else teams) and value is not None
    else:
        is_one = as_text(value) in users | teams
    return is_one != (condition.operator is Operator.NE_USERID)


def is_unit_s(condition: Condition, value: AttributeValue, eyes: Eyes) -> bool:
    """Answer operators that mean the manager's business unit."""
    text = as_text(value)
    is_mine = text is not None and text == eyes.manager.business_unit
    return is_mine == (condition.operator is Operator.EQ_BUSINESSID)


ANSWERS: dict[Family, Callable[[Condition, AttributeValue, Eyes], bool]] = {
    Family.EQUALITY: equals,
    Family.ORDER: is_ordered,
    Family.NULL: is_null,
    Family.TEXT: is_like,
    Family.DAY: is_on,
    Family.SPAN: is_near,
    Family.COUNTED_SPAN: is_near,
    Family.FISCAL: is_fiscal,
    Family.MANAGER: is_manager_s,
    Family.MANAGER_UNIT: is_unit_s,
}


def as_text(value: object) -> str | None:
    """Return a value as text; of a number the digits, of true and false none."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return None
    digits = f"{Decimal(str(value)):f}"
    return digits.lstrip("-") if value == 0 else digits


def as_number(value: object) -> Decimal | None:
    """Return a value as a number: JSON's, or text such as -12.50."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str) or not value.isascii():
        return None
    whole, point, fraction = value.removeprefix("-").partition(".")
    if value.startswith("+"):
        whole = whole[1:]
    if not whole.isdigit() or len(whole) > 40:
        return None
    if point and (not fraction.isdigit() or len(fraction) > 40):
        return None
    return Decimal(value)
