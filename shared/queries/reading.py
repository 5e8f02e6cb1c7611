"""Conditions as JSON, read into a tree, and written back.

What no reader could understand is refused here, with the place in the query.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from shared.domain.entities import AttributeType
from shared.domain.goals import ID_LENGTH_MAX, Link
from shared.queries.conditions import (
    BESIDES,
    EVERYTHING,
    OWNER,
    OWNER_BUSINESS_UNIT,
    STATE,
    STATUS,
    All,
    AnyOf,
    Compares,
    Condition,
    Hierarchy,
    Linked,
    Not,
    Where,
)
from shared.queries.operands import (
    COMPARES,
    LISTS,
    PAIRS,
    as_state,
    compared_as,
    kept,
    operands_of,
)
from shared.queries.operators import TYPES, Family, Operator
from shared.queries.unreadable import (
    UnreadableQueryError,
    keys,
    refuse_others,
    shown,
)

CONDITIONS_MAX: Final = 500
LINKS_MAX: Final = 15
NESTING_MAX: Final = 20

# The declared types of attributes, by entity and name.
Types = Mapping[str, Mapping[str, AttributeType]]

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
WITHOUT_VALUE: Final = (Family.NULL, Family.SPAN, Family.MANAGER, Family.MANAGER_UNIT)


def where_of(
    value: object, entity: str, types: Types, *, place: str = "where"
) -> Where:
    """Return the tree of a query's conditions; none: everything matches."""
    if value is None:
        return EVERYTHING
    return _Reading(types).condition(value, entity, place, depth=0)


class _Reading:
    """Reads one query, and counts what it may not have too much of."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._links: dict[str, int] = {}

    def condition(self, value: object, entity: str, place: str, *, depth: int) -> Where:
        if not isinstance(value, dict):
            raise UnreadableQueryError(
                place,
                f"found {shown(value)} where a condition is needed; write an object "
                'such as {"attribute": "name", "operator": "eq", "value": "x"}',
            )
        if depth > NESTING_MAX:
            raise UnreadableQueryError(
                place,
                f"groups and links nest deeper than {NESTING_MAX}; flatten the query",
            )
        readers: dict[str, Callable[[dict[str, Any], str, str, int], Where]] = {
            "all": self._all,
            "any": self._any,
            "not": self._not,
            "link": self._linked,
            "attribute": self._test,
        }
        named = [name for name in readers if name in value]
        if len(named) != 1:
            found = " and ".join(named) if named else keys(value)
            raise UnreadableQueryError(
                place,
                f"found {found}; a condition has exactly one of all, any, not, link, "
                "attribute",
            )
        return readers[named[0]](value, entity, place, depth)

    def _all(self, value: dict[str, Any], entity: str, place: str, depth: int) -> Where:
        return All(conditions=tuple(self._group("all", value, entity, place, depth)))

    def _any(self, value: dict[str, Any], entity: str, place: str, depth: int) -> Where:
        conditions = tuple(self._group("any", value, entity, place, depth))
        if not conditions:
            raise UnreadableQueryError(
                f"{place}.any", "it is empty and matches nothing; add a condition"
            )
        return AnyOf(conditions=conditions)

    def _group(
        self, name: str, value: dict[str, Any], entity: str, place: str, depth: int
    ) -> Iterator[Where]:
        refuse_others(value, (name,), place)
        members = value[name]
        if not isinstance(members, list):
            raise UnreadableQueryError(
                f"{place}.{name}",
                f"found {shown(members)}; write a list of conditions",
            )
        if len(members) > CONDITIONS_MAX:
            raise UnreadableQueryError(
                f"{place}.{name}",
                f"{len(members)} conditions, {CONDITIONS_MAX} are allowed in a group; "
                "use `in` for lists of values",
            )
        for index, member in enumerate(members):
            yield self.condition(
                member, entity, f"{place}.{name}[{index}]", depth=depth + 1
            )

    def _not(self, value: dict[str, Any], entity: str, place: str, depth: int) -> Where:
        refuse_others(value, ("not",), place)
        return Not(
            condition=self.condition(
                value["not"], entity, f"{place}.not", depth=depth + 1
            )
        )

    def _linked(
        self, value: dict[str, Any], entity: str, place: str, depth: int
    ) -> Where:
        del entity  # a link starts at whatever record it stands in
        refuse_others(value, ("link", "entity", "where"), place)
        link = _name(value.get("link"), f"{place}.link", "the attribute with the id")
        if link.startswith("@"):
            raise UnreadableQueryError(
                f"{place}.link",
                f"{link} is no link; name an attribute that holds an id",
            )
        leads_to = _entity(value.get("entity"), f"{place}.entity")
        self._links[leads_to] = self._links.get(leads_to, 0) + 1
        if self._links[leads_to] > LINKS_MAX:
            raise UnreadableQueryError(
                f"{place}.entity",
                f"{leads_to} is linked more than {LINKS_MAX} times in this query; "
                "put conditions on the same link together",
            )
        where = value.get("where")
        return Linked(
            link=Link(link=link, entity=leads_to),
            where=EVERYTHING
            if where is None
            else self.condition(where, leads_to, f"{place}.where", depth=depth + 1),
        )

    def _test(
        self, value: dict[str, Any], entity: str, place: str, depth: int
    ) -> Where:
        del depth
        operator = _operator(value.get("operator"), f"{place}.operator")
        attribute = _attribute(value["attribute"], f"{place}.attribute")
        allowed: tuple[str, ...] = ("attribute", "operator", "value")
        if operator.family is Family.HIERARCHY:
            allowed += ("entity", "via")
        refuse_others(value, allowed, place)
        found = self._type(entity, attribute)
        _check_type(operator, attribute, found, f"{place}.operator")
        family = operator.family
        if family in WITHOUT_VALUE:
            if value.get("value") is not None:
                raise UnreadableQueryError(
                    f"{place}.value", f"{operator} takes no value; leave it out"
                )
            return Condition(attribute=attribute, operator=operator)
        given = value.get("value")
        at = f"{place}.value"
        if family in (Family.ATTRIBUTE_EQUALITY, Family.ATTRIBUTE_ORDER):
            return self._beside(operator, attribute, given, entity, at)
        operands = operands_of(operator, given, at)
        if attribute in (STATE, STATUS):
            operands = [(as_state(operand), where) for operand, where in operands]
        hierarchy = (
            _hierarchy(value, attribute, place) if family is Family.HIERARCHY else None
        )
        compares = compared_as(family, attribute, found, operands)
        return Condition(
            attribute=attribute,
            operator=operator,
            values=tuple(
                kept(operator, compares, operand, where) for operand, where in operands
            ),
            compares=compares,
            hierarchy=hierarchy,
        )

    def _beside(
        self, operator: Operator, attribute: str, given: object, entity: str, at: str
    ) -> Where:
        other = _attribute(given, at)
        mine, theirs = self._type(entity, attribute), self._type(entity, other)
        _check_type(operator, other, theirs, at)
        if mine is None or theirs is None:
            compares = Compares.AS_FOUND
        elif COMPARES[mine] is not COMPARES[theirs]:
            raise UnreadableQueryError(
                at,
                f"{attribute} is {mine} and {other} is {theirs}; compare attributes "
                "that hold the same",
            )
        else:
            compares = COMPARES[mine]
        return Condition(
            attribute=attribute, operator=operator, values=(other,), compares=compares
        )

    def _type(self, entity: str, attribute: str) -> AttributeType | None:
        if attribute in BESIDES:
            return AttributeType.TEXT
        return self._types.get(entity, {}).get(attribute)


def _check_type(
    operator: Operator, attribute: str, found: AttributeType | None, place: str
) -> None:
    if attribute == OWNER and operator.family not in (
        Family.EQUALITY,
        Family.NULL,
        Family.MANAGER,
    ):
        raise UnreadableQueryError(
            place,
            f"{operator} does not apply to {OWNER}; allowed are eq, ne, in, not-in, "
            "null, not-null and those of the goal's manager, such as eq-userid",
        )
    if found is not None and found not in TYPES[operator.family]:
        fitting = sorted(other for other in Operator if found in TYPES[other.family])
        raise UnreadableQueryError(
            place,
            f"{operator} does not apply to {attribute}, which is {found}; allowed are "
            + ", ".join(fitting),
        )


def _hierarchy(value: dict[str, Any], attribute: str, place: str) -> Hierarchy | None:
    entity, via = value.get("entity"), value.get("via")
    if entity is None and via is None:
        return None
    if attribute == OWNER_BUSINESS_UNIT:
        raise UnreadableQueryError(
            f"{place}.entity",
            f"{OWNER_BUSINESS_UNIT} is a business unit; leave out entity and via",
        )
    if entity is None or via is None:
        missing = "entity" if entity is None else "via"
        raise UnreadableQueryError(
            f"{place}.{missing}",
            f"a hierarchy of records needs entity and via; add {missing}, or leave out "
            "both to mean business units",
        )
    return Hierarchy(
        entity=_entity(entity, f"{place}.entity"),
        via=_name(via, f"{place}.via", "the attribute with the id of the one above"),
    )


def _operator(value: object, place: str) -> Operator:
    try:
        return Operator(str(value))
    except ValueError:
        raise UnreadableQueryError(
            place,
            f"found {shown(value)}; allowed are " + ", ".join(Operator),
        ) from None


def _attribute(value: object, place: str) -> str:
    name = _name(value, place, "an attribute")
    if name.startswith("@") and name not in BESIDES:
        raise UnreadableQueryError(
            place,
            f"found {name}; beside attributes there are " + ", ".join(BESIDES),
        )
    return name


def _entity(value: object, place: str) -> str:
    name = _name(value, place, "an entity")
    if "/" in name:
        raise UnreadableQueryError(
            place, f"found {name}; the name of an entity holds no /"
        )
    return name


def _name(value: object, place: str, what: str) -> str:
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= ID_LENGTH_MAX
        or _CONTROL.search(value)
    ):
        raise UnreadableQueryError(
            place,
            f"found {shown(value)}; write the name of {what}, 1 to {ID_LENGTH_MAX} "
            "plain characters",
        )
    return value


def as_json(where: Where) -> dict[str, Any]:
    """Return conditions as JSON that reads as the same tree."""
    match where:
        case All():
            return {"all": [as_json(one) for one in where.conditions]}
        case AnyOf():
            return {"any": [as_json(one) for one in where.conditions]}
        case Not():
            return {"not": as_json(where.condition)}
        case Linked():
            return {
                "link": where.link.link,
                "entity": where.link.entity,
                "where": as_json(where.where),
            }
        case Condition():
            return _test_as_json(where)


def _test_as_json(test: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {
        "attribute": test.attribute,
        "operator": str(test.operator),
    }
    if test.operator in LISTS or test.operator in PAIRS:
        found["value"] = list(test.values)
    elif test.values:
        found["value"] = test.values[0]
    if test.hierarchy is not None:
        found |= {"entity": test.hierarchy.entity, "via": test.hierarchy.via}
    return found
