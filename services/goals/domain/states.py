"""What may still become of a goal that is closed or discarded (semantics, section 6).

What it shows stands still and goes on counting in its parent, so nothing that was
defined of it may move. It can be deleted, its parent can be, and goals may come and go
below it: none of that is an edit of the goal itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Final

from services.goals.domain.errors import (
    GOAL_MUST_START_OPEN,
    GOAL_NOT_OPEN,
    PERIOD_CHANGE_WITH_CLOSED_DESCENDANT,
    RefusedError,
)
from services.goals.domain.periods import is_same
from shared.domain.goals import Goal, GoalId, GoalState

_TARGETS: Final = ("target", "stretch_target")
# What requests call it.
_REQUESTED_AS: Final = {"override": "is_override"}


def check_starts_open(goal_id: GoalId, state: GoalState) -> None:
    """Refuse a new goal that would stand still before it has met any record."""
    if state is not GoalState.OPEN:
        raise RefusedError(
            GOAL_MUST_START_OPEN,
            f"goal {goal_id} is new and would be {state}, and could never meet a "
            "record; leave state out, and change it once the goal is there",
            field="state",
        )


def check_edits(goal: Goal, after: Goal, targets: Mapping[str, Decimal | None]) -> None:
    """Refuse to edit a goal that is not open and is not reopened by the same change.

    `targets` are those that it is to have: `after` gets them when they are checked.
    """
    if GoalState.OPEN in (goal.state, after.state):
        return
    edited = next(_edited(goal, after, targets), None)
    if edited is not None:
        raise _not_open(goal, edited)


def check_aligns(goal: Goal) -> None:
    """Refuse to take the days anew of a goal that is not open."""
    check_open(goal, "period")


def check_open(goal: Goal, field: str) -> None:
    """Refuse to change a field of a goal that is not open."""
    if not goal.is_open:
        raise _not_open(goal, field)


def check_period_moves(
    root: Goal, closed: Goal | None, *, is_told: bool = True
) -> None:
    """Refuse another period for a tree with `closed`, a goal that is not open.

    It is not named to whoever may not read it.
    """
    if closed is not None and not is_told:
        raise RefusedError(
            PERIOD_CHANGE_WITH_CLOSED_DESCENDANT,
            f"goal {root.id} cannot get another period: a goal below it that you may "
            "not read is not open and would get it too; ask an administrator",
            field="period",
        )
    if closed is not None:
        raise RefusedError(
            PERIOD_CHANGE_WITH_CLOSED_DESCENDANT,
            f"goal {root.id} cannot get another period: goal {closed.id} below it is "
            f"{closed.state} and would get it too; reopen {closed.id} first, by state "
            "open",
            field="period",
        )


def _edited(
    goal: Goal, after: Goal, targets: Mapping[str, Decimal | None]
) -> Iterator[str]:
    """Yield the names of the fields that would become different."""
    for name in (field.name for field in fields(Goal)):
        before = getattr(goal, name)
        if name in _TARGETS:
            is_kept = targets[name] == (None if before is None else Decimal(before))
        elif name == "period":
            is_kept = is_same(after.period, goal.period)
        else:
            is_kept = name == "state" or getattr(after, name) == before
        if not is_kept:
            yield _REQUESTED_AS.get(name, name)


def _not_open(goal: Goal, field: str) -> RefusedError:
    return RefusedError(
        GOAL_NOT_OPEN,
        f"goal {goal.id} is {goal.state}, so its {field} stays what it is; reopen the "
        "goal first, by state open",
        field=field,
    )
