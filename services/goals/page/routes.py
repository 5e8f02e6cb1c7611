"""Routes of the web page: one document and its files, kept in memory.

They hold no numbers and ask for no right: what the page shows, it asks of the API,
which decides who may see it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

STATIC: Final = Path(__file__).with_name("static")
DOCUMENT: Final = "index.html"

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS: Final = {
    # Nothing from another host, nothing inline, framed by nobody.
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # The address one came from may hold the one-time code of a page link.
    "Referrer-Policy": "no-referrer",
    # Names carry no hash of the content, so a browser asks each time; 304 is cheap.
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file as it is served."""

    content: bytes
    media_type: str
    etag: str


def page_router() -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter(include_in_schema=False)
    files = _files()

    @router.get("/")
    async def document(if_none_match: Annotated[str, Header()] = "") -> Response:
        return _answer(files[DOCUMENT], if_none_match)

    @router.get("/static/{name}")
    async def static(
        name: str, if_none_match: Annotated[str, Header()] = ""
    ) -> Response:
        file = files.get(name)
        if file is None:
            return Response(status_code=404, headers=_HEADERS)
        return _answer(file, if_none_match)

    return router


def _files() -> Mapping[str, _File]:
    """Read all files once; a name that is not among them cannot be asked for."""
    return {path.name: _read(path) for path in STATIC.iterdir() if path.is_file()}


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(
        content=content,
        media_type=_MEDIA_TYPES[path.suffix],
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    )


def _answer(file: _File, if_none_match: str) -> Response:
    headers = _HEADERS | {"ETag": file.etag}
    if file.etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
