"""What tests of the page share; a loud word at the end where Chromium is missing."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from local.servers import Servers
from tests.browser.chromium import HOW_TO_BRING_IT, NAMES, find_chromium, started
from tests.browser.company import Company
from tests.browser.watching import Watched
from tests.running import Running, running_cairn

# How long what the page does may take on a busy machine, where a killed service is
# started again, too. Nobody waits so long for what comes.
WAIT_MS: Final = 90_000
expect.set_options(timeout=WAIT_MS)

_NO_BROWSER: Final = f"none of {', '.join(NAMES)} is here; {HOW_TO_BRING_IT}"


@pytest.fixture(scope="package")
def cairn(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Run a whole Cairn, without the example company, for all tests of the page."""
    with running_cairn(servers, tmp_path_factory.mktemp("cairn")) as running:
        yield running


@pytest.fixture
def company(cairn: Running) -> Company:
    """Found a company with a tree that no other test looks at."""
    company = Company(cairn)
    company.found()
    return company


@pytest.fixture
def chromium() -> str:
    """Return Chromium's path; without one this test does not run."""
    program = find_chromium()
    if program is None:
        pytest.skip(_NO_BROWSER)
    return program


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_chromium() -> AsyncIterator[Browser]:
    """Start Chromium, once for all tests."""
    async with started(find_chromium() or NAMES[0]) as browser:
        yield browser


@pytest.fixture
def browser(chromium: str, request: pytest.FixtureRequest) -> Browser:
    """Return the browser, if there is one; each test opens windows of its own."""
    assert chromium
    browser: Browser = request.getfixturevalue("running_chromium")
    return browser


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Open what a person has, and which knows nothing yet."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB"
    )
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """Open a tab; the test fails if a script of the page fails in it."""
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()
    watched = Watched(page)
    yield page
    assert watched.faults == []
    assert watched.foreign == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not be tested here."""
    skipped = terminalreporter.stats.get("skipped", [])
    missing = [report for report in skipped if _NO_BROWSER in str(report.longrepr)]
    if missing:
        terminalreporter.section("THE PAGE WAS NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(
            f"{len(missing)} tests did not run: no Chromium here; {HOW_TO_BRING_IT}"
        )
        for report in missing:
            terminalreporter.write_line(f"  {report.nodeid}")
