"""Numbers, days and words as the page's own modules make them, in Chromium."""

import json

import pytest
from playwright.async_api import Browser, Page

from tests.browser.modules import answers_of

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")

APRIL_TO_MARCH = "2 Apr 2026 \u2013 31 Mar 2027"
OCTOBER_TO_DECEMBER = "Oct \u2013 Dec 2026"


async def _compare(
    page: Page, module: str, function: str, cases: dict[str, object]
) -> None:
    """Assert what a function answers for the arguments that are the cases' keys."""
    found = await answers_of(page, module, [f"{function}({case})" for case in cases])

    assert dict(zip(cases, found, strict=True)) == cases


async def test_numbers_are_short_and_never_nothing_for_something(page: Page) -> None:
    """Only zero is 0, only what is not measured is a dash."""
    await _compare(
        page,
        "words/numbers.js",
        "shown",
        {
            "null": "\u2014",
            "'0'": "0",
            "'0.0000'": "0",
            "'-0.0000'": "0",
            "'2'": "2",
            "'0.0004'": "0.0004",
            "'-0.5000'": "-0.5",
            "'12.3456'": "12.35",
            "'999.9950'": "1,000",
            "'1234.5678'": "1,235",
            "'-1234567.8900'": "-1,234,568",
            "'12345678901.0000'": "12.35bn",
        },
    )


async def test_titles_have_every_digit(page: Page) -> None:
    """What a number is exactly is not lost in a browser's floating point."""
    await _compare(
        page,
        "words/numbers.js",
        "exact",
        {
            "null, 'EUR'": "not measured",
            "'2'": "2",
            "'1234.5000', 'EUR'": "1,234.5000 EUR",
            "'12345678901234567.8901', 'EUR'": "12,345,678,901,234,567.8901 EUR",
        },
    )


async def test_almost_is_not_a_hundred(page: Page) -> None:
    """Percentages are cut, not rounded up."""
    await _compare(
        page,
        "words/numbers.js",
        "shownPercentage",
        {
            "null": "\u2014",
            "'99.9999'": "99.9",
            "'100.0000'": "100.0",
            "'12345.6000'": "12,345",
        },
    )


async def test_periods_are_named_as_people_name_them(page: Page) -> None:
    """Whole years and months by their names, everything else by its days."""
    await _compare(
        page,
        "words/numbers.js",
        "shownPeriod",
        {
            "{start: '2026-01-01', end: '2026-12-31'}": "2026",
            "{start: '2028-02-01', end: '2028-02-29'}": "February 2028",
            "{start: '2027-02-01', end: '2027-02-28'}": "February 2027",
            "{start: '2026-10-01', end: '2026-12-31'}": OCTOBER_TO_DECEMBER,
            "{start: '2026-04-02', end: '2027-03-31'}": APRIL_TO_MARCH,
            "{start: '2026-11-20', end: '2026-11-20'}": "20 Nov 2026",
        },
    )


async def test_numbers_follow_the_readers_language(browser: Browser) -> None:
    """A reader in Germany sees a German number and a German period."""
    context = await browser.new_context(locale="de-DE")
    page = await context.new_page()

    found = await answers_of(
        page,
        "words/numbers.js",
        [
            "shown('1234567.0000')",
            "shownPeriod({start: '2026-10-01', end: '2026-10-31'})",
        ],
    )

    assert found == ["1.234.567", "Oktober 2026"]
    await context.close()


async def test_pace_counts_days_of_the_goals_own_zone(page: Page) -> None:
    """The share of the period that has passed is that of semantics, section 8."""
    period = "{start: '2026-11-20', end: '2026-12-21', time_zone: 'Europe/Berlin'}"
    one_day = "{start: '2026-11-20', end: '2026-11-20', time_zone: 'Etc/UTC'}"
    cases = {
        f"{period}, new Date('2026-11-19T12:00:00Z')": 0,
        # Already the 21st in Berlin.
        f"{period}, new Date('2026-11-20T23:30:00Z')": pytest.approx(1 / 31),
        f"{period}, new Date('2026-12-21T12:00:00Z')": 1,
        f"{period}, new Date('2027-01-01T12:00:00Z')": 1,
        f"{one_day}, new Date('2026-11-19T23:59:00Z')": 0,
        f"{one_day}, new Date('2026-11-20T00:00:00Z')": 1,
    }

    await _compare(page, "words/pace.js", "elapsedShare", cases)


async def test_the_word_for_a_goal_follows_its_pace(page: Page) -> None:
    """The thresholds are those at the foot of the page."""
    await _compare(
        page,
        "words/pace.js",
        "statusOf",
        {
            _goal("100", "100", "2026-06-01"): "reached",
            _goal("99", "100", "2027-06-01"): "missed",
            _goal("0", "100", "2026-01-05"): "early",
            _goal("60", "100", "2026-07-02"): "ahead",
            _goal("49", "100", "2026-07-02"): "on pace",
            _goal("45", "100", "2026-07-02"): "at risk",
            _goal("10", "100", "2026-07-02"): "behind",
            _goal("10", None, "2026-07-02"): None,
            _goal("10", "0", "2026-07-02"): None,
            _goal(None, "100", "2026-07-02"): None,
        },
    )


def _goal(actual: str | None, target: str | None, day: str) -> str:
    """Return the arguments that ask for a goal's word on a day of its year."""
    goal = {
        "target": target,
        "values": {"actual": actual},
        "period": {
            "start": "2026-01-01",
            "end": "2026-12-31",
            "time_zone": "Etc/UTC",
        },
    }
    return f"{json.dumps(goal)}, new Date('{day}')"


async def test_changes_have_a_sign(page: Page) -> None:
    """More has a plus, less a minus, and the same neither."""
    await _compare(
        page,
        "words/changes.js",
        "compactChange",
        {
            "'12.5'": "+12.5",
            "'-500'": "\u2212500",
            "'0'": "0",
            "null": "\u2014",
        },
    )
