"""Takes pictures of every screen: `make screenshots`, beside `make run`.

They show what a person sees who follows the link that `make run` prints, in light and
in dark, and go to .cairn/pictures; those in the documentation are renewed from there.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.chromium import HOW_TO_BRING_IT, find_chromium, started
from tests.running import Running

DOCUMENTED: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
BYTES_MAX: Final = 300_000
_DOCUMENTED: Final = ("tree-light.png", "overview-dark.png")

_WIDTH: Final = 1280
_HEIGHT: Final = 720
_SETTLE_MS: Final = 1_500
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
# Where each screen stands; `{goal}` is a goal on top, `{dashboard}` the first one.
_SCREENS: Final = {
    "overview": "/overview",
    "icicle": "/?view=icicle",
    "goal": "/goals/{goal}",
    "goal-history": "/goals/{goal}?tab=history",
    "explain": "/goals/{goal}/explain",
    "reports": "/reports",
    "dashboards": "/dashboards",
    "dashboard": "/dashboards/{dashboard}",
    "dashboard-edit": "/dashboards/{dashboard}?edit=1",
    "dashboard-wall": "/dashboards/{dashboard}?wall=1",
    "operations": "/operations",
    "manage-goals": "/manage/goals?id={goal}",
    "manage-queries": "/manage/queries?new=1",
    "manage-metrics": "/manage/metrics",
    "manage-directory": "/manage/directory",
    "manage-calendar": "/manage/calendar",
    "manage-settings": "/manage/settings",
    "manage-entities": "/manage/settings?part=entities&new=1",
    "manage-tokens": "/manage/settings?part=tokens",
    "manage-page-links": "/manage/settings?part=page-links",
    "manage-audit": "/manage/settings?part=audit",
}
# These also as they are printed.
_PRINTED: Final = frozenset({"overview", "goal", "reports", "dashboard"})


async def take_pictures(cairn: Running, chromium: str) -> None:
    """Write one picture of each screen for each colour scheme."""
    folder = cairn.home / "pictures"
    async with started(chromium) as browser:
        for scheme in _SCHEMES:
            context = await _context(browser, scheme)
            page = await context.new_page()
            await page.goto(cairn.page_link())
            await _show_tree(page)
            await page.screenshot(path=folder / f"tree-{scheme}.png")
            for name, path in _addresses(cairn):
                await page.goto(cairn.goals + path)
                await page.wait_for_timeout(_SETTLE_MS)
                await page.screenshot(path=folder / f"{name}-{scheme}.png")
                if name in _PRINTED:
                    await _take_printed(page, folder / f"{name}-{scheme}-printed.png")
            await context.close()
    sys.stderr.write(f"all screens: {folder}\n")
    for name in _DOCUMENTED:
        _document(folder / name)


def _document(picture: Path) -> None:
    size = picture.stat().st_size
    if size > BYTES_MAX:
        sys.exit(f"{picture} has {size} bytes, {BYTES_MAX} are allowed in docs")
    shutil.copyfile(picture, DOCUMENTED / picture.name)
    sys.stderr.write(f"in the documentation: {picture.name}, {size // 1000} kB\n")


def _addresses(cairn: Running) -> Iterator[tuple[str, str]]:
    lists = {
        "goal": "/v1/goals?root=true&limit=1",
        "dashboard": "/v1/dashboards?limit=1",
    }
    found = {name: cairn.get(path)["items"] for name, path in lists.items()}
    first = {name: items[0]["id"] for name, items in found.items() if items}
    for name, path in _SCREENS.items():
        if all(one in first for one in lists if f"{{{one}}}" in path):
            yield name, path.format(**first)


async def _take_printed(page: Page, file: Path) -> None:
    await page.emulate_media(media="print")
    await page.screenshot(path=file, full_page=True)
    await page.emulate_media(media="screen")


async def _context(
    browser: Browser, scheme: Literal["light", "dark"]
) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": _WIDTH, "height": _HEIGHT},
        color_scheme=scheme,
        device_scale_factor=1.25,
        locale="en-GB",
    )


async def _show_tree(page: Page) -> None:
    await page.locator("#freshness[data-state='live']").wait_for()
    await page.locator("#tree tbody tr").first.wait_for()
    await page.locator("[aria-level='2'][aria-expanded='false'] .twisty").last.click()
    # A number that has just moved shows that it lives.
    await page.locator("#freshness .since").filter(has_text=" 0 s").wait_for()
    await page.mouse.move(0, 0)


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
    for folder in (DOCUMENTED, running.home / "pictures"):
        folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take_pictures(running, chromium))


if __name__ == "__main__":
    main()
