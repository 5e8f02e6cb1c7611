"""The goals service: what people define, what records make of it, and who watches.

Only wiring lives here. What is asked and answered over HTTP is in `http`, what a write
does in `flows`, what may be in `domain`, every SQL statement in `store`.
"""

import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.specification import AsyncAPI

from services.goals.applying import Applied
from services.goals.domain.callers import ADMIN
from services.goals.domain.numbers import AppliedForest
from services.goals.domain.settled import Status, status_of
from services.goals.http.application import build_http
from services.goals.http.context import Service
from services.goals.http.documents import API_VERSION, ASYNC_DESCRIPTION, asyncapi_of
from services.goals.http.streams import OpenStreams
from services.goals.live import Live, read_update
from services.goals.live_rights import Watch
from services.goals.neighbours import Neighbours
from services.goals.operations import Operations
from services.goals.outbox import OutboxPublisher, OutboxSession
from services.goals.rejected import RejectedTopic
from services.goals.settings import GoalsSettings, settings_from_environment
from services.goals.store import outbox
from services.goals.store.database import Database
from services.goals.topics import TopicEnds, publish_definitions
from shared.domain.callers import Caller
from shared.domain.goals import GoalId
from shared.doors.keeper import keeper_of
from shared.doors.rates import Rates
from shared.messages.definitions import Definition
from shared.messages.topics import ACTIVITY_RECORDS, GOAL_CHANGES, GOAL_UPDATED
from shared.plumbing.health import Check
from shared.plumbing.kafka import (
    broker_of,
    decode_nothing,
    parse_untouched,
    topic_name,
)
from shared.plumbing.logs import configure_logs, log_of
from shared.plumbing.postgres import open_pool
from shared.plumbing.serving import Application, PortInUseError, run_service, serving
from shared.plumbing.settings import SettingsError

CLIENT = "cairn-goals"
PING_SECONDS_MAX = 2.0

_log = log_of("goals")

# How long a quiet consumer sleeps; it adds to how late a page hears of a change.
FETCH_MILLISECONDS = 10
FETCH_BYTES_MIN = 100_000
FETCH_WAIT_MILLISECONDS = 60


class Goals:
    """All parts of one process, made when it starts."""

    def __init__(self, settings: GoalsSettings, broker: KafkaBroker) -> None:
        self._settings = settings
        self._broker = broker
        self.live: Live | None = None
        self._running = AsyncExitStack()
        self._definitions = topic_name(settings, GOAL_CHANGES)
        self._records = topic_name(settings, ACTIVITY_RECORDS)
        self._publisher = broker.publisher(
            self._definitions,
            title="GoalChanges",
            description="What a metric, a goal or a part of the directory now is; no "
            "value: it is gone.",
            schema=Definition,
        )
        self._ends = TopicEnds(settings, (self._records, self._definitions))

    async def start(self, asyncapi: Callable[[], Mapping[str, Any]]) -> None:
        """Open the database, begin to publish, and let requests in."""
        settings = self._settings
        stack = self._running
        pool = await stack.enter_async_context(
            open_pool(
                settings.database,
                size_max=settings.pool_size_max,
                application=CLIENT,
            )
        )
        database = Database(pool)
        applied = Applied(partial(_next_offset, database, self._definitions))
        publishing = OutboxPublisher(
            partial(self._publishing_session, applied),
            partial(publish_definitions, self._publisher),
        )
        database.on_commit(publishing.wake)
        publishing.start()
        # Left in reverse: streams end, requests finish, what they wrote goes out.
        stack.push_async_callback(publishing.stop)
        self.live = Live(_Pictures(database))
        checks = self._checks(database)
        neighbours = Neighbours(settings.neighbours)
        stack.push_async_callback(neighbours.close)
        rejected = await stack.enter_async_context(RejectedTopic(settings).open())
        http = build_http(
            Service(
                database=database,
                applied=applied,
                live=self.live,
                read_status=partial(self._status, database),
                operations=Operations(
                    records_topic=self._records,
                    definitions_topic=self._definitions,
                    read_ends=self._ends.read,
                    checks=checks,
                    neighbours=neighbours,
                ),
                rejected=rejected,
                now=settings.clock,
                keeper=keeper_of(settings, database.connection, settings.clock),
                rates=Rates(settings.rate_per_second),
                streams=OpenStreams(settings.streams_per_caller),
                address=settings.address,
            ),
            checks=checks,
            asyncapi=asyncapi,
        )
        await stack.enter_async_context(
            serving(http, host=settings.bind, port=settings.goals_port)
        )
        stack.callback(self.live.close)
        _log.info("goals_started", port=settings.goals_port)

    async def stop(self) -> None:
        """Finish what is under way and let go of everything."""
        _log.info("goals_stopping")
        await self._running.aclose()

    def _publishing_session(
        self, applied: Applied, on_committed: Callable[[], None]
    ) -> AbstractAsyncContextManager[OutboxSession]:
        return outbox.publishing_session(
            self._settings.database,
            on_committed=on_committed,
            on_published=applied.published,
        )

    async def _status(self, database: Database, caller: Caller) -> Status:
        """Tell whether what was accepted until now is in the totals.

        Goals that are computed are counted as far as the caller may read them.
        """
        async with database.connection() as connection:
            outbox_is_empty = await outbox.is_empty(connection)
        # Asked after the outbox: what it held no more is before these ends.
        ends = await self._ends.read()
        # Read last: what lies before the ends is counted, or still waits.
        async with database.reading(caller=ADMIN) as reading:
            standing = await reading.standing((self._records, self._definitions))
            organization = await reading.organization()
        async with database.reading(caller=caller) as reading:
            computing = await reading.computing(await reading.rights())
        return status_of(
            ends,
            standing,
            outbox_is_empty=outbox_is_empty,
            definitions_topic=self._definitions,
            frequency_hours=organization.goal_rollup_frequency_hours,
            computing=computing,
        )

    def _checks(self, database: Database) -> Mapping[str, Check]:
        async def schema() -> str | None:
            async with database.reading(caller=ADMIN) as reading:
                await reading.organization()
                if await reading.is_published():
                    return None
            return "rollup's views do not exist; run `cairn migrate`"

        async def kafka() -> str | None:
            if await self._broker.ping(PING_SECONDS_MAX):
                return None
            return (
                "kafka does not answer; check CAIRN_KAFKA_SERVERS and that the broker "
                "is up"
            )

        return {"database": schema, "kafka": kafka}


class _Pictures:
    """Takes pictures for the live stream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forest(self, watch: Watch) -> AppliedForest:
        async with self._database.reading(caller=watch.caller) as reading:
            rights = await reading.rights()
            forest = await reading.forest(watch.tree_id, rights)
            if watch.top is None:
                return forest
            below = await reading.visible.below(rights, watch.top)
        goals = [one for one in forest.goals if one.goal.id in below]
        return replace(forest, goals=goals)

    async def revisions(self, watch: Watch) -> Mapping[GoalId, int]:
        async with self._database.reading(caller=watch.caller) as reading:
            rights = await reading.rights()
            found = await reading.revisions(watch.tree_id, rights)
            if watch.top is None:
                return found
            below = await reading.visible.below(rights, watch.top)
        return {one: revision for one, revision in found.items() if one in below}

    async def visible(self, watch: Watch) -> Collection[str] | None:
        async with self._database.reading(caller=watch.caller) as reading:
            rights = await reading.rights()
            if watch.top is None:
                return await reading.visible.all(rights)
            return await reading.visible.below(rights, watch.top)

    async def rights_revision(self) -> object:
        async with self._database.reading(caller=ADMIN) as reading:
            return await reading.visible.revision()


async def _next_offset(database: Database, topic: str) -> int | None:
    async with database.reading(caller=ADMIN) as reading:
        return await reading.next_offset(topic)


async def build_app(settings: GoalsSettings) -> FastStream:
    """Assemble the service; it touches nothing outside until it starts."""
    broker = broker_of(settings, client=CLIENT)
    goals = Goals(settings, broker)
    updated = topic_name(settings, GOAL_UPDATED)

    # Every copy hears everything, from now on: what was before is in the pictures.
    @broker.subscriber(
        updated,
        group_id=None,
        auto_offset_reset="latest",
        isolation_level="read_committed",
        ack_policy=AckPolicy.MANUAL,
        batch=True,
        batch_timeout_ms=FETCH_MILLISECONDS,
        # Streams send four frames a second at most: larger fetches spare the broker.
        fetch_min_bytes=FETCH_BYTES_MIN,
        fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,
        parser=parse_untouched,
        decoder=decode_nothing,
        no_reply=True,
        title="GoalUpdated",
        description="The newest state of a goal, for the live stream.",
    )
    async def on_goals_updated(message: KafkaMessage) -> None:
        found = (read_update(one.key, one.value) for one in message.raw_message)
        if goals.live is not None:
            goals.live.deliver([update for update in found if update is not None])

    app = Application(
        broker,
        logger=None,
        specification=AsyncAPI(
            title="Cairn goals", version=API_VERSION, description=ASYNC_DESCRIPTION
        ),
    )
    topics = {topic_name(settings, GOAL_CHANGES): GOAL_CHANGES, updated: GOAL_UPDATED}

    @app.after_startup
    async def start() -> None:
        await goals.start(lambda: asyncapi_of(app, topics))

    @app.on_shutdown
    async def stop() -> None:
        await goals.stop()

    return app


async def app_from_environment() -> FastStream:
    """Return the service as the environment describes it."""
    settings = settings_from_environment()
    configure_logs(service="goals", level=settings.log_level)
    return await build_app(settings)


def main() -> None:
    """Run the service until it is told to stop."""
    try:
        run_service(app_from_environment)
    except (SettingsError, PortInUseError) as fault:
        sys.exit(str(fault))
    except OSError as fault:
        sys.exit(f"postgresql does not answer: {fault}; check that it is up")


if __name__ == "__main__":
    main()
