"""Groups, and records behind links: what is asked, and what is looked at."""

from typing import Any, Final

import pytest

from shared.domain.goals import ID_LENGTH_MAX
from shared.domain.records import AttributeValue
from shared.queries.compiled import compiled
from shared.queries.reading import where_of
from tests.queries.looking import Looking, Row, condition, eyes_of, holds

YES: Final = condition("not-null")
NO: Final = condition("null")
RECORD: Final = Row(attributes={"x": "something", "customerid": "A0"})


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, True),
        ({"all": []}, True),
        ({"all": [YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"all": [YES, {"all": [YES, YES]}]}, True),
        ({"any": [NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"not": YES}, False),
        ({"not": NO}, True),
        ({"not": {"all": []}}, False),
        ({"not": {"not": {"any": [NO, YES]}}}, True),
    ],
)
def test_groups(where: object, expected: bool) -> None:
    """Of none, all hold."""
    assert holds(where, RECORD) is expected


def test_the_opposite_of_a_comparison_with_null_is_true() -> None:
    """There are two truths and no third."""
    nothing = Row(attributes={"x": None})

    assert not holds(condition("eq", 1), nothing)
    assert holds({"not": condition("eq", 1)}, nothing)
    assert not holds(condition("ne", 1), nothing)
    assert holds({"not": condition("ne", 1)}, nothing)


def linked(where: object = None, *, link: str = "customerid") -> dict[str, Any]:
    """Return a condition on the account that the record links to."""
    return {"link": link, "entity": "account", "where": where}


POSTAL_CODE: Final = {
    "attribute": "postalcode",
    "operator": "eq",
    "value": "60661",
}
ACCOUNT: Final = Row(
    key="account/A0", attributes={"postalcode": "60661", "ownerid": "U0"}
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("A0", True),
        ("A1", False),
        ("a0", False),
        ("A9", False),
        ("A8", False),
        ("", False),
        (None, False),
        (0, False),
        (True, False),
        ("A" * (ID_LENGTH_MAX + 1), False),
    ],
)
def test_a_condition_on_the_record_behind_a_link(
    value: AttributeValue, expected: bool
) -> None:
    """It is false where there is no such record, or a deleted one."""
    others = [
        ACCOUNT,
        Row(key="account/A1", attributes={"postalcode": "99999"}),
        Row(key="account/A8", attributes={"postalcode": "60661"}, deleted=True),
        Row(key="contact/A9", attributes={"postalcode": "60661"}),
    ]
    record = Row(attributes={"customerid": value})

    assert holds(linked(POSTAL_CODE), record, None, *others) is expected
    assert holds(linked(), record, None, *others) is (value in ("A0", "A1"))
    assert holds({"not": linked(POSTAL_CODE)}, record, None, *others) is not expected


def test_links_behind_links() -> None:
    """An inner link starts at the record that the outer one leads to."""
    where = linked(
        {
            "link": "ownerid",
            "entity": "person",
            "where": {"attribute": "@id", "operator": "eq", "value": "U0"},
        }
    )
    person = Row(key="person/U0")

    assert holds(where, RECORD, None, ACCOUNT, person)
    assert not holds(where, RECORD, None, ACCOUNT)


def looked_at(where: object) -> list[str]:
    """Return the keys that were asked for."""
    sight = Looking(ACCOUNT)
    read = where_of(where, "opportunity", {})
    compiled(read, "opportunity")(RECORD, eyes_of(), sight)
    return sight.looked_at


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ({"all": [YES, linked()]}, ["account/A0"]),
        ({"all": [NO, linked()]}, []),
        ({"any": [YES, linked()]}, []),
        ({"any": [NO, linked()]}, ["account/A0"]),
        ({"all": [linked(NO), linked(link="x")]}, ["account/A0", "account/something"]),
        ({"all": [linked(YES), linked(link="x")]}, ["account/A0"]),
        ({"not": linked(link="x")}, ["account/something"]),
        (linked(link="other"), []),
    ],
)
def test_only_what_may_decide_is_looked_at(where: object, keys: list[str]) -> None:
    """What was found missing is a dependency as well: it may come."""
    assert looked_at(where) == keys
