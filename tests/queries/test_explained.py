"""The explanation says what the function did, test by test."""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.records import AttributeValue
from shared.queries.compiled import compiled
from shared.queries.explained import SHOWN_LENGTH_MAX, Seen, explained
from shared.queries.eyes import Eyes, Manager
from shared.queries.reading import where_of
from tests.queries.looking import Looking, Row, condition, eyes_of

ACCOUNT: Final = Row(key="account/A0", attributes={"code": "60661", "boss": "A1"})
OTHERS: Final = [
    ACCOUNT,
    Row(key="account/A1", attributes={"code": "99999", "boss": "A2"}),
    Row(key="account/A2", attributes={"code": 60661, "boss": "A0"}),
    Row(key="account/A3", attributes={"code": "60661"}, deleted=True),
]


def seen_by(where: object, record: Row, eyes: Eyes | None = None) -> tuple[Seen, ...]:
    """Return the explanation of conditions as they are written in JSON."""
    read = where_of(where, "opportunity", {})
    return explained(read, "opportunity", record, eyes or eyes_of(), Looking(*OTHERS))


def test_an_explanation_of_the_contract_s_example() -> None:
    """Every demand is told, also those behind one that failed already."""
    where = {
        "all": [
            condition("gt", "1000", attribute="estimatedvalue"),
            {
                "any": [
                    condition("in", ["propose", "close"], attribute="stage"),
                    {"not": condition("null", attribute="rating")},
                ]
            },
            {
                "link": "customerid",
                "entity": "account",
                "where": condition("eq", "60661", attribute="code"),
            },
        ]
    }
    record = Row(
        attributes={"estimatedvalue": "900", "rating": True, "customerid": "A0"}
    )

    rating = Seen(words="rating has no value", holds=False, seen="true")
    assert seen_by(where, record) == (
        Seen(words="estimatedvalue is more than 1000", holds=False, seen="900"),
        Seen(
            words='stage is one of "propose", "close" or not (rating has no value)',
            holds=True,
            parts=(
                Seen(
                    words='stage is one of "propose", "close"',
                    holds=False,
                    seen="nothing",
                ),
                Seen(words="not (rating has no value)", holds=True, parts=(rating,)),
            ),
        ),
        Seen(
            words='customerid\'s account has code "60661"',
            holds=True,
            seen="account/A0",
            parts=(Seen(words='code is "60661"', holds=True, seen="60661"),),
        ),
    )


def test_everything_demands_nothing() -> None:
    """There is nothing to explain."""
    assert seen_by(None, Row()) == ()


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("A0", "account/A0"),
        ("A3", "no account/A3"),
        ("A9", "no account/A9"),
        (None, "nothing"),
        (7, "7"),
    ],
)
def test_a_link_says_where_it_led(value: AttributeValue, seen: str) -> None:
    """To a record, to none, or nowhere at all."""
    where = {"link": "x", "entity": "account"}

    (found,) = seen_by(where, Row(attributes={"x": value}))

    assert found.seen == seen
    assert found.holds is (value == "A0")


def test_two_attributes_are_both_seen() -> None:
    """One is the value, the other what it was compared with."""
    record = Row(attributes={"x": 5, "y": None})

    (found,) = seen_by(condition("gt-attribute", "y"), record)

    assert found == Seen(words="x is more than y", holds=False, seen="5 and nothing")


def test_what_stands_beside_the_attributes_is_seen() -> None:
    """The owner's unit comes from the directory."""
    eyes = eyes_of(unit_of_owner={"user/R0": "west"})
    where = condition("under", "world", attribute="@owner_business_unit")

    (found,) = seen_by(where, Row(owner="user/R0"), eyes)

    assert (found.seen, found.holds) == ("west", False)


def test_a_long_text_is_cut() -> None:
    """Nobody reads the whole of it."""
    text = "x" * (SHOWN_LENGTH_MAX + 1)

    (found,) = seen_by(condition("eq", text), Row(attributes={"x": text}))

    assert found.holds
    assert found.seen == "x" * SHOWN_LENGTH_MAX + "…"


values: Final = st.sampled_from(
    [
        None,
        True,
        0,
        5,
        "5",
        "",
        "M",
        "T1",
        "west",
        "A0",
        "A1",
        "A3",
        "60661",
        "2026-11-21",
        "2026-11-20",
        "2026-11-21T11:59Z",
        "2026-12-01T00:00Z",
    ]
)
_IN_HIERARCHY: Final = {"entity": "account", "via": "boss"}
tests: Final = st.sampled_from(
    [
        condition("eq", "5"),
        condition("ne", 5),
        condition("in", ["M", 0, True]),
        condition("not-in", ["2026-11-21", 5]),
        condition("gt", 1),
        condition("between", ["2026-11-01", "2026-11-30T12:00Z"]),
        condition("not-between", [0, 4]),
        condition("null"),
        condition("not-null"),
        condition("like", "%6%"),
        condition("not-begin-with", "2026"),
        condition("on-or-after", "2026-11-21"),
        condition("today"),
        condition("next-month"),
        condition("last-x-hours", 1),
        condition("olderthan-x-days", 1),
        condition("next-x-fiscal-periods", 1),
        condition("in-fiscal-period", 4),
        condition("eq-userid"),
        condition("ne-userid"),
        condition("eq-useroruserteams"),
        condition("ne-businessid"),
        condition("under", "A2", **_IN_HIERARCHY),
        condition("not-under", "A2", **_IN_HIERARCHY),
        condition("eq-or-above", "A2", **_IN_HIERARCHY),
        condition("under", "world"),
        condition("eq-attribute", "y"),
        condition("lt-attribute", "y"),
        condition("eq", "60661", attribute="code"),
        condition("eq-useroruserhierarchy", attribute="@owner"),
        condition("eq", "west", attribute="@owner_business_unit"),
        condition("eq", "won", attribute="@state"),
    ]
)


def larger(smaller: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return groups and links of smaller conditions."""
    return st.one_of(
        st.lists(smaller, max_size=4).map(lambda some: {"all": some}),
        st.lists(smaller, min_size=1, max_size=4).map(lambda some: {"any": some}),
        smaller.map(lambda some: {"not": some}),
        st.tuples(st.sampled_from(["x", "y", "boss"]), smaller).map(
            lambda some: {"link": some[0], "entity": "account", "where": some[1]}
        ),
    )


trees: Final = st.recursive(tests, larger, max_leaves=12)
records: Final = st.builds(
    lambda x, y, owner, state: Row(
        attributes={"x": x, "y": y}, owner=owner, state=state
    ),
    values,
    values,
    st.sampled_from([None, "user/M", "user/R0", "team/T1"]),
    st.sampled_from([None, "won", "open"]),
)
EYES: Final = eyes_of(
    manager=Manager(
        id="M",
        teams=frozenset({"T1"}),
        reports=frozenset({"R0"}),
        business_unit="west",
    ),
    units={"west": "world"},
    unit_of_owner={"user/R0": "west", "user/M": "world"},
)


@settings(max_examples=300)
@given(trees, records)
def test_what_is_explained_is_what_counts(where: dict[str, Any], record: Row) -> None:
    """All demands hold just where the function says yes."""
    read = where_of(where, "opportunity", {})

    found = explained(read, "opportunity", record, EYES, Looking(*OTHERS))
    counts = compiled(read, "opportunity")(record, EYES, Looking(*OTHERS))

    assert all(one.holds for one in found) is counts


@settings(max_examples=300)
@given(trees, records)
def test_an_explanation_looks_at_all_that_counting_looked_at(
    where: dict[str, Any], record: Row
) -> None:
    """It sees the same records, and more; and knows at least as soon of a change."""
    read = where_of(where, "opportunity", {})
    whole, needed = Looking(*OTHERS), Looking(*OTHERS)

    explained(read, "opportunity", record, EYES, whole)
    compiled(read, "opportunity")(record, EYES, needed)

    assert set(needed.looked_at) <= set(whole.looked_at)
    assert set(needed.again_at) <= set(whole.again_at)
