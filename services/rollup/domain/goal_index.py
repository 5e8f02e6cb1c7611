"""Which goals a record could meet: matching without looking at every goal.

Goals are held by what a record must have to meet them: its entity and state, then its
status, then the door at which it knocks (its owner's, a unit's, a share's, anybody's),
then the period; those that ask a query, by a value that it demands. The cost of a
record follows the goals that count it, not the goals there are.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from services.rollup.domain.asking import AskingGoals
from services.rollup.domain.contributions import Contributions, slot_of
from services.rollup.domain.doors import Door, knocks_of
from services.rollup.domain.links import Links, Outlook
from services.rollup.domain.queries import Asked
from shared.domain.amounts import MetricKind, units_of
from shared.domain.goals import (
    SLOTS,
    Goal,
    GoalNumber,
    Link,
    Metric,
    RollupField,
    Slot,
)
from shared.domain.periods import Bounds, bounds_of, when_of
from shared.domain.records import AttributeValue, Record
from shared.queries.conditions import STATE, STATUS
from shared.queries.seeing import Seeing
from shared.rights.people import People

# The slots of goals with the same period, side by side.
_Cells = dict[Bounds, list[int]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one rollup field of a goal stands, and what narrows what it counts."""

    # At least one.
    doors: tuple[Door, ...]
    asked: Asked | None = None


Places = Mapping[Slot, Place]


@dataclass(frozen=True, slots=True)
class _Signature:
    """Everything but doors and period that decides what a record adds."""

    entity: str
    state: str | None
    status: str | None
    date_attribute: str
    # None: count 1 for each record.
    source_attribute: str | None
    decimals: int
    # None: of the record itself.
    state_from: Link | None
    date_from: Link | None

    @property
    def is_linked(self) -> bool:
        """Tell whether it reads other records than the one that adds."""
        return self.state_from is not None or self.date_from is not None

    @property
    def outlook(self) -> Outlook:
        """What it reads of them."""
        found: dict[str, set[str]] = {}
        if self.state_from is not None:
            found.setdefault(self.state_from.entity, set()).update((STATE, STATUS))
        if self.date_from is not None:
            found.setdefault(self.date_from.entity, set()).add(self.date_attribute)
        return Outlook(looks_into=found)


@dataclass(slots=True)
class _Lane:
    """All goals of one signature."""

    signature: _Signature
    by_door: dict[Door, _Cells] = field(default_factory=dict)
    # Those whose queries narrow what they count.
    asking: AskingGoals = field(default_factory=AskingGoals)

    @property
    def is_empty(self) -> bool:
        """Tell whether no goal is left in it."""
        return not (self.by_door or self.asking)


@dataclass(slots=True)
class _Entity:
    """The lanes of one source entity, by the state that they ask for."""

    lanes: dict[_Signature, _Lane] = field(default_factory=dict)
    of_any_state: tuple[_Lane, ...] = ()
    by_state: dict[str, tuple[_Lane, ...]] = field(default_factory=dict)
    # Those that read through a link: what the record's own state is says nothing yet.
    linked: tuple[_Lane, ...] = ()

    def arrange(self) -> None:
        """Put lanes that ask for no state beside those of each state."""
        every = tuple(self.lanes.values())
        self.linked = tuple(lane for lane in every if lane.signature.is_linked)
        lanes = tuple(lane for lane in every if not lane.signature.is_linked)
        self.of_any_state = tuple(
            lane for lane in lanes if lane.signature.state is None
        )
        states = {lane.signature.state for lane in lanes} - {None}
        self.by_state = {
            state: tuple(
                lane for lane in lanes if lane.signature.state in (None, state)
            )
            for state in states
            if state is not None
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    """One rollup field of a goal that stands in the index."""

    name: Slot
    slot: int
    lane: _Lane
    bounds: Bounds
    place: Place


class GoalIndex:
    """All goals, arranged by what a record must have to meet them."""

    def __init__(self, people: People | None = None) -> None:
        self._people = people or People()
        self._entities: dict[str, _Entity] = {}
        # By goal: where its fields stand, so that they are found again.
        self._kept: dict[GoalNumber, list[_Kept]] = {}
        self.links = Links()

    def add(self, goal: Goal, metric: Metric, places: Places) -> None:
        """Let records meet those rollup fields of `goal` that have a place."""
        bounds = bounds_of(goal.period)
        kept = self._kept[goal.number] = []
        for index, name in enumerate(SLOTS):
            place = places.get(name)
            if place is None:
                continue
            slot = slot_of(goal.number, index)
            lane = self._lane(metric, metric.rollup_fields[name])
            kept.append(_Kept(name, slot, lane, bounds, place))
            if place.asked is not None:
                lane.asking.add(slot, bounds, place.doors, place.asked)
                self.links.add(lane.signature.entity, place.asked.query.outlook)
            else:
                for door in place.doors:
                    cells = lane.by_door.setdefault(door, {})
                    cells.setdefault(bounds, []).append(slot)

    def remove(self, number: GoalNumber) -> None:
        """Let no record meet a goal any more."""
        for kept in self._kept.pop(number):
            lane, place = kept.lane, kept.place
            if place.asked is not None:
                lane.asking.remove(kept.slot)
                self.links.remove(lane.signature.entity, place.asked.query.outlook)
            else:
                _take_out(kept)
            if lane.is_empty:
                self._close(lane.signature)

    def __contains__(self, number: GoalNumber) -> bool:
        return number in self._kept

    def stands_at(self, number: GoalNumber, doors: AbstractSet[Door]) -> bool:
        """Tell whether a goal stands at one of some doors."""
        return bool(doors) and any(
            not doors.isdisjoint(kept.place.doors)
            for kept in self._kept.get(number, ())
        )

    def places_of(self, number: GoalNumber) -> Places:
        """Return where a goal stands."""
        return {kept.name: kept.place for kept in self._kept.get(number, ())}

    def _close(self, signature: _Signature) -> None:
        """Take out a lane that no goal is left in."""
        entity = self._entities[signature.entity]
        del entity.lanes[signature]
        entity.arrange()
        if not entity.lanes:
            del self._entities[signature.entity]
        self.links.remove(signature.entity, signature.outlook)

    def _lane(self, metric: Metric, rollup_field: RollupField) -> _Lane:
        signature = _signature_of(metric, rollup_field)
        entity = self._entities.setdefault(signature.entity, _Entity())
        lane = entity.lanes.get(signature)
        if lane is None:
            lane = entity.lanes[signature] = _Lane(signature)
            entity.arrange()
            self.links.add(signature.entity, signature.outlook)
        return lane

    def contributions_of(
        self, record: Record, sight: Seeing | None = None
    ) -> Contributions:
        """Return what `record` adds now, to every goal that counts it.

        What is looked at beside the record is noted in `sight`.
        """
        sight = sight or Seeing()
        slots: list[int] = []
        amounts: list[int] = []
        entity = self._entities.get(record.entity)
        if entity is None or record.deleted:
            return slots, amounts
        lanes = (
            entity.of_any_state
            if record.state is None
            else entity.by_state.get(record.state, entity.of_any_state)
        )
        met = _Met(record, knocks_of(record, self._people), sight, slots, amounts)
        for lane in lanes:
            status = lane.signature.status
            if status is None or status == record.status:
                _meet(lane, record.attributes, met)
        for lane in entity.linked:
            _meet_linked(lane, met)
        return slots, amounts


def _signature_of(metric: Metric, rollup_field: RollupField) -> _Signature:
    counts = metric.kind is MetricKind.COUNT
    state, status = rollup_field.source_state, rollup_field.source_status
    return _Signature(
        rollup_field.source_entity,
        state,
        status,
        rollup_field.date_attribute,
        None if counts else rollup_field.source_attribute,
        metric.decimals,
        # Where any state will do, nobody looks for it.
        None if state is None and status is None else rollup_field.state_from,
        rollup_field.date_from,
    )


@dataclass(frozen=True, slots=True)
class _Met:
    """A record, where it knocks, and what it was found to add."""

    record: Record
    knocks: Sequence[Door]
    sight: Seeing
    slots: list[int]
    amounts: list[int]


def _meet_linked(lane: _Lane, met: _Met) -> None:
    """Append what the record adds to the goals of a lane that reads through links."""
    signature = lane.signature
    judged = _seen_through(signature.state_from, met.record, met.sight)
    dated = _seen_through(signature.date_from, met.record, met.sight)
    if (
        judged is not None
        and dated is not None
        and signature.state in (None, judged.state)
        and signature.status in (None, judged.status)
    ):
        _meet(lane, dated.attributes, met)


def _seen_through(link: Link | None, record: Record, sight: Seeing) -> Record | None:
    """Return the record that is read: this one, or the one it links to, if any."""
    if link is None:
        return record
    key = link.parent_key(record.attributes)
    return None if key is None else sight.look(key)


def _take_out(kept: _Kept) -> None:
    by_door = kept.lane.by_door
    for door in kept.place.doors:
        cells = by_door[door]
        cells[kept.bounds].remove(kept.slot)
        if not cells[kept.bounds]:
            del cells[kept.bounds]
        if not cells:
            del by_door[door]


def _meet(lane: _Lane, dates: Mapping[str, AttributeValue], met: _Met) -> None:
    """Append what a record of the right state adds to the goals of one lane."""
    by_door, asking, slots = lane.by_door, lane.asking, met.slots
    behind = [cells for door in met.knocks if (cells := by_door.get(door))]
    if not behind and not asking:
        return
    signature = lane.signature
    when = when_of(dates.get(signature.date_attribute))
    if when is None:
        return
    before = len(slots)
    for cells in behind:
        _collect(cells, when, slots)
    if len(behind) > 1:
        # A goal may stand behind several of the doors.
        slots[before:] = dict.fromkeys(slots[before:])
    if asking:
        slots += asking.meet(met.record, met.knocks, when, met.sight)
    count = len(slots) - before
    if not count:
        return
    amount: int | None = 1
    if signature.source_attribute is not None:
        value = met.record.attributes.get(signature.source_attribute)
        amount = units_of(value, signature.decimals)
    if not amount:
        del slots[before:]
    elif count == 1:
        met.amounts.append(amount)
    else:
        met.amounts.extend([amount] * count)


def _collect(cells: _Cells, when: str | int, met: list[int]) -> None:
    """Append the slots of the periods that `when` lies in."""
    if isinstance(when, str):
        for bounds, slots in cells.items():
            if bounds.first_day <= when <= bounds.last_day:
                met.extend(slots)
    else:
        for bounds, slots in cells.items():
            if bounds.opens <= when < bounds.closes:
                met.extend(slots)
