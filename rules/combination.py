"""People met by a set of channels, from the exact sets of channels that meet each: no sampling, no inclusion-exclusion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.facts import Audience, Group
from rules.figures import Medium
from rules.lognormal import Floats
from rules.reach import Reach
from rules.terms import Listeners

Sets = Mapping[frozenset[str], int]  # people by the exact set of channels that meets them


@dataclass(frozen=True, slots=True)
class Band:
    """People informed by at least one channel, one value a minute of the grid."""

    nested: Floats  # all who attend to one channel attend to all
    expected: Floats
    independent: Floats  # people attend to each channel by itself


def people_by_set(audience: Audience, reaches: Iterable[Reach]) -> Sets:
    """Whom these channels meet; a page or a feed meets all, also those without an address."""
    reaches = list(reaches)
    sets: dict[frozenset[str], int] = {}
    alone = max(audience.affected - sum(group.people for group in audience.groups), 0)
    everywhere = frozenset(reach.channel for reach in reaches if reach.figures.medium is not Medium.addresses)
    for people, met in [(alone, everywhere), *((group.people, _met(group, reaches)) for group in audience.groups)]:
        if people and met:
            sets[met] = sets.get(met, 0) + people
    return sets


def combined(sets: Sets, chances: Mapping[str, Floats], plan: Iterable[str], *, kappa: float, points: int) -> Band:
    """People informed by a plan. chances: per channel, that one person whom it meets has seen it, at so many points.

    kappa: 0 = people attend to channels independently, 1 = who ignores one ignores all.
    """
    chosen = [channel for channel in chances if channel in set(plan)]
    nested, independent = np.zeros(points), np.zeros(points)
    for channels, people in sets.items():
        rows = [chances[channel] for channel in chosen if channel in channels]
        if rows:
            nested = nested + people * np.maximum.reduce(rows)
            independent = independent + people * _at_least_one(rows)
    return Band(nested, nested + (1.0 - kappa) * (independent - nested), independent)


def _at_least_one(rows: Sequence[Floats]) -> Floats:
    missed = np.ones_like(rows[0])
    for row in rows:
        missed = missed * (1.0 - row)
    # Rounding must not put the sum of one channel below that channel.
    return np.maximum(1.0 - missed, np.maximum.reduce(rows))


def _met(group: Group, reaches: Iterable[Reach]) -> frozenset[str]:
    return frozenset(reach.channel for reach in reaches if _meets(reach, group))


def _meets(reach: Reach, group: Group) -> bool:
    if reach.figures.medium is not Medium.addresses:
        return True
    key = reach.figures.key
    return key in group.asked or (reach.listeners is Listeners.all and key in group.on_file)
