"""A publisher that stalled may repeat an old change set: it changes nothing back."""

from datetime import date

import pytest

from services.rollup.change_sets import Change, news_of
from services.rollup.domain.forest import Forest
from shared.messages.definitions import (
    GoalDefinition,
    Kind,
    PeriodDefinition,
    PrincipalDefinition,
)


def definition(number: int, version: int) -> GoalDefinition:
    """Return the goal `north` at a version."""
    return GoalDefinition(
        id="north",
        version=version,
        number=number,
        title="North",
        metric_id="revenue",
        owner=PrincipalDefinition(type="user", id="ada"),
        manager_id="grace",
        period=PeriodDefinition(
            start=date(2026, 10, 1), end=date(2026, 12, 31), time_zone="UTC"
        ),
    )


def change(goal: GoalDefinition | None, gone: int | None = None) -> Change:
    """Return a message that says what `north` now is, or that it is gone."""
    return Change(
        offset=0,
        kind=Kind.GOAL,
        id="north",
        definition=goal,
        change_set="set",
        index=0,
        size=1,
        goal_number=gone,
    )


@pytest.fixture
def forest() -> Forest:
    """Return a forest in which `north` is number 5 at version 10."""
    forest = Forest()
    forest.plant(definition(5, 10).as_goal())
    return forest


@pytest.mark.parametrize(
    ("number", "version", "counts"),
    [(5, 9, False), (5, 10, True), (5, 11, True), (4, 12, False), (6, 1, True)],
)
def test_an_older_definition_is_no_news(
    forest: Forest, number: int, version: int, counts: bool
) -> None:
    """What is known stays, unless the message is as new or of a later goal."""
    said = change(definition(number, version))

    news = news_of([said], forest, gone=set(), versions={})

    assert bool(news) is counts


def test_a_goal_that_is_gone_does_not_come_back(forest: Forest) -> None:
    """Numbers are never used again, so a definition with a gone one is old."""
    said = change(definition(7, 99))

    assert news_of([said], forest, gone={7}, versions={}) == []


@pytest.mark.parametrize(("gone", "counts"), [(4, False), (5, True), (None, True)])
def test_an_end_counts_for_the_goal_it_names(
    forest: Forest, gone: int | None, counts: bool
) -> None:
    """The end of an earlier goal of the same id does not end the present one."""
    assert bool(news_of([change(None, gone)], forest, set(), {})) is counts
