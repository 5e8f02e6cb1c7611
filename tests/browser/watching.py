"""What a tab asks for and complains of while a test looks at it."""

from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Error, Page, Request


class Watched:
    """Collects the faults of one tab, and its requests to hosts that are not ours."""

    def __init__(self, page: Page) -> None:
        self.foreign: list[str] = []
        self.faults: list[str] = []
        page.on("request", self._on_request)
        page.on("pageerror", self._on_error)
        page.on("console", self._on_console)

    def _on_request(self, request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            self.foreign.append(request.url)

    def _on_error(self, error: Error) -> None:
        self.faults.append(str(error))

    def _on_console(self, message: ConsoleMessage) -> None:
        # A request that was refused is logged by the browser itself, not by the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)
