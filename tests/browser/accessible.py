"""What axe finds fault with in a page: nothing, where all may use it."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_axe = Axe()


async def faults_of(page: Page) -> list[str]:
    """Return a line for each rule that is broken, with the first place."""
    found = await _axe.run(page)
    return [
        f"{fault['id']}: {fault['help']} ({fault['nodes'][0]['html'][:200]})"
        for fault in found.response["violations"]
    ]
