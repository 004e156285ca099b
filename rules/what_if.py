"""What would have to be different: for each channel the nearest single change of a fact, then the nearest pairs.

Facts that nobody can change are never offered, nor combinations that cannot be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product

from rules.cells import Dimension
from rules.change import RANKS, cells_that_matter, from_here_down, from_here_up, rank_of
from rules.decision import Decision, decide
from rules.facts import Case
from rules.policy import Policy
from rules.terms import Verdict
from rules.timing import timing_of
from rules.verdicts import is_possible

MOST = 3  # ways that are told


@dataclass(frozen=True, slots=True)
class Way:
    """One or two facts that would have to be different, as a policy tests them, and what would come out."""

    tests: tuple[str, ...]  # "share affected: at least 10 %"
    verdict: Verdict
    distance: int  # cells between here and there

    def __str__(self) -> str:
        """In one line."""
        return f"{self.verdict} if {' and '.join(self.tests)}"


@dataclass(frozen=True, slots=True)
class Moved:
    """One fact in another cell."""

    dimension: Dimension
    cell: int
    here: int

    @property
    def distance(self) -> int:
        """Words have no order but one: another word is one step away."""
        is_ordered = self.dimension.fact.unit or self.dimension.fact.type == "ordered choice"
        return abs(self.cell - self.here) if is_ordered else 1

    def on(self, known: int) -> int:
        """What would be known."""
        return (known & ~self.dimension.full) | self.dimension.cell_bit(self.cell)

    def in_words(self, currency: str) -> str:
        """As a test."""
        name = self.dimension.fact.name
        if not self.dimension.fact.unit:
            return f"{name}: {self.dimension.fact.words[self.cell]}"
        bound = from_here_up if self.cell > self.here else from_here_down
        return f"{name}: {bound(self.dimension, self.cell, currency)}"


def what_if(case: Case, policy: Policy) -> dict[str, tuple[Way, ...]]:
    """By channel, in the order of the policy: the ways to a better verdict, nearest first; none for one that is used."""
    decisions = decide(case, policy, timing_of(case, policy.figures))
    return {name: ways_of(decision, policy) for name, decision in decisions.items()}


def ways_of(decision: Decision, policy: Policy) -> tuple[Way, ...]:
    """For one channel. Pairs are looked for only where no single change leads as far."""
    if decision.reason in {"nobody", "too late"} or decision.verdict is Verdict.use:
        return ()
    moved = list(_moves(decision, policy))
    singles = list(_ways(decision, policy, ((one,) for one in moved)))
    if any(way.verdict is Verdict.use for way in singles):
        return _nearest(singles)
    pairs = (
        (one, other)
        for first, second in combinations(dict.fromkeys(one.dimension.offset for one in moved), 2)
        for one, other in product(*([m for m in moved if m.dimension.offset == of] for of in (first, second)))
    )
    best = max((RANKS.index(way.verdict) for way in singles), default=RANKS.index(decision.verdict))
    return _nearest([*singles, *_ways(decision, policy, pairs, above=best)])


def _moves(decision: Decision, policy: Policy) -> Iterator[Moved]:
    matter = cells_that_matter(decision)
    for dimension in policy.layout.dimensions:
        if dimension.fact.is_fixed or dimension.fact.follows or dimension.list_test or not dimension.full & matter:
            continue
        here = ((decision.known & dimension.full) >> dimension.offset).bit_length() - 1
        possible = dimension.possible
        for cell in range(dimension.size):
            if cell != here and possible & dimension.cell_bit(cell):
                yield Moved(dimension, cell, here)


def _ways(
    decision: Decision, policy: Policy, moves: Iterable[tuple[Moved, ...]], *, above: int | None = None
) -> Iterator[Way]:
    least = RANKS.index(decision.verdict) if above is None else above
    for together in moves:
        known = decision.known
        for one in together:
            known = one.on(known)
        rank = rank_of(decision, policy, known)
        if rank > least and is_possible(known, policy):
            tests = tuple(one.in_words(policy.figures.currency) for one in together)
            yield Way(tests, RANKS[rank], sum(one.distance for one in together))


def _nearest(ways: list[Way]) -> tuple[Way, ...]:
    """The best verdict first, then the fewest facts and the shortest way; of the same facts only the nearest."""
    chosen: dict[tuple[str, ...], Way] = {}
    for way in sorted(ways, key=lambda one: (-RANKS.index(one.verdict), len(one.tests), one.distance, one.tests)):
        chosen.setdefault(tuple(test.partition(":")[0] for test in way.tests), way)
    return tuple(list(chosen.values())[:MOST])
