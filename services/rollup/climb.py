"""Climb: deltas become totals, up to the roots, and are announced.

One climber for each group of trees, so the hot root is never fought over and the last
message of a goal is its newest. One transaction: take what waits, add it up, move the
goals' numbers, write down what to announce. Then publish, wait for the broker, and
forget the announcement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from prometheus_client import Counter, Histogram

from services.rollup import announce
from services.rollup.announce import Face, Moment, Place
from services.rollup.domain.ancestry import Movements, causes_of, movements_of
from services.rollup.domain.contributions import CAUSES_MAX
from services.rollup.domain.restructure import Definitions
from services.rollup.held import HeldDefinitions
from services.rollup.store import definitions as definitions_store
from services.rollup.store import rederivations, totals
from services.rollup.store.totals import Announcement, Waiting
from shared.domain.goals import GoalNumber
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import Connection
from shared.plumbing.producing import AcknowledgedProducer, Message

log = log_of("rollup.climb")

OUTSTANDING_MAX: Final = 20

CLIMBED = Counter("cairn_goals_updated", "Goals whose numbers moved")
ANNOUNCED = Counter("cairn_goal_updated_messages", "Messages acknowledged by Kafka")
CLIMB_SECONDS = Histogram("cairn_climb_seconds", "From taking deltas to the commit")


@dataclass(slots=True)
class Climbed:
    """What a climb leaves to be published."""

    # Announcement ids with their messages, ready to go.
    ready: dict[int, list[Message]] = field(default_factory=dict)
    # Something earlier is not out yet: everything goes by way of the tables.
    behind_others: bool = False


@dataclass(slots=True)
class Climbing:
    """Climbs groups of trees on the connection that holds their locks."""

    held: HeldDefinitions
    producer: AcknowledgedProducer
    topic: str
    incarnation: int = 1
    _faces: dict[GoalNumber, Face] = field(default_factory=dict)
    _faces_of: tuple[int, int] = (0, 0)

    async def climb(self, connection: Connection, groups: Sequence[int]) -> Climbed:
        """Bring all that waits for these groups into their totals."""
        climbed = Climbed()
        with CLIMB_SECONDS.time():
            async with connection.transaction():
                definitions = await self.held.share(connection)
                waiting = await totals.take_deltas(connection, groups)
                if waiting.rows:
                    await self._add_up(connection, definitions, waiting, climbed)
        return climbed

    async def _add_up(
        self,
        connection: Connection,
        definitions: Definitions,
        waiting: Waiting,
        climbed: Climbed,
    ) -> None:
        movements = await fold(connection, definitions, waiting)
        if not movements:
            return
        forest = definitions.forest
        by_group: dict[int, list[GoalNumber]] = {}
        for number, movement in sorted(movements.items()):
            if movement.shows:
                by_group.setdefault(forest.nodes[number].group, []).append(number)
        revisions = {
            group: await totals.next_revision(connection) for group in by_group
        }
        now = datetime.now(UTC)
        moved = await totals.move(
            connection,
            movements,
            revisions={
                number: revisions[group]
                for group, numbers in by_group.items()
                for number in numbers
            },
            now=now,
        )
        causes = causes_of(movements, waiting.named, forest=forest, limit=CAUSES_MAX)
        traces = _traces_of(movements, waiting.traces, definitions)
        for group, numbers in by_group.items():
            earlier = await totals.announce(
                connection,
                Announcement(
                    id=revisions[group],
                    group=group,
                    numbers=numbers,
                    gone_ids=(),
                    named={number: causes.get(number, ()) for number in numbers},
                    traces={
                        number: traces[number] for number in numbers if number in traces
                    },
                    after_groups=(),
                ),
            )
            climbed.behind_others |= earlier
        moment = Moment(self.topic, now)
        for total in moved:
            number = total.number
            climbed.ready.setdefault(total.revision, []).append(
                self._face(number, definitions).message(
                    total,
                    moment,
                    causes=causes.get(number, ()),
                    trace=traces.get(number),
                )
            )
        CLIMBED.inc(len(moved))

    def _face(self, number: GoalNumber, definitions: Definitions) -> Face:
        """Return the goal's face; faces hold for one revision only."""
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
            )
        return face

    async def publish(self, connection: Connection, climbed: Climbed) -> None:
        """Publish what this climb made ready; forget it once it is acknowledged."""
        await self.producer.send(
            message for messages in climbed.ready.values() for message in messages
        )
        await totals.withdraw(connection, list(climbed.ready))
        ANNOUNCED.inc(sum(map(len, climbed.ready.values())))

    async def publish_outstanding(
        self, connection: Connection, groups: Sequence[int]
    ) -> bool:
        """Publish what stands in the table, oldest first; tell if more may follow.

        After each that is out, others may be free that waited for it.
        """
        several = await totals.outstanding(connection, groups, limit=OUTSTANDING_MAX)
        for one in several:
            await self.producer.send(await self._messages_of(connection, one))
            await totals.withdraw(connection, [one.id])
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
        messages = [
            announce.face_of(goal, incarnation=self.incarnation).message(
                goal.total,
                Moment(self.topic, goal.total.updated_at),
                causes=one.named.get(goal.total.number, ()),
                trace=one.traces.get(goal.total.number),
            )
            for goal in published
        ]
        alive = {message.key for message in messages}
        messages += [
            announce.tombstone_of(goal_id, revision=one.id, moment=moment)
            for goal_id in one.gone_ids
            if goal_id.encode() not in alive
        ]
        ANNOUNCED.inc(len(messages))
        return messages


async def fold(
    connection: Connection, definitions: Definitions, waiting: Waiting
) -> Movements:
    """Return how goals move by what waited; finished re-derivations fold in."""
    groups = sorted(waiting.deltas)
    computing = await definitions_store.computing(connection, groups)
    done = set().union(*waiting.done.values()) if waiting.done else set()
    finished = [number for number, job in computing.items() if job in done]
    folded = await totals.pending(connection, finished) if finished else {}
    if finished:
        await _settle(connection, definitions, finished)
    return movements_of(
        (delta for group in groups for delta in waiting.deltas[group]),
        forest=definitions.forest,
        computing=computing,
        folded=folded,
    )


async def _settle(
    connection: Connection, definitions: Definitions, finished: Sequence[GoalNumber]
) -> None:
    """Note that goals hold contributions under their present definitions only."""
    goals = [definitions.forest.nodes[number].goal for number in finished]
    await rederivations.settle(
        connection,
        {goal.number: carried_by(definitions, goal.number) for goal in goals},
    )


def carried_by(
    definitions: Definitions, number: GoalNumber
) -> tuple[str | None, Sequence[str]]:
    """Return where the contributions to a goal are found: owner and entities."""
    goal = definitions.forest.nodes[number].goal
    owners, entities = definitions_store.carried(goal, definitions.metrics)
    return (owners[0] if owners else None), entities


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
