"""Writing FetchXML: what it looks like, and what it cannot say."""

from typing import Any

import pytest

from shared.queries.conditions import Where
from shared.queries.fetchxml import tree_of
from shared.queries.fetchxml_names import SIZE_MAX, FetchXmlError
from shared.queries.fetchxml_writing import fetchxml_of
from shared.queries.reading import where_of
from tests.queries.fetched import TYPES

WHERE = {
    "all": [
        {"attribute": "@state", "operator": "eq", "value": "open"},
        {
            "any": [
                {"attribute": "value", "operator": "between", "value": ["1.50", 1000]},
                {"not": {"attribute": "won", "operator": "eq", "value": True}},
            ]
        },
        {
            "link": "customerid",
            "entity": "account",
            "where": {"attribute": "name", "operator": "eq", "value": 'R&D "x" <é>\n'},
        },
    ]
}

WRITTEN = """<fetch version="1.0" mapping="logical">
  <entity name="opportunity">
    <attribute name="opportunityid" />
    <filter type="and">
      <condition attribute="statecode" operator="eq" value="open" />
      <filter type="or">
        <condition attribute="value" operator="between">
          <value>1.50</value>
          <value>1000</value>
        </condition>
        <filter type="or">
          <condition attribute="won" operator="ne" value="1" />
          <condition attribute="won" operator="null" />
        </filter>
      </filter>
    </filter>
    <link-entity name="account" from="accountid" to="customerid" link-type="inner">
      <filter type="and">
        <condition attribute="name" operator="eq" \
value="R&amp;D &quot;x&quot; &lt;é&gt;&#10;" />
      </filter>
    </link-entity>
  </entity>
</fetch>
"""


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


def negated(where: object) -> dict[str, Any]:
    """Return the opposite of a condition."""
    return {"not": where}


def written(where: object) -> str:
    """Write conditions of opportunities."""
    return fetchxml_of(where_of(where, "opportunity", TYPES), "opportunity")


def again(where: object) -> Where:
    """Write conditions and read them."""
    entity, found = tree_of(written(where), TYPES)
    assert entity == "opportunity"
    return found


def read(where: object) -> Where:
    """Read conditions of opportunities."""
    return where_of(where, "opportunity", TYPES)


def test_a_query_is_written_as_people_write_it() -> None:
    """Links that all must have stand beside the filter; values are escaped."""
    assert written(WHERE) == WRITTEN


@pytest.mark.parametrize(
    "where",
    [
        one("@id", "in", ["O1", "O2"]),
        one("@owner", "in", [{"type": "user", "id": "R0"}, "team/T0", "R1", "user"]),
        one("@owner_business_unit", "not-under", "north"),
        one("@owner", "eq-userid"),
        one("value", "gt", "0.10"),
        one("won", "ne", value=False),
        one("closes", "last-x-fiscal-periods", 2),
        one("created", "in-fiscal-period-and-year", [101, 2026]),
        one("name", "begins-with", " 100% [sic] "),
        one("name", "in", [" a\t", "\r\n", "]]>"]),
        one("nobody", "eq", "12"),
        one("nobody", "gt", 12),
        one("value", "ge-attribute", "other"),
        {"link": "customerid", "entity": "account"},
        {
            "any": [
                one("name", "null"),
                negated({"link": "customerid", "entity": "account"}),
            ]
        },
        {
            "all": [
                one("name", "null"),
                {
                    "link": "customerid",
                    "entity": "account",
                    "where": {
                        "all": [
                            one("staff", "lt", 5),
                            {"link": "parent", "entity": "account"},
                        ]
                    },
                },
            ]
        },
    ],
)
def test_what_is_written_reads_as_the_same(where: object) -> None:
    """These come back as the tree that they were."""
    assert again(where) == read(where)


@pytest.mark.parametrize(
    ("where", "same"),
    [
        (negated(one("name", "null")), one("name", "not-null")),
        (negated(one("@owner", "ne-userid")), one("@owner", "eq-userid")),
        (negated(one("a", "eq-businessid")), one("a", "ne-businessid")),
        (
            negated(one("name", "in", ["x", "y"])),
            {"any": [one("name", "not-in", ["x", "y"]), one("name", "null")]},
        ),
        (
            negated(one("a", "eq-attribute", "b")),
            {
                "any": [
                    one("a", "ne-attribute", "b"),
                    one("a", "null"),
                    one("b", "null"),
                ]
            },
        ),
        (
            negated(one("@owner_business_unit", "under", "north")),
            {
                "any": [
                    one("@owner_business_unit", "not-under", "north"),
                    one("@owner_business_unit", "null"),
                ]
            },
        ),
        (
            negated({"any": [one("a", "null"), negated(one("b", "like", "x%"))]}),
            {"all": [one("a", "not-null"), one("b", "like", "x%")]},
        ),
        (
            negated({"all": [one("a", "null"), one("b", "null")]}),
            {"any": [one("a", "not-null"), one("b", "not-null")]},
        ),
        (negated({"all": []}), one("@id", "null")),
        ({"any": [{"all": []}]}, one("@id", "not-null")),
        (
            negated(negated({"link": "customerid", "entity": "account"})),
            {"link": "customerid", "entity": "account"},
        ),
        (
            negated(
                {
                    "link": "customerid",
                    "entity": "account",
                    "where": negated(one("staff", "null")),
                }
            ),
            negated(
                {
                    "link": "customerid",
                    "entity": "account",
                    "where": one("staff", "not-null"),
                }
            ),
        ),
    ],
)
def test_not_is_pushed_inwards(where: object, same: object) -> None:
    """FetchXML has no `not`: the opposite is said, with null where it is one."""
    assert again(where) == read(same)


@pytest.mark.parametrize(
    ("where", "place", "words"),
    [
        (negated(one("closes", "today")), "where.not", "the opposite of today; say"),
        (negated(one("value", "gt", 5)), "where.not", "gt; write le, or any of le"),
        (negated(one("name", "like", "x%")), "where.not", "write not-like"),
        (negated(one("a", "gt-attribute", "b")), "where.not", "opposite of gt-attr"),
        (
            negated({"all": [one("a", "null"), one("closes", "on", "2026-11-21")]}),
            "where.not.all[1]",
            "opposite of on",
        ),
        (
            {
                "all": [
                    {
                        "attribute": "customerid",
                        "operator": "eq-or-under",
                        "value": "A0",
                        "entity": "account",
                        "via": "parentaccountid",
                    }
                ]
            },
            "where.all[0].operator",
            "FetchXML says eq-or-under of @owner_business_unit only",
        ),
        (one("unit", "under", "north"), "where.operator", "only; read the query"),
        (one("name", "like", "[a]%"), "where.value", "begins a set of characters"),
        (one("nobody", "eq", 5), "where.value", "nobody declared what nobody holds"),
        (one("nobody", "in", ["x", True]), "where.value", "declare it under"),
        (one("statecode", "null"), "where.attribute", "means something else"),
        (one("a", "eq-attribute", "ownerid"), "where.value", "something"),
        (one("opportunityid", "null"), "where.attribute", "cannot be named"),
        (one("name", "eq", "a\x01b"), "where.value", "U+0001 has no place in XML"),
        (one("name", "eq", "\ufffe"), "where.value", "U+FFFE has no place"),
        (
            one("name", "eq", "{6c3be16f-943b-e111-9ae4-00155d010a39}"),
            "where.value",
            "without braces",
        ),
        (
            {
                "link": "customerid",
                "entity": "account",
                "where": {"link": "owner", "entity": "systemuser"},
            },
            "where.where.link",
            "uses the name otherwise",
        ),
        (
            {"any": [{"link": "statecode", "entity": "account"}]},
            "where.any[0].link",
            "by statecode to account",
        ),
        (
            {"any": [one("name", "eq", "x" * 4_000)] * 100},
            "where",
            f"{SIZE_MAX} are allowed",
        ),
    ],
)
def test_what_fetchxml_cannot_say_is_refused(
    where: object, place: str, words: str
) -> None:
    """The place is that in the query, and the word what to do."""
    with pytest.raises(FetchXmlError) as refused:
        written(where)

    assert refused.value.place == place
    assert words in refused.value.detail
