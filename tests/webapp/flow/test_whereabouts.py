"""What somebody means by the name of a place."""

from pathlib import Path

import pytest
from sqlmodel import Session

from tests.builders import an_organisation
from tests.gazetteers import a_gazetteer
from webapp.db import add
from webapp.flow.areas import Area, Level, Near, Where, near
from webapp.flow.code_lists import listed
from webapp.flow.extent import extent
from webapp.flow.followers import estimate
from webapp.flow.refusals import NotValid
from webapp.flow.whereabouts import Unclear, meant, part, suggest
from webapp.geo.gazetteer import Gazetteer


@pytest.fixture
def places(tmp_path: Path) -> Gazetteer:
    return a_gazetteer(tmp_path)


@pytest.fixture
def town(session: Session) -> Session:
    """With areas of our own: Sveg, Härjedalen, Sweden, two postcodes."""
    an_organisation(session)
    add(session, Area(code="SE", name="Sweden", level=Level.country))
    for code in ("84231", "84232"):
        add(session, Area(code=f"SE-p-{code}", name=f"{code[:3]} {code[3:]}", level=Level.postcode))
    return session


def test_a_place_is_never_offered_without_what_holds_it(town: Session, places: Gazetteer) -> None:
    assert [spot.in_full for spot in suggest(town, places, "ås")] == [
        "Ås, Jämtland, Sweden",
        "Ås, Västernorrland, Sweden",
    ]
    assert suggest(town, places, "å") == []


def test_our_own_place_stands_for_the_same_place_of_the_gazetteer(town: Session, places: Gazetteer) -> None:
    assert next((spot.id, spot.in_full) for spot in suggest(town, places, "sve")) == ("area:sveg", "Sveg, Härjedalen")
    assert [spot.name for spot in suggest(town, places, "Sveg")] == ["Sveg"]


def test_several_places_of_one_name_are_asked_about_and_a_choice_or_a_county_settles_it(
    town: Session, places: Gazetteer
) -> None:
    with pytest.raises(Unclear) as unclear:
        meant(town, places, "Ås")

    assert [spot.in_full for spot in unclear.value.options] == ["Ås, Jämtland, Sweden", "Ås, Västernorrland, Sweden"]
    assert meant(town, places, "Ås", chosen="place:3").at == (62.5, 17.2)
    assert meant(town, places, "Ås, Jämtland, Sweden").id == "place:2"


def test_two_of_one_full_name_are_told_apart_by_where_they_are(town: Session, places: Gazetteer) -> None:
    offered = suggest(town, places, "Springfield, Missouri")

    assert [spot.in_full for spot in offered] == [
        "Springfield, Missouri, United States (37.20, -93.30)",
        "Springfield, Missouri, United States (36.00, -92.00)",
    ]
    assert meant(town, places, offered[1].in_full, chosen=offered[1].id).at == (36.0, -92.0)
    with pytest.raises(Unclear):
        meant(town, places, offered[1].in_full)


def test_a_choice_that_was_made_for_another_text_is_not_believed(town: Session, places: Gazetteer) -> None:
    assert meant(town, places, "Hede", chosen="place:3").id == "place:5"


def test_an_area_is_meant_as_a_whole_and_a_town_with_its_distance(town: Session, places: Gazetteer) -> None:
    whole, _ = part(town, places, "Härjedalen", 15.0)
    circle, in_full = part(town, places, "Hede", 15.0)

    assert whole == "SE-2361"
    assert isinstance(circle, Near)
    assert (circle.label, in_full, circle.circle.radius_m) == ("Hede", "Hede, Jämtland, Sweden", 15_000)
    assert part(town, places, "842 32", None)[0] == "SE-p-84232"
    with pytest.raises(NotValid, match="how many kilometres"):
        part(town, places, "Hede", None)


def test_without_the_list_of_places_our_own_are_found(town: Session, tmp_path: Path) -> None:
    nothing = Gazetteer(tmp_path / "empty")

    assert meant(town, nothing, "sveg").code == "sveg"
    with pytest.raises(Unclear, match=r"did you mean Sveg\?"):
        meant(town, nothing, "Svegg")


def test_pasted_postcodes_are_read_in_any_spelling_and_unknown_ones_are_named(town: Session) -> None:
    found = listed(town, "842 31, 84232\n842 99; Härjedalen")

    assert found.codes == ("SE-p-84231", "SE-p-84232", "SE-2361")
    assert [item for item, _ in found.unknown] == ["84299"]
    assert "84299" in found.complaint
    assert listed(town, "84231 84232").codes == ("SE-p-84231", "SE-p-84232")


def test_an_area_is_as_large_as_it_is_and_names_what_lies_in_it(town: Session, places: Gazetteer) -> None:
    known = extent(town, places, Where(nears=(near(town, "Sveg", 15),)))
    empty = extent(town, places, Where(nears=(near(town, "62.2, 15.2", 5),)))

    assert known.square_km == pytest.approx(706.86, abs=0.01)
    assert [place.name for place in known.largest] == ["Sveg"]
    assert empty.largest == ()
    assert empty.nearest is not None
    assert empty.nearest[0].name == "Sveg"
    assert extent(town, places, Where(codes=("SE-2361",))).square_km is None


def test_followers_are_guessed_from_our_own_country_alone(town: Session, places: Gazetteer) -> None:
    known = extent(town, places, Where(nears=(near(town, "63.0, 13.0", 140),)))

    assert known.country_people == sum((2_543, 1_200, 700, 49_806, 800, 1_500_000))
    assert known.people == 49_806 + 1_200 + 2_543 + 800
    assert estimate(180_000, people_inside=known.people, people=known.country_people).low is not None
