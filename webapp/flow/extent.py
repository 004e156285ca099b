"""How large a place is and what lies in it, so that somebody notices when it is not the one they mean."""

from dataclasses import dataclass
from math import pi

import numpy as np
from shapely import MultiPolygon
from sqlmodel import Session, col, select

from webapp.flow import places
from webapp.flow.areas import Where
from webapp.flow.places import AreaOutline
from webapp.flow.whereabouts import home
from webapp.geo import circles, shapes
from webapp.geo.circles import FARTHEST_LATITUDE, Circle
from webapp.geo.gazetteer import Gazetteer, Place
from webapp.geo.regions import ShapeRegion

NAMED = 3
WIDE_M = 300_000.0  # from where on only towns count among the places inside
LARGE_TOWN = 10_000
WIDEST_M = 1_500_000.0  # from where on no place inside is looked up


@dataclass(frozen=True, slots=True)
class Extent:
    """None = it cannot be said: the outline of an area is not known, or it is the whole world."""

    square_km: float | None
    is_exact: bool  # False = without areas whose outline is not known
    largest: tuple[Place, ...] = ()
    nearest: tuple[Place, float] | None = None  # of places outside, and its metres, where none lies inside
    people: int = 0  # who live in places inside, by the gazetteer
    country_people: int = 0  # and in all places of the country that most of it lies in


def extent(session: Session, gazetteer: Gazetteer, where: Where) -> Extent:
    """Of a place. Everywhere has none."""
    found, is_exact = outline(session, where)
    if found is None or found.is_empty:
        return Extent(None, is_exact)
    around = _around(found)
    least = 0 if around and around.radius_m < WIDE_M else LARGE_TOWN
    inside = _inside(session, gazetteer, where, around, least) if gazetteer.is_there and around else []
    country = _country(inside, home(session))
    return Extent(
        _square_km(where, found),
        is_exact,
        largest=tuple(inside[:NAMED]),
        nearest=gazetteer.nearest(*shapes.middle(found)) if gazetteer.is_there and not inside else None,
        people=sum(place.population for place in inside if place.country_code == country),
        country_people=gazetteer.people_in(country, least_people=least) if country else 0,
    )


def _country(inside: list[Place], ours: str) -> str:
    """Whose places are counted: our own country's, if any lies inside."""
    found = [place.country_code for place in inside]
    return ours if ours in found else next(iter(found), "")


def outline(session: Session, where: Where) -> tuple[MultiPolygon | None, bool]:
    """As far as it can be drawn on a map, and whether that is all of it. None = nothing of it, or everywhere."""
    parts, is_whole = _parts(session, where)
    if not parts:
        return None, is_whole
    united = shapes.united(parts)
    if where.but is None or not where.but.has_parts:
        return united, is_whole
    cut, is_all = _parts(session, where.but)
    return (shapes.without(united, cut) if cut else united), is_whole and is_all


def _parts(session: Session, where: Where) -> tuple[list[MultiPolygon], bool]:
    drawn = [shapes.outline(near.circle) for near in where.nears] + [each.shape for each in where.drawns]
    found = outlines(session, where.codes)
    return drawn + list(found.values()), len(found) == len(set(where.codes))


def outlines(session: Session, codes: tuple[str, ...]) -> dict[str, MultiPolygon]:
    """By code, for those whose outline is in the library."""
    wanted = select(AreaOutline.area_code, AreaOutline.geojson).where(col(AreaOutline.area_code).in_(codes))
    return {code: shapes.from_text(text) for code, text in session.exec(wanted)} if codes else {}


def _square_km(where: Where, drawn: MultiPolygon) -> float:
    """Of one circle as the circle that it is."""
    if len(where.nears) == 1 and not where.codes and not where.drawns and where.but is None:
        return pi * (where.nears[0].circle.radius_m / 1_000) ** 2
    return shapes.square_km(drawn)


def _inside(session: Session, gazetteer: Gazetteer, where: Where, around: Circle, least_people: int) -> list[Place]:
    """Populated places, the largest first."""
    resolved = places.resolve(session, Where(nears=where.nears, drawns=where.drawns, but=where.but))
    regions = [*resolved.regions, *(ShapeRegion(shape) for shape in outlines(session, where.codes).values())]
    near = gazetteer.within(around, least_people=least_people)
    if not near:
        return []
    at = np.array([place.latitude for place in near]), np.array([place.longitude for place in near])
    is_in = np.any([region.holds(*at) for region in regions], axis=0)
    cut = [*resolved.but_regions, *(ShapeRegion(shape) for shape in _cut_out(session, where))]
    for region in cut:
        is_in &= ~region.holds(*at)
    return [place for place, is_found in zip(near, is_in, strict=True) if is_found]


def _cut_out(session: Session, where: Where) -> list[MultiPolygon]:
    return list(outlines(session, where.but.codes).values()) if where.but else []


def _around(shape: MultiPolygon) -> Circle | None:
    """A circle that holds it; None for what is as large as a continent."""
    west, south, east, north = shape.bounds
    middle = Circle((south + north) / 2, (west + east) / 2, 0.0)
    corners = np.array([south, south, north, north]), np.array([west, east, west, east])
    radius_m = float(circles.distances_m(middle, *corners).max()) * 1.02
    if radius_m > WIDEST_M or abs(middle.latitude) > FARTHEST_LATITUDE:
        return None
    return Circle(middle.latitude, middle.longitude, radius_m)
