"""Somebody who runs a program has it told, without a script, and sees what they copy."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.arrow import Arrow, an_arrow
from tests.browser.guard import Guard
from tests.browser.public_side import served
from tests.builders import NOON
from tests.databases import Database
from tests.webapp.web.street import Street
from webapp.db import add
from webapp.flow.organisation import ChannelSetup

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
NewContext = Callable[..., BrowserContext]


@pytest.fixture
def site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Arrow, Street]]:
    """A bank at noon that calls programs of the sandbox."""
    street = Street(database, tmp_path, monkeypatch)
    with street.store() as session:
        add(session, ChannelSetup(channel="webhook", position=5))
    with an_arrow(street.engine) as arrow:
        there = street.app.extensions["sveg"]
        config = replace(there.config, sandbox_url=arrow.sandbox.http_url, sandbox_smtp="127.0.0.1:8025")
        street.app.extensions["sveg"] = there._replace(config=config)
        arrow.dispatcher.links = there.links
        with served(street) as address:
            yield address, arrow, street


@pytest.mark.parametrize("width", [390, 1200])
def test_a_program_is_signed_up_given_its_secret_tried_and_told(
    new_context: NewContext, site: tuple[str, Arrow, Street], guard: Guard, width: int
) -> None:
    address, arrow, street = site
    hook = f"{arrow.sandbox.http_url}/hooks/home"
    page = new_context(java_script_enabled=False, viewport={"width": width, "height": 844}).new_page()
    page.goto(f"{address}/subscribe")
    expect(page.get_by_label("Which address should we call?")).to_be_hidden()
    page.get_by_label("By webhook").check()
    expect(page.get_by_label("What is your email address?")).to_be_hidden()
    page.get_by_label("Which address should we call?").fill("https://192.168.1.1/hook")
    guard.allow("status of 422")
    page.get_by_role("button", name="Agree and send me a code").click()
    expect(page.get_by_role("alert")).to_contain_text("We cannot call that address")
    page.get_by_label("Which address should we call?").fill(hook)
    page.get_by_role("button", name="Agree and send me a code").click()
    expect(page.get_by_text("We have called your address with a code")).to_be_visible()

    arrow.go_to(NOON)
    page.get_by_label("What is the code?").fill(json.loads(arrow.received("webhook")[0]["body"])["data"]["code"])
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_have_text("Done. From now on we tell you.")
    page.get_by_role("button", name="Show the secret, once").click()
    secret = re.search(r"whsec_\S+", page.inner_text("main"))
    assert secret
    httpx.post(f"{hook}/secret", json={"secret": secret[0]}).raise_for_status()
    page.get_by_role("link", name="Back to my webhook").click()
    expect(page.get_by_role("button", name="Show the secret, once")).to_be_hidden()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("status")).to_have_text("A test is on its way to your program.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    with street.store() as session:
        street.a_live_notice(session, channels=("status_page", "webhook"))
    arrow.go_to(NOON)

    told = {call["type"]: call["is_verified"] for call in arrow.received("webhook")}
    assert (told["test"], told["notice.posted"]) == (True, True)
