"""What the totals hold beside what the tests say, in one sentence."""

from dataclasses import replace
from typing import Any

import pytest

from services.goals.domain.verdicts import (
    Because,
    Lag,
    Verdict,
    lag_of,
    sentence_of,
    verdict_of,
)
from shared.domain.goals import Goal, GoalId, GoalState
from tests.goals.made import GOAL, applied
from tests.goals.test_explaining import WON, judged, with_attributes
from tests.queries.looking import Row

NUMBERS = applied("north").numbers
STILL = Lag(because=Because.FROZEN, says="the goal is closed and stands still")
LATE = with_attributes(actualclosedate="2027-01-02")


def verdict(
    record: Row = WON, *, held: int = 0, lag: Lag | None = None, **changes: Any
) -> Verdict:
    """Return the verdict on a record of which the totals hold so much."""
    return verdict_of(
        record, GOAL, judged(record, **changes), held=held, decimals=4, lag=lag
    )


def test_a_record_that_counts_is_told_with_all_its_reasons() -> None:
    """What it adds is exact, and what goes without saying is left out."""
    found = verdict(held=4_000_000)

    assert found.sentence == (
        "Opportunity O-1 counts 400.0000 towards actual of North: its actualclosedate "
        "is 2026-11-21, in the period (2026-10-01 to 2026-12-31); its state is won; "
        "its status is 3; and it belongs to user ada."
    )
    assert (found.counted, found.adds, found.lag) == (True, "400.0000", None)


def test_one_reason_is_enough_not_to_count() -> None:
    """It is all that the sentence says."""
    found = verdict(LATE)

    assert found.sentence == (
        "Opportunity O-1 does not count towards actual of North: its actualclosedate "
        "is 2027-01-02, after the period ended on 2026-12-31."
    )
    assert (found.counted, found.adds) == (False, None)


def test_of_many_reasons_the_first_are_named_and_the_others_counted() -> None:
    """So the sentence stays short."""
    two = verdict(replace(LATE, state="open"))
    four = verdict(replace(LATE, state="open", status="4", owner=None))

    assert two.sentence == (
        "Opportunity O-1 does not count towards actual of North, for 2 of 9 tests "
        "fail: its actualclosedate is 2027-01-02, after the period ended on "
        "2026-12-31; and its state is open, and actual counts won."
    )
    assert ", for 4 of 9 tests fail: its actualclosedate" in four.sentence
    assert four.sentence.endswith("and actual counts won, and 2 more.")


@pytest.mark.parametrize(
    ("record", "held", "told"),
    [
        (
            LATE,
            4_000_000,
            (
                "still counts 400.0000 towards actual of North though its "
                "actualclosedate is 2027-01-02, after the period ended on 2026-12-31: "
                "the goal is closed and stands still"
            ),
        ),
        (
            WON,
            0,
            (
                "does not count towards actual of North though it passes every test: "
                "the goal is closed and stands still"
            ),
        ),
        (
            WON,
            5_000_000,
            (
                "still counts 500.0000 towards actual of North, and not 400.0000: the "
                "goal is closed and stands still"
            ),
        ),
    ],
)
def test_totals_that_differ_say_why(record: Row, held: int, told: str) -> None:
    """What is counted is what the totals hold."""
    found = verdict(record, held=held, lag=STILL)

    assert found.sentence == f"Opportunity O-1 {told}."
    assert found.counted is bool(held)
    assert found.lag is STILL


def test_a_goal_that_lags_behind_is_no_excuse_where_nothing_differs() -> None:
    """Only a difference is explained."""
    assert verdict(LATE, lag=STILL).lag is None
    assert verdict(held=4_000_000, lag=STILL).lag is None


def test_a_difference_that_the_goal_does_not_explain_says_what_to_do() -> None:
    """Wait a moment, then recalculate."""
    found = verdict(WON)

    assert found.lag is not None
    assert found.lag.because is Because.UNSETTLED
    assert "recalculate the goal" in found.sentence


@pytest.mark.parametrize(
    ("goal", "numbers", "version", "because", "says"),
    [
        (GOAL, None, None, Because.NOT_APPLIED, "the goal is not rolled up yet"),
        (GOAL, {}, 1, None, None),
        # Something below fails: this goal's own records count all the same.
        (GOAL, {"error": "x", "goal_with_error_id": GoalId("b")}, 1, None, None),
        (
            GOAL,
            {
                "error": "query_failed",
                "goal_with_error_id": GoalId("north"),
                "frozen": True,
            },
            1,
            Because.FAILED,
            "the goal cannot be rolled up (query_failed) and stands still",
        ),
        (
            # The sum is too large to be shown, and moves on underneath.
            GOAL,
            {"error": "total_overflow", "goal_with_error_id": GoalId("north")},
            1,
            None,
            None,
        ),
        (GOAL, {"computing": True}, 1, Because.COMPUTING, None),
        (GOAL, {}, 2, Because.COMPUTING, "the goal is being computed anew"),
        (
            replace(GOAL, state=GoalState.CLOSED),
            {"frozen": True},
            1,
            Because.FROZEN,
            "the goal is closed and stands still",
        ),
        (
            GOAL,
            {"frozen": True},
            1,
            Because.FROZEN,
            "the goal stands still since its period ended on 2026-12-31",
        ),
    ],
)
def test_what_keeps_a_goal_from_following_its_records(
    goal: Goal,
    numbers: dict[str, Any] | None,
    version: int | None,
    because: Because | None,
    says: str | None,
) -> None:
    """The first that applies."""
    made = None if numbers is None else replace(NUMBERS, **numbers)

    lag = lag_of(goal, made, version)

    assert (None if lag is None else lag.because) == because
    if says is not None:
        assert lag is not None
        assert lag.says == says


def test_of_several_measures_the_one_that_counts_is_told() -> None:
    """Or else the one that lacks least."""
    counted, late = verdict(held=4_000_000), verdict(LATE)
    worse = verdict(replace(LATE, state="open"))

    assert sentence_of([late, counted]) == counted.sentence
    assert sentence_of([worse, late]) == late.sentence
