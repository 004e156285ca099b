"""Where two versions of the rules of one channel decide differently: boxes that do not overlap, merged into few."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from rules.boxes import Answer, Steps, Test, any_of, possible_parts
from rules.firing import BoxRule, ChannelRules, InBox
from rules.ground import Ground
from rules.terms import Effect

Item = tuple[str, str]  # what a rule asks beside a verdict: ("approval", "lead")
Outcome = Effect | bool | None


@dataclass(frozen=True, slots=True)
class Region:
    """A part of all incidents in which the outcome changes from one to another."""

    box: int  # cells of the facts that the changed rules test; all others are left open
    before: Outcome
    after: Outcome
    shown: int  # a part of it in which nothing else decides
    where: frozenset[str] = frozenset()  # unchanged rules of which one must speak for it to come out so
    unless: frozenset[str] = frozenset()  # unchanged rules that may decide otherwise


class Versions:
    """The rules of one channel in two versions."""

    def __init__(self, ground: Ground, old: ChannelRules, new: ChannelRules) -> None:
        self.ground, self.old, self.new = ground, old, new
        self.changed = frozenset(
            name for name in {*old.rules, *new.rules} if old.rules.get(name) != new.rules.get(name)
        )
        self._rules = [rule for rules in (old, new) for rule in rules.rules.values() if rule.name in self.changed]
        looked_at = reduce(or_, (_cells(rule) for rule in self._rules), 0)
        self._own = reduce(or_, (cells for cells in ground.space.facts if cells & looked_at), 0)

    @property
    def items(self) -> list[Item]:
        """What the changed rules ask beside a verdict, in either version."""
        return sorted({item for rule in self._rules for item in items_of(rule)})

    def verdicts(self, steps: Steps) -> list[Region]:
        """Where another effect comes out."""
        return self._regions(InBox.effect, steps)

    def asking(self, item: Item, steps: Steps) -> list[Region]:
        """Where something is asked that was not, or no longer."""

        def asks(said: InBox) -> Answer:
            return said.any_active(name for name, rule in said.channel.rules.items() if item in items_of(rule))

        return self._regions(asks, steps)

    def _regions(self, outcome: Callable[[InBox], Outcome | Test], steps: Steps) -> list[Region]:
        def differs(box: int) -> Answer:
            first, then = self.old.on(box), self.new.on(box)
            # A rule that is overridden has no effect at all: where no changed rule has any, all is as it was.
            touched = any_of(
                said.active(name) for said in (first, then) for name in self.changed if name in said.channel.rules
            )
            if touched is False:
                return False
            was, becomes = outcome(first), outcome(then)
            opened = next((one for one in (touched, was, becomes) if isinstance(one, Test)), None)
            if isinstance(was, Test) or isinstance(becomes, Test):
                return opened or False
            return was is not becomes

        by_key: dict[tuple[int, Outcome, Outcome], list[int]] = {}
        for box in possible_parts(self.ground.space, differs, steps):
            was, becomes = outcome(self.old.on(box)), outcome(self.new.on(box))
            if not isinstance(was, Test) and not isinstance(becomes, Test):
                by_key.setdefault((box & self._own, was, becomes), []).append(box)
        regions = [self._region(own, was, becomes, boxes) for (own, was, becomes), boxes in by_key.items()]
        return merged(regions, [cells for cells in self.ground.space.facts if cells & self._own])

    def _region(self, own: int, was: Outcome, becomes: Outcome, boxes: list[int]) -> Region:
        """One region for all parts in which the changed rules see the same; the other rules are told by name."""
        whole = own | (self.ground.space.start & ~self._own)
        here, parts = self.new.on(whole), [self.new.on(box) for box in boxes]
        may_decide = {
            rule.name
            for rule in self.new.speaking
            if rule.name not in self.changed and isinstance(here.active(rule.name), Test)
        }
        return Region(whole, was, becomes, boxes[0], where=self._givers(becomes, parts), unless=frozenset(may_decide))

    def _givers(self, becomes: Outcome, parts: list[InBox]) -> frozenset[str]:
        """The unchanged rules from which the new verdict comes, if it comes from none of the changed ones."""
        if not isinstance(becomes, Effect):
            return frozenset()
        names = self.new.by_effect[becomes]
        if any(said.any_active(name for name in names if name in self.changed) is not False for said in parts):
            return frozenset()
        return frozenset(name for name in names if any(said.active(name) is True for said in parts))


def items_of(rule: BoxRule) -> Iterator[Item]:
    """What a rule asks of a notice, but for instructions to the writer."""
    asked = rule.modifiers
    yield from (("approval", role) for role in asked.approvals)
    yield from (("needs", need) for need in asked.needs)
    if asked.not_before:
        yield "not before", f"{asked.not_before:%H:%M}"
    if asked.expires_min:
        yield "expires", f"{asked.expires_min / 60:g} h"
    if asked.pinned:
        yield "pinned", "yes"


def merged(regions: Iterable[Region], facts: list[int]) -> list[Region]:
    """Regions that differ in one fact alone become one, until none do."""
    waiting = list(dict.fromkeys(regions))
    is_changed = True
    while is_changed:
        is_changed = False
        for cells in facts:
            grouped: dict[tuple[object, ...], Region] = {}
            for region in waiting:
                key = (region.box & ~cells, region.before, region.after, region.where)
                twin = grouped.get(key)
                grouped[key] = _joined(twin, region) if twin else region
                is_changed = is_changed or twin is not None
            waiting = list(grouped.values())
    return waiting


def _joined(one: Region, other: Region) -> Region:
    return replace(one, box=one.box | other.box, unless=one.unless | other.unless)


def _cells(rule: BoxRule) -> int:
    return reduce(or_, (one.fails for one in (*rule.when, *rule.unless)), 0)
