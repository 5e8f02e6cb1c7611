"""Kafka's jars: brought once from the Maven repository, checked every time.

Which jars, and their SHA-256 sums, stands in kafka_jars.txt. No jar with another sum
is ever run.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from local.errors import LocalError

KAFKA_VERSION = "4.3.1"

# The registry answers slowly rather than little; more at once gains nothing.
_DOWNLOADS_AT_ONCE = 8

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One pinned artifact."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        """The name under which repositories and people know it."""
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        """The name under which it lies in the cache; groups may share artifacts."""
        return f"{self.group}.{self.artifact}-{self.version}.jar"

    def in_repository(self, repository: Path) -> Path:
        """Return where a Maven repository on disk keeps this jar."""
        folder = repository.joinpath(*self.group.split("."), self.artifact)
        return folder / self.version / f"{self.artifact}-{self.version}.jar"


class Download(Protocol):
    """Brings one jar into a repository folder and says where it lies."""

    def __call__(self, jar: Jar, repository: Path) -> Path:
        """Return the path of `jar`, below `repository`."""


def pinned_jars() -> tuple[Jar, ...]:
    """Return the jars that make up Kafka, as kafka_jars.txt lists them."""
    text = files("local").joinpath("kafka_jars.txt").read_text(encoding="utf-8")
    return tuple(_parsed(line) for line in text.splitlines() if line)


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the jars are kept between runs, for all checkouts."""
    chosen = environment.get("CAIRN_CACHE_DIR")
    root = Path(chosen) if chosen else Path.home() / ".cache" / "cairn"
    return root.expanduser().resolve() / f"kafka-{KAFKA_VERSION}"


def download_with_jgo(jar: Jar, repository: Path) -> Path:
    """Bring one jar by its exact coordinate."""
    # It takes a quarter of a second to import, and most runs need no download.
    from jgo.maven import MavenContext  # noqa: PLC0415

    context = MavenContext(repo_cache=repository, timeout=_TIMEOUT_SECONDS)
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    return Path(component.artifact().resolve())


def ensure_jars(
    folder: Path,
    *,
    jars: Sequence[Jar] | None = None,
    download: Download = download_with_jgo,
    repository: Path | None = None,
) -> tuple[Path, ...]:
    """Return the paths of all jars, after bringing those that are missing.

    Two processes may do this at once: each file appears complete or not at all.
    A jar in `repository`, Maven's own (~/.m2 unless given), is used if its sum fits.
    """
    wanted = pinned_jars() if jars is None else tuple(jars)
    missing = [jar for jar in wanted if not _is_right(folder / jar.file_name, jar)]
    if missing:
        _make_folder(folder)
        with tempfile.TemporaryDirectory(dir=folder, prefix="download-") as scratch:
            bring = partial(
                _bring,
                folder=folder,
                scratch=Path(scratch),
                download=download,
                repository=_maven_repository() if repository is None else repository,
            )
            with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
                # All are waited for, and the first error in their order is raised.
                list(pool.map(bring, missing))
    return tuple(folder / jar.file_name for jar in wanted)


def _bring(
    jar: Jar, *, folder: Path, scratch: Path, download: Download, repository: Path
) -> None:
    known = jar.in_repository(repository)
    source = known if _is_right(known, jar) else _downloaded(jar, scratch, download)
    found = _sha256(source)
    if found != jar.sha256:
        raise LocalError(
            f"jar {jar.coordinate} has the sum {found}, and {jar.sha256} is pinned in "
            "local/kafka_jars.txt; it was not kept. Try again; if it happens twice, "
            "something between here and the Maven repository changes files"
        )
    complete = scratch / jar.file_name
    shutil.copyfile(source, complete)
    complete.replace(folder / jar.file_name)


def _downloaded(jar: Jar, scratch: Path, download: Download) -> Path:
    # It logs its own errors, with traces; ours says the same in one line.
    logging.getLogger("jgo").setLevel(logging.CRITICAL)
    try:
        return download(jar, scratch)
    # This edge sees whatever requests, urllib3 and jgo may raise.
    except Exception as error:
        raise LocalError(
            f"jar {jar.coordinate} could not be downloaded ({_in_one_line(error)}); "
            "Kafka's jars come once from the Maven repository: check the network and "
            f"the proxy settings (HTTPS_PROXY), or copy the folder {cache_folder()} "
            "from a machine that has it, then run this again"
        ) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(
            f"the cache folder {folder} cannot be made ({error.strerror}); choose "
            "another with CAIRN_CACHE_DIR"
        ) from error


def _is_right(path: Path, jar: Jar) -> bool:
    with suppress(OSError):
        return _sha256(path) == jar.sha256
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _maven_repository() -> Path:
    return Path.home() / ".m2" / "repository"


def _in_one_line(error: Exception) -> str:
    words = " ".join(str(error).split())
    limit = 200
    shown = words if len(words) <= limit else words[: limit - 1] + "…"
    return f"{type(error).__name__}: {shown}"


def _parsed(line: str) -> Jar:
    coordinate, found = line.split()
    group, artifact, version = coordinate.split(":")
    return Jar(
        group=group,
        artifact=artifact,
        version=version,
        sha256=found.removeprefix("sha256:"),
    )
