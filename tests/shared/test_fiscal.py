"""The fiscal calendar: its periods are those that one finds by counting the days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.fiscal import (
    FiscalCalendar,
    FiscalYearOutOfRangeError,
    Template,
    UnknownPeriodError,
    UnreadableCalendarError,
    YearNamedBy,
    calendar_of,
    codes_of,
    days_of,
    following,
    years_of,
)
from shared.domain.periods import FiscalLabel

DAY = timedelta(days=1)
# Said here once more, for the judge must not ask the judged.
CODES = {
    "annual": [301],
    "semiannual": [201, 202],
    "quarterly": [1, 2, 3, 4],
    "monthly": [101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112],
    "four_weekly": [401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413],
}
MONTHS_OF_A_PERIOD = {"annual": 12, "semiannual": 6, "quarterly": 3, "monthly": 1}

# All that can be written, those that few or no years have among them.
MONTH_AND_DAY = st.one_of(
    st.tuples(st.integers(1, 12), st.integers(1, 31)),
    st.sampled_from([(1, 1), (1, 31), (2, 28), (2, 29), (2, 30), (4, 31), (12, 31)]),
)
CALENDARS = st.builds(
    lambda start, template, year_named_by: FiscalCalendar(
        month=start[0], day=start[1], template=template, year_named_by=year_named_by
    ),
    MONTH_AND_DAY,
    st.sampled_from(Template),
    st.sampled_from(YearNamedBy),
)
# Those that every calendar has.
FIRST_YEAR, LAST_YEAR = 1901, 2199
# Leap years, the year before and after one, a hundredth that is none, and the ends.
YEARS = st.one_of(
    st.integers(FIRST_YEAR, LAST_YEAR),
    st.sampled_from([FIRST_YEAR, 1999, 2000, 2001, 2024, 2025, 2100, 2101, LAST_YEAR]),
)


def calendar(start: str, template: str, year_named_by: str) -> FiscalCalendar:
    """Read a calendar as an administrator writes it."""
    return calendar_of(start=start, template=template, year_named_by=year_named_by)


def every_day(first: date, before: date) -> list[date]:
    """Return the days from the first on that come before the other one."""
    ordinals = range(first.toordinal(), before.toordinal())
    return [date.fromordinal(one) for one in ordinals]


def is_turn(day: date, anchor: int) -> bool:
    """Tell whether it is the day `anchor` of its month, or its last if that is less."""
    return day.day == anchor or (day.day < anchor and (day + DAY).day == 1)


def days_counted(judged: FiscalCalendar, year: int) -> dict[int, list[date]]:
    """Return the days of each period of a fiscal year, by walking through them all.

    A year named by its end has the number of the calendar year its last day is in.
    """
    days = every_day(date(year - 1, 1, 1), date(year + 2, 1, 2))
    starts = [
        day for day in days if day.month == judged.month and is_turn(day, judged.day)
    ]
    found = []
    for start, next_start in pairwise(starts):
        named = start if judged.year_named_by == "start" else next_start - DAY
        if named.year == year:
            found.append(every_day(start, next_start))
    (of_the_year,) = found
    return divided(of_the_year, judged.template)


def divided(of_the_year: list[date], template: str) -> dict[int, list[date]]:
    """Return a year's days by period, counting weeks or months as they pass."""
    codes = list(CODES[template])
    if template == "monthly":
        while codes[0] != 100 + of_the_year[0].month:
            codes.append(codes.pop(0))
    periods: dict[int, list[date]] = {code: [] for code in codes}
    place = 0
    weeks = months = 0
    for count, day in enumerate(of_the_year):
        if count and template == "four_weekly":
            weeks += count % 7 == 0
            if weeks == 4 and place < 12:
                place, weeks = place + 1, 0
        elif count:
            months += is_turn(day, of_the_year[0].day)
            if months == MONTHS_OF_A_PERIOD[template] and place + 1 < len(codes):
                place, months = place + 1, 0
        periods[codes[place]].append(day)
    return periods


@pytest.mark.parametrize(
    ("written", "year", "code", "first", "last"),
    [
        (("04-01", "quarterly", "end"), 2024, 3, "2023-10-01", "2023-12-31"),
        (("07-01", "monthly", "end"), 2025, 101, "2025-01-01", "2025-01-31"),
        (("01-01", "four_weekly", "start"), 2024, 413, "2024-12-02", "2024-12-31"),
        (("01-01", "four_weekly", "end"), 2024, 413, "2024-12-02", "2024-12-31"),
        (("01-01", "four_weekly", "start"), 2023, 413, "2023-12-03", "2023-12-31"),
        (("01-01", "four_weekly", "end"), 2023, 413, "2023-12-03", "2023-12-31"),
        (("10-01", "semiannual", "end"), 2024, 201, "2023-10-01", "2024-03-31"),
    ],
)
def test_the_checks_of_the_rules_hold(
    written: tuple[str, str, str], year: int, code: int, first: str, last: str
) -> None:
    """The examples that the rules were agreed on come out to the day."""
    found = days_of(calendar(*written), year, code)

    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("written", "year", "code", "first", "last"),
    [
        # Named by the other end, the same days are a year later.
        (("04-01", "quarterly", "start"), 2024, 3, "2024-10-01", "2024-12-31"),
        (("04-01", "quarterly", "start"), 2024, 4, "2025-01-01", "2025-03-31"),
        (("04-01", "quarterly", "end"), 2024, 4, "2024-01-01", "2024-03-31"),
        (("01-01", "annual", "start"), 2024, 301, "2024-01-01", "2024-12-31"),
        (("01-01", "annual", "end"), 2024, 301, "2024-01-01", "2024-12-31"),
        (("01-02", "annual", "end"), 2024, 301, "2023-01-02", "2024-01-01"),
        (("10-01", "annual", "start"), 2023, 301, "2023-10-01", "2024-09-30"),
        (("10-01", "semiannual", "end"), 2024, 202, "2024-04-01", "2024-09-30"),
        (("07-01", "monthly", "end"), 2025, 107, "2024-07-01", "2024-07-31"),
        (("07-01", "monthly", "end"), 2025, 106, "2025-06-01", "2025-06-30"),
        (("07-01", "monthly", "start"), 2025, 101, "2026-01-01", "2026-01-31"),
        (("01-01", "monthly", "start"), 2024, 102, "2024-02-01", "2024-02-29"),
        # A month is called after the month it begins in.
        (("04-15", "monthly", "start"), 2026, 104, "2026-04-15", "2026-05-14"),
        (("04-15", "monthly", "start"), 2026, 103, "2027-03-15", "2027-04-14"),
        (("04-06", "four_weekly", "end"), 2027, 401, "2026-04-06", "2026-05-03"),
        (("04-06", "four_weekly", "end"), 2027, 412, "2027-02-08", "2027-03-07"),
        (("04-06", "four_weekly", "end"), 2027, 413, "2027-03-08", "2027-04-05"),
        # A day that a month lacks becomes its last, and only there.
        (("01-31", "monthly", "start"), 2026, 101, "2026-01-31", "2026-02-27"),
        (("01-31", "monthly", "start"), 2026, 102, "2026-02-28", "2026-03-30"),
        (("01-31", "monthly", "start"), 2024, 102, "2024-02-29", "2024-03-30"),
        (("01-31", "monthly", "start"), 2026, 103, "2026-03-31", "2026-04-29"),
        (("01-31", "monthly", "start"), 2026, 112, "2026-12-31", "2027-01-30"),
        (("11-30", "quarterly", "end"), 2026, 1, "2025-11-30", "2026-02-27"),
        (("11-30", "quarterly", "end"), 2026, 2, "2026-02-28", "2026-05-29"),
        (("04-31", "quarterly", "start"), 2026, 1, "2026-04-30", "2026-07-29"),
        # Periods are counted from the day on which their year does start.
        (("02-29", "quarterly", "start"), 2023, 1, "2023-02-28", "2023-05-27"),
        (("02-29", "quarterly", "start"), 2023, 4, "2023-11-28", "2024-02-28"),
        (("02-29", "quarterly", "start"), 2024, 1, "2024-02-29", "2024-05-28"),
        (("02-29", "quarterly", "start"), 2024, 4, "2024-11-29", "2025-02-27"),
        (("02-29", "four_weekly", "end"), 2024, 413, "2024-01-30", "2024-02-28"),
        (("02-29", "four_weekly", "end"), 2025, 413, "2025-01-30", "2025-02-27"),
    ],
)
def test_periods_worked_out_by_hand(
    written: tuple[str, str, str], year: int, code: int, first: str, last: str
) -> None:
    """Both ways of naming years, odd starts and leap years, as a calendar shows."""
    found = days_of(calendar(*written), year, code)

    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@given(CALENDARS, YEARS)
@example(calendar("02-29", "monthly", "start"), 2023)
@example(calendar("02-29", "four_weekly", "end"), 2024)
@example(calendar("01-01", "annual", "end"), 2024)
@example(calendar("01-31", "monthly", "end"), 2024)
def test_days_are_those_that_counting_finds(judged: FiscalCalendar, year: int) -> None:
    """Every period has exactly the days of one who walks through the year."""
    expected = days_counted(judged, year)

    found = {code: days_of(judged, year, code) for code in codes_of(judged.template)}

    assert found == {code: (days[0], days[-1]) for code, days in expected.items()}


@given(CALENDARS, YEARS)
def test_periods_share_out_the_year_without_gap_or_overlap(
    judged: FiscalCalendar, year: int
) -> None:
    """Each day of a fiscal year is in one of its periods, and in one only."""
    found = sorted(days_of(judged, year, code) for code in codes_of(judged.template))

    assert all(first <= last for first, last in found)
    assert all(earlier[1] + DAY == later[0] for earlier, later in pairwise(found)), (
        found
    )
    assert (found[-1][1] - found[0][0]).days + 1 in (365, 366)


@given(CALENDARS, YEARS.filter(lambda year: year > FIRST_YEAR))
def test_a_year_begins_the_day_after_the_one_before_it(
    judged: FiscalCalendar, year: int
) -> None:
    """No day lies between two fiscal years, none in both."""
    codes = codes_of(judged.template)

    last = max(days_of(judged, year - 1, code)[1] for code in codes)
    first = min(days_of(judged, year, code)[0] for code in codes)

    assert last + DAY == first


@given(CALENDARS, YEARS)
def test_the_thirteenth_period_takes_what_is_left(
    judged: FiscalCalendar, year: int
) -> None:
    """Twelve periods of four weeks leave 29 days, or 30 where a leap day is in them."""
    four_weekly = FiscalCalendar(
        month=judged.month,
        day=judged.day,
        template=Template.FOUR_WEEKLY,
        year_named_by=judged.year_named_by,
    )

    lengths = [
        (last - first).days + 1
        for first, last in (
            days_of(four_weekly, year, code) for code in CODES["four_weekly"]
        )
    ]

    assert lengths[:12] == [28] * 12
    assert lengths[12] in (29, 30)


@given(CALENDARS, st.integers(FIRST_YEAR, LAST_YEAR - 3), st.data())
def test_the_following_period_begins_the_next_day(
    judged: FiscalCalendar, year: int, data: st.DataObject
) -> None:
    """From period to period, across years, no day is jumped and none comes twice."""
    code = data.draw(st.sampled_from(CODES[judged.template]))
    seen = set()
    _, last = days_of(judged, year, code)

    for _ in range(2 * len(CODES[judged.template])):
        after = following(judged, year, code)
        first, next_last = days_of(judged, after.year, after.code)
        assert first == last + DAY
        seen.add(after)
        year, code, last = after.year, after.code, next_last

    assert len(seen) == 2 * len(CODES[judged.template])


@pytest.mark.parametrize(
    ("written", "year", "code", "expected"),
    [
        (("04-01", "quarterly", "end"), 2024, 3, FiscalLabel(year=2024, code=4)),
        (("04-01", "quarterly", "end"), 2024, 4, FiscalLabel(year=2025, code=1)),
        (("07-01", "monthly", "end"), 2025, 112, FiscalLabel(year=2025, code=101)),
        (("07-01", "monthly", "end"), 2025, 106, FiscalLabel(year=2026, code=107)),
        (("01-01", "monthly", "end"), 2025, 112, FiscalLabel(year=2026, code=101)),
        (("01-01", "semiannual", "end"), 2025, 202, FiscalLabel(year=2026, code=201)),
        (("01-01", "annual", "end"), 2025, 301, FiscalLabel(year=2026, code=301)),
        (("09-01", "four_weekly", "end"), 2025, 413, FiscalLabel(year=2026, code=401)),
    ],
)
def test_the_following_period_by_hand(
    written: tuple[str, str, str], year: int, code: int, expected: FiscalLabel
) -> None:
    """After the last period of a year comes the first of the next."""
    assert following(calendar(*written), year, code) == expected


@pytest.mark.parametrize("template", Template)
def test_a_template_has_its_codes_and_no_others(template: Template) -> None:
    """A code of another template, or of none, is refused with those allowed."""
    judged = calendar("04-01", template, "end")

    assert list(codes_of(template)) == CODES[template]
    for code in {-1, 0, 5, 100, 113, 200, 203, 300, 302, 400, 414}.union(
        *CODES.values()
    ).difference(CODES[template]):
        with pytest.raises(UnknownPeriodError, match=f"^{code} is no period .*allowed"):
            days_of(judged, 2026, code)
        with pytest.raises(UnknownPeriodError, match=f"^{code} is no period .*allowed"):
            following(judged, 2026, code)


def test_an_unknown_period_is_refused_in_words() -> None:
    """The message says what was found, what the calendar is, and what it allows."""
    with pytest.raises(UnknownPeriodError) as several:
        days_of(calendar("04-01", "quarterly", "end"), 2026, 101)
    with pytest.raises(UnknownPeriodError) as one:
        days_of(calendar("04-01", "annual", "end"), 2026, 4)

    assert str(several.value) == (
        "101 is no period of the fiscal calendar, which is quarterly; allowed: 1 to 4"
    )
    assert str(one.value) == (
        "4 is no period of the fiscal calendar, which is annual; allowed: 301 only"
    )


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        (("01-01", "quarterly", "start"), 1900, 2200),
        (("01-01", "quarterly", "end"), 1900, 2200),
        (("04-01", "quarterly", "start"), 1900, 2199),
        (("04-01", "quarterly", "end"), 1901, 2200),
        (("12-31", "quarterly", "start"), 1900, 2199),
        (("01-02", "quarterly", "end"), 1901, 2200),
    ],
)
def test_years_at_the_ends_are_whole_or_refused(
    written: tuple[str, str, str], first: int, last: int
) -> None:
    """A fiscal year has only days from 1900 to 2200, or is refused as a whole."""
    judged = calendar(*written)

    assert (years_of(judged)[0], years_of(judged)[-1]) == (first, last)
    for year in (first, last):
        days = [day for code in (1, 2, 3, 4) for day in days_of(judged, year, code)]
        assert date(1900, 1, 1) <= min(days) <= max(days) <= date(2200, 12, 31)
    for year in (-1, 0, 1, first - 1, last + 1, 9998, 9999, 10000, 10**30):
        with pytest.raises(
            FiscalYearOutOfRangeError,
            match=f"^the fiscal year {year} lies outside {first} to {last}; correct it",
        ):
            days_of(judged, year, 1)
        with pytest.raises(FiscalYearOutOfRangeError, match=f"year {year} lies"):
            following(judged, year, 1)
    with pytest.raises(FiscalYearOutOfRangeError, match=f"year {last + 1} lies"):
        following(judged, last, 4)


@given(MONTH_AND_DAY, st.sampled_from(Template), st.sampled_from(YearNamedBy))
def test_a_calendar_is_written_as_it_was_read(
    start: tuple[int, int], template: Template, year_named_by: YearNamedBy
) -> None:
    """Every month and day up to 31 is read, and answered as it was written."""
    written = f"{start[0]:02}-{start[1]:02}"

    judged = calendar(written, template.value, year_named_by.value)

    assert (judged.month, judged.day) == start
    assert judged.start == written
    assert judged.template is template
    assert judged.year_named_by is year_named_by


@pytest.mark.parametrize(
    "start",
    [
        "",
        "04",
        "4-1",
        "00-01",
        "13-01",
        "04-00",
        "04-32",
        "04/01",
        "01.04.",
        "2026-04-01",
        "--04-01",
        "04-01\n",
        " 04-01",
        "\uff104-01",
        "April",
    ],
)
def test_a_start_that_is_no_month_and_day_is_refused(start: str) -> None:
    """The message shows what was written and what would be read."""
    with pytest.raises(UnreadableCalendarError) as refused:
        calendar(start, "quarterly", "end")

    assert refused.value.field == "start"
    assert str(refused.value) == (
        f'the start of the fiscal year is "{start}"; allowed are month 01 to 12 and '
        "day 01 to 31, written as 04-01"
    )


def test_a_template_that_is_none_is_refused() -> None:
    """The message lists the five that there are."""
    with pytest.raises(UnreadableCalendarError) as refused:
        calendar("04-01", "weekly", "end")

    assert refused.value.field == "template"
    assert str(refused.value) == (
        'template of the fiscal calendar is "weekly"; allowed are annual, semiannual, '
        "quarterly, monthly, four_weekly"
    )


def test_a_year_is_named_by_its_start_or_its_end() -> None:
    """The message lists the two that there are."""
    with pytest.raises(UnreadableCalendarError) as refused:
        calendar("04-01", "quarterly", "middle")

    assert refused.value.field == "year_named_by"
    assert str(refused.value) == (
        'year_named_by of the fiscal calendar is "middle"; allowed are start, end'
    )
