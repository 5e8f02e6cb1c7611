"""`cairn records send`, `seed` and `simulate` through a real ingest into real Kafka."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from cli.example import company
from local.servers import Servers
from tests.cli.running import TOKEN, Item, cairn, cardboard_goals
from tests.integration.ingest import running


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """A running ingest, and how its topic is read."""

    environment: dict[str, str]
    kafka_servers: str
    topic: str

    async def taken(self, count: int) -> dict[str, dict[str, object]]:
        """Return the newest of the first `count` records on the topic, by key."""
        messages = await running.taken(self.kafka_servers, self.topic, count)
        return {key: json.loads(one.value) for key, one in messages.items()}


@pytest_asyncio.fixture
async def ingest(servers: Servers, topic_prefix: str) -> AsyncIterator[Ingest]:
    """Run an ingest of the test's own."""
    topic = running.create_records_topic(servers, topic_prefix)
    with running.started(servers.kafka_servers, topic_prefix, token=TOKEN) as service:
        await running.ready(service)
        yield Ingest(
            environment={
                "CAIRN_INGEST_URL": service.url,
                "CAIRN_KAFKA_SERVERS": servers.kafka_servers,
                "CAIRN_TOPIC_PREFIX": topic_prefix,
            },
            kafka_servers=servers.kafka_servers,
            topic=topic,
        )


async def test_a_file_is_sent_and_its_records_are_counted(
    ingest: Ingest, tmp_path: Path
) -> None:
    """Rejected ones are named by their place in the file, and fail the command."""
    good = {"entity": "call", "id": "1", "version": 1}
    file = tmp_path / "records.json"
    file.write_text(json.dumps([good, {**good, "colour": 1}, {**good, "id": "2"}]))

    table = cairn("records", "send", str(file), environment=ingest.environment)
    as_json = cairn(
        "records",
        "send",
        "-",
        "--json",
        environment=ingest.environment,
        stdin=json.dumps({**good, "id": "3"}, indent=2),
    )

    assert table.returncode == 1
    assert table.stdout == "accepted 2\nrejected 1\n"
    assert "record 1: unknown_field" in table.stderr
    assert as_json.returncode == 0
    assert json.loads(as_json.stdout) == {"accepted": 1, "rejected": []}
    assert set(await ingest.taken(3)) == {"call/1", "call/2", "call/3"}


def test_a_file_without_any_good_record_fails(ingest: Ingest, tmp_path: Path) -> None:
    """Also where ingest takes nothing at all."""
    file = tmp_path / "records.ndjson"
    file.write_text('{"entity":\n42\n')

    ended = cairn("records", "send", str(file), environment=ingest.environment)

    assert ended.returncode == 1
    assert ended.stdout == "accepted 0\nrejected 2\n"
    assert "record 0: not_json" in ended.stderr


async def test_seeding_twice_creates_once_and_repeats_the_same_versions(
    ingest: Ingest,
) -> None:
    """What is there stays; records come again as they were."""
    paths = (
        *("roles", "business-units", "users", "teams"),
        *("metrics", "goals", "dashboards"),
    )
    with cardboard_goals(items={f"/v1/{path}": [] for path in paths}) as goals:
        environment = {**ingest.environment, "CAIRN_GOALS_URL": goals.url}
        first = cairn("seed", environment=environment)
        posts = list(goals.posts)
        second = cairn("seed", environment=environment)

    assert (first.returncode, second.returncode) == (0, 0)
    assert [path for path, _ in posts] == [f"/v1/{path}" for path in paths]
    assert goals.posts == posts
    to_try = json.loads(first.stdout.splitlines()[-1])
    assert to_try["root_goal_id"] in {one["id"] for one in goals.items["/v1/goals"]}
    assert to_try["example_record"]["state"] == "won"
    assert "id" not in to_try["example_record"]


async def test_where_people_are_there_without_roles_none_are_made(
    ingest: Ingest,
) -> None:
    """They would read nothing from the first role on; who is new has none either."""
    paths = (
        *("roles", "business-units", "users", "teams"),
        *("metrics", "goals", "dashboards"),
    )
    items: dict[str, list[Item]] = {f"/v1/{path}": [] for path in paths}
    items["/v1/users"] = [{"id": "somebody-else"}]
    with cardboard_goals(items=items) as goals:
        environment = {**ingest.environment, "CAIRN_GOALS_URL": goals.url}
        seeded = cairn("seed", environment=environment)
        goals.items["/v1/users"].pop()
        goals.items["/v1/users"].pop(0)
        again = cairn("seed", environment=environment)

    assert (seeded.returncode, again.returncode) == (0, 0)
    assert goals.items["/v1/roles"] == []
    assert len(goals.items["/v1/users"]) == len(company.users())
    assert not any(user.get("roles") for user in goals.items["/v1/users"])


async def test_a_remembered_past_is_not_sent_again(
    ingest: Ingest, tmp_path: Path
) -> None:
    """A second start sends what is new only; another installation is sent it all."""
    paths = (
        *("roles", "business-units", "users", "teams"),
        *("metrics", "goals", "dashboards"),
    )
    words = ("seed", "--remember", str(tmp_path / "seeded"))
    with cardboard_goals(items={f"/v1/{path}": [] for path in paths}) as goals:
        environment = {**ingest.environment, "CAIRN_GOALS_URL": goals.url}
        first = cairn(*words, environment=environment)
        second = cairn(*words, environment=environment)
        goals.items["/v1/goals"].clear()
        third = cairn(*words, environment=environment)

    assert [one.returncode for one in (first, second, third)] == [0, 0, 0]
    assert "new records" in second.stderr
    assert "new records" not in first.stderr + third.stderr


async def test_simulating_sends_a_live_stream_that_continues(ingest: Ingest) -> None:
    """A second run knows the records of the first."""
    words = ("simulate", "--rate", "200", "--for", "1", "--seed", "7")

    first = cairn(*words, environment=ingest.environment)
    second = cairn(*words, environment=ingest.environment)

    assert (first.returncode, second.returncode) == (0, 0)
    sent = [int(one.stdout.removeprefix("sent ")) for one in (first, second)]
    assert min(sent) > 0
    assert "from 0 records" in first.stderr
    assert "from 0 records" not in second.stderr
    records = await ingest.taken(sum(sent))
    assert {one["entity"] for one in records.values()} == {
        "opportunity",
        "phonecall",
        "case",
    }
