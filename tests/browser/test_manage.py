"""Making and changing goals, queries and metrics on the page."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser.accessible import faults_of
from tests.browser.company import METRIC, Company
from tests.waiting import eventually_true

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def entry(page: Page) -> Callable[[str], Locator]:
    """Return what finds a field by the name that the API gives it."""
    return lambda name: page.locator(f"#field-{name.replace('.', '-')}")


async def _open(page: Page, company: Company, address: str) -> None:
    await page.goto(company.cairn.page_link())
    await page.goto(company.cairn.goals + address)


async def _counted(company: Company) -> None:
    settled = company.cairn.is_settled
    await asyncio.to_thread(eventually_true, settled, what="the win in the totals")


async def test_a_goal_is_made_and_stands_in_the_tree(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """Names are typed, ids are sent; what it would count is tried before it is made."""
    company.win("250")
    await _counted(company)
    await _open(page, company, "/manage/goals?new=1")

    await entry("title").fill(f"{company.key} made")
    await entry("metric_id").fill(f"Signed revenue ({METRIC})")
    await entry("owner").fill(f"Ada Lind ({company.id_of('ada')})")
    await entry("manager_id").fill(f"Bo Ek ({company.id_of('bo')})")
    await entry("period").select_option("custom")
    await entry("period.start").fill("2026-01-01")
    await entry("period.end").fill("2026-12-31")
    await entry("target").fill("1000")
    await expect(page.locator("query-trial").first).to_contain_text(
        re.compile(r"1 record matches, together 250")
    )
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Create goal").click()

    await expect(page.get_by_role("heading", level=2)).to_have_text(
        f"{company.key} made"
    )
    goal_id = re.search(r"id=([^&]+)", page.url)
    assert goal_id is not None
    made = company.cairn.get(f"/v1/goals/{goal_id[1]}")
    assert (made["owner"]["id"], made["target"]) == (company.id_of("ada"), "1000.0000")
    await expect(page.locator(".things [aria-current]")).to_contain_text(
        f"{company.key} made"
    )


async def test_a_goal_is_changed_and_says_what_changes(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """The old value and the new one stand beside each other before it is saved."""
    await _open(page, company, f"/manage/goals?id={company.id_of('right')}")

    await entry("target").fill("650")
    await expect(page.locator(".changes")).to_contain_text("600 → 650")
    await expect(entry("metric_id")).to_be_disabled()
    await expect(page.get_by_text("The whole tree shares it").first).to_be_visible()
    await page.keyboard.press("Control+s")

    await expect(page.locator(".said")).to_have_text("Saved")
    right = company.cairn.get(f"/v1/goals/{company.id_of('right')}")
    assert right["target"] == "650.0000"


async def test_a_refusal_stands_at_its_field(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """The API's own words stand where they belong, and what was typed stays."""
    await _open(page, company, f"/manage/goals?id={company.id_of('right')}")

    await entry("manager_id").fill("nobody-at-all")
    await entry("manager_id").blur()
    await page.get_by_role("button", name="Save", exact=True).click()

    fault = page.locator("#field-manager_id-fault")
    await expect(fault).to_contain_text("nobody-at-all")
    await expect(entry("manager_id")).to_be_focused()
    await expect(entry("manager_id")).to_have_value("nobody-at-all")
    await entry("target").fill("12.3.4")
    await expect(page.locator("#field-target-fault")).to_contain_text("is no number")


async def test_changes_are_not_lost_unasked(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """Who goes elsewhere is asked first; Escape goes on editing."""
    await _open(page, company, f"/manage/goals?id={company.id_of('right')}")
    await page.locator(".find input").fill(company.key)
    await entry("title").fill("Half written")

    await page.locator(".things a", has_text=company.title_of("left")).click()
    question = page.get_by_role("dialog")
    await expect(question).to_contain_text("Not saved yet: Title")
    assert await faults_of(page) == []
    await page.keyboard.press("Escape")
    await expect(entry("title")).to_have_value("Half written")
    await page.locator(".things a", has_text=company.title_of("left")).click()
    await page.get_by_role("button", name="Discard them").click()

    await expect(entry("title")).to_have_value(company.title_of("left"))


async def test_what_somebody_else_changed_is_not_written_over(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """A goal that is newer than what one reads is refused, and can be read again."""
    goal_id = company.id_of("right")
    await _open(page, company, f"/manage/goals?id={goal_id}")
    await entry("target").fill("1")
    company.cairn.patch(f"/v1/goals/{goal_id}", {"target": "777"})

    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("button", name="Read it again").click()

    await expect(entry("target")).to_have_value("777")


async def test_a_goal_is_deleted_after_a_question(page: Page, company: Company) -> None:
    """The question says what happens to what is below."""
    await _open(page, company, f"/manage/goals?id={company.id_of('left')}")

    await page.get_by_role("button", name="Delete …").click()
    await expect(page.get_by_role("dialog")).to_contain_text("become roots")
    await page.get_by_role("button", name="Delete this goal").click()

    await expect(page.get_by_text("is deleted")).to_be_visible()
    goals = company.cairn.get("/v1/goals?limit=1000")["items"]
    assert company.id_of("left") not in {one["id"] for one in goals}


async def test_a_query_is_built_tried_and_saved(page: Page, company: Company) -> None:
    """Rows become conditions; what they find stands beside them."""
    company.win("321")
    await _counted(company)
    await _open(page, company, "/manage/queries?new=1")

    await page.locator("#field-name").fill(f"{company.key} wins")
    await page.locator("#field-id").fill(f"wins-{company.key}")
    await page.locator("#field-entity").fill("opportunity")
    await page.get_by_role("button", name="+ Condition").click()
    test = page.locator(".test").first
    await test.get_by_label("Attribute", exact=True).fill("@id")
    await test.get_by_label("Value", exact=True).fill(f"won-{company.key}")
    await page.get_by_role("button", name="+ Group").click()
    group = page.locator(".group .group")
    await group.get_by_role("button", name="+ Condition").click()
    await group.get_by_label("Attribute", exact=True).fill("actualvalue")
    await group.get_by_label("Operator").select_option("gt")
    await group.get_by_label("Value", exact=True).fill("100")
    await page.locator("#try-attribute").fill("actualvalue")
    await page.locator("#try-attribute").blur()
    await expect(page.locator("query-trial")).to_contain_text(
        "1 record matches, together 321"
    )
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Create query").click()

    await expect(page.get_by_role("heading", level=2)).to_have_text(
        f"{company.key} wins"
    )
    stored = company.cairn.get(f"/v1/rollup-queries/wins-{company.key}")
    assert stored["where"] == {
        "all": [
            {"attribute": "@id", "operator": "eq", "value": f"won-{company.key}"},
            {"any": [{"attribute": "actualvalue", "operator": "gt", "value": "100"}]},
        ]
    }


def _query(company: Company, where: object, **more: object) -> str:
    query_id = f"query-{company.key}"
    body = {"id": query_id, "name": query_id, "entity": "opportunity", "where": where}
    company.cairn.post("/v1/rollup-queries", {**body, **more})
    return query_id


async def test_what_other_conditions_do_to_goals_is_shown_first(
    page: Page, company: Company
) -> None:
    """Before a query is saved, each goal that uses it tells what it would become."""
    company.win("500")
    await _counted(company)
    more = {"attribute": "actualvalue", "operator": "gt", "value": "1"}
    query_id = _query(company, more)
    company.cairn.patch(
        f"/v1/goals/{company.id_of('right')}", {"queries": {"actual": query_id}}
    )
    await _open(page, company, f"/manage/queries?id={query_id}")
    await expect(page.locator(".test").get_by_label("Value")).to_have_value("1")

    await page.locator(".test").get_by_label("Value").fill("900")

    impact = page.locator("query-impact")
    await expect(impact).to_contain_text(company.title_of("right"))
    await expect(impact.locator("td.number").last).to_have_text("0")
    await page.get_by_role("button", name="Delete …").click()
    await page.get_by_role("button", name="Delete this query").click()
    await expect(page.locator(".refused")).to_contain_text(query_id)


async def test_a_query_is_json_and_fetchxml_too(page: Page, company: Company) -> None:
    """Its text can be edited in either; a place that is refused shows at its row."""
    query_id = _query(
        company, {"attribute": "stage", "operator": "eq", "value": "close"}
    )
    await _open(page, company, f"/manage/queries?id={query_id}")

    await page.get_by_role("tab", name="FetchXML").click()
    await expect(page.get_by_label("The query as FetchXML")).to_have_value(
        re.compile('attribute="stage" operator="eq" value="close"')
    )
    await page.keyboard.press("ArrowLeft")
    text = page.get_by_label("Conditions as JSON")
    await text.fill('{"not": {"attribute": "stage", "operator": "between"}}')
    await text.blur()
    assert await faults_of(page) == []
    await page.get_by_role("tab", name="Builder").click()

    await expect(page.locator(".test .fault")).to_contain_text("takes a list of values")
    await expect(page.locator(".test .not input")).to_be_checked()


async def test_fetchxml_becomes_conditions(page: Page, company: Company) -> None:
    """What is written as FetchXML is stored as conditions."""
    query_id = _query(company, None)
    await _open(page, company, f"/manage/queries?id={query_id}")

    await page.get_by_role("tab", name="FetchXML").click()
    text = page.get_by_label("The query as FetchXML")
    await text.fill(
        '<fetch><entity name="opportunity"><filter><condition attribute="stage" '
        'operator="like" value="a%"/></filter></entity></fetch>'
    )
    await text.blur()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".said")).to_have_text("Saved")

    stored = company.cairn.get(f"/v1/rollup-queries/{query_id}")["where"]
    assert "stage" in str(stored)


async def _held(page: Page, addresses: str) -> asyncio.Event:
    """Keep answers from a page until the event is set."""
    may_answer = asyncio.Event()

    async def answer_late(route: Route) -> None:
        await may_answer.wait()
        await route.continue_()

    await page.route(addresses, answer_late)
    return may_answer


async def test_nothing_is_written_over_fetchxml_that_is_read_late(
    page: Page, company: Company
) -> None:
    """The field comes with its text, so that no answer replaces what was typed."""
    query_id = _query(company, None)
    may_answer = await _held(page, "**/fetchxml")
    await _open(page, company, f"/manage/queries?id={query_id}")

    await page.get_by_role("tab", name="FetchXML").click()
    await expect(page.get_by_text("Reading the query as FetchXML")).to_be_visible()
    text = page.get_by_label("The query as FetchXML")
    await expect(text).to_have_count(0)
    may_answer.set()

    await expect(text).to_have_value(re.compile("<fetch"))


@pytest.mark.parametrize(
    ("label", "typed", "wanted"),
    [
        ("Values, one a line", "close", "open\nclose"),
        ("Entity of the hierarchy", "account", "account"),
    ],
)
async def test_an_answer_that_comes_while_one_types_takes_nothing(
    page: Page, company: Company, label: str, typed: str, wanted: str
) -> None:
    """Fields that tell their conditions when they are left, too."""
    conditions = {
        "Values, one a line": {
            "attribute": "stage",
            "operator": "in",
            "value": ["open"],
        },
        "Entity of the hierarchy": {
            "attribute": "parentid",
            "operator": "eq-or-under",
            "value": "a",
            "entity": "opportunity",
            "via": "parentid",
        },
    }
    query_id = _query(company, conditions[label])
    may_answer = await _held(page, "**/v1/rollup-queries/preview")
    await _open(page, company, f"/manage/queries?id={query_id}")
    field = page.get_by_label(label)

    async with page.expect_request("**/v1/rollup-queries/preview"):
        await field.press("End")
    before = wanted.removesuffix(typed).rstrip("\n")
    await field.fill("")
    await field.press_sequentially(before)
    if before:
        await field.press("Enter")
    await field.press_sequentially(typed)
    may_answer.set()

    await expect(page.locator("query-trial").first).to_contain_text("records match")
    await expect(field).to_have_value(wanted)


async def test_a_metric_is_made_and_says_what_never_changes(
    page: Page, company: Company, entry: Callable[[str], Locator]
) -> None:
    """A new one is tried over the records; a stored one tells why fields are fixed."""
    company.win("5")
    await _counted(company)
    await _open(page, company, "/manage/metrics?new=1")
    metric_id = f"metric-{company.key}"

    await entry("name").fill(f"{company.key} won")
    await entry("id").fill(metric_id)
    await entry("rollup_fields.actual.source_attribute").fill("actualvalue")
    await entry("rollup_fields.actual.source_state").fill("won")
    await entry("rollup_fields.actual.date_attribute").fill("actualclosedate")
    await entry("rollup_fields.actual.date_attribute").blur()
    await expect(page.locator("query-trial").first).to_contain_text("together")
    assert await faults_of(page) == []
    await page.get_by_role("button", name="Create metric").click()

    await expect(page.locator(".said")).to_have_text("Saved")
    await expect(entry("kind")).to_be_disabled()
    await expect(page.get_by_text("Never changes: make another").first).to_be_visible()
    stored: Any = company.cairn.get(f"/v1/metrics/{metric_id}")
    assert stored["rollup_fields"]["actual"]["date_attribute"] == "actualclosedate"


async def test_who_lacks_a_right_sees_which(browser: Browser, company: Company) -> None:
    """One looks, and is told what is missing; the fields cannot be changed."""
    link = company.cairn.post("/v1/page-links", {"user_id": company.id_of("ada")})
    context = await browser.new_context(locale="en-GB", color_scheme="dark")
    page = await context.new_page()
    await page.goto(link["url"])
    await page.goto(f"{company.cairn.goals}/manage/metrics?id={METRIC}")

    await expect(page.locator(".lack").first).to_contain_text("manage_metrics")
    await expect(page.locator("#field-name")).to_be_disabled()
    assert await faults_of(page) == []
    await context.close()
