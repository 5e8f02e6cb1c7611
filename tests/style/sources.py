"""What the tests of style look at: the files of this checkout."""

import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("bench", "cli", "deploy", "local", "services", "shared", "tests")

_TEXT: Final = frozenset(
    {
        *("", ".cfg", ".conf", ".css", ".example", ".html", ".js", ".json", ".lock"),
        *(".md", ".py", ".sh", ".sql", ".svg", ".toml", ".txt", ".xml", ".yaml"),
        ".yml",
    }
)


@cache
def text_files() -> Sequence[Path]:
    """Return all files that a clone would have, or will have once all is added."""
    answer = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in answer.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file() and path.suffix in _TEXT)


def modules() -> Sequence[Path]:
    """Return our Python modules."""
    return [path for path in text_files() if path.suffix == ".py"]


def documents() -> Sequence[Path]:
    """Return what is written for people."""
    return [path for path in text_files() if path.suffix == ".md"]


def name_of(path: Path) -> str:
    """Return the path as people of this checkout know it."""
    return path.relative_to(ROOT).as_posix()
