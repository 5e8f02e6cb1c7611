"""What is printed: ink on white paper, nothing to press, and when it was."""

from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.company import METRIC, Company
from tests.browser.test_dashboards import made
from tests.running import Running

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")
# More than are drawn at once.
ROWS: Final = 320
_ROWS: Final = "document.querySelectorAll('#tree tbody tr').length"
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


async def test_every_row_is_printed(page: Page, company: Company) -> None:
    """Also those of a long tree that are far from the window."""
    person = {"type": "user", "id": company.id_of("ada")}
    body = [
        {
            "id": company.id_of(f"leaf{number}"),
            "title": company.title_of(f"leaf {number}"),
            "owner": person,
            "manager_id": person["id"],
            "parent_id": company.id_of("right"),
        }
        for number in range(ROWS)
    ]
    company.cairn.post("/v1/goals", body)
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/?q={company.key}+leaf")
    first = page.locator("#tree").get_by_text(company.title_of("leaf 0"), exact=True)
    await expect(first).to_be_visible()
    assert 0 < await page.evaluate(_ROWS) < ROWS
    # After the page has made itself ready, and all that it put off is done.
    await page.evaluate(
        f"addEventListener('beforeprint', () => (globalThis.printed = {_ROWS}))"
    )

    await page.pdf()

    assert await page.evaluate("globalThis.printed") > ROWS


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
        await expect(page.locator(sought).first).to_be_attached()
        await expect(page.locator("#screen [aria-busy='true']")).to_have_count(0)

        await page.emulate_media(media="print")

        await expect(page.locator("#printed")).to_contain_text("Printed ")
        await expect(page.locator(sought).first).to_be_visible()
        assert await page.evaluate(_PAPER) == ["rgba(0, 0, 0, 0)", "rgb(0, 0, 0)", 0], (
            path
        )
        assert await page.evaluate(_PRESSED) == [], path
        await page.emulate_media(media="screen")
    await context.close()
