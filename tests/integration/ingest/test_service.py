"""The ingest service as it is started, on real Kafka."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import httpx
import pytest
from pydantic import SecretStr

from local.ports import pick_free
from local.servers import Servers
from services.ingest.admission import Admission
from services.ingest.http import Door, build_http
from services.ingest.intake import Intake
from services.ingest.settings import IngestSettings
from shared.doors.keeper import Keeper
from shared.doors.rates import Rates
from shared.plumbing.producing import open_producer
from tests.integration.ingest.running import (
    AUTHORIZED,
    START_SECONDS,
    TOKEN,
    TRACE,
    Probe,
    create_records_topic,
    get,
    post,
    ready,
    started,
    taken,
)
from tests.waiting import eventually


@pytest.fixture
def topic(servers: Servers, topic_prefix: str) -> str:
    """Return the name of a records topic of the test's own."""
    return create_records_topic(servers, topic_prefix)


async def test_records_stand_on_the_topic_when_they_are_answered(
    servers: Servers, topic: str, topic_prefix: str
) -> None:
    """One record, an array, lines and a CloudEvent all go the same way."""
    one = {"entity": "call", "id": "1", "version": 1, "attributes": {"n": "1.50"}}
    with started(servers.kafka_servers, topic_prefix) as running:
        await ready(running)
        answers = [
            await post(running, json.dumps(one).encode(), "application/json"),
            await post(
                running,
                json.dumps([{**one, "id": "2"}, {**one, "id": "3"}]).encode(),
                "application/json",
            ),
            await post(
                running,
                "\n".join(json.dumps({**one, "id": i}) for i in "45").encode(),
                "application/x-ndjson",
            ),
            await post(
                running,
                json.dumps({"specversion": "1.0", "data": {**one, "id": "6"}}).encode(),
                "application/cloudevents+json",
            ),
        ]
    messages = await taken(servers.kafka_servers, topic, 6)

    assert [answer.status_code for answer in answers] == [202] * 4
    assert sum(answer.json()["accepted"] for answer in answers) == 6
    assert sorted(messages) == [f"call/{number}" for number in range(1, 7)]
    message = messages["call/1"]
    assert json.loads(message.value) == one
    headers = dict(message.headers)
    assert headers["ce_id"] == b"call/1@1"
    assert headers["traceparent"] == TRACE.encode()


async def test_rows_of_a_table_stand_on_the_topic_all_or_the_good_ones(
    servers: Servers, topic: str, topic_prefix: str
) -> None:
    """All or none leaves nothing behind; what is good goes out as its JSON would."""
    table = (
        b"\xef\xbb\xbfentity,id,version,owner,amount,note\r\n"
        b'call,2,1,team/T1,1.50,"Boots, ""North"""\r\n'
        b"call,bad\r\n"
        b"call,3,1,,,\r\n"
    )
    with started(servers.kafka_servers, topic_prefix) as running:
        await ready(running)
        refused = await post(running, table, "text/csv", query="?mode=all")
        marker = await post(
            running, b'{"entity":"call","id":"1","version":1}', "application/json"
        )
        sent = await post(running, table, "text/csv")
    messages = await taken(servers.kafka_servers, topic, 3)

    assert [one.status_code for one in (refused, marker, sent)] == [422, 202, 202]
    assert refused.json()["rejected"] == sent.json()["rejected"]
    assert [(one["index"], one["line"]) for one in sent.json()["rejected"]] == [(1, 3)]
    # Had the refused table left anything, one of the three would be missing.
    assert sorted(messages) == ["call/1", "call/2", "call/3"]
    assert json.loads(messages["call/2"].value) == {
        "entity": "call",
        "id": "2",
        "version": 1,
        "owner": {"type": "team", "id": "T1"},
        "attributes": {"amount": "1.50", "note": 'Boots, "North"'},
    }


async def test_the_documents_name_the_topic(
    servers: Servers, topic: str, topic_prefix: str
) -> None:
    """AsyncAPI tells of the topic, its key and its headers."""
    with started(servers.kafka_servers, topic_prefix) as running:
        await ready(running)
        document = (await get(running, "/asyncapi", headers=AUTHORIZED)).json()
        alive = await get(running, "/livez")

    (channel,) = document["channels"].values()
    assert channel["address"] == topic
    (message,) = document["components"]["messages"].values()
    assert message["bindings"]["kafka"]["key"]["type"] == "string"
    assert "ce_id" in message["headers"]["required"]
    assert document["servers"]["kafka"]["protocol"] == "kafka"
    assert alive.status_code == 200


async def test_without_its_topic_it_is_not_ready(
    servers: Servers, topic_prefix: str
) -> None:
    """The reason and the command that mends it are told; once mended, it is ready."""
    with started(servers.kafka_servers, topic_prefix) as service:

        async def complains() -> bool:
            try:
                answer = await get(service, "/readyz")
            except httpx.HTTPError:
                return False
            return "cairn migrate" in answer.json()["reasons"].get("kafka", "")

        probe: Probe = complains
        await eventually(probe, within=START_SECONDS, what="the complaint")
        create_records_topic(servers, topic_prefix)
        await ready(service)


async def test_a_stop_loses_nothing_that_was_begun(
    servers: Servers, topic: str, topic_prefix: str
) -> None:
    """Requests under way when SIGTERM comes are answered and stored, or refused."""
    count = 20_000
    lines = "\n".join(
        json.dumps({"entity": "call", "id": str(number), "version": 1})
        for number in range(count)
    ).encode()
    with started(servers.kafka_servers, topic_prefix) as running:
        await ready(running)
        sending = asyncio.create_task(post(running, lines, "application/x-ndjson"))

        async def begun() -> bool:
            text = (await get(running, "/metrics")).text
            return "cairn_ingest_requests_under_way 1.0" in text

        probe: Probe = begun
        await eventually(probe, what="a request under way")
        running.process.send_signal(signal.SIGTERM)
        answer = await sending
        code = await asyncio.to_thread(running.process.wait, 10)

    assert answer.status_code == 202
    assert answer.json()["accepted"] == count
    assert code == 0
    assert len(await taken(servers.kafka_servers, topic, count)) == count


async def test_kafka_away_is_answered_503_and_not_ready(topic_prefix: str) -> None:
    """A broker that nobody reaches acknowledges nothing; the sender learns it."""
    (nobody,) = pick_free(1)
    settings = IngestSettings(
        kafka_servers=f"127.0.0.1:{nobody}",
        topic_prefix=topic_prefix,
        admin_token=SecretStr(TOKEN),
    )
    async with open_producer(settings, client="test") as producer:
        door = Door(
            intake=Intake(producer=producer, topic="t"),
            admission=Admission(requests_max=1),
            keeper=Keeper(admin_token=TOKEN.encode()),
            rates=Rates(10_000),
        )
        http = build_http(door, checks={}, asyncapi=dict)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(http), base_url="http://t"
        ) as client:
            answer = await client.post(
                "/v1/records",
                headers={**AUTHORIZED, "Content-Type": "application/json"},
                content=b'{"entity": "call", "id": "1", "version": 1}',
            )

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "kafka did not acknowledge" in answer.json()["detail"]


def test_a_service_that_cannot_start_says_why(topic_prefix: str) -> None:
    """Without Kafka, and without a token, it ends with a sentence and no trace."""
    (nobody,) = pick_free(1)
    with started(f"127.0.0.1:{nobody}", topic_prefix) as running:
        _, words = running.process.communicate(timeout=START_SECONDS)

    assert running.process.returncode == 1
    assert b"kafka does not answer" in words
    assert b"Traceback" not in words


def test_settings_that_are_missing_are_named() -> None:
    """Each one by the name it has in the environment."""
    ended = subprocess.run(
        [sys.executable, "-m", "services.ingest.app"],
        env={"PATH": os.environ["PATH"], "CAIRN_ADMIN_TOKEN": "short"},
        capture_output=True,
        check=False,
        timeout=START_SECONDS,
    )

    assert ended.returncode == 1
    assert b"CAIRN_KAFKA_SERVERS" in ended.stderr
    assert b"CAIRN_ADMIN_TOKEN" in ended.stderr
    assert b"short" not in ended.stderr
    assert b"Traceback" not in ended.stderr
