"""Circles on the earth: measured on the ellipsoid, also across 180° and far in the north."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webapp.geo import circles, keys
from webapp.geo.circles import EARTH, Circle
from webapp.geo.keys import Box

CIRCLES = st.builds(
    Circle, latitude=st.floats(-85, 85), longitude=st.floats(-180, 180), radius_m=st.floats(100, 2_000_000)
)
SHARES = st.floats(0, 1)
BEARINGS = st.floats(0, 360)


def at(circle: Circle, bearing: float, metres: float) -> tuple[float, float]:
    """The point in that direction and distance from the middle."""
    longitude, latitude, _ = EARTH.fwd(circle.longitude, circle.latitude, bearing, metres)
    return float(latitude), float(longitude)


def holds(box: Box, latitude: float, longitude: float) -> bool:
    return box.south <= latitude <= box.north and box.west <= longitude <= box.east


def distance(circle: Circle, latitude: float, longitude: float) -> float:
    return float(circles.distances_m(circle, np.array([latitude]), np.array([longitude]))[0])


@given(CIRCLES, BEARINGS, SHARES)
@example(Circle(0.0, 180.0, 50_000), 90.0, 1.0)
@example(Circle(0.0, -180.0, 50_000), 270.0, 1.0)
@example(Circle(-17.0, 179.9, 100_000), 90.0, 1.0)
@example(Circle(85.0, 14.0, 700_000), 0.0, 1.0)
@example(Circle(-85.0, 14.0, 2_000_000), 180.0, 1.0)
@settings(max_examples=300)
def test_whatever_lies_within_the_circle_lies_in_its_boxes(circle: Circle, bearing: float, share: float) -> None:
    point = at(circle, bearing, circle.radius_m * share)

    assert any(holds(box, *point) for box in circles.boxes(circle))


@given(CIRCLES, BEARINGS, SHARES)
@settings(max_examples=100)
def test_whatever_lies_within_the_circle_is_found_by_key(circle: Circle, bearing: float, share: float) -> None:
    z = keys.key(*at(circle, bearing, circle.radius_m * share))

    spans = [span for box in circles.boxes(circle) for span in keys.ranges(box)]

    assert any(low <= z <= high for low, high in spans)


@given(CIRCLES)
def test_boxes_stay_on_the_map_and_do_not_cross_180_degrees(circle: Circle) -> None:
    boxes = circles.boxes(circle)

    assert 1 <= len(boxes) <= 2
    assert all(-90 <= box.south <= box.north <= 90 for box in boxes)
    assert all(-180 <= box.west <= box.east <= 180 for box in boxes)


@given(CIRCLES, BEARINGS)
def test_distances_are_those_on_the_ellipsoid(circle: Circle, bearing: float) -> None:
    metres = distance(circle, *at(circle, bearing, circle.radius_m))

    assert metres == pytest.approx(circle.radius_m, abs=0.01)


def test_a_degree_is_not_a_distance() -> None:
    stockholm = Circle(59.3293, 18.0686, 15_000)

    assert distance(stockholm, 59.3293, 18.0686 + 15 / 111.32) < 8_000  # by degrees it would lie at the edge


def test_neighbours_across_180_degrees_are_near() -> None:
    assert distance(Circle(-17.0, 179.99, 5_000), -17.0, -179.99) < 2_200


@pytest.mark.parametrize("latitude", [85.01, -89.0, 90.0])
def test_a_circle_too_far_north_or_south_is_refused_in_words(latitude: float) -> None:
    with pytest.raises(ValueError, match="85° north or south"):
        circles.boxes(Circle(latitude, 14.0, 15_000))
