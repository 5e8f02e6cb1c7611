"""Numbers of the first paint, as the browser will write them a moment later."""

import pytest

from services.goals.page.numbers import (
    marks_of,
    shown,
    shown_change,
    shown_percentage,
)

ENGLISH = marks_of("en-GB,en;q=0.9")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (None, "—"),
        ("0.0000", "0"),
        ("-0.5000", "-0.5"),
        ("12.3456", "12.35"),
        ("0.0012", "0.0012"),
        ("0.0125", "0.013"),
        ("0.9990", "1"),
        ("2.3450", "2.35"),
        ("1234.5678", "1,235"),
        ("-1234567.8900", "-1,234,568"),
    ],
)
def test_numbers_are_short(text: str | None, written: str) -> None:
    """Only zero is 0, and only what is not measured is a dash."""
    assert shown(text, ENGLISH) == written


@pytest.mark.parametrize(
    ("language", "written", "percentage"),
    [
        ("", "1,234,567", "99.9"),
        ("de-DE,de;q=0.9", "1.234.567", "99,9"),
        ("fr", "1\u202f234\u202f567", "99,9"),
        ("xx;q=1", "1,234,567", "99.9"),
    ],
)
def test_numbers_follow_the_first_language(
    language: str, written: str, percentage: str
) -> None:
    """Percentages are cut, not rounded up: 99.96 is not 100 yet."""
    marks = marks_of(language)

    assert shown("1234567.0000", marks) == written
    assert shown_percentage("99.9600", marks) == percentage


@pytest.mark.parametrize(
    ("text", "written"),
    [(None, "—"), ("0.0000", "±0"), ("-1234.5000", "\u22121,235"), ("0.5", "+0.5")],
)
def test_changes_have_a_sign(text: str | None, written: str) -> None:
    """Also nothing has one, so that it is seen to be a change."""
    assert shown_change(text, ENGLISH) == written


def test_a_long_percentage_has_no_decimals() -> None:
    """Nobody reads the tenths of twelve hundred percent."""
    assert shown_percentage("1234.5600", ENGLISH) == "1,234"
