"""The screen that explains: one record test by test, and the lists behind a number."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import Company
from tests.running import Running
from tests.waiting import eventually_true

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def company(cairn: Running) -> Company:
    """Found a company in which a record counts for one of two goals."""
    company = Company(cairn)
    company.found()
    company.win("400")
    eventually_true(cairn.is_settled, what="the record in the totals")
    return company


async def test_a_pasted_id_is_judged_test_by_test(page: Page, company: Company) -> None:
    """The id alone is enough; the verdict comes first, then every test."""
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/goals/{company.id_of('right')}/explain")
    field = page.get_by_label(re.compile("Paste a record"))

    await field.fill(f"won-{company.key}")
    await field.press("Enter")

    verdict = page.locator(".verdict")
    await expect(verdict).to_contain_text("Counted: 400.0000")
    await expect(verdict.locator(".sentence")).to_contain_text("its state is won")
    assert await verdict.locator("tr.fails").count() == 0
    assert await verdict.locator("tr.holds").count() >= 5
    assert f"record=won-{company.key}" in page.url
    assert await faults_of(page) == []


async def test_the_one_test_that_fails_is_named(page: Page, company: Company) -> None:
    """What nearly counts says why not; its link leads to all of its tests."""
    await page.emulate_media(color_scheme="dark")
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/goals/{company.id_of('left')}/explain")
    nearly = page.get_by_role("region", name="Nearly counted", exact=True)
    await nearly.get_by_role("searchbox").fill(company.key)
    row = nearly.get_by_role("row").filter(has_text=f"won-{company.key}")
    await expect(row).to_contain_text("it belongs to user ada")
    assert await faults_of(page) == []

    await row.get_by_role("link").click()

    verdict = page.locator(".verdict")
    await expect(verdict).to_contain_text("Not counted")
    await expect(verdict.locator("tr.fails")).to_have_count(1)
    await expect(verdict.locator("tr.fails")).to_contain_text("Its owner")


async def test_without_a_goal_it_asks_for_one(page: Page, company: Company) -> None:
    """Live goals are searched by their titles, and lead to their explanations."""
    await page.goto(company.cairn.page_link())
    await page.get_by_role("link", name="Explain").click()

    await page.get_by_label("Which goal?").fill(company.title_of("ri"))

    found = page.locator(".found li")
    await expect(found).to_have_count(1)
    assert await faults_of(page) == []
    await found.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(company.title_of("right"))
    )


async def test_a_record_that_nobody_sent_is_told(page: Page, company: Company) -> None:
    """The API's own words say what to look at."""
    await page.goto(company.cairn.page_link())
    goal = f"{company.cairn.goals}/goals/{company.id_of('right')}"
    await page.goto(f"{goal}/explain?record=nix")

    await expect(page.locator(".told")).to_contain_text(
        "nobody has sent a record opportunity/nix"
    )
