"""From the whole map down to the cells that matter: what a region covers, what must be tested point by point.

A cell of the key is a box in degrees; cells nest, and each is one stretch of keys.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.geo import keys
from webapp.geo.keys import BITS, STEPS
from webapp.geo.regions import Region

FEW = 150  # points of a cell that are sooner tested than divided
MOST_SPANS = 160  # of keys in one query
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of keys, both ends included: those wholly inside, and those in which each point must be tested."""

    covered: list[tuple[int, int]]
    edge: list[tuple[int, int]]


def positions(region: Region, z: Ints) -> Ints:
    """Positions in a sorted array of keys that lie in the region; edges belong to it."""
    cells, size = _start(region)
    slices: list[tuple[int, int]] = []
    tested: list[Ints] = []
    while len(cells):
        low, high = np.searchsorted(z, cells), np.searchsorted(z, cells + (np.int64(1) << 2 * size) - 1, side="right")
        some = high > low
        cells, low, high = cells[some], low[some], high[some]
        inside, outside = region.cells(*_bounds(cells, size))
        slices += zip(low[inside].tolist(), high[inside].tolist(), strict=True)
        left = ~inside & ~outside
        few = left & ((high - low <= FEW) | (size == 0))
        tested += [np.arange(first, last) for first, last in zip(low[few], high[few], strict=True)]
        cells, size = _children(cells[left & ~few], size), size - 1
    return _found(region, z, slices, tested)


def spans(region: Region, *, most: int = MOST_SPANS) -> Spans:
    """The region as stretches of keys, at most about `most`, without knowing any point."""
    cells, size = _start(region)
    covered: list[tuple[int, int]] = []
    while True:
        inside, outside = region.cells(*_bounds(cells, size))
        covered += _stretches(cells[inside], size)
        cells = cells[~inside & ~outside]
        if size == 0 or not len(cells) or len(covered) + 2 * len(cells) > most:
            return Spans(_joined(covered), _joined(_stretches(cells, size)))
        cells, size = _children(cells, size), size - 1


def _start(region: Region) -> tuple[Ints, int]:
    """The few cells that hold the region, about as large as its widest part: what is above them needs no look."""
    low, high = np.empty((0, 2), dtype=np.int64), np.empty((0, 2), dtype=np.int64)
    for box in region.boxes():
        corners = keys.key_array(np.array([box.south, box.north]), np.array([box.west, box.east]))
        steps = np.column_stack(keys.step_array(corners))
        low, high = np.vstack([low, steps[:1] - 1]), np.vstack([high, steps[1:] + 1])
    low, high = np.maximum(low, 0), np.minimum(high, STEPS - 1)
    size = min(int((high - low).max(initial=1)).bit_length(), BITS)
    cells = [
        keys.cell(x << size, y << size)
        for (west, south), (east, north) in zip((low >> size).tolist(), (high >> size).tolist(), strict=True)
        for x in range(west, east + 1)
        for y in range(south, north + 1)
    ]
    return np.unique(np.array(cells, dtype=np.int64)), size


def _found(region: Region, z: Ints, slices: list[tuple[int, int]], tested: list[Ints]) -> Ints:
    parts = [np.arange(first, last) for first, last in slices]
    if tested:
        candidates = np.concatenate(tested)
        latitudes, longitudes = keys.point_array(np.asarray(z[candidates]))
        parts.append(candidates[region.holds(latitudes, longitudes)])
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


def _bounds(
    cells: Ints, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """South, west, north, east in degrees."""
    x, y = keys.step_array(cells)
    wide = 1 << size
    return (
        y / STEPS * 180.0 - 90.0,
        x / STEPS * 360.0 - 180.0,
        (y + wide) / STEPS * 180.0 - 90.0,
        (x + wide) / STEPS * 360.0 - 180.0,
    )


def _children(cells: Ints, size: int) -> Ints:
    if not len(cells):
        return cells
    return (cells[:, None] + (np.arange(4, dtype=np.int64) << 2 * (size - 1))).ravel()


def _stretches(cells: Ints, size: int) -> list[tuple[int, int]]:
    return [(cell, cell + (1 << 2 * size) - 1) for cell in cells.tolist()]


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for low, high in sorted(found):
        if joined and joined[-1][1] + 1 == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined
