"""What is printed: ink on white paper, nothing to press, and when it was."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.browser.company import METRIC, Company
from tests.browser.test_dashboards import made
from tests.running import Running

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS: Final = 20_000
# A sheet of A4, as wide as browsers lay it out.
A4: Final = {"width": 794, "height": 1123}
_SCREENS: Final = {
    "/": "#tree [role='row'][aria-level]",
    "/overview": ".cards .bullet",
    "/reports": ".report .change",
    f"/reports?by=goal&metric={METRIC}": ".report .change",
    "/dashboards": ".dashboards li",
    "/dashboards/{board}": ".tile .report tbody td",
    "/goals/{goal}": ".burn-up .chart",
    "/operations": "table.plain .lag",
}
_PAPER: Final = """() => {
    const { backgroundColor, color } = getComputedStyle(document.body);
    const root = document.documentElement;
    return [backgroundColor, color, root.scrollWidth - root.clientWidth];
}"""

# The heads of columns stay, as words.
_PRESSED: Final = """() => [
    ...document.querySelectorAll("button:not(.sort, .sorter), select, input, textarea"),
].filter((one) => one.checkVisibility()).map((one) => one.outerHTML)"""


@pytest.fixture
def company(cairn: Running) -> Company:
    """Found a company with a tree that no other test looks at."""
    company = Company(cairn)
    company.found()
    return company


async def test_paper_is_white_and_holds_all(browser: Browser, company: Company) -> None:
    """Also for who works in the dark; no column is cut off."""
    board, goal = made(company), company.id_of("root")
    context = await browser.new_context(
        viewport={"width": A4["width"], "height": A4["height"]},
        color_scheme="dark",
        locale="en-GB",
    )
    page = await context.new_page()
    await page.goto(company.cairn.page_link())
    for path, sought in _SCREENS.items():
        await page.goto(company.cairn.goals + path.format(board=board, goal=goal))
        await expect(page.locator(sought).first).to_be_attached(timeout=SECONDS)
        await expect(page.locator("#screen [aria-busy='true']")).to_have_count(
            0, timeout=SECONDS
        )

        await page.emulate_media(media="print")

        await expect(page.locator("#printed")).to_contain_text("Printed ")
        await expect(page.locator(sought).first).to_be_visible()
        assert await page.evaluate(_PAPER) == ["rgba(0, 0, 0, 0)", "rgb(0, 0, 0)", 0], (
            path
        )
        assert await page.evaluate(_PRESSED) == [], path
        await page.emulate_media(media="screen")
    await context.close()
