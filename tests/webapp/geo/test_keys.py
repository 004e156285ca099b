"""Morton keys: one integer a point, whole ranges a box."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.geo import keys
from webapp.geo.keys import Box

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
STEP_LATITUDE, STEP_LONGITUDE = 180 / keys.STEPS, 360 / keys.STEPS


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Any, also thin and empty ones."""
    south, north = sorted([draw(LATITUDES), draw(LATITUDES)])
    west, east = sorted([draw(LONGITUDES), draw(LONGITUDES)])
    return Box(south, west, north, east)


def is_covered(spans: list[tuple[int, int]], z: int) -> bool:
    return any(low <= z <= high for low, high in spans)


@given(LATITUDES, LONGITUDES)
@example(90.0, 180.0)
@example(-90.0, -180.0)
@example(0.0, 0.0)
def test_a_key_gives_its_point_back_within_one_step(latitude: float, longitude: float) -> None:
    back_latitude, back_longitude = keys.point(keys.key(latitude, longitude))

    assert abs(back_latitude - latitude) <= STEP_LATITUDE
    assert abs(back_longitude - longitude) <= STEP_LONGITUDE


@given(st.integers(0, (1 << 62) - 1))
def test_a_stored_point_keeps_its_key_for_ever(z: int) -> None:
    assert keys.key(*keys.point(z)) == z


@given(LATITUDES, LONGITUDES)
def test_a_key_fits_a_signed_column_of_eight_bytes(latitude: float, longitude: float) -> None:
    assert 0 <= keys.key(latitude, longitude) < 1 << 62


@given(LATITUDES, LATITUDES, LONGITUDES, LONGITUDES)
def test_what_lies_further_north_and_east_has_the_greater_key(a: float, b: float, c: float, d: float) -> None:
    south, north = sorted([a, b])
    west, east = sorted([c, d])

    assert keys.key(south, west) <= keys.key(north, east)


@given(boxes(), LATITUDES, LONGITUDES)
def test_every_point_of_a_box_is_in_its_ranges(box: Box, latitude: float, longitude: float) -> None:
    inside = (min(max(latitude, box.south), box.north), min(max(longitude, box.west), box.east))

    spans = keys.ranges(box)

    assert is_covered(spans, keys.key(*inside))


@given(boxes())
def test_the_corners_of_a_box_belong_to_it(box: Box) -> None:
    spans = keys.ranges(box)

    corners = [(latitude, longitude) for latitude in (box.south, box.north) for longitude in (box.west, box.east)]
    assert all(is_covered(spans, keys.key(*corner)) for corner in corners)


@given(boxes(), st.integers(4, 64))
def test_ranges_are_few_ascending_and_apart(box: Box, most: int) -> None:
    spans = keys.ranges(box, most=most)

    assert 1 <= len(spans) <= most
    assert all(low <= high for low, high in spans)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(spans))


@given(st.integers(0, 2**10 - 1), st.integers(0, 2**10 - 1), st.integers(2, 20))
def test_a_box_that_is_one_cell_is_one_range_and_exactly_that_cell(x: int, y: int, level: int) -> None:
    x, y, cells = x % (1 << level), y % (1 << level), 1 << level
    tall, wide = 180 / cells, 360 / cells
    south, west = y * tall - 90, x * wide - 180
    box = Box(south, west, south + tall - STEP_LATITUDE / 2, west + wide - STEP_LONGITUDE / 2)

    ((low, high),) = keys.ranges(box)

    assert high - low + 1 == 1 << 2 * (keys.BITS - level)
    assert low == keys.key(south + STEP_LATITUDE / 4, west + STEP_LONGITUDE / 4)


def test_the_ranges_of_a_town_hold_little_else() -> None:
    box = Box(61.9, 14.1, 62.2, 14.7)

    spans = keys.ranges(box)

    held = sum(high - low + 1 for low, high in spans) / keys.STEPS**2
    assert held < 2 * (0.3 / 180) * (0.6 / 360)


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(90.01, 0.0), (-91.0, 0.0), (0.0, 180.5), (0.0, -200.0), (float("nan"), 0.0)]
)
def test_a_point_off_the_map_is_refused_in_words(latitude: float, longitude: float) -> None:
    with pytest.raises(ValueError, match="not on the map"):
        keys.key(latitude, longitude)
