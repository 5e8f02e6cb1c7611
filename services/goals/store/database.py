"""Reading and writing definitions: one connection, one snapshot or one change set."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from pydantic import BaseModel
from typing_extensions import override

from services.goals.domain.audit import Told, Trail, told_of
from services.goals.domain.callers import Caller
from services.goals.domain.directory import ORGANIZATION_ID, Organization
from services.goals.domain.errors import DEFINITION_TOO_LARGE, RefusedError
from services.goals.domain.overrides import Signature
from services.goals.domain.rights import Rights
from services.goals.domain.versions import not_found
from services.goals.store import outbox
from services.goals.store.audit import Audit
from services.goals.store.by_date import ByDate
from services.goals.store.connections import Connection
from services.goals.store.dashboards import Dashboards
from services.goals.store.directory import (
    BusinessUnits,
    OrganizationStatements,
    Teams,
    Users,
)
from services.goals.store.entities import Entities
from services.goals.store.eyes import EyesStatements
from services.goals.store.goals import Goals
from services.goals.store.history import History
from services.goals.store.metrics import Metrics
from services.goals.store.numbers import PublishedStatements
from services.goals.store.operations import Operations
from services.goals.store.people import PeopleStatements, RememberedPeople
from services.goals.store.queries import Queries
from services.goals.store.recalculations import Recalculations
from services.goals.store.records import Records
from services.goals.store.reports import Reports
from services.goals.store.roles import Roles
from services.goals.store.tables import Table
from services.goals.store.trials import Trials
from services.goals.store.visible import Visible
from shared.domain.goals import Goal, GoalRight
from shared.messages.definitions import Kind
from shared.plumbing.identifiers import new_id
from shared.plumbing.producing import MESSAGE_BYTES_MAX
from shared.rights.people import People

# A request that waits longer for a connection is better told to come again.
ACQUIRE_SECONDS_MAX: Final = 5.0

# Longer than the largest write takes; a queue that is longer is told to come again.
TURN_SECONDS_MAX: Final = 15.0

# Long looks at many records, at once; more of them would leave no connection to others.
SNAPSHOTS_MAX: Final = 3

_WRITE_LOCK: Final = 7_221_111  # any number that nothing else locks

# All writes of definitions, one after the other: a check made under the lock (no
# cycle, a free name, nobody uses it) still holds at the commit, and the outbox is in
# the order of the commits.
_SERIALISE = f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})"

# Until the end of the transaction.
_LIMIT_QUESTIONS = "SELECT set_config('statement_timeout', $1, true)"

_SIGNATURE = "SELECT nextval('goals.version') AS number, now() AS at"


class Reading(OrganizationStatements, PublishedStatements):
    """All that can be looked at."""

    def __init__(
        self,
        connection: Connection,
        remembered: RememberedPeople | None = None,
        *,
        caller: Caller,
    ) -> None:
        super().__init__(connection)
        self.caller = caller
        self.people = PeopleStatements(connection, remembered or RememberedPeople())
        self.users = Users(connection)
        self.teams = Teams(connection)
        self.roles = Roles(connection)
        self.business_units = BusinessUnits(connection)
        self.entities = Entities(connection)
        self.metrics = Metrics(connection)
        self.queries = Queries(connection)
        self.goals = Goals(connection)
        self.history = History(connection)
        self.reports = Reports(connection)
        self.recalculations = Recalculations(connection)
        self.eyes = EyesStatements(connection, self.people)
        self.trials = Trials(connection)
        self.records = Records(connection)
        self.by_date = ByDate(connection)
        self.audit = Audit(connection)
        self.operations = Operations(connection)
        self.visible = Visible(connection)
        self.dashboards = Dashboards(connection)

    async def rights(self) -> Rights:
        """Return what whoever asks may do."""
        if self.caller.user_id is None:
            return Rights(caller=self.caller, people=People())
        return Rights(caller=self.caller, people=await self.people.read())

    async def rights_on(self, goal: Goal) -> frozenset[GoalRight]:
        """Return what whoever asks may do with a goal."""
        found = await self.visible.rights_on(await self.rights(), [goal])
        return found[goal.id]

    async def readable_goal(self, goal_id: str) -> Goal:
        """Return a goal, or refuse whoever may not read it: to him there is none."""
        goal = await self.goals.get(goal_id)
        if goal is None or GoalRight.READ not in await self.rights_on(goal):
            raise not_found(f"goal {goal_id}")
        return goal


class Changes(Reading):
    """One write: what it alters, and what others are told of it, as one change set.

    All that it alters is noted in `trail`: by each `Table` itself, whatever writes it.
    """

    def __init__(
        self,
        connection: Connection,
        remembered: RememberedPeople | None = None,
        *,
        caller: Caller,
        traceparent: str | None,
    ) -> None:
        super().__init__(connection, remembered, caller=caller)
        self.trail = Trail()
        for part in vars(self).values():
            if isinstance(part, Table):
                part.trail = self.trail
        self._traceparent = traceparent
        self._announcements: list[outbox.Announcement] = []
        # The change set's last position in the outbox, once it is there.
        self.position: int | None = None

    async def signature(self) -> Signature:
        """Return which write this is, whose, and when."""
        [row] = await self.connection.fetch(_SIGNATURE)
        return Signature(
            number=row["number"],
            by=self.caller.name,
            user_id=self.caller.user_id,
            at=row["at"],
        )

    @override
    async def update_organization(self, organization: Organization) -> Organization:
        before = await self.organization()
        stored = await super().update_organization(organization)
        self.trail.changed(
            Kind.ORGANIZATION, ORGANIZATION_ID, _told(before), _told(stored)
        )
        return stored

    def announce(self, kind: Kind, definition_id: str, definition: BaseModel) -> None:
        """Tell others what a definition has become."""
        value = definition.model_dump_json().encode()
        if len(value) > MESSAGE_BYTES_MAX:
            raise RefusedError(
                DEFINITION_TOO_LARGE,
                f"{kind} {definition_id} has {len(value)} bytes, {MESSAGE_BYTES_MAX} "
                "are allowed; shorten its texts or lists",
            )
        self._announcements.append(
            outbox.Announcement(kind=kind, definition_id=definition_id, value=value)
        )

    def announce_gone(
        self, kind: Kind, definition_id: str, *, goal_number: int | None = None
    ) -> None:
        """Tell others that a definition is gone."""
        self._announcements.append(
            outbox.Announcement(
                kind=kind,
                definition_id=definition_id,
                value=None,
                goal_number=goal_number,
            )
        )

    async def hand_over(self) -> None:
        """Write the audit trail and the outbox, in the transaction of the write."""
        announced = [(one.kind, one.definition_id) for one in self._announcements]
        self.trail.check_noted(announced)
        change_set_id = new_id()
        # Off the loop: ten thousand lines take a while.
        lines = await asyncio.to_thread(self.trail.lines)
        await self.audit.append(
            lines,
            caller=self.caller.name,
            change_set_id=change_set_id if announced else None,
            traceparent=self._traceparent,
        )
        if announced:
            self.position = await outbox.append(
                self.connection,
                change_set_id=change_set_id,
                announcements=self._announcements,
                traceparent=self._traceparent,
            )


def _told(organization: Organization) -> Told:
    """Return what the trail tells of it, the calendar as people write it."""
    calendar = organization.fiscal_calendar
    return {
        **told_of(organization),
        "fiscal_calendar": {
            "start": calendar.start,
            "template": calendar.template,
            "year_named_by": calendar.year_named_by,
        },
    }


class Database:
    """The goals schema, and what rollup publishes beside it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._remembered = RememberedPeople()
        # Writes wait for one another anyway; here they do it without a connection, so
        # that there are some left to read with.
        self._turn = asyncio.Lock()
        self._snapshots = asyncio.Semaphore(SNAPSHOTS_MAX)
        self._told: list[Callable[[], None]] = []

    def on_commit(self, tell: Callable[[], None]) -> None:
        """Have somebody told of every commit that is to be announced."""
        self._told.append(tell)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection."""
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS_MAX) as connection:
            yield connection

    @asynccontextmanager
    async def reading(self, *, caller: Caller) -> AsyncIterator[Reading]:
        """Lend a connection to look at things, as far as whoever asks may."""
        async with self.connection() as connection:
            yield Reading(connection, self._remembered, caller=caller)

    @asynccontextmanager
    async def moment(
        self, *, caller: Caller, seconds_max: float
    ) -> AsyncIterator[Reading]:
        """Lend a connection that sees one moment; no question may take longer."""
        async with (
            self.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            limit = f"{seconds_max * 1_000:.0f}"
            await connection.execute(_LIMIT_QUESTIONS, limit)
            yield Reading(connection, self._remembered, caller=caller)

    @asynccontextmanager
    async def snapshot(
        self, *, caller: Caller, seconds_max: float
    ) -> AsyncIterator[Reading]:
        """Lend one for a long look at many records; few have one at once."""
        async with (
            _in_turn(self._snapshots),
            self.moment(caller=caller, seconds_max=seconds_max) as reading,
        ):
            yield reading

    @asynccontextmanager
    async def changing(
        self, *, caller: Caller, traceparent: str | None = None
    ) -> AsyncIterator[Changes]:
        """Open one write; it is committed at the end, with all that is told of it."""
        async with (
            _in_turn(self._turn),
            self.connection() as connection,
            connection.transaction(),
        ):
            await connection.execute(_SERIALISE)
            changes = Changes(
                connection, self._remembered, caller=caller, traceparent=traceparent
            )
            yield changes
            await changes.hand_over()
        if changes.position is not None:
            for tell in self._told:
                tell()


@asynccontextmanager
async def _in_turn(gate: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
    """Wait for others, but not for ever."""
    async with asyncio.timeout(TURN_SECONDS_MAX):
        await gate.acquire()
    try:
        yield
    finally:
        gate.release()
