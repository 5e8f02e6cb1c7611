"""What a request makes of a goal's override, and how values are written."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.errors import RefusedError
from services.goals.domain.overrides import (
    NOTHING_GIVEN,
    GivenOverride,
    Signature,
    changed_override,
    overridden_goal,
)
from shared.domain.amounts import DECIMALS, WHOLE_DIGITS_MAX, DataType
from shared.domain.goals import Goal, MetricId, Override, Slot
from tests.goals.made import GOAL, METRIC, NOON

SIGNED = Signature(number=9, by="grace", at=NOON)
MEASURED = replace(
    METRIC, rollup_fields=dict.fromkeys(Slot, METRIC.rollup_fields[Slot.ACTUAL])
)


def standing(
    values: Mapping[Slot, str] | None = None, *, locked: bool = False
) -> Override:
    """Return an override that was given before."""
    values = values or {}
    return Override(
        number=3,
        values=values,
        is_override=bool(values),
        is_overridden=locked,
        reason="before",
        at=NOON,
    )


WRITTEN = standing({Slot.ACTUAL: "1.0000"})
LOCKED = standing(locked=True)
LOCKED_AT = standing({Slot.ACTUAL: "1.0000", Slot.CUSTOM: "3.0000"}, locked=True)
TAKEN_BACK = standing()
ALL = (None, WRITTEN, LOCKED, LOCKED_AT, TAKEN_BACK)

FIVE = {Slot.CUSTOM: Decimal(5)}
FIVE_TEXT = {Slot.CUSTOM: "5.0000"}
WITH_FIVE = {Slot.ACTUAL: "1.0000", Slot.CUSTOM: "5.0000"}


def asked(before: Override | None, request: GivenOverride) -> Goal:
    """Return what becomes of a goal that measures everything."""
    goal = replace(GOAL, override=before)
    return overridden_goal(goal, request, MEASURED, SIGNED)


def given_override(
    is_override: bool | None = None,
    is_overridden: bool | None = None,
    values: Mapping[Slot, Decimal] | None = None,
    reason: str | None = None,
) -> GivenOverride:
    """Return what a request says."""
    return GivenOverride(
        is_override=is_override,
        is_overridden=is_overridden,
        values=values or {},
        reason=reason,
    )


@pytest.mark.parametrize(
    ("before", "flags", "values", "expected"),
    [
        # Written over, until the next rollup.
        (None, (True, None), FIVE, (FIVE_TEXT, True, False)),
        (None, (True, False), FIVE, (FIVE_TEXT, True, False)),
        (TAKEN_BACK, (True, None), FIVE, (FIVE_TEXT, True, False)),
        # Whether the former one still shows, only rollup knows.
        (WRITTEN, (True, None), FIVE, (FIVE_TEXT, True, False)),
        (WRITTEN, (True, True), FIVE, (FIVE_TEXT, True, True)),
        # Locked at what is given, or at what shows.
        (None, (True, True), FIVE, (FIVE_TEXT, True, True)),
        (None, (None, True), {}, ({}, False, True)),
        (None, (True, True), {}, ({}, False, True)),
        (WRITTEN, (None, True), {}, ({}, False, True)),
        # Under a lock, newer values replace earlier ones, measure by measure.
        (LOCKED_AT, (True, None), FIVE, (WITH_FIVE, True, True)),
        (LOCKED_AT, (True, True), FIVE, (WITH_FIVE, True, True)),
        (LOCKED, (True, None), FIVE, (FIVE_TEXT, True, True)),
        # What the lock held shows for certain, so it is written along.
        (LOCKED_AT, (True, False), FIVE, (WITH_FIVE, True, False)),
        # Taken back.
        (LOCKED, (None, False), {}, ({}, False, False)),
        (LOCKED_AT, (None, False), {}, ({}, False, False)),
        (LOCKED_AT, (False, False), {}, ({}, False, False)),
        (WRITTEN, (False, None), {}, ({}, False, False)),
        (WRITTEN, (False, False), {}, ({}, False, False)),
    ],
)
def test_a_request_makes_the_next_override(
    before: Override | None,
    flags: tuple[bool | None, bool | None],
    values: Mapping[Slot, Decimal],
    expected: tuple[Mapping[Slot, str], bool, bool],
) -> None:
    """By what was there: under the write's number, with who, when and why."""
    request = given_override(*flags, values=values, reason="because")

    goal = asked(before, request)

    written, is_override, is_overridden = expected
    assert goal.override == Override(
        number=9,
        values=written,
        is_override=is_override,
        is_overridden=is_overridden,
        reason="because",
        by="grace",
        at=NOON,
    )


@pytest.mark.parametrize(
    ("before", "flags"),
    [
        *((before, (None, None)) for before in ALL),
        # A client that sends back what it read changes nothing.
        (None, (False, False)),
        (TAKEN_BACK, (False, False)),
        (WRITTEN, (None, False)),
        (LOCKED, (False, True)),
        (LOCKED, (False, None)),
        (LOCKED_AT, (None, True)),
        (LOCKED_AT, (True, True)),
    ],
)
def test_what_is_so_already_is_no_other_override(
    before: Override | None, flags: tuple[bool | None, bool | None]
) -> None:
    """The same override stays, under the same number; a reason has nothing to tell."""
    assert asked(before, given_override(*flags)).override is before
    if flags[1] is not True:
        request = given_override(*flags, reason="because")
        _refused("override_reason_without_override", before, request)


def test_a_lock_can_get_another_reason() -> None:
    """Its values stay."""
    goal = asked(LOCKED_AT, given_override(is_overridden=True, reason="audited"))

    assert goal.override is not None
    assert (goal.override.number, goal.override.reason) == (9, "audited")
    assert goal.override.values == LOCKED_AT.values


@pytest.mark.parametrize("before", ALL)
@pytest.mark.parametrize("is_overridden", [None, False])
def test_an_override_needs_something_to_show(
    before: Override | None, is_overridden: bool | None
) -> None:
    """Whatever was there: a value, or the lock of what shows."""
    request = given_override(is_override=True, is_overridden=is_overridden)

    _refused("override_without_values", before, request)


@pytest.mark.parametrize("is_overridden", [None, True])
def test_nothing_is_taken_back_under_a_lock(is_overridden: bool | None) -> None:
    """The lock is taken off first."""
    request = given_override(is_override=False, is_overridden=is_overridden)

    _refused("goal_is_locked", LOCKED_AT, request)


@pytest.mark.parametrize("is_override", [None, False])
@pytest.mark.parametrize("is_overridden", [None, True, False])
def test_values_need_their_flag(
    is_override: bool | None, is_overridden: bool | None
) -> None:
    """Computed values are not written by mistake."""
    request = given_override(is_override, is_overridden, FIVE)

    for before in ALL:
        _refused("rollup_field_is_computed", before, request)


def test_what_was_written_goes_with_its_metric() -> None:
    """A value of another metric means nothing; what never was is not taken back."""
    five = given_override(is_override=True, values=FIVE)

    taken_back = _measured_by_another(WRITTEN, NOTHING_GIVEN)
    written_anew = _measured_by_another(WRITTEN, five)

    assert taken_back == Override(number=9, by="grace", at=NOON)
    assert written_anew is not None
    assert written_anew.values == FIVE_TEXT
    for before in (None, TAKEN_BACK):
        assert _measured_by_another(before, NOTHING_GIVEN) is before


@given(
    st.sampled_from(DataType),
    st.integers(-(10**29), 10**29),
    st.integers(0, 29),
)
def test_a_value_is_kept_exactly_or_refused(
    data_type: DataType, digits: int, zeros: int
) -> None:
    """Never rounded, negative ones too, in the one form that text has."""
    digits -= digits % 10**zeros
    value = Decimal(f"{digits}E-11")
    metric = replace(METRIC, data_type=data_type)
    request = given_override(is_override=True, values={Slot.ACTUAL: value})
    places = DECIMALS[data_type]
    error = None
    if abs(digits) >= 10 ** (WHOLE_DIGITS_MAX + 11):
        error = "value_too_large"
    elif digits % 10 ** (11 - places):
        error = "value_too_precise"

    if error is not None:
        with pytest.raises(RefusedError) as caught:
            overridden_goal(GOAL, request, metric, SIGNED)
        assert caught.value.refusal.error == error
        return
    goal = overridden_goal(GOAL, request, metric, SIGNED)

    assert goal.override is not None
    text = goal.override.values[Slot.ACTUAL]
    assert Decimal(text) == value
    assert len(text.partition(".")[2]) == places
    assert value or not text.startswith("-")


def _measured_by_another(
    before: Override | None, request: GivenOverride
) -> Override | None:
    goal = replace(GOAL, override=before)
    after = replace(goal, metric_id=MetricId("other"))
    return changed_override(goal, after, request, MEASURED, signed=SIGNED).override


def _refused(error: str, before: Override | None, request: GivenOverride) -> None:
    with pytest.raises(RefusedError) as caught:
        asked(before, request)
    assert caught.value.refusal.error == error
