"""`cairn` as it is typed, and a goals service of cardboard for it to talk to."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import override

TOKEN = "a-token-of-the-tests"
COMMAND_SECONDS_MAX = 120


def cairn(
    *words: str, environment: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; only what it is given stands in its environment."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        env=clean_environment(environment or {}),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS_MAX,
    )


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without any CAIRN_ of the person who runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CAIRN_")
    }
    # No folder of a running Cairn is found by accident.
    nowhere = str(Path(os.sep, "nowhere"))
    return kept | {"CAIRN_HOME": nowhere, "CAIRN_ADMIN_TOKEN": TOKEN} | dict(extra)


Item = dict[str, Any]


@dataclass
class CardboardGoals:
    """Answers as the contract has it, from lists in memory."""

    url: str = ""
    items: dict[str, list[Item]] = field(default_factory=dict)
    answers: dict[str, Item] = field(default_factory=dict)
    posts: list[tuple[str, int]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    # Lists come in pages of this size.
    page_size: int = 1_000
    # Answered to the next requests, before anything else.
    refusals: list[int] = field(default_factory=list)

    def get(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Item]:
        """Return what stands at a path."""
        self.asked.append((path, dict(query)))
        if path in self.answers:
            return 200, self.answers[path]
        if path not in self.items:
            return 404, _error("not_found", f"{path} is not there")
        start = int(query.get("after", ["0"])[0])
        end = start + self.page_size
        found = self.items[path]
        following = str(end) if end < len(found) else None
        return 200, {"items": found[start:end], "next": following}

    def post(self, path: str, body: list[Item] | Item | None) -> tuple[int, Item]:
        """Create what was posted."""
        if path in self.answers:
            return 201, self.answers[path]
        posted = body if isinstance(body, list) else [body or {}]
        self.posts.append((path, len(posted)))
        self.items.setdefault(path, []).extend(posted)
        return 201, {"items": posted}


def _error(error: str, detail: str) -> Item:
    return {"error": error, "detail": detail, "dynamics_code": None, "field": None}


@contextmanager
def cardboard_goals(**content: Any) -> Iterator[CardboardGoals]:
    """Serve goals of cardboard."""
    goals = CardboardGoals(**content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            self._answer(lambda: goals.get(address.path, parse_qs(address.query)))

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length) or "null")
            self._answer(lambda: goals.post(unquote(self.path), body))

        def _answer(self, ask: Any) -> None:
            if self.headers.get("authorization") != f"Bearer {TOKEN}":
                status, body = 401, _error("not_authenticated", "no token")
            elif goals.refusals:
                status = goals.refusals.pop(0)
                body = _error("refused", "not now")
            else:
                status, body = ask()
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        @override
        def log_message(self, *_words: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        goals.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield goals
        finally:
            server.shutdown()
            thread.join()
