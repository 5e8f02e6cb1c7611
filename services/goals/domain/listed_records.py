"""The records of a goal as a list: which, in what order, and what each of them adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.goals.domain.explaining import Criterion, JudgedTest
from shared.domain.goals import SLOTS, GoalNumber, Slot
from shared.domain.records import AttributeValue
from shared.queries.conditions import Where

# What rollup stores under the odd number above a place counts so often.
LARGE: Final = 10**18


class Sort(StrEnum):
    """In which order records are listed; a minus turns it round."""

    LARGEST = "-amount"
    SMALLEST = "amount"
    RECORD = "record"
    OLDEST = "date"
    NEWEST = "-date"

    @property
    def is_descending(self) -> bool:
        """Tell whether what is greatest comes first."""
        return self.startswith("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record stands in a list: by a number, then by its key."""

    # Amounts in units, dates in microseconds; as text, for it may be any number.
    value: str
    key: str
    # Of several measures of one record: which.
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records of a goal are listed."""

    sort: Sort = Sort.LARGEST
    # None: all measures.
    slot: Slot | None = None
    # A text in the id or in any attribute, in capitals or not.
    search: str | None = None
    after: Place | None = None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecord:
    """A record as rollup has it, with what the totals hold of it."""

    key: str
    entity: str
    version: int
    deleted: bool
    owner: str | None
    state: str | None
    status: str | None
    attributes: Mapping[str, AttributeValue]
    # The same as exact JSON.
    attributes_json: str
    shared_with: Sequence[str] = ()
    occurred_at: datetime | None = None
    # In units, by the places of the goals that count it.
    held: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class FailedTest:
    """The one test that a record fails."""

    name: Criterion
    # Of the query: which of its demands.
    demand: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A record at its place in a list; each measure that is listed, in units."""

    place: Place
    adds: Mapping[Slot, int]
    # Only of one that nearly counts.
    failed: FailedTest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecords:
    """A page of a list, and what all records of the list come to."""

    page: Sequence[FoundRecord]
    # All that are listed, on whatever page, and what they add.
    count: int
    adds: Mapping[Slot, int]
    # Of those, records that whoever asks may not read, and what he may not know they
    # add; only what is not 0.
    withheld: int = 0
    withheld_adds: Mapping[Slot, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecord:
    """One line of the list."""

    record: KnownRecord
    found: FoundRecord
    # Of one that nearly counts: for which measure, and why it does not.
    slot: Slot | None = None
    fails: JudgedTest | None = None


def place_of(number: GoalNumber, slot: Slot) -> int:
    """Return under which number rollup stores what records add to a goal's measure.

    The odd number above it is taken, too: for the high part of large amounts.
    """
    return number << 3 | SLOTS.index(slot) << 1
