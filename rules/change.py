"""What would have to be different for a channel to come out better: one fact, or the facts that one rule lacks."""

from collections.abc import Iterator

from rules.cells import Dimension
from rules.decision import Decision
from rules.policy import ChannelRule, Policy
from rules.quantities import Unit, in_words
from rules.terms import Effect, Verdict
from rules.verdicts import find, is_possible

_RANK = {Effect.block: 0, Effect.avoid: 1, Effect.allow: 2, Effect.use: 3, Effect.require: 3}
RANKS = (Verdict.block, Verdict.avoid, Verdict.optional, Verdict.use)
_HELPING = {Effect.use, Effect.allow, Effect.require}
_MOST = 3  # changes that are told
_TOGETHER = 2  # facts that may have to change together


def nearest_changes(decision: Decision, policy: Policy) -> tuple[str, ...]:
    """Changes under which the rules would say more for the channel; facts that nobody can change are never offered."""
    if decision.reason or decision.verdict is Verdict.use:
        return ()
    found = list(dict.fromkeys(_of_one_fact(decision, policy))) or list(dict.fromkeys(_of_one_rule(decision, policy)))
    return tuple(found[:_MOST])


def _of_one_fact(decision: Decision, policy: Policy) -> Iterator[str]:
    matter = cells_that_matter(decision)
    for dimension in policy.layout.dimensions:
        if dimension.fact.is_fixed or dimension.list_test or not dimension.full & matter:
            continue
        others = decision.known & ~dimension.full
        here = ((decision.known & dimension.full) >> dimension.offset).bit_length() - 1
        better = [
            cell for cell in range(dimension.size) if _is_better(decision, policy, others | dimension.cell_bit(cell))
        ]
        yield from _in_words(dimension, here, better, policy.figures.currency)


def cells_that_matter(decision: Decision) -> int:
    """Tested by a rule that holds the channel back, or by one that would help it."""
    matter = 0
    for rule in decision.findings.fired:
        if rule.effect in {Effect.block, Effect.avoid}:
            matter |= rule.cells
    for rule in decision.findings.quiet:
        if rule.effect in _HELPING:
            matter |= rule.cells
    return matter


def rank_of(decision: Decision, policy: Policy, known: int) -> int:
    """How good it would be for the channel if so much were known: 0 = block to 3 = use."""
    effect = find(policy.by_channel[decision.figures.name], known).effect
    return _RANK[effect] if effect else _rank_without_rules(decision, policy)


def _is_better(decision: Decision, policy: Policy, known: int) -> bool:
    return rank_of(decision, policy, known) > RANKS.index(decision.verdict) and is_possible(known, policy)


def _rank_without_rules(decision: Decision, policy: Policy) -> int:
    """Optional if it informs enough to be worth it."""
    enough = policy.figures.worth_adding * max(float(str(decision.facts["people affected"])), 1.0)
    return RANKS.index(Verdict.optional if decision.numbers.informed_in_time >= enough else Verdict.avoid)


def _in_words(dimension: Dimension, here: int, better: list[int], currency: str) -> Iterator[str]:
    """Of words all that help; of numbers the nearest cell above and the nearest below."""
    name = dimension.fact.name
    if not dimension.fact.unit:
        if better:
            yield f"{name}: {' or '.join(dimension.fact.words[cell] for cell in better)}"
        return
    if above := [cell for cell in better if cell > here]:
        yield f"{name}: {from_here_up(dimension, min(above), currency)}"
    if below := [cell for cell in better if cell < here]:
        yield f"{name}: {from_here_down(dimension, max(below), currency)}"


def from_here_up(dimension: Dimension, cell: int, currency: str) -> str:
    """A cell of a number and all above it. Odd cells are the cuts themselves, even ones the gaps around them."""
    bound = _bound(dimension, (cell - 1) // 2, currency)
    return f"at least {bound}" if cell % 2 else f"more than {bound}"


def from_here_down(dimension: Dimension, cell: int, currency: str) -> str:
    """A cell of a number and all below it."""
    bound = _bound(dimension, cell // 2, currency)
    return f"at most {bound}" if cell % 2 else f"less than {bound}"


def _bound(dimension: Dimension, cut: int, currency: str) -> str:
    return in_words(dimension.cuts[cut], dimension.fact.unit or Unit.number, currency=currency)


def _of_one_rule(decision: Decision, policy: Policy) -> Iterator[str]:
    """All that a rule which would help still lacks."""
    for rule in decision.findings.quiet:
        if rule.effect in _HELPING:
            yield from _lacking(rule, decision, policy)


def _lacking(rule: ChannelRule, decision: Decision, policy: Policy) -> Iterator[str]:
    for alternative in rule.when:
        lacking = [
            condition
            for condition in alternative.conditions
            if policy.layout.dimension(condition).full & decision.known & alternative.forbidden
        ]
        if len(lacking) > _TOGETHER or any(condition.fact.is_fixed for condition in lacking):
            continue
        known = decision.known
        for condition in lacking:
            dimension = policy.layout.dimension(condition)
            allowed = dimension.allowed(condition)
            known = (known & ~dimension.full) | (allowed & -allowed)
        if _is_better(decision, policy, known):
            yield " and ".join(str(condition) for condition in lacking)
