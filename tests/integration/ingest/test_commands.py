"""`cairn records send` through a running ingest, on real Kafka."""

import json
from pathlib import Path

import pytest

from cli.sending import CHUNK_RECORDS_MAX
from local.servers import Servers
from tests.cli.running import cairn
from tests.integration.ingest.running import (
    TOKEN,
    create_records_topic,
    ready,
    started,
    taken,
)


@pytest.fixture
def topic(servers: Servers, topic_prefix: str) -> str:
    """Return the name of a records topic of the test's own."""
    return create_records_topic(servers, topic_prefix)


async def test_a_table_is_sent_all_or_what_is_good(
    servers: Servers, topic: str, topic_prefix: str, tmp_path: Path
) -> None:
    """In pieces, each under the header; a bad row is told by its line in the file."""
    good = [f"call,{number},1,team/T1" for number in range(CHUNK_RECORDS_MAX + 10)]
    bad = "call,bad,x,"
    file = tmp_path / "records.csv"
    file.write_text("\n".join(["entity,id,version,owner", "", *good, bad]))
    with started(servers.kafka_servers, topic_prefix) as running:
        await ready(running)
        environment = {"CAIRN_INGEST_URL": running.url, "CAIRN_ADMIN_TOKEN": TOKEN}

        none = cairn(
            "records", "send", str(file), "--mode", "all", environment=environment
        )
        some = cairn("records", "send", str(file), "--json", environment=environment)
        file.write_text("\n".join(["entity,id,version,owner", *good]))
        whole = cairn(
            "records", "send", str(file), "--mode", "all", environment=environment
        )
    messages = await taken(servers.kafka_servers, topic, 2 * len(good))

    assert (none.returncode, some.returncode, whole.returncode) == (1, 1, 0)
    assert none.stdout == "accepted 0\nrejected 1\n"
    line = len(good) + 3
    assert f"record {len(good)} (line {line}): invalid_record: version" in none.stderr
    assert "nothing was sent, for with --mode all" in none.stderr
    report = json.loads(some.stdout)
    assert report["accepted"] == len(good)
    assert [(one["index"], one["line"]) for one in report["rejected"]] == [
        (len(good), line)
    ]
    assert whole.stdout == f"accepted {len(good)}\nrejected 0\n"
    assert len(messages) == len(good)
    owner = json.loads(messages["call/7"].value)["owner"]
    assert owner == {"type": "team", "id": "T1"}


async def test_lines_of_json_are_sent_all_or_none(
    servers: Servers, topic: str, topic_prefix: str
) -> None:
    """With all, one bad record keeps back the others."""
    good = {"entity": "call", "id": "1", "version": 1}
    lines = "\n".join(map(json.dumps, (good, {**good, "version": "x"})))
    with started(servers.kafka_servers, topic_prefix) as running:
        await ready(running)
        environment = {"CAIRN_INGEST_URL": running.url, "CAIRN_ADMIN_TOKEN": TOKEN}

        none = cairn(
            "records",
            "send",
            "-",
            "--mode",
            "all",
            environment=environment,
            stdin=lines,
        )
        some = cairn("records", "send", "-", environment=environment, stdin=lines)
    messages = await taken(servers.kafka_servers, topic, 1)

    assert none.stdout == "accepted 0\nrejected 1\n"
    assert some.stdout == "accepted 1\nrejected 1\n"
    assert "record 1: " in none.stderr
    assert (none.returncode, some.returncode) == (1, 1)
    assert list(messages) == ["call/1"]
