"""What a place is to the engine: which cells of the key it covers, which points it holds, which points reach it."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely import MultiPolygon

from webapp.geo import circles
from webapp.geo.circles import EARTH, Circle
from webapp.geo.keys import Box

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
WIDEST_DEGREE_M = 111_700.0  # of latitude, at the poles; longitude at the equator is less
FEW_SPOTS = 20  # from where on one box stands for all


class Region(Protocol):
    """A circle or a shape."""

    def boxes(self, margin_m: float = 0.0) -> list[Box]:
        """Boxes that together hold it, and everything within a margin of it. Raises ValueError beyond ±85°."""

    def cells(self, south: Floats, west: Floats, north: Floats, east: Floats) -> tuple[Bools, Bools]:
        """Per cell: surely wholly inside; surely wholly outside. Neither = look closer."""

    def holds(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """Per point: inside, or on the edge."""

    def swallows(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Per point with its own circle: wholly inside, touching no edge. What an exclusion takes out."""

    def reached(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Per point with its own circle: touches it."""


class CircleRegion:
    """Within a geodesic distance."""

    def __init__(self, circle: Circle) -> None:
        self.circle = circle

    def boxes(self, margin_m: float = 0.0) -> list[Box]:
        """One or two."""
        circle = self.circle
        return circles.boxes(Circle(circle.latitude, circle.longitude, circle.radius_m + margin_m))

    def cells(self, south: Floats, west: Floats, north: Floats, east: Floats) -> tuple[Bools, Bools]:
        """By the distance of the middle and a half diagonal that is never too short."""
        middles = circles.distances_m(self.circle, (south + north) / 2, (west + east) / 2)
        nearest_equator = np.where((south <= 0) & (north >= 0), 0.0, np.minimum(np.abs(south), np.abs(north)))
        wide = (east - west) * WIDEST_DEGREE_M * np.cos(np.radians(nearest_equator))
        half = np.hypot((north - south) * WIDEST_DEGREE_M, wide) / 2 * 1.01 + 0.01
        return middles + half <= self.circle.radius_m, middles - half > self.circle.radius_m

    def holds(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """Geodesic."""
        return np.asarray(circles.distances_m(self.circle, latitudes, longitudes) <= self.circle.radius_m)

    def swallows(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Geodesic."""
        return np.asarray(circles.distances_m(self.circle, latitudes, longitudes) + radii_m < self.circle.radius_m)

    def reached(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Geodesic."""
        return np.asarray(circles.distances_m(self.circle, latitudes, longitudes) <= self.circle.radius_m + radii_m)


class ShapeRegion:
    """A normal MultiPolygon, its edges straight in degrees."""

    def __init__(self, shape: MultiPolygon) -> None:
        self.shape = shape
        shapely.prepare(shape)
        rings = [np.asarray(ring.coords) for part in shape.geoms for ring in (part.exterior, *part.interiors)]
        self.starts = np.concatenate([ring[:-1] for ring in rings]) if rings else np.empty((0, 2))
        self.ends = np.concatenate([ring[1:] for ring in rings]) if rings else np.empty((0, 2))

    def boxes(self, margin_m: float = 0.0) -> list[Box]:
        """At least one for each part."""
        found = []
        for part in self.shape.geoms:
            west, south, east, north = part.bounds
            found += _widened(Box(south, west, north, east), margin_m) if margin_m else [Box(south, west, north, east)]
        return found

    def cells(self, south: Floats, west: Floats, north: Floats, east: Floats) -> tuple[Bools, Bools]:
        """Exact: cells and edges are both straight in degrees."""
        boxes = shapely.box(west, south, east, north)
        return shapely.covers(self.shape, boxes), ~shapely.intersects(self.shape, boxes)

    def holds(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """Exact; edges belong to it."""
        return np.asarray(shapely.intersects_xy(self.shape, longitudes, latitudes))

    def swallows(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Inside, and no edge within the point's own circle."""
        inside = shapely.contains_xy(self.shape, longitudes, latitudes)
        close = np.flatnonzero(inside & (radii_m > 0))
        inside[close] = ~self.has_edge_within(latitudes[close], longitudes[close], radii_m[close])
        return np.asarray(inside)

    def reached(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Inside, or an edge within the point's own circle."""
        found = self.holds(latitudes, longitudes)
        beside = np.flatnonzero(~found & (radii_m > 0))
        found[beside] = self.has_edge_within(latitudes[beside], longitudes[beside], radii_m[beside])
        return found

    def has_edge_within(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Whether the nearest spot of an edge, found on a flat map around the point, is so near on the earth."""
        found, unsure = self._roughly(latitudes, longitudes, radii_m)
        some = np.flatnonzero(unsure)
        found[some] = self._exactly(latitudes[some], longitudes[some], radii_m[some])
        return found

    def _roughly(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> tuple[Bools, Bools]:
        """Surely so near; cannot be told on one flat map. By bounds on metres a degree, half a percent apart from them."""
        shrink, edge = self.flat
        tall = np.degrees(radii_m / circles.SHORTEST_RADIUS_M)
        least = np.cos(np.radians(np.minimum(np.abs(latitudes) + tall, 89.9))) / shrink
        most = np.cos(np.radians(np.maximum(np.abs(latitudes) - tall, 0.0))) / shrink
        short, long = 0.995 * np.minimum(110_500.0, 111_300.0 * least), 1.005 * np.maximum(111_720.0, 111_720.0 * most)
        sure, may = np.zeros(len(latitudes), dtype=np.bool_), np.zeros(len(latitudes), dtype=np.bool_)
        for turn in (-360.0, 0.0, 360.0):
            points = shapely.points((longitudes + turn) * shrink, latitudes)
            sure |= shapely.dwithin(edge, points, radii_m / long)
            may |= shapely.dwithin(edge, points, radii_m / short)
        return sure, may & ~sure

    def _exactly(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        found = np.zeros(len(latitudes), dtype=np.bool_)
        for point, edge, turn in _pairs(self.edges, latitudes, longitudes, radii_m) if len(latitudes) else ():
            x, y = longitudes[point] + turn, latitudes[point]
            shrink = np.cos(np.radians(y))
            ax, ay = (self.starts[edge, 0] - x) * shrink, self.starts[edge, 1] - y
            dx, dy = (self.ends[edge, 0] - self.starts[edge, 0]) * shrink, self.ends[edge, 1] - self.starts[edge, 1]
            along = np.clip(-(ax * dx + ay * dy) / np.maximum(dx * dx + dy * dy, 1e-30), 0.0, 1.0)
            metres = _metres(EARTH, x, y, x + (ax + along * dx) / shrink, y + ay + along * dy)
            found[point[metres <= radii_m[point]]] = True
        return found

    @cached_property
    def flat(self) -> tuple[float, shapely.Geometry]:
        """The edges on a map on which a degree is about as wide as tall at their middle, and how it shrinks longitudes."""
        _, south, _, north = self.shape.bounds
        shrink = float(np.cos(np.radians((south + north) / 2)))
        edge = shapely.transform(shapely.boundary(self.shape), lambda xy: xy * np.array([shrink, 1.0]))
        shapely.prepare(edge)
        return shrink, edge

    @cached_property
    def edges(self) -> shapely.STRtree:
        """To find those near a point."""
        return shapely.STRtree([shapely.LineString(ends) for ends in np.stack([self.starts, self.ends], axis=1)])


def _metres(earth: Geod, x: Floats, y: Floats, to_x: Floats, to_y: Floats) -> Floats:
    return np.asarray(earth.inv(x, y, to_x, to_y)[2], dtype=np.float64)


def _widened(box: Box, margin_m: float) -> list[Box]:
    """With everything within a margin; in two or three where it crosses 180°."""
    tall = float(np.degrees(margin_m / circles.SHORTEST_RADIUS_M)) * 1.001
    south, north = max(box.south - tall, -90.0), min(box.north + tall, 90.0)
    wide = tall / max(float(np.cos(np.radians(min(max(abs(south), abs(north)), 89.9)))), 1e-6)
    west, east = box.west - wide, box.east + wide
    if east - west >= 360.0:
        return [Box(south, -180.0, north, 180.0)]
    found = [Box(south, max(west, -180.0), north, min(east, 180.0))]
    if west < -180.0:
        found.append(Box(south, west + 360.0, north, 180.0))
    if east > 180.0:
        found.append(Box(south, -180.0, north, east - 360.0))
    return found


class SpotsRegion:
    """Single spots, such as the middles of towns: nothing lies in them, but circles of one's own may touch one."""

    def __init__(self, spots: Sequence[Circle]) -> None:
        self.latitudes = np.array([spot.latitude for spot in spots])
        self.longitudes = np.array([spot.longitude for spot in spots])
        self.tree = shapely.STRtree([shapely.Point(spot.longitude, spot.latitude) for spot in spots])

    def boxes(self, margin_m: float = 0.0) -> list[Box]:
        """One for each spot, or one around many."""
        if len(self.latitudes) > FEW_SPOTS:
            around = Box(self.latitudes.min(), self.longitudes.min(), self.latitudes.max(), self.longitudes.max())
            return _widened(around, margin_m)
        return [
            box
            for y, x in zip(self.latitudes.tolist(), self.longitudes.tolist(), strict=True)
            for box in _widened(Box(y, x, y, x), margin_m)
        ]

    def cells(self, south: Floats, west: Floats, north: Floats, east: Floats) -> tuple[Bools, Bools]:
        """None is wholly inside; those without a spot are outside."""
        outside = np.ones(len(south), dtype=np.bool_)
        outside[self.tree.query(shapely.box(west, south, east, north))[0]] = False
        return np.zeros(len(south), dtype=np.bool_), outside

    def holds(self, latitudes: Floats, longitudes: Floats) -> Bools:
        """Exactly on a spot."""
        return self.reached(latitudes, longitudes, np.zeros(len(latitudes)))

    def swallows(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:  # noqa: ARG002  the protocol's
        """Never."""
        return np.zeros(len(latitudes), dtype=np.bool_)

    def reached(self, latitudes: Floats, longitudes: Floats, radii_m: Floats) -> Bools:
        """Geodesic, of the spots in a box around each point."""
        found = np.zeros(len(latitudes), dtype=np.bool_)
        for point, spot, _ in _pairs(self.tree, latitudes, longitudes, radii_m):
            metres = _metres(EARTH, longitudes[point], latitudes[point], self.longitudes[spot], self.latitudes[spot])
            found[point[metres <= radii_m[point]]] = True
        return found


def _pairs(
    tree: shapely.STRtree, latitudes: Floats, longitudes: Floats, radii_m: Floats
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], float]]:
    """Points, things of the tree in a box around each that holds its circle, and the turn of the earth to add."""
    tall = np.degrees((radii_m + 0.01) / circles.SHORTEST_RADIUS_M) * 1.001
    furthest = np.minimum(np.maximum(np.abs(latitudes - tall), np.abs(latitudes + tall)), 89.9)
    wide = tall / np.cos(np.radians(furthest))
    for turn in (-360.0, 0.0, 360.0):
        x = longitudes + turn
        may = np.flatnonzero((x + wide >= -180.0) & (x - wide <= 180.0))
        boxes = shapely.box((x - wide)[may], (latitudes - tall)[may], (x + wide)[may], (latitudes + tall)[may])
        point, thing = tree.query(boxes)
        yield may[point], thing, turn
