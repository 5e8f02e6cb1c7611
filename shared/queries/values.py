"""What stands in a record at an attribute, and as what it reads."""

from collections.abc import Callable
from decimal import Decimal

from shared.domain.records import AttributeValue, Record
from shared.queries.conditions import BESIDES, ID, OWNER_BUSINESS_UNIT, STATE, STATUS
from shared.queries.eyes import Eyes, Sight
from shared.queries.operands import number_of

Reader = Callable[[Record, Eyes], AttributeValue]
# Whether the value at a condition's attribute is as it should be.
Test = Callable[[AttributeValue, Eyes, Sight], bool]


def reader_of(attribute: str, entity: str) -> Reader:
    """Return what finds an attribute of such records, or what is told beside them."""
    if attribute == ID:
        prefix = len(entity) + 1
        return lambda record, _eyes: record.key[prefix:]
    if attribute == OWNER_BUSINESS_UNIT:
        return _unit_of_owner
    if attribute in BESIDES:
        return lambda record, _eyes: value_at(record, attribute)
    return lambda record, _eyes: record.attributes.get(attribute)


def value_at(record: Record, attribute: str) -> AttributeValue:
    """Return what a record says at an attribute, whoever looks.

    The unit of its owner it does not say: the owner decides that.
    """
    if not attribute.startswith("@"):
        return record.attributes.get(attribute)
    if attribute == ID:
        return record.key[len(record.entity) + 1 :]
    if attribute == STATE:
        return record.state
    if attribute == STATUS:
        return record.status
    return record.owner


def text_in(value: AttributeValue) -> str | None:
    """Return a value as text: a number as its digits; true and false are none."""
    if value.__class__ is str:
        return str(value)
    if value is None or isinstance(value, bool):
        return None
    digits = format(value, "f" if isinstance(value, Decimal) else "d")
    # Of zeros there is one.
    return digits[1:] if digits.startswith("-") and not value else digits


def number_in(value: AttributeValue) -> Decimal | int | None:
    """Return a value as an exact number, if it is one or reads as one."""
    if value.__class__ is Decimal or value.__class__ is int:
        return value
    return number_of(value)


def _unit_of_owner(record: Record, eyes: Eyes) -> AttributeValue:
    owner = record.owner
    return None if owner is None else eyes.around.unit_of_owner.get(owner)
