"""Around the live tree: filters, order, own records, export, icicle, addresses."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import METRIC, Company
from tests.running import Running
from tests.waiting import eventually

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")

RowOf = Callable[[str], Locator]


@pytest.fixture
def company(cairn: Running) -> Company:
    """Found a company whose right goal has one below it, and counts records itself."""
    company = Company(cairn)
    company.found()
    company.goal("below", "100", parent_id=company.id_of("right"), owner="bo")
    return company


@pytest.fixture
def row_of(page: Page, company: Company) -> RowOf:
    """Return what finds the row of one of the company's goals."""
    return lambda name: page.locator(f"tr[data-goal='{company.id_of(name)}']")


async def test_a_filter_keeps_what_stands_above(
    page: Page, company: Company, row_of: RowOf
) -> None:
    """Who is found is shown below its ancestors; all of it stands in the address."""
    await page.goto(company.cairn.page_link())
    await expect(row_of("left")).to_be_visible()

    await page.keyboard.press("/")
    await page.keyboard.type(company.title_of("below"))

    await expect(row_of("left")).to_have_count(0)
    await expect(page.locator("tbody tr")).to_have_count(3)
    await expect(row_of("right")).to_have_class("context")
    await expect(row_of("below")).not_to_have_class("context")
    await expect(page.locator("#count")).to_contain_text(re.compile(r"^1 of \d+ goals"))
    await page.reload()
    await expect(row_of("below")).to_be_visible()
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Clear").click()
    await expect(row_of("left")).to_be_visible()
    assert "q=" not in page.url


async def test_lists_offer_what_the_goals_have(
    page: Page, company: Company, row_of: RowOf
) -> None:
    """Metric, period, owner and state narrow the tree, and the files that one takes."""
    await page.goto(company.cairn.page_link())
    await page.get_by_label("Owner").select_option(f"user/{company.id_of('bo')}")
    await expect(page.locator("tbody tr")).to_have_count(4)
    await page.get_by_label("Metric").select_option(METRIC)
    await page.get_by_label("Period").select_option(label="Current periods")
    await page.get_by_label("State").select_option("open")
    await expect(row_of("left")).to_be_visible()

    address = await page.get_by_role("link", name="CSV").get_attribute("href")
    table = await page.request.get(company.cairn.goals + (address or ""))

    assert table.headers["content-type"].startswith("text/csv")
    text = await table.text()
    assert company.title_of("below") in text
    assert company.title_of("left") in text
    assert company.title_of("right") not in text
    await page.get_by_label("State").select_option("closed")
    await expect(page.get_by_text("No goal is like that")).to_be_visible()
    workbook = page.get_by_role("link", name="XLSX")
    await expect(workbook).to_have_attribute("href", re.compile("format=xlsx"))
    await expect(workbook).to_have_attribute("href", re.compile("state=closed"))


async def test_rows_do_not_move_under_the_pointer(
    page: Page, company: Company, row_of: RowOf
) -> None:
    """A column sorts siblings; what changes the order later is only offered."""
    await page.goto(company.cairn.page_link())
    target = page.get_by_role("columnheader", name="Target", exact=True)
    await target.get_by_role("button").click()
    await expect(target).to_have_attribute("aria-sort", "descending")
    await expect(row_of("right")).to_have_attribute("aria-posinset", "1")
    assert "sort=-target" in page.url

    company.cairn.patch(f"/v1/goals/{company.id_of('left')}", {"target": "700"})

    again = page.get_by_role("button", name="Order changed")
    await expect(again).to_be_visible()
    await expect(row_of("left").locator("td.target")).to_have_text("700")
    await expect(row_of("right")).to_have_attribute("aria-posinset", "1")
    await again.click()
    await expect(row_of("left")).to_have_attribute("aria-posinset", "1")
    await expect(again).to_be_hidden()


async def test_own_records_and_uneven_targets_are_said(
    page: Page, company: Company, row_of: RowOf
) -> None:
    """A parent that counts records itself has a line for them, and where it may end."""
    company.win("300")
    await eventually(company.cairn.is_settled, within=60)
    await page.goto(company.cairn.page_link())
    right = row_of("right")

    badge = right.locator(".badge.uneven")
    await expect(badge).to_have_text("\u03a3\u2260 \u2212500")
    await expect(badge).to_have_attribute(
        "title", re.compile(r"add up to 100\.0000 .*own target is 600\.0000 ")
    )
    await expect(row_of("root").locator(".badge")).to_have_count(0)
    await right.locator(".twisty").click()
    own = page.locator(f"tr[data-own='{company.id_of('right')}']")
    await expect(own).to_contain_text("Own records, not in children")
    await expect(own.locator("td.actual")).to_have_text("300")
    await expect(own).to_have_attribute("aria-posinset", "2")
    await expect(page.locator("#attained")).to_contain_text("as of ")
    assert "open=" in page.url


async def test_enter_opens_goals_and_explains_numbers(
    page: Page, company: Company, row_of: RowOf
) -> None:
    """On a leaf and on a title Enter leads to the goal, on a number to its records."""
    await page.goto(company.cairn.page_link())
    goal = f"{company.cairn.goals}/goals/{company.id_of('left')}"
    await expect(row_of("left").get_by_role("link")).to_have_attribute(
        "href", f"/goals/{company.id_of('left')}"
    )
    for selector, address in (("", goal), (" td.actual", f"{goal}/explain")):
        await page.goto(company.cairn.goals)
        row = page.locator(f"#tree tr[data-goal='{company.id_of('left')}']{selector}")
        await row.focus()

        await page.keyboard.press("Enter")

        await expect(page).to_have_url(address)


async def test_the_icicle_shows_where_the_gap_is(page: Page, company: Company) -> None:
    """Widths are targets, keys walk and zoom, and a link shows the same."""
    await page.goto(company.cairn.page_link())
    await page.get_by_label("Metric").select_option(METRIC)
    await page.get_by_label("Words of the title").fill(company.key)
    await page.get_by_role("button", name="Icicle").click()

    def cell(name: str) -> Locator:
        return page.locator(f"#icicle [data-goal='{company.id_of(name)}']")

    await expect(cell("root")).to_have_attribute("width", "100.000%")
    await expect(cell("left")).to_have_attribute("width", "40.000%")
    await expect(cell("below")).to_have_attribute("width", "10.000%")
    await expect(page.locator("#tree")).to_be_hidden()
    assert await faults_of(page) == []
    await cell("root").focus()
    await page.keyboard.press("ArrowDown")
    await expect(cell("left")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(cell("right")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(cell("right")).to_have_attribute("width", "100.000%")
    await expect(cell("left")).to_have_count(0)
    await page.reload()
    await expect(cell("right")).to_have_attribute("width", "100.000%")
    company.win("450")
    await expect(cell("right")).to_have_attribute(
        "aria-label", re.compile("450 of 600 ")
    )
    await cell("right").focus()
    await page.keyboard.press("Escape")
    await expect(cell("left")).to_be_visible()


async def test_it_can_be_used_in_the_dark(
    browser: Browser, cairn: Running, company: Company
) -> None:
    """Axe finds nothing in dark, with rows that only lead to what was found."""
    context = await browser.new_context(color_scheme="dark")
    page = await context.new_page()
    await page.goto(cairn.page_link())
    await page.goto(f"{cairn.goals}/?q={company.key}+below&sort=-actual")
    await expect(page.locator("tr.context").first).to_be_visible()

    assert await faults_of(page) == []
    await page.get_by_role("button", name="Icicle").click()
    await expect(page.locator("#icicle .cell").first).to_be_visible()
    assert await faults_of(page) == []
    await context.close()
