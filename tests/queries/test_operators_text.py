"""like, begins-with, ends-with, and their opposites."""

from decimal import Decimal
from typing import Final

import pytest

from shared.domain.entities import AttributeType
from shared.domain.records import AttributeValue
from tests.queries.looking import condition, holds_for

YES: Final = True
NO: Final = False


@pytest.mark.parametrize("declared", [None, AttributeType.TEXT])
@pytest.mark.parametrize(
    ("operator", "operand", "value", "fits"),
    [
        ("like", "north", "North", YES),
        ("like", "NORTH", "north", YES),
        ("like", "north", "northern", NO),
        ("like", "north%", "northern", YES),
        ("like", "north%", "north", YES),
        ("like", "%orth%", "the north sea", YES),
        ("like", "%orth%", "ort h", NO),
        ("like", "%", "", YES),
        ("like", "", "", YES),
        ("like", "", "x", NO),
        ("like", "_", "x", YES),
        ("like", "_", "", NO),
        ("like", "_", "xy", NO),
        ("like", "a_c%", "abcd", YES),
        ("like", "a%b%c", "a-b-b-c", YES),
        ("like", "a%b%c", "a-c-b", NO),
        ("like", "ab%ba", "aba", NO),
        ("like", "ab%ba", "abba", YES),
        ("like", "a%b%b", "ab", NO),
        ("like", "a%b%b", "abb", YES),
        ("like", "a_b", "a\nb", YES),
        ("like", "%_b_%", "abc", YES),
        ("like", "%_b_%", "ab", NO),
        ("like", "a%\nb", "a\n\nb", YES),
        ("like", "a.c", "abc", NO),
        ("like", "a\\%", "a\\b", YES),
        ("like", "[ab]%", "a", NO),
        ("like", "[ab]%", "[ab]c", YES),
        ("like", "STRASSE", "Straße", YES),
        ("like", "stra__e", "Straße", YES),
        ("like", "stra_e", "Straße", NO),
        ("like", "ΣΑΣ", "σας", YES),
        ("begins-with", "No", "north", YES),
        ("begins-with", "north", "the north", NO),
        ("begins-with", "", "north", YES),
        ("begins-with", "n_r", "north", YES),
        ("begins-with", "n%h", "north sea", YES),
        ("ends-with", "SEA", "north sea", YES),
        ("ends-with", "north", "north sea", NO),
        ("ends-with", "s_a", "north sea", YES),
        ("ends-with", "n%a", "the north sea", YES),
        ("ends-with", "seasea", "sea", NO),
        # A number's digits are text.
        ("like", "12.5_", Decimal("12.50"), YES),
        ("begins-with", "-4", -42, YES),
        ("ends-with", "00", Decimal("1E+2"), YES),
    ],
)
def test_patterns(
    operator: str,
    operand: str,
    value: AttributeValue,
    fits: bool,
    declared: AttributeType | None,
) -> None:
    """Case counts for nothing, `%` and `_` for others, all else for itself."""
    opposites = {
        "like": "not-like",
        "begins-with": "not-begin-with",
        "ends-with": "not-end-with",
    }

    found = holds_for(condition(operator, operand), value, declared=declared)
    opposite = holds_for(
        condition(opposites[operator], operand), value, declared=declared
    )

    assert (found, opposite) == (fits, not fits)


@pytest.mark.parametrize("value", [None, True, False])
@pytest.mark.parametrize(
    "operator",
    [
        "like",
        "not-like",
        "begins-with",
        "not-begin-with",
        "ends-with",
        "not-end-with",
    ],
)
def test_what_is_no_text_is_like_nothing_and_unlike_nothing(
    operator: str, value: AttributeValue
) -> None:
    """The opposites need a text as well."""
    assert not holds_for(condition(operator, "%"), value)
    assert not holds_for(condition(operator, "x"), value)


def test_no_pattern_takes_for_ever() -> None:
    """Very many runs on a text that almost fits end soon."""
    pattern = "%a_" * 1_300 + "%b"

    assert not holds_for(condition("like", pattern), "a" * 20_000)
    assert holds_for(condition("like", pattern), "a" * 20_000 + "b")
