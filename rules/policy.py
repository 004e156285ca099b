"""A policy, read: figures and rules, compiled for every channel that a rule speaks of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cached_property, reduce
from operator import or_

from rules.cells import Layout
from rules.conditions import Condition
from rules.figures import Figures
from rules.mistakes import Mistake, Place
from rules.promises import Promise, Trial
from rules.terms import Effect


@dataclass(frozen=True, slots=True)
class Modifiers:
    """What a rule asks of a notice, beside a verdict."""

    approvals: tuple[str, ...] = ()  # roles that sign
    not_before: time | None = None  # local
    expires_min: float | None = None  # longest life
    shapes: tuple[str, ...] = ()  # instructions to the writer
    needs: tuple[str, ...] = ()  # what must be filled in first
    pinned: bool = False  # the post stays on top of the page

    def in_words(self, effect: Effect | None) -> str:
        """A rule's effect, in one line."""
        parts = [effect.value] if effect else []
        parts += [f"approval: {role}" for role in self.approvals]
        parts += [f"not before: {self.not_before:%H:%M}"] if self.not_before else []
        parts += [f"expires: {self.expires_min / 60:g} h"] if self.expires_min else []
        parts += [f"needs: {need}" for need in self.needs]
        parts += ["pinned"] if self.pinned else []
        return ", ".join(parts) or "shape"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One alternative of a rule: all its conditions together."""

    conditions: tuple[Condition, ...]
    forbidden: int  # cells in which it does not hold


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """A rule as it applies to one channel: any of `when`, and none of `unless`."""

    name: str
    effect: Effect | None
    when: tuple[Alternative, ...]
    unless: tuple[Alternative, ...]
    overrides: frozenset[str]
    modifiers: Modifiers
    because: str

    @property
    def cells(self) -> int:
        """All cells that its tests look at and forbid."""
        return reduce(or_, (alternative.forbidden for alternative in (*self.when, *self.unless)), 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is written, for those who show or list it."""

    name: str
    channels: tuple[str, ...]
    effects: Mapping[str, Effect]
    modifiers: Modifiers
    overrides: tuple[str, ...]
    because: str
    source: str
    at: Place
    accepted: str = ""  # why what the checker says of it may stay


@dataclass(frozen=True)
class Policy:
    """Everything that decides. Two policies with the same version decide alike."""

    name: str
    version: str  # the first 12 hexadecimal digits of the SHA-256 of the text
    text: str
    figures: Figures
    rules: tuple[Rule, ...]
    layout: Layout
    by_channel: Mapping[str, tuple[ChannelRule, ...]]
    impossible: tuple[int, ...] = ()  # what is never together, each as the cells in which it does not hold
    warnings: tuple[Mistake, ...] = ()
    promises: tuple[Promise, ...] = ()
    trials: tuple[Trial, ...] = ()

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every test of every rule on every channel."""
        rules = [rule for on_channel in self.by_channel.values() for rule in on_channel]
        return tuple(
            test for rule in rules for alternative in (*rule.when, *rule.unless) for test in alternative.conditions
        )

    @cached_property
    def rule(self) -> Mapping[str, Rule]:
        """The rules by name."""
        return {rule.name: rule for rule in self.rules}
