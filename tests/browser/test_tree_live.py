"""One stream for all tabs, and none of its changes lost when it is cut."""

import os
import re
import signal

import httpx
import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.browser.company import Company
from tests.running import Running
from tests.waiting import eventually

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_two_tabs_share_one_stream(
    context: BrowserContext, page: Page, company: Company
) -> None:
    """The second tab of a browser opens no stream, and shows the same change."""
    await eventually(lambda: streams_of(company.cairn) == 0, what="no stream")
    await page.goto(company.cairn.page_link())
    second = await context.new_page()
    await second.goto(company.cairn.goals)
    for tab in (page, second):
        await expect(tab.locator("#freshness")).to_have_attribute("data-state", "live")

    company.win("42")

    for tab in (page, second):
        await expect(actual_of(tab, company)).to_have_text("42")
    assert streams_of(company.cairn) == 1


async def test_a_cut_connection_loses_and_doubles_nothing(
    page: Page, company: Company
) -> None:
    """What changes while the service is away is shown when it is back, once."""
    await page.goto(company.cairn.page_link())
    company.win("10")
    await expect(actual_of(page, company)).to_have_text("10")
    freshness = page.locator("#freshness")

    os.kill(company.cairn.run_file["pids"]["goals"][0], signal.SIGKILL)
    await expect(freshness).to_contain_text("Stale since")
    company.win("25")

    await expect(actual_of(page, company)).to_have_text("25")
    await expect(freshness).to_have_attribute("data-state", "live")
    company.win("31")
    await expect(actual_of(page, company)).to_have_text("31")
    assert streams_of(company.cairn) == 1


def actual_of(page: Page, company: Company) -> Locator:
    """Return where the root's actual is shown."""
    return page.locator(f"tr[data-goal='{company.id_of('root')}'] td.actual")


def streams_of(cairn: Running) -> int:
    """Return how many streams are open, as the service counts them."""
    text = httpx.get(f"{cairn.goals}/metrics", trust_env=False).text
    found = re.search(r"^cairn_goals_stream_watchers (\S+)$", text, re.MULTILINE)
    assert found is not None
    return round(float(found[1]))
