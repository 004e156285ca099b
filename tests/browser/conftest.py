"""A guarded page in the system's Chromium."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.guard import Guard
from tests.lacking import lacking

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever a page asks for, no name outside this machine is even looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def chromium() -> str | None:
    """The system's Chromium, or a Chrome."""
    on_path = (shutil.which(name) for name in NAMES)
    apps = (str(path) for app in MAC_APPS if (path := Path("/Applications") / app).exists())
    return next((found for found in (*on_path, *apps) if found), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Instead of a browser that Playwright would download."""
    found = chromium()
    if found is None:
        lacking("Chromium (none of " + ", ".join(NAMES) + " is installed)")
    return {**browser_type_launch_args, "executable_path": found, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def base_url() -> str | None:
    """None: tests name whole addresses. (The plugin's own fixture is of a kind that pytest 10 drops.)"""
    return None


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """The same reader on every machine."""
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "Europe/Stockholm"}


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Fails the test for what its pages did and may not; `guard.allow("status of 404")` for what it provokes."""
    guard = Guard()
    yield guard
    assert guard.take() == []


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext], guard: Guard) -> Callable[..., BrowserContext]:
    """Every context is guarded, and so `context` and `page` are."""

    def guarded(**options: Any) -> BrowserContext:
        context = new_context(**options)
        guard.watch(context)
        return context

    return guarded
