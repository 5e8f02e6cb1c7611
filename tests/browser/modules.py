"""The page's own modules, asked in Chromium; served from their folder, all alone."""

from collections.abc import Sequence
from typing import Any, Final

from playwright.async_api import Page, Route

from tests.browser.sources import SOURCES

# An address that nobody asks: the answers come from the folder.
ORIGIN: Final = "http://127.0.0.1:9"


async def answers_of(page: Page, module: str, calls: Sequence[str]) -> list[Any]:
    """Return what each call on a module of the page answers."""
    await page.route(f"{ORIGIN}/**", _serve_from_folder)
    await page.goto(f"{ORIGIN}/")
    listed = ", ".join(f"it.{call}" for call in calls)
    found = await page.evaluate(f"import('/{module}').then((it) => [{listed}])")
    # Some versions put thin spaces around the dash.
    return [
        one.replace("\u2009", " ") if isinstance(one, str) else one for one in found
    ]


async def _serve_from_folder(route: Route) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    if name:
        await route.fulfill(path=SOURCES / name)
    else:
        await route.fulfill(content_type="text/html", body="<!doctype html>")
