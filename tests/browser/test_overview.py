"""The overview: cards that live, what moved, what needs attention."""

import re
from decimal import Decimal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import Company
from tests.waiting import eventually

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _open(page: Page, company: Company, query: str = "") -> None:
    """Open the overview with the company's root alone."""
    await page.goto(company.cairn.page_link())
    roots = f"?roots={company.id_of('root')}{query}"
    await page.goto(f"{company.cairn.goals}/overview{roots}")


async def test_a_card_lives(page: Page, company: Company) -> None:
    """Value, target and percentage follow a record; pace and finish stand there."""
    await _open(page, company)
    card = page.locator(f".card[data-goal='{company.id_of('root')}']")
    await expect(card.locator(".value")).to_have_text("0")

    company.win("250")

    await expect(card.locator(".value")).to_have_text("250")
    await expect(card.locator(".percentage")).to_have_text("25.0 %")
    await expect(card.locator(".of")).to_contain_text("of 1,000 ")
    await expect(card.locator("dd").first).to_have_attribute(
        "title", re.compile(r"^\d{3}\.\d{4} [A-Z]{3}$")
    )
    assert await faults_of(page) == []


async def test_what_moved_adds_up(page: Page, company: Company) -> None:
    """Start and all steps, as they stand there exactly, are the end."""
    company.win("100.10")
    await _open(page, company)
    card = page.locator(f".card[data-goal='{company.id_of('root')}']")
    await expect(card.locator(".value")).to_have_text("100.1")
    # The history has the last value of each second, under the second's beginning.
    since = await eventually(lambda: company.shown_since("root", "100.1000"))

    company.win("350.35")
    await expect(card.locator(".value")).to_have_text("350.35")
    await eventually(lambda: company.shown_since("root", "350.3500"))
    await _open(page, company, f"&since={since}")

    amounts = page.locator(".waterfall .amount")
    await expect(amounts).to_have_count(3)
    exact = [await one.get_attribute("title") for one in await amounts.all()]
    start, step, end = [
        Decimal(re.sub(r"[^\d.-]", "", (one or "").replace("\u2212", "-")))
        for one in exact
    ]
    assert (start, step, end) == (
        Decimal("100.1000"),
        Decimal("250.2500"),
        Decimal("350.3500"),
    )
    link = page.get_by_role("link", name=company.title_of("right"), exact=True).first
    await expect(link).to_have_attribute("href", f"/goals/{company.id_of('right')}")


async def test_needs_are_ordered_by_what_lacks(page: Page, company: Company) -> None:
    """Each line links to its goal; within a metric the largest gap stands first."""
    await _open(page, company)
    metric = page.locator(".attention tbody").filter(has_text="Signed revenue, ")
    rows = metric.locator("tr:has(td a)")
    await expect(rows.first).to_be_visible()

    gaps = [
        Decimal(re.sub(r"[^\d.]", "", await one.get_attribute("title") or ""))
        for one in await rows.locator("td:nth-child(4)").all()
    ]

    assert gaps == sorted(gaps, reverse=True)
    await expect(rows.first.locator("td").last).to_contain_text(" ago")


async def test_a_target_that_was_reached_is_told(page: Page, company: Company) -> None:
    """Who comes to the target stands among those reached."""
    company.win("601")
    await _open(page, company)

    reached = page.locator(".reached li").filter(has_text=company.title_of("right"))
    await expect(reached).to_contain_text("601 of 600")


async def test_goals_and_span_are_chosen_by_keyboard(
    browser: Browser, company: Company
) -> None:
    """What is chosen stands in the address, and is there again after a reload."""
    context = await browser.new_context(color_scheme="dark", locale="en-GB")
    page = await context.new_page()
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/overview?roots=")
    await expect(page.get_by_text("None of the goals that this")).to_be_visible()

    await page.locator(".choice summary").focus()
    await page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name=company.title_of("root"))
    await box.focus()
    await page.keyboard.press("Space")
    await expect(page).to_have_url(re.compile(f"roots={company.id_of('root')}$"))
    await page.get_by_label("Changes in").select_option("7d")
    await expect(page).to_have_url(re.compile("since=7d"))
    await page.reload()

    change = page.get_by_role("button", name=re.compile("in the last 7 days$"))
    await expect(change).to_have_attribute("aria-pressed", "true")
    assert await faults_of(page) == []
    await context.close()


async def test_what_cannot_be_worked_out_is_said(page: Page, company: Company) -> None:
    """A refused report is told in its own words; the cards stay, and one may retry."""
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/overview?since=soon")

    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("since is soon, which is no time")
    await expect(page.locator(".card").first).to_be_visible()
    await page.get_by_label("Changes in").select_option("24h")
    await expect(alert).to_have_count(0)
    assert await faults_of(page) == []
