"""What conditions are called in plain English, operator by operator."""

# ruff: noqa: E501 # tables are read in columns

from decimal import Decimal
from typing import Any

import pytest

from shared.domain.entities import AttributeType
from shared.queries.operators import Operator
from shared.queries.reading import where_of
from shared.queries.words import words_of

TYPES = {
    "opportunity": {
        "value": AttributeType.NUMBER,
        "closes": AttributeType.DATE,
        "created": AttributeType.DATETIME,
        "name": AttributeType.TEXT,
        "won": AttributeType.BOOLEAN,
    }
}

CONDITIONS: list[tuple[str, str, object, str]] = [
    ("estimatedvalue", "gt", "1000", "estimatedvalue is more than 1000"),
    ("stage", "eq", "propose", 'stage is "propose"'),
    ("stage", "ne", 5, "stage is not 5"),
    ("won", "eq", True, "won is true"),
    ("value", "eq", Decimal("1E+3"), "value is 1000"),
    ("value", "ge", "12.50", "value is at least 12.50"),
    ("value", "lt", 5, "value is less than 5"),
    ("value", "le", 5, "value is at most 5"),
    ("name", "gt", "M", 'name comes after "M"'),
    ("name", "ge", "M", 'name is or comes after "M"'),
    ("name", "lt", "M", 'name comes before "M"'),
    ("name", "le", "M", 'name is or comes before "M"'),
    ("closes", "eq", "2026-11-21", "closes is 2026-11-21"),
    ("closes", "gt", "2026-11-21", "closes is after 2026-11-21"),
    ("closes", "ge", "2026-11-21", "closes is not before 2026-11-21"),
    ("closes", "lt", "2026-11-21", "closes is before 2026-11-21"),
    ("closes", "le", "2026-11-21", "closes is not after 2026-11-21"),
    ("stage", "in", ["propose", 5, True], 'stage is one of "propose", 5, true'),
    ("stage", "not-in", ["propose"], 'stage is none of "propose"'),
    ("value", "in", list(range(12)), "value is one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"),
    ("value", "between", [1, "2.5"], "value is between 1 and 2.5"),
    ("closes", "not-between", ["2026-01-01", "2026-02-01"], "closes is not between 2026-01-01 and 2026-02-01"),
    ("rating", "null", None, "rating has no value"),
    ("rating", "not-null", None, "rating has a value"),
    ("name", "like", "%{x}_", 'name is like "%{x}_"'),
    ("name", "not-like", "%x", 'name is not like "%x"'),
    ("name", "begins-with", "x", 'name begins with "x"'),
    ("name", "not-begin-with", "x", 'name does not begin with "x"'),
    ("name", "ends-with", "x", 'name ends with "x"'),
    ("name", "not-end-with", "x", 'name does not end with "x"'),
    ("closes", "on", "2026-11-21", "closes is on 2026-11-21"),
    ("closes", "on-or-before", "2026-11-21", "closes is on or before 2026-11-21"),
    ("closes", "on-or-after", "2026-11-21", "closes is on or after 2026-11-21"),
    ("closes", "yesterday", None, "closes is yesterday"),
    ("closes", "today", None, "closes is today"),
    ("closes", "tomorrow", None, "closes is tomorrow"),
    ("closes", "last-seven-days", None, "closes is in the last seven days"),
    ("closes", "next-seven-days", None, "closes is in the next seven days"),
    ("closes", "last-week", None, "closes is in last week"),
    ("closes", "last-month", None, "closes is in last month"),
    ("closes", "last-year", None, "closes is in last year"),
    ("closes", "last-fiscal-year", None, "closes is in last fiscal year"),
    ("closes", "last-fiscal-period", None, "closes is in last fiscal period"),
    ("closes", "this-week", None, "closes is in this week"),
    ("closes", "this-month", None, "closes is in this month"),
    ("closes", "this-year", None, "closes is in this year"),
    ("closes", "this-fiscal-year", None, "closes is in this fiscal year"),
    ("closes", "this-fiscal-period", None, "closes is in this fiscal period"),
    ("closes", "next-week", None, "closes is in next week"),
    ("closes", "next-month", None, "closes is in next month"),
    ("closes", "next-year", None, "closes is in next year"),
    ("closes", "next-fiscal-year", None, "closes is in next fiscal year"),
    ("closes", "next-fiscal-period", None, "closes is in next fiscal period"),
    ("closes", "last-x-hours", 5, "closes is in the last 5 hours"),
    ("closes", "last-x-days", 1, "closes is in the last 1 day"),
    ("closes", "last-x-weeks", 2, "closes is in the last 2 weeks"),
    ("closes", "last-x-months", "3", "closes is in the last 3 months"),
    ("closes", "last-x-years", 3, "closes is in the last 3 years"),
    ("closes", "last-x-fiscal-years", 2, "closes is in the last 2 fiscal years"),
    ("closes", "last-x-fiscal-periods", 1, "closes is in the last 1 fiscal period"),
    ("closes", "next-x-hours", 5, "closes is in the next 5 hours"),
    ("closes", "next-x-days", 7, "closes is in the next 7 days"),
    ("closes", "next-x-weeks", 2, "closes is in the next 2 weeks"),
    ("closes", "next-x-months", 3, "closes is in the next 3 months"),
    ("closes", "next-x-years", 3, "closes is in the next 3 years"),
    ("closes", "next-x-fiscal-years", 2, "closes is in the next 2 fiscal years"),
    ("closes", "next-x-fiscal-periods", 2, "closes is in the next 2 fiscal periods"),
    ("created", "olderthan-x-minutes", 30, "created is older than 30 minutes"),
    ("created", "olderthan-x-hours", 1, "created is older than 1 hour"),
    ("created", "olderthan-x-days", 30, "created is older than 30 days"),
    ("created", "olderthan-x-weeks", 3, "created is older than 3 weeks"),
    ("created", "olderthan-x-months", 3, "created is older than 3 months"),
    ("created", "olderthan-x-years", 3, "created is older than 3 years"),
    ("closes", "in-fiscal-year", 2026, "closes is in fiscal year 2026"),
    ("closes", "in-fiscal-period", 3, "closes is in quarter 3 of a fiscal year"),
    ("closes", "in-fiscal-period", 301, "closes is in the only period of a fiscal year"),
    ("closes", "in-fiscal-period-and-year", [112, 2026], "closes is in December of fiscal year 2026"),
    ("closes", "in-or-before-fiscal-period-and-year", [202, 2026], "closes is in or before half 2 of fiscal year 2026"),
    ("closes", "in-or-after-fiscal-period-and-year", [413, 2026], "closes is in or after four-week period 13 of fiscal year 2026"),
    ("@owner", "eq-userid", None, "the owner is the goal's manager"),
    ("ownerid", "ne-userid", None, "ownerid is not the goal's manager"),
    ("@owner", "eq-userteams", None, "the owner is a team of the goal's manager"),
    ("@owner", "eq-useroruserteams", None, "the owner is the goal's manager or a team of the manager"),
    ("@owner", "eq-useroruserhierarchy", None, "the owner is the goal's manager or somebody who reports to the manager"),
    ("@owner", "eq-useroruserhierarchyandteams", None, "the owner is the goal's manager, somebody who reports to the manager, or a team of theirs"),
    ("unit", "eq-businessid", None, "unit is the business unit of the goal's manager"),
    ("unit", "ne-businessid", None, "unit is not the business unit of the goal's manager"),
    ("@owner_business_unit", "under", "emea", 'the owner\'s business unit is under business unit "emea"'),
    ("unit", "eq-or-under", "emea", 'unit is business unit "emea" or under it'),
    ("unit", "not-under", "emea", 'unit is not under business unit "emea"'),
    ("unit", "above", "emea", 'unit is above business unit "emea"'),
    ("unit", "eq-or-above", "emea", 'unit is business unit "emea" or above it'),
    ("value", "eq-attribute", "other", "value is the same as other"),
    ("value", "ne-attribute", "other", "value is not the same as other"),
    ("value", "gt-attribute", "other", "value is more than other"),
    ("value", "ge-attribute", "other", "value is at least other"),
    ("closes", "lt-attribute", "created", "closes is before created"),
    ("name", "le-attribute", "@status", "name is or comes before the status"),
    ("@owner", "eq", {"type": "team", "id": "T1"}, "the owner is team/T1"),
    ("@state", "eq", 3, 'the state is "3"'),
    ("@id", "ne", "O-1", 'the id is not "O-1"'),
]  # fmt: skip


def said(where: object) -> str:
    """Return the words of conditions as they are written in JSON."""
    return words_of(where_of(where, "opportunity", TYPES))


@pytest.mark.parametrize(("attribute", "operator", "value", "words"), CONDITIONS)
def test_conditions(attribute: str, operator: str, value: object, words: str) -> None:
    """One reads what is asked, with the attribute called as it is."""
    where = {"attribute": attribute, "operator": operator, "value": value}

    assert said(where) == words


def test_every_operator_has_words() -> None:
    """None was forgotten above."""
    assert {operator for _, operator, _, _ in CONDITIONS} == set(Operator)


def one(attribute: str, operator: str = "eq", value: object = "1") -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


def account(where: object = None) -> dict[str, Any]:
    """Return a condition on the customer's account."""
    return {"link": "customerid", "entity": "account", "where": where}


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (None, "everything"),
        ({"all": []}, "everything"),
        ({"all": [one("a")]}, 'a is "1"'),
        ({"all": [one("a"), one("b")]}, 'a is "1" and b is "1"'),
        ({"any": [one("a"), one("b")]}, 'a is "1" or b is "1"'),
        (
            {"all": [one("a"), {"any": [one("b"), {"not": one("c", "null", None)}]}]},
            'a is "1" and (b is "1" or not (c has no value))',
        ),
        ({"not": {"all": []}}, "not (everything)"),
        (account(), "customerid's account exists"),
        (
            account(one("address1_postalcode", value="60661")),
            'customerid\'s account has address1_postalcode "60661"',
        ),
        (
            account(one("staff", "gt", 5)),
            "customerid's account has staff that is more than 5",
        ),
        (
            account({"all": [one("a"), one("b")]}),
            'customerid\'s account is one where (a is "1" and b is "1")',
        ),
        (
            account({"link": "ownerid", "entity": "person", "where": one("name")}),
            "customerid's account is one where ownerid's person has name \"1\"",
        ),
        (
            one("customerid", "eq-or-under", "A0")
            | {"entity": "account", "via": "parentaccountid"},
            'customerid is account "A0" or under it',
        ),
    ],
)
def test_groups_and_links(where: object, words: str) -> None:
    """Brackets stand where they are needed."""
    assert said(where) == words
