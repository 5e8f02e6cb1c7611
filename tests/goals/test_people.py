"""Who may own, manage and share in a goal."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.directory import Directory
from services.goals.domain.errors import RefusedError
from services.goals.domain.people import check_people, in_order
from shared.domain.goals import GoalRight, Principal, PrincipalType, Share
from tests.goals.made import GOAL

DIRECTORY = Directory(users={"ada", "grace"}, teams={"north"})
READ = (GoalRight.READ,)

shares = st.builds(
    Share,
    type=st.sampled_from(PrincipalType),
    id=st.sampled_from(["ada", "grace", "north", "Ünal"]),
    rights=st.permutations(tuple(GoalRight)).map(lambda rights: tuple(rights[:3])),
)


def share(kind: str, name: str) -> Share:
    """Return a share that lets somebody read."""
    return Share(type=PrincipalType(kind), id=name, rights=READ)


@given(st.lists(shares, unique_by=lambda one: one.principal), st.randoms())
def test_the_order_of_shares_means_nothing(given_: list[Share], random: Random) -> None:
    """However shares and their rights are given, the same ones compare equal."""
    other = [
        replace(one, rights=(*reversed(one.rights), one.rights[0])) for one in given_
    ]
    random.shuffle(other)

    assert in_order(other) == in_order(given_)
    assert {(one.principal, frozenset(one.rights)) for one in in_order(given_)} == {
        (one.principal, frozenset(one.rights)) for one in given_
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"owner": Principal(PrincipalType.TEAM, "ada")}, "reference_not_found"),
        ({"manager_id": "nobody"}, "reference_not_found"),
        ({"manager_id": "north"}, "goal_manager_must_be_user"),
        ({"shared_with": [share("user", "north")]}, "reference_not_found"),
        ({"shared_with": [share("team", "ada")]}, "reference_not_found"),
        (
            {"shared_with": [share("user", "ada"), share("user", "ada")]},
            "principal_named_twice",
        ),
    ],
)
def test_people_must_exist_and_fit(change: dict[str, Any], expected: str) -> None:
    """The error names the field."""
    with pytest.raises(RefusedError) as caught:
        check_people(replace(GOAL, **change), DIRECTORY)

    assert caught.value.refusal.error == expected
    assert caught.value.field == next(iter(change))


@pytest.mark.parametrize(
    "shared_with",
    [(), [share("team", "north")], [share("team", "north"), share("user", "ada")]],
)
def test_users_and_teams_may_share_in_a_goal(shared_with: Sequence[Share]) -> None:
    """The owner and the manager too."""
    check_people(replace(GOAL, shared_with=tuple(shared_with)), DIRECTORY)
