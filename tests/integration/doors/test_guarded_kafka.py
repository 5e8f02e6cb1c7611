"""Cairn on a Kafka that asks everybody who he is, and lets him only where he may go."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from deploy.acls import GOALS, INGEST, OPERATOR, RIGHTS, ROLLUP, Resource
from local.ports import pick_free
from shared.messages.topics import ACTIVITY_RECORDS, CATALOGUE
from shared.plumbing.kafka import broker_of, create_topics
from shared.plumbing.kafka_security import (
    KafkaAwayError,
    KafkaRefusedError,
    knock,
    librdkafka_configuration,
)
from shared.plumbing.settings import KafkaSettings
from tests.cli.running import TOKEN, clean_environment
from tests.integration.doors.guarded_kafka import READER, STORE_PASSWORD, Guarded
from tests.logins import url_of
from tests.waiting import eventually_true

START_SECONDS = 180.0
SETTLE_SECONDS = 180.0
END_SECONDS = 60.0
FETCH_SECONDS = 60.0
OUR_USERS = (INGEST, ROLLUP, GOALS, OPERATOR)
# What comes to Kafka, whoever is wrong about the password.
REFUSED = (
    *("serve ingest", "serve rollup", "serve goals"),
    *("doctor", "rejected list"),
)
_NAMES = {"DescribeConfigs": "DESCRIBE_CONFIGS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """All services, each as its own user of Kafka and of PostgreSQL."""

    guarded: Guarded
    prefix: str
    ports: Mapping[str, int]
    database: str
    folder: Path

    def environment(self, service: str, user: str) -> dict[str, str]:
        """Return what one program is told: nothing of the others' secrets."""
        database = {
            "migrate": {"CAIRN_DATABASE_URL": self.database},
            "goals": {"CAIRN_GOALS_DATABASE_URL": url_of("goals", self.database)},
            "rollup": {"CAIRN_ROLLUP_DATABASE_URL": url_of("rollup", self.database)},
            "ingest": {"CAIRN_INGEST_DATABASE_URL": url_of("ingest", self.database)},
        }
        return clean_environment(
            {
                **self.guarded.environment(user),
                **database[service],
                "CAIRN_TOPIC_PREFIX": self.prefix,
                **{
                    f"CAIRN_{name}_PORT": str(port) for name, port in self.ports.items()
                },
            }
        )

    @property
    def ports_told(self) -> dict[str, str]:
        """The settings of all services' ports."""
        return {f"CAIRN_{name}_PORT": str(port) for name, port in self.ports.items()}

    def url(self, service: str) -> str:
        """Return where a service listens."""
        return f"http://127.0.0.1:{self.ports[service.upper()]}"

    def post(self, service: str, path: str, body: object) -> Any:
        """Ask a service to take something."""
        answer = httpx.post(
            self.url(service) + path,
            json=body,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=FETCH_SECONDS,
            trust_env=False,
        )
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, service: str, path: str) -> Any:
        """Ask a service for something."""
        answer = httpx.get(
            self.url(service) + path,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=FETCH_SECONDS,
            trust_env=False,
        )
        assert answer.is_success, answer.text
        return answer.json()

    def serve(self, service: str, user: str) -> subprocess.Popen[bytes]:
        """Start a service; it is not ready yet."""
        with self.log_of(service).open("w", encoding="utf-8") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "cli.main", "serve", service],
                env=self.environment(service, user),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def log_of(self, service: str) -> Path:
        """Return where a service says what it does."""
        return self.folder / f"{service}.log"

    def is_ready(self, service: str) -> bool:
        """Tell whether a service says that it can do its work."""
        try:
            answer = httpx.get(f"{self.url(service)}/readyz", trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.is_success


@pytest.fixture
def house(guarded: Guarded, database: str, tmp_path: Path) -> Iterator[House]:
    """Start everything: the operator migrates, each service is its own user."""
    names = ("GOALS", "INGEST", "ROLLUP")
    house = House(
        guarded=guarded,
        prefix=f"house-{secrets.token_hex(4)}-",
        ports=dict(zip(names, pick_free(len(names)), strict=True)),
        database=database,
        folder=tmp_path,
    )
    guarded.allow(house.prefix)
    migrated = subprocess.run(
        [sys.executable, "-P", "-m", "cli.main", "migrate"],
        env=house.environment("migrate", OPERATOR),
        capture_output=True,
        text=True,
        check=False,
    )
    assert migrated.returncode == 0, migrated.stderr
    users = {"goals": GOALS, "rollup": ROLLUP, "ingest": INGEST}
    started = {service: house.serve(service, user) for service, user in users.items()}
    try:
        for service, process in started.items():
            eventually_true(
                partial(_is_over_or_ready, house, service, process),
                within=START_SECONDS,
                what=f"a ready {service}",
            )
            assert process.poll() is None, house.log_of(service).read_text("utf-8")
        yield house
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(END_SECONDS)


def _is_over_or_ready(
    house: House, service: str, process: subprocess.Popen[bytes]
) -> bool:
    return process.poll() is not None or house.is_ready(service)


def test_a_record_reaches_the_announcement(house: House) -> None:
    """From HTTP to goal-updated, with no more rights than the list has."""
    house.post("goals", "/v1/users", {"id": "ada", "name": "Ada"})
    house.post(
        "goals",
        "/v1/metrics",
        {
            "id": "orders",
            "name": "Orders",
            "kind": "count",
            "rollup_fields": {
                "actual": {"source_entity": "order", "date_attribute": "day"}
            },
        },
    )
    house.post(
        "goals",
        "/v1/goals",
        {
            "id": "company",
            "title": "Company",
            "metric_id": "orders",
            "owner": {"type": "user", "id": "ada"},
            "manager_id": "ada",
            "period": {"kind": "custom", "start": "2026-10-01", "end": "2026-12-31"},
        },
    )

    house.post(
        "ingest",
        "/v1/records",
        {
            "entity": "order",
            "id": "o-1",
            "version": 1,
            "owner": {"type": "user", "id": "ada"},
            "attributes": {"day": "2026-11-21"},
        },
    )
    house.post("ingest", "/v1/records", {"entity": "order", "id": "o-2", "version": 1})

    counted = next(
        update
        for update in _announced(house)
        if update["goal_id"] == "company" and update["values"]["actual"] == "1"
    )
    assert counted["caused_by"] == ["order/o-1@1"]
    _check_what_operators_see(house)
    _check_rejected_records(house)


def _check_what_operators_see(house: House) -> None:
    """Rollup tells of itself, and goals of both of them."""

    def measured() -> bool:
        processes = house.get("goals", "/v1/operations")["processes"]
        return any(one["latency"]["records"] for one in processes)

    eventually_true(measured, within=SETTLE_SECONDS, what="a measured latency")
    seen = house.get("goals", "/v1/operations")

    [process] = seen["processes"]
    assert process["state"] == "running"
    assert process["partitions"] == list(range(ACTIVITY_RECORDS.partitions))
    latency = process["latency"]
    assert 0 < latency["p50_milliseconds"] <= latency["p99_milliseconds"]
    assert {one["lag"] for one in seen["partitions"]} == {0}
    assert seen["kafka"]["answers"]
    assert all(one["ready"] for one in seen["services"])


def _check_rejected_records(house: House) -> None:
    """Rejected records are shown, and counted if they read by the time of a replay."""
    _produce(house, INGEST, "activity-records", b"{")
    order = {
        "entity": "order",
        "id": "o-3",
        "version": 1,
        "owner": {"type": "user", "id": "ada"},
        "attributes": {"day": "2026-11-22"},
    }
    # As a version of rollup left it that did not understand it yet.
    _produce(house, ROLLUP, "activity-records.rejected", json.dumps(order).encode())

    items: list[dict[str, Any]] = []

    def both_are_there() -> bool:
        items[:] = house.get("goals", "/v1/rejected")["items"]
        return len(items) == len(("{", order))

    eventually_true(both_are_there, within=SETTLE_SECONDS, what="two rejected records")
    places = [{name: one[name] for name in ("partition", "offset")} for one in items]
    [unreadable] = [one for one in items if one["value"] == "{"]
    assert unreadable["error"] == "not_json"

    # On a busy machine the broker may take longer than one question waits: asked again,
    # as its answer says. A record that is sent twice counts once.
    answer = eventually_true(
        lambda: house.post("goals", "/v1/rejected/replay", {"items": places}),
        within=SETTLE_SECONDS,
        what="a replay",
    )

    assert answer["replayed"] == len(places)
    counted = next(
        update
        for update in _announced(house)
        if update["goal_id"] == "company" and update["values"]["actual"] == "2"
    )
    assert counted["caused_by"] == ["order/o-3@1"]


def _produce(house: House, user: str, topic: str, value: bytes) -> None:
    """Write a message as somebody who may."""
    settings = librdkafka_configuration(house.guarded.settings(user))
    producer = Producer(settings)
    producer.produce(house.prefix + topic, value)
    assert producer.flush(FETCH_SECONDS) == 0


def _announced(house: House) -> Iterator[dict[str, Any]]:
    """Read goal-updated as another system does."""
    settings = house.guarded.settings(READER)
    group = {"group.id": house.prefix + READER, "enable.auto.commit": False}
    consumer = Consumer({**librdkafka_configuration(settings), **group})
    consumer.assign([TopicPartition(f"{house.prefix}goal-updated", 0, 0)])
    try:
        while True:
            message = consumer.poll(FETCH_SECONDS)
            assert message is not None, "nothing more was announced"
            assert message.error() is None, message.error()
            value = message.value()
            if value is not None:
                yield json.loads(value)
    finally:
        consumer.close()


@pytest.fixture(scope="module")
def prefix(guarded: Guarded) -> str:
    """Return the prefix of topics that are there, and stay empty."""
    made = f"empty-{secrets.token_hex(4)}-"
    guarded.allow(made)
    assert len(create_topics(guarded.settings(OPERATOR, topic_prefix=made))) == len(
        CATALOGUE
    )
    return made


def _may(user: str, resource: Resource, name: str, operation: str) -> bool:
    return any(
        operation in right.operations
        for right in RIGHTS
        if (right.user, right.resource, right.name) == (user, resource, name)
    )


@pytest.mark.parametrize("user", OUR_USERS)
def test_nobody_writes_where_he_need_not(
    guarded: Guarded, prefix: str, user: str
) -> None:
    """Ingest may not announce definitions, goals no totals, rollup no records."""
    settings = guarded.settings(user)
    refused = {}

    def note(fault: KafkaError | None, message: Message) -> None:
        refused[str(message.topic()).removeprefix(prefix)] = fault and fault.name()

    producer = Producer(librdkafka_configuration(settings))
    forbidden = [
        topic.name
        for topic in CATALOGUE
        if not _may(user, Resource.TOPIC, topic.name, "Write")
    ]
    for name in forbidden:
        producer.produce(prefix + name, b"forged", key=b"forged", on_delivery=note)
    producer.flush(FETCH_SECONDS)

    assert forbidden
    assert refused == dict.fromkeys(forbidden, "TOPIC_AUTHORIZATION_FAILED")


@pytest.mark.parametrize("user", OUR_USERS)
def test_everybody_may_do_with_topics_what_the_list_says(
    guarded: Guarded, prefix: str, user: str
) -> None:
    """The broker's own word on each topic: nothing lacks, nothing is too much."""
    admin = AdminClient(librdkafka_configuration(guarded.settings(user)))
    names = TopicCollection([prefix + topic.name for topic in CATALOGUE])
    found = {}
    asked = admin.describe_topics(names, include_authorized_operations=True)
    for name, answer in asked.items():
        try:
            operations = answer.result(FETCH_SECONDS).authorized_operations
        except KafkaException as fault:
            if fault.args[0].name() != "TOPIC_AUTHORIZATION_FAILED":
                raise
        else:
            found[name.removeprefix(prefix)] = {one.name for one in operations}

    expected: dict[str, set[str]] = {}
    for right in RIGHTS:
        if (right.user, right.resource) == (user, Resource.TOPIC):
            may = expected.setdefault(right.name, {"DESCRIBE"})
            may |= {_NAMES.get(one, one.upper()) for one in right.operations}
    assert found == expected


@pytest.mark.parametrize("user", OUR_USERS)
def test_everybody_takes_part_in_his_own_groups(
    guarded: Guarded, prefix: str, user: str
) -> None:
    """Whoever could join another's would take its messages away."""
    admin = AdminClient(librdkafka_configuration(guarded.settings(user)))
    groups = {
        right.name: right.user == user
        for right in RIGHTS
        if right.resource is Resource.GROUP
    }
    found = {}
    for name in groups:
        asked = admin.describe_consumer_groups([prefix + name])[prefix + name]
        try:
            asked.result(FETCH_SECONDS)
        except KafkaException as fault:
            found[name] = fault.args[0].name() != "GROUP_AUTHORIZATION_FAILED"
        else:
            found[name] = True

    assert found == groups


@pytest.mark.parametrize(
    ("user", "topic", "fault"),
    [
        (INGEST, "activity-records", "TOPIC_AUTHORIZATION_FAILED"),
        (GOALS, "goal-updated", "GROUP_AUTHORIZATION_FAILED"),
    ],
)
def test_who_tries_all_the_same_is_refused(
    guarded: Guarded, prefix: str, user: str, topic: str, fault: str
) -> None:
    """Ingest reads no record back; goals does not join rollup's group."""
    settings = librdkafka_configuration(guarded.settings(user))
    consumer = Consumer({**settings, "group.id": f"{prefix}rollup"})
    if fault.startswith("TOPIC"):
        consumer.assign([TopicPartition(prefix + topic, 0, 0)])
    else:
        consumer.subscribe([prefix + topic])

    told = set()
    while (message := consumer.poll(FETCH_SECONDS)) is not None:
        error = message.error()
        assert error is not None, "a message was read"
        told.add(error.name())
        if fault in told:
            break
    consumer.close()

    assert fault in told


@pytest.mark.parametrize("user", [INGEST, ROLLUP, GOALS])
def test_services_make_no_topics(guarded: Guarded, user: str) -> None:
    """Only the operator does, and only those of the catalogue."""
    prefix = f"absent-{secrets.token_hex(4)}-"
    guarded.allow(prefix)
    with pytest.raises(Exception, match=r"uthorization.*docs/operators\.md"):
        create_topics(guarded.settings(user, topic_prefix=prefix), [ACTIVITY_RECORDS])


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_each_mechanism_opens_both_clients_doors(
    guarded: Guarded, mechanism: str
) -> None:
    """FastStream's client and librdkafka's are told the same."""
    settings = guarded.settings(INGEST, kafka_sasl_mechanism=mechanism)

    assert knock(settings, within_seconds=FETCH_SECONDS).brokers
    async with broker_of(settings, client="tests") as broker:
        await broker.start()
        assert await broker.ping(timeout=FETCH_SECONDS)


@pytest.mark.usefixtures("prefix")
@pytest.mark.parametrize("service", [ROLLUP, "stranger"])
async def test_a_certificate_of_ours_opens_both_clients_doors(
    guarded: Guarded, service: str
) -> None:
    """One that the broker trusts; its key is locked. Another one is refused."""
    folder = guarded.folder
    settings = KafkaSettings(
        kafka_servers=guarded.mutual_address,
        kafka_security_protocol="SSL",
        kafka_ssl_ca_file=guarded.authority,
        kafka_ssl_certificate_file=folder / f"{service}.pem",
        kafka_ssl_key_file=folder / f"{service}.key",
        kafka_ssl_key_password=SecretStr(STORE_PASSWORD),
    )
    if service == "stranger":
        with pytest.raises(KafkaRefusedError, match="SSL_CERTIFICATE_FILE"):
            knock(settings, within_seconds=FETCH_SECONDS)
        return

    assert knock(settings, within_seconds=FETCH_SECONDS).brokers
    async with broker_of(settings, client="tests") as broker:
        await broker.start()
        assert await broker.ping(timeout=FETCH_SECONDS)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kafka_sasl_password": "no"}, "CAIRN_KAFKA_SASL_PASSWORD"),
        ({"kafka_sasl_username": "nobody"}, "CAIRN_KAFKA_SASL_USERNAME"),
        ({"kafka_ssl_ca_file": None}, "CAIRN_KAFKA_SSL_CA_FILE"),
    ],
)
def test_whoever_is_refused_is_told_the_setting(
    guarded: Guarded, wrong: dict[str, object], named: str
) -> None:
    """At once, not after the patience that a broker that is away gets."""
    with pytest.raises(KafkaRefusedError, match=named):
        knock(guarded.settings(INGEST, **wrong), within_seconds=FETCH_SECONDS)


def test_a_wrong_protocol_is_among_what_may_be_wrong(guarded: Guarded) -> None:
    """A broker that hangs up says nothing more."""
    settings = guarded.settings(
        INGEST, kafka_security_protocol="SASL_PLAINTEXT", kafka_ssl_ca_file=None
    )

    with pytest.raises(KafkaAwayError, match="CAIRN_KAFKA_SECURITY_PROTOCOL"):
        knock(settings, within_seconds=1)


def test_a_wrong_password_ends_with_the_settings_name(
    guarded: Guarded, migrated: str
) -> None:
    """Whatever was started: no stack of calls, and the password is not shown."""
    names = ("GOALS", "INGEST", "ROLLUP")
    environment = {
        **guarded.environment(GOALS),
        "CAIRN_KAFKA_SASL_PASSWORD": "not-the-password",
        "CAIRN_DATABASE_URL": migrated,
        **{
            f"CAIRN_{name}_PORT": str(port)
            for name, port in zip(names, pick_free(len(names)), strict=True)
        },
    }

    started = {
        words: subprocess.Popen(
            [sys.executable, "-P", "-m", "cli.main", *words.split()],
            env=clean_environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for words in REFUSED
    }

    for words, process in started.items():
        said, _ = process.communicate(timeout=START_SECONDS)
        assert process.returncode != 0, words
        assert "CAIRN_KAFKA_SASL_PASSWORD" in said, words
        assert "refuses user cairn-goals by SCRAM-SHA-512" in said, words
        assert "Traceback" not in said, words
        assert "not-the-password" not in said, words
