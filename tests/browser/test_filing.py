"""An operator under stress, with a keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.browser.guard import Guard
from tests.browser.served import an_installation
from tests.builders import PASSWORD, a_component, a_subscriber, an_operator, an_organisation
from tests.databases import Database
from webapp import db
from webapp.flow.incidents import Incident
from webapp.flow.people import Person
from webapp.web.session import Installation

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


class Site:
    """The console at an address, with its store."""

    def __init__(self, address: str, installation: Installation, operator: Person) -> None:
        self.address, self.installation, self.operator = address, installation, operator

    def sign_in(self, page: Page) -> None:
        """As the operator, on the way to a new incident."""
        page.goto(f"{self.address}/console/incidents/new")
        page.get_by_label("What is your email address?").fill(self.operator.email)
        page.get_by_label("What is your password?").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="File an incident")).to_be_visible()


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with an_installation(database, tmp_path) as (address, installation):
        with db.transaction(installation.engine) as session:
            an_organisation(session)
            a_component(session, "phone", "Telephone")
            a_subscriber(session, sms="+46701000001")
            a_subscriber(session, email="bo@mail.example", asked=False)
            operator = an_operator()
            session.add(operator)
        yield Site(address, installation, operator)


def test_filing_by_keyboard_with_the_recommendation_following(page: Page, site: Site) -> None:
    site.sign_in(page)
    sentence = page.locator(".sentence")

    expect(page.get_by_label("It does not work")).to_be_focused()
    page.keyboard.press("Space")
    expect(sentence).to_contain_text("assumed: no end is known")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Cash machines")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_label("Where?").press_sequentially("Svegg")
    expect(page.locator("#recommendation")).to_contain_text("did you mean Sveg?")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")  # files nothing
    page.get_by_label("3 h").check()
    expect(sentence).to_contain_text("informed before")
    expect(page.locator("#recommendation svg.coverage").first).to_be_visible()

    why_not = page.locator(".advice", has_text="Facebook")
    why_not.locator("summary").first.click()
    page.get_by_label("What can people do?").fill("Pay by card")
    expect(why_not).to_contain_text("Fans are not our customers")
    expect(why_not).to_have_attribute("open", "")  # it stays open while the panel changes
    page.get_by_label("What can people do?").press("Control+Enter")

    page.wait_for_url("**/messages")
    with db.reading(site.installation.engine) as session:
        incident = session.exec(select(Incident)).one()
    assert incident.headline == "Cash machines not working within 15 km of Sveg"
    assert incident.instruction == "Pay by card"


def test_a_recommendation_that_cannot_follow_says_so(page: Page, site: Site, guard: Guard) -> None:
    guard.allow("Failed to load resource|ERR_FAILED|Failed to fetch|status of 500|htmx")
    site.sign_in(page)
    page.get_by_label("It does not work").check()
    expect(page.locator(".sentence")).to_be_visible()

    page.route("**/recommendation", lambda route: route.fulfill(status=500, body="broken"))
    page.get_by_label("3 h").check()
    stale = page.get_by_text("belongs to earlier answers")
    expect(stale).to_be_visible()

    page.unroute("**/recommendation")
    page.get_by_label("2 h", exact=True).check()
    expect(stale).to_be_hidden()


def test_an_exercise_cannot_be_missed_and_times_appear_when_wanted(page: Page, site: Site) -> None:
    site.sign_in(page)
    bar = page.locator(".filing .exercise-bar")
    expect(bar).to_be_hidden()
    expect(page.get_by_label("It ends at")).to_be_hidden()

    page.get_by_label("It is an exercise").check()
    page.locator("#until").get_by_label("At …").check()

    expect(bar).to_be_visible()
    expect(page.get_by_label("It ends at")).to_be_visible()
    expect(page.get_by_role("button", name="Show the recommendation")).to_be_hidden()
    page.get_by_text("Or whole areas").first.click()
    page.get_by_label("Show those with").fill("xyz")
    expect(page.get_by_label("Härjedalen")).to_be_hidden()
    page.get_by_label("Show those with").fill("härje")
    expect(page.get_by_label("Härjedalen")).to_be_visible()
