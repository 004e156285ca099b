"""Places while somebody types their name."""

from functools import cache
from itertools import islice
from math import isfinite
from pathlib import Path

import numpy as np
from flask import Response, jsonify, request
from markupsafe import Markup

from webapp.flow import incidents
from webapp.flow.areas import in_words
from webapp.flow.extent import outline
from webapp.flow.incidents import Incident
from webapp.flow.whereabouts import Spot, suggest
from webapp.geo.circles import Circle, distances_m
from webapp.geo.gazetteer import Gazetteer, Place
from webapp.web.console.area_picture import picture_of
from webapp.web.console.console import console
from webapp.web.session import installation, person, store

LONGEST = 120
MOST_LABELS = 60
WIDEST_M = 5_000_000.0
# By how close one looks: the smallest town that is named.
SMALLEST = {4: 500_000, 5: 100_000, 6: 30_000, 7: 10_000, 8: 3_000, 9: 1_000}


@console.get("/places")
def places_named() -> Response:
    """The likeliest ones that begin as `q` does. A browser may keep the answer for a while."""
    person()
    found = suggest(store(), gazetteer(), request.args.get("q", "")[:LONGEST])
    response = jsonify({"places": [_plain(spot) for spot in found]})
    response.headers["Cache-Control"] = "private, max-age=120"
    return response


@console.get("/places/around")
def places_around() -> Response:
    """The largest places in a box, for labels on a map."""
    person()
    sides = [request.args.get(side, type=float) for side in ("south", "west", "north", "east")]
    south, west, north, east = (side if side is not None and isfinite(side) else 0.0 for side in sides)
    response = jsonify({"places": [_label(place) for place in _in_box(south, west, north, east)]})
    response.headers["Cache-Control"] = "private, max-age=600"
    return response


def _in_box(south: float, west: float, north: float, east: float) -> list[Place]:
    south, north, west, east = max(south, -85.0), min(north, 85.0), max(west, -180.0), min(east, 180.0)
    if not gazetteer().is_there or south >= north or west >= east:
        return []
    middle = Circle((south + north) / 2, (west + east) / 2, 0.0)
    corners = np.array([south, south, north, north]), np.array([west, east, west, east])
    radius_m = float(distances_m(middle, *corners).max())
    zoom = request.args.get("zoom", 5, type=int)
    least = 3_000_000 if zoom < min(SMALLEST) else SMALLEST.get(zoom, 0)
    near = gazetteer().within(Circle(middle.latitude, middle.longitude, min(radius_m, WIDEST_M)), least_people=least)
    inside = (place for place in near if south <= place.latitude <= north and west <= place.longitude <= east)
    return list(islice(inside, MOST_LABELS))


def picture_of_incident(incident: Incident) -> Markup | None:
    """Where it applies, as far as that can be drawn; None = everywhere, or no outline is known."""
    where = incidents.where(store(), incident)
    return picture_of(outline(store(), where)[0], gazetteer(), in_words(store(), where))


def gazetteer() -> Gazetteer:
    """This installation's; it may not be there."""
    return _in_folder(installation().config.instance)


@cache
def _in_folder(folder: Path) -> Gazetteer:
    return Gazetteer(folder)


def _label(place: Place) -> dict[str, object]:
    return {"id": place.geonames_id, "name": place.name, "latitude": place.latitude, "longitude": place.longitude}


def _plain(spot: Spot) -> dict[str, object]:
    return {"id": spot.id, "name": spot.name, "in_full": spot.in_full, "is_whole": spot.is_whole, "at": spot.at}
