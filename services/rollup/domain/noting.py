"""What goals came to show, noted in memory until their history is written.

Of each second the last value counts. A second is handed over once it has passed; if
writing takes long, several seconds count as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from services.rollup.domain.ancestry import Triple
from shared.domain.goals import GoalNumber


class Note(NamedTuple):
    """What a goal showed at the end of a second; a climb makes thousands."""

    # Since 1970, UTC.
    second: int
    # In units.
    shown: Triple
    decimals: int
    # Which of the three the metric measures.
    measured: tuple[bool, bool, bool]


# One note for each goal, to be written together.
Round = dict[GoalNumber, Note]


@dataclass(slots=True)
class Notes:
    """The notes of one process, and what it cannot be sure to have noted."""

    # How many seconds count as one.
    interval: int = 1
    # Goals to compare with their history, whatever was noted.
    doubtful: set[GoalNumber] = field(default_factory=set)
    # Groups of trees to compare whole: others may have moved them and written nothing.
    taken: set[int] = field(default_factory=set)
    _waiting: dict[GoalNumber, list[Note]] = field(default_factory=dict)

    def add(self, number: GoalNumber, note: Note) -> None:
        """Note what a goal shows, after all that was noted of it before."""
        waiting = self._waiting.get(number)
        if waiting is None:
            self._waiting[number] = [note]
        elif self._slot_of(note.second) > self._slot_of(waiting[-1].second):
            waiting.append(note)
        elif note.second >= waiting[-1].second:
            waiting[-1] = note
        else:
            # Another process's clock is behind; the newest is the newest all the same.
            waiting[-1] = note._replace(second=waiting[-1].second)

    def take(self, now: int | None) -> list[Round]:
        """Return what is over at `now`, oldest first, each goal once a round.

        With None, everything is over.
        """
        rounds: list[Round] = []
        present = None if now is None else self._slot_of(now)
        left: dict[GoalNumber, list[Note]] = {}
        for number, waiting in self._waiting.items():
            if self._slot_of(waiting[-1].second) == present:
                left[number] = [waiting.pop()]
            for place, note in enumerate(waiting):
                if place == len(rounds):
                    rounds.append({})
                rounds[place][number] = note
        self._waiting = left
        return rounds

    def quiet_among(self, numbers: Iterable[GoalNumber]) -> list[GoalNumber]:
        """Return those of which nothing newer is noted."""
        return sorted(number for number in numbers if number not in self._waiting)

    def _slot_of(self, second: int) -> int:
        return second // self.interval
