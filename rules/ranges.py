"""How far off a number of people can be: nine chances in ten, from what is known of the share who see a message.

The share is Beta distributed: a figure that is assumed counts as some observations, one that is measured as its receipts.
"""

from functools import lru_cache

import numpy as np

from rules.numbers import Numbers
from rules.reach import Reach

Range = tuple[float, float]
_LOW, _HIGH = 0.05, 0.95
_SHARES = np.linspace(0.0, 1.0, 4_001)[1:-1]
_OF_VIEWERS = ("viewers", "affected_viewers", "informed_in_time", "spill", "stale", "stale_if_left_up")


@lru_cache(maxsize=256)
def likely_share(share: float, observations: float) -> Range:
    """Between what a share of this mean probably lies; the share itself where nothing is left to doubt."""
    if not 0.0 < share < 1.0:
        return share, share
    sure, other = share * observations, (1.0 - share) * observations
    heights = (sure - 1.0) * np.log(_SHARES) + (other - 1.0) * np.log1p(-_SHARES)
    below = np.cumsum(np.exp(heights - heights.max()))
    low, high = np.interp([_LOW, _HIGH], below / below[-1], _SHARES)
    return min(float(low), share), max(float(high), share)


def ranges_of(numbers: Numbers, reach: Reach) -> dict[str, Range]:
    """By number of people, the least and the most that is likely. Money and times are not in doubt in this way."""
    figures = reach.figures
    low, high = likely_share(figures.seen, figures.observations)
    less, more = (low / figures.seen, high / figures.seen) if figures.seen else (1.0, 1.0)
    most = {"affected_viewers": reach.addressable, "informed_in_time": reach.addressable}
    values = {name: float(getattr(numbers, name)) for name in _OF_VIEWERS}
    return {
        name: (value * less, max(min(value * more, most.get(name, value * more)), value))
        for name, value in values.items()
    }
