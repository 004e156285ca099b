"""Outlines across 180°: unrolled, cut there, and put back on the map."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.affinity import translate

Ring = NDArray[np.float64]  # shape (n, 2): longitude, latitude


class AroundAPole(ValueError):
    """A ring that goes once around the earth has no inside on a flat map."""


def unrolled(ring: Ring) -> Ring:
    """The ring with longitudes that go on beyond 180° where it crosses there. Raises AroundAPole.

    A step of more than half the earth is read as the short way across; one of exactly the whole earth as a map's frame.
    """
    steps = np.diff(ring[:, 0])
    turns = np.where((np.abs(steps) > 180.0) & (np.abs(steps) < 360.0), -360.0 * np.sign(steps), 0.0)
    offsets = np.concatenate([[0.0], np.cumsum(turns)])
    if abs(offsets[-1]) >= 360.0:
        raise AroundAPole("The outline goes around a pole; draw an area that ends at 85° north or south")
    return np.column_stack([ring[:, 0] + offsets, ring[:, 1]])


def polygon(rings: list[Ring]) -> Polygon:
    """One polygon of unrolled rings, its holes on the same turn of the earth as its outside."""
    outside, *holes = [unrolled(ring) for ring in rings]
    middle = (outside[:, 0].min() + outside[:, 0].max()) / 2
    placed = []
    for hole in holes:
        turn = 360.0 * np.round((middle - (hole[:, 0].min() + hole[:, 0].max()) / 2) / 360.0)
        placed.append(hole + np.array([turn, 0.0]))
    return Polygon(outside, placed)


def is_beyond(shape: shapely.Geometry) -> bool:
    """Whether a part of it lies past 180°."""
    west, _, east, _ = shapely.bounds(shape)
    return bool(west < -180.0 or east > 180.0)


def cut(shape: shapely.Geometry) -> MultiPolygon:
    """A valid shape in several parts, each between -180° and 180°."""
    if not is_beyond(shape):
        return polygons_of(shape)
    parts = []
    for turn in (-2, -1, 0, 1, 2):
        window = shapely.box(-180.0 + 360.0 * turn, -90.0, 180.0 + 360.0 * turn, 90.0)
        parts.append(translate(polygons_of(shapely.intersection(shape, window)), xoff=-360.0 * turn))
    return polygons_of(shapely.union_all(parts))


def polygons_of(geometry: shapely.Geometry) -> MultiPolygon:
    """Its polygons alone: what lines and points an operation left over has no inside."""
    parts = [part for part in shapely.get_parts(shapely.get_parts([geometry])) if part.geom_type == "Polygon"]
    return MultiPolygon([part for part in parts if not part.is_empty])
