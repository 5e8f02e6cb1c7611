"""The rights in Kafka: what is made of the list says what the list says."""

import os
import subprocess
from pathlib import Path

import pytest

from cli.rejected import GROUP as REPLAY_GROUP
from deploy.acls import (
    RIGHTS,
    SCRIPT,
    Resource,
    script,
    table,
    table_in_document,
)
from services.rollup.app import DEFINITIONS_GROUP, GROUP, WATCH_GROUP
from shared.messages.topics import CATALOGUE


def test_program_and_document_are_made_of_the_list() -> None:
    """`python -m deploy.acls` writes both anew."""
    assert SCRIPT.read_text(encoding="utf-8") == script()
    assert table_in_document() == table()


def test_the_list_knows_every_topic_and_group() -> None:
    """A new one without a line in it would be closed to everybody."""
    topics = {one.name for one in RIGHTS if one.resource is Resource.TOPIC}
    groups = {one.name for one in RIGHTS if one.resource is Resource.GROUP}

    assert topics == {topic.name for topic in CATALOGUE}
    assert groups == {GROUP, DEFINITIONS_GROUP, WATCH_GROUP, REPLAY_GROUP}


@pytest.mark.parametrize("prefix", ["", "a b-"])
def test_the_program_calls_kafkas_own_once_for_each_right(
    tmp_path: Path, prefix: str
) -> None:
    """With what was put behind it, and the installation's prefix."""
    stand_in = tmp_path / "kafka-acls.sh"
    stand_in.write_text('#!/bin/sh\nprintf "%s|" "$@"\necho\n', encoding="utf-8")
    stand_in.chmod(0o755)

    done = subprocess.run(
        ["/bin/sh", str(SCRIPT), "--bootstrap-server", "kafka:9093"],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            **({"CAIRN_TOPIC_PREFIX": prefix} if prefix else {}),
        },
        capture_output=True,
        text=True,
        check=True,
    )

    calls = [line.split("|")[:-1] for line in done.stdout.splitlines()]
    assert calls == [
        [
            *("--bootstrap-server", "kafka:9093", "--add"),
            *("--allow-principal", f"User:{right.user}"),
            *(word for one in right.operations for word in ("--operation", one)),
            *(f"--{right.resource}", prefix + right.name),
        ]
        for right in RIGHTS
    ]
