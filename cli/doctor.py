"""`cairn doctor`: what is well, what is not, and the command that mends it."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import httpx
from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # its stubs forget two
    AdminClient,
    ConfigResource,
    ResourceType,
)

from cli import output
from cli.database import database
from cli.exits import CommandError, ExitCode
from cli.findings import Finding
from cli.kafka import REQUEST_SECONDS_MAX, kafka_settings
from cli.logins import look_at_logins
from cli.output import Mark
from cli.serving import migration_folders
from cli.surroundings import Surroundings, surroundings
from shared.messages.topics import CATALOGUE, Topic
from shared.plumbing.kafka import topic_name
from shared.plumbing.kafka_security import (
    TopicError,
    knock,
    librdkafka_configuration,
)
from shared.plumbing.migrations import migrations_of
from shared.plumbing.settings import KafkaSettings

# Below the first PostgreSQL and Kafka may stop at any time, below the second soon.
DISK_BYTES_MIN: Final = 512 * 1024 * 1024
DISK_BYTES_LOW: Final = 2 * 1024 * 1024 * 1024

# Records carry the senders' times; a clock this far off puts them on other days.
CLOCK_SECONDS_MAX: Final = 5.0

_HTTP_SECONDS_MAX: Final = 5.0
_GIGABYTE: Final = 1024**3


def run(*, as_json: bool) -> ExitCode:
    """Look at everything; fail if something is broken."""
    around = surroundings()
    findings = [finding for look in _LOOKS for finding in _looked(look, around)]
    if as_json:
        output.print_json(
            [{**asdict(one), "mark": one.mark.name.lower()} for one in findings]
        )
    else:
        for one in findings:
            output.print_data(f" {one.mark} {one.what:<12} {one.found}")
            if one.fix:
                output.print_data(f"   {'':<12} → {one.fix}")
    broken = any(one.mark is Mark.FAIL for one in findings)
    return ExitCode.NOT_READY if broken else ExitCode.OK


Look = Callable[[Surroundings], Iterator[Finding]]


def _looked(look: Look, around: Surroundings) -> Sequence[Finding]:
    try:
        return list(look(around))
    except CommandError as fault:
        found, _, fix = str(fault).partition("; ")
        name = look.__name__.lstrip("_").removeprefix("look_at_")
        return [Finding(what=name, mark=Mark.FAIL, found=found, fix=fix)]


def _look_at_database(around: Surroundings) -> Iterator[Finding]:
    # Services may share a database; its clock is looked at once.
    clocks: dict[str, float] = {}
    for service, folder in migration_folders():
        url = around.database_url_of(service)
        files = migrations_of(service, folder)
        wanted = {one.number for one in files if not one.every_time}
        version, ran, seconds = asyncio.run(_ask_database(url, service))
        yield from _judge_migrations(service, wanted, ran, version)
        clocks[url] = seconds
    yield from (_judge_clock(seconds) for seconds in clocks.values())


async def _ask_database(url: str, service: str) -> tuple[str, set[int], float]:
    async with database(url, application="cairn-doctor") as connection:
        version = await connection.fetchval("SHOW server_version")
        there = await connection.fetchval(
            "SELECT to_regclass('public.cairn_migration') IS NOT NULL"
        )
        ran = set()
        if there:
            rows = await connection.fetch(
                "SELECT number FROM public.cairn_migration WHERE service = $1", service
            )
            ran = {row["number"] for row in rows}
        now = await connection.fetchval("SELECT clock_timestamp()")
        return version, ran, now.timestamp() - time.time()


def _judge_migrations(
    service: str, wanted: set[int], ran: set[int], version: str
) -> Iterator[Finding]:
    if wanted - ran:
        yield Finding(
            what="database",
            mark=Mark.FAIL,
            found=f"{len(wanted - ran)} migrations of {service} have not run",
            fix="cairn migrate",
        )
    elif ran - wanted:
        yield Finding(
            what="database",
            mark=Mark.WARN,
            found=f"{service} has migrations of a newer version than this one",
            fix="bring this installation up to the newer version",
        )
    else:
        yield Finding(
            what="database",
            mark=Mark.OK,
            found=f"PostgreSQL {version}, all {len(ran)} migrations of {service} ran",
        )


def _look_at_kafka(around: Surroundings) -> Iterator[Finding]:
    settings = kafka_settings(around)
    try:
        metadata = knock(settings, within_seconds=REQUEST_SECONDS_MAX)
    except TopicError as fault:
        found, _, fix = str(fault).removeprefix("kafka ").partition("; ")
        yield Finding(what="kafka", mark=Mark.FAIL, found=found, fix=fix)
        return
    admin = AdminClient(librdkafka_configuration(settings))
    yield Finding(
        what="kafka",
        mark=Mark.OK,
        found=f"{len(metadata.brokers)} brokers at {settings.kafka_servers}",
    )
    for topic in CATALOGUE:
        name = topic_name(settings, topic)
        about = metadata.topics.get(name)
        partitions = None if about is None else len(about.partitions)
        yield _judge_topic(admin, settings, topic, partitions)


def _judge_topic(
    admin: AdminClient, settings: KafkaSettings, topic: Topic, partitions: int | None
) -> Finding:
    name = topic_name(settings, topic)
    if partitions is None:
        return Finding(
            what="topic",
            mark=Mark.FAIL,
            found=f"{name} is not there",
            fix="cairn migrate",
        )
    if partitions < topic.partitions:
        return Finding(
            what="topic",
            mark=Mark.WARN,
            found=f"{name} has {partitions} partitions, {topic.partitions} are meant",
            fix="cairn migrate",
        )
    off = [
        f"{key}={found} instead of {topic.settings[key]}"
        for key, found in _settings_of(admin, name).items()
        if key in topic.settings and found != topic.settings[key]
    ]
    if off:
        return Finding(
            what="topic",
            mark=Mark.WARN,
            found=f"{name} has {', '.join(off)}",
            fix=f"set them with kafka-configs.sh --alter --topic {name}, if not meant",
        )
    return Finding(what="topic", mark=Mark.OK, found=f"{name}, {partitions} partitions")


def _settings_of(admin: AdminClient, name: str) -> dict[str, str]:
    resource: Any = ConfigResource(ResourceType.TOPIC, name)
    try:
        entries = admin.describe_configs([resource])[resource].result(
            timeout=REQUEST_SECONDS_MAX
        )
    except KafkaException:
        # Not everybody may look; that the topic is there was seen already.
        return {}
    return {key: entry.value for key, entry in entries.items()}


def _look_at_services(around: Surroundings) -> Iterator[Finding]:
    addresses: Sequence[tuple[str, Callable[[], tuple[str, ...]]]] = [
        ("goals", lambda: (around.goals_url,)),
        ("ingest", lambda: (around.ingest_url,)),
        ("rollup", lambda: around.rollup_urls),
    ]
    for service, urls_of in addresses:
        try:
            urls = urls_of()
        except CommandError as fault:
            found, _, fix = str(fault).partition("; ")
            yield Finding(what=service, mark=Mark.FAIL, found=found, fix=fix)
            continue
        if not urls:
            yield Finding(
                what=service,
                mark=Mark.WARN,
                found="its address is not known",
                fix="set CAIRN_ROLLUP_URL, or use `cairn run`",
            )
        for url in urls:
            yield _ask_service(service, url)


def _ask_service(service: str, url: str) -> Finding:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=_HTTP_SECONDS_MAX, trust_env=False)
    except httpx.HTTPError as fault:
        return Finding(
            what=service,
            mark=Mark.FAIL,
            found=f"does not answer at {url}: {str(fault) or type(fault).__name__}",
            fix=f"cairn serve {service}, or everything with `cairn run`",
        )
    if not answer.is_success:
        return Finding(
            what=service,
            mark=Mark.FAIL,
            found=f"is not ready at {url}: {answer.text.strip()[:300]}",
            fix="mend what it names; it goes on by itself then",
        )
    return Finding(what=service, mark=Mark.OK, found=f"ready at {url}")


def _look_at_disk(around: Surroundings) -> Iterator[Finding]:
    home = Path(around.environment.get("CAIRN_HOME") or ".cairn").expanduser()
    folder = home if home.exists() else Path()
    free = shutil.disk_usage(folder).free
    words = f"{free / _GIGABYTE:.1f} GiB free for {home}"
    if free < DISK_BYTES_MIN:
        mark = Mark.FAIL
    elif free < DISK_BYTES_LOW:
        mark = Mark.WARN
    else:
        yield Finding(what="disk", mark=Mark.OK, found=words)
        return
    yield Finding(
        what="disk",
        mark=mark,
        found=words,
        fix=f"free some: without room PostgreSQL and Kafka stop; {home}/logs may go",
    )


def _judge_clock(seconds: float) -> Finding:
    words = f"the database's clock is {abs(seconds):.1f} s off this machine's"
    if abs(seconds) > CLOCK_SECONDS_MAX:
        return Finding(
            what="clock",
            mark=Mark.WARN,
            found=words,
            fix="let both follow a time server, for example with timedatectl set-ntp 1",
        )
    return Finding(what="clock", mark=Mark.OK, found=words)


_LOOKS: Final[tuple[Look, ...]] = (
    _look_at_database,
    look_at_logins,
    _look_at_kafka,
    _look_at_services,
    _look_at_disk,
)
