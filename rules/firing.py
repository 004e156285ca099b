"""The rules of one channel over a box of cells: which fire, which have effect, and what comes out; yes, no, or open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_

from rules.boxes import Answer, Test, Together, all_of, any_of, opposite
from rules.policy import Modifiers
from rules.terms import Effect

SERVING: frozenset[Effect | None] = frozenset({Effect.use, Effect.require})
EFFECTS = tuple(Effect)  # the strongest first
HELPS, HARMS = 1, -1
HINDERING: frozenset[Effect | None] = frozenset({Effect.avoid, Effect.block})


@dataclass(frozen=True, slots=True)
class BoxRule:
    """A rule of one channel, its tests as cells of the space of all incidents."""

    name: str
    effect: Effect | None
    when: tuple[Together, ...]
    unless: tuple[Together, ...]
    overrides: frozenset[str]
    modifiers: Modifiers
    cells: int = field(init=False, compare=False)  # of every fact that it looks at
    _known: dict[int, Answer] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Gather its cells."""
        tests = [test for one in (*self.when, *self.unless) for test in one.tests]
        object.__setattr__(self, "cells", reduce(or_, (test.holds | test.fails for test in tests), 0))

    def fires(self, box: int) -> Answer:
        """Any alternative holds, and no exception. Boxes that differ in facts that it does not look at are one to it."""
        here = box & self.cells
        known = self._known.get(here)
        if known is None:
            known = self._known[here] = self._fires(here)
        return known

    def _fires(self, box: int) -> Answer:
        holds = any_of([one.on(box) for one in self.when])
        if holds is False or not self.unless:
            return holds
        return all_of((holds, opposite(any_of([one.on(box) for one in self.unless]))))


class ChannelRules:
    """The rules of one channel."""

    def __init__(self, rules: Iterable[BoxRule]) -> None:
        self.rules: Mapping[str, BoxRule] = {rule.name: rule for rule in rules}
        self.above: Mapping[str, tuple[str, ...]] = {
            name: tuple(other.name for other in self.rules.values() if name in other.overrides) for name in self.rules
        }
        self.cells = reduce(or_, (rule.cells for rule in self.rules.values()), 0)
        self._known: dict[int, InBox] = {}
        self.by_effect: Mapping[Effect, tuple[str, ...]] = {
            effect: tuple(rule.name for rule in self.rules.values() if rule.effect is effect) for effect in Effect
        }

    @cached_property
    def speaking(self) -> tuple[BoxRule, ...]:
        """Those that can change a verdict, by themselves or by what they override."""
        return tuple(rule for rule in self.rules.values() if rule.effect or self.overridden_by(rule))

    def overridden_by(self, rule: BoxRule) -> tuple[BoxRule, ...]:
        """The speaking rules below it."""
        below = (self.rules[name] for name in rule.overrides & self.rules.keys())
        return tuple(one for one in below if one.effect or self.overridden_by(one))

    @cached_property
    def sign(self) -> Mapping[str, int]:
        """Whether it can only help the channel that a rule fires, or only harm it; 0 = both, by what it overrides."""
        signs: dict[str, int] = {}

        def sign_of(rule: BoxRule) -> int:
            if rule.name not in signs:
                own = {HARMS if rule.effect in HINDERING else HELPS} if rule.effect else set()
                said = own | {-sign_of(target) for target in self.overridden_by(rule)}
                signs[rule.name] = said.pop() if len(said) == 1 else 0
            return signs[rule.name]

        return {rule.name: sign_of(rule) for rule in self.speaking}

    def without(self, name: str) -> "ChannelRules":
        """The same but for one rule."""
        return ChannelRules(rule for rule in self.rules.values() if rule.name != name)

    def on(self, box: int) -> "InBox":
        """What they say in one box; the same for boxes that differ in nothing they ask."""
        here = box & self.cells
        if here not in self._known:
            self._known[here] = InBox(self, here)
        return self._known[here]


class InBox:
    """What the rules of one channel say in one box; each rule is asked once."""

    def __init__(self, channel: ChannelRules, box: int) -> None:
        self.channel = channel
        self.box = box
        self._active: dict[str, Answer] = {}
        self._said: dict[Effect, Answer] = {}

    def fires(self, name: str) -> Answer:
        """Any alternative holds, and no exception."""
        return self.channel.rules[name].fires(self.box)

    def active(self, name: str) -> Answer:
        """It fires, and nothing that has effect overrides it."""
        if name not in self._active:
            self._active[name] = self._is_active(name)
        return self._active[name]

    def _is_active(self, name: str) -> Answer:
        answer = self.fires(name)
        if answer is False:
            return False
        for other in self.channel.above[name]:
            above = self.active(other)
            if above is True:
                return False
            if answer is True and above is not False:
                answer = opposite(above)
        return answer

    def any_active(self, names: Iterable[str]) -> Answer:
        """One of these has effect."""
        opened: Answer = False
        for name in names:
            answer = self.active(name)
            if answer is True:
                return True
            if opened is False:
                opened = answer
        return opened

    def says(self, effect: Effect) -> Answer:
        """One of the rules with this effect has it."""
        if effect not in self._said:
            self._said[effect] = self.any_active(self.channel.by_effect[effect])
        return self._said[effect]

    def effect(self) -> Effect | Test | None:
        """The strongest effect in the whole box; a test if it differs within."""
        for effect in EFFECTS:
            answer = self.says(effect)
            if answer is True:
                return effect
            if answer is not False:
                return answer
        return None

    def is_effect(self, wanted: frozenset[Effect | None]) -> Answer:
        """Whether the strongest effect is one of these; None stands for no rule that speaks of the channel."""
        possible: set[Effect | None] = set()
        opened: Answer = True
        for effect in EFFECTS:
            answer = self.says(effect)
            if answer is False:
                continue
            possible.add(effect)
            if answer is True:
                break
            if opened is True:
                opened = answer if effect in wanted else opposite(answer)
        else:
            possible.add(None)
        if possible <= wanted:
            return True
        return opened if possible & wanted else False
