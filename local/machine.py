"""What this machine must be and have before anything is started on it."""

import platform
import shutil
from pathlib import Path

from local.errors import LocalError

MEGABYTE = 1_000_000

# Room for Kafka's first segments, PostgreSQL's log of changes, and some records.
START_BYTES_MIN = 1_000 * MEGABYTE

# Below this PostgreSQL and Kafka stop in minutes, at the pace of a demo.
WARN_BYTES_MIN = 500 * MEGABYTE


def require_linux() -> str:
    """Return what this machine is; raise if the wheels have no programs for it."""
    found = f"{platform.system()} {platform.machine()}"
    library, version = platform.libc_ver()
    if (found, library) != ("Linux x86_64", "glibc"):
        raise LocalError(
            f"this machine is {found} ({library or 'no glibc'}), and the PostgreSQL "
            "that comes with Cairn runs on Linux x86_64 with glibc; use docker compose "
            "here, or name your own servers in CAIRN_DATABASE_URL and "
            "CAIRN_KAFKA_SERVERS"
        )
    return f"{found}, {library} {version}"


def free_bytes(folder: Path) -> int:
    """Return how much more can be written below `folder`."""
    return shutil.disk_usage(folder).free


def require_disk(folder: Path, bytes_min: int = START_BYTES_MIN) -> int:
    """Return the free bytes below `folder`; raise if they are too few to start."""
    free = free_bytes(folder)
    if free < bytes_min:
        raise LocalError(
            f"the disk of {folder} has {free // MEGABYTE} MB free, and starting needs "
            f"{bytes_min // MEGABYTE} MB; free some, forget the data with `make "
            "clean`, or keep it on another disk with CAIRN_HOME=/other/folder"
        )
    return free
