"""Asking our own services over HTTP whether they are ready, settled, and the like.

It uses the standard library's plainest client: no proxy of the environment may come
between us and our own children.
"""

import http.client
import json
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one service listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as people write it."""
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service said; status 0: it could not be reached."""

    status: int
    text: str

    def fields(self) -> dict[str, Json]:
        """Return the JSON object that was answered; empty if it was none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def ask(
    address: Address, path: str, *, method: str = "GET", token: str | None = None
) -> Answer:
    """Return what the service at `address` says to one request."""
    connection = http.client.HTTPConnection(
        address.host, address.port, timeout=_TIMEOUT_SECONDS
    )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        return Answer(status=response.status, text=text)
    except (OSError, http.client.HTTPException) as error:
        return Answer(status=0, text=str(error))
    finally:
        connection.close()
