"""Saved areas and the area library, as a browser without JavaScript uses them."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from tests.builders import PASSWORD, a_person
from tests.databases import Database
from tests.gazetteers import a_gazetteer
from tests.webapp.web.console.filing_desk import Desk, given
from webapp import db
from webapp.flow import incidents
from webapp.flow.areas import Area
from webapp.flow.audit import AuditEntry
from webapp.flow.incidents import Incident
from webapp.flow.people import Role
from webapp.flow.places import AreaOutline
from webapp.flow.saved_areas import SavedArea

SQUARE = {"type": "Polygon", "coordinates": [[[14.0, 61.9], [14.8, 61.9], [14.8, 62.2], [14.0, 62.2], [14.0, 61.9]]]}
SAYS = {"level": "own", "source": "Network plan 2026", "licence": "our own"}


@pytest.fixture
def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    a_gazetteer(tmp_path)
    desk = Desk(database, tmp_path, monkeypatch)
    yield desk
    desk.close()


@pytest.fixture
def admin(desk: Desk) -> Desk:
    """The same desk with an administrator at it."""
    with db.transaction(desk.engine) as session:
        person = a_person(role=Role.admin)
        session.add(person)
        email = person.email
    desk.client.post("/console/sign-out")
    desk.client.post("/console/sign-in", data={"email": email, "password": PASSWORD})
    return desk


def a_file(*features: dict[str, Any]) -> str:
    every = [{"type": "Feature", "properties": each, "geometry": SQUARE} for each in features]
    return json.dumps({"type": "FeatureCollection", "features": every})


def brought(desk: Desk, *features: dict[str, Any], **says: Any) -> TestResponse:
    return desk.client.post("/console/areas/import", data=SAYS | says | {"drawn": a_file(*features)})


def test_an_area_is_kept_under_a_name_and_used_for_an_incident(desk: Desk) -> None:
    kept = desk.client.post("/console/incidents/area", data=given({"area_name": "The valley", "place": ["Sveg", "Hede"],
                                                                   "radius_km": ["15", "10"], "but": "Härjedalen"}))  # fmt: skip
    with desk.read() as session:
        saved = session.exec(select(SavedArea)).one()

    assert kept.status_code == 200
    assert "“The valley” is saved" in kept.text
    assert 'value="Hede"' in kept.text
    assert desk.file(place=None, saved=str(saved.id)).status_code == 303
    with desk.read() as session:
        where = incidents.where(session, session.exec(select(Incident)).one())
        assert where == saved.where
        assert [near.label for near in where.nears] == ["Sveg", "Hede"]
        assert where.but is not None


def test_nothing_is_kept_without_a_name_or_of_a_place_that_is_not_known(desk: Desk) -> None:
    unnamed = desk.client.post("/console/incidents/area", data=given({"area_name": " "}))
    unknown = desk.client.post("/console/incidents/area", data=given({"area_name": "Here", "place": "Xyzzy"}))

    assert unnamed.status_code == unknown.status_code == 422
    assert "Write a name of up to" in unnamed.text
    assert "No place is called" in unknown.text
    with desk.read() as session:
        assert session.exec(select(SavedArea)).all() == []


def test_a_saved_area_is_shown_and_removed(desk: Desk) -> None:
    desk.client.post("/console/incidents/area", data=given({"area_name": "The valley"}))
    with desk.read() as session:
        saved = session.exec(select(SavedArea)).one()

    page = desk.client.get(f"/console/areas/saved/{saved.id}").text
    desk.client.post(f"/console/areas/saved/{saved.id}/removal")

    assert "707 km²" in page
    assert "<svg" in page
    assert "Map: Sveg, within 15 km" in page
    assert "style=" not in page
    assert "None yet" in desk.client.get("/console/areas").text
    assert desk.client.get(f"/console/areas/saved/{saved.id}").status_code == 404


def test_a_dry_run_stores_nothing_and_names_what_is_wrong(admin: Desk) -> None:
    file = a_file({"code": "net-1", "name": "Grid north", "parent": "SE-2361"}, {"name": "No code"}, {"code": "net-2", "parent": "nowhere"})  # fmt: skip
    page = admin.client.post("/console/areas/import/trial", content_type="multipart/form-data",
                             data=SAYS | {"upload": (BytesIO(file.encode()), "net.geojson")})  # fmt: skip

    assert page.status_code == 200
    said = " ".join(page.text.split())
    assert "<b>1</b> new, <b>0</b> written anew, <b>0</b> unchanged, <b>2</b> left out" in said
    assert "features[1]: it needs a property" in page.text.replace("&#34;", '"')
    assert "is not known; bring that one, too" in page.text
    assert "net-1" in page.text
    with admin.read() as session:
        assert session.get(Area, "net-1") is None


def test_what_is_brought_is_listed_exported_and_unchanged_the_second_time(admin: Desk) -> None:
    first = brought(admin, {"code": "net-1", "name": "Grid north", "valid_from": "2026-01-01"})
    again = admin.client.post("/console/areas/import/trial", data=SAYS | {"drawn": a_file({"code": "net-1", "name": "Grid north"})})  # fmt: skip
    renamed = admin.client.post("/console/areas/import/trial", data=SAYS | {"drawn": a_file({"code": "net-1", "name": "North"})})  # fmt: skip

    assert first.status_code == 303
    assert "<b>1</b> unchanged" in again.text
    assert "<b>1</b> written anew" in renamed.text
    page = admin.client.get("/console/areas?q=grid&level=own").text
    assert "Network plan 2026" in page
    assert "our own" in page
    assert "2026-01-01" in page
    assert "Härjedalen" not in page.partition("library")[2].partition("<tbody>")[2]
    assert "<svg" in admin.client.get("/console/areas/library/net-1").text
    file = admin.client.get("/console/areas.geojson").json
    assert {each["properties"]["code"] for each in file["features"]} == {"SE-2361", "sveg", "net-1"}  # type: ignore[index]  # JSON
    with admin.read() as session:
        assert session.exec(select(AuditEntry).where(AuditEntry.act == "areas.brought")).one()


def test_an_area_that_somebody_refers_to_stays(admin: Desk) -> None:
    brought(admin, {"code": "net-1"}, {"code": "net-2", "parent": "net-1"})

    refused = admin.client.post("/console/areas/library/net-1/removal")
    for code in ("net-2", "net-1"):
        assert admin.client.post(f"/console/areas/library/{code}/removal").status_code == 303

    assert refused.status_code == 409
    assert "1 area lies in it" in refused.text
    with admin.read() as session:
        assert session.get(Area, "net-1") is None
        assert session.exec(select(AreaOutline)).all() == []


def test_only_administrators_change_the_library(desk: Desk) -> None:
    assert desk.client.get("/console/areas/import").status_code == 403
    assert brought(desk, {"code": "net-1"}).status_code == 403
    assert desk.client.post("/console/areas/library/sveg/removal").status_code == 403
    assert "Bring areas from a file" not in desk.client.get("/console/areas").text


def test_a_file_that_cannot_be_read_or_has_no_source_is_answered_at_its_question(admin: Desk) -> None:
    broken = admin.client.post("/console/areas/import/trial", data=SAYS | {"drawn": "{"})
    nothing = admin.client.post("/console/areas/import", data=SAYS)
    unsourced = brought(admin, {"code": "net-1"}, source="")

    assert "This is not JSON" in broken.text
    assert "Choose a file, or paste GeoJSON" in nothing.text
    assert "Say who made them" in unsourced.text
    assert {broken.status_code, nothing.status_code, unsourced.status_code} == {422}


def test_an_incident_shows_its_area_in_words_and_as_a_picture(desk: Desk) -> None:
    desk.file(but="Hede", but_km="5")
    with desk.read() as session:
        incident = session.exec(select(Incident)).one()

    page = desk.client.get(f"/console/incidents/{incident.id}").text

    assert "Sveg, within 15 km, except Hede, within 5 km" in page
    assert 'class="area-map"' in page
    assert "style=" not in page
