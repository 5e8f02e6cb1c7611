"""The settings of the organisation, entities, tokens, links and the audit trail."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import METRIC, Company
from tests.running import Running

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")
NOW = "2026-11-21T12:00:00Z"


@pytest.fixture
def company(cairn: Running) -> Company:
    """Found a company with a tree that no other test looks at."""
    company = Company(cairn)
    company.found()
    return company


@pytest.fixture
def organization(cairn: Running) -> Iterator[None]:
    """Give back what holds for everybody as it was found."""
    found = cairn.get("/v1/organization")
    yield
    del found["version"]
    cairn.patch("/v1/organization", found)


@pytest.fixture
def entry(page: Page) -> Callable[[str], Locator]:
    """Return what finds a field by the name that the API gives it."""
    return lambda name: page.locator(f"#field-{name.replace('.', '-')}")


@pytest.fixture
def section(page: Page) -> Callable[[str], Locator]:
    """Return what finds a part of what stands beside a form."""
    return lambda title: page.locator("aside section").filter(
        has=page.get_by_role("heading", name=title, exact=True)
    )


@pytest_asyncio.fixture(loop_scope="session")
async def others(
    browser: Browser,
) -> AsyncIterator[Callable[[], BrowserContext]]:
    """Return what opens another person's browser."""
    context = await browser.new_context(locale="en-GB", color_scheme="dark")
    yield lambda: context
    await context.close()


async def _open(page: Page, cairn: Running, address: str) -> None:
    await page.goto(cairn.page_link())
    await page.goto(f"{cairn.goals}/manage/settings{address}")


async def _as(page: Page, company: Company, name: str, address: str) -> None:
    """Open a part of the settings as somebody of the directory."""
    link = company.cairn.post("/v1/page-links", {"user_id": company.id_of(name)})
    await page.goto(link["url"])
    await page.goto(f"{company.cairn.goals}/manage/settings{address}")


@pytest.mark.usefixtures("organization")
async def test_a_setting_says_what_it_would_do(
    page: Page,
    company: Company,
    entry: Callable[[str], Locator],
    section: Callable[[str], Locator],
) -> None:
    """Which goals would stand still and when totals would move, before it is saved."""
    await page.clock.set_fixed_time(NOW)
    company.goal(
        "over",
        "5",
        metric_id=METRIC,
        period={"kind": "custom", "start": "2026-10-01", "end": "2026-11-10"},
    )
    await _open(page, company.cairn, "")
    standing = section("Goals that stand still")
    await expect(standing).not_to_contain_text("would stand still")

    await entry("goal_rollup_expiry_days").fill("5")
    await expect(standing).to_contain_text("would stand still")
    await expect(standing).to_contain_text(company.title_of("over"))
    await entry("goal_rollup_frequency_hours").fill("6")
    await expect(section("Totals move")).to_contain_text(
        re.compile("Once in 6 hours; next .*, then .*, then ")
    )
    assert await faults_of(page) == []
    await entry("goal_rollup_expiry_days").fill("31")
    await entry("goal_rollup_frequency_hours").fill("0")
    await expect(page.locator(".changes")).to_contain_text("30 → 31")
    await page.keyboard.press("Control+s")

    await expect(page.locator(".said")).to_have_text("Saved")
    assert company.cairn.get("/v1/organization")["goal_rollup_expiry_days"] == 31


async def test_who_would_read_is_told_before_roles_decide(
    page: Page,
    company: Company,
    entry: Callable[[str], Locator],
    section: Callable[[str], Locator],
) -> None:
    """Roles without anybody in them close the house: that is said, and nothing done."""
    ada = f"/v1/users/{company.id_of('ada')}"
    company.cairn.patch(ada, {"manager_id": company.id_of("bo")})
    await _open(page, company.cairn, "")
    await expect(section("Who reads goals")).to_contain_text("Everybody reads all")

    await entry("reading").select_option("roles")
    await entry("hierarchy_security.enabled").check()

    await expect(section("Who reads goals")).to_contain_text("There are no roles")
    await expect(section("Down the lines")).to_contain_text("Bo Ek 1")
    await expect(page.locator(".changes")).to_contain_text(
        "everyone reads everything → roles allow it"
    )
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Discard changes").click()
    assert company.cairn.get("/v1/organization")["reading"] == "everyone"


async def test_what_is_no_setting_is_said_while_one_types(
    page: Page, cairn: Running, entry: Callable[[str], Locator]
) -> None:
    """Limits stand at the field; what is saved all the same, the API refuses there."""
    await _open(page, cairn, "")

    await entry("base_currency").fill("eu")
    fault = page.locator("#field-base_currency-fault")
    await expect(fault).to_contain_text("three letters")
    await entry("base_currency").fill("eur")
    await expect(fault).to_have_count(0)
    await entry("goal_rollup_expiry_days").fill("a week")
    await page.get_by_role("button", name="Save", exact=True).click()

    await expect(entry("goal_rollup_expiry_days")).to_be_focused()
    await expect(entry("goal_rollup_expiry_days")).to_have_value("a week")
    await expect(page.locator("#field-goal_rollup_expiry_days-fault")).to_be_visible()


async def test_an_entity_is_declared_as_metrics_read_it(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """What metrics read is offered; a type that they cannot read is said at once."""
    entity = f"deal_{company.key}"
    company.cairn.post(
        "/v1/metrics",
        {
            "name": f"{company.key} deals",
            "kind": "amount",
            "data_type": "money",
            "rollup_fields": {
                "actual": {
                    "source_entity": entity,
                    "source_attribute": "worth",
                    "date_attribute": "signed",
                }
            },
        },
    )
    await _open(page, company.cairn, "?part=entities&new=1")

    await entry("id").fill(entity)
    await expect(page.locator("aside")).to_contain_text(f"{company.key} deals")
    await page.get_by_role("button", name="Declare what metrics read").click()
    await page.get_by_label("Type of worth").select_option("text")
    await expect(page.locator("#field-attributes-fault")).to_contain_text(
        "number is allowed"
    )
    assert await faults_of(page) == []
    await page.get_by_label("Type of worth").select_option("number")
    await expect(page.locator("#field-attributes-fault")).to_have_count(0)
    await page.get_by_label("Another attribute").fill("region")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Type of region")).to_have_value("text")
    await page.get_by_role("button", name="Create entity").click()

    await expect(page.locator(".said")).to_have_text("Saved")
    assert company.cairn.get(f"/v1/entities/{entity}")["attributes"] == {
        "worth": "number",
        "signed": "date",
        "region": "text",
    }


async def test_an_entity_is_changed_and_deleted(page: Page, company: Company) -> None:
    """Only what differs is told; the question says what stays."""
    entity = f"visit_{company.key}"
    attributes = {"region": "text", "rating": "number"}
    company.cairn.post("/v1/entities", {"id": entity, "attributes": attributes})
    await _open(page, company.cairn, f"?part=entities&id={entity}")

    await page.get_by_label("Type of region").select_option("reference")
    await page.get_by_role("button", name="Remove rating").click()
    changes = page.locator(".changes dd")
    await expect(changes).to_have_text(
        "rating number, region text → rating undeclared, region reference"
    )
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".said")).to_have_text("Saved")
    assert company.cairn.get(f"/v1/entities/{entity}")["attributes"] == {
        "region": "reference"
    }

    await page.get_by_role("button", name="Delete …").click()
    await expect(page.get_by_role("dialog")).to_contain_text("the records stay")
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Delete this entity").click()

    await expect(page.get_by_text(f"{entity} is deleted")).to_be_visible()


async def test_a_token_is_made_shown_once_and_used(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """Its scopes are chosen with what they allow; its text is copied, and gone then."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await _open(page, company.cairn, "?part=tokens")
    name = f"crm-{company.key}"

    await page.get_by_role("button", name="New token").press("Enter")
    await expect(entry("name")).to_be_focused()
    await entry("name").fill("no blanks, please")
    await expect(page.locator("#field-name-fault")).to_contain_text("letters")
    await entry("name").fill(name)
    make = page.get_by_role("button", name="Make token")
    await expect(make).to_be_disabled()
    # The session came by a link, and never has it.
    await expect(page.get_by_label("records:write")).to_be_disabled()
    await page.get_by_label("goals:read").check()
    await entry("user_id").fill(f"Ada Lind ({company.id_of('ada')})")
    assert await faults_of(page) == []
    await make.click()

    secret = page.get_by_label(f"Text of the token {name}", exact=True)
    await expect(secret).to_have_value(re.compile("^cairn_"))
    token = await secret.input_value()
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Copy: Text of the token").click()
    await expect(page.locator(".once .said")).to_have_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == token
    line = page.get_by_label("A line to try it with", exact=True)
    await expect(line).to_have_value(re.compile(f"{token}.*/v1/session$"))
    answer = _session_with(company.cairn, token)
    assert answer.json()["user_id"] == company.id_of("ada")
    assert answer.json()["scopes"] == ["goals:read"]

    await page.get_by_role("button", name="I have it").click()
    await expect(page.get_by_role("button", name="New token")).to_be_focused()
    row = page.locator(".tokens tbody tr").filter(has_text=name)
    await expect(row).to_contain_text("Ada Lind")
    assert token not in await page.content()
    await page.reload()
    await expect(row).to_contain_text("goals:read")
    assert token not in await page.content()


async def test_a_token_is_revoked_after_a_question(
    page: Page, company: Company
) -> None:
    """It holds no more, and is listed only if one asks for those."""
    name = f"old-{company.key}"
    body = {"name": name, "scopes": ["goals:read"], "expires_in_days": 9}
    token = company.cairn.post("/v1/tokens", body)["token"]
    await _open(page, company.cairn, "?part=tokens")
    row = page.locator(".tokens tbody tr").filter(has_text=name)

    await page.get_by_role("button", name=f"Revoke {name}").click()
    await expect(page.get_by_role("dialog")).to_contain_text("It was never used")
    await page.keyboard.press("Escape")
    await expect(row).to_be_visible()
    await page.get_by_role("button", name=f"Revoke {name}").click()
    await page.get_by_role("button", name="Revoke this token").click()

    await expect(page.locator(".said")).to_have_text(f"{name} is revoked")
    await expect(row).to_have_count(0)
    assert _session_with(company.cairn, token).status_code == 401
    await page.get_by_label("Those that hold no more, too").check()
    await expect(row).to_contain_text("revoked")
    assert "all=1" in page.url
    assert await faults_of(page) == []


@pytest.mark.usefixtures("organization")
async def test_a_person_revokes_tokens_and_makes_none(
    company: Company, others: Callable[[], BrowserContext]
) -> None:
    """Who has the right ends a token; why he hands out nothing is said beforehand."""
    cairn, ada, role = company.cairn, company.id_of("ada"), f"chief-{company.key}"
    name = f"leaked-{company.key}"
    cairn.post("/v1/tokens", {"name": name, "scopes": ["goals:read"]})
    rights = ["manage_organization"]
    privileges = {"*": {"read": "organization"}}
    body = {"id": role, "name": role, "privileges": privileges, "rights": rights}
    cairn.post("/v1/roles", body)
    # The first role closes the house to everybody else.
    cairn.patch("/v1/organization", {"reading": "everyone"})
    cairn.patch(f"/v1/users/{ada}", {"roles": [role]})
    try:
        page = await others().new_page()
        await _as(page, company, "ada", "?part=tokens")

        await expect(page.locator(".lack")).to_contain_text("people hand out nothing")
        await expect(page.get_by_role("button", name="New token")).to_be_disabled()
        assert await faults_of(page) == []
        await page.get_by_role("button", name=f"Revoke {name}").click()
        await page.get_by_role("button", name="Revoke this token").click()
        await expect(page.locator(".said")).to_have_text(f"{name} is revoked")
        await expect(page.get_by_label("Those that hold no more")).to_be_focused()
    finally:
        cairn.patch(f"/v1/users/{ada}", {"roles": []})
        cairn.delete(f"/v1/roles/{role}")


async def test_a_name_that_is_taken_is_said(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """Also if somebody took it after the list was read; Escape leaves the form."""
    name = f"taken-{company.key}"
    await _open(page, company.cairn, "?part=tokens")
    await page.get_by_role("button", name="New token").click()
    await entry("name").fill(name)
    await page.get_by_label("goals:read").check()
    company.cairn.post("/v1/tokens", {"name": name, "scopes": ["goals:read"]})

    await page.get_by_role("button", name="Make token").click()

    await expect(page.locator("#field-name-fault")).to_contain_text("already")
    await expect(entry("name")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="New token")).to_be_focused()


def _session_with(cairn: Running, token: str) -> httpx.Response:
    return httpx.get(
        f"{cairn.goals}/v1/session",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )


async def test_a_link_lets_somebody_in(
    page: Page,
    company: Company,
    entry: Callable[[str], Locator],
    others: Callable[[], BrowserContext],
) -> None:
    """It is made for a person, shown once, and opens a session of that person."""
    await _open(page, company.cairn, "?part=page-links")

    await entry("user_id").fill("nobody-at-all")
    await entry("user_id").blur()
    await page.get_by_role("button", name="Make a link").click()
    await expect(page.locator("#field-user_id-fault")).to_contain_text("nobody-at-all")
    await entry("user_id").fill(f"Ada Lind ({company.id_of('ada')})")
    await entry("user_id").blur()
    await page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link for Ada Lind", exact=True)
    await expect(link).to_have_value(re.compile(r"/enter\?code="))
    assert await faults_of(page) == []

    other = await others().new_page()
    await other.goto(await link.input_value())
    await other.goto(f"{company.cairn.goals}/v1/session")
    session = json.loads(await other.locator("body").inner_text())
    assert session["user_id"] == company.id_of("ada")
    await page.get_by_role("button", name="I have it").click()
    await expect(link).to_have_count(0)
    await expect(entry("user_id")).to_be_focused()


async def test_the_audit_trail_tells_who_changed_what(
    page: Page, company: Company
) -> None:
    """Filters stand in the address; a line leads to what it is of."""
    goal = company.id_of("left")
    company.cairn.patch(f"/v1/goals/{goal}", {"target": "450"})
    await _open(page, company.cairn, "?part=audit")
    filters = page.get_by_role("search")
    rows = page.locator(".trail tbody tr")
    await expect(rows.first).to_be_visible()

    await filters.get_by_label("Id").fill(goal)
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text(re.compile(r"target.*400.*→.*450"))
    assert f"id={goal}" in page.url
    await expect(rows.first.get_by_role("link", name="left").first).to_have_attribute(
        "href", f"/goals/{goal}"
    )
    await filters.get_by_label("Became").select_option("created")
    await expect(rows).to_have_count(1)
    await filters.get_by_label("By").fill("user/nobody")
    await expect(page.get_by_text("No line fits")).to_be_visible()
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Clear").click()
    await expect(rows).not_to_have_count(0)
    await filters.get_by_label("What").select_option("goal")
    await expect(page).to_have_url(re.compile("kind=goal"))


async def test_the_audit_trail_is_asked_by_time_and_by_pages(
    page: Page, company: Company
) -> None:
    """An address with instants shows just those lines; earlier ones are asked for."""
    users = [{"id": f"u{at}-{company.key}", "name": f"U {at}"} for at in range(60)]
    company.cairn.post("/v1/users/import", users)
    [last] = company.cairn.get("/v1/audit?kind=user&limit=1")["items"]
    await _open(page, company.cairn, f"?part=audit&kind=user&from={last['at']}")
    filters = page.get_by_role("search")
    rows = page.locator(".trail tbody tr")

    await expect(rows).to_have_count(50)
    await page.get_by_role("button", name="Show earlier ones").click()
    await expect(rows).to_have_count(60)
    await expect(page.locator(".list-foot")).to_contain_text("60 lines, all there are")
    assert await faults_of(page) == []
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Save as CSV").click()
    text = (await (await download.value).path()).read_text(encoding="utf-8")
    assert text.count(f"-{company.key},created,name,") == 60
    await filters.get_by_label("Before").fill("2001-01-01T12:00")
    await expect(page.locator(".refused")).to_contain_text("2001-01-01")
    await expect(rows).to_have_count(0)
    await filters.get_by_label("From").fill("2000-01-01T12:00")
    await expect(page.get_by_text("No line fits")).to_be_visible()
    assert "to=20" in page.url


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("organization", "manage_organization"),
        ("entities", "manage_directory"),
        ("tokens", "manage_organization"),
        ("page-links", "manage_organization"),
        ("audit", "manage_organization"),
    ],
)
async def test_who_lacks_the_right_is_told_which(
    company: Company, others: Callable[[], BrowserContext], part: str, words: str
) -> None:
    """Nothing can be changed, what may not be seen is not there, and it says why."""
    page = await others().new_page()
    await _as(page, company, "ada", f"?part={part}")

    await expect(page.locator(".lack").first).to_contain_text(words)
    for button in await page.locator("manage-screen button.first").all():
        await expect(button).to_be_disabled()
    await expect(page.locator(".refused")).to_have_count(0)
    assert await faults_of(page) == []


async def test_parts_are_walked_and_stand_in_the_address(
    page: Page, cairn: Running
) -> None:
    """Going back shows the part before."""
    await _open(page, cairn, "")
    await expect(page.get_by_role("heading", level=2)).to_have_text("Organisation")

    await page.get_by_role("link", name="Audit trail").press("Enter")
    await expect(page.get_by_role("search")).to_be_visible()
    await page.get_by_role("link", name="API tokens").press("Enter")
    await expect(page.get_by_role("button", name="New token")).to_be_visible()
    assert "part=tokens" in page.url
    await page.go_back()

    await expect(page.get_by_role("search")).to_be_visible()
    assert "part=audit" in page.url
