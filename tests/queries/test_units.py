"""Fiscal periods at both ends of the calendar, which upstream systems write often."""

import pytest

from tests.queries.looking import eyes_of, fiscal, holds_for

FIRST_DAY = "0001-01-01"
# By UTC these lie a day before and after all others.
DAY_BEFORE_ALL, DAY_AFTER_ALL = (
    "0001-01-01T00:00+23:59",
    "9999-12-31T23:59:59-23:59",
)


@pytest.mark.parametrize(
    ("start", "template", "code"),
    [
        # Its fiscal year began in the year before the first.
        ("09-15", "semiannual", 201),
        ("07-01", "semiannual", 202),
        ("09-15", "quarterly", 2),
        ("10-01", "monthly", 101),
        ("12-31", "four_weekly", 401),
        ("02-01", "four_weekly", 412),
        ("01-01", "quarterly", 1),
        ("04-01", "annual", 301),
    ],
)
def test_the_first_day_of_all_lies_in_the_period_that_it_would_later(
    start: str, template: str, code: int
) -> None:
    """A fiscal year that no calendar has the beginning of is divided like any other."""
    eyes = eyes_of(calendar=fiscal(start, template))
    is_in = {"operator": "in-fiscal-period", "value": code}

    assert holds_for({"attribute": "x"} | is_in, FIRST_DAY, eyes)


@pytest.mark.parametrize(
    ("instant", "start", "template", "code"),
    [
        (DAY_BEFORE_ALL, "01-01", "monthly", 112),
        (DAY_BEFORE_ALL, "07-01", "semiannual", 201),
        (DAY_AFTER_ALL, "01-01", "monthly", 101),
        (DAY_AFTER_ALL, "07-01", "semiannual", 202),
    ],
)
def test_instants_outside_the_calendar_have_a_period(
    instant: str, start: str, template: str, code: int
) -> None:
    """An offset may lead beyond the first day and the last; the calendar goes on."""
    eyes = eyes_of(calendar=fiscal(start, template))
    is_in = {"operator": "in-fiscal-period", "value": code}

    assert holds_for({"attribute": "x"} | is_in, instant, eyes)
