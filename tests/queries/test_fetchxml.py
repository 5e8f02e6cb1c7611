"""Reading FetchXML: what each part of it comes to, and what is refused by name."""

from typing import Any

import pytest

from shared.queries.fetchxml import tree_of, where_json_of
from shared.queries.operators import Family, Operator
from shared.queries.reading import where_of
from tests.queries.fetched import TYPES, fault_of, fetch, filtered, json_of, link

ADVANCED_FIND = """<fetch version="1.0" output-format="xml-platform" mapping="logical"
    distinct="false">
  <entity name="opportunity">
    <attribute name="name" />
    <attribute name="opportunityid" />
    <order attribute="name" descending="false" />
    <filter type="and">
      <condition attribute="statecode" operator="eq" value="0" />
      <condition attribute="ownerid" operator="eq-userid" />
      <filter type="or">
        <condition attribute="value" operator="gt" value="1000" />
        <condition attribute="stage" operator="in">
          <value>propose</value>
          <value>close</value>
        </condition>
      </filter>
    </filter>
    <link-entity name="account" from="accountid" to="customerid" link-type="inner"
        alias="aa">
      <filter type="and">
        <condition attribute="postalcode" operator="eq" value="60661" />
      </filter>
    </link-entity>
  </entity>
</fetch>
"""


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    found = {"attribute": attribute, "operator": operator}
    return found if value is None else found | {"value": value}


def test_a_query_from_advanced_find_reads_as_one_would_say_it() -> None:
    """Filters, nested ones and linked entities all hold together."""
    entity, where = where_json_of(ADVANCED_FIND, TYPES)

    assert entity == "opportunity"
    assert where == {
        "all": [
            one("@state", "eq", "0"),
            one("@owner", "eq-userid"),
            {
                "any": [
                    one("value", "gt", "1000"),
                    one("stage", "in", ["propose", "close"]),
                ]
            },
            {
                "link": "customerid",
                "entity": "account",
                "where": one("postalcode", "eq", "60661"),
            },
        ]
    }
    assert tree_of(ADVANCED_FIND, TYPES)[1] == where_of(where, entity, TYPES)


@pytest.mark.parametrize(
    ("called", "attribute"),
    [
        ("statecode", "@state"),
        ("statuscode", "@status"),
        ("ownerid", "@owner"),
        ("owningbusinessunit", "@owner_business_unit"),
        ("opportunityid", "@id"),
        ("accountid", "accountid"),
    ],
)
def test_what_stands_beside_attributes_has_the_names_of_dataverse(
    called: str, attribute: str
) -> None:
    """State, status, owner and id are called as Dataverse calls them."""
    found = json_of(filtered(f'<condition attribute="{called}" operator="not-null"/>'))

    assert found == one(attribute, "not-null")


def test_activities_share_the_name_of_their_key() -> None:
    """A phone call's id is called as that of every activity."""
    text = fetch(
        '<filter><condition attribute="activityid" operator="eq" value="P1"/></filter>',
        "phonecall",
    )

    assert json_of(text) == one("@id", "eq", "P1")


def test_a_value_is_read_by_the_declared_type() -> None:
    """True and false are written as 1 and 0; numbers and dates are text anyway."""
    found = json_of(
        filtered(
            '<condition attribute="won" operator="eq" value="1"/>'
            '<condition attribute="won" operator="in"><value>False</value></condition>'
            '<condition attribute="nobody" operator="eq" value="1"/>'
            '<condition attribute="closes" operator="last-x-days" value="7"/>'
        )
    )

    assert found["all"] == [
        one("won", "eq", True),
        one("won", "in", [False]),
        one("nobody", "eq", "1"),
        one("closes", "last-x-days", "7"),
    ]


def test_an_id_in_braces_is_the_id() -> None:
    """Advanced Find writes ids in braces and capitals; records carry them without."""
    braced = "{6C3BE16F-943B-E111-9AE4-00155D010A39}"
    found = json_of(
        filtered(
            f'<condition attribute="customerid" operator="eq" value="{braced}"/>'
            f'<condition attribute="ownerid" operator="in">'
            f'<value uiname="Ann" uitype="systemuser">{braced}</value>'
            '<value uitype="team">T0</value><value>R0</value></condition>'
        )
    )
    plain = "6c3be16f-943b-e111-9ae4-00155d010a39"

    assert found["all"] == [
        one("customerid", "eq", plain),
        one("@owner", "in", [f"user/{plain}", "team/T0", "R0"]),
    ]


def test_neq_is_ne() -> None:
    """The older name of the operator is taken too."""
    text = filtered('<condition attribute="name" operator="neq" value="x"/>')

    assert json_of(text) == one("name", "ne", "x")


def test_an_attribute_is_compared_with_another() -> None:
    """`valueof` names another attribute of the same record."""
    text = filtered('<condition attribute="a" operator="gt" valueof="statecode"/>')

    assert json_of(text) == one("a", "gt-attribute", "@state")


def test_an_empty_filter_says_nothing() -> None:
    """Advanced Find leaves empty filters behind; every record matches them."""
    assert json_of(fetch('<filter type="and"/>')) == {"all": []}
    assert json_of(fetch("")) == {"all": []}
    assert json_of(
        filtered('<filter/><condition attribute="a" operator="null"/>', "or")
    ) == one("a", "null")


def test_several_filters_all_hold() -> None:
    """Two filters beside each other are one demand."""
    test = '<condition attribute="{}" operator="null"/>'
    text = fetch(
        f"<filter>{test.format('a')}</filter>"
        f'<filter type="or">{test.format("b")}{test.format("c")}</filter>'
    )

    assert json_of(text) == {
        "all": [one("a", "null"), {"any": [one("b", "null"), one("c", "null")]}]
    }


def test_links_in_filters() -> None:
    """`any` asks for a linked record, `not any` for none, wherever they stand."""
    inside = '<filter><condition attribute="staff" operator="gt" value="5"/></filter>'
    there = {
        "link": "customerid",
        "entity": "account",
        "where": one("staff", "gt", "5"),
    }

    assert json_of(filtered(link(inside, "any"))) == there
    assert json_of(filtered(link(inside, "exists"))) == there
    assert json_of(filtered(link(inside, "not any"), "or")) == {"not": there}
    assert json_of(fetch(link(inside, "not any"))) == {"not": there}


def test_links_lead_on() -> None:
    """A linked entity inside another is a step further."""
    inner = (
        '<link-entity name="contact" from="contactid" to="primarycontactid">'
        "</link-entity>"
    )

    assert json_of(fetch(link(inner))) == {
        "link": "customerid",
        "entity": "account",
        "where": {"link": "primarycontactid", "entity": "contact"},
    }


def test_no_data_in_a_joined_entity() -> None:
    """The way of Advanced Find to ask for records that link to nothing."""
    test = '<condition entityname="aa" attribute="accountid" operator="null"/>'
    text = fetch(f"<filter>{test}</filter>{link('', 'outer', 'aa')}")
    there = {"link": "customerid", "entity": "account"}

    assert json_of(text) == {
        "any": [{"not": there}, {**there, "where": one("@id", "null")}]
    }


def test_conditions_on_an_alias_are_about_one_record() -> None:
    """They are asked of the linked record together, with what the join demands."""
    tests = (
        '<condition entityname="aa" attribute="staff" operator="gt" value="5"/>'
        '<condition attribute="name" operator="null"/>'
        '<condition entityname="aa" attribute="postalcode" operator="eq" value="1"/>'
    )
    demanded = '<filter><condition attribute="staff" operator="lt" value="9"/></filter>'
    text = fetch(f'<filter type="or">{tests}</filter>{link(demanded, "outer", "aa")}')

    assert json_of(text) == {
        "any": [
            one("name", "null"),
            {
                "link": "customerid",
                "entity": "account",
                "where": {
                    "all": [
                        one("staff", "lt", "9"),
                        {
                            "any": [
                                one("staff", "gt", "5"),
                                one("postalcode", "eq", "1"),
                            ]
                        },
                    ]
                },
            },
        ]
    }


def test_an_inner_join_s_alias_needs_no_word_about_missing_records() -> None:
    """Records without the linked one do not match anyway."""
    test = '<condition entityname="account" attribute="staff" operator="null"/>'

    assert json_of(fetch(f"<filter>{test}</filter>{link()}")) == {
        "all": [
            {"link": "customerid", "entity": "account", "where": one("staff", "null")},
            {"link": "customerid", "entity": "account"},
        ]
    }


@pytest.mark.parametrize(
    "operator",
    [
        one
        for one in Operator
        if one.family is not Family.ATTRIBUTE_EQUALITY
        and one.family is not Family.ATTRIBUTE_ORDER
    ],
)
def test_every_operator_of_queries_is_one_of_fetchxml(operator: Operator) -> None:
    """Each is taken over by its name; what it takes is seen afterwards."""
    attribute = (
        "owningbusinessunit" if operator.family is Family.HIERARCHY else "anything"
    )
    text = filtered(f'<condition attribute="{attribute}" operator="{operator}"/>')

    assert json_of(text)["operator"] == operator


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("<query/>", "line 1, column 1", "FetchXML begins with <fetch>"),
        ("<fetch/>", "line 1, column 1", "write one <entity>"),
        ('<fetch top="5"><entity name="a"/></fetch>', "line 1, column 1", "top is not"),
        ('<fetch count="5"><entity name="a"/></fetch>', "column 1", "count is not"),
        ('<fetch page="2"><entity name="a"/></fetch>', "column 1", "page is not"),
        ('<fetch aggregate="true"><entity name="a"/></fetch>', "1", "by their metric"),
        ('<fetch distinct="true"><entity name="a"/></fetch>', "1", "each record once"),
        ('<fetch xmlns="urn:x"><entity name="a"/></fetch>', "1", "no namespace"),
        (
            '<fetch nonsense="1"><entity name="a"/></fetch>',
            "1",
            "the attribute nonsense",
        ),
        ("<fetch><entity/></fetch>", "line 1, column 8", "name is missing"),
        ("<fetch>\n <x:y/></fetch>", "line 2, column 2", "<x:y> does not belong"),
        (
            fetch('<attribute name="a" aggregate="sum"/>'),
            "column 35",
            "aggregate is not",
        ),
        (fetch('<attribute name="a" groupby="true"/>'), "column 35", "groupby is not"),
        (fetch('<filter type="xor"><filter/></filter>'), "column 35", 'type is "xor"'),
        (fetch('<filter isquickfindfields="1"/>'), "column 35", "quick find"),
    ],
)
def test_what_is_not_covered_is_named_with_its_line_and_column(
    text: str, place: str, words: str
) -> None:
    """Whatever would narrow or change the records is refused by its name."""
    fault = fault_of(text)

    assert place in fault.place
    assert words in fault.detail


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('attribute="a"', "operator is missing"),
        ('operator="null"', "attribute is missing"),
        ('attribute="a" operator="contain-values" value="1"', "use in, or any of"),
        ('attribute="a" operator="eq-userlanguage"', "users have no language"),
        ('attribute="a" operator="is"', '"is" is not covered: allowed are eq, ne'),
        ('attribute="a" operator="eq-attribute" value="b"', "not covered: allowed"),
        ('attribute="a" operator="like" value="[a-c]%"', "a set such as"),
        ('attribute="customerid" operator="under" value="A0"', "as where, with"),
        ('attribute="a" operator="like" valueof="b"', "does not compare attributes"),
        ('attribute="a" operator="eq" valueof="b" value="c"', "both valueof and"),
        ('attribute="a" operator="eq" valueof="aa.b"', "linked records are not"),
        ('attribute="@state" operator="null"', "FetchXML calls @state statecode"),
        ('attribute="a" operator="null" entityname="aa"', "there are no joined"),
        ('attribute="a" operator="eq" column="b"', "the attribute column is not"),
        ('attribute="value" operator="eq" value="many"', "write an exact number"),
        ('attribute="won" operator="eq" value="2"', "write true or false"),
        ('attribute="won" operator="like" value="x"', "does not apply to won"),
        ('attribute="closes" operator="today" value="1"', "takes no value"),
        ('attribute="a" operator="eq"', "found nothing; eq takes one value"),
    ],
)
def test_a_condition_that_does_not_read_is_named(condition: str, words: str) -> None:
    """The place is that of the condition, also where the types object."""
    fault = fault_of(fetch(f"<filter>\n  <condition {condition}/></filter>"))

    assert fault.place == "line 2, column 3"
    assert words in fault.detail


def test_values_are_given_in_one_way() -> None:
    """One value is an attribute, several are elements, never both."""
    both = (
        '<condition attribute="a" operator="in" value="1"><value>2</value></condition>'
    )
    two = (
        '<condition attribute="a" operator="eq"><value>1</value><value>2</value>'
        "</condition>"
    )

    assert "both value and <value>" in fault_of(filtered(both)).detail
    assert "2 values; eq takes one" in fault_of(filtered(two)).detail


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ('<link-entity name="account" to="customerid"/>', "a link needs to"),
        (
            '<link-entity name="account" from="ownerid" to="opportunityid"/>',
            "a link leads to the key of account, which is accountid",
        ),
        (
            '<link-entity name="account" from="accountid" to="opportunityid"/>',
            "links to no record",
        ),
        ('<link-entity from="accountid" to="customerid"/>', "name is missing"),
        (
            '<link-entity name="systemuser" from="systemuserid" to="ownerid"/>',
            "no entity of records",
        ),
        (link("", "all"), "differs between editions"),
        (link("", "left"), '"left" is not covered beside the filters'),
        (f"<filter>{link('', 'inner')}</filter>", "not covered in a filter; use any"),
        (link('<link-entity name="x" from="xid" to="x"/>', "outer"), "inside an outer"),
        (
            f"<filter>{link(link('', 'outer'), 'any')}</filter>",
            "an outer link in a filter asks nothing",
        ),
        (
            link(alias="aa")
            + link(alias="aa")
            + '<filter><condition entityname="aa" attribute="a" operator="null"/>'
            + "</filter>",
            "aa names 2 joined entities",
        ),
        (
            link(
                '<filter><condition entityname="account" attribute="a" '
                'operator="null"/></filter>'
            ),
            "in the filters of <entity> only",
        ),
        (
            '<link-entity name="account" from="accountid" to="x" intersect="true"/>',
            "a table in between",
        ),
    ],
)
def test_links_that_no_query_can_follow_are_refused(inside: str, words: str) -> None:
    """A query steps from a record to the one whose id it holds."""
    assert words in fault_of(fetch(inside)).detail
