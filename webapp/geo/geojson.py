"""GeoJSON from outside: read with suspicion, every mistake with its place and what to write instead."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
from shapely import Polygon

from webapp.geo import antimeridian
from webapp.geo.antimeridian import AroundAPole, Ring
from webapp.geo.circles import FARTHEST_LATITUDE
from webapp.geo.shapes import BadShape, Normal, normal

MOST_BYTES = 5_000_000
MOST_CORNERS = 20_000  # an area
MOST_PARTS = 200
MOST_FEATURES = 5_000
DEEPEST = 24
REPROJECT = "ogr2ogr -f GeoJSON -t_srs EPSG:4326 -lco RFC7946=YES new.geojson old.geojson"
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
OPENING = np.frombuffer(b"[{", dtype=np.uint8)
NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326")


@dataclass(frozen=True, slots=True)
class Feature:
    """One area of a file, in normal form, with what its file says of it."""

    at: str  # where in the file
    normal: Normal
    properties: Mapping[str, object] = field(default_factory=dict)


def one(text: str | bytes) -> Normal:
    """All polygons of a file as one area. Raises BadShape."""
    document = _document(text)
    return _checked([part for at, geometry, _ in _features(document) for part in _polygons(geometry, at)], "")


def each(text: str | bytes) -> tuple[list[Feature], list[BadShape]]:
    """Each feature as an area of its own, and those that cannot be one. Raises BadShape if nothing can be read."""
    found, wrong = [], []
    features = list(_features(_document(text)))
    if len(features) > MOST_FEATURES:
        raise BadShape(
            f"The file has {len(features):,} features; {MOST_FEATURES:,} can be used. Divide it into several"
        )
    for at, geometry, properties in features:
        try:
            found.append(Feature(at, _one_of(geometry, at), properties))
        except BadShape as mistake:
            wrong.append(mistake)
    return found, wrong


def _document(text: str | bytes) -> Mapping[str, object]:
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > MOST_BYTES:
        raise BadShape(
            f"The file has {len(raw) / 1e6:.1f} MB; {MOST_BYTES / 1e6:g} MB can be used. Simplify its outlines"
        )
    if _depth(raw) > DEEPEST:
        raise BadShape(f"The file is nested more than {DEEPEST} deep; GeoJSON needs at most 10")
    try:
        document = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadShape("The file is not text in UTF-8; save it as UTF-8 GeoJSON") from None
    except json.JSONDecodeError as mistake:
        raise BadShape(
            f"This is not JSON: {mistake.msg}", at=f"line {mistake.lineno}, column {mistake.colno}"
        ) from None
    if not isinstance(document, dict):
        raise BadShape('GeoJSON is an object with a "type"; this is something else')
    _check_projection(document.get("crs"))
    return document


def _depth(raw: bytes) -> int:
    """How deep brackets are nested, outside of strings."""
    brackets = STRING.sub(b"", raw).translate(None, NO_BRACKETS)
    depths = np.cumsum(np.where(np.isin(np.frombuffer(brackets, dtype=np.uint8), OPENING), 1, -1))
    return int(depths.max(initial=0))


def _no_constant(name: str) -> NoReturn:
    raise BadShape(f"{name} is not a number; each coordinate is one, in degrees")


def _check_projection(crs: object) -> None:
    """An old way to say what the numbers mean; only degrees are understood."""
    said = json.dumps(crs)
    if crs is not None and not any(name in said for name in DEGREES):
        raise BadShape(
            f"Its coordinates are not longitude and latitude (it says {said[:120]}); convert it: {REPROJECT}"
        )


def _features(document: Mapping[str, object], at: str = "") -> Iterator[tuple[str, object, Mapping[str, object]]]:
    """Place in the file, geometry and properties of each."""
    match document.get("type"):
        case "FeatureCollection":
            features = document.get("features")
            if not isinstance(features, list):
                raise BadShape('A FeatureCollection needs a list "features"', at=at)
            for number, feature in enumerate(features):
                here = f"features[{number}]"
                if not isinstance(feature, dict) or feature.get("type") != "Feature":
                    raise BadShape(
                        'This is not a Feature; write {"type": "Feature", "properties": …, "geometry": …}', at=here
                    )
                yield from _features(feature, here)
        case "Feature":
            properties = document.get("properties")
            place = f"{at}.geometry".lstrip(".")
            yield place, document.get("geometry"), properties if isinstance(properties, dict) else {}
        case _:
            yield at or "the geometry", document, {}


def _polygons(geometry: object, at: str) -> Iterator[Polygon]:
    if not isinstance(geometry, dict):
        raise BadShape("It has no geometry; an area needs a Polygon or MultiPolygon", at=at)
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Polygon":
            yield _polygon(coordinates, f"{at}.coordinates")
        case "MultiPolygon":
            for number, part in enumerate(_list(coordinates, f"{at}.coordinates")):
                yield _polygon(part, f"{at}.coordinates[{number}]")
        case "GeometryCollection":
            for number, part in enumerate(_list(geometry.get("geometries"), f"{at}.geometries")):
                yield from _polygons(part, f"{at}.geometries[{number}]")
        case other:
            raise BadShape(f"{str(other)[:40]!r} has no inside; an area needs a Polygon or MultiPolygon", at=at)


def _list(thing: object, at: str) -> list[object]:
    if not isinstance(thing, list) or not thing:
        raise BadShape("Here a list is missing", at=at)
    return thing


def _polygon(rings: object, at: str) -> Polygon:
    read = [_ring(ring, f"{at}[{number}]") for number, ring in enumerate(_list(rings, at))]
    try:
        return antimeridian.polygon(read)
    except AroundAPole as why:
        raise BadShape(str(why), at=at) from None


def _ring(positions: object, at: str) -> Ring:
    points = [_position(position, f"{at}[{number}]") for number, position in enumerate(_list(positions, at))]
    if points[0] != points[-1]:
        points.append(points[0])  # what everybody means, though the standard asks for it to be written
    if len(points) < 4:
        raise BadShape("A ring needs at least three corners", at=at)
    return np.array(points, dtype=np.float64)


def _position(position: object, at: str) -> tuple[float, float]:
    if not isinstance(position, list) or len(position) < 2:
        raise BadShape("A corner is written [longitude, latitude]", at=at)
    for number in position[:2]:
        if (
            isinstance(number, bool)
            or not isinstance(number, int | float)
            or abs(number) > 1e300
            or not math.isfinite(number)
        ):
            raise BadShape(f"{str(number)[:40]} is not a number; write [longitude, latitude] in degrees", at=at)
    longitude, latitude = float(position[0]), float(position[1])
    if abs(longitude) > 360.0 or abs(latitude) > 180.0:
        raise BadShape(
            f"{longitude:g}, {latitude:g} are not degrees but map metres; convert the file: {REPROJECT}", at=at
        )
    if abs(latitude) > 90.0:
        hint = "; longitude comes first, are they swapped?" if abs(longitude) <= 90.0 else ""
        raise BadShape(f"A latitude of {latitude:g}° does not exist{hint}", at=at)
    if abs(latitude) > FARTHEST_LATITUDE:
        raise BadShape(f"Areas beyond {FARTHEST_LATITUDE:g}° north or south are not supported; end it there", at=at)
    return longitude, latitude


def _one_of(geometry: object, at: str) -> Normal:
    return _checked(list(_polygons(geometry, at)), at)


def _checked(parts: list[Polygon], at: str) -> Normal:
    if len(parts) > MOST_PARTS:
        raise BadShape(f"It has {len(parts):,} parts; {MOST_PARTS} can be used. Leave out small islands", at=at)
    count = sum(len(ring.coords) for part in parts for ring in (part.exterior, *part.interiors))
    if count > MOST_CORNERS:
        raise BadShape(f"It has {count:,} corners; {MOST_CORNERS:,} can be used. Simplify its outline", at=at)
    return normal(parts, at=at)
