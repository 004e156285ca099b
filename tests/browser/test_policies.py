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
        expect(page.get_by_role("heading", level=1)).to_have_text("The rules in force", timeout=30_000)


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
    page.get_by_role("link", name="Whole text").click()
    text = page.get_by_label("What are the rules?")
    said = page.locator("#remarks")
    right = text.input_value()

    text.fill(right.replace("stale share: more than 50 %", "stale shar: more than 50 %"))
    expect(said).to_contain_text('Did you mean "stale share"?', timeout=30_000)
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


def test_findings_follow_one_rule_while_it_is_typed(page: Page, site: Site) -> None:
    site.sign_in(page, site.lena)
    page.get_by_role("button", name="Change this rule Short vs latency").focus()
    page.keyboard.press("Enter")
    rule, said = page.get_by_label("What does the rule say?"), page.locator("#remarks")
    right = rule.input_value()

    rule.fill(right.replace("stale share", "stale shar"))
    expect(said).to_contain_text('Did you mean "stale share"?', timeout=30_000)
    said.get_by_role("link", name="Line 4, column 7").press("Enter")
    assert (
        rule.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
        == "stale shar: more than 50 %"
    )

    page.keyboard.type("stale share: more than 40 %")
    expect(said).to_contain_text("stale share more than 40 %", timeout=30_000)
    expect(said).to_contain_text("It can come into force")
    page.get_by_role("button", name="Compare with the rules in force").press("Enter")
    expect(page.locator("#meaning")).to_contain_text("none → avoid when stale share more than 40 %", timeout=30_000)
    page.get_by_role("button", name="Save this rule").press("Enter")
    expect(page.get_by_text("Saved in your draft.")).to_be_visible()
    expect(rule).to_have_value(right.replace("50 %", "40 %"))


def test_an_incident_becomes_a_scenario_that_is_shown_at_its_line(page: Page, site: Site) -> None:
    site.sign_in(page, site.lena)
    page.goto(f"{site.address}/console/assessments/{site.assessment}")
    page.get_by_role("button", name="Keep as a scenario").press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("Kept as the scenario “Machines down")
    text = page.get_by_label("What are the rules?")
    expect(text).to_be_focused()
    selected = text.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    assert selected.startswith("  - name: ")
    assert "Machines down" in selected


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_everybody_can_use_the_pages_of_the_rules(page: Page, site: Site, color_scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if color_scheme == "dark" else "light")
    site.sign_in(page, site.lena)
    found = faults(page)

    page.get_by_role("button", name="Change this rule Short vs latency").click()
    rule = page.get_by_label("What does the rule say?")
    rule.fill(rule.input_value().replace("stale share", "stale shar"))
    expect(page.locator("#remarks")).to_contain_text("a mistake to mend", timeout=30_000)
    found += faults(page)
    page.get_by_role("link", name="All rules of the draft").click()
    found += faults(page)
    page.get_by_role("link", name="Whole text").click()
    found += faults(page)
    page.get_by_role("link", name="What it means, as saved").click()
    found += faults(page)
    page.goto(f"{site.address}/console/assessments/{site.assessment}")
    expect(page.get_by_text("it comes out the same")).to_be_visible()
    found += faults(page)

    assert found == []
