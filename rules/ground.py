"""The space of all incidents that a policy can tell apart: common facts once, facts of a channel once for each."""

from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import combinations
from operator import or_
from typing import NamedTuple

from rules.boxes import Space, Test, Together
from rules.cells import Dimension, Layout, Value
from rules.conditions import Condition
from rules.figures import ChannelFigures, Medium
from rules.firing import BoxRule, ChannelRules
from rules.policy import ChannelRule

Conjunction = tuple[Condition, ...]
_ANY = ""  # a word that no list names

# What is so for every channel of a sort; a list = any of these words.
_ALWAYS: Mapping[Medium, Mapping[str, Value]] = {
    Medium.addresses: {
        "sent to": ("those who asked", "everybody on file"),
        "followers affected": 1.0,
        "spill share": 0.0,
    },
    Medium.followers: {"sent to": "the public"},
    Medium.page: {"sent to": "the public", "followers affected": 1.0, "spill share": 0.0},
}
_WITHOUT_ADDRESSES: Mapping[str, Value] = dict.fromkeys(
    ["people asked", "recipients", "send time", "send time share", "cost", "cost per informed"], 0.0
)


class FactPlace(NamedTuple):
    """Where a fact lies in the space: its cells in the layout, moved so many bits."""

    dimension: Dimension
    channel: str | None  # of facts that differ from channel to channel
    shift: int
    is_moving: bool = False
    is_later: bool = False  # after the moving fact has moved

    @property
    def cells(self) -> int:
        """Its bits in the space."""
        return self.dimension.full << self.shift

    @property
    def key(self) -> str:
        """As a policy names it: fact, or fact@channel."""
        return f"{self.dimension.fact.name}@{self.channel}" if self.channel else self.dimension.fact.name

    def here(self, box: int) -> int:
        """A box's cells of it, as bits of the layout."""
        return (box >> self.shift) & self.dimension.full


class Ground:
    """Bits of the space: those of the layout for common facts, and a copy for each channel and for facts that move."""

    def __init__(
        self,
        conditions: Iterable[Condition],
        never: Iterable[Conjunction],
        channels: Mapping[str, ChannelFigures],
        *,
        moving: str | None = None,
    ) -> None:
        never = list(never)
        self.layout = Layout([*conditions, *(one for together in never for one in together)])
        self.channels = channels
        self._shifts = {name: place * self.layout.size for place, name in enumerate(channels)}
        self._later = len(channels) * self.layout.size
        self._moves = frozenset(
            dim.fact.name for dim in self.layout.dimensions if dim.fact.name == moving or dim.fact.follows
        )
        self._tests: dict[Condition, tuple[Dimension, int, int]] = {}
        self.places = tuple(self._places(moving))
        self.space = Space(
            self._start(), tuple(self._never(never, moving)), tuple(place.cells for place in self.places)
        )

    @property
    def moving(self) -> tuple[int, ...]:
        """The cells of each fact that moves, before and after."""
        return tuple(place.cells for place in self.places if place.is_moving)

    def together(self, conditions: Iterable[Condition], channel: str, *, later: bool = False) -> Together:
        """A conjunction on one channel. later: after the moving fact has moved."""
        return Together(tuple(self._test(condition, channel, later=later) for condition in conditions))

    def rules(self, rules: Iterable[ChannelRule], channel: str, *, later: bool = False) -> ChannelRules:
        """The rules of one channel."""
        return ChannelRules(
            BoxRule(
                name=rule.name,
                effect=rule.effect,
                when=tuple(self.together(one.conditions, channel, later=later) for one in rule.when),
                unless=tuple(self.together(one.conditions, channel, later=later) for one in rule.unless),
                overrides=rule.overrides,
                modifiers=rule.modifiers,
            )
            for rule in rules
        )

    def _test(self, condition: Condition, channel: str, *, later: bool = False) -> Test:
        if condition not in self._tests:
            dimension = self.layout.dimension(condition)
            self._tests[condition] = (dimension, *dimension.test(condition))
        dimension, holds, fails = self._tests[condition]
        shift = self._shift(dimension, channel, later=later)
        return Test(holds << shift, fails << shift)

    def _shift(self, dimension: Dimension, channel: str | None, *, later: bool) -> int:
        if dimension.fact.per_channel:
            return self._shifts[channel] if channel else 0
        return self._later if later and dimension.fact.name in self._moves else 0

    def _places(self, moving: str | None) -> Iterable["FactPlace"]:
        for dim in self.layout.dimensions:
            for channel in self.channels if dim.fact.per_channel else (None,):
                is_moving = bool(moving) and dim.fact.name in self._moves
                yield FactPlace(dim, channel, self._shift(dim, channel, later=False), is_moving=is_moving)
            if is_moving:
                yield FactPlace(dim, None, self._later, is_moving=True, is_later=True)

    def _start(self) -> int:
        start = 0
        for place in self.places:
            allowed = place.dimension.possible
            if place.channel:
                allowed &= _of_medium(place.dimension, self.channels[place.channel].medium)
            start |= allowed << place.shift
        return start

    def _never(self, never: Iterable[Conjunction], moving: str | None) -> Iterable[Together]:
        yield from map(Together, _lists(self.layout))
        for together in never:
            is_per_channel = any(condition.fact.per_channel for condition in together)
            for channel in self.channels if is_per_channel else tuple(self.channels)[:1]:
                yield self.together(together, channel)
                if moving and any(condition.fact.name in self._moves for condition in together):
                    yield self.together(together, channel, later=True)
        for dim in self.layout.dimensions:
            if dim.fact.name == moving:
                yield from self._upwards(dim)

    def _upwards(self, dim: Dimension) -> Iterable[Together]:
        """The moved fact lies in a higher cell: at each cell, no lower one and not the same."""
        for cell in range(dim.size):
            up_to = sum(dim.cell_bit(lower) for lower in range(cell + 1))
            now = Test(dim.cell_bit(cell), dim.full & ~dim.cell_bit(cell))
            later = Test(up_to << self._later, (dim.full & ~up_to) << self._later)
            yield Together((now, later))


def _of_medium(dim: Dimension, medium: Medium) -> int:
    name = dim.fact.name
    always = {**_ALWAYS[medium], **(_WITHOUT_ADDRESSES if medium is not Medium.addresses else {})}
    if name not in always:
        return dim.full
    value = always[name]
    return reduce(or_, (dim.bit(word) for word in value)) if isinstance(value, tuple) else dim.bit(value)


def _lists(layout: Layout) -> Iterable[tuple[Test, ...]]:
    """What tests of one list can never say together: that it has some of these words, and none of any of them."""
    dims: dict[str, list[Dimension]] = {}
    for dim in layout.dimensions:
        if dim.list_test:
            dims.setdefault(dim.fact.name, []).append(dim)
    for of_one_fact in dims.values():
        for has in of_one_fact:
            others = [dim for dim in of_one_fact if dim is not has]
            for size in (1, 2, 3):
                for lacking in combinations(others, size):
                    if _is_covered(has, lacking):
                        yield (
                            _test_of_list(has, is_found=True),
                            *(_test_of_list(dim, is_found=False) for dim in lacking),
                        )


def _is_covered(has: Dimension, lacking: Iterable[Dimension]) -> bool:
    """Whether a list with one of the words that `has` looks for has one that those look for, too."""
    words = _words(has)
    others = [_words(dim) for dim in lacking]
    if any(_ANY in other for other in others):
        return True
    return words <= frozenset().union(*others)


def _words(dim: Dimension) -> frozenset[str]:
    """What a test of a list looks for; of one that looks for anything, a word that no test names belongs to it."""
    listed = dim.list_test.listed if dim.list_test else None
    return listed or frozenset(dim.fact.words or [_ANY])


def _test_of_list(dim: Dimension, *, is_found: bool) -> Test:
    """That the list has one of the words, however the test is put."""
    is_negated = bool(dim.list_test and dim.list_test.is_negated)
    return Test(dim.cell_bit(is_found is not is_negated), dim.cell_bit(is_found is is_negated))
