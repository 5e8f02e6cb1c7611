"""Climb: deltas become totals, up to the roots, and are announced.

One climber for each group of trees, so the hot root is never fought over and the last
message of a goal is its newest. One transaction: take what waits, add it up, move the
goals' numbers, write down what to announce. Then publish, wait for the broker, and
forget the announcement.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time
from typing import Final

import asyncpg
from prometheus_client import Counter, Histogram

from services.rollup import announce
from services.rollup.announce import Face, Moment, Place
from services.rollup.domain.ancestry import (
    Movements,
    causes_of,
    movements_of,
)
from services.rollup.domain.contributions import CAUSES_MAX
from services.rollup.domain.definitions import Definitions
from services.rollup.domain.latencies import Arrivals, Latencies
from services.rollup.domain.noting import Note, Notes
from services.rollup.gathering import (
    TotalFitsAgainError,
    check_overflown,
    crossed,
    gather,
    in_order,
)
from services.rollup.held import HeldDefinitions
from services.rollup.store import announcements, totals
from services.rollup.store.announcements import Announcement
from services.rollup.store.totals import News, Waiting
from shared.domain.goals import GoalNumber
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import Connection
from shared.plumbing.producing import AcknowledgedProducer, Message

log = log_of("rollup.climb")

OUTSTANDING_MAX: Final = 20
# Deliveries that Kafka has not acknowledged; more only queue up there.
UNDER_WAY_MAX: Final = 4

CLIMBED = Counter("cairn_goals_updated", "Goals whose numbers moved")
ANNOUNCED = Counter("cairn_goal_updated_messages", "Messages acknowledged by Kafka")
CLIMB_SECONDS = Histogram("cairn_climb_seconds", "From taking deltas to the commit")


@dataclass(slots=True)
class Climbed:
    """What a climb leaves to be published."""

    # Announcement ids with their messages, ready to go.
    ready: dict[int, list[Message]] = field(default_factory=dict)
    # Something earlier is not on its way yet: everything goes by way of the tables.
    behind_others: bool = False
    # What the history will say of the goals that moved.
    notes: dict[GoalNumber, Note] = field(default_factory=dict)
    # When the records that it took up came to Kafka.
    arrivals: list[Arrivals] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """Announcements that were handed to Kafka together."""

    ids: Sequence[int]
    messages: int
    acknowledged: "asyncio.Future[None]"


def _ids_of(deliveries: Sequence[_Delivery]) -> list[int]:
    return [announced for one in deliveries for announced in one.ids]


@dataclass(slots=True)
class Climbing:
    """Climbs groups of trees on the connection that holds their locks.

    What a climb leaves goes to Kafka while the next one is under way; what Kafka has
    acknowledged, a later climb forgets in passing.
    """

    held: HeldDefinitions
    producer: AcknowledgedProducer
    topic: str
    # Adds up what waits for some groups where a sum grows too large, or fits again.
    reckon: Callable[[Sequence[int]], Awaitable[object]]
    incarnation: int = 1
    notes: Notes = field(default_factory=Notes)
    latencies: Latencies = field(default_factory=Latencies)
    # Of climbs whose announcements go by way of the tables.
    _put_off: list[Arrivals] = field(default_factory=list)
    _deliveries: list[_Delivery] = field(default_factory=list)
    _faces: dict[GoalNumber, Face] = field(default_factory=dict)
    _faces_of: tuple[int, int] = (0, 0)

    async def climb(self, connection: Connection, groups: Sequence[int]) -> Climbed:
        """Bring all that waits for these groups into their totals."""
        acknowledged = self._acknowledged()
        with CLIMB_SECONDS.time():
            try:
                climbed = await self._climb_lightly(connection, groups, acknowledged)
                if climbed is None:
                    climbed = await self._climb(connection, groups, acknowledged)
            except (TotalFitsAgainError, asyncpg.CheckViolationError):
                # Who fails, all must know: that is a change of definitions. What it
                # leaves to be announced stands in the table.
                await self.reckon(groups)
                return Climbed(behind_others=True)
        # Not before the commit: what is noted is true.
        for number, note in climbed.notes.items():
            self.notes.add(number, note)
        self._forget(acknowledged)
        return climbed

    async def _climb_lightly(
        self,
        connection: Connection,
        groups: Sequence[int],
        acknowledged: Sequence[_Delivery],
    ) -> Climbed | None:
        """Climb in two questions, without a transaction of several; None: it can't be.

        What was read stays as it is unless the definitions change, and whether they
        did is found in the statement that writes.
        """
        waiting = await totals.read_deltas(connection, groups)
        definitions = await self.held.if_at(waiting.revision)
        if definitions is None or waiting.rederiving:
            return None
        if definitions.directory.schedule.frequency_hours:
            return None
        if not waiting.ids and not acknowledged:
            return Climbed()
        locked, loose = crossed(definitions, waiting)
        if loose:
            return None
        movements = movements_of(
            in_order(waiting),
            forest=definitions.forest,
            pending=(),
            folded={},
            finished=(),
            holds=locked,
        )
        return await self._finish(
            connection, definitions, waiting, movements, acknowledged
        )

    async def _climb(
        self,
        connection: Connection,
        groups: Sequence[int],
        acknowledged: Sequence[_Delivery],
    ) -> Climbed:
        """Climb while the definitions stand still; what is done folds in."""
        async with connection.transaction():
            definitions = await self.held.share(connection)
            waiting = await totals.read_deltas(connection, groups)
            movements = (await gather(connection, definitions, waiting)).movements()
            await check_overflown(connection, definitions, movements)
            climbed = await self._finish(
                connection, definitions, waiting, movements, acknowledged
            )
        if climbed is None:
            message = "definitions changed under the lock that keeps them"
            raise RuntimeError(message)
        return climbed

    async def _finish(
        self,
        connection: Connection,
        definitions: Definitions,
        waiting: Waiting,
        movements: Movements,
        acknowledged: Sequence[_Delivery],
    ) -> Climbed | None:
        """Write the goals' new numbers; return what is to be published."""
        forest = definitions.forest
        by_group: dict[int, list[GoalNumber]] = {}
        for number, movement in sorted(movements.items()):
            if movement.shows:
                by_group.setdefault(forest.nodes[number].group, []).append(number)
        causes = causes_of(movements, waiting.named, forest=forest, limit=CAUSES_MAX)
        traces = _traces_of(movements, waiting.traces, definitions)
        # Made before the next `await`: then the definitions may be others already.
        faces = {
            number: self._face(number, definitions)
            for numbers in by_group.values()
            for number in numbers
        }
        now = datetime.now(UTC)
        finished = await totals.finish_climb(
            connection,
            waiting,
            movements,
            {
                group: News(
                    numbers,
                    named={number: causes.get(number, ()) for number in numbers},
                    traces={
                        number: traces[number] for number in numbers if number in traces
                    },
                )
                for group, numbers in by_group.items()
            },
            on_its_way=_ids_of(self._deliveries),
            acknowledged=_ids_of(acknowledged),
            now=now,
        )
        if finished is None:
            return None
        climbed = Climbed(
            behind_others=finished.behind_others,
            # Where nothing is announced, nothing has arrived at a root.
            arrivals=waiting.arrivals if finished.moved else [],
        )
        moment, second = Moment(self.topic, now), int(now.timestamp())
        for total in finished.moved:
            face = faces[total.number]
            climbed.notes[total.number] = face.note(total, second)
            climbed.ready.setdefault(total.revision, []).append(
                face.message(
                    total,
                    moment,
                    causes=causes.get(total.number, ()),
                    trace=traces.get(total.number),
                )
            )
        CLIMBED.inc(len(finished.moved))
        return climbed

    def _face(self, number: GoalNumber, definitions: Definitions) -> Face:
        """Return the goal's face; faces hold for one revision only.

        It is that of the newest definition. Goals whose values were made under another
        one do not move in a climb until they fold: all of their tree is computing.
        """
        if self._faces_of != (id(definitions), definitions.revision):
            self._faces.clear()
            self._faces_of = (id(definitions), definitions.revision)
        face = self._faces.get(number)
        if face is None:
            nodes = definitions.forest.nodes
            node = nodes[number]
            above = None if node.parent is None else nodes[node.parent]
            face = self._faces[number] = Face(
                node.goal,
                definitions.metrics.get(node.goal.metric_id),
                Place(
                    tree_id=nodes[node.tree].goal.id,
                    parent_id=None if above is None else above.goal.id,
                ),
                self.incarnation,
                is_locked=number in definitions.forest.locked,
                is_frozen=number in definitions.forest.frozen,
                error=definitions.forest.error_of(number),
            )
        return face

    async def publish(
        self, climbed: Climbed, *, when_acknowledged: Callable[[], None] | None = None
    ) -> None:
        """Put what this climb made ready on its way to Kafka, behind all before it."""
        messages = [one for several in climbed.ready.values() for one in several]
        acknowledged = await self.producer.hand_over(messages)
        if when_acknowledged is not None:
            acknowledged.add_done_callback(lambda _: when_acknowledged())
        acknowledged.add_done_callback(
            lambda done: self._has_arrived(done, climbed.arrivals)
        )
        self._deliveries.append(
            _Delivery(list(climbed.ready), len(messages), acknowledged)
        )
        if len(self._deliveries) > UNDER_WAY_MAX:
            await asyncio.wait([self._deliveries[0].acknowledged])

    def put_off(self, climbed: Climbed) -> None:
        """Leave what a climb made ready to those who publish from the tables."""
        self._put_off += climbed.arrivals

    def all_is_published(self) -> None:
        """Note that nothing of ours stands in the tables that is not announced."""
        if self._put_off:
            self.latencies.add(self._put_off, now=time())
            self._put_off.clear()

    def _has_arrived(
        self, delivered: "asyncio.Future[None]", arrivals: Sequence[Arrivals]
    ) -> None:
        if not delivered.cancelled() and delivered.exception() is None:
            self.latencies.add(arrivals, now=time())

    @property
    def may_forget(self) -> bool:
        """Tell whether Kafka has acknowledged what still stands in the table."""
        return any(one.acknowledged.done() for one in self._deliveries)

    async def forget_acknowledged(self, connection: Connection) -> None:
        """Forget what Kafka has acknowledged; no climb came by to do it."""
        acknowledged = self._acknowledged()
        if acknowledged:
            await announcements.withdraw(connection, _ids_of(acknowledged))
            self._forget(acknowledged)

    async def settle(self, connection: Connection) -> None:
        """Wait until Kafka has acknowledged all that is on its way, and forget it."""
        if self._deliveries:
            await asyncio.wait([one.acknowledged for one in self._deliveries])
            await self.forget_acknowledged(connection)

    def start_anew(self) -> None:
        """Know nothing of what is on its way: it stands in the table still."""
        for one in self._deliveries:
            # Nobody asks any more how it ends.
            one.acknowledged.cancel()
            if not one.acknowledged.cancelled():
                one.acknowledged.exception()
        self._deliveries.clear()
        self._put_off.clear()

    def _acknowledged(self) -> list[_Delivery]:
        """Return what Kafka has acknowledged, or raise DeliveryError."""
        done = [one for one in self._deliveries if one.acknowledged.done()]
        for one in done:
            one.acknowledged.result()
        return done

    def _forget(self, acknowledged: Sequence[_Delivery]) -> None:
        for one in acknowledged:
            self._deliveries.remove(one)
            ANNOUNCED.inc(one.messages)

    async def publish_outstanding(
        self, connection: Connection, groups: Sequence[int]
    ) -> bool:
        """Publish what stands in the table, oldest first; tell if more may follow.

        After each that is out, others may be free that waited for it.
        """
        several = await announcements.outstanding(
            connection, groups, limit=OUTSTANDING_MAX
        )
        for one in several:
            await self.producer.send(await self._messages_of(connection, one))
            await announcements.withdraw(connection, [one.id])
        return bool(several)

    async def _messages_of(
        self, connection: Connection, one: Announcement
    ) -> list[Message]:
        """Return the newest state of the goals that an announcement names."""
        numbers = set(one.numbers)
        if one.gone_ids:
            # An id may have been taken up again: its newest state is a living goal.
            numbers |= set(await totals.living(connection, one.gone_ids))
        published = await totals.read(connection, sorted(numbers))
        moment = Moment(self.topic, datetime.now(UTC))
        messages = []
        for goal in published:
            total, face = (
                goal.total,
                announce.face_of(goal, incarnation=self.incarnation),
            )
            second = int(total.updated_at.timestamp())
            self.notes.add(total.number, face.note(total, second))
            messages.append(
                face.message(
                    total,
                    Moment(self.topic, total.updated_at),
                    causes=one.named.get(total.number, ()),
                    trace=one.traces.get(total.number),
                )
            )
        alive = {message.key for message in messages}
        messages += [
            announce.tombstone_of(goal_id, revision=one.id, moment=moment)
            for goal_id in one.gone_ids
            if goal_id.encode() not in alive
        ]
        ANNOUNCED.inc(len(messages))
        return messages


def _traces_of(
    movements: Movements, named: Mapping[int, str], definitions: Definitions
) -> dict[GoalNumber, str]:
    """Give each goal the trace of a record that moved it or a descendant."""
    if not named:
        return {}
    traces: dict[GoalNumber, str] = {}
    forest = definitions.forest
    for number, trace in named.items():
        if number not in movements:
            continue
        traces[GoalNumber(number)] = trace
        for node in forest.ancestors(GoalNumber(number)):
            if node.number not in movements:
                break
            traces[node.number] = trace
    return traces
