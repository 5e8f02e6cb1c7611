"""What a goal showed over time: percentages, and the times that are asked for."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.goals.domain.errors import RefusedError
from services.goals.domain.history import Shown, percentage_shown
from services.goals.http.history import HistoryQuery
from shared.domain.goals import Slot

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def shown(actual: str | None) -> Shown:
    """Return a row of a history."""
    return Shown(
        at=AT,
        values={Slot.ACTUAL: actual, Slot.IN_PROGRESS: "7", Slot.CUSTOM: None},
    )


@pytest.mark.parametrize(
    ("actual", "target", "percentage"),
    [
        ("25.0000", "100.0000", "25.0000"),
        ("1", "3", "33.3333"),
        ("-0.5000", "2", "-25.0000"),
        ("0.0000000001", "0.01", "0.0000"),
        # The metric had other decimals then than the target has now.
        ("2", "0.5000", "400.0000"),
        ("100000000000000000000.0001", "1.0000", "10000000000000000000000.0100"),
        (None, "3", None),
        ("1", None, None),
        ("1", "0", None),
    ],
)
def test_a_percentage_is_of_the_target(
    actual: str | None, target: str | None, percentage: str | None
) -> None:
    """Exact, whatever decimals the two have; none of nothing."""
    assert percentage_shown(shown(actual), target) == percentage


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001 - the offset follows
    st.integers(-23 * 60, 23 * 60),
)
def test_a_time_with_an_offset_is_that_instant(local: datetime, minutes: int) -> None:
    """Whatever the offset is."""
    instant = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    query = HistoryQuery.model_validate({"from": instant.isoformat()})

    assert query.start == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1763717400",
        "2026-11-21",
        "2026-11-21T09:30:00",
        "2026-11-21T09:30Z",
        "2026-11-21 09:30:00Z",
        "2026-11-21T09:30:00 01:00",
        "2026-11-31T09:30:00Z",
        "2026-11-21T24:30:00Z",
        "2026-11-21T09:30:60Z",
        "2026-11-21T09:30:00+25:00",
        "2026-11-21T09:30:00.1234567Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٦-11-21T09:30:00Z",
    ],
)
@pytest.mark.parametrize("name", ["from", "to"])
def test_what_is_no_time_is_refused(name: str, text: str) -> None:
    """Times without an offset above all: nobody knows which they are."""
    with pytest.raises(ValidationError) as refused:
        HistoryQuery.model_validate({name: text})

    [error] = refused.value.errors()
    assert error["loc"] == (name,)
    assert "2026-11-21T09:30:00Z" in error["msg"] or "calendar" in error["msg"]


@pytest.mark.parametrize("end", ["2026-11-21T09:30:00Z", "2026-11-21T10:29:59+01:00"])
def test_a_stretch_of_no_time_is_refused(end: str) -> None:
    """Its end is not in it, so it must come later."""
    query = HistoryQuery.model_validate({"from": "2026-11-21T09:30:00Z", "to": end})

    with pytest.raises(RefusedError, match="not after from") as refused:
        query.as_span()

    assert refused.value.field == "to"
