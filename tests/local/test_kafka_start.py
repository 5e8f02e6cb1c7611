"""What the JVM learns from a first start is kept, and no start depends on it."""

import shutil
from pathlib import Path

import pytest

from local import kafka as kafka_module
from local.jars import cache_folder, ensure_jars
from local.java import find_java
from local.kafka import Kafka, KafkaPlace
from local.ports import pick_free
from local.servers import wait_until_answers

# A Java of before ahead-of-time caches: it knows no such option.
OLD_JAVA = """#!/bin/sh
case "$*" in *AOTCache*) echo "Unrecognized VM option" >&2; exit 1;; esac
exec {java} "$@"
"""


@pytest.fixture
def kafka(tmp_path: Path) -> Kafka:
    """Return a node whose jars lie in a folder where nobody has started one yet."""
    folder = tmp_path / "jars"
    folder.mkdir()
    jars = []
    for jar in ensure_jars(cache_folder()):
        (folder / jar.name).symlink_to(jar)
        jars.append(folder / jar.name)
    port, controller_port = pick_free(2)
    place = KafkaPlace(
        home=tmp_path / "home",
        log_file=tmp_path / "kafka.log",
        port=port,
        controller_port=controller_port,
        durable=False,
    )
    return Kafka(place, tuple(jars))


def _start(kafka: Kafka) -> tuple[str, ...]:
    """Start the node, wait until it serves, stop it; return its command line."""
    child = kafka.start()
    try:
        wait_until_answers(kafka, child)
    finally:
        child.stop()
    return child.command.arguments


def test_later_starts_use_what_the_first_one_taught(
    kafka: Kafka, tmp_path: Path
) -> None:
    """Learned once for these jars, wherever the data lies."""
    kafka.prepare()
    [learned] = (tmp_path / "jars").glob("*.aot")
    made_at = learned.stat().st_mtime_ns
    shutil.rmtree(kafka.place.home)
    kafka.prepare()

    assert f"-XX:AOTCache={learned}" in _start(kafka)
    assert learned.stat().st_mtime_ns == made_at


def test_a_java_that_cannot_learn_starts_all_the_same(
    kafka: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then every start takes as long as the first."""
    java = tmp_path / "java"
    java.write_text(OLD_JAVA.format(java=find_java()))
    java.chmod(0o755)
    monkeypatch.setattr(kafka_module, "find_java", lambda: java)

    kafka.prepare()

    assert not any("AOT" in one for one in _start(kafka))
    assert not list((tmp_path / "jars").glob("*.aot*"))
