"""Who may do what in Kafka: one list, of which all others are made.

`python -m deploy.acls` writes anew what is made of it: deploy/kafka-acls.sh, which
tells it to a broker, and the table in docs/operators.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from shared.messages.topics import (
    ACTIVITY_RECORDS,
    ACTIVITY_RECORDS_REJECTED,
    CATALOGUE,
    GOAL_CHANGES,
    GOAL_UPDATED,
    Topic,
)

ROOT: Final = Path(__file__).resolve().parent.parent
SCRIPT: Final = ROOT / "deploy" / "kafka-acls.sh"
DOCUMENT: Final = ROOT / "docs" / "operators.md"

_TABLE = re.compile(r"(?s)(?<=<!-- acls -->\n).*(?=<!-- end of acls -->)")
_OPENING: Final = """\
#!/bin/sh
# Tells a broker what each user of Cairn may do. It is made by `python -m deploy.acls`.
#
#   sh deploy/kafka-acls.sh --bootstrap-server kafka:9093 --command-config admin.conf
#
# It calls kafka-acls.sh of Apache Kafka's bin folder, which must be on the PATH; what
# you put behind it goes to each call. CAIRN_TOPIC_PREFIX, if set, stands before names.
set -eu
"""


class Resource(StrEnum):
    """What a right is about."""

    TOPIC = "topic"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What one of our users may do with one topic or consumer group."""

    # The user of Kafka, and what it is: a service, the command line, another system.
    user: str
    resource: Resource
    # Without the installation's prefix.
    name: str
    operations: tuple[str, ...]
    # For what; it stands in the documentation.
    purpose: str


INGEST: Final = "cairn-ingest"
ROLLUP: Final = "cairn-rollup"
GOALS: Final = "cairn-goals"
OPERATOR: Final = "cairn-operator"

_MAKES: Final = ("Create", "Describe", "DescribeConfigs", "Alter")


def _on(user: str, topic: Topic, operations: tuple[str, ...], purpose: str) -> Right:
    return Right(
        user=user,
        resource=Resource.TOPIC,
        name=topic.name,
        operations=operations,
        purpose=purpose,
    )


# Who may write may describe as well; a producer without doubles needs no right beside.
RIGHTS: Final = (
    _on(INGEST, ACTIVITY_RECORDS, ("Write",), "sends on what came by HTTP"),
    _on(ROLLUP, ACTIVITY_RECORDS, ("Read",), "counts records"),
    _on(
        ROLLUP,
        ACTIVITY_RECORDS_REJECTED,
        ("Write",),
        "puts aside what it cannot understand",
    ),
    _on(ROLLUP, GOAL_CHANGES, ("Read",), "applies definitions"),
    _on(
        ROLLUP,
        GOAL_UPDATED,
        ("Read", "Write"),
        "announces totals, and reads back what it announced",
    ),
    *(
        Right(
            user=ROLLUP,
            resource=Resource.GROUP,
            name=group,
            operations=("Read",),
            purpose=f"shares out {topic.name} among its copies",
        )
        for group, topic in (
            ("rollup", ACTIVITY_RECORDS),
            ("rollup-definitions", GOAL_CHANGES),
            ("rollup-watch", GOAL_UPDATED),
        )
    ),
    _on(GOALS, GOAL_CHANGES, ("Write",), "announces definitions"),
    _on(GOALS, GOAL_UPDATED, ("Read",), "the live stream; it joins no group"),
    _on(
        GOALS,
        ACTIVITY_RECORDS,
        ("Describe",),
        "asks where it ends, to say what is settled",
    ),
    _on(
        GOALS,
        ACTIVITY_RECORDS_REJECTED,
        ("Read",),
        "shows rejected records; it joins no group",
    ),
    _on(GOALS, ACTIVITY_RECORDS, ("Write",), "sends rejected records again"),
    *(
        _on(
            OPERATOR,
            topic,
            _MAKES,
            "`cairn migrate` makes and grows it, `cairn doctor` looks at it",
        )
        for topic in CATALOGUE
    ),
    _on(
        OPERATOR,
        ACTIVITY_RECORDS_REJECTED,
        ("Read",),
        "`cairn rejected list` and `replay`",
    ),
    Right(
        user=OPERATOR,
        resource=Resource.GROUP,
        name="cairn-rejected-replay",
        operations=("Read",),
        purpose="`cairn rejected replay` keeps its place",
    ),
    _on(OPERATOR, ACTIVITY_RECORDS, ("Write",), "`cairn rejected replay` sends again"),
)


def script() -> str:
    """Return the list as a program of the shell."""
    return "\n".join([_OPENING, *_commands(), ""])


def _commands() -> Iterator[str]:
    for right in RIGHTS:
        words = ["kafka-acls.sh", '"$@"', "--add"]
        words += ["--allow-principal", f"User:{right.user}"]
        for operation in right.operations:
            words += ["--operation", operation]
        name = '"${CAIRN_TOPIC_PREFIX-}' + right.name + '"'
        yield " ".join([*words, f"--{right.resource}", name])


def table() -> str:
    """Return the list as Markdown."""
    rows = ["| User | Of | Name | May | For |", "| --- | --- | --- | --- | --- |"]
    for right in RIGHTS:
        cells = (
            f"`{right.user}`",
            right.resource.value,
            f"`{right.name}`",
            ", ".join(right.operations),
            right.purpose,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def table_in_document() -> str:
    """Return the table as it stands in the document."""
    match = _TABLE.search(DOCUMENT.read_text(encoding="utf-8"))
    return match[0] if match else ""


def main() -> None:
    """Write the program and the table anew."""
    SCRIPT.write_text(script(), encoding="utf-8")
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(_TABLE.sub(lambda _: table(), document), encoding="utf-8")


if __name__ == "__main__":
    main()
