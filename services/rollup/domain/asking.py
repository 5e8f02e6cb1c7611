"""Goals whose query narrows what they count, kept by what their queries demand.

Of the demands that a query makes, a goal is kept under the one that the fewest others
are kept under: goals that differ in territory spread by territory, whatever else they
have in common. A record meets only those whose demand it fulfils.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from services.rollup.domain.anchors import Key, Spot, keys_in
from services.rollup.domain.doors import Door
from services.rollup.domain.queries import Asked
from shared.domain.periods import Bounds, lies_in
from shared.domain.records import Record
from shared.queries.eyes import Sight


@dataclass(frozen=True, slots=True, eq=False)
class _Asking:
    """One rollup field of one goal."""

    slot: int
    bounds: Bounds
    asked: Asked


# One place of a goal: under a value that its query demands, or under none.
_Shelf = tuple[Spot, Key] | None
# In the order in which they came, and quickly taken out.
_Kept = dict[_Asking, None]


@dataclass(slots=True)
class _Place:
    """The goals behind one door."""

    by_value: dict[Spot, dict[Key, _Kept]] = field(default_factory=dict)
    # Those whose queries demand no value.
    others: _Kept = field(default_factory=dict)

    def shelves_for(self, asked: Asked) -> list[_Shelf]:
        """Return where a goal with such a query is kept, with the fewest others."""
        choices: list[list[_Shelf]] = [
            [(anchor.spot, key) for key in anchor.keys_for(asked.eyes)]
            for anchor in asked.query.anchors
        ]
        return min(choices, key=self._load, default=[None])

    def _load(self, shelves: Sequence[_Shelf]) -> int:
        return len(shelves) + sum(len(self._on(shelf)) for shelf in shelves)

    def _on(self, shelf: _Shelf) -> _Kept:
        if shelf is None:
            return self.others
        spot, key = shelf
        return self.by_value.get(spot, {}).get(key, {})

    def put(self, shelf: _Shelf, asking: _Asking) -> None:
        """Keep a goal's field there."""
        if shelf is None:
            self.others[asking] = None
        else:
            spot, key = shelf
            self.by_value.setdefault(spot, {}).setdefault(key, {})[asking] = None

    def take(self, shelf: _Shelf, asking: _Asking) -> None:
        """Keep it there no more."""
        if shelf is None:
            del self.others[asking]
            return
        spot, key = shelf
        by_key = self.by_value[spot]
        del by_key[key][asking]
        if not by_key[key]:
            del by_key[key]
        if not by_key:
            del self.by_value[spot]

    def met_by(self, record: Record, sight: Sight) -> Iterator[_Asking]:
        """Return the goals whose demand a record fulfils, each once."""
        yield from self.others
        for spot, by_key in self.by_value.items():
            # A number and its text may both be demanded by one goal.
            found: _Kept = {}
            for key in keys_in(spot.value_at(record, sight)):
                found.update(by_key.get(key, {}))
            yield from found


class AskingGoals:
    """The goals of one signature that ask a query."""

    def __init__(self) -> None:
        self._places: dict[Door, _Place] = {}
        # By slot: what stands where, so that it is found again.
        self._kept: dict[int, tuple[_Asking, list[tuple[Door, _Shelf]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def __contains__(self, slot: int) -> bool:
        return slot in self._kept

    def add(
        self, slot: int, bounds: Bounds, doors: Sequence[Door], asked: Asked
    ) -> None:
        """Keep a goal's field at the doors where its records will knock."""
        asking = _Asking(slot, bounds, asked)
        kept: list[tuple[Door, _Shelf]] = []
        for door in doors:
            place = self._places.setdefault(door, _Place())
            for shelf in place.shelves_for(asked):
                place.put(shelf, asking)
                kept.append((door, shelf))
        self._kept[slot] = asking, kept

    def remove(self, slot: int) -> None:
        """Forget a goal's field."""
        asking, kept = self._kept.pop(slot)
        for door, shelf in kept:
            place = self._places[door]
            place.take(shelf, asking)
        for door in {door for door, _ in kept}:
            place = self._places[door]
            if not (place.by_value or place.others):
                del self._places[door]

    def meet(
        self, record: Record, knocks: Iterable[Door], when: str | int, sight: Sight
    ) -> list[int]:
        """Return the slots of the goals that count a record of this date."""
        # A record may find a goal behind several doors, and is asked once.
        met: _Kept = {}
        for knock in knocks:
            place = self._places.get(knock)
            if place is not None:
                met.update(dict.fromkeys(place.met_by(record, sight)))
        return [
            asking.slot
            for asking in met
            if lies_in(when, asking.bounds) and asking.asked.lets_through(record, sight)
        ]
