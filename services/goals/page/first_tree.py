"""What the tree shows before its script runs, as far as the reader may see it.

The roots, and what is below them; whoever has many sees a screenful.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.goals.domain.callers import Caller
from services.goals.domain.numbers import AppliedGoal, percentage_of, texts_of
from services.goals.page.numbers import Marks, shown, shown_percentage
from services.goals.store.database import Database, Reading
from shared.domain.goals import Slot

ROWS_MAX: Final = 60
_LEVELS: Final = 2
_DEPTH_MAX: Final = _LEVELS - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One goal, in words."""

    level: int
    is_parent: bool
    title: str
    owner: str
    actual: str
    in_progress: str
    target: str
    percentage: str


async def rows_of(
    database: Database, caller: Caller, marks: Marks
) -> Sequence[Row] | None:
    """Return the first rows; None where there is nothing to draw yet."""
    async with database.reading(caller=caller) as reading:
        if not await reading.is_published():
            return None
        rights = await reading.rights()
        forest = await reading.forest(None, rights, depth_max=_DEPTH_MAX)
        placed = _placed(forest.goals)
        names = await _names(reading, [goal for _, _, goal in placed])
    drawn = [
        _row(goal, level=level, is_parent=is_parent, names=names, marks=marks)
        for level, is_parent, goal in placed
    ]
    return drawn or None


def _placed(goals: Sequence[AppliedGoal]) -> Sequence[tuple[int, bool, AppliedGoal]]:
    """Return each goal below its parent, with its level, in the order of titles."""
    known = {applied.goal.id for applied in goals}
    children: dict[str | None, list[AppliedGoal]] = {}
    for applied in sorted(goals, key=lambda one: (one.goal.title, one.goal.id)):
        parent = applied.goal.parent_id
        children.setdefault(parent if parent in known else None, []).append(applied)
    placed = []
    for root in children.get(None, []):
        below = children.get(root.goal.id, [])
        placed.append((1, bool(below), root))
        placed.extend((_LEVELS, False, child) for child in below)
    return placed[:ROWS_MAX]


async def _names(
    reading: Reading, goals: Sequence[AppliedGoal]
) -> Mapping[tuple[str, str], str]:
    owners = {(one.goal.owner.type, one.goal.owner.id) for one in goals}
    users = await reading.users.find([name for kind, name in owners if kind == "user"])
    teams = await reading.teams.find([name for kind, name in owners if kind == "team"])
    return {("user", user.id): user.name for user in users} | {
        ("team", team.id): team.name for team in teams
    }


def _row(
    applied: AppliedGoal,
    *,
    level: int,
    is_parent: bool,
    names: Mapping[tuple[str, str], str],
    marks: Marks,
) -> Row:
    goal, numbers = applied.goal, applied.numbers
    values = texts_of(numbers.shown, numbers.decimals)
    owner = goal.owner
    return Row(
        level=level,
        is_parent=is_parent,
        title=goal.title,
        owner=names.get((owner.type, owner.id), owner.id),
        actual=shown(values[Slot.ACTUAL], marks),
        in_progress=shown(values[Slot.IN_PROGRESS], marks),
        target=shown(goal.target, marks),
        percentage=shown_percentage(percentage_of(goal.target, numbers), marks),
    )
