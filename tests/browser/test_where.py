"""Where an incident applies, by keyboard, by mouse and from a file."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from tests.browser.served import an_installation, barriers
from tests.browser.test_filing import Site
from tests.builders import a_component, a_subscriber, an_operator, an_organisation
from tests.databases import Database
from tests.gazetteers import a_gazetteer
from webapp import db
from webapp.flow import incidents
from webapp.flow.areas import Where
from webapp.flow.incidents import Incident
from webapp.web.pages import vendor

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
needs_map = pytest.mark.skipif(vendor("leaflet.js") is None, reason="set-up has fetched no browser files")
SQUARE = [[[14.0, 61.9], [14.8, 61.9], [14.8, 62.2], [14.0, 62.2], [14.0, 61.9]]]


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    a_gazetteer(tmp_path)
    with an_installation(database, tmp_path) as (address, installation):
        with db.transaction(installation.engine) as session:
            an_organisation(session)
            a_component(session, "phone", "Telephone")
            a_subscriber(session, sms="+46701000001")
            operator = an_operator()
            session.add(operator)
        yield Site(address, installation, operator)


def filed(page: Page, site: Site) -> Where:
    """Where the one incident applies, once the form is sent."""
    page.get_by_label("What can people do?").press("Control+Enter")
    page.wait_for_url("**/console/notices/**")
    with db.reading(site.installation.engine) as session:
        return incidents.where(session, session.exec(select(Incident)).one())


def begun(page: Page, site: Site) -> None:
    site.sign_in(page)
    page.get_by_label("It does not work").check()
    page.get_by_label("Cash machines").check()
    page.get_by_label("3 h").check()


def test_a_place_is_found_and_chosen_by_keyboard(page: Page, site: Site) -> None:
    begun(page, site)
    box = page.get_by_role("combobox", name="Where?")

    box.press_sequentially("ås")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_have_text("Ås, Jämtland, Sweden")
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Ås, Västernorrland, Sweden")
    expect(page.locator(".area-said")).to_contain_text("Ås, within 15 km: 707 km²")

    page.get_by_role("button", name="Another place").first.click()
    page.keyboard.type("Sveg")
    expect(page.locator(".area-said")).to_contain_text("Sveg, within 15 km")
    where = filed(page, site)
    assert [(near.label, near.circle.latitude) for near in where.nears] == [("Ås", 62.5), ("Sveg", 62.0346)]


def test_several_places_of_one_name_are_settled_by_a_click(page: Page, site: Site) -> None:
    begun(page, site)
    page.get_by_label("Where?").fill("Ås")

    page.get_by_role("button", name="Ås, Jämtland, Sweden").click()

    expect(page.locator(".area-said")).to_contain_text("Ås, within 15 km: 707 km²")
    assert filed(page, site).nears[0].circle.latitude == 63.25


@needs_map
def test_what_is_drawn_with_the_mouse_is_what_counts(page: Page, site: Site) -> None:
    begun(page, site)
    page.get_by_text("On the map, or from a file").click()
    expect(page.locator(".map .place-name").first).to_be_visible()
    for side, degrees in zip(("South", "West", "North", "East"), ("61,5", "13.5", "62.5", "15.2"), strict=True):
        page.get_by_label(side).fill(degrees)  # a box without a mouse
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".area-said")).to_contain_text("Sveg")

    spot = page.locator("#map").bounding_box()
    assert spot is not None
    page.get_by_role("button", name="Cut out").click()
    page.get_by_role("button", name="Outline").click()
    corners = [(0.45, 0.3), (0.55, 0.3), (0.5, 0.4)]
    for right, down in [*corners, corners[-1]]:
        page.mouse.move(spot["x"] + spot["width"] * right, spot["y"] + spot["height"] * down)
        page.mouse.click(spot["x"] + spot["width"] * right, spot["y"] + spot["height"] * down)
    expect(page.locator("[data-map-says]")).to_have_text("2 shapes are on the map.")
    expect(page.locator(".area-said")).to_contain_text("except")
    where = filed(page, site)

    assert where.drawns[0].shape.bounds == (13.5, 61.5, 15.2, 62.5)
    assert where.but is not None
    west, south, east, north = where.but.drawns[0].shape.bounds
    assert 13.5 < west < east < 15.2
    assert 61.5 < south < north < 62.5


@needs_map
def test_a_shape_is_taken_from_a_file_and_removed_again(page: Page, site: Site, tmp_path: Path) -> None:
    begun(page, site)
    file = tmp_path / "valley.geojson"
    file.write_text(json.dumps({"type": "Feature", "properties": {"name": "the valley"}, "geometry": {"type": "Polygon", "coordinates": SQUARE}}))  # fmt: skip
    page.get_by_text("On the map, or from a file").click()

    page.get_by_label("Have you a file with the shape?").set_input_files(file)
    expect(page.locator(".area-said")).to_contain_text("the valley: 1 39")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#drawn")).to_have_value("")
    expect(page.locator(".area-said")).to_have_count(0)
    page.get_by_role("button", name="Circle").click()
    spot = page.locator("#map").bounding_box()
    assert spot is not None
    for right in (0.5, 0.6):
        page.mouse.move(spot["x"] + spot["width"] * right, spot["y"] + spot["height"] * 0.5)
        page.mouse.click(spot["x"] + spot["width"] * right, spot["y"] + spot["height"] * 0.5)
    expect(page.locator(".area-said")).to_contain_text("within")
    assert len(filed(page, site).nears) == 1


@needs_map
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_from_saying_where(page: Page, site: Site, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    begun(page, site)
    for part in ("by-areas", "by-map", "by-exclusion", "by-name"):
        page.locator(f"#{part} > summary").click()
    expect(page.locator(".map .place-name").first).to_be_visible()
    page.get_by_label("Where?").press_sequentially("ås")
    expect(page.get_by_role("option").first).to_be_visible()
    assert barriers(page) == []

    page.keyboard.press("Escape")
    page.get_by_label("Where?").fill("Sveg")
    page.get_by_label("Under which name").fill("The valley")
    page.get_by_role("button", name="Keep this area").click()
    expect(page.get_by_text("“The valley” is saved")).to_be_visible()
    for address in ("/console/areas", "/console/areas/library/sveg"):
        page.goto(site.address + address)
        assert barriers(page) == []
    page.goto(f"{site.address}/console/areas")
    page.get_by_role("link", name="The valley").click()
    expect(page.locator("svg.area-map")).to_be_visible()
    assert barriers(page) == []
