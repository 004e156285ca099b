"""What the rules decide for one channel: order-free, with named exceptions; three-valued where facts are unknown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from rules.cells import Dimension, Layout, Value
from rules.policy import Alternative, ChannelRule, Policy
from rules.terms import Effect

SAID: Mapping[Effect | None, str] = {
    None: "none",
    Effect.block: "block",
    Effect.require: "use",
    Effect.avoid: "avoid",
    Effect.use: "use",
    Effect.allow: "optional",
}
_MOST_WORLDS = 4096  # more combinations of unknown facts are not tried out


@dataclass(frozen=True, slots=True)
class Findings:
    """The rules of one channel in one world."""

    fired: tuple[ChannelRule, ...]
    overridden: tuple[tuple[ChannelRule, str], ...]  # with the rule that overrides it
    quiet: tuple[ChannelRule, ...]  # those that did not fire

    @property
    def effect(self) -> Effect | None:
        """The strongest effect: block > require > avoid > use > allow. None if no rule speaks of the channel."""
        effects = {rule.effect for rule in self.fired}
        return next((effect for effect in Effect if effect in effects), None)


def find(rules: Iterable[ChannelRule], known: int) -> Findings:
    """Which rules fire. known: one cell of every fact (see `cells`)."""
    firing: list[ChannelRule] = []
    quiet: list[ChannelRule] = []
    for rule in rules:
        (firing if is_firing(rule, known) else quiet).append(rule)
    return findings_of(firing, tuple(quiet))


def findings_of(firing: list[ChannelRule], quiet: tuple[ChannelRule, ...]) -> Findings:
    """What comes of the rules that fire."""
    over = _overridden(firing)
    if not over:
        return Findings(tuple(firing), (), quiet)
    return Findings(
        fired=tuple(rule for rule in firing if rule.name not in over),
        overridden=tuple((rule, over[rule.name]) for rule in firing if rule.name in over),
        quiet=quiet,
    )


def _overridden(firing: list[ChannelRule]) -> dict[str, str]:
    """By overridden rule, the one that overrides it. What is overridden overrides nothing; there are no circles."""
    names = {rule.name for rule in firing}
    above: dict[str, list[str]] = {}
    for rule in firing:
        for target in rule.overrides & names if rule.overrides else ():
            above.setdefault(target, []).append(rule.name)
    if not above:
        return {}
    is_active: dict[str, bool] = {}

    def active(name: str) -> bool:
        if name not in is_active:
            is_active[name] = not any(active(other) for other in above.get(name, ()))
        return is_active[name]

    return {name: next(other for other in above[name] if active(other)) for name in above if not active(name)}


def is_firing(rule: ChannelRule, known: int) -> bool:
    """Any alternative holds, and no exception. The innermost of all that decides: loops are twice as fast."""
    for alternative in rule.when:
        if not known & alternative.forbidden:
            break
    else:
        return False
    for exception in rule.unless:  # noqa: SIM110
        if not known & exception.forbidden:
            return False
    return True


def failed_conditions(rule: ChannelRule, known: int, layout: Layout) -> tuple[str, ...]:
    """Why a rule did not fire: the conditions that failed in the alternative that came closest, or its exception."""
    misses = [_misses(alternative, known, layout) for alternative in rule.when]
    if all(misses):
        return min(misses, key=len)
    excepted = next(alternative for alternative in rule.unless if not known & alternative.forbidden)
    return tuple(f"not {condition}" for condition in excepted.conditions)


def worlds(rules: Iterable[ChannelRule], values: Mapping[str, Value], policy: Policy) -> Iterator[int]:
    """Every combination of cells that can be, for the facts that these rules test; one world if all is known."""
    layout = policy.layout
    known = layout.observe(values)
    if known.bit_count() == len(layout.dimensions):
        yield known
        return
    tested = 0
    for rule in rules:
        tested |= rule.cells
    open_dimensions = [dim for dim in layout.dimensions if dim.full & tested and (known & dim.full).bit_count() > 1]
    base = known
    for dim in open_dimensions:
        base &= ~dim.full
    for bits in islice(product(*(_bits(dim) for dim in open_dimensions)), _MOST_WORLDS):
        world = base | sum(bits)
        if not bits or is_possible(world, policy):
            yield world


def is_possible(known: int, policy: Policy) -> bool:
    """Whether nothing that is never together is together."""
    return all(known & never for never in policy.impossible)


def _bits(dimension: Dimension) -> list[int]:
    return [1 << (dimension.offset + cell) for cell in range(dimension.size)]


def _misses(alternative: Alternative, known: int, layout: Layout) -> tuple[str, ...]:
    left = known & alternative.forbidden
    return tuple(str(one) for one in alternative.conditions if layout.dimension(one).full & left)
