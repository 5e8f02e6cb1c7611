"""A small OpenID Connect issuer: real keys, real signatures, over real HTTP."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Response
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from local.ports import pick_free
from shared.doors.issuer_keys import IssuerKeys
from shared.doors.people import People
from shared.plumbing.serving import serving

AUDIENCE = "cairn"
RSA_BITS = 2048


@dataclass(slots=True)
class Key:
    """A key pair of the issuer's."""

    id: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def algorithm(self) -> str:
        """What it signs with."""
        return "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    @property
    def public_pem(self) -> bytes:
        """The public half, as everybody may have it."""
        return self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def published(self) -> dict[str, Any]:
        """The public half, as the issuer publishes it."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            jwk = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            jwk = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**jwk, "kid": self.id, "use": "sig", "alg": self.algorithm}


def rsa_key(key_id: str, bits: int = RSA_BITS) -> Key:
    """Make a key pair."""
    return Key(key_id, rsa.generate_private_key(65_537, bits))


def ec_key(key_id: str) -> Key:
    """Make a key pair."""
    return Key(key_id, ec.generate_private_key(ec.SECP256R1()))


@dataclass(slots=True)
class Issuer:
    """The issuer, and what it was asked."""

    url: str
    keys: list[Key]
    calls: list[str] = field(default_factory=list)
    is_away: bool = False
    # Answered instead of what is right.
    discovery: dict[str, Any] | None = None
    jwks: Any = None

    def claims(self, **more: Any) -> dict[str, Any]:
        """Return what a good token says."""
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada",
            "iat": now,
            "exp": now + 300,
        }
        return {name: one for name, one in (good | more).items() if one is not None}

    def token(self, key: Key | None = None, **more: Any) -> str:
        """Sign a token; a claim that is None is left out."""
        key = key or self.keys[0]
        return jwt.encode(
            self.claims(**more),
            key.private,
            algorithm=key.algorithm,
            headers={"kid": key.id},
        )

    def people(self, *, pause_seconds: float = 0.0, **more: Any) -> People:
        """Return what knows this issuer's tokens."""
        keys = IssuerKeys(
            self.url,
            pause_seconds=pause_seconds,
            fresh_seconds=more.pop("fresh_seconds", 600.0),
        )
        given: dict[str, Any] = {
            "keys": keys,
            "issuer": self.url,
            "audience": AUDIENCE,
            "algorithms": ("RS256", "ES256"),
            "user_claim": "sub",
            "skew_seconds": 0,
        }
        return People(**(given | more))

    def http(self) -> FastAPI:
        """Return what it serves."""
        http = FastAPI()

        @http.get("/.well-known/openid-configuration")
        async def discovery(response: Response) -> Any:
            self.calls.append("discovery")
            if self.is_away:
                response.status_code = 500
            right = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
            return right if self.discovery is None else self.discovery

        @http.get("/jwks")
        async def jwks(response: Response) -> Any:
            self.calls.append("jwks")
            if self.is_away:
                response.status_code = 500
            right = {"keys": [one.published for one in self.keys]}
            return right if self.jwks is None else self.jwks

        return http


@asynccontextmanager
async def issuing(*keys: Key) -> AsyncIterator[Issuer]:
    """Run an issuer with these keys."""
    (port,) = pick_free(1)
    issuer = Issuer(f"http://127.0.0.1:{port}", list(keys) or [rsa_key("one")])
    async with serving(issuer.http(), host="127.0.0.1", port=port):
        yield issuer
