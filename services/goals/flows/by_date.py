"""What a goal's records and those of all goals under it add, by their dates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.goals.domain.by_date import Day, check_all_read, check_told
from services.goals.flows.explaining import AskedGoal, asked_goal, measured
from services.goals.store.database import Reading
from shared.domain.goals import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalByDate:
    """A goal, and what each day adds to one of its measures."""

    asked: AskedGoal
    days: Sequence[Day]


async def added_by_date(
    reading: Reading, goal_id: str, slot: Slot, clock: datetime
) -> GoalByDate:
    """Return what records add by day, or refuse whoever may not know it."""
    asked = await asked_goal(reading, goal_id, clock)
    rights = await reading.rights()
    # The totals hold only what the managers may see: their eyes are asked no more.
    field = replace(measured(asked, slot), hidden={})
    check_told(rights, field)
    below = await reading.goals.descendants(asked.goal.id)
    days = await reading.by_date.days(
        field, [asked.goal.number, *(one.number for one in below)], rights
    )
    check_all_read(asked.goal.id, days)
    return GoalByDate(asked=asked, days=days)
