"""Many cases at once: facts to cells column by column, rules as whole columns of yes and no."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rules.cells import Dimension, Value
from rules.policy import Alternative, ChannelRule, Policy
from rules.terms import Effect
from rules.verdicts import Findings, find, findings_of

Claims = NDArray[np.bool_]
Columns = Mapping[str, Sequence[Value]]  # by fact; None = unknown


class Batch:
    """Cases of one policy, of whose facts all are known. Columns are read once and serve every channel."""

    def __init__(self, policy: Policy, columns: Columns, size: int) -> None:
        self.policy = policy
        self.columns = columns
        self.size = size
        self._cells: dict[int, NDArray[np.intp]] = {}  # by offset of the dimension
        self._holds: dict[int, Claims] = {}  # by the cells that fail

    def effects(self, channel: str) -> list[Effect | None]:
        """The strongest effect on a channel, case by case."""
        active = self.active(channel)
        ranks = np.full(self.size, len(_EFFECTS), dtype=np.intp)
        for rule in self.policy.by_channel[channel]:
            if rule.effect:
                ranks[active[rule.name]] = np.minimum(ranks[active[rule.name]], _RANKS[rule.effect])
        return [_EFFECTS_OR_NONE[rank] for rank in ranks]

    def findings(self, channel: str) -> list[Findings]:
        """Which rules fired, were overridden and stayed quiet, case by case."""
        rules = self.policy.by_channel[channel]
        if not rules:
            return [find((), 0)] * self.size
        packed = np.packbits(np.stack([self.fires(rule) for rule in rules], axis=1), axis=1)
        # Cases in which the same rules fire share what comes of it.
        found: dict[bytes, Findings] = {}
        return [found.get(key) or found.setdefault(key, _findings(rules, key)) for key in map(bytes, packed)]

    def active(self, channel: str) -> Mapping[str, Claims]:
        """By rule of a channel: where it fires and nothing overrides it."""
        rules = self.policy.by_channel[channel]
        fires = {rule.name: self.fires(rule) for rule in rules}
        above = {rule.name: [other.name for other in rules if rule.name in other.overrides] for rule in rules}
        active: dict[str, Claims] = {}

        def active_of(name: str) -> Claims:
            if name not in active:
                has_effect = fires[name]
                for other in above[name]:
                    has_effect = has_effect & ~active_of(other)
                active[name] = has_effect
            return active[name]

        return {name: active_of(name) for name in fires}

    def fires(self, rule: ChannelRule) -> Claims:
        """Where any alternative holds, and no exception."""
        holds = self._any(rule.when)
        return holds & ~self._any(rule.unless) if rule.unless else holds

    def _any(self, alternatives: Iterable[Alternative]) -> Claims:
        found = np.zeros(self.size, dtype=bool)
        for alternative in alternatives:
            found |= self._together(alternative)
        return found

    def _together(self, alternative: Alternative) -> Claims:
        holds = np.ones(self.size, dtype=bool)
        for condition in alternative.conditions:
            dimension = self.policy.layout.dimension(condition)
            holds &= self._test(dimension, dimension.full & alternative.forbidden)
        return holds

    def _test(self, dimension: Dimension, fails: int) -> Claims:
        if fails not in self._holds:
            allowed = np.array([not fails & dimension.cell_bit(cell) for cell in range(dimension.size)])
            self._holds[fails] = allowed[self._cells_of(dimension)]
        return self._holds[fails]

    def _cells_of(self, dimension: Dimension) -> NDArray[np.intp]:
        if dimension.offset not in self._cells:
            self._cells[dimension.offset] = _cells(dimension, self.columns[dimension.fact.name])
        return self._cells[dimension.offset]


def _findings(rules: tuple[ChannelRule, ...], key: bytes) -> Findings:
    fires = np.unpackbits(np.frombuffer(key, dtype=np.uint8), count=len(rules))
    firing = [rule for rule, does in zip(rules, fires, strict=True) if does]
    return findings_of(firing, tuple(rule for rule, does in zip(rules, fires, strict=True) if not does))


_EFFECTS = tuple(Effect)
_RANKS = {effect: rank for rank, effect in enumerate(_EFFECTS)}
_EFFECTS_OR_NONE: tuple[Effect | None, ...] = (*_EFFECTS, None)


def _cells(dimension: Dimension, values: Sequence[Value]) -> NDArray[np.intp]:
    fact = dimension.fact
    if dimension.list_test:
        known = {value: int(dimension.list_test.holds(value)) for value in set(values)}
        return np.array([known[value] for value in values], dtype=np.intp)
    if fact.unit is None:
        places = {word: place for place, word in enumerate(fact.words)}
        return np.array([places[value] for value in values], dtype=np.intp)  # type: ignore[index]  # words only
    cuts = np.array(dimension.cuts)
    numbers = np.array(values, dtype=np.float64)
    left = np.searchsorted(cuts, numbers, side="left")
    return (left + np.searchsorted(cuts, numbers, side="right")).astype(np.intp)
