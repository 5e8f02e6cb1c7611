"""What one caller may do with one goal, as section 11 says it."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from services.goals.domain.callers import ADMIN, ALL_SCOPES, Caller, Scope
from services.goals.domain.errors import RefusedError
from services.goals.domain.rights import ALL, NONE, Rights
from shared.domain.goals import Goal, GoalId, GoalRight, Principal, PrincipalType, Share
from shared.rights.people import People, PeopleNews, Person, Team
from shared.rights.roles import Action, Depth, Reading, Right, Role
from tests.goals.made import applied

READ_AND_APPEND_TO = {GoalRight.READ, GoalRight.APPEND_TO}


def goal_of(owner: str = "user/bob", **more: Any) -> Goal:
    """Return a goal that `ada` manages."""
    kind, _, name = owner.partition("/")
    made = applied("north").goal
    return replace(
        made, owner=Principal(PrincipalType(kind), name), manager_id="ada", **more
    )


def rights_of(
    user: str | None,
    *,
    privileges: dict[Action, Depth] | None = None,
    rights: Collection[Right] = (),
    reading: Reading = Reading.ROLES,
    scopes: Collection[Scope] = ALL_SCOPES,
) -> Rights:
    """Return the rights of a user with one role; eve and ada are of one unit."""
    people = People()
    role = Role(privileges={"goal": privileges or {}}, rights=frozenset(rights))
    people.take(
        PeopleNews(
            users={
                "ada": Person(business_unit="here"),
                "bob": Person(),
                "eve": Person(business_unit="here", roles=("only",)),
            },
            teams={"crew": Team(members=("eve",))},
            units={"here": None},
            roles={"only": role},
            reading=reading,
        )
    )
    caller = Caller(name="x", user_id=user, scopes=frozenset(scopes))
    return Rights(caller=caller, people=people)


def test_systems_and_managers_may_do_everything() -> None:
    """Scopes alone bound a system; a manager has full rights."""
    assert Rights(caller=ADMIN, people=People()).on(goal_of(), None) == ALL
    assert rights_of("ada").on(goal_of(), None) == ALL


def test_owners_read_and_append_to() -> None:
    """The user, or each member of the team."""
    assert rights_of("bob").on(goal_of(), None) == READ_AND_APPEND_TO
    assert rights_of("eve").on(goal_of("team/crew"), None) == READ_AND_APPEND_TO
    assert rights_of("bob").on(goal_of("team/crew"), None) == NONE


def test_the_manager_of_the_parent_reads() -> None:
    """And no more; others do not even that."""
    assert rights_of("eve").on(goal_of(), "eve") == {GoalRight.READ}
    assert rights_of("eve").on(goal_of(), "ada") == NONE


def test_a_share_gives_what_it_names() -> None:
    """To a user, or to the members of a team, whatever their roles."""
    shared = goal_of(
        shared_with=(
            Share(
                type=PrincipalType.TEAM,
                id="crew",
                rights=(GoalRight.READ, GoalRight.WRITE),
            ),
        )
    )

    assert rights_of("eve").on(shared, None) == {GoalRight.READ, GoalRight.WRITE}


@pytest.mark.parametrize(
    ("depth", "reaches"),
    [
        (Depth.USER, False),
        (Depth.BUSINESS_UNIT, True),
        (Depth.ORGANIZATION, True),
    ],
)
def test_roles_give_by_depth_from_the_goals_manager(
    depth: Depth, *, reaches: bool
) -> None:
    """To a role, a goal belongs to whoever manages it."""
    rights = rights_of("eve", privileges={Action.DELETE: depth})

    assert (GoalRight.DELETE in rights.on(goal_of(), None)) == reaches


def test_before_the_first_role_everybody_reads() -> None:
    """Writing takes a goal of one's own all the same."""
    rights = rights_of("eve", reading=Reading.EVERYONE)

    assert rights.on(goal_of(), None) == {GoalRight.READ}


def test_a_token_shows_no_more_rights_than_its_scopes() -> None:
    """The narrower of both is told."""
    reads = rights_of("ada", scopes=[Scope.GOALS_READ])

    assert reads.shown(ALL) == [GoalRight.READ]
    assert rights_of("ada").shown(ALL) == list(GoalRight)


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"title": "x"}, "write"),
        ({"manager_id": "bob"}, "assign"),
        ({"parent_id": None}, "write, append"),
        ({}, "write"),
    ],
)
def test_a_change_takes_the_right_to_what_it_changes(
    change: dict[str, Any], lacking: str
) -> None:
    """Assigning and sharing are rights of their own; moving takes two."""
    before = goal_of(parent_id="company")
    after = replace(before, **change)

    with pytest.raises(RefusedError) as caught:
        rights_of("eve").check_changes(before, after, {GoalRight.READ}, NONE, None)

    assert f"lacks the right {lacking} on goal north" in caught.value.detail
    rights_of("eve").check_changes(before, after, ALL, NONE, None)


def test_nobody_shares_more_than_he_has() -> None:
    """What was shared before stays."""
    before = goal_of()
    share = Share(type=PrincipalType.USER, id="bob", rights=(GoalRight.DELETE,))
    mine = {GoalRight.READ, GoalRight.SHARE}

    with pytest.raises(RefusedError, match="lacks it himself"):
        rights_of("eve").check_changes(
            before, replace(before, shared_with=(share,)), mine, NONE, None
        )


def test_creating_takes_a_privilege_or_the_parent() -> None:
    """Another may be named as manager by whoever may assign."""
    creates = {Action.CREATE: Depth.USER}
    assigns = creates | {Action.ASSIGN: Depth.BUSINESS_UNIT}
    mine = replace(goal_of(), manager_id="eve")
    parent = replace(goal_of(), id=GoalId("company"), manager_id="eve")

    with pytest.raises(RefusedError, match="lacks the right create"):
        rights_of("eve").check_creates(mine, None, NONE)
    with pytest.raises(RefusedError, match="lacks the right assign"):
        rights_of("eve", privileges=creates).check_creates(goal_of(), None, NONE)
    with pytest.raises(RefusedError, match="lacks the right append_to on goal company"):
        rights_of("eve", privileges=creates).check_creates(
            mine, replace(parent, manager_id="ada"), {GoalRight.READ}
        )
    rights_of("eve", privileges=creates).check_creates(mine, None, NONE)
    rights_of("eve", privileges=assigns).check_creates(goal_of(), None, NONE)
    rights_of("eve").check_creates(goal_of(), parent, NONE)


def test_a_right_of_its_own_comes_with_a_role() -> None:
    """Systems have all of them."""
    assert not rights_of("eve").has(Right.MANAGE_METRICS)
    assert rights_of("eve", rights=[Right.MANAGE_METRICS]).has(Right.MANAGE_METRICS)
    assert Rights(caller=ADMIN, people=People()).has(Right.MANAGE_METRICS)
