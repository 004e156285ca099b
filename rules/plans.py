"""Sets of channels: every one that the rules allow is compared, and three are offered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from rules.combination import Band, Sets, combined, people_by_set
from rules.decision import Decision
from rules.facts import Case
from rules.figures import Coverage, Figures
from rules.lognormal import Floats
from rules.terms import Verdict
from rules.timing import Timing

_POINTS = 89  # of a curve; the end of the incident is one of them
_BEYOND = 2.2  # how far a curve goes, in remaining times
_SHORTEST_MIN = 60.0  # a curve shows at least this, once the incident is over


@dataclass(frozen=True, slots=True)
class PlanNumbers:
    """One set of channels, by key, with what it does until the end."""

    channels: tuple[str, ...] = ()
    informed_in_time: float = 0.0  # affected people
    nested: float = 0.0  # the least of them: who attends to one channel attends to all
    independent: float = 0.0  # the most
    cost: float = 0.0
    spill: float = 0.0
    stale: float = 0.0
    burden: float = 0.0  # cost, and the price of annoying people
    reaches_coverage: bool = False
    marginal: Mapping[str, float] = field(default_factory=dict)  # by channel: people informed only thanks to it


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed."""

    recommended: PlanNumbers
    fastest: PlanNumbers
    quietest: PlanNumbers


class Outlook:
    """What sets of channels do in one case, on one grid of minutes."""

    def __init__(self, case: Case, figures: Figures, timing: Timing, decisions: Mapping[str, Decision]) -> None:
        self.affected = case.audience.affected
        self.figures = figures
        self.decisions = decisions
        self.remaining_min = timing.remaining_min
        self.coverage = _coverage(case, figures)
        self.minutes = np.linspace(0.0, _BEYOND * (timing.remaining_min or _SHORTEST_MIN), _POINTS)
        deadline = min(self.coverage.within_min, timing.remaining_min)
        grid = np.append(self.minutes, [timing.remaining_min, deadline])
        self._sets: Sets = people_by_set(case.audience, [one.reach for one in decisions.values()])
        self._points = len(grid)
        self._chances = {name: one.reach.chance(grid) for name, one in decisions.items()}
        self._bands: dict[frozenset[str], Band] = {}

    def band(self, channels: Iterable[str]) -> Band:
        """People informed at each minute of the curve; the last two points are the end and the deadline."""
        chosen = frozenset(channels)
        if chosen not in self._bands:
            self._bands[chosen] = combined(
                self._sets, self._chances, chosen, kappa=self.figures.kappa, points=self._points
            )
        return self._bands[chosen]

    def curve(self, channels: Iterable[str]) -> Floats:
        """Expected people at the minutes of the curve."""
        return self.band(channels).expected[:-2]

    def informed(self, channels: Iterable[str]) -> float:
        """Expected people at the end."""
        return float(self.band(channels).expected[-2])

    def by_deadline(self, channels: Iterable[str]) -> float:
        """Expected people at the deadline of the coverage asked for, or at the end if that is earlier."""
        return float(self.band(channels).expected[-1])

    def numbers(self, channels: Iterable[str]) -> PlanNumbers:
        """All numbers of one set, its channels in the order of the policy."""
        chosen = [name for name in self.decisions if name in set(channels)]
        band, ones = self.band(chosen), [self.decisions[name].numbers for name in chosen]
        informed = self.informed(chosen)
        return PlanNumbers(
            channels=tuple(self.decisions[name].figures.key for name in chosen),
            informed_in_time=informed,
            nested=float(band.nested[-2]),
            independent=float(band.independent[-2]),
            cost=sum(one.cost for one in ones),
            spill=sum(one.spill for one in ones),
            stale=sum(one.stale for one in ones),
            burden=self.burden(chosen),
            reaches_coverage=self.by_deadline(chosen) >= self.coverage.share * self.affected,
            marginal={
                self.decisions[name].figures.key: informed - self.informed(other for other in chosen if other != name)
                for name in chosen
            },
        )

    def burden(self, channels: Iterable[str]) -> float:
        """Money, and people who see it needlessly or too late at the price of annoying them."""
        numbers = [self.decisions[name].numbers for name in channels]
        return sum(one.cost + (one.spill + one.stale) * self.figures.annoyance_price for one in numbers)

    def minutes_until(self, people: float, channels: Iterable[str]) -> float:
        """When a set has informed so many; infinite if it does not on the curve."""
        curve = self.curve(channels)
        return float(np.interp(people, curve, self.minutes)) if curve[-1] >= people else float("inf")


def plan_of(outlook: Outlook) -> Plan:
    """The three sets that are offered. Recommended channels are all in the recommended plan, required ones in each."""
    decisions = outlook.decisions
    required = {name for name, one in decisions.items() if one.is_required}
    advised = {name for name, one in decisions.items() if one.verdict is Verdict.use}
    optional = {name for name, one in decisions.items() if one.verdict is Verdict.optional}
    sets = _sets(required, (advised | optional) - required)
    return Plan(
        recommended=outlook.numbers(_recommended(outlook, _sets(advised, optional))),
        fastest=outlook.numbers(_fastest(outlook, sets)),
        quietest=outlook.numbers(_quietest(outlook, sets)),
    )


def _sets(fixed: set[str], free: set[str]) -> list[frozenset[str]]:
    """Every set that contains the fixed ones; the empty set only if there is no other."""
    ordered = sorted(free)
    sets = [frozenset(fixed | set(some)) for size in range(len(ordered) + 1) for some in combinations(ordered, size)]
    return [one for one in sets if one] or [frozenset()]


def _recommended(outlook: Outlook, sets: list[frozenset[str]]) -> frozenset[str]:
    """The smallest burden that reaches the coverage; else that comes as near to the best as a channel is worth."""
    enough = outlook.coverage.share * outlook.affected
    best = max(outlook.by_deadline(one) for one in sets)
    least = enough if best >= enough else best - outlook.figures.worth_adding * outlook.affected
    reaching = [one for one in sets if outlook.by_deadline(one) >= least]
    return min(reaching, key=lambda one: (outlook.burden(one), len(one), sorted(one)))


def _fastest(outlook: Outlook, sets: list[frozenset[str]]) -> frozenset[str]:
    """The first to inform what is asked for, or nine in ten of what is possible; of equals the smallest burden."""
    possible = max(float(outlook.curve(one)[-1]) for one in sets)
    target = min(outlook.coverage.share * outlook.affected, 0.9 * possible)
    times = {one: outlook.minutes_until(target, one) for one in sets}
    soonest = min(times.values())
    tied = [one for one in sets if times[one] <= soonest * 1.02]
    return min(tied, key=lambda one: (outlook.burden(one), len(one), sorted(one)))


def _quietest(outlook: Outlook, sets: list[frozenset[str]]) -> frozenset[str]:
    """The smallest burden that informs anybody; of equals the one that informs most."""
    telling = [one for one in sets if outlook.informed(one) > 0] or sets
    return min(telling, key=lambda one: (outlook.burden(one), -outlook.informed(one), sorted(one)))


def _coverage(case: Case, figures: Figures) -> Coverage:
    return figures.coverage[case.incident.severity]
