"""The ingest service: HTTP in, records on the topic out.

Only wiring lives here. What a body holds is read in `reading`, what is accepted is
decided in `intake`, how it is answered in `http`.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from faststream import FastStream
from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI
from pydantic import ValidationError

from services.ingest import documents
from services.ingest.admission import Admission
from services.ingest.http import Door, build_http
from services.ingest.intake import Intake
from services.ingest.settings import IngestSettings
from shared.doors.keeper import keeper_of
from shared.doors.known import Lend
from shared.doors.rates import Rates
from shared.messages.events import ActivityRecordEvent
from shared.messages.topics import ACTIVITY_RECORDS
from shared.plumbing.kafka import broker_of, topic_name
from shared.plumbing.logs import configure_logs, log_of
from shared.plumbing.postgres import Connection, open_pool
from shared.plumbing.producing import open_producer
from shared.plumbing.serving import Application, PortInUseError, run_service, serving

CLIENT = "cairn-ingest"
PING_SECONDS_MAX = 2.0
# It asks who somebody is, every few seconds.
POOL_SIZE_MAX = 2

_log = log_of("ingest")


async def build_app(settings: IngestSettings) -> FastStream:
    """Assemble the service; it touches nothing outside until it starts."""
    broker = broker_of(settings, client=CLIENT)
    topic = topic_name(settings, ACTIVITY_RECORDS)
    broker.publisher(
        topic,
        title=ACTIVITY_RECORDS.name,
        description="Records as they came, one message each, keyed by entity/id.",
        schema=ActivityRecordEvent,
    )

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        # Left in reverse: no new requests, those under way finish, then the
        # producer sends what is still with it.
        async with AsyncExitStack() as stack:
            producer = await stack.enter_async_context(
                open_producer(settings, client=CLIENT)
            )
            lend = None
            if settings.database is not None:
                lend = await stack.enter_async_context(_lending(settings.database))
            door = Door(
                intake=Intake(producer=producer, topic=topic),
                admission=Admission(requests_max=settings.ingest_requests_max),
                keeper=keeper_of(settings, lend),
                rates=Rates(settings.rate_per_second),
            )
            http = build_http(
                door,
                checks={"kafka": lambda: _complaint_of(broker, topic)},
                asyncapi=lambda: documents.asyncapi_of(app, topic),
            )
            await stack.enter_async_context(
                serving(http, host=settings.bind, port=settings.ingest_port)
            )
            _log.info("ingest_started", port=settings.ingest_port)
            yield
            _log.info("ingest_stopping")

    app = Application(
        broker,
        logger=None,
        lifespan=lifespan,
        specification=AsyncAPI(
            title="Cairn ingest",
            version=documents.API_VERSION,
            description=documents.DESCRIPTION,
        ),
    )
    return app


@asynccontextmanager
async def _lending(url: str) -> AsyncIterator[Lend]:
    """Open a pool that connects when it is first needed; lend its connections.

    Records are taken in while the database is away, so nothing here waits for it.
    """
    async with open_pool(
        url, size_min=0, size_max=POOL_SIZE_MAX, application=CLIENT
    ) as pool:

        @asynccontextmanager
        async def lend() -> AsyncIterator[Connection]:
            async with pool.acquire() as connection:
                yield connection

        yield lend


async def _complaint_of(broker: KafkaBroker, topic: str) -> str | None:
    """Return why records cannot go out, if so."""
    if not await broker.ping(PING_SECONDS_MAX):
        return (
            "kafka does not answer; check CAIRN_KAFKA_SERVERS and that the broker is up"
        )
    # All topics: to ask for one by name may create it, where a broker allows that.
    topics = await broker.config.admin_client.describe_topics()
    if topic not in {one["topic"] for one in topics}:
        return f"topic {topic} is not there; run `cairn migrate`"
    return None


def main() -> None:
    """Run the service until it is told to stop."""
    try:
        settings = IngestSettings()
        configure_logs(service="ingest", level=settings.log_level)
        run_service(lambda: build_app(settings))
    except ValidationError as fault:
        sys.exit(_in_words(fault))
    except PortInUseError as fault:
        sys.exit(str(fault))


def _in_words(fault: ValidationError) -> str:
    return "\n".join(
        f"CAIRN_{str(error['loc'][0]).upper() if error['loc'] else '*'}: "
        f"{error['msg'].lower()}; run `cairn settings` for what is meant"
        for error in fault.errors(include_url=False, include_input=False)
    )


if __name__ == "__main__":
    main()
