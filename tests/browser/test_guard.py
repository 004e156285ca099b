"""The guard notices what it is there for; otherwise every other browser test would prove too much."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.browser.guard import Guard

pytestmark = pytest.mark.browser

POLICY = "default-src 'none'; script-src 'self'; img-src http:"
PAGES = {
    "/favicon.ico": "which every browser asks for",
    "/calm": "<h1>Calm</h1>",
    "/inline": "<h1>Inline</h1><script>document.title = 'forbidden'</script>",
    "/off-site": "<h1>Off-site</h1><img src='http://tiles.example/1.png' alt=''>",
    "/throws": "<h1>Throws</h1><script src='/throws.js'></script>",
    "/throws.js": "throw new Error('a mistake of ours')",
    "/opens": "<h1>Opens</h1><a href='/throws' target='_blank'>another</a>",
}


class Pages(BaseHTTPRequestHandler):
    """Serves the pages above, with a security policy."""

    def do_GET(self) -> None:
        content = PAGES.get(self.path)
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write((content or "<h1>Not here</h1>").encode())

    def log_message(self, *_: object) -> None:
        """Calm."""


@pytest.fixture
def site() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_calm_page_passes(page: Page, site: str) -> None:
    page.goto(f"{site}/calm")

    expect(page.locator("h1")).to_have_text("Calm")


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        ("/inline", "Content Security Policy"),
        ("/off-site", "off-site: http://tiles.example/1.png"),
        ("/throws", "exception: a mistake of ours"),
        ("/nowhere", "status of 404"),
    ],
)
def test_what_a_page_may_not_do_is_found(page: Page, guard: Guard, site: str, path: str, finding: str) -> None:
    page.goto(site + path)
    page.wait_for_load_state("networkidle")

    assert finding in "\n".join(guard.take())


def test_a_page_that_opens_later_is_guarded_too(page: Page, guard: Guard, site: str) -> None:
    page.goto(f"{site}/opens")

    with page.context.expect_event("weberror"):
        page.get_by_role("link", name="another").click()

    assert "a mistake of ours" in "\n".join(guard.take())


def test_what_a_test_provokes_can_be_allowed(page: Page, guard: Guard, site: str) -> None:
    guard.allow("status of 404")

    page.goto(f"{site}/nowhere")

    assert guard.take() == []
