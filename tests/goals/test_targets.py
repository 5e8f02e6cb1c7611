"""Targets of a metric's type, and what they are today."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.errors import RefusedError
from services.goals.domain.targets import target_of, today_of
from shared.domain.amounts import TARGET_DECIMALS, DataType
from shared.domain.periods import Period
from tests.goals.made import METRIC

T = date(2026, 11, 21)
DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))
TARGETS = st.decimals(0, 10**17 - 1, places=4)


@pytest.mark.parametrize(
    ("target", "today"),
    [("100.0000", "3.2258"), ("200.0000", "6.4516"), ("300.0000", "9.6774")],
)
def test_the_worked_example(target: str, today: str) -> None:
    """The first example of the semantics: the second of 32 days."""
    period = Period(
        start=T - timedelta(days=1), end=T + timedelta(days=30), time_zone="UTC"
    )

    shown = today_of(target, period, T)

    assert shown.target == today
    assert shown.percentage_of_period == "3.2258"


@pytest.mark.parametrize(
    ("days_after", "share", "today"),
    [(-1, "0.0000", "0.0000"), (0, "100.0000", "7.0000"), (1, "100.0000", "7.0000")],
)
def test_a_period_of_one_day(days_after: int, share: str, today: str) -> None:
    """Nothing before it, all from that day on."""
    period = Period(start=T, end=T, time_zone="UTC")

    shown = today_of("7", period, T + timedelta(days=days_after))

    assert (shown.percentage_of_period, shown.target) == (share, today)


@given(DAYS, DAYS, DAYS, TARGETS)
def test_todays_target_is_the_exact_share(
    one: date, other: date, today: date, target: Decimal
) -> None:
    """Within half of the last place of target times elapsed share, between 0 and 1."""
    start, end = sorted([one, other])
    period = Period(start=start, end=end, time_zone="UTC")

    shown = today_of(str(target), period, today)

    length = (end - start).days
    share = Fraction(int(today >= start))
    if length:
        share = min(max(Fraction((today - start).days, length), Fraction(0)), share)
        share = min(share, Fraction(1))
    assert abs(Fraction(shown.target or "") - Fraction(target) * share) * 20_000 <= 1
    assert abs(Fraction(shown.percentage_of_period) - 100 * share) * 20_000 <= 1


def test_halves_are_rounded_to_even() -> None:
    """A share of exactly half of the last place goes to the even neighbour."""
    period = Period(start=T, end=T + timedelta(days=2), time_zone="UTC")
    middle = T + timedelta(days=1)

    halves = [today_of(f"0.000{digit}", period, middle).target for digit in (1, 3, 5)]

    assert halves == ["0.0000", "0.0002", "0.0002"]


def test_no_target_has_no_share() -> None:
    """The period's share is told all the same."""
    shown = today_of(None, Period(start=T, end=T, time_zone="UTC"), T)

    assert (shown.target, shown.percentage_of_period) == (None, "100.0000")


@given(st.sampled_from(DataType), st.decimals(0, 10**17 - 1, places=6))
def test_a_target_keeps_its_value_or_is_refused(
    data_type: DataType, value: Decimal
) -> None:
    """Never rounded: what has too many places is the sender's to decide."""
    metric = replace(METRIC, data_type=data_type)
    places = TARGET_DECIMALS[data_type]

    if value != round(value, places):
        with pytest.raises(RefusedError) as caught:
            target_of(value, metric, goal_id="north", field="target")
        assert caught.value.refusal.error == "target_too_precise"
        return
    text = target_of(value, metric, goal_id="north", field="target")

    assert text is not None
    assert Decimal(text) == value
    assert len(text.partition(".")[2]) == places
