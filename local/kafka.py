"""Apache Kafka on this machine: one node that is broker and controller."""

import base64
import hashlib
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local.errors import LocalError
from local.jars import KAFKA_VERSION
from local.java import find_java
from local.ports import LOOPBACK, accepts
from local.processes import Child, Command, run_to_end

HEAP_DEFAULT = "512m"

_FORMAT_SECONDS = 60.0
_METADATA_SECONDS = 1.0
_GRACE_SECONDS = 30.0
_LEARN_SECONDS = 60.0
_LOOK_SECONDS = 0.05

# What one node needs beside its addresses. Without the replication lines consumer
# groups wait for ever for nodes that do not exist.
SINGLE_NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # There is nobody to wait for on one machine; it saves 3 s for each group.
    "group.initial.rebalance.delay.ms": "0",
    # How long a broker that was killed is taken for alive, and cannot come back.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "1000",
    # Topics are made by `cairn migrate`, with their settings; a typing error in a
    # topic's name shall not make another one.
    "auto.create.topics.enable": "false",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "background.threads": "2",
}

# The first compiler only: sooner up, and on a small machine the second one would take
# a quarter of a core from those who do the work for the first minutes. The simplest
# collector, for the same reason: the heap is small.
_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaPlace:
    """Where one Kafka keeps its files, and where it listens."""

    # Made if missing; holds the data folder and the settings.
    home: Path
    log_file: Path
    port: int
    controller_port: int
    # With `False` it starts sooner and is a little slower at full load.
    durable: bool
    heap: str = HEAP_DEFAULT
    # What differs from a node that is open to this machine; how our client knocks then;
    # and what is to be there from the beginning, in words of `kafka-storage.sh format`.
    settings: Mapping[str, str] = field(default_factory=dict)
    client_settings: Mapping[str, str] = field(default_factory=dict)
    format_options: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        """The folder of all topics."""
        return self.home / "kafka"

    @property
    def settings_file(self) -> Path:
        """The server.properties that we write at every start."""
        return self.home / "kafka.properties"


class Kafka:
    """One Kafka node: made ready, started, asked."""

    def __init__(self, place: KafkaPlace, jars: tuple[Path, ...]) -> None:
        self.place = place
        self._jars = jars

    @property
    def address(self) -> str:
        """The address that clients start from."""
        return f"{LOOPBACK}:{self.place.port}"

    def prepare(self) -> None:
        """Write the settings, and format the data folder if there is none."""
        self.place.home.mkdir(parents=True, exist_ok=True)
        self._write_settings(self.place.settings_file, self.place.data)
        if not self.place.data.exists():
            self._format()
        if not self._learned.exists():
            self._learn()

    def start(self) -> Child:
        """Start the node; it is not ready yet."""
        learned = self._learned
        options = [f"-XX:AOTCache={learned}"] if learned.exists() else []
        return Child(self._node("kafka", *options))

    def _node(self, name: str, *options: str) -> Command:
        return Command(
            name=name,
            arguments=self._java(
                f"-Xmx{self.place.heap}",
                *_QUICK_START,
                *options,
                "kafka.Kafka",
                str(self.place.settings_file),
            ),
            log_file=self.place.log_file,
            grace_seconds=_GRACE_SECONDS,
        )

    @property
    def _learned(self) -> Path:
        """What the JVM learned from a first start: the next take a third of the time.

        It holds for this version of Java and these very jars, and lies beside them.
        """
        java = find_java()
        release = java.resolve().parent.parent / "release"
        known = hashlib.sha256(
            release.read_bytes() if release.exists() else str(java).encode()
        )
        for jar in self._jars:
            known.update(f"{jar} {jar.stat().st_mtime_ns}".encode())
        return self._jars[0].parent / f"start-{known.hexdigest()[:16]}.aot"

    def _learn(self) -> None:
        """Start the node once and have the JVM keep what it learned; a few seconds.

        If that fails, every start takes as long as the first: no reason to give up.
        """
        fresh = self._learned.with_suffix(f".{uuid.uuid4().hex}")
        child = Child(self._node("kafka, once", f"-XX:AOTCacheOutput={fresh}"))
        try:
            deadline = time.monotonic() + _LEARN_SECONDS
            while child.is_running() and not self.answers():
                if time.monotonic() > deadline:
                    break
                time.sleep(_LOOK_SECONDS)
        finally:
            child.stop()
        if fresh.exists():
            fresh.rename(self._learned)

    def answers(self) -> bool:
        """Tell whether a client gets metadata with a broker in it."""
        if not accepts(self.place.port):
            return False
        client = AdminClient(
            {
                "bootstrap.servers": self.address,
                "log_level": 0,
                **self.place.client_settings,
            }
        )
        try:
            return bool(client.list_topics(timeout=_METADATA_SECONDS).brokers)
        except KafkaException:
            return False

    def version(self) -> str:
        """Return the version of the jars, as `4.3.1`."""
        return KAFKA_VERSION

    def _format(self) -> None:
        """Format a folder beside the data's place, then put it there.

        So a data folder is complete or absent, whenever we are interrupted.
        """
        scratch = self.place.home / "kafka.new"
        shutil.rmtree(scratch, ignore_errors=True)
        settings_file = self.place.home / "kafka-format.properties"
        self._write_settings(settings_file, scratch)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = Command(
            name="kafka format",
            arguments=self._java(
                *_QUICK_START,
                "kafka.tools.StorageTool",
                "format",
                # Not two words: one cluster id in 64 begins with a hyphen.
                f"--cluster-id={cluster}",
                f"--config={settings_file}",
                *self.place.format_options,
            ),
            log_file=self.place.log_file,
        )
        child = run_to_end(command, timeout_seconds=_FORMAT_SECONDS)
        if child.wait() != 0:
            raise LocalError(f"kafka: formatting {scratch} {child.how_it_ended()}")
        settings_file.unlink()
        scratch.rename(self.place.data)

    def _java(self, *arguments: str) -> tuple[str, ...]:
        logging = files("local").joinpath("kafka_log4j2.xml")
        return (
            str(find_java()),
            "-cp",
            ":".join(str(jar) for jar in self._jars),
            f"-Dlog4j2.configurationFile={logging}",
            *arguments,
        )

    def _write_settings(self, file: Path, data: Path) -> None:
        broker = f"PLAINTEXT://{self.address}"
        controller = f"{LOOPBACK}:{self.place.controller_port}"
        settings = SINGLE_NODE | {
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"{broker},CONTROLLER://{controller}",
            "advertised.listeners": broker,
            "log.dirs": str(data),
            **self.place.settings,
        }
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        file.write_text("".join(lines), encoding="utf-8")
