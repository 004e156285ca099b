"""What no page of ours may do, whatever a test looks at."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

OURS = {"127.0.0.1", "localhost", "::1"}
WITHOUT_NETWORK = {"data", "blob", "about"}


class Guard:
    """Collects console errors, exceptions, policy violations and off-site requests of every context that it watches."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._allowed: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """All its pages, also those that open later."""
        context.on("console", self._console)
        context.on("weberror", self._exception)
        context.on("request", self._request)

    def allow(self, pattern: str) -> None:
        """For a test that provokes an error on purpose, such as `status of 404`: a regular expression."""
        self._allowed.append(pattern)

    def take(self) -> list[str]:
        """What was found up to now and not allowed; it is forgotten."""
        found = [line for line in self.found if not any(re.search(pattern, line) for pattern in self._allowed)]
        self.found.clear()
        return found

    def _console(self, message: ConsoleMessage) -> None:
        # Violations of the security policy arrive here too.
        if message.type == "error":
            self.found.append(f"console: {message.text} ({message.location['url']})")

    def _exception(self, error: WebError) -> None:
        self.found.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in WITHOUT_NETWORK and address.hostname not in OURS:
            self.found.append(f"off-site: {request.url}")
