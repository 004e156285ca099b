"""Conditions as bit masks. Every fact falls into finitely many cells, one bit each; what is known of a case is the
set V of cells that are possible, and a conjunction forbids a set F: it holds for certain if `V & F == 0`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from rules.conditions import Condition
from rules.vocabulary import Fact, FactType

Value = str | float | tuple[str, ...] | None  # None = unknown


@dataclass(frozen=True, slots=True)
class Dimension:
    """The cells of one fact; of a list, those of one test of it (fails, holds)."""

    fact: Fact
    offset: int  # of its first bit
    size: int
    cuts: tuple[float, ...] = ()  # of numbers: cells are the cuts and the gaps between them
    list_test: Condition | None = None

    @property
    def full(self) -> int:
        """All its bits."""
        return ((1 << self.size) - 1) << self.offset

    def cell_bit(self, cell: int) -> int:
        """The bit of a cell."""
        return 1 << (self.offset + cell)

    def bit(self, value: Value) -> int:
        """The bit of the cell that a known value falls into; all bits if it is unknown."""
        return self.full if value is None else 1 << (self.offset + self._cell(value))

    def allowed(self, condition: Condition) -> int:
        """The bits of the cells in which a condition holds."""
        if self.list_test:
            return 1 << (self.offset + 1)
        holds = [condition.holds(sample) for sample in self.samples()]
        return sum(1 << (self.offset + cell) for cell, is_in in enumerate(holds) if is_in)

    def test(self, condition: Condition) -> tuple[int, int]:
        """The bits in which a condition holds, and its other bits."""
        allowed = self.allowed(condition)
        return allowed, self.full & ~allowed

    @property
    def possible(self) -> int:
        """The bits of the cells that lie within the fact's range."""
        if not self.fact.unit or not self.cuts:
            return self.full
        return sum(self.cell_bit(cell) for cell in range(self.size) if self._is_in_range(cell))

    def _is_in_range(self, cell: int) -> bool:
        low, high = self.fact.low, self.fact.high
        if cell % 2:
            return low <= self.cuts[cell // 2] <= high and not (self.is_clock and self.cuts[cell // 2] == high)
        above = cell == 0 or self.cuts[cell // 2 - 1] < high
        return above and (cell == self.size - 1 or self.cuts[cell // 2] > low)

    @property
    def is_clock(self) -> bool:
        """Whether it runs round: its end is its beginning."""
        return self.fact.type is FactType.clock

    def samples(self) -> Sequence[str | float]:
        """One value from each cell, in the order of the cells."""
        if not self.fact.unit:
            return self.fact.words
        if not self.cuts:
            return [self.fact.low]
        gaps = [(low + high) / 2 for low, high in zip(self.cuts, self.cuts[1:], strict=False)]
        inner = [value for pair in zip(self.cuts, [*gaps, self.cuts[-1] + 1.0], strict=True) for value in pair]
        return [self.cuts[0] - 1.0, *inner]

    def _cell(self, value: str | float | tuple[str, ...]) -> int:
        if self.list_test:
            return int(self.list_test.holds(value))
        if not self.fact.unit:
            return self.fact.words.index(str(value))
        number = float(str(value))
        place = bisect_left(self.cuts, number)
        is_cut = place < len(self.cuts) and self.cuts[place] == number
        return 2 * place + is_cut if self.cuts else 0


class Layout:
    """Which bit means what, for all conditions of a policy."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        cuts: dict[str, set[float]] = {}
        facts: dict[str, Fact] = {}
        lists: dict[tuple[str, str], Condition] = {}
        for condition in conditions:
            if condition.fact.type is FactType.listed:
                lists[condition.fact.name, condition.text] = condition
                continue
            facts[condition.fact.name] = condition.fact
            bounds = [bound for span in condition.spans or () for bound in (span.low, span.high)]
            cuts.setdefault(condition.fact.name, set()).update(b for b in bounds if abs(b) < float("inf"))
        self._dimensions: dict[tuple[str, str], Dimension] = {}
        self._size = 0
        for name, fact in facts.items():
            points = tuple(sorted(cuts[name])) if fact.unit else ()
            self._add((name, ""), fact, 2 * len(points) + 1 if fact.unit else len(fact.words), cuts=points)
        for key, condition in lists.items():
            self._add(key, condition.fact, 2, list_test=condition)

    @property
    def size(self) -> int:
        """How many bits."""
        return self._size

    @cached_property
    def dimensions(self) -> tuple[Dimension, ...]:
        """In the order of their bits."""
        return tuple(self._dimensions.values())

    def forbidden(self, conditions: Iterable[Condition]) -> int:
        """The cells that keep a conjunction from holding."""
        return reduce(or_, (self._forbidden(condition) for condition in conditions), 0)

    def dimension(self, condition: Condition) -> Dimension:
        """Where a condition of this layout lives."""
        text = condition.text if condition.fact.type is FactType.listed else ""
        return self._dimensions[condition.fact.name, text]

    def observe(self, values: Mapping[str, Value]) -> int:
        """V: the cells that are possible. A fact that `values` lacks is unknown."""
        known = 0
        for name, bit in self._readers:
            known |= bit(values.get(name))
        return known

    @cached_property
    def _readers(self) -> tuple[tuple[str, Callable[[Value], int]], ...]:
        """By fact, what finds its bit: of words a table, of numbers a search among the cuts."""
        return tuple((dim.fact.name, _reader(dim)) for dim in self.dimensions)

    def _forbidden(self, condition: Condition) -> int:
        dimension = self.dimension(condition)
        return dimension.full & ~dimension.allowed(condition)

    def _add(
        self,
        key: tuple[str, str],
        fact: Fact,
        size: int,
        *,
        cuts: tuple[float, ...] = (),
        list_test: Condition | None = None,
    ) -> None:
        self._dimensions[key] = Dimension(fact, self._size, size, cuts, list_test)
        self._size += size


def _reader(dim: Dimension) -> Callable[[Value], int]:
    if dim.list_test:
        return dim.bit
    if not dim.fact.unit:
        words: dict[Value, int] = {word: dim.cell_bit(cell) for cell, word in enumerate(dim.fact.words)}
        words[None] = dim.full
        return words.__getitem__
    cuts, first, full = dim.cuts, dim.cell_bit(0), dim.full

    def bit(value: Value) -> int:
        if not isinstance(value, (int, float)):
            return full if value is None else dim.bit(value)
        place = bisect_left(cuts, value)
        return first << 2 * place + (place < len(cuts) and cuts[place] == value)

    return bit
