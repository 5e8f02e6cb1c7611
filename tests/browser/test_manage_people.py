"""People, teams, roles, the calendar, and a first goal, made on the page."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.async_api import FilePayload, Locator, Page, Route, expect

from tests.browser.accessible import faults_of
from tests.browser.company import Company
from tests.running import Running

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def entry(page: Page) -> Callable[[str], Locator]:
    """Return what finds a field by the name that the API gives it."""
    return lambda name: page.locator(f"#field-{name.replace('.', '-')}")


async def _open(page: Page, cairn: Running, address: str) -> None:
    await page.goto(cairn.page_link())
    await page.goto(cairn.goals + address)


async def test_a_team_is_made_of_people(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """Members are added by name and taken out again."""
    await _open(page, company.cairn, "/manage/directory?part=teams&new=1")

    await entry("name").fill(f"Team {company.key}")
    await entry("id").fill(f"team-{company.key}")
    await entry("members").fill(f"Ada Lind ({company.id_of('ada')})")
    await entry("members").fill(f"Bo Ek ({company.id_of('bo')})")
    await page.get_by_role("button", name=re.compile("Take out Ada Lind")).click()
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Create team").click()

    await expect(page.locator(".said")).to_have_text("Saved")
    team = company.cairn.get(f"/v1/teams/team-{company.key}")
    assert team["members"] == [company.id_of("bo")]


async def test_somebody_who_is_needed_is_not_deleted(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """What still uses a person is named, and the person can be disabled instead."""
    ada = company.id_of("ada")
    await _open(page, company.cairn, f"/manage/directory?id={ada}")

    await page.get_by_role("button", name="Delete …").click()
    await page.get_by_role("button", name="Delete this user").click()
    await expect(page.locator(".refused")).to_contain_text("goal")
    await entry("disabled").check()
    await page.get_by_role("button", name="Save", exact=True).click()

    await expect(page.locator(".said")).to_have_text("Saved")
    assert company.cairn.get(f"/v1/users/{ada}")["disabled"] is True


async def test_business_units_are_merged(page: Page, company: Company) -> None:
    """All that one holds moves into the other, after a question."""
    units = [f"{name}-{company.key}" for name in ("from", "into")]
    for unit in units:
        company.cairn.post("/v1/business-units", {"id": unit, "name": unit})
    await _open(
        page, company.cairn, f"/manage/directory?part=business-units&id={units[0]}"
    )

    await page.locator("#merge-into").fill(units[1])
    await page.locator("#merge-into").blur()
    await page.get_by_role("button", name="Merge …").click()
    await page.get_by_role("button", name="Merge them").click()

    await expect(page.get_by_role("heading", level=2)).to_have_text(units[1])
    left = company.cairn.get("/v1/business-units?limit=1000")["items"]
    assert units[0] not in {one["id"] for one in left}


async def test_a_file_of_people_is_tried_then_imported(
    page: Page, company: Company
) -> None:
    """A file tells line by line what cannot be; a good one is imported, and found."""
    await _open(page, company.cairn, "/manage/directory")
    files = page.locator("input[type=file]")

    bad = f"id,name\nx-{company.key},Xi\ny-{company.key},\n"
    await files.set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": bad.encode()}
    )
    await expect(page.locator(".rejected tbody tr")).to_have_count(1)
    await expect(page.locator(".rejected tbody th")).to_have_text("3")
    await expect(page.get_by_role("button", name="Import it")).to_be_disabled()
    assert await faults_of(page) == []
    good = json.dumps([{"id": f"x-{company.key}", "name": "Xi"}])
    await files.set_input_files(
        {"name": "people.json", "mimeType": "text/json", "buffer": good.encode()}
    )
    await page.get_by_role("button", name="Import it").click()

    await expect(page.locator("thing-files")).to_contain_text("Imported: 1 new")
    await page.locator(".find input").fill(f"x-{company.key}")
    await expect(page.locator(".things li")).to_have_count(1)


async def test_a_file_that_nobody_answers_is_sent_again(
    page: Page, company: Company
) -> None:
    """Who chooses it once more is not kept from importing it."""
    await _open(page, company.cairn, "/manage/directory")
    files = page.locator("input[type=file]")
    text = json.dumps([{"id": f"x-{company.key}", "name": "Xi"}])
    file = FilePayload(name="xi.json", mimeType="text/json", buffer=text.encode())

    await page.route("**/import?*", lambda route: route.abort())
    await files.set_input_files(file)
    fault = page.locator("thing-files .fault")
    await expect(fault).to_have_text("the server does not answer")
    await page.unroute("**/import?*")
    await files.set_input_files(file)
    await page.get_by_role("button", name="Import it").click()

    await expect(page.locator("thing-files")).to_contain_text("Imported: 1 new")
    await expect(fault).to_have_count(0)


async def test_all_people_are_exported(
    page: Page, cairn: Running, company: Company
) -> None:
    """One file has them, also where one answer has no room for them all."""
    everybody = [one["id"] for one in cairn.get("/v1/users?limit=1000")["items"]]
    room = len(everybody) // 2
    asked: list[str] = []

    async def answer_in_parts(route: Route) -> None:
        asked.append(route.request.url)
        await route.continue_(url=f"{route.request.url}?limit={room}")

    await _open(page, cairn, "/manage/directory")
    await page.route("**/v1/users", answer_in_parts)

    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export users as CSV").click()

    text = (await (await download.value).path()).read_text(encoding="utf-8")
    header, *rows = text.splitlines()
    assert header.startswith("id,name,")
    assert [row.split(",")[0] for row in rows] == everybody
    assert company.id_of("ada") in everybody
    assert len(asked) == 1


async def test_the_calendar_shows_the_year_before_it_is_saved(
    page: Page, cairn: Running, entry: Callable[[str], Locator]
) -> None:
    """Its periods stand beside it while it is edited; what does not read is refused."""
    await _open(page, cairn, "/manage/calendar")

    await entry("fiscal_calendar.template").select_option("semiannual")
    await entry("fiscal_calendar.start").fill("04-01")
    await expect(page.locator("aside tbody tr")).to_have_count(2)
    await expect(page.locator("aside tbody td").first).to_have_attribute(
        "title", re.compile(r"-04-01 to \d{4}-09-30")
    )
    assert await faults_of(page) == []
    await entry("fiscal_calendar.start").fill("13-77")
    await page.get_by_role("button", name="Save", exact=True).click()

    await expect(page.locator("#field-fiscal_calendar-start-fault")).to_contain_text(
        "13-77"
    )


async def test_a_first_goal_takes_three_steps(
    page: Page, cairn: Running, entry: Callable[[str], Locator]
) -> None:
    """Metric, owner, goal: what is there already is filled in; then comes the tree."""
    company = Company(cairn)

    async def nothing_yet(route: Route) -> None:
        await route.fulfill(json={"items": [], "next": None})

    await page.route("**/v1/metrics?*", nothing_yet)
    await _open(page, cairn, "/manage/goals?first=1")
    await expect(entry("name")).to_have_value("Revenue")
    assert await faults_of(page) == []
    await page.unroute("**/v1/metrics?*")
    # Names are unique, and other tests make a metric of this one.
    await entry("name").fill(company.key)
    await entry("id").fill(f"zz-{company.key}")
    await page.get_by_role("button", name="Create metric").click()
    await expect(page.get_by_role("heading", level=2)).to_have_text("New user")
    await entry("name").fill("Zoe")
    await entry("id").fill(f"zz-{company.key}")
    await page.get_by_role("button", name="Create user").click()

    await expect(entry("owner")).to_have_value(f"Zoe (zz-{company.key})")
    await expect(entry("metric_id")).to_have_value(f"{company.key} (zz-{company.key})")
    await entry("title").fill(f"{company.key} first")
    await page.get_by_role("button", name="Create goal").click()

    await expect(page.locator("tbody")).to_contain_text(f"{company.key} first")


async def test_roles_are_a_grid(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """How far one may go is chosen by entity and action; nothing is sent before."""
    await _open(page, company.cairn, "/manage/directory?part=roles&new=1")

    await entry("name").fill("Seller")
    await page.get_by_label("Another entity").fill("opportunity")
    await page.get_by_label("Another entity").blur()
    await page.get_by_label("write opportunity").select_option("business_unit")
    await expect(page.get_by_label("read goal")).to_have_value("user")
    assert await faults_of(page) == []
    sent: list[object] = []

    async def taken(route: Route) -> None:
        sent.append(route.request.post_data_json)
        await route.fulfill(status=409, json={"error": "in_use", "detail": "stop"})

    # A role that is made would close this Cairn to the people of other tests.
    await page.route("**/v1/roles", taken)
    await page.get_by_role("button", name="Create role").click()

    await expect(page.locator(".refused")).to_contain_text("stop")
    assert sent == [
        {
            "name": "Seller",
            "privileges": {
                "goal": {"read": "user"},
                "opportunity": {"write": "business_unit"},
            },
            "rights": [],
            "secured_attributes": {},
        }
    ]
