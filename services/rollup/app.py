"""The rollup service: changes of records and goals in, new totals out.

Only wiring lives here: which topic calls which flow. Two steps meet in PostgreSQL:
apply turns records into contributions and deltas, climb turns deltas into totals.
"""

import asyncio
import contextlib
import uuid
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from fastapi import FastAPI
from faststream import AckPolicy, ContextRepo, FastStream
from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI
from prometheus_client import Gauge

from services.rollup.apply import Applying
from services.rollup.climb import Climbing
from services.rollup.climber import IDLE_SESSION_SECONDS, Climber
from services.rollup.held import HeldDefinitions
from services.rollup.history import History
from services.rollup.intake import Intake
from services.rollup.pulse import Pulsing, name_of
from services.rollup.recalculate import Recalculating
from services.rollup.redefine import Redefining
from services.rollup.rederive import Rederiving
from services.rollup.schedule import Scheduling
from services.rollup.settings import RollupSettings
from services.rollup.signals import Signals
from services.rollup.source import Listener, Source
from services.rollup.thinning import Thinning
from services.rollup.watch import Watching
from services.rollup.watchdog import Watchdog
from shared.doors.closed import Closed
from shared.doors.keeper import Keeper
from shared.doors.rates import Rates
from shared.messages import topics
from shared.messages.events import ActivityRecordEvent, GoalUpdatedEvent
from shared.plumbing.async_documents import asyncapi_of
from shared.plumbing.health import operational_routes
from shared.plumbing.kafka import (
    broker_of,
    hand_over_raw,
    parse_untouched,
    topic_name,
)
from shared.plumbing.logs import configure_logs, log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS, connect, open_pool
from shared.plumbing.producing import open_producer
from shared.plumbing.serving import Application, run_service, serving

log = log_of("rollup.app")

GROUP: Final = "rollup"
DEFINITIONS_GROUP: Final = "rollup-definitions"
WATCH_GROUP: Final = "rollup-watch"
SESSION_MILLISECONDS: Final = 10_000
STOP_SECONDS_MAX: Final = 6.0
REST_SECONDS_MAX: Final = 1.0
# How long a quiet consumer sleeps; it adds to the latency of the first record, and
# each waking costs: definitions and what is read back may wait longer.
FETCH_MILLISECONDS: Final = 25
CHANGES_FETCH_MILLISECONDS: Final = 10
WATCH_FETCH_MILLISECONDS: Final = 250
WATCH_FETCH_BYTES: Final = 500_000
# How soon a goal is placed whose parent was still being derived again, and how soon
# what is due is seen.
LOOK_SECONDS: Final = 1.0
# How soon goals are compared whose records are all read.
RECALCULATE_SECONDS: Final = 0.5
# Nobody needs its document more often.
DOCUMENTS_PER_SECOND: Final = 10

LAG = Gauge("cairn_records_lag", "Records on our partitions that are not applied yet")
GROUPS = Gauge("cairn_climber_groups", "Groups of trees that this copy climbs")


class Engine:
    """All parts of one rollup process, and how they hear of each other."""

    def __init__(
        self,
        settings: RollupSettings,
        pool: asyncpg.Pool,
        producer: Any,
        subscribers: "Subscribers",
    ) -> None:
        copy_id = uuid.uuid4()
        held = HeldDefinitions()
        self.records = Source(topic_name(settings, topics.ACTIVITY_RECORDS), pool)
        self.changes = Source(topic_name(settings, topics.GOAL_CHANGES), pool)
        self.records.read_with(lambda: subscribers.records.consumer)
        self.changes.read_with(lambda: subscribers.changes.consumer)
        self.intake = Intake(
            self.records,
            producer,
            rejected_topic=topic_name(settings, topics.ACTIVITY_RECORDS_REJECTED),
            group=settings.topic_prefix + GROUP,
        )
        climbing = Climbing(
            held, producer, topic_name(settings, topics.GOAL_UPDATED), self._reckon
        )
        self.history = History(pool, climbing.notes)
        self.thinning = Thinning(pool)
        self.climber = Climber(
            climbing,
            self._connector(
                settings,
                "climber",
                idle_session_timeout=str(IDLE_SESSION_SECONDS * 1000),
                # A climb's statement is the same for any number of goals, and planning
                # it takes longer than running it.
                plan_cache_mode="force_generic_plan",
            ),
            copy_id=copy_id,
            pause=settings.climb_pause_milliseconds / 1000,
        )
        self.signals = Signals(
            pool, self.climber, lambda: self.rederiving, copy_id=copy_id
        )
        self.applying = Applying(
            pool,
            held,
            topic=self.records.topic,
            word_of=self.signals.word_of,
        )
        self.redefining = Redefining(pool, held, self.changes, clock=settings.clock)
        self.scheduling = Scheduling(pool, held, self.redefining, settings.clock)
        self.watching = Watching(pool)
        self.rederiving = Rederiving(pool, held, notify=self._rederived)
        self.recalculating = Recalculating(pool, held)
        self.pulsing = Pulsing(
            pool,
            copy_id=copy_id,
            name=name_of(settings.rollup_port),
            latencies=climbing.latencies,
            partitions=lambda: self.records.partitions,
            groups=lambda: self.climber.groups,
        )
        self.watchdog = Watchdog(self.records, lambda: self.applying.complaint)
        self._listen = self._connector(settings, "signals", idle_session_timeout="0")

    @staticmethod
    def _connector(
        settings: RollupSettings, name: str, **server_settings: str
    ) -> Callable[[], Awaitable[asyncpg.Connection]]:
        return lambda: connect(
            settings.database,
            application=f"cairn-rollup-{name}",
            **server_settings,
        )

    async def _reckon(self, groups: Sequence[int]) -> None:
        await self.signals.definitions_changed(await self.redefining.reckon(groups))

    async def _rederived(self, groups: Any) -> None:
        await self.signals.deltas_wait(groups)

    async def take_records(self, messages: Sequence[Any]) -> None:
        """Take a batch of records off the topic."""
        await self.intake.take(messages)
        LAG.set(self.records.lag())

    async def take_changes(self, messages: Sequence[Any]) -> None:
        """Take a batch of definitions off the topic."""
        end = self.changes.end_of(messages[-1])
        groups = await self.redefining.take(messages, end_offset=end)
        if groups:
            await self.signals.definitions_changed(groups)

    async def take_announced(self, messages: Sequence[Any]) -> None:
        """Look at what climbers announced."""
        groups = await self.watching.take(messages)
        if groups:
            await self.signals.definitions_changed(groups)

    async def _again(
        self,
        look: Callable[[], Awaitable[list[int]]],
        tell: Callable[[Sequence[int]], Awaitable[None]],
        *,
        seconds: float,
    ) -> None:
        """Look whether there is something to do, and tell of it, until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            try:
                groups = await look()
                if groups:
                    await tell(groups)
            except TRANSIENT_ERRORS as fault:
                log.warning("look_waits", reason=repr(fault))
            except Exception:
                # A fault of ours: goals stay where, and what, they are.
                log.exception("look_failed")

    def _looking(self) -> Iterator[asyncio.Task[None]]:
        """Start what looks from time to time."""
        changed = self.signals.definitions_changed
        for name, look, tell, seconds in (
            ("follow", self.redefining.follow_up, changed, LOOK_SECONDS),
            ("schedule", self.scheduling.look, changed, LOOK_SECONDS),
            (
                "recalculate",
                self.recalculating.work_once,
                self.signals.deltas_wait,
                RECALCULATE_SECONDS,
            ),
        ):
            yield _start(name, self._again(look, tell, seconds=seconds))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep all loops running; at the end finish what is under way."""
        climbing = asyncio.create_task(self.climber.run(), name="climber")
        others = [
            _start(
                "apply",
                self.applying.run(self.intake, self.records, self.signals.wake),
            ),
            _start("rederive", self.rederiving.run()),
            _start("history", self.history.run()),
            _start("thinning", self.thinning.run()),
            _start("pulse", self.pulsing.run()),
            _start("signals", self.signals.listen(self._listen)),
            _start("mind-records", self.records.mind()),
            _start("mind-changes", self.changes.mind()),
            _start("watchdog", self.watchdog.run()),
            *self._looking(),
        ]
        for task in (climbing, *others):
            task.add_done_callback(_tell_of_death)
        try:
            yield
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            self.climber.stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(climbing, STOP_SECONDS_MAX)
            await self._write_rest_of_history()
            await self.pulsing.stop()

    async def _write_rest_of_history(self) -> None:
        """Write what the last climbs moved; else whoever is next compares."""
        with contextlib.suppress(*TRANSIENT_ERRORS):
            async with asyncio.timeout(REST_SECONDS_MAX):
                await self.history.write(None)

    async def complaint(self) -> str | None:
        """Say what keeps this process from its work, or nothing."""
        GROUPS.set(len(self.climber.groups))
        complaints = (
            self.records.complaint,
            self.changes.complaint,
            self.applying.complaint,
            self.redefining.complaint,
            None if self.climber.ready else "the climber has no connection yet",
        )
        return next((one for one in complaints if one), None)


class Subscribers:
    """The consumers of this process; they exist before what handles their messages."""

    def __init__(self, broker: KafkaBroker, settings: RollupSettings) -> None:
        self.engine: Engine | None = None
        common: dict[str, Any] = {
            "batch": True,
            # PostgreSQL says where we stand; nothing else may decide.
            "ack_policy": AckPolicy.MANUAL,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "no_reply": True,
            "parser": parse_untouched,
            "decoder": hand_over_raw,
            "batch_timeout_ms": FETCH_MILLISECONDS,
            "session_timeout_ms": SESSION_MILLISECONDS,
        }
        prefix = settings.topic_prefix
        self.records = broker.subscriber(
            topic_name(settings, topics.ACTIVITY_RECORDS),
            group_id=prefix + GROUP,
            max_records=settings.batch_records_max,
            listener=Listener(lambda: self.of_engine().records),
            title="ActivityRecords",
            description="Records of upstream systems, in batches.",
            **common,
        )
        self.changes = broker.subscriber(
            topic_name(settings, topics.GOAL_CHANGES),
            group_id=prefix + DEFINITIONS_GROUP,
            max_records=settings.batch_records_max,
            listener=Listener(lambda: self.of_engine().changes),
            title="GoalChanges",
            description="Definitions as they now are, in change sets.",
            **{**common, "batch_timeout_ms": CHANGES_FETCH_MILLISECONDS},
        )

        self.announced = broker.subscriber(
            topic_name(settings, topics.GOAL_UPDATED),
            group_id=prefix + WATCH_GROUP,
            max_records=settings.batch_records_max,
            title="AnnouncedGoals",
            description="What climbers announced, read back.",
            # Only what is announced from now on can be overtaken.
            **{
                **common,
                "auto_offset_reset": "latest",
                # Nothing waits for it: few large fetches spare the broker.
                "batch_timeout_ms": WATCH_FETCH_MILLISECONDS,
                "fetch_min_bytes": WATCH_FETCH_BYTES,
                "fetch_max_wait_ms": 2 * WATCH_FETCH_MILLISECONDS,
            },
        )

        async def on_records(messages: Sequence[Any]) -> None:
            await self.of_engine().take_records(messages)

        async def on_changes(messages: Sequence[Any]) -> None:
            await self.of_engine().take_changes(messages)

        async def on_announced(messages: Sequence[Any]) -> None:
            await self.of_engine().take_announced(messages)

        self.announced(on_announced)
        self.records(on_records)
        self.changes(on_changes)

    def of_engine(self) -> Engine:
        """Return the engine, which starts before any message comes."""
        if self.engine is None:
            message = "a message came before the engine was started"
            raise RuntimeError(message)
        return self.engine


def _start(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


def _tell_of_death(task: asyncio.Task[None]) -> None:
    """Say so if a loop ends by a fault; no loop may end quietly."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("loop_died", loop=task.get_name(), exc_info=task.exception())


async def build_app(settings: RollupSettings) -> FastStream:
    """Assemble the service; it touches nothing outside until it starts."""
    broker = broker_of(settings, client="cairn-rollup", injects=False)
    subscribers = Subscribers(broker, settings)
    broker.publisher(
        topic_name(settings, topics.GOAL_UPDATED),
        title="GoalUpdated",
        schema=GoalUpdatedEvent,
        description="The newest state of each goal; no value: the goal is gone.",
    )
    broker.publisher(
        topic_name(settings, topics.ACTIVITY_RECORDS_REJECTED),
        title="RejectedRecords",
        schema=ActivityRecordEvent,
        description="What could not be understood, as it came, with its reason.",
    )

    @asynccontextmanager
    async def lifespan(_context: ContextRepo) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            pool = await stack.enter_async_context(
                open_pool(
                    settings.database,
                    size_max=settings.pool_size_max,
                    application="cairn-rollup",
                )
            )
            producer = await stack.enter_async_context(
                open_producer(settings, client="cairn-rollup")
            )
            engine = subscribers.engine = Engine(settings, pool, producer, subscribers)
            http = _operations(
                pool,
                broker,
                engine,
                asyncapi=lambda: asyncapi_of(app, settings, topics.CATALOGUE),
            )
            http.add_middleware(
                Closed,
                keeper=_keeper_of(settings),
                rates=Rates(DOCUMENTS_PER_SECOND),
                scopes={"GET /asyncapi": None},
            )
            await stack.enter_async_context(
                serving(http, host=settings.bind, port=settings.rollup_port)
            )
            await stack.enter_async_context(engine.running())
            yield

    app = Application(
        broker,
        lifespan=lifespan,
        logger=None,
        specification=AsyncAPI(
            title="Cairn rollup", version="0.1.0", description=__doc__ or ""
        ),
    )
    return app


def _keeper_of(settings: RollupSettings) -> Keeper:
    token = settings.admin_token
    return Keeper(
        admin_token=None if token is None else token.get_secret_value().encode()
    )


def _operations(
    pool: asyncpg.Pool,
    broker: KafkaBroker,
    engine: Engine,
    *,
    asyncapi: Callable[[], dict[str, Any]],
) -> FastAPI:
    """Return the HTTP side: operational endpoints and the topics' document."""

    async def database() -> str | None:
        await pool.fetchval("SELECT revision FROM rollup.definitions")
        return None

    async def kafka() -> str | None:
        alive = await broker.ping(timeout=2.0)
        return None if alive else "the broker does not answer"

    http = FastAPI(
        title="Cairn rollup", docs_url=None, redoc_url=None, openapi_url=None
    )

    @http.get("/asyncapi", include_in_schema=False)
    async def get_asyncapi() -> dict[str, Any]:
        return asyncapi()

    http.include_router(
        operational_routes(
            {"database": database, "kafka": kafka, "engine": engine.complaint}
        )
    )
    return http


async def app_from_environment() -> FastStream:
    """Return the service as the environment describes it."""
    settings = RollupSettings()
    configure_logs(service="rollup", level=settings.log_level)
    return await build_app(settings)


def main() -> None:
    """Run the service until it is told to stop."""
    run_service(app_from_environment)
