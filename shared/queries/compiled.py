"""A query's conditions as a function, made once and asked for every record.

What can be decided without a record is decided while it is made.
"""

import operator as operators
from collections.abc import Callable
from typing import Any, Final

from shared.domain.periods import when_of
from shared.domain.records import AttributeValue, Record
from shared.queries.conditions import (
    OWNER,
    All,
    AnyOf,
    Compares,
    Condition,
    Linked,
    Not,
    Value,
    Where,
)
from shared.queries.dates import day_test, fiscal_test, span_test
from shared.queries.equality import one_of, same, sides_of
from shared.queries.eyes import Eyes, Sight
from shared.queries.operators import Family, Operator
from shared.queries.patterns import fits
from shared.queries.standing import PEOPLE, stands
from shared.queries.values import Test, number_in, reader_of, text_in

Compiled = Callable[[Record, Eyes, Sight], bool]

# Of two values of one kind: text, number, or instant.
_Compare = Callable[[Any, Any], bool]

_ORDERS: Final[dict[Operator, _Compare]] = {
    Operator.GT: operators.gt,
    Operator.GE: operators.ge,
    Operator.LT: operators.lt,
    Operator.LE: operators.le,
    Operator.GT_ATTRIBUTE: operators.gt,
    Operator.GE_ATTRIBUTE: operators.ge,
    Operator.LT_ATTRIBUTE: operators.lt,
    Operator.LE_ATTRIBUTE: operators.le,
}
_NEGATIONS: Final = frozenset(
    {
        Operator.NOT_LIKE,
        Operator.NOT_BEGIN_WITH,
        Operator.NOT_END_WITH,
    }
)


def compiled(where: Where, entity: str) -> Compiled:
    """Return the function that tells whether a record of the entity fulfils it.

    It looks at no more than it needs: what decides nothing is not looked at.
    """
    match where:
        case Condition():
            return _condition(where, entity)
        case Linked():
            return _linked(where)
        case Not():
            opposite = compiled(where.condition, entity)
            return lambda record, eyes, sight: not opposite(record, eyes, sight)
        case All():
            return _every([compiled(one, entity) for one in where.conditions])
        case AnyOf():
            return _some([compiled(one, entity) for one in where.conditions])


def _every(members: list[Compiled]) -> Compiled:
    if len(members) == 1:
        return members[0]

    def every(record: Record, eyes: Eyes, sight: Sight) -> bool:
        for member in members:  # noqa: SIM110 # faster than all() of a generator
            if not member(record, eyes, sight):
                return False
        return True

    return every


def _some(members: list[Compiled]) -> Compiled:
    if len(members) == 1:
        return members[0]

    def some(record: Record, eyes: Eyes, sight: Sight) -> bool:
        for member in members:  # noqa: SIM110 # faster than any() of a generator
            if member(record, eyes, sight):
                return True
        return False

    return some


def _linked(where: Linked) -> Compiled:
    holds = compiled(where.where, where.link.entity)
    key_of = where.link.parent_key

    def linked(record: Record, eyes: Eyes, sight: Sight) -> bool:
        key = key_of(record.attributes)
        if key is None:
            return False
        found = sight.look(key)
        return found is not None and holds(found, eyes, sight)

    return linked


def _condition(condition: Condition, entity: str) -> Compiled:
    family = condition.operator.family
    if family is Family.ATTRIBUTE_EQUALITY:
        return _same_as_attribute(condition, entity)
    if family is Family.ATTRIBUTE_ORDER:
        return _ordered_by_attribute(condition, entity)
    test = _TESTS[family](condition)
    name = condition.attribute
    if not name.startswith("@"):
        return lambda record, eyes, sight: test(
            record.attributes.get(name), eyes, sight
        )
    read = reader_of(name, entity)
    return lambda record, eyes, sight: test(read(record, eyes), eyes, sight)


def _equality(condition: Condition) -> Test:
    is_same = one_of(condition.compares, condition.values)
    if condition.operator in (Operator.NE, Operator.NOT_IN):
        return lambda value, eyes, _sight: (
            value is not None and not is_same(value, eyes)
        )
    return lambda value, eyes, _sight: value is not None and is_same(value, eyes)


def _null(condition: Condition) -> Test:
    if condition.operator is Operator.NULL:
        return lambda value, _eyes, _sight: value is None
    return lambda value, _eyes, _sight: value is not None


def _order(condition: Condition) -> Test:
    compares, values = condition.compares, condition.values
    if condition.operator in _ORDERS:
        return _ordered(compares, _ORDERS[condition.operator], values[0])
    low, high = values
    if condition.operator is Operator.BETWEEN:
        from_low = _ordered(compares, operators.ge, low)
        to_high = _ordered(compares, operators.le, high)
        return lambda value, eyes, sight: (
            from_low(value, eyes, sight) and to_high(value, eyes, sight)
        )
    # What does not read lies on neither side.
    below = _ordered(compares, operators.lt, low)
    over = _ordered(compares, operators.gt, high)
    return lambda value, eyes, sight: (
        below(value, eyes, sight) or over(value, eyes, sight)
    )


def _ordered(compares: Compares, compare: _Compare, operand: Value) -> Test:
    if compares is Compares.DATES:
        return _ordered_dates(compare, operand)
    read = number_in if compares is Compares.NUMBERS else text_in

    def ordered(value: AttributeValue, _eyes: Eyes, _sight: Sight) -> bool:
        found = read(value)
        return found is not None and compare(found, operand)

    return ordered


def _ordered_dates(compare: _Compare, operand: Value) -> Test:
    wanted = when_of(operand)

    def ordered(value: AttributeValue, eyes: Eyes, _sight: Sight) -> bool:
        sides = sides_of(when_of(value), wanted, eyes.time_zone)
        return sides is not None and compare(*sides)

    return ordered


def _text(condition: Condition) -> Test:
    fit = fits(condition.operator, str(condition.values[0]))
    wanted = condition.operator not in _NEGATIONS

    def like(value: AttributeValue, _eyes: Eyes, _sight: Sight) -> bool:
        text = text_in(value)
        return text is not None and fit(text) is wanted

    return like


def _people(condition: Condition) -> Test:
    is_user, is_team = PEOPLE[condition.operator]

    def belongs(value: AttributeValue, eyes: Eyes, _sight: Sight) -> bool:
        name = text_in(value)
        return name is not None and (
            is_user(eyes.manager, name) or is_team(eyes.manager, name)
        )

    def owns(value: AttributeValue, eyes: Eyes, _sight: Sight) -> bool:
        if value is None:
            return False
        kind, _, name = str(value).partition("/")
        return (is_user if kind == "user" else is_team)(eyes.manager, name)

    test = owns if condition.attribute == OWNER else belongs
    if condition.operator is Operator.NE_USERID:
        return _opposite(test)
    return test


def _manager_unit(condition: Condition) -> Test:
    def is_unit(value: AttributeValue, eyes: Eyes, _sight: Sight) -> bool:
        name = text_in(value)
        return name is not None and name == eyes.manager.business_unit

    if condition.operator is Operator.NE_BUSINESSID:
        return _opposite(is_unit)
    return is_unit


def _opposite(test: Test) -> Test:
    return lambda value, eyes, sight: not test(value, eyes, sight)


def _hierarchy(condition: Condition) -> Test:
    named = str(condition.values[0])
    standing = stands(condition.operator, named, condition.hierarchy)

    def stand(value: AttributeValue, eyes: Eyes, sight: Sight) -> bool:
        name = text_in(value)
        return name is not None and standing(name, eyes, sight)

    if condition.operator is Operator.NOT_UNDER:
        return lambda value, eyes, sight: (
            value is not None and not stand(value, eyes, sight)
        )
    return stand


def _same_as_attribute(condition: Condition, entity: str) -> Compiled:
    read_mine = reader_of(condition.attribute, entity)
    read_other = reader_of(str(condition.values[0]), entity)
    compares = condition.compares
    wanted = condition.operator is Operator.EQ_ATTRIBUTE

    def compare(record: Record, eyes: Eyes, _sight: Sight) -> bool:
        mine, other = read_mine(record, eyes), read_other(record, eyes)
        if mine is None or other is None:
            return False
        return same(compares, mine, other, eyes) is wanted

    return compare


def _ordered_by_attribute(condition: Condition, entity: str) -> Compiled:
    read_mine = reader_of(condition.attribute, entity)
    read_other = reader_of(str(condition.values[0]), entity)
    compares = condition.compares
    compare = _ORDERS[condition.operator]

    def ordered(record: Record, eyes: Eyes, _sight: Sight) -> bool:
        mine, other = read_mine(record, eyes), read_other(record, eyes)
        sides = _comparable(compares, mine, other, eyes)
        return sides is not None and compare(*sides)

    return ordered


def _comparable(
    compares: Compares, mine: AttributeValue, other: AttributeValue, eyes: Eyes
) -> tuple[Any, Any] | None:
    """Return two values of a record as what has an order, if they read so."""
    if compares is Compares.DATES:
        return sides_of(when_of(mine), when_of(other), eyes.time_zone)
    read = text_in if compares is Compares.TEXTS else number_in
    left, right = read(mine), read(other)
    if left is not None and right is not None:
        return left, right
    if compares is Compares.AS_FOUND:
        return sides_of(when_of(mine), when_of(other), eyes.time_zone)
    return None


_TESTS: Final[dict[Family, Callable[[Condition], Test]]] = {
    Family.EQUALITY: _equality,
    Family.ORDER: _order,
    Family.NULL: _null,
    Family.TEXT: _text,
    Family.DAY: day_test,
    Family.SPAN: span_test,
    Family.COUNTED_SPAN: span_test,
    Family.FISCAL: fiscal_test,
    Family.MANAGER: _people,
    Family.MANAGER_UNIT: _manager_unit,
    Family.HIERARCHY: _hierarchy,
}
