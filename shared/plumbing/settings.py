"""Settings that every service has; all come from the environment, prefix CAIRN_."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.plumbing.clock import Clock, clock_of


class SettingsError(Exception):
    """The environment lacks something, or holds something that cannot be right."""


class KafkaSettings(BaseSettings):
    """Where Kafka is and how to talk to it."""

    model_config = SettingsConfigDict(
        env_prefix="CAIRN_",
        frozen=True,
        extra="ignore",
        # Passwords are among it.
        hide_input_in_errors=True,
    )

    kafka_servers: str = Field(
        default=..., description="Kafka's bootstrap servers, host:port, comma-separated"
    )
    kafka_security_protocol: str = Field(
        default="PLAINTEXT",
        pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$",
        description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
    )
    kafka_sasl_mechanism: str = Field(
        default="PLAIN",
        pattern="^(PLAIN|SCRAM-SHA-256|SCRAM-SHA-512)$",
        description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
    )
    kafka_sasl_username: str | None = Field(default=None, description="SASL user")
    kafka_sasl_password: SecretStr | None = Field(
        default=None, description="SASL password"
    )
    kafka_ssl_ca_file: Path | None = Field(
        default=None, description="certificates of the authority that Kafka's is from"
    )
    kafka_ssl_certificate_file: Path | None = Field(
        default=None, description="our own certificate, for mutual TLS"
    )
    kafka_ssl_key_file: Path | None = Field(
        default=None, description="the key of our own certificate"
    )
    kafka_ssl_key_password: SecretStr | None = Field(
        default=None, description="what the key of our own certificate is locked with"
    )
    topic_prefix: str = Field(
        default="", description="put before every topic's and consumer group's name"
    )

    @model_validator(mode="after")
    def _sasl_is_whole(self) -> Self:
        if self.kafka_security_protocol.startswith("SASL") and (
            self.kafka_sasl_username is None or self.kafka_sasl_password is None
        ):
            message = (
                f"CAIRN_KAFKA_SECURITY_PROTOCOL is {self.kafka_security_protocol}; set "
                "CAIRN_KAFKA_SASL_USERNAME and CAIRN_KAFKA_SASL_PASSWORD too"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _what_is_given_is_used(self) -> Self:
        """Whoever gives a secret wants it used, and not to come in by an open door."""
        protocol = self.kafka_security_protocol
        for kind in ("sasl", "ssl"):
            given = [
                f"CAIRN_{name.upper()}"
                for name in type(self).model_fields
                if name.startswith(f"kafka_{kind}_")
                and name != "kafka_sasl_mechanism"
                and getattr(self, name)
            ]
            if given and kind.upper() not in protocol:
                message = (
                    f"CAIRN_KAFKA_SECURITY_PROTOCOL is {protocol}, which does not use "
                    f"{given[0]}; set it to SASL_SSL, or leave {given[0]} out"
                )
                raise ValueError(message)
        return self

    @field_validator(
        "kafka_ssl_ca_file", "kafka_ssl_certificate_file", "kafka_ssl_key_file"
    )
    @classmethod
    def _file_is_there(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            message = f"{path} is not there; name a file in PEM form"
            raise ValueError(message)
        return path


class ServiceSettings(KafkaSettings):
    """What every service needs besides Kafka."""

    bind: str = Field(default="127.0.0.1", description="address to listen on")
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="DEBUG, INFO, WARNING or ERROR",
    )
    pool_size_max: int = Field(
        default=8, ge=2, le=100, description="connections to PostgreSQL per process"
    )


class ClockSettings(BaseSettings):
    """What time it is."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", frozen=True, extra="ignore")

    testing: bool = Field(
        default=False, description="allows what only tests may do, such as CAIRN_NOW"
    )
    now: str | None = Field(
        default=None,
        description=(
            "for tests: an instant (2026-11-21T09:30:00Z) that the clock stands at, or "
            "how far it is put forward or back (+36h, -2d)"
        ),
    )

    @model_validator(mode="after")
    def _clock_is_true(self) -> Self:
        if self.now is not None:
            if not self.testing:
                message = (
                    "CAIRN_NOW moves the clock, which only tests may do; set "
                    "CAIRN_TESTING=1 too, or leave CAIRN_NOW out"
                )
                raise ValueError(message)
            clock_of(self.now)
        return self

    @property
    def clock(self) -> Clock:
        """What says which time it is."""
        return clock_of(self.now)
