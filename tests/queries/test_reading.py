"""Reading conditions: what is taken, and how every mistake is named."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from shared.domain.entities import AttributeType
from shared.domain.goals import Link
from shared.queries.conditions import (
    EVERYTHING,
    All,
    AnyOf,
    Compares,
    Condition,
    Hierarchy,
    Linked,
    Not,
)
from shared.queries.operands import LISTED_MAX
from shared.queries.operators import Family, Operator
from shared.queries.reading import (
    CONDITIONS_MAX,
    LINKS_MAX,
    NESTING_MAX,
    as_json,
    where_of,
)
from shared.queries.unreadable import UnreadableQueryError

TYPES: Final = {
    "opportunity": {
        "value": AttributeType.NUMBER,
        "closes": AttributeType.DATE,
        "won": AttributeType.BOOLEAN,
        "name": AttributeType.TEXT,
        "customerid": AttributeType.REFERENCE,
        "created": AttributeType.DATETIME,
    },
    "account": {"postalcode": AttributeType.TEXT, "staff": AttributeType.NUMBER},
}


def read(where: object) -> Any:
    """Read conditions of opportunities."""
    return where_of(where, "opportunity", TYPES)


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


def test_the_contract_s_example() -> None:
    """The example of the public contract reads as one would say it."""
    where = {
        "all": [
            one("estimatedvalue", "gt", "1000"),
            {
                "any": [
                    one("stage", "in", ["propose", "close"]),
                    {"not": {"attribute": "rating", "operator": "null"}},
                ]
            },
            {
                "link": "customerid",
                "entity": "account",
                "where": one("address1_postalcode", "eq", "60661"),
            },
        ]
    }

    assert read(where) == All(
        conditions=(
            Condition(
                attribute="estimatedvalue",
                operator=Operator.GT,
                values=(Decimal(1000),),
                compares=Compares.NUMBERS,
            ),
            AnyOf(
                conditions=(
                    Condition(
                        attribute="stage",
                        operator=Operator.IN,
                        values=("propose", "close"),
                        compares=Compares.AS_GIVEN,
                    ),
                    Not(
                        condition=Condition(attribute="rating", operator=Operator.NULL)
                    ),
                )
            ),
            Linked(
                link=Link(link="customerid", entity="account"),
                where=Condition(
                    attribute="address1_postalcode",
                    operator=Operator.EQ,
                    values=("60661",),
                    compares=Compares.AS_GIVEN,
                ),
            ),
        )
    )


@pytest.mark.parametrize(
    ("condition", "compares", "values"),
    [
        (one("value", "eq", "12.50"), Compares.NUMBERS, (Decimal("12.50"),)),
        (one("value", "in", [1, "2"]), Compares.NUMBERS, (Decimal(1), Decimal(2))),
        (one("won", "eq", True), Compares.BOOLEANS, (True,)),
        (one("closes", "ge", "2026-01-01"), Compares.DATES, ("2026-01-01",)),
        (one("name", "gt", "M"), Compares.TEXTS, ("M",)),
        (one("other", "eq", 5), Compares.AS_GIVEN, (Decimal(5),)),
        (one("other", "eq", "5"), Compares.AS_GIVEN, ("5",)),
        (one("other", "gt", "5"), Compares.NUMBERS, (Decimal(5),)),
        (one("other", "gt", "2026-01-01"), Compares.DATES, ("2026-01-01",)),
        (one("@state", "eq", 3), Compares.TEXTS, ("3",)),
        (one("@owner", "eq", "user/R0"), Compares.OWNERS, ("user/R0",)),
        (
            one("@owner", "in", [{"type": "team", "id": "T"}, "R1"]),
            Compares.OWNERS,
            ("team/T", "R1"),
        ),
        (one("value", "gt-attribute", "other"), Compares.AS_FOUND, ("other",)),
        (one("closes", "eq-attribute", "created"), Compares.DATES, ("created",)),
        (one("closes", "last-x-days", 7), Compares.NOTHING, (Decimal(7),)),
        (
            one("closes", "in-fiscal-period-and-year", [3, 2026]),
            Compares.NOTHING,
            (Decimal(3), Decimal(2026)),
        ),
        (one("name", "like", "%x_"), Compares.NOTHING, ("%x_",)),
    ],
)
def test_operands_are_read_as_what_they_are_compared_as(
    condition: dict[str, Any], compares: Compares, values: tuple[object, ...]
) -> None:
    """Declared or not, an operand becomes what it is compared as, and is kept so."""
    found = read(condition)

    assert found.compares is compares
    assert found.values == values
    assert read(as_json(found)) == found


def test_no_conditions_match_everything() -> None:
    """Nothing asked is nothing refused."""
    assert read(None) == EVERYTHING
    assert read({"all": []}) == EVERYTHING
    linked = {"link": "customerid", "entity": "account"}
    assert read(linked).where == EVERYTHING


def test_a_hierarchy_names_how_records_stand_under_one_another() -> None:
    """Without an entity it is the business units."""
    condition = {
        **one("customerid", "eq-or-under", "A0"),
        "entity": "account",
        "via": "parentaccountid",
    }

    assert read(condition).hierarchy == Hierarchy(
        entity="account", via="parentaccountid"
    )
    assert read(one("@owner_business_unit", "under", "west")).hierarchy is None


def test_types_are_those_of_the_record_that_is_looked_at() -> None:
    """Behind a link the linked entity's types hold."""
    found = read(
        {
            "link": "customerid",
            "entity": "account",
            "where": one("staff", "eq", "12"),
        }
    )

    assert found.where.compares is Compares.NUMBERS


_NESTED: dict[str, Any] = one("name", "null")
for _ in range(NESTING_MAX + 1):
    _NESTED = {"not": _NESTED}


@pytest.mark.parametrize(
    ("where", "place", "says"),
    [
        ([], "where", "where a condition is needed"),
        ({}, "where", "exactly one of all, any, not, link, attribute"),
        ({"all": [], "any": []}, "where", "found all and any"),
        ({"all": {}}, "where.all", "write a list"),
        ({"any": []}, "where.any", "matches nothing"),
        ({"all": [], "x": 1}, "where.x", "does not belong here"),
        ({"all": [one("value", "is", 1)]}, "where.all[0].operator", "allowed are eq,"),
        ({"all": [{"not": one("value", "eq", "x")}]}, "where.all[0].not.value", "1234"),
        (one("value", "like", "1%"), "where.operator", "which is number"),
        (one("won", "gt", True), "where.operator", "which is boolean"),
        (one("name", "today"), "where.operator", "which is text"),
        (one("customerid", "gt", "A"), "where.operator", "which is reference"),
        (one("won", "eq", 1), "where.value", "true or false"),
        (one("value", "in", []), "where.value", "takes a list"),
        (one("value", "in", [1, "y"]), "where.value[1]", 'found "y"'),
        (one("value", "in", [1] * (LISTED_MAX + 1)), "where.value", "1000 are allowed"),
        (one("value", "between", [1]), "where.value", "list of two"),
        (one("value", "eq", [1]), "where.value", "takes one value"),
        (one("value", "eq"), "where.value", "found nothing"),
        (one("value", "null", 1), "where.value", "takes no value"),
        (one("other", "gt", "x"), "where.value", "declare the attribute as text"),
        (one("closes", "on", "soon"), "where.value", "2026-11-21"),
        (one("closes", "last-x-days", 0), "where.value", "whole number"),
        (one("closes", "last-x-days", "1.5"), "where.value", "whole number"),
        (one("closes", "last-x-days", "9" * 40), "where.value", "whole number"),
        (one("closes", "in-fiscal-year", Decimal("1e40")), "where.value", "1900"),
        (one("closes", "in-fiscal-period", 5), "where.value", "code of a fiscal"),
        (one("closes", "in-fiscal-year", 3), "where.value", "fiscal year"),
        (
            one("closes", "in-fiscal-period-and-year", [1, 1]),
            "where.value[1]",
            "fiscal year",
        ),
        (one("@owner", "like", "R%"), "where.operator", "does not apply to @owner"),
        (one("@owner", "eq", {"type": "unit", "id": "x"}), "where.value", "user/R0"),
        (one("@owner", "eq-attribute", "name"), "where.operator", "eq-userid"),
        (one("name", "eq-attribute", "@owner"), "where.value", "eq-userid"),
        (one("@other", "null"), "where.attribute", "@owner_business_unit"),
        (one("", "null"), "where.attribute", "write the name"),
        (one("value", "gt-attribute", "closes"), "where.value", "hold the same"),
        ({"link": "@owner", "entity": "user"}, "where.link", "is no link"),
        ({"link": "customerid"}, "where.entity", "found nothing"),
        ({"link": "customerid", "entity": "a/b"}, "where.entity", "holds no /"),
        (
            {**one("customerid", "under", "A"), "entity": "account"},
            "where.via",
            "add via",
        ),
        (
            {**one("value", "eq", 1), "entity": "account"},
            "where.entity",
            "does not belong here",
        ),
        (_NESTED, "where" + ".not" * (NESTING_MAX + 1), "deeper than"),
        (
            {"all": [one("name", "null")] * (CONDITIONS_MAX + 1)},
            "where.all",
            "501 conditions",
        ),
        (
            {"all": [{"link": "customerid", "entity": "account"}] * (LINKS_MAX + 1)},
            f"where.all[{LINKS_MAX}].entity",
            "more than 15 times",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(
    where: object, place: str, says: str
) -> None:
    """Whoever wrote the query finds the place, and what is allowed there."""
    with pytest.raises(UnreadableQueryError) as refused:
        read(where)

    assert refused.value.place == place
    assert says in refused.value.detail


def test_every_operator_has_its_family() -> None:
    """None is forgotten, and none is counted to its neighbours."""
    families = {family: [] for family in Family}  # type: ignore[var-annotated] # lists
    for operator in Operator:
        families[operator.family].append(operator)

    assert {family: len(several) for family, several in families.items()} == {
        Family.EQUALITY: 4,
        Family.ORDER: 6,
        Family.NULL: 2,
        Family.TEXT: 6,
        Family.DAY: 3,
        Family.SPAN: 20,
        Family.COUNTED_SPAN: 20,
        Family.FISCAL: 5,
        Family.MANAGER: 6,
        Family.MANAGER_UNIT: 2,
        Family.HIERARCHY: 5,
        Family.ATTRIBUTE_EQUALITY: 2,
        Family.ATTRIBUTE_ORDER: 4,
    }


def test_exact_numbers_survive_being_written() -> None:
    """No number passes through binary floating point."""
    text = msgspec.json.Encoder(decimal_format="number").encode(
        as_json(read(one("other", "eq", Decimal("0.10"))))
    )

    assert text == b'{"attribute":"other","operator":"eq","value":0.10}'
