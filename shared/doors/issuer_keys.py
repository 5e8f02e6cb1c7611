"""The keys of an OpenID Connect issuer: fetched when needed, kept, and renewed.

PyJWT has a client of its own, which blocks; here the event loop goes on. Whoever sends
tokens with invented key ids makes us ask the issuer once in a while, and no more often.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx
import jwt

from shared.doors.refusing import not_now
from shared.doors.settings import is_trustworthy
from shared.plumbing.logs import log_of

# Keys that were withdrawn are forgotten after this; new ones are found at once.
FRESH_SECONDS: Final = 600.0
# And this long while the issuer is away.
STALE_SECONDS_MAX: Final = 24 * 60 * 60.0
# However many unknown keys are named, the issuer is asked no more often than this.
PAUSE_SECONDS: Final = 10.0
FETCH_SECONDS_MAX: Final = 5.0
DOCUMENT_BYTES_MAX: Final = 512 * 1024
KEYS_MAX: Final = 100

_DISCOVERY: Final = "/.well-known/openid-configuration"
# Keys that can only check. A symmetric one (`oct`) could make tokens, too.
_ASYMMETRIC: Final = frozenset({"RSA", "EC", "OKP"})

_log = log_of("doors.issuer")


class UnusableDocumentError(Exception):
    """The issuer answered something else than its keys."""


class IssuerKeys:
    """The keys of one issuer."""

    def __init__(
        self,
        issuer: str,
        *,
        jwks_url: str | None = None,
        ca_file: Path | None = None,
        pause_seconds: float = PAUSE_SECONDS,
        fresh_seconds: float = FRESH_SECONDS,
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._ca_file = ca_file
        self._pause_seconds = pause_seconds
        self._fresh_seconds = fresh_seconds
        self._keys: Sequence[jwt.PyJWK] = ()
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._turn = asyncio.Lock()

    async def key_of(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key of this id, or of a token that names none; None: unknown."""
        now = monotonic()
        found = self._find(key_id)
        is_old = now - self._fetched_at > self._fresh_seconds
        # Old keys serve while somebody else is asking for new ones. An unknown key may
        # be one that the issuer has just begun to sign with.
        if found is None or (is_old and not self._turn.locked()):
            await self._fetch_in_turn(now)
            found = self._find(key_id)
        if not self._keys:
            raise not_now(
                "issuer_unavailable",
                f"the keys of the issuer {self._issuer} could not be had; try again in "
                "a moment, and check that the issuer answers and CAIRN_OIDC_ISSUER is "
                "its address",
                seconds=max(1, round(self._pause_seconds)),
            )
        return found

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            # Which one is meant is clear only where there is one.
            return self._keys[0] if len(self._keys) == 1 else None
        return next((one for one in self._keys if one.key_id == key_id), None)

    async def _fetch_in_turn(self, asked_at: float) -> None:
        async with self._turn:
            now = monotonic()
            if self._tried_at >= asked_at or now - self._tried_at < self._pause_seconds:
                return
            self._tried_at = now
            try:
                async with asyncio.timeout(FETCH_SECONDS_MAX):
                    self._keys = await self._fetched()
            except (
                httpx.HTTPError,
                httpx.InvalidURL,
                OSError,
                TimeoutError,
                UnusableDocumentError,
            ) as fault:
                _log.warning("issuer_keys_not_read", fault=repr(fault))
                if now - self._fetched_at > STALE_SECONDS_MAX:
                    self._keys = ()
            else:
                self._fetched_at = now
                _log.info("issuer_keys_read", keys=len(self._keys))

    async def _fetched(self) -> Sequence[jwt.PyJWK]:
        verify: ssl.SSLContext | bool = True
        if self._ca_file is not None:
            verify = ssl.create_default_context(cafile=self._ca_file)
        # Redirects are not followed: they could lead to a place that is not trusted.
        async with httpx.AsyncClient(
            verify=verify, timeout=FETCH_SECONDS_MAX
        ) as client:
            url = self._jwks_url or await self._discovered(client)
            return usable_keys(await _document(client, url))

    async def _discovered(self, client: httpx.AsyncClient) -> str:
        found = await _document(client, self._issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != self._issuer:
            raise UnusableDocumentError(
                f"the issuer calls itself {found.get('issuer')!r}, and "
                f"CAIRN_OIDC_ISSUER is {self._issuer!r}; set it to the same"
            )
        url = found.get("jwks_uri")
        if not isinstance(url, str) or not is_trustworthy(url):
            raise UnusableDocumentError(f"jwks_uri is {url!r}; https:// is needed")
        return url


def usable_keys(document: Mapping[str, Any]) -> Sequence[jwt.PyJWK]:
    """Return the keys of a document that can check signatures."""
    given = document.get("keys")
    if not isinstance(given, list):
        raise UnusableDocumentError("the document holds no list of keys")
    found = []
    for one in given[:KEYS_MAX]:
        if not isinstance(one, dict) or one.get("kty") not in _ASYMMETRIC:
            continue
        if one.get("use", "sig") != "sig":
            continue
        try:
            found.append(jwt.PyJWK(one))
        except jwt.PyJWTError as fault:
            _log.warning("issuer_key_unusable", fault=type(fault).__name__)
    if not found:
        raise UnusableDocumentError("none of the keys can check signatures")
    return found


async def _document(client: httpx.AsyncClient, url: str) -> Mapping[str, Any]:
    """Return a JSON object of the issuer's, within limits."""
    body = bytearray()
    async with client.stream("GET", url) as answer:
        if answer.status_code != httpx.codes.OK:
            raise UnusableDocumentError(f"{url} answered {answer.status_code}")
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > DOCUMENT_BYTES_MAX:
                raise UnusableDocumentError(
                    f"{url} answered more than {DOCUMENT_BYTES_MAX} bytes"
                )
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnusableDocumentError(f"{url} answered no JSON object")
    return found
