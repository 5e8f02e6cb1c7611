"""A query's conditions as a tree of values, after reading and before any use.

Nothing here is wrong any more: operators fit types, values read, names are names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from shared.domain.fiscal import Template, codes_of
from shared.domain.goals import Link
from shared.queries.operators import Family, Operator

# What is compared beside the attributes of a record.
ID: Final = "@id"
OWNER: Final = "@owner"
OWNER_BUSINESS_UNIT: Final = "@owner_business_unit"
STATE: Final = "@state"
STATUS: Final = "@status"
BESIDES: Final = (ID, OWNER, OWNER_BUSINESS_UNIT, STATE, STATUS)

# Text (dates, ids and names of attributes too), exact numbers, true or false.
Value = str | Decimal | bool


class Compares(Enum):
    """As what a test compares values."""

    # Each operand as what it is: number, text, true or false.
    AS_GIVEN = auto()
    NUMBERS = auto()
    TEXTS = auto()
    BOOLEANS = auto()
    # Days and instants, by the form of each.
    DATES = auto()
    # Keys such as `user/R0`; an operand may be an id alone.
    OWNERS = auto()
    # Attribute with attribute of unknown type: as the values turn out.
    AS_FOUND = auto()
    # The operator knows.
    NOTHING = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """Records of an entity that stand under one another by one of their attributes."""

    entity: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition on one attribute.

    Operands: none, one, two for `between` and fiscal period with year (in this order),
    any number for `in`. A count of days and a fiscal year are exact numbers.
    """

    attribute: str
    operator: Operator
    values: tuple[Value, ...] = ()
    compares: Compares = Compares.NOTHING
    # Of hierarchy operators; none: business units.
    hierarchy: Hierarchy | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that it looks at."""
        if self.operator.family in (
            Family.ATTRIBUTE_EQUALITY,
            Family.ATTRIBUTE_ORDER,
        ):
            return self.attribute, str(self.values[0])
        return (self.attribute,)

    @property
    def looks_at_units(self) -> bool:
        """Tell whether it asks for business units, or for what stands above them."""
        return OWNER_BUSINESS_UNIT in self.names or (
            self.operator.family is Family.HIERARCHY and self.hierarchy is None
        )

    @property
    def period_code(self) -> int | None:
        """The code of the fiscal period that it names, if it names one."""
        is_fiscal = self.operator.family is Family.FISCAL
        if not is_fiscal or self.operator is Operator.IN_FISCAL_YEAR:
            return None
        # Of code and year the code comes first.
        return int(self.values[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A condition on the record that an attribute links to; false if there is none."""

    link: Link
    where: "Where"


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """Every one of some conditions; of none: always."""

    conditions: tuple["Where", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one of some conditions, of which there is one at least."""

    conditions: tuple["Where", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The opposite of a condition."""

    condition: "Where"


Where = Condition | Linked | All | AnyOf | Not

EVERYTHING: Final = All()


def leaves_of(where: Where, entity: str) -> Iterator[tuple[str, Condition]]:
    """Return every test of a tree with the entity whose records it looks at."""
    match where:
        case Condition():
            yield entity, where
        case Linked():
            yield from leaves_of(where.where, where.link.entity)
        case Not():
            yield from leaves_of(where.condition, entity)
        case All() | AnyOf():
            for condition in where.conditions:
                yield from leaves_of(condition, entity)


def placed(where: Where, place: str = "where") -> Iterator[tuple[str, Condition]]:
    """Yield every test of a query with its place in it."""
    match where:
        case Condition():
            yield place, where
        case Linked():
            yield from placed(where.where, f"{place}.where")
        case Not():
            yield from placed(where.condition, f"{place}.not")
        case All():
            for index, one in enumerate(where.conditions):
                yield from placed(one, f"{place}.all[{index}]")
        case AnyOf():
            for index, one in enumerate(where.conditions):
                yield from placed(one, f"{place}.any[{index}]")


def looks_at_units(where: Where) -> bool:
    """Tell whether a query asks for business units anywhere."""
    return any(condition.looks_at_units for _, condition in placed(where))


def fits_calendar(where: Where, template: Template) -> bool:
    """Tell whether fiscal years have all periods that a query names."""
    named = {condition.period_code for _, condition in placed(where)}
    return named - {None} <= set(codes_of(template))


def demands_of(where: Where) -> tuple[Where, ...]:
    """Return the conditions that all must hold, if the query is to hold."""
    if isinstance(where, All):
        return tuple(
            demand for condition in where.conditions for demand in demands_of(condition)
        )
    return (where,)
