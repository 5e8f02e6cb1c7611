"""Nothing of the workshop stays in the house."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.style.sources import ROOT, name_of, text_files

# Put together here, so that this file does not find itself.
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME"]))
WITH_AN_ISSUE = re.compile(UNFINISHED.pattern + r".*#[0-9]+")
MACHINE_PATHS = re.compile(
    "(?<![\\w.~-])/("
    + "|".join(["wor" + "k", "hom" + "e", "roo" + "t", "User" + "s"])
    + ")/[a-z]"
)
REGISTRIES = re.compile(
    "|".join(
        [
            "pypi" + r"\.org",
            "files.python" + "hosted",
            "repo1?" + r"\.maven",
            "registry" + r"\.npmjs",
            "--(extra-)?index" + "-url",
        ]
    )
)
CONFLICT = re.compile("^(<{7}|={7}|>{7})( |$)")


def test_what_is_unfinished_has_an_issue() -> None:
    """A note to oneself is lost; an issue is not."""
    found = [line for line in _lines(UNFINISHED) if not WITH_AN_ISSUE.search(line)]

    assert found == []


def test_no_path_of_one_machine_is_written_down() -> None:
    """What is at one place here is at another elsewhere."""
    assert list(_lines(MACHINE_PATHS)) == []


def test_no_registry_is_named() -> None:
    """Where packages come from is everybody's own setting."""
    assert list(_lines(REGISTRIES)) == []


def test_no_merge_was_left_unfinished() -> None:
    """Both sides of a conflict are never what was meant."""
    assert list(_lines(CONFLICT)) == []


def test_lock_files_hold_names_versions_and_hashes_only() -> None:
    """A lock says what is installed, never from where."""
    odd = [
        f"{name_of(path)}:{number}: {line}"
        for path in sorted((ROOT / "requirements").glob("*.lock"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if not _LOCK_LINE.fullmatch(line)
    ]

    assert odd == []


_LOCK_LINE = re.compile(
    r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+( ; .+)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
)


def _lines(pattern: re.Pattern[str]) -> Iterator[str]:
    for path in text_files():
        for number, line in _numbered(path):
            if pattern.search(line):
                yield f"{name_of(path)}:{number}: {line.strip()}"


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    yield from enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
