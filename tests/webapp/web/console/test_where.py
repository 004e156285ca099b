"""Where an incident applies: typed, ticked, pasted, drawn; without JavaScript, as a browser sends it."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from tests.databases import Database
from tests.gazetteers import a_gazetteer
from tests.webapp.web.console.filing_desk import Desk, given
from webapp import config
from webapp.app import create_app
from webapp.flow import incidents
from webapp.flow.areas import Where
from webapp.flow.incidents import Incident
from webapp.web.console.map_tiles import origin

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SQUARE = [[[14.0, 61.9], [14.8, 61.9], [14.8, 62.2], [14.0, 62.2], [14.0, 61.9]]]
BOW_TIE = [[[14.0, 61.9], [14.8, 62.2], [14.8, 61.9], [14.0, 62.2], [14.0, 61.9]]]


@pytest.fixture
def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    a_gazetteer(tmp_path)
    desk = Desk(database, tmp_path, monkeypatch)
    yield desk
    desk.close()


def filed(desk: Desk, **answers: Any) -> Where:
    response = desk.file(**answers)
    assert response.status_code == 303, response.text
    with desk.read() as session:
        return incidents.where(session, session.exec(select(Incident)).one())


def polygons(*rings: Any, **properties: Any) -> str:
    features = [{"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": each}} for each in rings]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_several_places_each_have_their_own_distance(desk: Desk) -> None:
    where = filed(desk, place=["Sveg", "", "Hede"], radius_km=["15", "15", "7,5"])

    assert [(near.label, near.circle.radius_m) for near in where.nears] == [("Sveg", 15_000), ("Hede", 7_500)]


def test_a_whole_area_may_be_typed_and_counts_once_with_its_tick(desk: Desk) -> None:
    where = filed(desk, place="Härjedalen", areas="SE-2361")

    assert where == Where(codes=("SE-2361",))


def test_an_ambiguous_name_is_answered_with_choices_and_a_choice_settles_it(desk: Desk) -> None:
    asked = desk.file(place="Ås")
    chosen = desk.client.post("/console/incidents/new", data=given({"place": "Ås", "place_meant_0": "place:3"})).text
    where = filed(desk, place="Ås", place_meant_0="place:3")

    assert asked.status_code == 422
    assert 'type="radio" name="place_meant_0" value="place:2"' in asked.text
    assert "Ås, Jämtland, Sweden" in asked.text
    assert "Ås, Västernorrland, Sweden" in asked.text
    assert 'value="Ås, Västernorrland, Sweden"' in chosen
    assert (where.nears[0].circle.latitude, where.nears[0].circle.longitude) == (62.5, 17.2)


def test_what_is_cut_out_is_kept_as_such(desk: Desk) -> None:
    where = filed(desk, place="Sveg", but="Härjedalen", but_km="5")

    assert where.but == Where(codes=("SE-2361",))


def test_codes_that_are_not_known_are_named_where_they_were_pasted(desk: Desk) -> None:
    response = desk.file(place=None, codes="SE-2361\n84299")

    assert response.status_code == 422
    assert "No area has the code 84299" in response.text
    assert 'id="codes-error"' in response.text
    assert filed(desk, place=None, codes="se-2361").codes == ("SE-2361",)


def test_a_drawn_shape_is_called_by_the_places_in_it_or_as_people_call_it(desk: Desk) -> None:
    panel = desk.panel(place=None, drawn=polygons(SQUARE)).text
    where = filed(desk, place=None, drawn=polygons(SQUARE), drawn_name="the valley")

    assert "<b>Sveg</b>" in panel
    assert re.search(r"1.39\d km²", panel)
    assert [each.label for each in where.drawns] == ["the valley"]


def test_a_drawn_circle_stays_a_circle_and_a_shape_may_cut_out(desk: Desk) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"radius_km": 40}, "geometry": {"type": "Point", "coordinates": [14.366, 62.034]}},
        json.loads(polygons(SQUARE, excluded=True))["features"][0],
    ]})  # fmt: skip

    where = filed(desk, place=None, drawn=text)

    assert [(near.label, near.circle.radius_m) for near in where.nears] == [("Sveg", 40_000)]
    assert where.but is not None
    assert len(where.but.drawns) == 1


def test_an_outline_that_crosses_itself_is_mended_and_that_is_said(desk: Desk) -> None:
    panel = desk.panel(place=None, drawn=polygons(BOW_TIE)).text

    assert "The outline crosses itself" in panel
    assert "it was read as 2 parts" in panel


@pytest.mark.parametrize(("text", "sentence"), [
    ("not json", "This is not JSON"),
    ('{"type": "Point", "coordinates": [14, 62]}', "has no inside"),
    (polygons([[[480000, 6870000], [490000, 6870000], [490000, 6880000], [480000, 6870000]]]), "map metres"),
    ('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"radius_km":"far"},"geometry":{"type":"Point","coordinates":[14,62]}}]}', "A circle is a Point"),
    ("[" * 100_000, "nested"),
])  # fmt: skip
def test_what_cannot_be_a_shape_is_refused_at_its_question(desk: Desk, text: str, sentence: str) -> None:
    response = desk.file(place=None, drawn=text)

    assert response.status_code == 422
    assert sentence in response.text
    assert 'id="drawn-error"' in response.text


def test_a_file_is_used_as_if_it_had_been_pasted(desk: Desk) -> None:
    answers = given(
        {"place": None, "upload": (BytesIO(polygons(SQUARE, name="the valley").encode()), "valley.geojson")}
    )
    response = desk.client.post("/console/incidents/new", data=answers, content_type="multipart/form-data")

    assert response.status_code == 200
    assert "<b>the valley</b>" in response.text
    assert "61.9" in response.text


def test_codes_may_come_in_a_file_with_a_heading(desk: Desk) -> None:
    answers = given({"place": None, "codes_file": (BytesIO(b'Postcode\n"SE-2361"\n84299\n'), "codes.csv")})
    page = desk.client.post("/console/incidents/new", data=answers, content_type="multipart/form-data").text

    assert "No area has the code 84299. Write them anew" in page


def test_a_large_file_is_read_and_one_that_is_too_large_is_refused_in_words(desk: Desk) -> None:
    ring = [[14 + n / 100_000, 61.9] for n in range(15_000)] + [[14.3, 62.2], [14.0, 61.9]]
    large = polygons([ring], name="the valley")
    assert len(large) > 200_000

    assert "<b>the valley</b>" in desk.panel(place=None, drawn=large).text
    assert (
        "can be used. Simplify its outlines"
        in desk.panel(place=None, drawn=large.replace("{", "{" + " " * 5_000_000, 1)).text
    )


def test_exchanged_coordinates_are_noticed(desk: Desk) -> None:
    turned = [[[y, x] for x, y in ring] for ring in SQUARE]

    assert "With longitude and latitude exchanged it would be 3" in desk.panel(place=None, drawn=polygons(turned)).text


def test_the_area_is_said_before_the_rest_is_answered(desk: Desk) -> None:
    panel = desk.panel(kind=None).text

    assert "<b>Sveg, within 15 km</b>" in panel
    assert "707 km²" in panel
    assert "Choose what has happened" in panel


def test_the_area_is_said_with_its_people(desk: Desk) -> None:
    panel = desk.panel().text

    assert "<b>3</b> people on our books whom it concerns" in " ".join(panel.split())
    assert "Sveg, Härjedalen" in panel


def test_places_are_offered_from_two_letters_on_to_whoever_is_signed_in(desk: Desk) -> None:
    found = desk.client.get("/console/places?q=ås")

    assert [each["in_full"] for each in found.json["places"]] == ["Ås, Jämtland, Sweden", "Ås, Västernorrland, Sweden"]  # type: ignore[index]  # JSON
    assert desk.client.get("/console/places?q=å").json == {"places": []}
    assert desk.app.test_client().get("/console/places?q=ås").status_code == 303


def test_the_map_asks_for_names_and_for_the_outline_of_what_is_typed(desk: Desk) -> None:
    names = desk.client.get("/console/places/around?south=61&west=13&north=64&east=16&zoom=10").json
    outline = desk.client.post("/console/areas/outline", data=given({"drawn": polygons(SQUARE)})).json

    assert [each["name"] for each in names["places"]] == ["Östersund", "Sveg", "Ås", "Hede"]  # type: ignore[index]  # JSON
    assert outline["has_drawn"]  # type: ignore[index]
    assert outline["geojson"]["type"] == "Polygon"  # type: ignore[index]
    assert desk.client.get("/console/places/around?south=nan&west=x").json == {"places": []}


def test_a_map_from_elsewhere_is_let_in_only_where_it_is_named(database: Database, tmp_path: Path, desk: Desk) -> None:
    named = {
        "SVEG_INSTANCE": str(tmp_path),
        "DATABASE_URL": database.url,
        "MAP_TILES": "https://tiles.example/{z}/{x}/{y}.png",
    }
    app = create_app(config.read(named))

    policy = app.test_client().get("/console/sign-in").headers["Content-Security-Policy"]
    app.extensions["sveg"].engine.dispose()

    assert "img-src 'self' data: https://tiles.example;" in policy
    assert "img-src 'self' data:;" in desk.client.get("/console/areas").headers["Content-Security-Policy"]
    assert origin("https://a;script-src *") == origin("javascript:alert(1)") == ""


def test_a_shape_with_no_town_in_it_is_not_called_by_one_outside(desk: Desk) -> None:
    lonely = polygons([[[15.5, 61.9], [15.8, 61.9], [15.8, 62.0], [15.5, 61.9]]])

    panel = desk.panel(place=None, drawn=lonely).text

    assert "<b>a marked area</b>" in panel
    assert "nobody&#39;s town lies in it" in panel or "nobody's town lies in it" in panel
    assert "write what people call it" in panel
    assert "Cash machines not working in a marked area" in panel
