"""Settings of the doors: the bootstrap token, OpenID Connect, how often one may ask."""

from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

TOKEN_LENGTH_MIN: Final = 16

# Asymmetric ones only: with a symmetric one, whoever can check a token can make one.
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class DoorSettings(BaseSettings):
    """Who may come in."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", frozen=True, extra="ignore")

    admin_token: SecretStr = Field(
        default=...,
        min_length=TOKEN_LENGTH_MIN,
        description=(
            f"bearer token with all rights, {TOKEN_LENGTH_MIN} characters or more"
        ),
    )
    oidc_issuer: str | None = Field(
        default=None,
        max_length=1_000,
        description=(
            "OpenID Connect: the issuer of people's tokens, exactly as in their claim "
            "`iss`; left out: no such tokens"
        ),
    )
    oidc_audience: str | None = Field(
        default=None,
        max_length=1_000,
        description="OpenID Connect: what the claim `aud` of a token must contain",
    )
    oidc_user_claim: str = Field(
        default="sub",
        min_length=1,
        max_length=100,
        description=(
            "OpenID Connect: the claim that holds the id of the directory's user, for "
            "example preferred_username, email or oid"
        ),
    )
    oidc_algorithms: str = Field(
        default="RS256,ES256",
        description=(
            "OpenID Connect: the signatures that are accepted, comma-separated, among "
            + ", ".join(ALGORITHMS)
        ),
    )
    oidc_clock_skew_seconds: int = Field(
        default=60,
        ge=0,
        le=300,
        description="OpenID Connect: how far the issuer's clock may differ from ours",
    )
    oidc_jwks_url: str | None = Field(
        default=None,
        description=(
            "OpenID Connect: where the issuer's keys are; left out: where its "
            "/.well-known/openid-configuration says"
        ),
    )
    oidc_ca_file: Path | None = Field(
        default=None,
        description=(
            "OpenID Connect: certificates of the issuer's authority, if it is private"
        ),
    )
    rate_per_second: int = Field(
        default=500,
        ge=1,
        le=1_000_000,
        description=(
            "requests a second that each caller may make of one process, reads and "
            "writes counted apart, twice as many at once; more are answered 429"
        ),
    )

    @model_validator(mode="after")
    def _open_id_is_whole(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            message = (
                "CAIRN_OIDC_ISSUER and CAIRN_OIDC_AUDIENCE belong together; set both, "
                "or neither"
            )
            raise ValueError(message)
        for name, url in (
            ("CAIRN_OIDC_ISSUER", self.oidc_issuer),
            ("CAIRN_OIDC_JWKS_URL", self.oidc_jwks_url),
        ):
            if url is not None and not is_trustworthy(url):
                message = (
                    f"{name} is {url}; it must begin with https://, or keys could be "
                    "forged on the way (http:// only to this machine)"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _algorithms_are_known(self) -> Self:
        unknown = [name for name in self.algorithms if name not in ALGORITHMS]
        if unknown or not self.algorithms:
            message = (
                f"CAIRN_OIDC_ALGORITHMS is {self.oidc_algorithms}; name some of "
                f"{', '.join(ALGORITHMS)}, separated by commas"
            )
            raise ValueError(message)
        return self

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The signatures that are accepted."""
        names = (name.strip() for name in self.oidc_algorithms.split(","))
        return tuple(name for name in names if name)


def is_trustworthy(url: str) -> bool:
    """Tell whether what is read there cannot be changed on the way."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK
