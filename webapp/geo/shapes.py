"""Drawn and uploaded areas: one normal form (a valid MultiPolygon in degrees, cut at 180°), united, cut out, measured.

Edges are straight in the plane of longitude and latitude, as GeoJSON has them; circles are geodesic and stay circles.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from webapp.geo import antimeridian
from webapp.geo.antimeridian import polygons_of
from webapp.geo.circles import EARTH, FARTHEST_LATITUDE, Circle
from webapp.geo.keys import Box

CORNERS = 128  # of a circle on a map
LONGEST_EDGE_DEGREES = 0.25  # a longer one is divided before its geodesic area is taken


class BadShape(ValueError):
    """It cannot be an area. `at`: where in the input, "" = all of it."""

    def __init__(self, sentence: str, *, at: str = "") -> None:
        super().__init__(f"{at}: {sentence}" if at else sentence)
        self.sentence, self.at = sentence, at


@dataclass(frozen=True, slots=True)
class Normal:
    """A shape as it is used, and in words what was changed to get there."""

    shape: MultiPolygon
    changes: tuple[str, ...] = ()


def normal(parts: Sequence[Polygon], *, at: str = "") -> Normal:
    """Valid, cut at 180°, wound as RFC 7946 has it. Parts may reach past 180°. Raises BadShape if nothing is left."""
    changes: list[str] = []
    mended = [_mended(part, changes) for part in parts]
    united = polygons_of(shapely.union_all(mended))
    if len(mended) > 1 and shapely.area(united) < sum(shapely.area(part) for part in mended) * (1 - 1e-9):
        changes.append("Parts that overlap were joined; people in both count once")
    if antimeridian.is_beyond(united):
        changes.append("It crosses 180° and was cut there")
    whole = antimeridian.cut(united)
    if whole.is_empty or shapely.area(whole) == 0.0:
        raise BadShape("Nothing is left of it: an area needs at least three corners that are not on one line", at=at)
    _check_latitudes(whole, at)
    return Normal(wound(whole), tuple(changes))


def box(bounds: Box) -> MultiPolygon:
    """A box as a shape; west > east crosses 180°. Raises BadShape."""
    east = bounds.east + (360.0 if bounds.west > bounds.east else 0.0)
    if not bounds.south < bounds.north or bounds.west == east:
        raise BadShape("The box has no inside; write south, west, north, east in degrees")
    return normal([shapely.box(bounds.west, bounds.south, east, bounds.north)]).shape


def outline(circle: Circle, corners: int = CORNERS) -> MultiPolygon:
    """A circle as a polygon, for maps and CAP alone: whom it holds is measured, never read from this."""
    angles = np.linspace(0.0, -360.0, corners, endpoint=False)
    around = np.full(corners, circle.longitude), np.full(corners, circle.latitude)
    longitudes, latitudes, _ = EARTH.fwd(*around, angles, np.full(corners, circle.radius_m))
    ring = np.column_stack([longitudes, latitudes])
    return wound(antimeridian.cut(shapely.make_valid(antimeridian.polygon([np.vstack([ring, ring[:1]])]))))


def united(shapes: Sequence[MultiPolygon]) -> MultiPolygon:
    """All of them as one; what several hold is held once."""
    return wound(polygons_of(shapely.union_all(list(shapes))))


def without(shape: MultiPolygon, exclusions: Sequence[MultiPolygon]) -> MultiPolygon:
    """The shape with the exclusions cut out; may be empty. Never holds a point that the shape does not."""
    return wound(polygons_of(shapely.difference(shape, shapely.union_all(list(exclusions)))))


def square_km(shape: MultiPolygon) -> float:
    """Area on the ellipsoid."""
    fine = shapely.segmentize(shape, LONGEST_EDGE_DEGREES)
    return abs(float(EARTH.geometry_area_perimeter(wound(polygons_of(fine)))[0])) / 1e6


def middle(shape: MultiPolygon) -> tuple[float, float]:
    """Latitude and longitude of a point that surely lies inside, near the middle of its largest part."""
    point = max(shape.geoms, key=lambda part: float(part.area)).representative_point()
    return float(point.y), float(point.x)


def corners(shape: MultiPolygon) -> int:
    """How many corners all rings have together, the closing ones counted."""
    return int(shapely.get_num_coordinates(shape))


def wound(shape: MultiPolygon) -> MultiPolygon:
    """Outsides against the clock, holes with it (RFC 7946)."""
    return MultiPolygon([orient(part, 1.0) for part in shape.geoms])


def as_text(shape: MultiPolygon) -> str:
    """A GeoJSON MultiPolygon. `from_text` gives back exactly the same coordinates."""
    return json.dumps(mapping(wound(shape)), separators=(",", ":"))


def from_text(text: str) -> MultiPolygon:
    """What `as_text` wrote."""
    return polygons_of(shapely.from_geojson(text))


def swapped(shape: MultiPolygon) -> MultiPolygon:
    """With longitude and latitude exchanged, for the hint that they may have been; empty if that is not on the map."""
    turned = shapely.transform(shape, lambda xy: xy[:, ::-1])
    west, south, east, north = turned.bounds
    is_on_map = max(abs(south), abs(north)) <= FARTHEST_LATITUDE and max(abs(west), abs(east)) <= 180.0
    return wound(polygons_of(turned)) if is_on_map else MultiPolygon()


def _mended(part: Polygon, changes: list[str]) -> MultiPolygon:
    if shapely.is_valid(part):
        return polygons_of(part)
    why = str(shapely.is_valid_reason(part))
    mended = polygons_of(shapely.make_valid(part, method="structure", keep_collapsed=False))
    changes.append(_in_words(why, mended))
    return mended


def _in_words(why: str, mended: MultiPolygon) -> str:
    """GEOS's reason ("Self-intersection[14.3 62.1]") and what became of it, for people."""
    fault, _, place = why.partition("[")
    longitude, _, latitude = place.rstrip("]").partition(" ")
    near = f" near {float(latitude):.4f}, {float(longitude):.4f}" if longitude and latitude else ""
    said = "The outline crosses itself" if "intersection" in fault.lower() else f"The outline is wrong ({fault})"
    count = len(mended.geoms)
    if not count:
        return f"{said}{near}; nothing is left of that part"
    return f"{said}{near}; it was read as {count} part{'s' if count > 1 else ''} with {square_km(mended):,.4g} km²"


def _check_latitudes(shape: MultiPolygon, at: str) -> None:
    _, south, _, north = shape.bounds
    if north > FARTHEST_LATITUDE or south < -FARTHEST_LATITUDE:
        raise BadShape(f"Areas beyond {FARTHEST_LATITUDE:g}° north or south are not supported; end it there", at=at)
