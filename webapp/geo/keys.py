"""Morton keys: one integer a point, so that a plain b-tree finds what lies in a box. Under 2 cm a step.

The stored coordinate is the quantised one, so every path through the code agrees on where a point is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BITS = 31
STEPS = 1 << BITS


@dataclass(frozen=True, slots=True)
class Box:
    """A box in degrees, west to east without crossing 180°, edges included."""

    south: float
    west: float
    north: float
    east: float


def key(latitude: float, longitude: float) -> int:
    """The Morton key of a point in degrees. Raises ValueError outside the map."""
    return _interleaved(_step(longitude, -180.0, 360.0)) | _interleaved(_step(latitude, -90.0, 180.0)) << 1


def cell(x: int, y: int) -> int:
    """The key of a column and a row of the grid."""
    return _interleaved(x) | _interleaved(y) << 1


def point(z: int) -> tuple[float, float]:
    """Latitude and longitude of a key: the middle of its cell."""
    return (
        (_collected(z >> 1) + 0.5) / STEPS * 180.0 - 90.0,
        (_collected(z) + 0.5) / STEPS * 360.0 - 180.0,
    )


def key_array(latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> NDArray[np.int64]:
    """The same for many points at once. Shape: as the latitudes. Raises ValueError outside the map."""
    for degrees, furthest in ((latitudes, 90.0), (longitudes, 180.0)):
        if not np.all(np.abs(degrees) <= furthest):
            raise ValueError(f"a point is not on the map; it lies within {furthest:g} degrees")
    x = np.minimum((longitudes + 180.0) / 360.0 * STEPS, STEPS - 1).astype(np.int64)
    y = np.minimum((latitudes + 90.0) / 180.0 * STEPS, STEPS - 1).astype(np.int64)
    return _spread(x) | _spread(y) << 1


def point_array(z: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of keys: the middles of their cells."""
    x, y = step_array(z)
    return (y + 0.5) / STEPS * 180.0 - 90.0, (x + 0.5) / STEPS * 360.0 - 180.0


def step_array(z: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns and rows of keys on the grid of 2^31 by 2^31 steps."""
    return _gathered(z), _gathered(z >> 1)


def ranges(box: Box, *, most: int = 64) -> list[tuple[int, int]]:
    """At most `most` ranges of keys, both ends included, that together cover the box (and little else)."""
    west, east = _step(box.west, -180.0, 360.0), _step(box.east, -180.0, 360.0)
    south, north = _step(box.south, -90.0, 180.0), _step(box.north, -90.0, 180.0)
    cells = [(0, BITS, 0, 0)]
    while True:
        finer = [child for cell in cells for child in _split(cell, west, east, south, north)]
        if len(finer) > most or finer == cells:
            return _joined(sorted((z, z + (1 << 2 * level) - 1) for z, level, _, _ in cells))
        cells = finer


def _split(
    cell: tuple[int, int, int, int], west: int, east: int, south: int, north: int
) -> Iterator[tuple[int, int, int, int]]:
    z, level, x, y = cell
    size = 1 << level
    if level == 0 or (west <= x and x + size - 1 <= east and south <= y and y + size - 1 <= north):
        yield cell
        return
    half = size >> 1
    for quarter in range(4):
        left, low = x + half * (quarter & 1), y + half * (quarter >> 1)
        if left <= east and left + half > west and low <= north and low + half > south:
            yield z + (quarter << 2 * (level - 1)), level - 1, left, low


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for low, high in spans:
        if joined and joined[-1][1] + 1 == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _step(degrees: float, low: float, width: float) -> int:
    share = (degrees - low) / width
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"{degrees} is not on the map; it lies between {low:g} and {low + width:g} degrees")
    return min(int(share * STEPS), STEPS - 1)


_SPREADS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
_GATHERS = (
    (1, 0x3333333333333333),
    (2, 0x0F0F0F0F0F0F0F0F),
    (4, 0x00FF00FF00FF00FF),
    (8, 0x0000FFFF0000FFFF),
    (16, 0x00000000FFFFFFFF),
)


def _spread(value: NDArray[np.int64]) -> NDArray[np.int64]:
    for shift, mask in _SPREADS:
        value = (value | value << shift) & mask
    return value


def _gathered(value: NDArray[np.int64]) -> NDArray[np.int64]:
    value = value & 0x5555555555555555
    for shift, mask in _GATHERS:
        value = (value | value >> shift) & mask
    return value


def _interleaved(value: int) -> int:
    for shift, mask in _SPREADS:
        value = (value | value << shift) & mask
    return value


def _collected(value: int) -> int:
    value &= 0x5555555555555555
    for shift, mask in _GATHERS:
        value = (value | value >> shift) & mask
    return value
