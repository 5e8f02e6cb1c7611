"""Draws the documents of the page from their templates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.goals.page.files import HEADERS, read_manifest
from services.goals.page.screens import LISTED, Screen

_TEMPLATES: Final = Path(__file__).with_name("templates")
# A document holds what its reader may see: no one else keeps it, and nobody for long.
_HEADERS: Final = HEADERS | {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """The files that one screen needs."""

    scripts: tuple[str, ...]
    worker: str
    style: str
    icon: str


class Documents:
    """Draws screens."""

    def __init__(self) -> None:
        self._manifest = read_manifest()
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
        )
        self._templates.filters["path_part"] = lambda text: quote(text, safe="")

    def draw(self, screen: Screen, **values: Any) -> Response:
        """Return the document of a screen."""
        template = self._templates.get_template(f"{screen.name}.html")
        files = self._files(screen)
        text = template.render(screen=screen, screens=LISTED, files=files, **values)
        return HTMLResponse(text, headers=_HEADERS)

    def _files(self, screen: Screen) -> _Files:
        found = self._manifest
        return _Files(
            scripts=tuple(found.screens[screen.name]),
            worker=found.worker,
            style=found.style,
            icon=found.icon,
        )
