"""A lead changes the rules while findings follow, another one signs them; in light and dark."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.builders import PASSWORD, a_lead, an_incident, an_organisation
from tests.databases import Database
from webapp import clock, config, db
from webapp.app import create_app
from webapp.flow import assessments
from webapp.flow.people import Person
from webapp.web.session import Installation

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Site:
    """The console at an address, with two leads and one stored recommendation."""

    def __init__(self, address: str, installation: Installation) -> None:
        self.address = address
        self.lena, self.liv = a_lead(name="Lena"), a_lead(name="Liv")
        with db.transaction(installation.engine) as session:
            an_organisation(session)
            session.add_all([self.lena, self.liv])
            session.flush()
            incident = an_incident(session, by=self.lena, headline="Machines down")
            self.assessment = assessments.assess(session, incident, by=self.lena, now=clock.now()).id

    def sign_in(self, page: Page, person: Person) -> None:
        """Out with whoever was there."""
        page.context.clear_cookies()
        page.goto(f"{self.address}/console/policies")
        page.get_by_label("What is your email address?").fill(person.email)
        page.get_by_label("What is your password?").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("The rules in force")


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    app = create_app(config.read({"SVEG_INSTANCE": str(tmp_path), "DATABASE_URL": database.url}))
    installation: Installation = app.extensions["sveg"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", installation)
    server.shutdown()
    thread.join()
    server.server_close()
    installation.engine.dispose()


def faults(page: Page) -> list[str]:
    """What keeps some people from using the page."""
    found = Axe().run(page, options={"runOnly": STANDARDS, "resultTypes": ["violations"]})
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]


def test_a_lead_changes_a_rule_and_another_one_signs_it(page: Page, site: Site) -> None:
    site.sign_in(page, site.lena)
    page.get_by_role("button", name="Change the rules").click()
    text = page.get_by_label("What are the rules?")
    said = page.locator("#remarks")
    right = text.input_value()

    text.fill(right.replace("stale share: more than 50 %", "stale shar: more than 50 %"))
    expect(said).to_contain_text('Did you mean "stale share"?')
    text.fill(right.replace("stale share: more than 50 %", "stale share: more than 40 %"))
    expect(said).to_contain_text("It can come into force", timeout=20_000)
    page.get_by_label("What changes, and why?").fill("News came too late")
    page.get_by_role("button", name="Ask for a signature").click()
    expect(page.get_by_text("another lead must decide")).to_be_visible(timeout=20_000)

    site.sign_in(page, site.liv)
    page.get_by_role("link", name="News came too late").click()
    expect(page.get_by_text("stale share more than 40 %").first).to_be_visible()
    page.get_by_role("button", name="Sign it").click()
    expect(page.get_by_text("Signed. The rules count")).to_be_visible()
    expect(page.locator(".rules-head")).to_contain_text("News came too late")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_everybody_can_use_the_pages_of_the_rules(page: Page, site: Site, color_scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if color_scheme == "dark" else "light")
    site.sign_in(page, site.lena)
    found = faults(page)

    page.get_by_role("button", name="Change the rules").click()
    found += faults(page)
    page.get_by_role("link", name="What it means, as saved").click()
    found += faults(page)
    page.goto(f"{site.address}/console/assessments/{site.assessment}")
    expect(page.get_by_text("it comes out the same")).to_be_visible()
    found += faults(page)

    assert found == []
