"""`cairn migrate` and `cairn doctor` against real servers."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.servers import Servers
from shared.messages.topics import CATALOGUE
from tests.cli.running import cairn


@pytest.fixture
def environment(servers: Servers, database: str, topic_prefix: str) -> dict[str, str]:
    """Return what a command needs to find the servers."""
    return {
        "CAIRN_DATABASE_URL": database,
        "CAIRN_KAFKA_SERVERS": servers.kafka_servers,
        "CAIRN_TOPIC_PREFIX": topic_prefix,
    }


def test_it_says_each_thing_it_did_and_does_nothing_twice(
    environment: dict[str, str], topic_prefix: str
) -> None:
    """Tables of rollup first, then goals', then topics."""
    first = cairn("migrate", environment=environment)
    second = cairn("migrate", environment=environment)

    assert (first.returncode, second.returncode) == (0, 0)
    lines = first.stdout.splitlines()
    services = [line.partition(":")[0] for line in lines if line.endswith(" ran")]
    assert services == sorted(services, reverse=True)
    assert set(services) == {"rollup", "goals"}
    assert sum("created with" in line for line in lines) == len(CATALOGUE)
    assert all(topic_prefix in line for line in lines if "created with" in line)
    assert second.stdout == "everything is up to date\n"


def test_two_at_once_do_everything_once(environment: dict[str, str]) -> None:
    """Two processes that start together do not stumble over each other."""
    with ThreadPoolExecutor(2) as pool:
        both = list(
            pool.map(lambda _: cairn("migrate", environment=environment), range(2))
        )

    assert [one.returncode for one in both] == [0, 0]
    lines = [line for one in both for line in one.stdout.splitlines()]
    ran = [line for line in lines if line.endswith(" ran")]
    assert len(ran) == len(set(ran)) > 0


def test_the_doctor_names_what_mends(environment: dict[str, str]) -> None:
    """Before migrating it says so; after it, only the services are missing."""
    before = cairn("doctor", "--json", environment=environment)
    cairn("migrate", environment=environment)
    after = cairn("doctor", environment=environment)
    found = json.loads(cairn("doctor", "--json", environment=environment).stdout)

    assert before.returncode == 4
    fixes = {one["fix"] for one in json.loads(before.stdout) if one["mark"] == "fail"}
    assert "cairn migrate" in fixes
    assert "migrations of rollup ran" in after.stdout
    marks = {one["what"]: one["mark"] for one in found}
    assert marks["database"] == marks["kafka"] == marks["topic"] == "ok"
    assert marks["goals"] == marks["ingest"] == "fail"
    assert all(one["fix"] for one in found if one["mark"] != "ok")


def test_the_doctor_looks_on_where_something_is_away(database: str) -> None:
    """One broken part does not hide the others."""
    shown = cairn(
        "doctor",
        environment={
            "CAIRN_DATABASE_URL": database,
            "CAIRN_KAFKA_SERVERS": "127.0.0.1:9",
            "CAIRN_GOALS_URL": "http://127.0.0.1:9",
        },
    )

    assert shown.returncode == 4
    assert "does not answer at 127.0.0.1:9" in shown.stdout
    assert "cairn serve goals" in shown.stdout
    assert "disk" in shown.stdout
    assert "Traceback" not in shown.stderr
