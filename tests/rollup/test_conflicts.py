"""Of two contents under one version the same one wins, whatever came first."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rollup.domain.conflicts import content_hash
from tests.rollup.making import record

MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Decimal("1E+2"), 100),
        (Decimal("-0.0"), Decimal("0.0")),
        (10**39, Decimal("1E+39")),
    ],
)
def test_how_a_number_is_written_makes_no_other_content(
    one: object, two: object
) -> None:
    """100 and 1e2 say the same; 1 and 1.0 do not, for queries read them as text."""
    assert content_hash(record(attributes={"a": one})) == content_hash(
        record(attributes={"a": two})
    )


def test_the_zone_in_which_a_time_is_written_makes_no_other_content() -> None:
    """An instant is the same instant in every zone."""
    there = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert content_hash(record(occurred_at=MOMENT)) == content_hash(
        record(occurred_at=there)
    )


def test_the_order_of_attributes_and_shares_makes_no_other_content() -> None:
    """Maps and sets have no order."""
    one = record(attributes={"a": 1, "b": 2}, shared_with=["user/a", "user/b"])
    two = record(attributes={"b": 2, "a": 1}, shared_with=["user/b", "user/a"])

    assert content_hash(one) == content_hash(two)


@pytest.mark.parametrize(
    "changes",
    [
        {"deleted": True},
        {"owner": "team/R0"},
        {"owner": None},
        {"state": "open"},
        {"state": None},
        {"status": "1"},
        {"attributes": {}},
        {"attributes": {"amount": 400, "closed": "2026-02-01"}},
        {"attributes": {"amount": True, "closed": "2026-02-01"}},
        {"shared_with": ["user/R1"]},
        {"occurred_at": MOMENT},
    ],
)
def test_whatever_a_record_says_counts(changes: dict[str, object]) -> None:
    """Each part of a record makes another content."""
    assert content_hash(record(**changes)) != content_hash(record())


@given(st.integers(28, 75))
def test_a_difference_in_any_digit_is_one(digits: int) -> None:
    """However many digits a number has, the last one counts."""
    one = Decimal("1." + "3" * digits)
    two = Decimal("1." + "3" * (digits - 1) + "4")

    assert content_hash(record(attributes={"a": one})) != content_hash(
        record(attributes={"a": two})
    )
