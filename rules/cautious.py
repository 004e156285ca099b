"""What the rules say of a channel although facts are unknown: the most cautious verdict that can be, without trying every world.

The unknown facts make one box of cells, which is split only where a rule's answer hangs on a cell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rules.boxes import NotDecided, Question, Space, Steps, Test, Together, opposite, possible_parts, world_in
from rules.firing import BoxRule, ChannelRules
from rules.policy import Policy
from rules.verdicts import SAID, find

CAUTION = ("block", "avoid", "none", "optional", "use")
_STEPS = 20_000  # boxes that one row may take; beyond them a verdict that is not excluded counts as one that can be


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules say of one channel."""

    verdict: str  # use, optional, avoid, block, or none if no rule speaks
    rules: tuple[str, ...]  # that fire
    is_certain: bool = True  # whatever the unknown facts are


class Cautious:
    """The rules of one channel, asked row by row; rows that are alike to these rules are asked once."""

    def __init__(self, policy: Policy, channel: str) -> None:
        self.policy = policy
        self.rules = policy.by_channel[channel]
        self._said: dict[int, Said] = {}

    def on(self, known: int) -> Said:
        """known: the cells that are possible, as `Layout.observe` has them."""
        key = known & self._matters
        if key not in self._said:
            self._said[key] = self._asked(known)
        return self._said[key]

    @cached_property
    def _tested(self) -> int:
        """All cells of the facts that a rule of the channel looks at."""
        forbidden = 0
        for rule in self.rules:
            forbidden |= rule.cells
        return sum(dim.full for dim in self.policy.layout.dimensions if dim.full & forbidden)

    @cached_property
    def _matters(self) -> int:
        """The same, and those of facts that can make a combination impossible."""
        cells = self._tested
        for never in self.policy.impossible:
            cells |= sum(dim.full for dim in self.policy.layout.dimensions if dim.full & never)
        return cells

    @cached_property
    def _channel(self) -> ChannelRules:
        return ChannelRules(
            BoxRule(
                name=rule.name,
                effect=rule.effect,
                when=tuple(self._together(one.forbidden) for one in rule.when),
                unless=tuple(self._together(one.forbidden) for one in rule.unless),
                overrides=rule.overrides,
                modifiers=rule.modifiers,
            )
            for rule in self.rules
        )

    def _together(self, forbidden: int) -> Together:
        dims = (dim for dim in self.policy.layout.dimensions if dim.full & forbidden)
        return Together(tuple(Test(dim.full & ~forbidden, dim.full & forbidden) for dim in dims))

    def _asked(self, known: int) -> Said:
        unknown = [cells for cells in self._facts if (known & cells).bit_count() > 1]
        opened = tuple(cells for cells in unknown if cells & self._tested)
        if not opened:
            return self._in_world(known, is_certain=True)
        space = Space(known, tuple(self._never(known, unknown)), opened)
        if next(_worlds(space, lambda _: True, Steps(_STEPS)), None) is None:
            space = Space(known, (), opened)  # what is known contradicts itself; it is taken as it was told
        return self._most_cautious(space)

    def _most_cautious(self, space: Space) -> Said:
        steps = Steps(_STEPS)
        for verdict in CAUTION:
            wanted = frozenset(effect for effect, said in SAID.items() if said == verdict)
            question: Question = lambda box, wanted=wanted: self._channel.on(box).is_effect(wanted)  # type: ignore[misc]  # noqa: E731
            try:
                world = next(_worlds(space, question, steps), None)
                if world is None:
                    continue
                others = possible_parts(space, lambda box: opposite(question(box)), steps)  # noqa: B023  # asked at once
                return self._in_world(world, is_certain=next(others, None) is None)
            except NotDecided:
                return Said(verdict, (), is_certain=False)
        raise AssertionError("some verdict holds in every world")

    def _in_world(self, world: int, *, is_certain: bool) -> Said:
        found = find(self.rules, world)
        return Said(SAID[found.effect], tuple(rule.name for rule in found.fired), is_certain)

    def _never(self, known: int, unknown: list[int]) -> Iterator[Together]:
        """Without those that hang on an unknown fact at which no rule of the channel looks: they exclude nothing here."""
        aside = sum(cells for cells in unknown if not cells & self._tested)
        return (one for never, one in self._impossible if not never & aside and one.on(known) is not False)

    @cached_property
    def _impossible(self) -> list[tuple[int, Together]]:
        return [(never, self._together(never)) for never in self.policy.impossible]

    @cached_property
    def _facts(self) -> list[int]:
        """The cells of each fact."""
        return [dim.full for dim in self.policy.layout.dimensions]


def _worlds(space: Space, question: Question, steps: Steps) -> Iterator[int]:
    """One world of each part in which the answer is yes."""
    return (
        world_in(space, box, steps, usual=lambda cells: cells & -cells)
        for box in possible_parts(space, question, steps)
    )
