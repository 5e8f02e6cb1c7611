"""The services beside this one: whether each says that it can do its work."""

import asyncio
import json
from collections.abc import Sequence
from time import monotonic
from typing import Final

import httpx

from services.goals.domain.operations import Neighbour, ServiceHealth

ANSWER_SECONDS_MAX: Final = 2.0
# Ours answers a few hundred bytes; whoever answers more is none of ours.
ANSWER_BYTES_MAX: Final = 65_536
_READY: Final = "/readyz"
_REASON_LENGTH_MAX: Final = 500


class Neighbours:
    """Asks the services that the settings name, all at once."""

    def __init__(self, neighbours: Sequence[Neighbour]) -> None:
        self._neighbours = neighbours
        # No proxy of the environment stands between our own services, and an answer
        # that leads elsewhere is no answer.
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS_MAX, trust_env=False)

    async def ask(self) -> list[ServiceHealth]:
        """Return what each of them says of itself."""
        return list(await asyncio.gather(*map(self._ask, self._neighbours)))

    async def _ask(self, one: Neighbour) -> ServiceHealth:
        began = monotonic()
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                reason = await self._reason(one.url)
        except TimeoutError:
            reason = f"no answer within {ANSWER_SECONDS_MAX:.0f} s"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
            reason = f"does not answer: {str(fault) or type(fault).__name__}"
        return ServiceHealth(
            name=one.name,
            url=one.url,
            ready=reason is None,
            reason=reason,
            milliseconds=round((monotonic() - began) * 1000, 1),
        )

    async def _reason(self, url: str) -> str | None:
        """Return why the service is not ready, or nothing."""
        async with self._client.stream("GET", url.rstrip("/") + _READY) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    return f"{_READY} answered more than {ANSWER_BYTES_MAX} bytes"
            if answer.status_code == httpx.codes.OK:
                return None
            return _told(bytes(body)) or f"{_READY} answered {answer.status_code}"

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.aclose()


def _told(body: bytes) -> str | None:
    """Return the reasons as our services tell them; None: nobody of ours did."""
    try:
        reasons = json.loads(body)["reasons"]
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return told[:_REASON_LENGTH_MAX] or None
