"""The operator and the values of a condition in FetchXML, where everything is text."""

import re
from typing import Any, Final

from shared.domain.entities import AttributeType
from shared.queries.conditions import OWNER, OWNER_BUSINESS_UNIT
from shared.queries.fetchxml_names import BESIDE, OWNER_TABLES
from shared.queries.fetchxml_parsing import Element
from shared.queries.operators import Family, Operator

BRACED: Final = re.compile(
    r"\{([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}", re.ASCII
)
# Of patterns: in SQL Server, which Dynamics asks, these hold sets of characters.
SETS: Final = "["
PATTERNS: Final = (Operator.LIKE, Operator.NOT_LIKE)

_BOOLEANS: Final = {"1": True, "true": True, "0": False, "false": False}
LISTS: Final = (
    Operator.IN,
    Operator.NOT_IN,
    Operator.BETWEEN,
    Operator.NOT_BETWEEN,
    Operator.IN_FISCAL_PERIOD_AND_YEAR,
    Operator.IN_OR_BEFORE_FISCAL_PERIOD_AND_YEAR,
    Operator.IN_OR_AFTER_FISCAL_PERIOD_AND_YEAR,
)
_ALSO_CALLED: Final = {"neq": Operator.NE}
_USE_INSTEAD: Final = {
    "contain-values": "an attribute holds one value; use in, or any of several like",
    "not-contain-values": "an attribute holds one value; use not-in, or several "
    "not-like",
    "eq-userlanguage": "users have no language here; compare with eq",
}


def operator_of(element: Element) -> Operator:
    """Return what a condition asks, values apart."""
    said = element.attributes.get("operator")
    if said is None:
        element.refuse("operator is missing; give one, such as eq")
    if said in _ALSO_CALLED:
        return _ALSO_CALLED[said]
    try:
        operator = Operator(said)
    except ValueError:
        operator = None
    if operator is None or operator in BESIDE.values():
        advice = _USE_INSTEAD.get(
            said,
            "allowed are "
            + ", ".join(one for one in Operator if one not in BESIDE.values()),
        )
        element.refuse(f'the operator "{said[:60]}" is not covered: {advice}')
    return operator


def test_of(
    element: Element, attribute: str, declared: AttributeType | None
) -> dict[str, Any]:
    """Return a condition on an attribute, by the name that it has here."""
    operator = operator_of(element)
    if operator.family is Family.HIERARCHY and attribute != OWNER_BUSINESS_UNIT:
        element.refuse(
            f"{operator} is covered for owningbusinessunit only, for FetchXML does not "
            "say by which attribute the others stand under one another; send the query "
            f'as where, with {{"attribute": "{attribute[:60]}", "operator": '
            f'"{operator}", "value": …, "entity": …, "via": …}}'
        )
    found: dict[str, Any] = {"attribute": attribute, "operator": str(operator)}
    values = [_value_of(*one, attribute=attribute) for one in _said(element)]
    if operator in PATTERNS and any(SETS in one for one in values):
        element.refuse(
            f"{operator} with a set such as [a-c] is not covered; write a like for "
            "each, in a filter of type or"
        )
    given: list[Any] = list(values)
    if operator.family is Family.EQUALITY and declared is AttributeType.BOOLEAN:
        given = [_BOOLEANS.get(one.casefold(), one) for one in values]
    if operator in LISTS:
        return found | {"value": given}
    if len(given) > 1:
        element.refuse(f"{len(given)} values; {operator} takes one at most")
    return found | {"value": given[0]} if given else found


def beside_of(element: Element) -> tuple[Operator, str]:
    """Return how an attribute is compared with which other one."""
    operator, other = operator_of(element), element.attributes["valueof"]
    if operator not in BESIDE:
        element.refuse(
            f"{operator} does not compare attributes; with valueof use "
            + ", ".join(BESIDE)
        )
    if "value" in element.attributes or element.children:
        element.refuse("it has both valueof and a value; leave out one of them")
    if "." in other:
        element.refuse(
            f"valueof is {other[:60]}, and attributes of linked records are not "
            "compared; name an attribute of the same record"
        )
    return BESIDE[operator], other


def _said(element: Element) -> list[tuple[str, str | None]]:
    """Return the values that are given, each with the table it is of."""
    inside = [(one.text, one.attributes.get("uitype")) for one in element.children]
    alone = element.attributes.get("value")
    if alone is None:
        return inside
    if inside:
        element.refuse("it has both value and <value>; leave out one of them")
    return [(alone, element.attributes.get("uitype"))]


def _value_of(text: str, table: str | None, *, attribute: str) -> str:
    braced = BRACED.fullmatch(text)
    if braced is not None:
        text = braced[1].lower()
    kind = OWNER_TABLES.get(table or "")
    return f"{kind}/{text}" if attribute == OWNER and kind is not None else text
