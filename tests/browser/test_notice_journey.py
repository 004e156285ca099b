"""From a draft to its end, as people do it: writing while it saves itself, signing on a phone, stopping with one tap."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.guard import Guard
from tests.browser.served import an_installation, barriers
from tests.browser.test_console_desk import Site
from tests.builders import a_draft, subscribers
from tests.databases import Database
from webapp import clock, db
from webapp.flow import lifecycle, schedule
from webapp.flow.notices import Notice

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A console whose scheduler looks when a test says so."""
    with an_installation(database, tmp_path) as (address, installation):
        yield Site(address, installation)


def drafted(place: Site) -> Notice:
    """A draft to three people."""
    incident = place.file()
    with db.transaction(place.installation.engine) as session:
        subscribers(session, 3)
        return a_draft(session, incident, by=place.olle, now=clock.now())


def test_a_draft_saves_itself_and_its_messages_follow(page: Page, place: Site, guard: Guard) -> None:
    notice = drafted(place)
    place.sign_in(page, place.olle)
    page.goto(f"{place.address}/console/notices/{notice.id}/messages")

    page.get_by_label("What has happened, in one line?").fill("Cash machines are out of order")
    expect(page.locator(".ch-sms .bubble")).to_contain_text("out of order")
    expect(page.locator("#body-now-sms-en")).to_have_value(re.compile("out of order"))
    page.locator("#body-now-sms-en").press_sequentially(" – soon", delay=20)
    expect(page.locator(".ch-sms")).to_contain_text("“–” (en dash)")
    expect(page.locator("#body-now-sms-en")).to_be_focused()
    page.reload()

    expect(page.locator("#body-now-sms-en")).to_have_value(re.compile(" – soon"))
    guard.allow("status of 422")
    page.get_by_label("What has happened, in one line?").fill("")
    expect(page.get_by_role("alert")).to_contain_text("Say in one line what has happened")


def test_a_lead_signs_on_a_phone_and_anybody_stops_it(
    page: Page, place: Site, new_context: Callable[..., object]
) -> None:
    notice = drafted(place)
    place.sign_in(page, place.olle)
    page.goto(f"{place.address}/console/notices/{notice.id}/messages")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_text("It waits for a lead")).to_be_visible()
    phone: Page = new_context(viewport=PHONE).new_page()  # type: ignore[attr-defined]  # a BrowserContext
    place.sign_in(phone, place.lena)

    phone.goto(f"{place.address}/console/notices/{notice.id}/approval")
    assert phone.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]
    phone.get_by_role("button", name="Approve and tell 3 people").click()

    expect(page.locator(".countdown")).to_be_visible(timeout=9_000)  # Olle's page changes by itself
    first = page.locator(".countdown").inner_text()
    expect(page.locator(".countdown")).not_to_have_text(first)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("main")).to_contain_text("Stopped. 3 will not get it.")
    expect(phone.locator("#progress")).to_contain_text("Nothing went out", timeout=9_000)
    expect(phone.locator("[hx-trigger]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_notice_have_no_barriers(page: Page, place: Site, scheme: str) -> None:
    notice = drafted(place)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    place.sign_in(page, place.olle)
    page.goto(f"{place.address}/console/notices/{notice.id}/messages")
    page.get_by_text("If somebody resolves it before").click()
    assert barriers(page) == []
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_text("It waits for a lead")).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{place.address}/console/notices/{notice.id}/approval")
    assert barriers(page) == []
    with db.transaction(place.installation.engine) as session:
        signed = session.get_one(Notice, notice.id)
        lifecycle.sign(session, signed, by=place.lena, now=clock.now(), hold_s=0)
        for action in schedule.due(session, now=clock.now()):
            lifecycle.execute(session, action, now=clock.now(), status_url="https://status.example")
    page.goto(f"{place.address}/console/notices/{notice.id}")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert barriers(page) == []
