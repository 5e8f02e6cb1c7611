"""Queries in FetchXML for tests, and what reading them says."""

from typing import Any, Final

from shared.domain.entities import AttributeType
from shared.queries.fetchxml import tree_of, where_json_of
from shared.queries.fetchxml_names import FetchXmlError

TYPES: Final = {
    "opportunity": {
        "value": AttributeType.NUMBER,
        "closes": AttributeType.DATE,
        "created": AttributeType.DATETIME,
        "won": AttributeType.BOOLEAN,
        "name": AttributeType.TEXT,
        "customerid": AttributeType.REFERENCE,
    },
    "account": {"postalcode": AttributeType.TEXT, "staff": AttributeType.NUMBER},
}


def fetch(inside: str, entity: str = "opportunity") -> str:
    """Return a query with this inside its entity."""
    return f'<fetch><entity name="{entity}">{inside}</entity></fetch>'


def filtered(conditions: str, kind: str = "and") -> str:
    """Return a query with one filter."""
    return fetch(f'<filter type="{kind}">{conditions}</filter>')


def link(inside: str = "", link_type: str = "inner", alias: str | None = None) -> str:
    """Return a link from an opportunity to its customer."""
    called = "" if alias is None else f' alias="{alias}"'
    return (
        '<link-entity name="account" from="accountid" to="customerid" '
        f'link-type="{link_type}"{called}>{inside}</link-entity>'
    )


def json_of(text: str) -> Any:
    """Return the conditions that a query reads as."""
    return where_json_of(text, TYPES)[1]


def fault_of(text: str) -> FetchXmlError:
    """Return why a query is not taken."""
    try:
        found = tree_of(text, TYPES)
    except FetchXmlError as fault:
        return fault
    raise AssertionError(found)
