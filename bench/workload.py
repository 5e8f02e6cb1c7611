"""The records that are sent: seeded, with updates, deletions, duplicates, late ones.

Of the records 70 % are new, 20 % change one and 10 % delete one; one of six
predecessors of a change arrives after it, and 5 % of all arrive twice. Some owners
have many records and most have few. Every message is made before the clock starts.
"""

import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

import msgspec

from bench.company import ENTITY, Company

SEED: Final = 42

_SHARE_NEW: Final = 0.70
_SHARE_UPDATED: Final = 0.20
_SHARE_TWICE: Final = 0.05
_SHARE_LATE: Final = 1 / 6
_LATE_BY_MAX: Final = 200
_TWICE_WITHIN_MAX: Final = 2_000
# Half of all changes go to one of the newest records, as in life.
_RECENT: Final = 1_000

# A month more than the goals' year at either end.
_DAYS: Final = [
    (date(2025, 12, 1) + timedelta(days=day)).isoformat() for day in range(427)
]
_STATES: Final = ("open", "won", "lost")
_STATE_WEIGHTS: Final = (50, 35, 15)
_TERRITORIES: Final = ("north", "east", "south", "west")


@dataclass(frozen=True, slots=True)
class Message:
    """One message for activity-records."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opportunity:
    """One version of a record."""

    number: int
    version: int
    owner: str
    state: str
    day: str
    cents: int


class _Chance:
    """Everything that is left to chance, from one seed."""

    def __init__(self, company: Company, seed: int) -> None:
        self.random = random.Random(seed)
        self._owners = list(company.owner_ids)
        self.random.shuffle(self._owners)
        # The k-th owner has a k-th of what the first has (Zipf).
        self._reach = list(
            accumulate(1 / rank for rank in range(1, len(self._owners) + 1))
        )

    def owner(self) -> str:
        """Return somebody, those with many records more often."""
        place = self.random.random() * self._reach[-1]
        return self._owners[bisect_left(self._reach, place)]

    def state(self) -> str:
        """Return a state of a deal."""
        return self.random.choices(_STATES, _STATE_WEIGHTS)[0]

    def day(self) -> str:
        """Return a day around the goals' year."""
        return self.random.choice(_DAYS)

    def cents(self) -> int:
        """Return an amount: most small, few very large."""
        return int(self.random.lognormvariate(11.5, 1.2))

    def born(self, number: int) -> _Opportunity:
        """Return a new record."""
        return _Opportunity(
            number=number,
            version=1,
            owner=self.owner(),
            state=self.state(),
            day=self.day(),
            cents=self.cents(),
        )

    def changed(self, old: _Opportunity) -> _Opportunity:
        """Return the next version of a record, with one thing changed."""
        new = replace(old, version=old.version + 1)
        what = self.random.random()
        if what < 0.4:  # noqa: PLR2004 - shares of what changes
            return replace(new, cents=self.cents())
        if what < 0.7:  # noqa: PLR2004 - see above
            return replace(new, state=self.state())
        if what < 0.8:  # noqa: PLR2004 - see above
            return replace(new, owner=self.owner())
        return replace(new, day=self.day())

    def place_among(self, living: Sequence[int]) -> int:
        """Return the place of a living record, half the time a recent one."""
        if self.random.random() < 0.5:  # noqa: PLR2004 - half
            recent = min(_RECENT, len(living))
            return len(living) - 1 - self.random.randrange(recent)
        return self.random.randrange(len(living))


def messages_of(company: Company, count: int, *, seed: int = SEED) -> list[Message]:
    """Return `count` messages in the order in which they are sent."""
    chance = _Chance(company, seed)
    once = int(count / (1 + _SHARE_TWICE))
    sent: list[Message] = []
    # Where each message stands in the order of sending; fractions come between.
    places: list[float] = []
    predecessor: dict[int, int] = {}
    for index, (number, message) in enumerate(_history(chance, once)):
        sent.append(message)
        places.append(float(index))
        before = predecessor.get(number)
        if before is not None and chance.random.random() < _SHARE_LATE:
            places[before] = index + chance.random.randint(1, _LATE_BY_MAX) + 0.5
        predecessor[number] = index
    order = [(place, index) for index, place in enumerate(places)]
    for index in chance.random.sample(range(once), min(once, count - once)):
        later = places[index] + chance.random.randint(1, _TWICE_WITHIN_MAX) + 0.25
        order.append((later, index))
    return [sent[index] for _, index in sorted(order)]


def _history(chance: _Chance, count: int) -> Iterator[tuple[int, Message]]:
    """Yield record numbers and messages in the order in which they happened."""
    newest: list[_Opportunity] = []
    living: list[int] = []
    for _ in range(count):
        what = chance.random.random()
        if what < _SHARE_NEW or not living:
            record = chance.born(len(newest))
            newest.append(record)
            living.append(record.number)
            yield record.number, _message(record)
            continue
        place = chance.place_among(living)
        record = chance.changed(newest[living[place]])
        newest[record.number] = record
        if what < _SHARE_NEW + _SHARE_UPDATED:
            yield record.number, _message(record)
        else:
            living[place] = living[-1]
            living.pop()
            yield record.number, _deletion(record)


def _message(record: _Opportunity) -> Message:
    """Return what the CRM sends: about 400 bytes, eight attributes."""
    number = record.number
    amount = money_text(record.cents)
    return message_with(
        f"O-{number}",
        version=record.version,
        owner=record.owner,
        state=record.state,
        attributes={
            "name": f"Opportunity {number} of {record.owner}",
            "actualvalue": amount if record.state == "won" else None,
            "actualclosedate": record.day,
            "estimatedvalue": amount,
            "estimatedclosedate": record.day,
            "customerid": f"account-{number % 5_000}",
            "territory": _TERRITORIES[number % 4],
            "stage": "propose",
        },
    )


def message_with(
    record_id: str,
    *,
    version: int,
    owner: str,
    state: str,
    attributes: dict[str, str | None],
) -> Message:
    """Return the message of a record that exists."""
    body = {
        "entity": ENTITY,
        "id": record_id,
        "version": version,
        "owner": {"type": "user", "id": owner},
        "state": state,
        "status": "3",
        "attributes": attributes,
        "occurred_at": "2026-11-21T09:30:00Z",
    }
    return Message(f"{ENTITY}/{record_id}".encode(), msgspec.json.encode(body))


def _deletion(record: _Opportunity) -> Message:
    record_id = f"O-{record.number}"
    body = {
        "entity": ENTITY,
        "id": record_id,
        "version": record.version,
        "deleted": True,
    }
    return Message(f"{ENTITY}/{record_id}".encode(), msgspec.json.encode(body))


def money_text(cents: int) -> str:
    """Return cents as an amount with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"
