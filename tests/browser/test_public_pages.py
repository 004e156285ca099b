"""What everybody sees, without JavaScript, in light and dark, wide and narrow."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, expect

from rules.terms import Kind
from tests.browser.public_side import served
from tests.builders import NOON, a_component
from tests.databases import Database
from tests.webapp.web.street import Street
from webapp.flow.incidents import Incident

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NewContext = Callable[..., BrowserContext]


@pytest.fixture
def site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Incident]]:
    """A bank with one live incident and planned work."""
    street = Street(database, tmp_path, monkeypatch)
    with street.store() as session:
        group = a_component(session, "pay", "Payments", is_group=True)
        a_component(session, "card", "Card payments", group=group)
        notice = street.a_live_notice(session, instruction="Use the machine in Hede.")
        incident = session.get_one(Incident, notice.incident_id)
        street.published(session, kind=Kind.maintenance, components=("card",), headline="New software in shops",
                         started_at=NOON + timedelta(days=2), expected_end_at=NOON + timedelta(days=2, hours=4))  # fmt: skip
    with served(street) as address:
        yield address, incident


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390, 320])
def test_the_status_page_needs_no_script(
    new_context: NewContext, site: tuple[str, Incident], scheme: Literal["light", "dark"], width: int
) -> None:
    address, incident = site
    size = {"width": width, "height": 900}
    page = new_context(java_script_enabled=False, color_scheme=scheme, viewport=size).new_page()

    page.goto(address)

    expect(page).to_have_title("Some services do not work · Fjällbanken")
    expect(page.get_by_role("heading", level=1)).to_have_text("Some services do not work")
    box = page.locator("body").bounding_box()
    for part in page.locator("article, .whole, .services, .days").all():
        found = part.bounding_box()
        assert found
        assert found["x"] + found["width"] <= width
    assert box
    assert box["width"] <= width
    page.get_by_role("link", name=incident.headline).first.click()
    expect(page.get_by_role("heading", name="What we have said")).to_be_visible()
    assert page.context.cookies() == []


def test_a_keyboard_reaches_the_content_first_and_the_language(
    new_context: NewContext, site: tuple[str, Incident]
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(site[0])

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site[0]}/#main")
    page.get_by_role("link", name="Svenska").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Vissa tjänster fungerar inte")
    page.get_by_role("link", name="Historik", exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("November 2026")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    new_context: NewContext, site: tuple[str, Incident], scheme: Literal["light", "dark"]
) -> None:
    address, incident = site
    page = new_context(color_scheme=scheme).new_page()
    never = "00000000-0000-0000-0000-000000000000"

    for path in ("/", f"/incidents/{incident.public_id}", "/history", "/subscribe", f"/subscribe/confirm/{never}"):
        page.goto(f"{address}{path}")
        found = Axe().run(page, options={"runOnly": STANDARDS})

        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
