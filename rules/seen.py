"""Who has seen a message by when: queue, transport and attention as one curve, H(t) = P(Q + X + Y <= t)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rules.attention import ALWAYS_DAY, AttentionClock
from rules.figures import Transport
from rules.lognormal import Delay, Floats, mean_gain, share_within

# Bins of arrival, the same for every queue: so a faster sender moves every share earlier and none later.
_EDGES = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 480)])
_MIDDLES = (_EDGES[1:] + _EDGES[:-1]) / 2
_NO_QUEUE_MIN = 0.05  # three seconds


@dataclass(frozen=True, slots=True)
class SeenCurve:
    """Share of the eventual viewers who have seen it, t minutes after the release."""

    seen: Delay  # in attention minutes
    transport: Transport | None = None
    queue_min: float = 0.0
    hold_min: float = 0.0  # nothing leaves before
    clock: AttentionClock = ALWAYS_DAY

    def at(self, minutes: Floats) -> Floats:
        """H(t), from 0 to 1 and monotone in t."""
        arrived, weights = arrivals(self.transport, round(self.queue_min, 9))
        arrived = arrived + self.hold_min
        attended = self.clock.read(minutes)[:, None] - self.clock.read(arrived)[None, :]
        waited = np.where(minutes[:, None] > arrived[None, :], attended, 0.0)
        shares: Floats = (share_within(self.seen, waited) * weights).sum(axis=1)
        return np.minimum(shares, 1.0)

    def by(self, minutes: float) -> float:
        """H at one moment."""
        return float(self.at(np.array([minutes]))[0])

    def left_by(self, minutes: float) -> float:
        """Share of the messages that have left our queue."""
        if self.queue_min <= _NO_QUEUE_MIN:
            return 1.0 if minutes >= self.hold_min else 0.0
        return min(max((minutes - self.hold_min) / self.queue_min, 0.0), 1.0)


@lru_cache(maxsize=1024)
def half_seen_min(curve: SeenCurve) -> float:
    """When half of the eventual viewers have seen it, to about 0.1 %."""
    low, high = 1e-3, 1e7
    for _ in range(36):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if curve.by(middle) < 0.5 else (low, middle)
    return high


@lru_cache(maxsize=256)
def arrivals(transport: Transport | None, queue_min: float) -> tuple[Floats, Floats]:
    """(minutes, weights): when messages reach the handset. Weights sum to 1, save for what arrives after years."""
    if transport is None and queue_min <= _NO_QUEUE_MIN:
        return np.zeros(1), np.ones(1)
    shares = np.maximum.accumulate(np.clip(_arrived_share(transport, queue_min), 0.0, 1.0))
    weights = np.diff(shares)
    kept = weights > 1e-13
    return _MIDDLES[kept], weights[kept]


def _arrived_share(transport: Transport | None, queue_min: float) -> Floats:
    """P(Q + X <= u) at the edges, exactly: the mean of X's distribution over the queue's length."""
    if queue_min <= _NO_QUEUE_MIN:
        return _transported(transport)
    begin = _EDGES - queue_min
    if transport is None:
        return np.clip(_EDGES / queue_min, 0.0, 1.0)
    gain = np.zeros_like(_EDGES)
    for share, delay in _parts(transport):
        gain += share * (mean_gain(delay, _EDGES) - mean_gain(delay, begin))
    return gain / queue_min


def _transported(transport: Transport | None) -> Floats:
    if transport is None:
        return np.ones_like(_EDGES)
    total = np.zeros_like(_EDGES)
    for share, delay in _parts(transport):
        total += share * share_within(delay, _EDGES)
    return total


def _parts(transport: Transport) -> tuple[tuple[float, Delay], tuple[float, Delay]]:
    return (transport.quick_share, transport.quick), (1 - transport.quick_share, transport.slow)
