"""Finding Chromium on this machine, and starting it so that it keeps to itself."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_BRING_IT: Final = "bring it with `apt-get install chromium`"

_ARGUMENTS: Final = (
    "--headless",
    # Tests may run as root, where Chromium has no sandbox; it opens our page only.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """Return the program, if this machine has it."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@asynccontextmanager
async def started(program: str) -> AsyncIterator[Browser]:
    """Start Chromium with nothing remembered; close it afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=_ARGUMENTS
        )
        try:
            yield browser
        finally:
            await browser.close()
