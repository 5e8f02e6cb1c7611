"""Takes the pictures in the documentation anew: `make screenshots`, beside `make run`.

They show what a person sees who follows the link that `make run` prints, in light and
in dark.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser

from tests.browser.chromium import HOW_TO_BRING_IT, find_chromium, started
from tests.running import Running

PICTURES: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
BYTES_MAX: Final = 300_000

_WIDTH: Final = 1280
_HEIGHT: Final = 720
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


async def take_pictures(cairn: Running, chromium: str) -> None:
    """Write one picture for each colour scheme."""
    async with started(chromium) as browser:
        for scheme in _SCHEMES:
            file = PICTURES / f"page-{scheme}.png"
            await _take(browser, cairn.page_link(), scheme, file)
            size = file.stat().st_size
            if size > BYTES_MAX:
                sys.exit(f"{file} has {size} bytes, {BYTES_MAX} are allowed")
            sys.stderr.write(f"{file}: {size // 1000} kB\n")


async def _take(
    browser: Browser, link: str, scheme: Literal["light", "dark"], file: Path
) -> None:
    context = await browser.new_context(
        viewport={"width": _WIDTH, "height": _HEIGHT},
        color_scheme=scheme,
        device_scale_factor=1.25,
        locale="en-GB",
    )
    page = await context.new_page()
    await page.goto(link)
    await page.locator("#freshness[data-state='live']").wait_for()
    await page.locator("tbody tr").first.wait_for()
    await page.locator("[aria-level='2'][aria-expanded='false'] .twisty").last.click()
    # A number that has just moved shows that it lives.
    await page.locator("#freshness .since").filter(has_text=" 0 s").wait_for()
    await page.mouse.move(0, 0)
    await page.screenshot(path=file)
    await context.close()


def main() -> None:
    """Ask the Cairn that runs here to sit for its picture."""
    run_file = Path(os.environ.get("CAIRN_HOME", ".cairn")) / "run.json"
    if not run_file.exists():
        sys.exit(
            f"no Cairn runs here: there is no {run_file}; start it with `make run`"
        )
    chromium = find_chromium()
    if chromium is None:
        sys.exit(f"Chromium is missing; {HOW_TO_BRING_IT}")
    state = json.loads(run_file.read_text(encoding="utf-8"))
    running = Running(
        goals=state["addresses"]["goals"],
        ingest=state["addresses"]["ingest"],
        token=state["admin_token"],
        home=run_file.parent,
        environment=dict(os.environ),
    )
    PICTURES.mkdir(exist_ok=True)
    asyncio.run(take_pictures(running, chromium))


if __name__ == "__main__":
    main()
