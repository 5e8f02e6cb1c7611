"""What the records of a goal add, by their dates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.goals.domain.errors import RIGHT_MISSING, RefusedError
from services.goals.domain.rights import Rights
from services.goals.domain.told import hidden_in, hides_amount
from shared.domain.goals import GoalId
from shared.rights.participation_sql import GoalField


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the records of one day add, in units, and how many they are."""

    # None: of records whose date can no longer be told.
    day: date | None
    records: int
    units: int
    # How many of them whoever asks may not read.
    withheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A day, and what all records up to its end have added."""

    day: date
    records: int
    units: int
    total: int


def steps_of(days: Sequence[Day]) -> Iterator[Step]:
    """Return the days one after the other, each with the sum up to it."""
    total = 0
    for one in days:
        if one.day is not None:
            total += one.units
            yield Step(day=one.day, records=one.records, units=one.units, total=total)


def check_told(rights: Rights, asked: GoalField) -> None:
    """Refuse whoever may not know the dates of records, or what one of them adds.

    Nothing is to be hidden in what is asked: this is of who asks, not of the manager.
    """
    if rights.user is None:
        return
    hidden = None
    if hides_amount(rights, asked):
        hidden = asked.field.source_attribute
    elif replace(asked, hidden=hidden_in(rights, asked)).hides_date:
        hidden = asked.field.date_attribute
    if hidden is not None:
        raise RefusedError(
            RIGHT_MISSING,
            f"{hidden} is hidden from you, and by date a goal would tell it; ask for "
            "the goal's history, or for a role that shows it",
        )


def check_all_read(goal_id: GoalId, days: Sequence[Day]) -> None:
    """Refuse whoever may not read a record: the sum of a day may be one amount."""
    if any(one.withheld for one in days):
        raise RefusedError(
            RIGHT_MISSING,
            f"goal {goal_id} counts records that you may not read, and by date it "
            "would tell what single ones add; ask for its history",
        )
