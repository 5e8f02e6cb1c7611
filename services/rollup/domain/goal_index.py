"""Which goals a record could meet: matching without looking at every goal.

Goals are held by what a record must have to meet them: its entity and state, then
its status, then its owner (or anybody), then the period. The cost of a record follows
the goals that count it, not the goals there are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.rollup.domain.contributions import Contributions, slot_of
from services.rollup.domain.links import NO_PARENTS, Links
from shared.domain.amounts import MetricKind, units_of
from shared.domain.goals import SLOTS, Goal, Link, Metric, RollupField
from shared.domain.periods import Bounds, bounds_of, when_of
from shared.domain.records import AttributeValue, Parents, Record

# The slots of goals with the same period, side by side.
_Cells = dict[Bounds, list[int]]


@dataclass(frozen=True, slots=True)
class _Signature:
    """Everything but owner and period that decides what a record adds."""

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


@dataclass(slots=True)
class _Lane:
    """All goals of one signature."""

    signature: _Signature
    anybody: _Cells = field(default_factory=dict)
    by_owner: dict[str, _Cells] = field(default_factory=dict)

    def cells(self, owner: str | None) -> _Cells:
        """Return the cells that this owner's goals are in, made if need be."""
        if owner is None:
            return self.anybody
        return self.by_owner.setdefault(owner, {})


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


class GoalIndex:
    """All goals, arranged by what a record must have to meet them."""

    def __init__(self) -> None:
        self._entities: dict[str, _Entity] = {}
        self.links = Links()

    def add(self, goal: Goal, metric: Metric, owners: Sequence[str] | None) -> None:
        """Let records of these owners meet `goal`; None: of anybody."""
        bounds = bounds_of(goal.period)
        for slot, lane in self._places(goal, metric):
            for owner in (None,) if owners is None else owners:
                lane.cells(owner).setdefault(bounds, []).append(slot)

    def remove(self, goal: Goal, metric: Metric, owners: Sequence[str] | None) -> None:
        """Let no record meet `goal` any more; it was added with the same arguments."""
        bounds = bounds_of(goal.period)
        for slot, lane in self._places(goal, metric):
            for owner in (None,) if owners is None else owners:
                cells = lane.cells(owner)
                cells[bounds].remove(slot)
                if not cells[bounds]:
                    del cells[bounds]
                if owner is not None and not cells:
                    del lane.by_owner[owner]
            if not (lane.anybody or lane.by_owner):
                self._close(lane.signature)

    def _places(self, goal: Goal, metric: Metric) -> list[tuple[int, _Lane]]:
        if goal.rollup_only_from_children:
            return []
        return [
            (
                slot_of(goal.number, index),
                self._lane(metric, metric.rollup_fields[name]),
            )
            for index, name in enumerate(SLOTS)
            if name in metric.rollup_fields
        ]

    def _close(self, signature: _Signature) -> None:
        """Take out a lane that no goal is left in."""
        entity = self._entities[signature.entity]
        del entity.lanes[signature]
        entity.arrange()
        if not entity.lanes:
            del self._entities[signature.entity]
        if signature.is_linked:
            self.links.follow(self._links())

    def _lane(self, metric: Metric, rollup_field: RollupField) -> _Lane:
        signature = _signature_of(metric, rollup_field)
        entity = self._entities.setdefault(signature.entity, _Entity())
        lane = entity.lanes.get(signature)
        if lane is None:
            lane = entity.lanes[signature] = _Lane(signature)
            entity.arrange()
            if signature.is_linked:
                self.links.follow(self._links())
        return lane

    def _links(self) -> Iterator[tuple[str, Link, str | None]]:
        """Return the links that lanes read through, each with the date read there."""
        for name, entity in self._entities.items():
            for lane in entity.linked:
                signature = lane.signature
                if signature.state_from is not None:
                    yield name, signature.state_from, None
                if signature.date_from is not None:
                    yield name, signature.date_from, signature.date_attribute

    def contributions_of(
        self, record: Record, parents: Parents = NO_PARENTS
    ) -> Contributions:
        """Return what `record` adds now, to every goal that counts it."""
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
        for lane in lanes:
            status = lane.signature.status
            if status is None or status == record.status:
                _meet(lane, record, record.attributes, slots, amounts)
        for lane in entity.linked:
            _meet_linked(lane, record, parents, slots, amounts)
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


def _meet_linked(
    lane: _Lane,
    record: Record,
    parents: Parents,
    slots: list[int],
    amounts: list[int],
) -> None:
    """Append what the record adds to the goals of a lane that reads through links."""
    signature = lane.signature
    judged = _seen_through(signature.state_from, record, parents)
    dated = _seen_through(signature.date_from, record, parents)
    if (
        judged is not None
        and dated is not None
        and signature.state in (None, judged.state)
        and signature.status in (None, judged.status)
    ):
        _meet(lane, record, dated.attributes, slots, amounts)


def _seen_through(link: Link | None, record: Record, parents: Parents) -> Record | None:
    """Return the record that is read: this one, or the one it links to, if any."""
    if link is None:
        return record
    parent = parents.get(link.parent_key(record.attributes) or "")
    return None if parent is None or parent.deleted else parent


def _meet(
    lane: _Lane,
    record: Record,
    dates: Mapping[str, AttributeValue],
    slots: list[int],
    amounts: list[int],
) -> None:
    """Append what a record of the right state adds to the goals of one lane."""
    signature = lane.signature
    owner = record.owner
    own = None if owner is None else lane.by_owner.get(owner)
    anybody = lane.anybody
    if not own and not anybody:
        return
    when = when_of(dates.get(signature.date_attribute))
    if when is None:
        return
    before = len(slots)
    if own:
        _collect(own, when, slots)
    if anybody:
        _collect(anybody, when, slots)
    count = len(slots) - before
    if not count:
        return
    amount: int | None = 1
    if signature.source_attribute is not None:
        amount = units_of(
            record.attributes.get(signature.source_attribute), signature.decimals
        )
    if not amount:
        del slots[before:]
    elif count == 1:
        amounts.append(amount)
    else:
        amounts.extend([amount] * count)


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
