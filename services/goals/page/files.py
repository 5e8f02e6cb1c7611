"""The files of the page, kept in memory; `web/` is where they are made."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response

STATIC: Final = Path(__file__).with_name("static")

# Nothing from another host, nothing inline, framed by nobody.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # The address one came from may hold the one-time code of a page link.
    "Referrer-Policy": "no-referrer",
}
# A name holds a hash of the content, so what a browser has is right for ever.
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_MANIFEST: Final = "manifest.json"
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Which files there are for what."""

    # The script of each screen, and what it needs before it runs.
    screens: Mapping[str, Sequence[str]]
    worker: str
    style: str
    icon: str


def read_manifest() -> Manifest:
    """Read what the build wrote of itself."""
    return Manifest(**json.loads((STATIC / _MANIFEST).read_bytes()))


def files_router() -> APIRouter:
    """Return the route of the page's files."""
    router = APIRouter(include_in_schema=False)
    # Read once; a name that is not among them cannot be asked for.
    contents = {
        path.name: path.read_bytes()
        for path in STATIC.iterdir()
        if path.suffix in _MEDIA_TYPES
    }

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        content = contents.get(name)
        if content is None:
            return Response(status_code=404, headers=HEADERS)
        media_type = _MEDIA_TYPES[Path(name).suffix]
        return Response(content, media_type=media_type, headers=HEADERS | _FOR_EVER)

    return router
