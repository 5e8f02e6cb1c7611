"""By which values of a record the goals that may count it are found.

A query that demands `territory eq north` can only be met by records that say so. Goals
with such a query are kept under that value, and a record asks only there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.domain.goals import Link
from shared.domain.records import AttributeValue, Record
from shared.queries.conditions import (
    OWNER,
    OWNER_BUSINESS_UNIT,
    Compares,
    Condition,
    Linked,
    Value,
    Where,
    demands_of,
)
from shared.queries.eyes import Eyes, Sight
from shared.queries.operators import Operator
from shared.queries.values import number_in, text_in, value_at

# A list of more values is no selective demand.
VALUES_MAX: Final = 20

# A number, a text, or true or false: 1, "1" and true are three things.
Key = tuple[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a value stands: an attribute, of the record or of one it links to."""

    path: tuple[Link, ...]
    attribute: str

    def value_at(self, record: Record, sight: Sight) -> AttributeValue:
        """Return what stands there."""
        for link in self.path:
            key = link.parent_key(record.attributes)
            found = None if key is None else sight.look(key)
            if found is None:
                return None
            record = found
        return value_at(record, self.attribute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A demand that only few values meet."""

    spot: Spot
    # Whatever the manager is.
    keys: tuple[Key, ...] = ()
    # Of the goal's manager.
    of_manager: Operator | None = None

    def keys_for(self, eyes: Eyes) -> Sequence[Key]:
        """Return the values that meet the demand in somebody's eyes."""
        if self.of_manager is None:
            return self.keys
        manager = eyes.manager
        users = [f"user/{manager.id}"]
        teams = [f"team/{team}" for team in sorted(manager.teams)]
        if self.of_manager is Operator.EQ_USERID:
            owners = users
        elif self.of_manager is Operator.EQ_USERTEAMS:
            owners = teams
        else:
            owners = users + teams
        return [("text", owner) for owner in owners]


Anchors = tuple[Anchor, ...]

_OF_MANAGER: Final = (
    Operator.EQ_USERID,
    Operator.EQ_USERTEAMS,
    Operator.EQ_USERORUSERTEAMS,
)
_WITH_KEYS: Final = (
    Compares.AS_GIVEN,
    Compares.NUMBERS,
    Compares.TEXTS,
    Compares.BOOLEANS,
    Compares.OWNERS,
)


def anchors_of(where: Where) -> Anchors:
    """Return the demands of a query under any of which its goals may be kept."""
    return tuple(_anchors_in(where, ()))


def keys_in(value: AttributeValue) -> Iterator[Key]:
    """Return all keys under which goals are kept that such a value may meet."""
    if value is None:
        return
    if isinstance(value, bool):
        yield "boolean", value
        return
    number = number_in(value)
    if number is not None:
        yield "number", Decimal(number)
    text = text_in(value)
    if text is not None:
        yield "text", text


def _anchors_in(where: Where, path: tuple[Link, ...]) -> Iterator[Anchor]:
    for demand in demands_of(where):
        if isinstance(demand, Linked):
            yield from _anchors_in(demand.where, (*path, demand.link))
        elif isinstance(demand, Condition):
            spot = Spot(path=path, attribute=demand.attribute)
            if demand.attribute == OWNER and demand.operator in _OF_MANAGER:
                yield Anchor(spot=spot, of_manager=demand.operator)
            elif (
                demand.operator in (Operator.EQ, Operator.IN)
                and demand.compares in _WITH_KEYS
                and demand.attribute != OWNER_BUSINESS_UNIT
                and len(demand.values) <= VALUES_MAX
            ):
                keys = tuple(
                    key
                    for value in demand.values
                    for key in _keys_of(value, demand.compares)
                )
                yield Anchor(spot=spot, keys=tuple(dict.fromkeys(keys)))


def _keys_of(value: Value, compares: Compares) -> Iterator[Key]:
    if isinstance(value, bool):
        yield "boolean", value
    elif isinstance(value, Decimal):
        yield "number", value
    elif compares is not Compares.OWNERS or value.startswith(("user/", "team/")):
        yield "text", value
    else:
        yield "text", f"user/{value}"
        yield "text", f"team/{value}"
