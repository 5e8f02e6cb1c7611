"""What the goals service needs from its environment."""

import re
from collections.abc import Sequence
from typing import Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from services.goals.domain.operations import Neighbour
from shared.doors.settings import DoorSettings
from shared.plumbing.settings import ClockSettings, ServiceSettings, SettingsError

_NEIGHBOUR = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9 ._-]{0,49})=(?P<url>https?://[^/\s@]+)/?"
)


class GoalsSettings(ServiceSettings, ClockSettings, DoorSettings):
    """Settings of the goals service."""

    goals_database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL for goals; else CAIRN_DATABASE_URL"
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL for every service that has none of its own",
    )
    goals_port: int = Field(
        default=8080, ge=1, le=65_535, description="port of the API and the web page"
    )
    streams_per_caller: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description=(
            "live streams that each caller may have open at one process; all that came "
            "in by links without a user count as one"
        ),
    )
    public_url: str | None = Field(
        default=None,
        pattern="^https?://[^/]+$",
        description=(
            "where people reach the page, without a path, for links to it; else "
            "http://127.0.0.1 with goals' port"
        ),
    )

    watched_services: str = Field(
        default="",
        description=(
            "services whose /readyz the operations screen shows, comma-separated, each "
            "as name=url: ingest=http://127.0.0.1:8081"
        ),
    )

    @field_validator("watched_services")
    @classmethod
    def _names_services(cls, text: str) -> str:
        _neighbours_in(text)
        return text

    @model_validator(mode="after")
    def _has_a_database(self) -> Self:
        if self.goals_database_url is None and self.database_url is None:
            message = (
                "no database is named; set CAIRN_DATABASE_URL, for example "
                "postgresql://cairn:secret@localhost:5432/cairn"
            )
            raise ValueError(message)
        return self

    @property
    def database(self) -> str:
        """Where PostgreSQL is."""
        url = self.goals_database_url or self.database_url
        if url is None:  # the validator has seen to it
            message = "no database is named"
            raise ValueError(message)
        return url.get_secret_value()

    @property
    def neighbours(self) -> Sequence[Neighbour]:
        """The services whose health is shown."""
        return _neighbours_in(self.watched_services)

    @property
    def address(self) -> str:
        """Where people reach the page."""
        return self.public_url or f"http://127.0.0.1:{self.goals_port}"


def _neighbours_in(text: str) -> Sequence[Neighbour]:
    """Return the services that a text names."""
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        match = _NEIGHBOUR.fullmatch(part)
        if match is None:
            message = (
                f"{part} names no service; write name=url, without a path, for example "
                "ingest=http://127.0.0.1:8081"
            )
            raise ValueError(message)
        found.append(Neighbour(name=match["name"], url=match["url"]))
    return found


def settings_from_environment() -> GoalsSettings:
    """Return the settings, or say what is missing or cannot be right."""
    try:
        return GoalsSettings()
    except ValidationError as fault:
        raise SettingsError(
            "; ".join(
                _in_words(".".join(map(str, one["loc"])), one["msg"])
                for one in fault.errors(include_input=False, include_url=False)
            )
        ) from None


def _in_words(name: str, message: str) -> str:
    return f"CAIRN_{name.upper()}: {message}" if name else message
