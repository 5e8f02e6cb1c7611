"""Which elements and attributes of FetchXML are read, and what to use for the others.

What does not narrow the records is left unread; what would narrow them in a way that a
query has no words for is refused by its name.
"""

from collections.abc import Mapping
from typing import Final

from shared.queries.fetchxml_names import FetchXmlError
from shared.queries.fetchxml_parsing import Element

_NO = ("false", "0")
_ONE_BY_ONE: Final = "a query takes all records that match; leave it out"
_AGGREGATES: Final = "goals count and add up by their metric; leave it out"
_ONCE: Final = "a query takes each record once anyway; leave it out"

_READ: Final[Mapping[str, frozenset[str]]] = {
    "fetch": frozenset(
        {
            "latematerialize",
            "mapping",
            "min-active-row-version",
            "no-lock",
            "options",
            "output-format",
            "returntotalrecordcount",
            "savedqueryid",
            "useraworderby",
            "version",
        }
    ),
    "entity": frozenset({"name"}),
    "link-entity": frozenset({"name", "from", "to", "alias", "link-type", "visible"}),
    "filter": frozenset(
        {
            "type",
            "hint",
            "overridequickfindrecordlimitenabled",
            "overridequickfindrecordlimitdisabled",
        }
    ),
    "condition": frozenset(
        {
            "attribute",
            "operator",
            "value",
            "valueof",
            "entityname",
            "uiname",
            "uitype",
            "uihidden",
        }
    ),
    "value": frozenset({"uiname", "uitype"}),
    "attribute": frozenset({"name", "alias", "build", "addedby"}),
    "order": frozenset({"attribute", "alias", "descending", "entityname", "sorttype"}),
    "all-attributes": frozenset(),
    "no-attrs": frozenset(),
}

# By attribute: why it is not taken.
_REFUSED: Final[Mapping[str, str]] = {
    "top": _ONE_BY_ONE,
    "count": _ONE_BY_ONE,
    "page": _ONE_BY_ONE,
    "paging-cookie": _ONE_BY_ONE,
    "aggregate": _AGGREGATES,
    "aggregatelimit": _AGGREGATES,
    "groupby": _AGGREGATES,
    "dategrouping": _AGGREGATES,
    "rowaggregate": _AGGREGATES,
    "distinct": _ONCE,
    "datasource": "records in long term retention are not here; leave it out",
    "utc-offset": "dates are reckoned in the goal's time zone; leave it out",
    "intersect": "links over a table in between are not covered; step through an "
    "attribute that holds the id of one record",
    "isquickfindfields": "quick find is not covered; write conditions with like",
    "xmlns": "FetchXML has no namespace; leave it out",
}
# These may be said where they say no.
_MAY_SAY_NO: Final = ("aggregate", "distinct", "intersect", "isquickfindfields")

_CHILDREN: Final[Mapping[str, tuple[str, ...]]] = {
    "fetch": ("entity", "order"),
    "entity": (
        "attribute",
        "all-attributes",
        "no-attrs",
        "order",
        "filter",
        "link-entity",
    ),
    "link-entity": (
        "attribute",
        "all-attributes",
        "no-attrs",
        "order",
        "filter",
        "link-entity",
    ),
    "filter": ("condition", "filter", "link-entity"),
    "condition": ("value",),
}


def check_covered(element: Element) -> None:
    """Refuse every element and attribute that would go unread."""
    for name, value in element.attributes.items():
        _check_attribute(element, name, value)
    allowed = _CHILDREN.get(element.name, ())
    for child in element.children:
        if child.name not in allowed:
            raise FetchXmlError(
                child.place,
                f"<{_short(child.name)}> does not belong into <{element.name}>; "
                f"allowed are {', '.join(allowed) or 'no elements'}",
            )
        check_covered(child)


def _check_attribute(element: Element, name: str, value: str) -> None:
    read = _READ[element.name]
    # A prefix that is declared changes nothing as long as no name makes use of it.
    if name in read or name.startswith("xmlns:"):
        return
    why = _REFUSED.get(name)
    if why is not None:
        if name not in _MAY_SAY_NO or value.casefold() not in _NO:
            element.refuse(f"{name} is not covered: {why}")
        return
    element.refuse(
        f"the attribute {_short(name)} is not covered; remove it, read are "
        + (", ".join(sorted(read)) or "none")
    )


def _short(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[:length] + "…"
