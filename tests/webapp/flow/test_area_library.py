"""Areas of our own from a file: said first, stored then, and the same again when it is repeated."""

import json

import pytest
from sqlmodel import Session, select

from rules.terms import Severity
from tests.builders import NOON, a_lead, an_operator
from webapp.db import add
from webapp.flow import area_library, audience, followers
from webapp.flow.area_library import Report
from webapp.flow.areas import Area, Level, Where
from webapp.flow.audience import Concern
from webapp.flow.followers import City
from webapp.flow.people import Person, Role
from webapp.flow.places import AreaOutline
from webapp.flow.refusals import NotAllowed, NotValid
from webapp.flow.subscribers import Subscriber, SubscriberPoint, key_of
from webapp.geo import geojson, keys


def an_admin() -> Person:
    """Who may change the library."""
    return Person(name="Adam", email="adam@example.com", password_hash="", role=Role.admin)


def a_file(*features: dict[str, object]) -> str:
    """Squares of a tenth of a degree, one beside the other."""
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": each, "geometry": {"type": "Polygon", "coordinates": [[
            [14.0 + n / 10, 62.0], [14.1 + n / 10, 62.0], [14.1 + n / 10, 62.1], [14.0 + n / 10, 62.1], [14.0 + n / 10, 62.0]]]}}
        for n, each in enumerate(features)
    ]})  # fmt: skip


def planned(session: Session, *features: dict[str, object], level: Level = Level.own) -> Report:
    """What a file would do."""
    return area_library.plan(session, *geojson.each(a_file(*features)), level=level)


def test_a_dry_run_says_everything_and_stores_nothing(session: Session) -> None:
    report = planned(session, {"code": "north", "name": "North"}, {"name": "No code"}, {"code": "north"})

    assert [entry.name for entry in report.entries] == ["North"]
    assert report.entries[0].square_km == pytest.approx(58.3, rel=0.01)
    assert (report.added, report.replaced) == (1, 0)
    assert len(report.wrong) == 2
    assert report.wrong[0].startswith("features[1]: it needs a property")
    assert "comes twice" in report.wrong[1]
    assert session.exec(select(Area)).all() == []


def test_an_import_may_be_repeated(session: Session) -> None:
    features: list[dict[str, object]] = [
        {"code": "a1", "name": "Inner", "parent": "a", "level": "postcode", "valid_from": "2026-01-01"},
        {"code": "a", "name": "Outer"},
    ]
    for _ in range(2):
        report = planned(session, *features)
        area_library.bring(session, report, by=an_admin(), source="The network plan", licence="own")

    assert report.added == 0
    inner = session.get_one(Area, "a1")
    assert (inner.parent_code, inner.level, inner.source) == ("a", Level.postcode, "The network plan")
    outline = session.get_one(AreaOutline, "a1")
    assert outline.holds_points
    assert str(outline.valid_from) == "2026-01-01"
    assert len(session.exec(select(Area)).all()) == 2


def test_people_with_a_point_in_an_area_of_our_own_belong_to_it(session: Session) -> None:
    one = add(session, Subscriber(created_at=NOON, is_customer=True))
    add(session, SubscriberPoint(subscriber_id=key_of(one), z=keys.key(62.05, 14.05), is_on_file=True))
    own = planned(session, {"code": "own"})
    administrative = planned(session, {"code": "SE-2361"}, level=Level.municipality)
    for report in (own, administrative):
        area_library.bring(session, report, by=an_admin(), source="us", licence="own")

    def people(code: str) -> int:
        return audience.count(session, Concern(Where((code,)), (), Severity.minor), channels=[]).people

    assert people("own") == 1
    assert people("SE-2361") == 0


def test_a_parent_that_nobody_knows_is_refused(session: Session) -> None:
    report = planned(
        session, {"code": "a", "parent": "nowhere"}, {"code": "b", "parent": "b"}, {"code": "c", "level": "planet"}
    )

    assert report.entries == ()
    assert ["nowhere" in report.wrong[0], "'b'" in report.wrong[1], "planet" in report.wrong[2]] == [True] * 3


def test_only_administrators_change_the_library_and_the_licence_is_said(session: Session) -> None:
    report = planned(session, {"code": "a"})

    for person in (an_operator(), a_lead()):
        with pytest.raises(NotAllowed):
            area_library.bring(session, report, by=person, source="us", licence="own")
    with pytest.raises(NotValid, match="licence"):
        area_library.bring(session, report, by=an_admin(), source="us", licence=" ")


# Followers in an area.


def test_followers_elsewhere_are_spread_over_the_places_that_are_not_listed() -> None:
    cities = [City("A", 50_000, is_inside=True, followers=3_000), City("B", 5_000, is_inside=True), City("C", 15_000, is_inside=False),
              City("D", 900_000, is_inside=False, followers=40_000)]  # fmt: skip

    found = followers.from_cities(cities, in_country=51_000)

    assert found.expected == 3_000 + 8_000 * 5_000 / 20_000
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.expected < found.high
    assert found.in_words.startswith("about 4,")


def test_few_followers_are_too_few_to_tell() -> None:
    found = followers.from_cities(
        [City("Sveg", 2_500, is_inside=True), City("rest", 9_000_000, is_inside=False)], 40_000
    )

    assert found.low is None
    assert found.in_words == "too few to tell"
    assert followers.estimate(40_000, people_inside=2_500, people=9_002_500) == found


def test_a_listed_city_is_found_by_its_county_and_else_the_largest_is_meant() -> None:
    places = [("Ås", "Jämtland", 1_200, True), ("Ås", "Halland", 900, False), ("Sveg", "Jämtland", 2_500, True)]

    found = followers.matched(
        {"Ås, Halland County, Sweden": 7, "Ås, Sweden": 5, "Sveg, Jämtland County, Sweden": 3, "Paris, France": 9},
        places,
    )

    assert [city.followers for city in found] == [5, 7, 3]
