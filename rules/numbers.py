"""The numbers that a decision shows for one channel."""

from dataclasses import dataclass, fields

import numpy as np

from rules.facts import ChannelSetup
from rules.reach import Reach
from rules.seen import half_seen_min


@dataclass(frozen=True, slots=True)
class Numbers:
    """People, money and minutes; whole people are not rounded to."""

    viewers: float  # who ever see it
    affected_viewers: float
    informed_in_time: float  # affected people who have probably seen it before the end
    spill: float  # viewers who are not affected
    stale: float  # viewers after the end, what is retired or cancelled then not counted
    stale_if_left_up: float  # viewers after the end if nothing is retired or cancelled
    cost: float  # in the organisation's currency
    send_minutes: float  # until the last message has left
    half_seen_minutes: float  # until half of the viewers have seen it

    @property
    def stale_share(self) -> float:
        """Of the viewers, who see it after the end if it is left up."""
        return self.stale_if_left_up / self.viewers if self.viewers else 0.0


NAMES = tuple(field.name for field in fields(Numbers))


def numbers_of(reach: Reach, *, remaining_min: float) -> Numbers:
    """All numbers of one channel. half_seen_minutes is that of the first way, with its queue and nights."""
    end = np.array([remaining_min])
    curve = reach.ways[0].curve
    affected = reach.addressable * reach.chance_ever
    informed = reach.addressable * float(reach.chance(end)[0])
    spill_late = reach.unaffected * (1.0 - curve.by(remaining_min))
    left_up = max(affected - informed, 0.0) + spill_late
    return Numbers(
        viewers=affected + reach.unaffected,
        affected_viewers=affected,
        informed_in_time=informed,
        spill=reach.unaffected,
        stale=_stale(reach, remaining_min, affected=affected, informed=informed, left_up=left_up),
        stale_if_left_up=left_up,
        cost=reach.cost,
        send_minutes=reach.send_min,
        half_seen_minutes=half_seen_min(curve),
    )


def basis_of(reach: Reach, setup: ChannelSetup) -> dict[str, str]:
    """What each number rests on: "assumed", "measured, n = …" or, where the organisation gave the figures, "given"."""
    figures = reach.figures
    basis = dict.fromkeys(NAMES, figures.basis)
    if setup.price_per_segment is not None or not reach.cost:
        basis["cost"] = "given"
    if setup.segments_per_second is not None or not reach.send_min:
        basis["send_minutes"] = "given"
    return basis


def _stale(reach: Reach, remaining_min: float, *, affected: float, informed: float, left_up: float) -> float:
    if reach.figures.retired_at_end:
        return 0.0
    if not reach.recipients:
        return left_up
    sent = reach.ways[0].curve.left_by(remaining_min)
    return max(affected * sent - informed, 0.0)
