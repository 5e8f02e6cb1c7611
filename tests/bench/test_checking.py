"""Checking: a number that is not right is named."""

from decimal import Decimal

from bench.checking import differences

EXPECTED = {"north": {"actual": Decimal("7.5")}, "south": {"actual": Decimal(0)}}


def test_equal_numbers_are_no_difference() -> None:
    """What a metric lacks is 0 in the tables and absent in messages."""
    found = {
        "north": {"actual": Decimal("7.5000"), "custom": Decimal(0)},
        "south": {"actual": Decimal(0)},
    }

    assert list(differences("total", found, EXPECTED)) == []


def test_a_wrong_number_is_named_with_the_right_one() -> None:
    """The line says which goal, what was found and what is right."""
    found = {"north": {"actual": Decimal("7.4")}, "south": {"actual": Decimal(0)}}

    [line] = differences("total", found, EXPECTED)

    assert line.strip() == "north: its total of actual is 7.4, right is 7.5"


def test_a_goal_that_is_not_there_is_named() -> None:
    """A goal that was never announced is a difference too."""
    found = {"north": {"actual": Decimal("7.5")}}

    [line] = differences("last goal-updated", found, EXPECTED)

    assert "south" in line
