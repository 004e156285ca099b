"""The desk at three in the morning, by keyboard, in light and dark."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.guard import Guard
from tests.browser.served import an_installation, barriers
from tests.builders import PASSWORD, a_lead, a_submitted_notice, an_incident, an_operator, an_organisation
from tests.databases import Database
from webapp import clock, db
from webapp.flow.incidents import Incident
from webapp.flow.people import Person
from webapp.web.session import Installation

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


class Site:
    """The console at an address, with its people."""

    def __init__(self, address: str, installation: Installation) -> None:
        self.address, self.installation = address, installation
        self.olle, self.lena = an_operator(name="Olle"), a_lead(name="Lena")
        with db.transaction(installation.engine) as session:
            an_organisation(session)
            session.add_all([self.olle, self.lena])

    def sign_in(self, page: Page, person: Person) -> None:
        """By keyboard; the address field has the focus."""
        page.goto(f"{self.address}/console/")
        expect(page.get_by_label("What is your email address?")).to_be_focused()
        page.keyboard.type(person.email)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    def file(self) -> Incident:
        """An incident that goes on for two hours."""
        now = clock.now()
        with db.transaction(self.installation.engine) as session:
            return an_incident(session, by=self.olle, started_at=now, expected_end_at=now + timedelta(hours=2), now=now)

    def ask_for_approval(self) -> None:
        """A notice that waits for a lead."""
        now = clock.now()
        with db.transaction(self.installation.engine) as session:
            a_submitted_notice(session, by=self.olle, now=now, started_at=now, expected_end_at=now + timedelta(hours=2))


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with an_installation(database, tmp_path) as (address, installation):
        yield Site(address, installation)


def test_the_desk_keeps_itself_up_to_date_until_it_is_paused(page: Page, site: Site) -> None:
    site.sign_in(page, site.lena)
    expect(page.get_by_role("heading", level=1)).to_contain_text("All is quiet")

    site.ask_for_approval()

    expect(page.get_by_role("heading", level=1)).to_have_text("1 thing needs you", timeout=9_000)
    expect(page).to_have_title("1 to do · Sveg")
    page.get_by_role("button", name="Pause updates").click()
    site.ask_for_approval()
    page.wait_for_timeout(4_500)
    expect(page.get_by_role("heading", level=1)).to_have_text("1 thing needs you")


def test_keys_lead_everywhere_and_can_be_switched_off(page: Page, site: Site) -> None:
    site.sign_in(page, site.lena)

    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/console/incidents")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("gong")  # keys are letters while one writes
    page.keyboard.press("Enter")
    page.wait_for_url("**q=gong**")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Use single keys on this device").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.get_by_role("button", name="Keys").click()

    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(page).to_have_url(f"{site.address}/console/incidents?q=gong&state=&kind=")


def test_an_update_is_written_and_the_incident_closed_by_keyboard(page: Page, site: Site) -> None:
    incident = site.file()
    site.sign_in(page, site.olle)

    page.goto(f"{site.address}/console/incidents/{incident.id}#update")
    page.get_by_label("Monitoring").check()
    page.get_by_label("What should colleagues know?").fill("It holds")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("The update is kept")
    expect(page.locator(".story")).to_contain_text("Monitoring, by Olle")
    page.locator("#resolution summary").press("Enter")
    page.get_by_label("How did it end?").fill("Mended")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("status")).to_contain_text("It is over")
    expect(page.locator(".story")).to_contain_text("Resolved, by Olle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_console_has_no_barriers(page: Page, site: Site, guard: Guard, scheme: str) -> None:
    guard.allow("status of 404")
    incident = site.file()
    site.ask_for_approval()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{site.address}/console/sign-in")

    assert barriers(page) == []
    site.sign_in(page, site.lena)
    for path in ("", f"incidents/{incident.id}?do=end", "incidents", "audit", "nothing-here"):
        page.goto(f"{site.address}/console/{path}")
        assert (path, barriers(page)) == (path, [])
    page.locator("h1").evaluate(
        "heading => heading.setAttribute('aria-label', '') || heading.setAttribute('role', 'nonsense')"
    )
    assert barriers(page) != []  # it would have been found


def test_without_javascript_nothing_is_offered_that_needs_it(
    new_context: Callable[..., BrowserContext], site: Site
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    site.sign_in(page, site.olle)
    incident = site.file()

    expect(page.get_by_role("button", name="Pause updates")).to_be_hidden()
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()
    page.get_by_role("link", name="Reload").click()
    page.get_by_role("link", name=incident.headline, exact=True).click()
    page.get_by_text("Say where it stands").click()
    page.get_by_label("Identified").check()
    page.get_by_role("button", name="Keep the update").click()

    expect(page.get_by_role("status")).to_contain_text("The update is kept")


def test_no_page_is_wider_than_a_phone(page: Page, site: Site) -> None:
    incident = site.file()
    site.ask_for_approval()
    page.set_viewport_size({"width": 360, "height": 740})
    site.sign_in(page, site.lena)

    for path in ("", f"incidents/{incident.id}?do=end", "incidents", "audit"):
        page.goto(f"{site.address}/console/{path}")
        assert page.evaluate("() => document.documentElement.scrollWidth") == 360, path
