"""Circles on the earth: boxes around them, and which points lie inside. Geodesic, never degrees or map metres."""

from dataclasses import dataclass
from math import degrees

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from webapp.geo.keys import Box

EARTH = Geod(ellps="WGS84")
SHORTEST_RADIUS_M = 6_335_439.0  # of curvature on the ellipsoid: the widest that a metre can be in degrees
FARTHEST_LATITUDE = 85.0


@dataclass(frozen=True, slots=True)
class Circle:
    """Everywhere within a distance of a point."""

    latitude: float
    longitude: float
    radius_m: float


def boxes(circle: Circle) -> list[Box]:
    """One or two boxes (two across 180°) that together hold the circle. Raises ValueError beyond ±85°."""
    if abs(circle.latitude) > FARTHEST_LATITUDE:
        raise ValueError(f"Areas beyond {FARTHEST_LATITUDE:g}° north or south are not supported")
    tall = degrees(circle.radius_m / SHORTEST_RADIUS_M) * 1.001
    south, north = max(circle.latitude - tall, -90.0), min(circle.latitude + tall, 90.0)
    widest = max(abs(south), abs(north))
    wide = min(tall / max(np.cos(np.radians(min(widest, 89.9))), 1e-6), 180.0)
    west, east = circle.longitude - wide, circle.longitude + wide
    if wide >= 180.0:
        return [Box(south, -180.0, north, 180.0)]
    if west < -180.0:
        return [Box(south, west + 360.0, north, 180.0), Box(south, -180.0, north, east)]
    if east > 180.0:
        return [Box(south, west, north, 180.0), Box(south, -180.0, north, east - 360.0)]
    return [Box(south, west, north, east)]


def distances_m(circle: Circle, latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Geodesic metres from the middle to each point. Shape: as the latitudes."""
    count = len(latitudes)
    _, _, metres = EARTH.inv(np.full(count, circle.longitude), np.full(count, circle.latitude), longitudes, latitudes)
    return np.asarray(metres, dtype=np.float64)
