"""The live tree: what a person sees of goals, and how it moves."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import Company

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def row_of(page: Page, company: Company) -> Callable[[str], Locator]:
    """Return what finds the row of one of the company's goals."""
    return lambda name: page.locator(f"tr[data-goal='{company.id_of(name)}']")


async def test_the_first_look_shows_the_tree(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """Roots stand open, with titles, owners by name, targets, and their metric."""
    await page.goto(company.cairn.page_link())

    await expect(row_of("root").locator(".name")).to_have_text(company.title_of("root"))
    await expect(row_of("root").locator(".scope")).to_contain_text("Signed revenue, ")
    await expect(row_of("left").locator(".owner")).to_have_text("Bo Ek")
    await expect(row_of("left").locator("td.target")).to_have_text("400")
    await expect(row_of("left").locator("td.in-progress")).to_have_text("—")
    await expect(row_of("right").locator("td.actual")).to_have_text("0")
    await expect(page.locator("#freshness")).to_have_attribute("data-state", "live")


async def test_a_record_moves_the_root(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """A posted record shows at its goal and at the root, without a reload."""
    await page.goto(company.cairn.page_link())
    await expect(row_of("root").locator("td.actual")).to_have_text("0")

    company.win("1234.50")

    root = row_of("root")
    await expect(root.locator("td.actual")).to_have_text("1,235")
    await expect(root.locator("td.actual")).to_have_attribute(
        "title", re.compile(r"^1,234\.5000 [A-Z]{3}$")
    )
    await expect(root.locator("td.percentage")).to_have_text("123.4")
    await expect(root.locator(".status")).to_contain_text("reached")
    await expect(row_of("right").locator("td.actual")).to_have_text("1,235")
    await expect(row_of("left").locator("td.actual")).to_have_text("0")


async def test_the_bar_says_in_words_what_it_shows(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """Who does not see the bar hears actual, target, percentage and pace."""
    company.win("300")
    await page.goto(company.cairn.page_link())

    bar = row_of("right").locator("svg.bullet")

    await expect(bar).to_have_attribute("role", "img")
    await expect(bar).to_have_attribute(
        "aria-label",
        re.compile(
            f"{company.title_of('right')}: 300 of 600 [A-Z]{{3}}, 50.0 percent, pace "
        ),
    )


async def test_goals_come_move_and_go(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """A new goal appears under its parent, a moved one moves, a deleted one leaves."""
    await page.goto(company.cairn.page_link())
    await expect(row_of("left")).to_be_visible()

    company.goal("new", "50", parent_id=company.id_of("root"))
    await expect(row_of("new")).to_have_attribute("aria-level", "2")
    company.cairn.patch(
        f"/v1/goals/{company.id_of('new')}", {"parent_id": company.id_of("left")}
    )
    await expect(row_of("left")).to_have_attribute("aria-expanded", "false")
    await row_of("left").locator(".twisty").click()
    await expect(row_of("new")).to_have_attribute("aria-level", "3")
    company.cairn.delete(f"/v1/goals/{company.id_of('new')}")

    await expect(row_of("new")).to_have_count(0)
    await expect(row_of("left")).not_to_have_attribute("aria-expanded", re.compile(""))


async def test_a_pause_holds_the_picture(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """Paused, nothing moves and the page says so; resumed, the newest is there."""
    await page.goto(company.cairn.page_link())
    await expect(row_of("right").locator("td.actual")).to_have_text("0")
    await page.get_by_role("button", name="Pause").click()

    company.win("77")

    await expect(page.locator("#freshness")).to_contain_text(
        re.compile(r"Paused, \d+ goals have changed")
    )
    await expect(row_of("right").locator("td.actual")).to_have_text("0")
    await page.get_by_role("button", name="Pause").click()
    await expect(row_of("right").locator("td.actual")).to_have_text("77")


async def test_the_chosen_goal_is_told_in_full(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """A click on a row tells its manager, its period and what moved it last."""
    await page.goto(company.cairn.page_link())
    await row_of("right").click()

    company.win("12.34")

    details = page.locator("#details")
    await expect(details).to_contain_text("Bo Ek")
    await expect(details).to_contain_text("12.3400")
    await expect(details).to_contain_text(f"by opportunity/won-{company.key}@")
    await page.keyboard.press("Escape")
    await expect(details).to_be_hidden()


async def test_keys_move_through_rows_and_cells(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """Arrows walk rows, open, close and enter cells; Left in the first leaves them."""
    await page.goto(company.cairn.page_link())
    await row_of("root").focus()

    await page.keyboard.press("ArrowLeft")
    await expect(row_of("root")).to_have_attribute("aria-expanded", "false")
    await expect(row_of("left")).to_have_count(0)
    await page.keyboard.press("ArrowRight")
    await expect(row_of("root")).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowDown")
    await expect(row_of("left")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(row_of("left").locator(".owner")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(row_of("right").locator(".owner")).to_be_focused()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowLeft")
    await expect(row_of("right")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(row_of("root")).to_be_focused()


async def test_home_end_and_letters_find_rows(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """End and Home go to the last and first row, letters to the title they begin."""
    await page.goto(company.cairn.page_link())
    await row_of("root").focus()

    await page.keyboard.press("End")
    await expect(page.locator("tbody tr").last).to_be_focused()
    await page.keyboard.press("Home")
    await expect(page.locator("tbody tr").first).to_be_focused()
    await page.keyboard.type(company.title_of("ri"))
    await expect(row_of("right")).to_be_focused()


async def test_one_stop_of_the_tab_key_only(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """However many rows there are, Tab passes the tree in one step."""
    await page.goto(company.cairn.page_link())
    await row_of("right").focus()

    await expect(page.locator("tbody [tabindex='0']")).to_have_count(1)
    await expect(page.locator("tbody [tabindex='0']")).to_be_focused()


async def test_focus_stays_while_numbers_move(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """An arrival does not take the focus from the row one is on."""
    await page.goto(company.cairn.page_link())
    await row_of("right").focus()

    company.win("5")
    company.goal("a first", "1", parent_id=company.id_of("root"))

    await expect(row_of("a first")).to_be_visible()
    await expect(row_of("right").locator("td.actual")).to_have_text("5")
    await expect(row_of("right")).to_be_focused()


async def test_the_tree_is_announced_as_one(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """Levels and places are told, and only parents are said to open."""
    await page.goto(company.cairn.page_link())

    right = row_of("right")
    await expect(page.get_by_role("treegrid", name="Goals")).to_be_visible()
    await expect(right).to_have_attribute("aria-level", "2")
    await expect(right).to_have_attribute("aria-posinset", "2")
    await expect(right).to_have_attribute("aria-setsize", "2")
    await expect(right).not_to_have_attribute("aria-expanded", re.compile(""))
    await expect(row_of("root")).to_have_attribute("aria-expanded", "true")


async def test_the_tree_can_be_used_by_any_means(
    page: Page, company: Company, row_of: Callable[[str], Locator]
) -> None:
    """The rules that a machine can check find nothing."""
    await page.goto(company.cairn.page_link())
    await row_of("right").click()
    await expect(page.locator("#details")).to_be_visible()

    assert await faults_of(page) == []
