"""What the overview shows before its script runs, as far as the reader may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from services.goals.domain.attainment import day_in
from services.goals.domain.callers import Caller
from services.goals.domain.numbers import AppliedGoal, percentage_of, texts_of
from services.goals.page.numbers import Marks, shown, shown_percentage
from services.goals.store.database import Database
from shared.domain.goals import Slot

CARDS_MAX: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One goal, in words."""

    title: str
    actual: str
    target: str
    percentage: str


async def cards_of(
    database: Database, caller: Caller, marks: Marks, now: datetime
) -> Sequence[Card] | None:
    """Return the goals that aim highest; None where there is nothing to draw yet."""
    async with database.reading(caller=caller) as reading:
        if not await reading.is_published():
            return None
        rights = await reading.rights()
        forest = await reading.forest(None, rights, depth_max=0)
    known = {one.goal.id for one in forest.goals}
    roots = [one for one in forest.goals if one.goal.parent_id not in known]
    current = [one for one in roots if _is_current(one, now)]
    largest = sorted(current, key=_aim, reverse=True)
    return [_card(one, marks) for one in largest[:CARDS_MAX]] or None


def _is_current(applied: AppliedGoal, now: datetime) -> bool:
    goal, today = applied.goal, day_in(applied.goal.period.time_zone, now)
    period = goal.period
    return (
        goal.is_open and goal.target is not None and period.start <= today <= period.end
    )


def _aim(applied: AppliedGoal) -> Decimal:
    return Decimal(applied.goal.target or 0)


def _card(applied: AppliedGoal, marks: Marks) -> Card:
    goal, numbers = applied.goal, applied.numbers
    values = texts_of(numbers.shown, numbers.decimals)
    return Card(
        title=goal.title,
        actual=shown(values[Slot.ACTUAL], marks),
        target=shown(goal.target, marks),
        percentage=shown_percentage(percentage_of(goal.target, numbers), marks),
    )
