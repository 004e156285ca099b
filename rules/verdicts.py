"""What the rules decide for one channel: order-free, with named exceptions; three-valued where facts are unknown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from rules.cells import Dimension, Layout, Value
from rules.policy import Alternative, ChannelRule, Policy
from rules.terms import Effect

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
    rules = tuple(rules)
    fires = {rule.name: rule for rule in rules if is_firing(rule, known)}
    over = _overridden(fires)
    return Findings(
        fired=tuple(rule for name, rule in fires.items() if name not in over),
        overridden=tuple((rule, over[name]) for name, rule in fires.items() if name in over),
        quiet=tuple(rule for rule in rules if rule.name not in fires),
    )


def _overridden(fires: Mapping[str, ChannelRule]) -> dict[str, str]:
    """By overridden rule, the one that overrides it. What is overridden overrides nothing; there are no circles."""
    above: dict[str, list[str]] = {name: [] for name in fires}
    for name, rule in fires.items():
        for target in rule.overrides & above.keys():
            above[target].append(name)
    is_active: dict[str, bool] = {}

    def active(name: str) -> bool:
        if name not in is_active:
            is_active[name] = not any(active(other) for other in above[name])
        return is_active[name]

    return {name: next(other for other in above[name] if active(other)) for name in fires if not active(name)}


def is_firing(rule: ChannelRule, known: int) -> bool:
    """Any alternative holds, and no exception."""
    return _is_any(rule.when, known) and not _is_any(rule.unless, known)


def _is_any(alternatives: tuple[Alternative, ...], known: int) -> bool:
    for alternative in alternatives:  # noqa: SIM110 - the innermost of all that decides: a loop is twice as fast
        if not known & alternative.forbidden:
            return True
    return False


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
    tested = 0
    for rule in rules:
        tested |= rule.cells
    known = layout.observe(values)
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
