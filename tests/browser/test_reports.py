"""Reports: by what one likes, as bars and as a table, to sort, to take along."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import METRIC, Company
from tests.browser.modules import answers_of

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _open(page: Page, company: Company, query: str) -> None:
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/reports{query}")


async def test_a_report_is_bars_and_a_table(page: Page, company: Company) -> None:
    """Each goal has its row and its bar, said in words; a click leads to the goal."""
    await _open(page, company, f"?by=goal&metric={METRIC}")

    row = page.locator(".report tr").filter(has_text=company.title_of("left"))
    await expect(row.locator(".target")).to_have_text("400")
    await expect(row.get_by_role("link")).to_have_attribute(
        "href", f"/goals/{company.id_of('left')}"
    )
    await expect(page.locator(".bars svg[role='img']").first).to_have_attribute(
        "aria-label", re.compile(r": .*, target [\d,.]+ [A-Z]{3}, ")
    )
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Attainment by goal"
    )
    assert await faults_of(page) == []


async def test_what_is_chosen_stands_in_the_address(
    page: Page, company: Company
) -> None:
    """By, metric, period, comparison and order; the files hold the same report."""
    await _open(page, company, "")
    await page.locator("select[name=by]").select_option("metric")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Attainment by metric"
    )
    await page.locator("select[name=period]").select_option("days")
    await expect(page.locator("input[name=first]")).to_be_visible()
    await page.get_by_role("checkbox", name="the period before").press("Space")
    await expect(page.locator(".report .before")).to_have_count(0)
    await page.get_by_role("button", name="Target", exact=True).press("Enter")

    head = page.get_by_role("columnheader", name="Target", exact=True)
    await expect(head).to_have_attribute("aria-sort", "descending")
    assert "by=metric" in page.url
    assert "compare=none" in page.url
    assert "sort=target" in page.url
    for name, kind in (("CSV", "text/csv"), ("Excel", "spreadsheetml")):
        link = await page.get_by_role("link", name=name).get_attribute("href")
        answer = await page.request.get(f"{company.cairn.goals}{link}")
        assert kind in answer.headers["content-type"]
        assert "by=metric" in (link or "")


async def test_who_leads_is_shown_only_when_asked_for(
    browser: Browser, company: Company
) -> None:
    """Switched on, people are ranked by their own targets, with a word on why."""
    context = await browser.new_context(color_scheme="dark", locale="en-GB")
    page = await context.new_page()
    await _open(page, company, f"?metric={METRIC}")
    await expect(page.locator(".bars")).to_be_visible()
    await expect(page.locator(".leaderboard")).to_have_count(0)

    await page.get_by_role("checkbox", name="leaderboard").press("Space")

    await expect(page).to_have_url(re.compile("leaderboard=1"))
    board = page.locator(".leaderboard")
    await expect(board).to_contain_text("ranking people by name is for teams that want")
    await expect(board.locator("li").first).to_contain_text("Ada Lind")
    assert await faults_of(page) == []
    await context.close()


async def test_a_report_stands_still_and_says_when_it_is_old(
    page: Page, company: Company
) -> None:
    """Nothing moves under the reader; he is told of news, and reads again."""
    await _open(page, company, f"?by=goal&metric={METRIC}")
    row = page.locator(".report tr").filter(has_text=company.title_of("right"))
    await expect(row.locator(".actual")).to_have_text("0")

    company.win("123")
    again = page.get_by_role("button", name="Numbers have changed: read again")
    await expect(again).to_be_visible()
    await again.click()

    await expect(row.locator(".actual")).to_have_text("123")


async def test_a_report_that_is_refused_says_why(page: Page, company: Company) -> None:
    """In the words of the API; where there is nothing, that is said too."""
    await _open(page, company, "?period=2026-02-30..2026-03-01")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("which is no period")
    assert await faults_of(page) == []

    await _open(page, company, "?metric=nothing")
    await expect(page.get_by_text("No goal that you may read")).to_be_visible()


async def test_lines_are_sorted_exactly_and_ranked_fairly(page: Page) -> None:
    """Long numbers by each digit; what is not known last; equals share a place."""
    row = "{{key: 'user/{0}', name: '{0}', metric: {{id: 'm', name: 'm'}}, goals: 1, "
    row += "actual: {1}, target: null, percentage: {2}, previous: null}}"
    rows = ", ".join(
        row.format(*one)
        for one in (
            ("a", "'12345678901234567.0001'", "'50'"),
            ("b", "'12345678901234567.0002'", "'70'"),
            ("c", "null", "'50'"),
        )
    )
    lines = f"[{rows}].map((row) => it.lineOf(row, 'owner'))"

    falling, rising, places = await answers_of(
        page,
        "reports/rows.js",
        [
            f"grouped({lines}, 'actual', true)[0].lines.map((one) => one.label)",
            f"grouped({lines}, 'actual', false)[0].lines.map((one) => one.label)",
            f"ranked({lines}).map(({{place, line}}) => place + line.label)",
        ],
    )

    assert falling == ["b", "a", "c"]
    assert rising == ["a", "b", "c"]
    assert places == ["1b", "2a", "2c"]
