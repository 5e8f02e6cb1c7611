"""Stands in for the `cairn` command: the same words, the least that can be awaited.

Every command notes in the file STAND_IN_JOURNAL what happens to it. `run` is the real
one, with this file in place of the others.
"""

import json
import os
import signal
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_ANSWERS = {
    "/readyz": {},
    "/v1/status": {"settled": True, "lag": 0},
    "/v1/page-links": {"url": "http://127.0.0.1/enter?code=once"},
}

_SEEDED = {
    "root_goal_id": "company",
    "example_record": {"entity": "order", "attributes": {"amount": "400.00"}},
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(HTTPStatus.OK)

    def do_POST(self) -> None:
        self._answer(HTTPStatus.CREATED)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(_ANSWERS[self.path]).encode())


def _note(words: str) -> None:
    with Path(os.environ["STAND_IN_JOURNAL"]).open("a", encoding="utf-8") as journal:
        journal.write(words + "\n")


def _end_well(name: str) -> None:
    def end(_number: int, _frame: object) -> None:
        if name.split(maxsplit=1)[0] == os.environ.get("STAND_IN_SLOW"):
            _note(f"asked {name}")
            return
        _note(f"stopped {name}")
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)


def _burnt() -> str:
    """Return the service that cannot start any more, once it is written there."""
    fuse = Path(os.environ.get("STAND_IN_FUSE", "/nowhere"))
    return fuse.read_text(encoding="utf-8") if fuse.exists() else ""


def _serve(service: str) -> None:
    name = f"{service} {os.environ.get('CAIRN_COPY', '')}".strip()
    _end_well(name)
    if service == os.environ.get("STAND_IN_BROKEN") or service == _burnt():
        sys.exit("the table of contents is missing")
    port = int(os.environ[f"CAIRN_{service.upper()}_PORT"])
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    _note(f"started {name}")
    server.serve_forever()


def main(words: list[str]) -> None:
    """Do as `cairn WORDS` would."""
    if words == ["run"]:
        # Only here: its import would slow down all the others.
        from local.run import run_everything  # noqa: PLC0415

        sys.exit(run_everything(demo=True, cairn=(sys.executable, __file__)))
    elif words[0] == "serve":
        _serve(words[1])
    elif words[0] == "simulate":
        _end_well("simulate")
        _note("started simulate")
        signal.pause()
    else:
        _note(" ".join(words))
        sys.stderr.write(f"{words[0]} did all there was to do\n")
        if words[0] == "seed":
            sys.stdout.write(json.dumps(_SEEDED) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
