"""A query's tree as FetchXML that reads as a tree with the same answers.

What FetchXML cannot say is refused, with the place in the query.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from shared.domain.goals import PrincipalType
from shared.queries.conditions import (
    EVERYTHING,
    OWNER,
    OWNER_BUSINESS_UNIT,
    All,
    AnyOf,
    Compares,
    Condition,
    Linked,
    Not,
    Value,
    Where,
)
from shared.queries.fetchxml_joins import TABLES_OF_PEOPLE
from shared.queries.fetchxml_names import (
    BESIDE,
    OWNER_TABLES,
    SIZE_MAX,
    FetchXmlError,
    called_in,
    key_of,
)
from shared.queries.fetchxml_negating import ALWAYS, NEVER, opposite_of
from shared.queries.fetchxml_values import BRACED, LISTS, PATTERNS, SETS
from shared.queries.operators import Family

_BESIDE: Final = {beside: operator for operator, beside in BESIDE.items()}
_TABLES: Final = {kind: table for table, kind in OWNER_TABLES.items()}
# What XML 1.0 has no way to write.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES: Final = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\t": "&#9;",
        "\n": "&#10;",
        "\r": "&#13;",
    }
)


def fetchxml_of(where: Where, entity: str) -> str:
    """Return a query over an entity in FetchXML."""
    lines = [
        '<fetch version="1.0" mapping="logical">',
        f'  <entity name="{_escaped(entity, "entity")}">',
        f'    <attribute name="{_escaped(key_of(entity), "entity")}" />',
        *_indented(_demands(where, entity, "where"), "    "),
        "  </entity>",
        "</fetch>",
        "",
    ]
    text = "\n".join(lines)
    size = len(text.encode())
    if size > SIZE_MAX:
        raise FetchXmlError(
            "where", f"it takes {size} bytes of FetchXML, {SIZE_MAX} are allowed"
        )
    return text


def _demands(where: Where, entity: str, place: str) -> Iterator[str]:
    """Write what all must hold: a filter, and beside it the links."""
    members = _members(where) if isinstance(where, All) else [(where, "")]
    tests = [one for one in members if not isinstance(one[0], Linked)]
    if tests:
        yield from _group("and", tests, entity, place, negated=False)
    for member, at in members:
        if isinstance(member, Linked):
            yield from _link(member, "inner", place + at, entity)


def _members(group: All | AnyOf) -> list[tuple[Where, str]]:
    """Return the members of a group, each with its place in it."""
    name = "all" if isinstance(group, All) else "any"
    return [(one, f".{name}[{at}]") for at, one in enumerate(group.conditions)]


def _group(
    kind: str,
    members: Sequence[tuple[Where, str]],
    entity: str,
    place: str,
    *,
    negated: bool,
) -> Iterator[str]:
    yield f'<filter type="{kind}">'
    for member, at in members:
        lines = _member(member, entity, place + at, negated=negated)
        yield from _indented(lines, "  ")
    yield "</filter>"


def _member(
    where: Where, entity: str, place: str, *, negated: bool = False
) -> Iterator[str]:
    """Write one member of a filter, or its opposite."""
    match where:
        case Not():
            yield from _member(
                where.condition, entity, f"{place}.not", negated=not negated
            )
        case All(conditions=()):
            # An empty filter says nothing, also where it should say that all match.
            yield from _test(NEVER if negated else ALWAYS, entity, place)
        case All() | AnyOf():
            kind = "and" if isinstance(where, All) is not negated else "or"
            yield from _group(kind, _members(where), entity, place, negated=negated)
        case Linked():
            yield from _link(where, "not any" if negated else "any", place, entity)
        case Condition() if negated:
            yield from _member(opposite_of(where, place), entity, place)
        case Condition():
            yield from _test(where, entity, place)


def _link(linked: Linked, link_type: str, place: str, entity: str) -> Iterator[str]:
    link, leads_to = linked.link.link, linked.link.entity
    if leads_to in TABLES_OF_PEOPLE or called_in(entity, link) != link:
        raise FetchXmlError(
            f"{place}.link",
            f"FetchXML reads a link by {link} to {leads_to} as something else, for "
            "it uses the name otherwise; rename it in the records",
        )
    opened = (
        f'<link-entity name="{_escaped(leads_to, f"{place}.entity")}" '
        f'from="{_escaped(key_of(leads_to), f"{place}.entity")}" '
        f'to="{_escaped(link, f"{place}.link")}" link-type="{link_type}">'
    )
    inside = [] if linked.where == EVERYTHING else [linked.where]
    yield opened
    for where in inside:
        yield from _indented(_demands(where, leads_to, f"{place}.where"), "  ")
    yield "</link-entity>"


def _test(test: Condition, entity: str, place: str) -> Iterator[str]:
    _check_sayable(test, place)
    operator = _BESIDE.get(test.operator, test.operator)
    called = _called(test.attribute, entity, f"{place}.attribute")
    opened = f'<condition attribute="{called}" operator="{operator}"'
    if operator is not test.operator:
        other = _called(str(test.values[0]), entity, f"{place}.value")
        yield f'{opened} valueof="{other}" />'
    elif operator in LISTS:
        yield f"{opened}>"
        for value in test.values:
            text, kind = _said(test, value, place)
            yield f"  <value{kind}>{text}</value>"
        yield "</condition>"
    elif test.values:
        text, kind = _said(test, test.values[0], place)
        yield f'{opened} value="{text}"{kind} />'
    else:
        yield f"{opened} />"


def _check_sayable(test: Condition, place: str) -> None:
    is_unit = test.attribute == OWNER_BUSINESS_UNIT
    if test.operator.family is Family.HIERARCHY and not is_unit:
        raise FetchXmlError(
            f"{place}.operator",
            f"FetchXML says {test.operator} of {OWNER_BUSINESS_UNIT} only; read the "
            "query as where",
        )
    if test.operator in PATTERNS and SETS in str(test.values[0]):
        raise FetchXmlError(
            f"{place}.value",
            f"in FetchXML {SETS} begins a set of characters; use begins-with, "
            "ends-with or eq",
        )
    if test.compares is Compares.AS_GIVEN and not all(
        isinstance(value, str) for value in test.values
    ):
        raise FetchXmlError(
            f"{place}.value",
            f"FetchXML has text only, and nobody declared what {test.attribute} holds; "
            "declare it under /v1/entities",
        )


def _called(attribute: str, entity: str, place: str) -> str:
    called = called_in(entity, attribute)
    if called is None:
        raise FetchXmlError(
            place,
            f"{attribute} means something else in FetchXML; it cannot be named there",
        )
    return _escaped(called, place)


def _said(test: Condition, value: Value, place: str) -> tuple[str, str]:
    """Return a value as text, and of which table it is said to be."""
    if isinstance(value, bool):
        return "1" if value else "0", ""
    text = format(value, "f") if isinstance(value, Decimal) else value
    kind, slash, name = text.partition("/")
    uitype = ""
    if test.attribute == OWNER and slash and kind in tuple(PrincipalType):
        text = name
        uitype = f' uitype="{_TABLES[PrincipalType(kind)]}"'
    if BRACED.fullmatch(text):
        raise FetchXmlError(
            f"{place}.value",
            f"{text} stands for the id without braces in FetchXML; write it so",
        )
    return _escaped(text, f"{place}.value"), uitype


def _escaped(text: str, place: str) -> str:
    found = _UNWRITABLE.search(text)
    if found is not None:
        raise FetchXmlError(
            place,
            f"the character U+{ord(found[0]):04X} has no place in XML; remove it",
        )
    return text.translate(_ESCAPES)


def _indented(lines: Iterator[str], indent: str) -> Iterator[str]:
    return (indent + line for line in lines)
