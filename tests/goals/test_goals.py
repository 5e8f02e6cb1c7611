"""The order in which goals of one request are made, and their place in the tree."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.announcing import goal_definition, metric_definition
from services.goals.domain.drafts import GoalDraft
from services.goals.domain.errors import RefusedError
from services.goals.domain.trees import depth_of, parents_first, path_to_root
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalRight,
    Override,
    PrincipalType,
    Share,
    Slot,
)
from shared.domain.periods import FiscalLabel
from shared.messages.definitions import GoalDefinition
from tests.goals.made import GOAL, METRIC, NOON


def drafts_of(parents: Sequence[int | None]) -> Sequence[GoalDraft]:
    """Return drafts of goals named by number, each with the number of its parent."""
    return [
        GoalDraft(
            id=GoalId(str(number)),
            title="x",
            owner=GOAL.owner,
            parent_id=None if parent is None else GoalId(str(parent)),
        )
        for number, parent in enumerate(parents)
    ]


@given(st.data(), st.integers(0, 30))
def test_parents_come_first(data: st.DataObject, count: int) -> None:
    """Whatever order they were sent in; parents that exist already do not matter."""
    places = data.draw(st.permutations(range(count)))
    parents: list[int | None] = [None] * count
    for rank, place in enumerate(places):
        above = [None, 1000, *places[:rank]]
        parents[place] = data.draw(st.sampled_from(above))

    order = parents_first(drafts_of(parents))

    assert sorted(order) == list(range(count))
    rank_of = {place: rank for rank, place in enumerate(order)}
    for place, parent in enumerate(parents):
        if parent is not None and parent < count:
            assert rank_of[parent] < rank_of[place]


@pytest.mark.parametrize("parents", [[0], [1, 0], [None, 2, 3, 1], [1, 2, 1]])
def test_goals_that_are_their_own_ancestors_have_no_order(
    parents: Sequence[int | None],
) -> None:
    """They are refused, and one of them is named."""
    with pytest.raises(RefusedError) as caught:
        parents_first(drafts_of(parents))

    assert caught.value.refusal.error == "goal_cycle"
    assert caught.value.index is not None


def test_a_goals_depth_is_how_many_ancestors_it_has() -> None:
    """The root is at depth 0.

    a ── b ── c
    """
    a, b, c = GoalId("a"), GoalId("b"), GoalId("c")
    above = {a: None, b: a, c: b}

    assert [depth_of(one, above) for one in (a, b, c)] == [0, 1, 2]
    assert path_to_root(c, above) == [c, b, a]


def test_definitions_lose_nothing_on_their_way() -> None:
    """What is announced is read back as what was defined."""
    label = FiscalLabel(year=2026, code=4)
    override = Override(
        number=7,
        values={Slot.ACTUAL: "10.0000"},
        is_override=True,
        is_overridden=True,
        reason="audited",
        by="grace",
        at=NOON,
    )
    share = Share(
        type=PrincipalType.TEAM,
        id="north",
        rights=(GoalRight.READ, GoalRight.APPEND_TO),
    )
    goal = replace(
        GOAL,
        period=replace(GOAL.period, fiscal=label),
        attributes={"region": "EMEA", "heads": "12.50", "key": True, "old": None},
        shared_with=(share,),
        override=override,
    )
    announced = goal_definition(goal).model_dump_json()

    read = GoalDefinition.model_validate_json(announced).as_goal()

    assert read == goal
    assert read.period.fiscal == label
    # The short way that pictures of whole trees are read by.
    shown = msgspec.json.decode(announced, type=Goal)
    assert shown == read
    assert shown.period.fiscal == label
    assert shown.override == override
    metric = metric_definition(METRIC).as_metric()
    assert metric.rollup_fields == METRIC.rollup_fields
    assert metric.data_type == METRIC.data_type
