"""Modules have a docstring and a telling name; tests say what they claim."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.style.sources import PACKAGES, ROOT, modules, name_of

NAMES_THAT_SAY_NOTHING = frozenset(
    {"base", "common", "helpers", "misc", "util", "utils"}
)
ROOMS_OF_EVERY_SERVICE = ("app.py", "settings.py")


def test_every_module_opens_with_a_docstring() -> None:
    """A module says what it holds."""
    without = [
        name_of(path)
        for path in modules()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert without == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """What fits nowhere else does not get a drawer; its concept gets a name."""
    found = [
        name_of(path)
        for path in modules()
        if NAMES_THAT_SAY_NOTHING & {path.stem, *path.relative_to(ROOT).parts[:-1]}
    ]

    assert found == []


def test_every_package_has_a_place_in_the_project() -> None:
    """A new folder of code has no place until it is given one."""
    packages = {
        path.relative_to(ROOT).parts[0]
        for path in modules()
        if path.name == "__init__.py"
    }

    assert packages == set(PACKAGES)


def test_every_service_has_its_rooms() -> None:
    """Each service is wired in app.py and takes its settings from settings.py."""
    services = [path for path in (ROOT / "services").iterdir() if path.is_dir()]
    missing = [
        f"{service.name}/{room}"
        for service in services
        for room in ROOMS_OF_EVERY_SERVICE
        if any(service.glob("*.py")) and not (service / room).is_file()
    ]

    assert missing == []


def test_every_test_says_what_it_claims() -> None:
    """A test's docstring is one sentence in the words of its reader."""
    silent = [
        f"{name_of(path)}::{function.name}"
        for path in modules()
        if path.name.startswith("test_")
        for function in _tests_in(path)
        if not ast.get_docstring(function)
    ]

    assert silent == []


def _tests_in(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef
        ) and node.name.startswith("test_"):
            yield node
