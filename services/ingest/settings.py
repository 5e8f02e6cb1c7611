"""What ingest needs from its environment."""

from pydantic import Field, SecretStr

from shared.plumbing.settings import ServiceSettings

TOKEN_LENGTH_MIN = 16


class IngestSettings(ServiceSettings):
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
    admin_token: SecretStr = Field(
        default=...,
        min_length=TOKEN_LENGTH_MIN,
        description=(
            f"bearer token with all rights, {TOKEN_LENGTH_MIN} characters or more"
        ),
    )
