"""JSON whose numbers keep their digits."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.exact_json import (
    levels_of,
    text_of,
    texts_under,
    value_of,
)

NUMBERS = st.integers() | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    """And the text of what came back is the same text."""
    text = text_of(value)

    again = value_of(text)

    assert again == value
    assert text_of(again) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": [2.50]}', '{ "b":[2.50],"a":1}'),
        ("[1e3]", "[1000]"),
        ("[1.5e2]", "[150]"),
        ("[12E-1]", "[1.2]"),
        ('["\\u00e4"]', '["ä"]'),
    ],
)
def test_what_means_the_same_has_one_text(one: str, other: str) -> None:
    """Whatever the order of keys, the blanks and the exponents."""
    assert text_of(value_of(one)) == text_of(value_of(other))


@pytest.mark.parametrize(
    ("one", "other"), [("1", "true"), ("0", "false"), ('"1"', "1"), ("1.5", "1.50")]
)
def test_what_differs_has_another_text(one: str, other: str) -> None:
    """Python takes some of these for equal."""
    assert text_of(value_of(one)) != text_of(value_of(other))


def test_an_exponent_is_not_written_out_beyond_all_bounds() -> None:
    """A few characters of a request fill no memory."""
    assert len(text_of([Decimal("1e999999"), Decimal("1e-999999")])) < 50


def test_texts_are_found_however_deep() -> None:
    """What is no text is passed over."""
    value = json.loads('{"e": "a", "x": [{"e": "b"}, {"e": 1, "y": {"e": "c"}}]}')

    assert sorted(texts_under("e", value)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "levels"), [("1", 0), ("[]", 1), ('{"a": [1]}', 2), ("[[], {}, [[]]]", 3)]
)
def test_levels_are_counted(text: str, levels: int) -> None:
    """The deepest of them."""
    assert levels_of(json.loads(text)) == levels
