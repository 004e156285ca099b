"""Places by name and by code: the one that was meant, or a question."""

import pytest
from sqlmodel import Session

from tests.builders import SVEG, an_organisation
from webapp.db import add
from webapp.flow import areas
from webapp.flow.areas import Area, Level, Near, Where
from webapp.flow.refusals import NotValid
from webapp.geo.circles import Circle


@pytest.fixture
def session(session: Session) -> Session:
    """With two places called Ås, and a municipality called as its town."""
    an_organisation(session)
    for code, name in (("SE-23", "Jämtland county"), ("SE-13", "Hallands county")):
        add(session, Area(code=code, name=name, level=Level.county))
    add(
        session,
        Area(code="as-north", name="Ås", level=Level.locality, parent_code="SE-23", latitude=63.25, longitude=14.57),
    )
    add(
        session,
        Area(code="as-south", name="Ås", level=Level.locality, parent_code="SE-13", latitude=57.2, longitude=12.4),
    )
    add(session, Area(code="town", name="Mora", level=Level.locality, latitude=61.0, longitude=14.5))
    add(session, Area(code="SE-2062", name="Mora", level=Level.municipality, latitude=61.2, longitude=14.2))
    return session


@pytest.mark.parametrize("written", ["Sveg", " sveg ", "SVEG", "Sveg, Härjedalen", "Sveg, härje"])
def test_a_place_is_found_by_its_name(session: Session, written: str) -> None:
    assert areas.near(session, written, 15) == Near("Sveg", Circle(*SVEG, 15_000))


@pytest.mark.parametrize(
    ("written", "latitude"), [("Ås, Jämtland", 63.25), ("Ås, Hallands county", 57.2), ("Mora", 61.0)]
)
def test_of_two_places_with_one_name_the_one_that_is_meant_is_taken(
    session: Session, written: str, latitude: float
) -> None:
    assert areas.near(session, written, 15).circle.latitude == latitude


def test_of_two_places_with_one_name_neither_is_taken_by_chance(session: Session) -> None:
    with pytest.raises(NotValid, match="write Ås, Hallands county or Ås, Jämtland county"):
        areas.near(session, "Ås", 15)


@pytest.mark.parametrize("written", ["62.0346, 14.3658", "62.0346,14.3658"])
def test_a_place_may_be_given_by_number(session: Session, written: str) -> None:
    assert areas.near(session, written, 15).circle == Circle(*SVEG, 15_000)


def test_what_is_no_place_is_refused(session: Session) -> None:
    for written in (
        "", ",", "Atlantis", "Sveg, Skåne", "nan, 14", "inf, 14", "14, nan", "86, 14", "62, 181", "Härjedalen",
    ):  # fmt: skip
        with pytest.raises(NotValid) as refusal:
            areas.near(session, written, 15)
        assert refusal.value.field == "place"


def test_a_slip_of_the_pen_is_met_with_what_was_perhaps_meant(session: Session) -> None:
    with pytest.raises(NotValid, match="did you mean Sveg"):
        areas.near(session, "Svegg", 15)


def test_a_radius_that_cannot_be_is_refused(session: Session) -> None:
    for radius_km in (0.0, 0.09, -5.0, 1_000.1, float("nan"), float("inf")):
        with pytest.raises(NotValid) as refusal:
            areas.near(session, "Sveg", radius_km)
        assert refusal.value.field == "radius_km"


def test_an_area_holds_what_lies_in_it_and_is_held(session: Session) -> None:
    assert set(areas.with_children(session, ("SE-2361",))) == {"SE-2361", "sveg"}
    assert set(areas.around(session, ("sveg", "as-north"))) == {"sveg", "SE-2361", "as-north", "SE-23"}
    assert areas.with_children(session, ()) == areas.around(session, ()) == []


def test_areas_that_hold_each_other_hold_nobody_up(session: Session) -> None:
    add(session, Area(code="a", name="A", level=Level.own))
    add(session, Area(code="b", name="B", level=Level.own, parent_code="a"))
    session.get_one(Area, "a").parent_code = "b"
    session.flush()

    assert set(areas.with_children(session, ("a",))) == set(areas.around(session, ("a",))) == {"a", "b"}


def test_a_place_is_said_in_the_readers_language(session: Session) -> None:
    where = Where(("SE-2361",), (areas.near(session, "Sveg", 2.5),))

    assert areas.in_words(session, where) == "Härjedalen and Sveg, within 2.5 km"
    assert areas.in_words(session, where, "sv") == "Härjedalen och Sveg, inom 2,5 km"
    assert areas.in_words(session, Where()) == ""
