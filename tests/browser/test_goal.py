"""The screen of one goal: what it tells, how it moves, and what is done there."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import METRIC, Company
from tests.running import Running
from tests.waiting import eventually_true

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def company(cairn: Running) -> Company:
    """Found a company with a tree that no other test looks at."""
    company = Company(cairn)
    company.found()
    eventually_true(cairn.is_settled, what="the tree, rolled up")
    return company


@pytest.fixture
def figure(page: Page) -> Callable[[str], Locator]:
    """Return what finds one of the numbers in the head."""
    return lambda name: page.locator(".figures > div").filter(
        has=page.get_by_text(name, exact=True)
    )


async def _open(page: Page, company: Company, name: str, more: str = "") -> None:
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/goals/{company.id_of(name)}{more}")
    await expect(page.locator("article[data-goal]")).to_be_visible()


async def _act(page: Page, name: str) -> Locator:
    """Choose one of the actions; return its dialog."""
    await page.locator("summary", has_text="Actions").click()
    await page.get_by_role("button", name=name, exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    return dialog


async def test_a_goal_tells_its_rule_and_moves(
    page: Page, company: Company, figure: Callable[[str], Locator]
) -> None:
    """Whose records count is one sentence; a record that is won shows at once."""
    await _open(page, company, "right")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        company.title_of("right")
    )
    await expect(page.locator(".rule")).to_have_text(
        re.compile(
            r"Sum of actual value of won opportunities, closed \d{4}, owned by "
            "Ada Lind, as Bo Ek, the manager, sees them."
        )
    )
    above = page.get_by_role("navigation", name="Above this goal")
    await expect(above).to_contain_text(company.title_of("root"))

    company.win("300")

    await expect(figure("Actual")).to_contain_text("300")
    await expect(figure("Of target").locator("a")).to_have_text("50.0")
    door = figure("Actual").get_by_role("link")
    await expect(door).to_have_attribute("href", re.compile("/explain.field=actual"))
    await expect(page.locator(".contribution")).to_have_count(0)
    await page.get_by_role("button", name="read again").click()
    await expect(page.locator("record-list tbody tr")).to_have_count(1)
    assert await faults_of(page) == []


async def test_children_add_up_and_the_chart_is_a_table_too(
    page: Page, company: Company
) -> None:
    """Each child has its share; the line is walked by keys, and stands as a table."""
    company.win("250")
    await page.emulate_media(color_scheme="dark")
    await _open(page, company, "root")

    rows = page.locator(".contribution tbody tr")
    await expect(rows.first).to_contain_text("100.0")
    await expect(rows.first).to_contain_text(company.title_of("right"))
    await expect(page.locator(".contribution tfoot")).to_contain_text("250")
    points = page.locator("burn-up circle")
    await expect(page.locator("burn-up circle[tabindex='0']")).to_have_count(1)
    await points.last.focus()
    await expect(page.locator(".readout")).to_contain_text("250")
    await page.keyboard.press("Home")
    await expect(points.first).to_be_focused()
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Show as table").click()
    await expect(page.locator("burn-up tbody tr").first).to_contain_text("250")
    assert await faults_of(page) == []


async def test_a_burn_up_tells_what_was_before_anybody_looked(
    page: Page, company: Company
) -> None:
    """By the dates of the records; whoever may not read them sees the history."""
    company.win("250", day=f"{datetime.now(UTC).year}-01-01")
    settled = company.cairn.is_settled
    await asyncio.to_thread(eventually_true, settled, what="the win in the totals")
    await _open(page, company, "root")

    first = page.locator("burn-up circle").first
    await expect(first).to_have_accessible_name(
        re.compile(r"1 Jan \d{4}, by the dates of records: 250")
    )
    await expect(page.locator("burn-up .chart .dated-line")).to_have_count(1)
    foot = page.get_by_text("before, by the dates of the records that count now")
    await expect(foot).to_be_visible()
    assert await faults_of(page) == []

    await page.route(
        "**/by-date",
        lambda route: route.fulfill(status=403, json={"error": "right_missing"}),
    )
    await page.reload()
    await expect(first).to_have_accessible_name(re.compile(r"\d\d:\d\d.*: 250"))
    await expect(foot).to_have_count(0)


async def test_tabs_are_walked_by_keys_and_stand_in_the_address(
    page: Page, company: Company
) -> None:
    """Each tab shows what it says, and a link leads to it."""
    company.cairn.patch(f"/v1/goals/{company.id_of('left')}", {"target": "450"})
    await _open(page, company, "left", "?tab=changes")
    changes = page.locator(".changes li")
    await expect(changes).to_have_count(2)
    await expect(changes.first).to_contain_text(re.compile(r"target.*400.*→.*450"))
    assert await faults_of(page) == []

    await page.get_by_role("tab", name="Changes").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("tab", name="Overrides")).to_be_focused()
    await expect(page.get_by_role("tabpanel")).to_contain_text("Nothing is written")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("tabpanel")).to_contain_text("What it showed")
    assert "tab=history" in page.url
    await page.keyboard.press("Home")
    await expect(page.get_by_role("tabpanel")).to_contain_text("No record of its own")


async def test_an_override_is_refused_made_and_ended(
    page: Page, company: Company, figure: Callable[[str], Locator]
) -> None:
    """What the API refuses stands at its field; the lock shows, and is taken off."""
    await _open(page, company, "left", "?tab=overrides")
    dialog = await _act(page, "Override …")
    actual = dialog.get_by_label("Actual")
    await actual.fill("1.23456")
    await dialog.get_by_role("button", name="Override").click()
    await expect(dialog.locator("[data-field='values.actual']")).to_contain_text(
        "more decimals"
    )
    assert await faults_of(page) == []

    await actual.fill("123")
    await dialog.get_by_label("Reason").fill("audited figure")
    await dialog.get_by_label("Lock it").check()
    await dialog.get_by_role("button", name="Override").click()

    await expect(dialog).to_be_hidden()
    await expect(figure("Actual")).to_contain_text("123")
    await expect(page.locator(".standing")).to_contain_text("audited figure")
    dialog = await _act(page, "End the override …")
    await dialog.get_by_role("button", name="End the override").click()
    await expect(figure("Actual").locator("a")).to_have_text("0")
    await expect(page.locator(".changes li")).to_have_count(2)


async def test_a_goal_is_closed_and_opened_again(page: Page, company: Company) -> None:
    """Closed, it says so and offers to be opened; then it is as it was."""
    await _open(page, company, "left")
    dialog = await _act(page, "Close …")
    await dialog.get_by_role("button", name="Close the goal").click()
    await expect(page.locator(".badge.closed")).to_be_visible()

    dialog = await _act(page, "Open again …")
    await dialog.get_by_role("button", name="Open it again").click()

    await expect(page.locator(".badge.closed")).to_have_count(0)


async def test_a_goal_moves_under_another(page: Page, company: Company) -> None:
    """The new parent is looked for by its title, and stands above it then."""
    await _open(page, company, "left")
    dialog = await _act(page, "Move …")
    await dialog.get_by_label("Look for the new parent").fill(company.title_of("ri"))
    await dialog.get_by_label(company.title_of("right")).check()
    await expect(dialog.locator(".preview")).to_contain_text("gain it")
    await dialog.get_by_role("button", name="Move").click()

    above = page.get_by_role("navigation", name="Above this goal")
    await expect(above).to_contain_text(company.title_of("right"))


async def test_a_target_is_split_as_was_shown(page: Page, company: Company) -> None:
    """While one types it shows what each child would get; so it is then."""
    await _open(page, company, "root")
    dialog = await _act(page, "Split the target …")
    await expect(dialog.locator(".preview tbody tr")).to_have_count(2)
    await dialog.get_by_label("Total").fill("1001")
    await expect(dialog.locator(".preview")).to_contain_text("500.5")
    assert await faults_of(page) == []
    await dialog.get_by_role("button", name="Set these targets").click()

    await expect(dialog).to_be_hidden()
    left = company.cairn.get(f"/v1/goals/{company.id_of('left')}")
    assert left["target"] == "500.5000"


async def test_a_tree_is_cloned_into_the_next_period(
    page: Page, company: Company
) -> None:
    """The new targets are shown before; a link leads to the new root."""
    await _open(page, company, "root")
    dialog = await _act(page, "Clone into the next period …")
    await dialog.get_by_label("Raise targets by").fill("10")
    await expect(dialog.locator(".preview")).to_contain_text("1,100")
    await dialog.get_by_role("button", name="Make the clone").click()

    link = dialog.get_by_role("link", name=re.compile("Go to"))
    await expect(link).to_be_visible()
    await link.click()
    await expect(page.locator(".facts")).to_contain_text("Continues")


async def test_a_tree_is_aligned_with_the_calendar(
    page: Page, company: Company
) -> None:
    """The days before and after are shown; the tree has them once it is done."""
    company.goal(
        "quarter",
        "5",
        metric_id=METRIC,
        period={"kind": "fiscal", "year": 2026, "period": 4},
    )
    company.goal("part", "5", parent_id=company.id_of("quarter"))
    settled = company.cairn.is_settled
    await asyncio.to_thread(eventually_true, settled, what="the quarter, rolled up")
    await _open(page, company, "quarter")
    dialog = await _act(page, "Align with the calendar …")
    await expect(dialog.locator(".preview")).to_contain_text("nothing would change")
    await page.keyboard.press("Escape")
    calendar = company.cairn.get("/v1/organization")["fiscal_calendar"]
    company.cairn.patch("/v1/organization", {"fiscal_calendar": {"start": "02-01"}})
    try:
        await page.goto(f"{company.cairn.goals}/manage/calendar")
        told = page.locator("fiscal-roots li").filter(
            has_text=company.title_of("quarter")
        )
        await expect(told).to_contain_text(re.compile("Oct . Dec 2026"))
        assert await faults_of(page) == []
        await told.get_by_role("link").click()
        dialog = await _act(page, "Align with the calendar …")
        await expect(dialog.locator(".preview")).to_contain_text(
            re.compile("2026-10-01 to 2026-12-31.*2026-11-01 to 2027-01-31", re.DOTALL)
        )
        await expect(dialog.locator(".preview")).to_contain_text("1 goal below")
        assert await faults_of(page) == []
        await dialog.get_by_role("button", name="Take these days").click()

        await expect(dialog).to_be_hidden()
        part = company.cairn.get(f"/v1/goals/{company.id_of('part')}")
        assert part["period"]["start"] == "2026-11-01"
    finally:
        company.cairn.patch("/v1/organization", {"fiscal_calendar": calendar})


async def test_a_period_that_the_calendar_lost_is_told_before(
    page: Page, company: Company
) -> None:
    """It says that it will be refused and where to choose another; the API says so."""
    company.goal(
        "quarter",
        "5",
        metric_id=METRIC,
        period={"kind": "fiscal", "year": 2026, "period": 4},
    )
    settled = company.cairn.is_settled
    await asyncio.to_thread(eventually_true, settled, what="the quarter, rolled up")
    calendar = company.cairn.get("/v1/organization")["fiscal_calendar"]
    monthly = {"fiscal_calendar": {"template": "monthly"}}
    company.cairn.patch("/v1/organization", monthly)
    try:
        await _open(page, company, "quarter")
        dialog = await _act(page, "Align with the calendar …")
        await expect(dialog.locator(".preview")).to_contain_text("It will be refused")
        await dialog.get_by_role("button", name="Take these days").click()

        await expect(dialog.locator(".refused")).to_be_visible()
        assert await faults_of(page) == []
    finally:
        company.cairn.patch("/v1/organization", {"fiscal_calendar": calendar})


async def test_a_tree_is_recalculated_to_the_end(page: Page, company: Company) -> None:
    """It shows how far it is, and what differed: nothing."""
    company.win("80")
    await _open(page, company, "right")
    dialog = await _act(page, "Recalculate …")

    await dialog.get_by_role("button", name="Recalculate").click()

    await expect(dialog).to_contain_text("Nothing differed")
    await page.keyboard.press("Escape")
    await expect(page.locator("summary", has_text="Actions")).to_be_focused()


async def test_a_goal_that_is_not_there_is_told(page: Page, company: Company) -> None:
    """Deleted, never made, or not to be seen: it says so, and leads back."""
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/goals/nothing-{company.key}")

    await expect(page.get_by_role("heading", level=1)).to_have_text("No such goal here")
    assert await faults_of(page) == []
