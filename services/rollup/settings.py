"""What the rollup service needs from its environment."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.plumbing.settings import ClockSettings, ServiceSettings


class RollupSettings(ServiceSettings, ClockSettings):
    """Settings of the rollup service."""

    rollup_database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL for rollup; else CAIRN_DATABASE_URL"
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL for every service that has none of its own",
    )
    admin_token: SecretStr | None = Field(
        default=None,
        description="bearer token for /asyncapi; left out: nobody may read it",
    )
    rollup_port: int = Field(
        default=8082, ge=1, le=65535, description="port of the operational endpoints"
    )
    batch_records_max: int = Field(
        default=5000, ge=1, le=50_000, description="records in one transaction at most"
    )
    climb_pause_milliseconds: int = Field(
        default=300,
        ge=0,
        le=500,
        description="pause between climbs while records queue up",
    )

    @model_validator(mode="after")
    def _has_a_database(self) -> Self:
        if self.rollup_database_url is None and self.database_url is None:
            message = (
                "no database is named; set CAIRN_DATABASE_URL, for example "
                "postgresql://cairn:secret@localhost:5432/cairn"
            )
            raise ValueError(message)
        return self

    @property
    def database(self) -> str:
        """Where PostgreSQL is."""
        url = self.rollup_database_url or self.database_url
        if url is None:  # the validator has seen to it
            message = "no database is named"
            raise ValueError(message)
        return url.get_secret_value()
