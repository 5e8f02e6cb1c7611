"""The operations screen: what an operator sees and does after an incident."""

import re
import secrets
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.accessible import faults_of
from tests.browser.company import Company
from tests.running import Running

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Records under a key of their own that cannot be understood."""

    cairn: Running
    key: str

    async def send(self, *values: bytes) -> None:
        """Put records on the topic as a sender would who does not use ingest."""
        environment = self.cairn.environment
        producer = AIOKafkaProducer(
            bootstrap_servers=environment["CAIRN_KAFKA_SERVERS"]
        )
        topic = f"{environment['CAIRN_TOPIC_PREFIX']}activity-records"
        await producer.start()
        try:
            for value in values:
                await producer.send_and_wait(topic, value, key=self.key.encode())
        finally:
            await producer.stop()

    async def open(self, page: Page, query: str = "") -> Locator:
        """Open the screen; return the rows of these records there."""
        await page.goto(self.cairn.page_link())
        await page.goto(f"{self.cairn.goals}/operations?q={self.key}{query}")
        return page.locator("rejected-records tr[data-place]")


@pytest_asyncio.fixture(loop_scope="session")
async def incident(cairn: Running) -> Incident:
    """Have a record rejected that no other test looks at."""
    incident = Incident(cairn=cairn, key=f"opportunity/O-{secrets.token_hex(4)}")
    await incident.send(b'{"entity": "oppor')
    return incident


async def open_operations(page: Page, cairn: Running) -> None:
    """Open the screen as the one who runs Cairn."""
    await page.goto(cairn.page_link())
    await page.goto(f"{cairn.goals}/operations")
    await expect(page.locator(".lag-figure dd").first).to_contain_text("record")


async def test_it_shows_what_runs_and_a_record_that_moves(
    page: Page, cairn: Running
) -> None:
    """Services, processes and partitions stand there; a record shows by itself."""
    company = Company(cairn)
    company.found()
    await open_operations(page, cairn)

    company.win("77")

    await expect(page.locator(".ready-figure")).to_contain_text("4 of 4")
    await expect(page.locator("section.services tbody tr")).to_have_count(4)
    await expect(page.locator("section.processes tbody")).to_contain_text("running")
    await expect(page.locator("section.partitions tbody tr")).not_to_have_count(0)
    await expect(page.locator("section.partitions tbody .lag").first).to_have_text("0")
    await expect(page.locator(".p50-figure dd").first).to_contain_text(
        re.compile(r"\d m?s")
    )
    await expect(page.locator("section.verification")).to_contain_text("cairn verify")
    assert await faults_of(page) == []


async def test_a_rejected_record_is_looked_at_and_sent_again(
    page: Page, incident: Incident
) -> None:
    """By keys alone: unfold it, choose it, confirm; it is rejected once more."""
    await page.emulate_media(color_scheme="dark")
    rows = await incident.open(page)
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("not_json")
    await rows.get_by_role("button").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("tr.value pre")).to_have_text('{"entity": "oppor')
    await rows.get_by_role("checkbox").focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Send 1 record again").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("byte for byte")
    assert await faults_of(page) == []
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    await expect(page.locator(".word")).to_contain_text("1 record sent again")
    # It still is no JSON: it comes back by itself, in a place of its own.
    await expect(rows).to_have_count(2)
    await expect(rows.last).to_contain_text("sent again")
    await expect(rows.first).not_to_contain_text("sent again")


async def test_a_filter_stands_in_the_address(page: Page, incident: Incident) -> None:
    """Reason and key are in the address, and a reload shows the same."""
    rows = await incident.open(page)
    await expect(rows).to_have_count(1)

    await page.get_by_label("Reason").fill("no_such_reason")

    await expect(rows).to_have_count(0)
    await expect(page.locator("rejected-records")).to_contain_text("No rejected record")
    await expect(page).to_have_url(re.compile("error=no_such_reason"))
    await page.reload()
    await expect(page.get_by_label("Reason")).to_have_value("no_such_reason")
    await page.get_by_label("Reason").fill("not_json")
    await expect(rows).to_have_count(1)


async def test_what_cannot_be_sent_again_says_why(
    page: Page, incident: Incident
) -> None:
    """The API's own words stand there, and what was chosen stays chosen."""
    rows = await incident.open(page)
    await rows.get_by_role("checkbox").check()

    async def refuse(route: Route) -> None:
        body = {"error": "kafka_unavailable", "detail": "Kafka took a day off"}
        await route.fulfill(status=503, json=body)

    await page.route("**/v1/rejected/replay", refuse)
    await page.get_by_role("button", name="Send 1 record again").click()
    await page.get_by_role("button", name="Send again", exact=True).click()

    await expect(page.locator(".word")).to_contain_text("Kafka took a day off")
    await expect(rows.get_by_role("checkbox")).to_be_checked()


async def test_paused_it_asks_no_more(page: Page, cairn: Running) -> None:
    """Paused, the picture stands and says so; resumed, it is asked for again."""
    await open_operations(page, cairn)
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator(".as-of")).to_contain_text("Paused, as of")

    async with page.expect_response("**/v1/operations"):
        await page.get_by_role("button", name="Pause").click()

    await expect(page.locator(".as-of")).to_contain_text("asked every 5 s")


async def test_without_answers_the_picture_is_stale(page: Page, cairn: Running) -> None:
    """Numbers stay, and it says since when they do not hold."""
    await open_operations(page, cairn)

    await page.route("**/v1/operations", lambda route: route.abort())

    await expect(page.locator(".as-of")).to_contain_text(
        re.compile("Stale since .*, trying again")
    )
    await expect(page.locator(".lag-figure dd").first).to_contain_text("record")
    assert await faults_of(page) == []


async def test_it_draws_jobs_differences_and_an_absent_kafka(
    page: Page, cairn: Running
) -> None:
    """What an incident looks like, as the API's own document has it."""
    document = cairn.get("/openapi.json")
    answer = document["paths"]["/v1/operations"]["get"]["responses"]["200"]
    picture = answer["content"]["application/json"]["example"]
    picture["kafka"] = {"answers": False, "reason": "no broker answers"}
    for partition in picture["partitions"]:
        partition["end_offset"] = partition["lag"] = None

    async def answer_so(route: Route) -> None:
        await route.fulfill(json=picture)

    await page.route("**/v1/operations", answer_so)
    await page.goto(cairn.page_link())
    await page.goto(f"{cairn.goals}/operations")

    await expect(page.locator("section.partitions")).to_contain_text(
        "no broker answers"
    )
    await expect(page.locator(".lag-figure dd").first).to_have_text("—")
    await expect(page.get_by_role("progressbar")).to_have_attribute("max", "61000")
    await expect(page.locator("section.jobs")).to_contain_text("24,000 of about 61,000")
    await expect(page.locator("section.verification")).to_contain_text("1 difference")
    await expect(page.locator(".ready-figure")).to_contain_text("2 of 3")
    assert await faults_of(page) == []


async def test_who_lacks_the_right_is_told_which(page: Page, cairn: Running) -> None:
    """Nothing is drawn but the right that it takes, and how to come by it."""

    async def refuse(route: Route) -> None:
        detail = "user/bo lacks the right manage_organization; have somebody help"
        await route.fulfill(
            status=403, json={"error": "right_missing", "detail": detail}
        )

    await page.route("**/v1/operations", refuse)
    await page.goto(cairn.page_link())
    await page.goto(f"{cairn.goals}/operations")

    await expect(page.locator("#right-missing")).to_contain_text("user/bo lacks")
    await expect(page.locator(".figures")).to_have_count(0)
    assert await faults_of(page) == []
    await page.unroute("**/v1/operations")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".figures")).to_be_visible()
