"""Lognormal delays in closed form, on arrays. Minutes throughout."""

from dataclasses import dataclass
from math import erf, exp, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROOT_TWO = sqrt(2.0)
_LIMIT = 9.0  # beyond nine standard deviations a share is 0 or 1 in double precision
_GRID = np.linspace(-_LIMIT, _LIMIT, 18_001)
_PHI = np.array([(1.0 + erf(z / _ROOT_TWO)) / 2.0 for z in _GRID])


@dataclass(frozen=True, slots=True)
class Delay:
    """A lognormal waiting time."""

    median_min: float  # more than 0
    spread: float  # standard deviation of the logarithm; more than 0

    @property
    def mean_min(self) -> float:
        """Larger than the median: a few wait very long."""
        return self.median_min * exp(self.spread**2 / 2)


def normal_share(z: Floats) -> Floats:
    """Phi(z), by interpolation in a table; monotone in z, error below 4e-8."""
    shares: Floats = np.interp(z, _GRID, _PHI, left=0.0, right=1.0)
    return shares


def share_within(delay: Delay, minutes: Floats) -> Floats:
    """P(delay <= t); 0 for t <= 0."""
    return normal_share(_z(delay, minutes))


def mean_gain(delay: Delay, minutes: Floats) -> Floats:
    """E[max(t - delay, 0)], the integral of `share_within` from 0 to t; 0 for t <= 0."""
    z = _z(delay, minutes)
    return np.maximum(minutes, 0.0) * _exact_share(z) - delay.mean_min * _exact_share(z - delay.spread)


def _exact_share(z: Floats) -> Floats:
    """Phi(z) without a table: a gain is multiplied by minutes, and so would be the table's error."""
    return np.array([(1.0 + erf(value / _ROOT_TWO)) / 2.0 for value in z.tolist()])


def _z(delay: Delay, minutes: Floats) -> Floats:
    positive = np.maximum(minutes, 1e-12)
    return np.where(minutes > 0, (np.log(positive) - np.log(delay.median_min)) / delay.spread, -np.inf)
