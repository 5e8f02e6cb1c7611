"""Numbers of the first paint, as the browser will write them a moment later."""

import pytest

from services.goals.page.numbers import marks_of, shown, shown_percentage

ENGLISH = marks_of("en-GB,en;q=0.9")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (None, "—"),
        ("0.0000", "0"),
        ("-0.5000", "-0.5"),
        ("12.3456", "12.35"),
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
