"""What the page says when there is no tree to show, or not a fresh one."""

import asyncio
import os
import subprocess
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.company import Company
from tests.running import Running

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")
EMPTY = "event: snapshot\ndata: []\n\n"


async def test_without_a_session_it_says_how_to_get_one(
    page: Page, cairn: Running
) -> None:
    """Who has no right is told the command, and sees nothing else."""
    await page.goto(cairn.goals)

    await expect(page.get_by_text("cairn page-link")).to_be_visible()
    await expect(page.get_by_role("treegrid")).to_be_hidden()


async def test_a_session_that_ends_is_said(page: Page, cairn: Running) -> None:
    """When the API lets nobody in any more, the page says how to come back."""

    async def refuse(route: Route) -> None:
        await route.fulfill(status=401)

    await _connect_alone(page)
    await page.route("**/v1/**", refuse)
    await page.goto(cairn.page_link())

    await expect(page.locator("#no-right")).to_contain_text("cairn page-link")
    await expect(page.locator("#tree")).to_be_hidden()
    await expect(page.locator("#loading")).to_be_hidden()


async def test_a_link_works_once(browser: Browser, page: Page, cairn: Running) -> None:
    """Who comes second with the same link is not let in."""
    link = cairn.page_link()
    await page.goto(link)
    await expect(page.get_by_role("heading", name="Goals", exact=True)).to_be_visible()

    other = await browser.new_context()
    second = await other.new_page()
    await second.goto(link)

    await expect(second.get_by_text("cairn page-link")).to_be_visible()
    await expect(second.get_by_role("treegrid")).to_be_hidden()
    await other.close()


async def test_a_link_in_a_message_lets_one_in(
    browser: Browser, cairn: Running
) -> None:
    """Who clicks the link in a web mail is let in like who types it."""
    link = cairn.page_link()

    async def show_message(route: Route) -> None:
        await route.fulfill(
            content_type="text/html", body=f"<a href='{link}'>our goals</a>"
        )

    context = await browser.new_context()
    page = await context.new_page()
    await page.route("http://mail.example/**", show_message)
    await page.goto("http://mail.example/")
    await page.get_by_role("link", name="our goals").click()

    await expect(page.locator("#freshness")).to_have_attribute("data-state", "live")
    await context.close()


async def test_without_goals_it_says_how_to_make_the_first(
    page: Page, cairn: Running
) -> None:
    """The commands shown are whole: run as they stand, they make the goal."""

    async def answer_empty(route: Route) -> None:
        await route.fulfill(content_type="text/event-stream", body=EMPTY)

    await _connect_alone(page)
    await page.route("**/v1/stream", answer_empty)
    await page.goto(cairn.page_link())
    commands = await page.locator("#first-goal").text_content()
    await expect(page.locator("#empty")).to_be_visible()

    await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euc", (commands or "").replace("curl ", "curl --fail --silent ")],
        env={**os.environ, "CAIRN_ADMIN_TOKEN": cairn.token},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    await page.unroute("**/v1/stream")

    await expect(page.locator("tbody")).to_contain_text("Our first goal")


async def test_what_may_not_be_fresh_is_called_stale(
    page: Page, cairn: Running
) -> None:
    """While the system does not answer, numbers stay, and the page says since when."""
    company = Company(cairn)
    company.found()
    await _connect_alone(page)
    await page.goto(cairn.page_link())
    await expect(page.locator("#freshness")).to_have_attribute("data-state", "live")

    # The system's state cannot be asked: what is shown cannot be called fresh.
    await page.route("**/v1/status", lambda route: route.abort())

    await expect(page.locator("#freshness")).to_contain_text("Stale since ")
    await expect(
        page.locator(f"tr[data-goal='{company.id_of('root')}']")
    ).to_be_visible()
    await page.unroute("**/v1/status")
    await expect(page.locator("#freshness")).to_have_attribute("data-state", "live")


async def test_a_server_that_is_not_ready_is_asked_again(
    page: Page, cairn: Running
) -> None:
    """An error in place of the stream, which ends the browser's patience, is no end."""
    Company(cairn).found()

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503)

    await _connect_alone(page)
    await page.route("**/v1/stream", refuse)
    await page.goto(cairn.page_link())
    await expect(page.locator("#freshness")).to_contain_text("Connecting")
    await page.unroute("**/v1/stream")

    await expect(page.locator("#tree")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_every_screen(
    browser: Browser, cairn: Running, scheme: Literal["light", "dark"]
) -> None:
    """Nothing is pushed out of a phone's or a desk's window, and rows stay low."""
    company = Company(cairn)
    company.found()
    context = await browser.new_context(color_scheme=scheme)
    page = await context.new_page()
    await page.goto(cairn.page_link())
    row = page.locator(f"tr[data-goal='{company.id_of('root')}']")
    await row.focus()

    for width in (320, 360, 760, 761, 1050, 1051, 1280, 1920):
        await page.set_viewport_size({"width": width, "height": 800})
        box = await row.bounding_box()
        overflow = await page.evaluate(
            "document.documentElement.scrollWidth - innerWidth"
        )

        assert box is not None
        assert box["height"] == (28 if width > 760 else 48), width
        assert overflow <= 0, width
    await context.close()


async def test_less_motion_is_none(browser: Browser, cairn: Running) -> None:
    """Who asked the system for less motion sees numbers change without a mark."""
    company = Company(cairn)
    company.found()
    context = await browser.new_context(reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(cairn.page_link())
    actual = page.locator(f"tr[data-goal='{company.id_of('root')}'] td.actual")
    await expect(actual).to_have_text("0")

    company.win("9")
    await expect(actual).to_have_text("9")

    assert await page.evaluate("document.getAnimations().length") == 0
    await context.close()


async def test_it_says_how_often_values_move(page: Page, cairn: Running) -> None:
    """Live is only what follows each record."""
    cairn.patch("/v1/organization", {"goal_rollup_frequency_hours": 6})
    try:
        await page.goto(cairn.page_link())

        freshness = page.locator("#freshness")
        await expect(freshness).to_contain_text("Values move every 6 hours")
    finally:
        cairn.patch("/v1/organization", {"goal_rollup_frequency_hours": 0})
    await expect(freshness).to_contain_text("Live, every record counted")


async def _connect_alone(page: Page) -> None:
    """Let the tab listen by itself; what the shared worker asks is not seen here."""
    await page.add_init_script("delete globalThis.SharedWorker")
