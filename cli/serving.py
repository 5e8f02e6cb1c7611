"""Starting a service from the command line.

The command line is a client and knows no service's code. What it must start it finds
here, by name: the one place where `cairn` touches `services`.
"""

import importlib
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cli.exits import ExitCode


class Service(StrEnum):
    """The services that can be served."""

    INGEST = "ingest"
    ROLLUP = "rollup"
    GOALS = "goals"


_SETTINGS_CLASSES: Final = {
    Service.INGEST: "IngestSettings",
    Service.ROLLUP: "RollupSettings",
    Service.GOALS: "GoalsSettings",
}


def serve(service: Service) -> ExitCode:
    """Run a service until it is told to stop."""
    importlib.import_module(f"services.{service}.app").main()
    return ExitCode.OK


def settings_class_of(service: Service) -> Any:
    """Return the pydantic class of a service's settings."""
    module = importlib.import_module(f"services.{service}.settings")
    return getattr(module, _SETTINGS_CLASSES[service])


def migration_folders() -> Sequence[tuple[str, Path]]:
    """Return the services that keep tables, in the order in which they are made.

    Rollup is first: goals reads what rollup publishes.
    """
    root = Path(importlib.import_module("services").__path__[0])
    return [
        (service, root / service / "migrations")
        for service in (Service.ROLLUP, Service.GOALS)
    ]
