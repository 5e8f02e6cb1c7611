"""What ingest needs from its environment."""

from pydantic import Field, SecretStr

from shared.doors.settings import DoorSettings
from shared.plumbing.settings import ServiceSettings


class IngestSettings(ServiceSettings, DoorSettings):
    """Settings of the ingest service."""

    ingest_port: int = Field(
        default=8081, ge=0, le=65_535, description="port of ingest's HTTP API"
    )
    ingest_requests_max: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="requests that ingest works on at once; more are answered 429",
    )
    ingest_database_url: SecretStr | None = Field(
        default=None,
        description=(
            "PostgreSQL for ingest, to know API tokens and users; else "
            "CAIRN_DATABASE_URL; with neither, it knows CAIRN_ADMIN_TOKEN only"
        ),
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL for every service that has none of its own",
    )

    @property
    def database(self) -> str | None:
        """Where PostgreSQL is, if anywhere."""
        url = self.ingest_database_url or self.database_url
        return None if url is None else url.get_secret_value()
