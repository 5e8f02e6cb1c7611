"""What the server draws first stands where the script draws it a moment later."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from local.servers import Servers
from tests.browser.company import METRIC, Company
from tests.browser.test_dashboards import made
from tests.running import Running, running_cairn

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")
TRIES: Final = 60

# Words and place of each thing that is seen; a place may be off by what nobody sees.
_PLACES: Final = """(them) => them.filter((one) => one.checkVisibility()).map((one) => {
    // The head above tells how fresh all is, in more words or in fewer.
    const top = document.getElementById("screen").getBoundingClientRect().y;
    const { x, y } = one.getBoundingClientRect();
    return [one.textContent.trim().replace(/\\s+/g, " "), x, y - top];
})"""
_SCREENS: Final = [
    (
        f"/reports?by=goal&metric={METRIC}",
        "h1, .tools select, .bars .label, .bars .amount, .report :is(th, td)",
    ),
    (
        f"/reports?period=all&compare=none&sort=target&order=rising&metric={METRIC}",
        "h1, .about ~ .tools input, .bars .label, .report :is(th, td)",
    ),
    ("/dashboards", "h1, .tools :is(input, button), .dashboards li"),
    (
        "/dashboards/{board}",
        "h1, section:first-of-type :is(section > h2, article > h2, .value, .of)",
    ),
    (
        "/operations",
        "h1, .figures dt, .columns section.services :is(h2, th)",
    ),
    ("/manage/goals", ".explain, .find :is(input, button), .things .name"),
    ("/manage/queries", ".explain, .find button, .things a"),
    ("/manage/metrics", ".explain, .find button, .things a"),
    ("/manage/directory", ".parts a, .explain, .find button, .things a"),
    ("/manage/directory?part=teams", ".parts a, .explain, .things a"),
    ("/manage/directory?part=business-units", ".explain, .things a"),
    ("/manage/directory?part=roles", ".explain, .things a"),
]


@pytest.fixture(scope="module")
def cairn(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Run a Cairn that nobody else fills: long lists are drawn first in part."""
    with running_cairn(servers, tmp_path_factory.mktemp("first-paint")) as running:
        yield running


@pytest.fixture
def company(cairn: Running) -> Company:
    """Found a company with a tree that no other test looks at."""
    company = Company(cairn)
    company.found()
    return company


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
async def test_nothing_jumps(
    browser: Browser, company: Company, size: tuple[int, int]
) -> None:
    """The same words at the same places, with a script and before it runs."""
    board = made(company)
    for path, sought in _SCREENS:
        address = company.cairn.goals + path.format(board=board)

        first = await _seen(browser, company, address, sought, size, script=False)
        then = await _seen(browser, company, address, sought, size, script=True)

        assert [one[0] for one in first] == [one[0] for one in then], path
        assert first, path
        for (words, *place), (_, *later) in zip(first, then, strict=True):
            assert place == pytest.approx(later, abs=2), (path, words)


async def _is_drawn(page: Page, address: str) -> bool:
    """Open a document; tell whether it came with what is seen there."""
    await page.goto(address)
    waits = page.locator("#screen :is(p, .figures)[aria-busy='true']")
    return await waits.count() == 0


async def _seen(
    browser: Browser,
    company: Company,
    address: str,
    sought: str,
    size: tuple[int, int],
    *,
    script: bool,
) -> list[list[Any]]:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=script,
        locale="en-GB",
    )
    page = await context.new_page()
    await page.goto(company.cairn.page_link())
    if not script:
        # What a busy server has not ready within a second, it leaves to the script.
        for _ in range(TRIES):
            if await _is_drawn(page, address):
                break
    else:
        await page.goto(address)
        await expect(page.locator("#freshness")).to_have_attribute("data-state", "live")
        await expect(page.locator("#screen [aria-busy='true']")).to_have_count(0)
    found: list[list[Any]] = await page.locator(sought).evaluate_all(_PLACES)
    await context.close()
    return found
