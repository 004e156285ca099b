"""Anna signs up by mail, changes her mind and leaves, with a real mail server between."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.arrow import Arrow, an_arrow
from tests.browser.guard import Guard
from tests.browser.public_side import served
from tests.builders import NOON, STATUS
from tests.databases import Database
from tests.webapp.web.street import Street
from webapp.db import add
from webapp.flow.organisation import ChannelSetup

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
NewContext = Callable[..., BrowserContext]


@pytest.fixture
def site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Arrow]]:
    """A bank at noon, and what sends its mail."""
    street = Street(database, tmp_path, monkeypatch)
    with an_arrow(street.engine) as arrow, served(street) as address:
        yield address, arrow


def test_anna_signs_up_by_mail_changes_her_mind_and_leaves(
    new_context: NewContext, site: tuple[str, Arrow], guard: Guard
) -> None:
    address, arrow = site
    page = new_context(java_script_enabled=False).new_page()
    page.goto(address)
    page.get_by_role("link", name="Get notices").first.click()

    page.get_by_label("Email", exact=True).check()
    page.get_by_label("What is your email address?").fill("anna@mail.example")
    page.get_by_label("Cash machines").check()
    page.get_by_label("Which place?").fill("Svegg")
    guard.allow("status of 422")
    page.get_by_role("button", name="Agree and send me a code").click()
    expect(page.get_by_role("alert")).to_contain_text("did you mean Sveg?")
    page.get_by_label("Which place?").fill("Sveg")
    page.get_by_role("button", name="Agree and send me a code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Type the code that we sent you")

    arrow.go_to(NOON)
    (mail,) = arrow.received("email")
    assert mail["recipient"] == "anna@mail.example"
    (link,) = re.findall(r"https://\S+code=\d{6}", mail["body"])
    page.goto(link.replace(STATUS, address))
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_role("status")).to_have_text("Done. From now on we tell you.")
    expect(page.get_by_label("Cash machines")).to_be_checked()
    expect(page.get_by_label("Which place?")).to_have_value("Sveg")
    page.get_by_label("Within").first.select_option("50 km")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.get_by_role("link", name="Leave").click()
    page.get_by_role("button", name="Leave now").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You have left")
    assert page.context.cookies() == []


def test_all_choices_can_be_made_and_changed_without_a_script(
    new_context: NewContext, site: tuple[str, Arrow], guard: Guard
) -> None:
    address, arrow = site
    page = new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{address}/subscribe")
    page.get_by_label("Email", exact=True).check()
    page.get_by_label("What is your email address?").fill("anna@mail.example")
    page.get_by_label("Which place?").fill("Sveg")
    page.get_by_text("More places").click()
    page.get_by_label("Another place?").first.fill("62.5, 14.1")
    page.get_by_text("How bad, what kind, which hours").click()
    page.get_by_label("Only when it is serious").check()
    page.get_by_label("Fraud and false messages").check()
    page.get_by_label("Something is slow").check()
    page.get_by_label("From", exact=True).fill("22:00")
    page.get_by_label("To", exact=True).fill("07:00")
    page.get_by_label("Collect small things in one mail a day").check()
    page.get_by_role("button", name="Agree and send me a code").click()
    arrow.go_to(NOON)
    (link,) = re.findall(r"https://\S+code=\d{6}", arrow.received("email")[0]["body"])
    page.goto(link.replace(STATUS, address))
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_label("Another place?").first).to_have_value("62.5000, 14.1000")
    expect(page.get_by_label("Only when it is serious")).to_be_checked()
    expect(page.get_by_label("From", exact=True)).to_have_value("22:00")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: nothing comes until")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("link", name="Leave").click()
    page.get_by_role("checkbox", name="Fraud and false messages").check()
    page.get_by_role("link", name="No, show me what I get").click()
    page.get_by_role("link", name="Delete everything").click()
    page.get_by_role("button", name="Delete everything now").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is deleted")


def test_a_browser_that_may_not_be_notified_says_so_and_the_other_ways_stay(
    new_context: NewContext, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guard: Guard
) -> None:
    street = Street(database, tmp_path, monkeypatch)
    with street.store() as session:
        add(session, ChannelSetup(channel="push", position=4))
    there = street.app.extensions["sveg"]
    environ = {**there.config.environ, "VAPID_SUBJECT": "mailto:ops@bank.example"}
    street.app.extensions["sveg"] = there._replace(config=replace(there.config, environ=environ))
    guard.allow("Push API in incognito mode")
    with served(street) as address:
        page = new_context().new_page()
        page.goto(f"{address}/subscribe")
        page.get_by_label("In this browser").check()
        expect(page.get_by_label("What is your mobile number?")).to_be_hidden()
        page.get_by_role("button", name="Agree and send me a code").click()

        expect(page.get_by_role("alert")).to_contain_text("Your browser did not let us notify you.")
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_label("Email", exact=True).check()
        expect(page.get_by_role("alert")).to_be_hidden()
        page.get_by_label("What is your email address?").fill("anna@mail.example")
        page.get_by_role("button", name="Agree and send me a code").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Type the code that we sent you")


def test_only_the_field_of_the_chosen_channel_is_asked_for(new_context: NewContext, site: tuple[str, Arrow]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site[0]}/subscribe")
    number, email = page.get_by_label("What is your mobile number?"), page.get_by_label("What is your email address?")

    expect(number).to_be_visible()
    expect(email).to_be_hidden()
    page.get_by_label("Email", exact=True).check()

    expect(number).to_be_hidden()
    expect(email).to_be_visible()
    expect(page.get_by_label("Leave this empty")).to_be_hidden()
