"""How long answers take to begin, by method and status."""

import time

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = Histogram(
    "cairn_goals_request_seconds",
    "From the request's head to the head of its answer",
    ["method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
_METHODS = frozenset({"GET", "POST", "PATCH", "DELETE"})


class Timed:
    """Measures every answer; of a stream, how long its first line takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, and look when its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        # A sender may invent methods; each would be a series of its own.
        method = scope["method"] if scope["method"] in _METHODS else "other"

        async def look_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                passed = time.perf_counter() - began
                _SECONDS.labels(method, message["status"]).observe(passed)
            await send(message)

        await self._app(scope, receive, look_and_send)
