"""What the goals service needs from its environment."""

from typing import Final, Self

from pydantic import Field, SecretStr, ValidationError, model_validator

from shared.plumbing.settings import ClockSettings, ServiceSettings, SettingsError

TOKEN_LENGTH_MIN: Final = 16


class GoalsSettings(ServiceSettings, ClockSettings):
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
    admin_token: SecretStr = Field(
        default=...,
        min_length=TOKEN_LENGTH_MIN,
        description=(
            f"bearer token with all rights, {TOKEN_LENGTH_MIN} characters or more"
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
    def address(self) -> str:
        """Where people reach the page."""
        return self.public_url or f"http://127.0.0.1:{self.goals_port}"


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
