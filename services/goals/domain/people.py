"""Who owns a goal, who manages it, and whom it is shared with (semantics, section 6).

What a share allows is decided elsewhere; here is only whether it can be given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from services.goals.domain.directory import Directory, check_reference
from services.goals.domain.errors import (
    GOAL_MANAGER_MUST_BE_USER,
    PRINCIPAL_NAMED_TWICE,
    RefusedError,
)
from shared.domain.goals import Goal, GoalRight, Principal, PrincipalType, Share


def check_people(goal: Goal, directory: Directory) -> None:
    """Refuse a goal that names people who do not exist, or in a part not theirs."""
    _check_principal(goal, goal.owner, directory, field="owner")
    _check_manager(goal, directory)
    for share in goal.shared_with:
        _check_principal(goal, share.principal, directory, field="shared_with")
    for one, following in pairwise(goal.shared_with):
        if one.principal == following.principal:
            raise RefusedError(
                PRINCIPAL_NAMED_TWICE,
                f"goal {goal.id} is shared with {one.type} {one.id} twice; name each "
                "user and team once, with all rights together",
                field="shared_with",
            )


def in_order(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Return shares so that the same ones, however they were given, compare equal."""
    return tuple(
        sorted(
            (replace(one, rights=_rights_in_order(one.rights)) for one in shares),
            key=lambda share: share.principal,
        )
    )


def _rights_in_order(rights: Sequence[GoalRight]) -> tuple[GoalRight, ...]:
    return tuple(right for right in GoalRight if right in rights)


def _check_principal(
    goal: Goal, principal: Principal, directory: Directory, *, field: str
) -> None:
    is_user = principal.type is PrincipalType.USER
    check_reference(
        principal.id,
        directory.users if is_user else directory.teams,
        what=f"goal {goal.id}",
        field=field,
        kind=principal.type,
    )


def _check_manager(goal: Goal, directory: Directory) -> None:
    if goal.manager_id not in directory.users and goal.manager_id in directory.teams:
        raise RefusedError(
            GOAL_MANAGER_MUST_BE_USER,
            f"goal {goal.id} names team {goal.manager_id} as its manager, whose rights "
            "its records are rolled up with; name a user",
            field="manager_id",
        )
    # A disabled one is none of our business: it freezes the goal (semantics, 2).
    check_reference(
        goal.manager_id,
        directory.users,
        what=f"goal {goal.id}",
        field="manager_id",
        kind="user",
    )
