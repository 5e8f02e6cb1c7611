"""Which days a goal's period has, and when it keeps those it was given."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.errors import RefusedError
from services.goals.domain.goals import aligned_goal
from services.goals.domain.periods import (
    GivenPeriod,
    PeriodKind,
    chosen_period,
    is_same,
)
from shared.domain.fiscal import FiscalCalendar, Template, YearNamedBy, codes_of
from shared.domain.periods import FiscalLabel, Period
from tests.goals.made import GOAL

CALENDARS = st.builds(
    FiscalCalendar,
    month=st.integers(1, 12),
    day=st.integers(1, 31),
    template=st.sampled_from(Template),
    year_named_by=st.sampled_from(YearNamedBy),
)
QUARTERS = FiscalCalendar(
    month=1, day=1, template=Template.QUARTERLY, year_named_by=YearNamedBy.START
)
Q4 = FiscalLabel(year=2026, code=4)
FISCAL_Q4 = GivenPeriod(kind=PeriodKind.FISCAL, year=2026, period=4)


@given(CALENDARS, CALENDARS, st.data())
def test_what_was_chosen_keeps_its_days(
    calendar: FiscalCalendar, later: FiscalCalendar, data: st.DataObject
) -> None:
    """Whatever the calendar becomes: sent again, or read and written back."""
    code = data.draw(st.sampled_from(codes_of(calendar.template)))
    asked = GivenPeriod(kind=PeriodKind.FISCAL, year=2026, period=code)
    chosen = chosen_period("north", asked, time_zone="UTC", calendar=calendar)
    read = replace(asked, start=chosen.start, end=chosen.end)

    for again in (asked, read):
        kept = chosen_period(
            "north", again, time_zone="UTC", calendar=later, standing=chosen
        )

        assert is_same(kept, chosen)


@given(CALENDARS, st.data())
def test_a_goal_that_is_aligned_is_as_if_chosen_now(
    calendar: FiscalCalendar, data: st.DataObject
) -> None:
    """Aligning gives the days that choosing the period today would give."""
    code = data.draw(st.sampled_from(codes_of(calendar.template)))
    label = FiscalLabel(year=2026, code=code)
    goal = replace(GOAL, period=replace(GOAL.period, fiscal=label))
    asked = GivenPeriod(kind=PeriodKind.FISCAL, year=2026, period=code)

    aligned = aligned_goal(goal, calendar)

    zone = goal.period.time_zone
    chosen = chosen_period("north", asked, time_zone=zone, calendar=calendar)
    assert is_same(aligned.period, chosen)
    assert is_same(aligned_goal(aligned, calendar).period, chosen)


def test_days_alone_have_no_name() -> None:
    """A custom period clears what the same days were called before."""
    standing = chosen_period("north", FISCAL_Q4, time_zone="UTC", calendar=QUARTERS)
    custom = GivenPeriod(kind=PeriodKind.CUSTOM, start=standing.start, end=standing.end)

    chosen = chosen_period(
        "north", custom, time_zone="UTC", calendar=QUARTERS, standing=standing
    )

    assert standing.fiscal == Q4
    assert chosen == standing
    assert chosen.fiscal is None
    assert not is_same(chosen, standing)


def test_a_name_alone_keeps_the_time_zone_it_is_given() -> None:
    """The days of the quarter, in the zone that was asked for."""
    chosen = chosen_period(
        "north", FISCAL_Q4, time_zone="Asia/Tokyo", calendar=QUARTERS
    )

    assert is_same(
        chosen,
        Period(
            start=date(2026, 10, 1),
            end=date(2026, 12, 31),
            time_zone="Asia/Tokyo",
            fiscal=Q4,
        ),
    )


@pytest.mark.parametrize("year", [0, 1899, 2201, 9999])
def test_a_fiscal_year_has_days_that_goals_may_have(year: int) -> None:
    """Years outside are typing errors."""
    asked = replace(FISCAL_Q4, year=year)

    with pytest.raises(RefusedError) as caught:
        chosen_period("north", asked, time_zone="UTC", calendar=QUARTERS)

    assert caught.value.refusal.error == "year_out_of_range"
    assert caught.value.field == "period.year"
