"""Where a goal should be today and where it may end, by numbers worked out by hand."""

from datetime import date, timedelta

import pytest

from services.goals.domain.pace import (
    PaceStatus,
    Rule,
    days_back,
    finish_of,
    pace_of,
)
from shared.domain.periods import Period

# A hundred days from the first to the last, so that each is one percent.
PERIOD = Period(start=date(2026, 1, 1), end=date(2026, 4, 11), time_zone="UTC")


def day(passed: int) -> date:
    """Return the day on which so many have passed."""
    return PERIOD.start + timedelta(days=passed)


def test_the_pace_is_the_targets_share_of_the_days() -> None:
    """On day 40 of 100, 360 of 1,000 are 90 % of the pace and 40 below it."""
    pace = pace_of("1000.0000", "360.0000", PERIOD, day(40))

    assert pace.percentage_of_period == "40.0000"
    assert pace.target == "400.0000"
    assert pace.index == "0.9000"
    assert pace.gap == "-40.0000"
    assert pace.status is PaceStatus.AT_RISK


@pytest.mark.parametrize(
    ("actual", "status"),
    [
        ("-1", "behind"),
        ("31999", "behind"),
        ("32000", "at_risk"),
        ("37999", "at_risk"),
        ("38000", "on_pace"),
        ("42000", "on_pace"),
        ("42001", "ahead"),
        ("99999", "ahead"),
        ("100000", "reached"),
        ("100001", "reached"),
    ],
)
def test_each_word_begins_at_its_threshold(actual: str, status: str) -> None:
    """Exactly, and not where a rounded index would have it: the pace is 40,000."""
    assert pace_of("100000", actual, PERIOD, day(40)).status == status


@pytest.mark.parametrize(
    ("passed", "actual", "status"),
    [
        (-3, "0", "too_early"),
        (0, "1", "too_early"),
        (4, "99", "too_early"),
        (4, "100", "reached"),
        (5, "0", "behind"),
        (5, "5", "on_pace"),
        (100, "99", "on_pace"),
        (101, "99", "behind"),
        (101, "100", "reached"),
    ],
)
def test_the_words_at_the_ends_of_a_period(
    passed: int, actual: str, status: str
) -> None:
    """Too early before 5 %; after the last day what is not reached is behind."""
    assert pace_of("100", actual, PERIOD, day(passed)).status == status


@pytest.mark.parametrize(
    ("target", "actual", "index"),
    [(None, "5", None), ("0", "5", None), ("100", None, None), ("0", "0", None)],
)
def test_what_is_not_there_has_no_pace(
    target: str | None, actual: str | None, index: str | None
) -> None:
    """No word, and no index by nothing."""
    pace = pace_of(target, actual, PERIOD, day(40))

    assert (pace.status, pace.index) == (None, index)
    assert pace.percentage_of_period == "40.0000"


def test_a_count_has_a_gap_with_the_places_of_its_pace() -> None:
    """Two calls where 3.3333 are due."""
    period = Period(start=date(2026, 1, 1), end=date(2026, 1, 4), time_zone="UTC")

    pace = pace_of("10", "2", period, date(2026, 1, 2))

    assert (pace.target, pace.gap, pace.index) == ("3.3333", "-1.3333", "0.6000")


def test_a_finish_lies_between_the_rules() -> None:
    """On day 40: 400 so far, 300 of it in the last 10 days, 250 more in progress.

    At 10 a day it ends at 1,000; at 30 a day for the 60 that are left at 2,200; and
    with what is in progress at 650.
    """
    finish = finish_of(
        actual="400.0000",
        in_progress="250.0000",
        recently="100.0000",
        period=PERIOD,
        today=day(40),
        places=4,
    )

    assert finish is not None
    assert (finish.low, finish.expected, finish.high) == (
        "650.0000",
        "1000.0000",
        "2200.0000",
    )
    assert [(one.rule, one.value) for one in finish.by] == [
        (Rule.WHOLE_PERIOD, "1000.0000"),
        (Rule.LAST_QUARTER, "2200.0000"),
        (Rule.IN_PROGRESS, "650.0000"),
    ]


def test_a_finish_goes_by_what_is_known() -> None:
    """Without history and in progress there is one rule, rounded half to even."""
    finish = finish_of(
        actual="1",
        in_progress=None,
        recently=None,
        period=PERIOD,
        today=day(40),
        places=0,
    )

    assert finish is not None
    assert (finish.low, finish.expected, finish.high) == ("2", "2", "2")
    assert [one.rule for one in finish.by] == [Rule.WHOLE_PERIOD]


@pytest.mark.parametrize(
    ("passed", "back"),
    [
        (-1, None),
        (0, None),
        (4, None),
        (5, timedelta(days=1, hours=6)),
        (40, timedelta(days=10)),
        (100, timedelta(days=25)),
        (101, None),
    ],
)
def test_the_last_quarter_of_the_elapsed_time(
    passed: int, back: timedelta | None
) -> None:
    """Nothing is projected too early or after the end."""
    assert days_back(PERIOD, day(passed)) == back


def test_the_last_quarter_is_a_day_at_least() -> None:
    """Two of ten days have passed."""
    period = Period(start=date(2026, 1, 1), end=date(2026, 1, 11), time_zone="UTC")

    assert days_back(period, date(2026, 1, 3)) == timedelta(days=1)


@pytest.mark.parametrize(
    ("actual", "passed"), [(None, 40), ("5", 4), ("5", 101), ("5", -1)]
)
def test_there_is_no_finish_where_nothing_can_be_told(
    actual: str | None, passed: int
) -> None:
    """No value, too early, over, or not begun."""
    finish = finish_of(
        actual=actual,
        in_progress="1",
        recently="1",
        period=PERIOD,
        today=day(passed),
        places=0,
    )

    assert finish is None
