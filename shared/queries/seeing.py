"""What one evaluation of a record looks at beside it, and how long its answer holds.

What an evaluation asked for is what its answer depends on: nothing else can change it.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from shared.domain.records import Parents, Record

NO_PARENTS: Final[Parents] = {}


class Seeing:
    """The records that are at hand for one evaluation; it notes which it looks at."""

    __slots__ = ("asked", "at_hand", "until")

    def __init__(self, at_hand: Mapping[str, Record | None] = NO_PARENTS) -> None:
        # None: it was looked for, and is not there.
        self.at_hand = at_hand
        # The keys of the records that were looked at, whether they exist or not.
        self.asked: set[str] = set()
        # The first instant at which time alone may change the answer.
        self.until: datetime | None = None

    @property
    def missing(self) -> AbstractSet[str]:
        """The keys that were asked for and are not at hand."""
        return self.asked - self.at_hand.keys()

    def look(self, key: str) -> Record | None:
        """Return another record, unless there is none or it was deleted."""
        self.asked.add(key)
        found = self.at_hand.get(key)
        return None if found is None or found.deleted else found

    def again(self, instant: datetime) -> None:
        """Note that the answer may be another one from then on."""
        if self.until is None or instant < self.until:
            self.until = instant
