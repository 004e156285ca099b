"""The engine finds exactly those whom a test of every point finds, on random areas and points, edges and 180° included."""

import random
from math import cos, radians

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from webapp.geo import descent, keys, shapes
from webapp.geo.circles import EARTH, Circle
from webapp.geo.regions import CircleRegion, Region, ShapeRegion
from webapp.geo.shapes import BadShape

POINTS = 400


def random_shape(chance: random.Random) -> MultiPolygon | None:
    """Stars around a middle, some crossing themselves, some with a hole, some across 180°; None if nothing is left."""
    parts = []
    for _ in range(chance.choice([1, 1, 2, 3])):
        x, y = chance.choice([chance.uniform(-180, 180), 180.0, -179.9, 14.0, 0.0]), chance.uniform(-80, 80)
        wide = chance.choice([0.001, 0.1, 2.0, 30.0])
        tall = min(wide, 84.9 - abs(y))
        count = chance.randint(3, 12)
        ring = [(x + wide * chance.uniform(-1, 1), y + tall * chance.uniform(-1, 1)) for _ in range(count)]
        hole = [(x + wide / 9, y), (x, y + tall / 9), (x - wide / 9, y)]
        parts.append(Polygon(ring, [hole] if chance.random() < 0.3 else []))
    try:
        return shapes.normal(parts).shape
    except BadShape:
        return None


def points_about(chance: random.Random, region: Region, corners: list[tuple[float, float]]) -> NDArray[np.int64]:
    """Keys of points in and around a region, on its corners, at 180° and far away, sorted."""
    found = [(chance.uniform(-85, 85), chance.uniform(-180, 180)) for _ in range(POINTS // 8)]
    found += [(chance.uniform(-85, 85), chance.choice([-180.0, 180.0])) for _ in range(8)]
    for box in region.boxes():
        tall, wide = box.north - box.south, box.east - box.west
        for _ in range(POINTS // 2):
            latitude = box.south + tall * chance.uniform(-0.1, 1.1)
            longitude = box.west + wide * chance.uniform(-0.1, 1.1)
            found.append((max(-90.0, min(90.0, latitude)), max(-180.0, min(180.0, longitude))))
    found += corners[:50]
    return np.sort(np.array([keys.key(*point) for point in found], dtype=np.int64))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_the_engine_finds_in_a_shape_whom_a_test_of_every_point_finds(seed: int) -> None:
    chance = random.Random(seed)
    shape = random_shape(chance)
    if shape is None:
        return
    corners = [(y, x) for x, y in shapely.get_coordinates(shape)]
    z = points_about(chance, ShapeRegion(shape), corners)
    latitudes, longitudes = keys.point_array(z)
    expected = [bool(shape.intersects(shapely.Point(x, y))) for x, y in zip(longitudes, latitudes, strict=True)]

    assert descent.positions(ShapeRegion(shape), z).tolist() == np.flatnonzero(expected).tolist()
    assert in_spans(ShapeRegion(shape), z).tolist() == np.flatnonzero(expected).tolist()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_the_engine_finds_in_a_circle_whom_a_measure_of_every_point_finds(seed: int) -> None:
    chance = random.Random(seed)
    circle = Circle(
        chance.uniform(-85, 85), chance.choice([chance.uniform(-180, 180), 180.0, -180.0]), 10 ** chance.uniform(0, 6)
    )
    z = points_about(chance, CircleRegion(circle), [])
    latitudes, longitudes = keys.point_array(z)
    metres = [EARTH.inv(circle.longitude, circle.latitude, x, y)[2] for x, y in zip(longitudes, latitudes, strict=True)]
    expected = [each <= circle.radius_m for each in metres]

    assert descent.positions(CircleRegion(circle), z).tolist() == np.flatnonzero(expected).tolist()
    assert in_spans(CircleRegion(circle), z).tolist() == np.flatnonzero(expected).tolist()


def in_spans(region: Region, z: NDArray[np.int64]) -> NDArray[np.int64]:
    """As the database does it: stretches of keys, then a test where one is needed."""
    spans = descent.spans(region)
    latitudes, longitudes = keys.point_array(z)
    found = np.zeros(len(z), dtype=bool)
    for low, high in spans.covered:
        found |= (z >= low) & (z <= high)
    for low, high in spans.edge:
        found |= (z >= low) & (z <= high) & region.holds(latitudes, longitudes)
    return np.flatnonzero(found)


def test_points_on_edges_and_corners_belong_to_the_area() -> None:
    step_x, step_y = 360.0 / keys.STEPS, 180.0 / keys.STEPS
    west, south = (
        -180.0 + (2**30 + 0.5) * step_x,
        -90.0 + (2**30 + 0.5) * step_y,
    )  # the middle of a cell: a possible point
    east, north = west + 1_000 * step_x, south + 1_000 * step_y
    shape = shapes.normal([shapely.box(west, south, east, north)]).shape
    ring = [
        (south, west),
        (south, east),
        (north, west),
        (north, east),
        (south, (west + east) / 2),
        ((south + north) / 2, east),
    ]
    outside = [(south - step_y, west), (north, east + step_x)]
    z = np.sort(np.array([keys.key(*point) for point in ring + outside], dtype=np.int64))

    assert len(descent.positions(ShapeRegion(shape), z)) == len(ring)


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_to_an_edge_is_that_of_its_nearest_spot(seed: int) -> None:
    chance = random.Random(seed)
    y, x = chance.uniform(-70, 70), chance.choice([0.0, 179.95, -179.95])
    shape = shapes.normal([shapely.box(x, y, x + 0.3, y + 0.2)]).shape
    latitudes = np.array([y + chance.uniform(-0.3, 0.5) for _ in range(30)])
    longitudes = np.array([(x + chance.uniform(-0.3, 0.6) / cos(radians(y)) + 180) % 360 - 180 for _ in range(30)])

    region = ShapeRegion(shape)

    fine = shapely.get_coordinates(shapely.segmentize(shape.boundary, 0.0005))
    for latitude, longitude in zip(latitudes, longitudes, strict=True):
        count = len(fine)
        nearest = EARTH.inv(np.full(count, longitude), np.full(count, latitude), fine[:, 0], fine[:, 1])[2].min()
        at, least, most = (np.array([latitude]), np.array([longitude])), nearest * 0.995 - 60, nearest * 1.005 + 60
        assert region.has_edge_within(*at, np.array([most])).all()
        assert least <= 0 or not region.has_edge_within(*at, np.array([least])).any()


def test_a_circle_of_ones_own_reaches_an_area_that_its_middle_is_not_in() -> None:
    region = ShapeRegion(shapes.normal([shapely.box(14.0, 62.0, 14.5, 62.2)]).shape)
    latitude, longitude = np.array([62.3, 62.3, 62.1]), np.array([14.2, 14.2, 14.2])

    assert region.reached(latitude, longitude, np.array([12_000.0, 11_000.0, 0.0])).tolist() == [True, False, True]
    assert region.swallows(latitude, longitude, np.array([0.0, 0.0, 1_000.0])).tolist() == [False, False, True]
    assert region.swallows(latitude, longitude, np.array([0.0, 0.0, 12_000.0])).tolist() == [False, False, False]


def test_keys_of_many_points_are_those_of_each() -> None:
    chance = random.Random(1)
    points = [(chance.uniform(-90, 90), chance.uniform(-180, 180)) for _ in range(500)] + [
        (90.0, 180.0),
        (-90.0, -180.0),
    ]
    z = keys.key_array(*(np.array(side) for side in zip(*points, strict=True)))

    assert z.tolist() == [keys.key(*point) for point in points]
    assert list(zip(*(side.tolist() for side in keys.point_array(z)), strict=True)) == [
        keys.point(each) for each in z.tolist()
    ]
    with pytest.raises(ValueError, match="not on the map"):
        keys.key_array(np.array([np.nan]), np.array([0.0]))
