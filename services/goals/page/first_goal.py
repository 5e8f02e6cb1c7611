"""What the screen of a goal shows before its script runs, if the reader may see it."""

from dataclasses import dataclass

from services.goals.domain.callers import Caller
from services.goals.domain.errors import NOT_FOUND, RefusedError
from services.goals.domain.numbers import percentage_of, texts_of
from services.goals.page.numbers import ABSENT, Marks, shown, shown_percentage
from services.goals.store.database import Database
from shared.domain.goals import GoalId, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstGoal:
    """One goal, in words."""

    title: str
    actual: str
    target: str
    percentage: str


async def goal_of(
    database: Database, caller: Caller, goal_id: str, marks: Marks
) -> FirstGoal | None:
    """Return the goal; None where there is none, or the caller may not read it."""
    async with database.reading(caller=caller) as reading:
        try:
            goal = await reading.readable_goal(GoalId(goal_id))
        except RefusedError as refusal:
            if refusal.refusal is NOT_FOUND:
                return None
            raise
        numbers = (await reading.numbers([goal.number])).get(goal.number)
    actual, percentage = ABSENT, ABSENT
    if numbers is not None and numbers.metric_id == goal.metric_id:
        values = texts_of(numbers.shown, numbers.decimals)
        actual = shown(values[Slot.ACTUAL], marks)
        percentage = shown_percentage(percentage_of(goal.target, numbers), marks)
    return FirstGoal(
        title=goal.title,
        actual=actual,
        target=shown(goal.target, marks),
        percentage=percentage,
    )
