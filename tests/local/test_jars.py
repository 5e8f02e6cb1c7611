"""Kafka's jars: brought once, checked always."""

import hashlib
from pathlib import Path

import pytest

from local.errors import LocalError
from local.jars import Jar, ensure_jars, pinned_jars

CONTENT = b"the bytes of a jar"
JAR = Jar(
    group="org.example",
    artifact="cargo",
    version="1.2",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


class Repository:
    """Gives the same bytes for every jar and counts how often."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.downloads = 0
        self._content = content

    def __call__(self, jar: Jar, repository: Path) -> Path:
        """Pretend to download."""
        self.downloads += 1
        path = jar.in_repository(repository)
        path.parent.mkdir(parents=True)
        path.write_bytes(self._content)
        return path


def _unreachable(jar: Jar, repository: Path) -> Path:
    raise ConnectionError(f"no route to the host of {jar} for {repository}")


def test_the_list_pins_every_jar_of_kafka() -> None:
    """All 46 have a whole SHA-256 sum and a file name of their own."""
    jars = pinned_jars()

    assert len(jars) == 46
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert len({jar.file_name for jar in jars}) == 46
    assert "org.apache.kafka:kafka_2.13:4.3.1" in {jar.coordinate for jar in jars}


def test_a_jar_is_brought_once(tmp_path: Path) -> None:
    """The second time it lies in the cache."""
    remote = Repository()
    arguments = {"jars": [JAR], "download": remote, "repository": tmp_path / "m2"}

    first = ensure_jars(tmp_path / "cache", **arguments)  # type: ignore[arg-type] # one dictionary for two calls
    second = ensure_jars(tmp_path / "cache", **arguments)  # type: ignore[arg-type] # as above

    assert first == second
    assert first[0].read_bytes() == CONTENT
    assert remote.downloads == 1


def test_nothing_else_is_left_in_the_cache(tmp_path: Path) -> None:
    """What was on its way is cleared away."""
    ensure_jars(
        tmp_path / "cache",
        jars=[JAR],
        download=Repository(),
        repository=tmp_path / "m2",
    )

    assert [path.name for path in (tmp_path / "cache").iterdir()] == [JAR.file_name]


def test_a_jar_with_another_sum_is_refused(tmp_path: Path) -> None:
    """The message says which jar, what was pinned and what was found."""
    found = hashlib.sha256(b"something else").hexdigest()

    with pytest.raises(LocalError) as caught:
        ensure_jars(
            tmp_path / "cache",
            jars=[JAR],
            download=Repository(b"something else"),
            repository=tmp_path / "m2",
        )

    message = str(caught.value)
    assert message.startswith("jar org.example:cargo:1.2 has the sum " + found)
    assert JAR.sha256 in message
    assert not list((tmp_path / "cache").iterdir())


def test_a_spoiled_jar_in_the_cache_is_brought_again(tmp_path: Path) -> None:
    """A full disk or a broken one leaves such files."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / JAR.file_name).write_bytes(CONTENT[:5])

    ensure_jars(cache, jars=[JAR], download=Repository(), repository=tmp_path / "m2")

    assert (cache / JAR.file_name).read_bytes() == CONTENT


def test_a_jar_of_mavens_own_repository_is_used(tmp_path: Path) -> None:
    """Nothing is downloaded that is on the machine already."""
    remote, maven = Repository(), tmp_path / "m2"
    Repository()(JAR, maven)

    ensure_jars(tmp_path / "cache", jars=[JAR], download=remote, repository=maven)

    assert remote.downloads == 0


def test_without_a_network_the_message_says_what_to_do(tmp_path: Path) -> None:
    """It names the jar, the reason and two ways out."""
    with pytest.raises(LocalError) as caught:
        ensure_jars(
            tmp_path / "cache",
            jars=[JAR],
            download=_unreachable,
            repository=tmp_path / "m2",
        )

    message = str(caught.value)
    assert "org.example:cargo:1.2 could not be downloaded" in message
    assert "no route to the host" in message
    assert "check the network" in message
