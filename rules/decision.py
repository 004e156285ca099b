"""The verdict on each channel of a case: rules for every audience it could have, the widest that may be used shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rules.attention import next_local
from rules.cells import Value
from rules.circumstances import facts_of_case, facts_of_channel
from rules.facts import Case
from rules.figures import ChannelFigures, Medium
from rules.numbers import Numbers, numbers_of
from rules.policy import Modifiers, Policy
from rules.reach import Reach, reach_of, recipients_of
from rules.terms import Effect, Listeners, Verdict
from rules.timing import Timing
from rules.verdicts import Findings, find, worlds

_VERDICTS = {
    Effect.block: Verdict.block,
    Effect.require: Verdict.use,
    Effect.avoid: Verdict.avoid,
    Effect.use: Verdict.use,
    Effect.allow: Verdict.optional,
}
_CAUTION = (Verdict.block, Verdict.avoid, Verdict.optional, Verdict.use)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided for one channel and one audience, and all that it was decided from."""

    figures: ChannelFigures
    listeners: Listeners
    verdict: Verdict
    findings: Findings
    known: int  # the cells that the facts fell into
    facts: Mapping[str, Value]
    reach: Reach
    numbers: Numbers
    modifiers: Modifiers  # of all fired rules together; its clock is superseded by not_before_at
    not_before_at: datetime | None
    reason: str = ""  # why no rule, but the case itself decided
    could_be: tuple[Verdict, ...] = ()  # verdicts under other values of unknown facts

    @property
    def is_required(self) -> bool:
        """A rule demands the channel: it is in every plan."""
        return self.findings.effect is Effect.require and self.verdict is Verdict.use

    @property
    def is_open(self) -> bool:
        """A plan may contain it."""
        return self.verdict in {Verdict.use, Verdict.optional}


def decide(case: Case, policy: Policy, timing: Timing) -> dict[str, Decision]:
    """A decision for each channel that is set up, by the name in the policy and in its order."""
    _refuse_unknown_channels(case, policy)
    common = facts_of_case(case, timing)
    figures = [one for one in policy.figures.channels.values() if one.key in case.channels]
    return {one.name: _for_widest(case, policy, timing, one, common) for one in figures}


def merged(modifiers: Iterable[Modifiers]) -> Modifiers:
    """Approvals, instructions and needs add up; the latest clock and the shortest life win."""
    every = list(modifiers)
    return Modifiers(
        approvals=_union(one.approvals for one in every),
        not_before=max((one.not_before for one in every if one.not_before), default=None),
        expires_min=min((one.expires_min for one in every if one.expires_min), default=None),
        shapes=_union(one.shapes for one in every),
        needs=_union(one.needs for one in every),
        pinned=any(one.pinned for one in every),
    )


def _union(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({item for items in lists for item in items}))


def _refuse_unknown_channels(case: Case, policy: Policy) -> None:
    known = {figures.key for figures in policy.figures.channels.values()}
    if unknown := sorted(set(case.channels) - known):
        raise ValueError(f"The policy has no figures for {', '.join(unknown)}; it knows {', '.join(sorted(known))}.")


def _for_widest(
    case: Case, policy: Policy, timing: Timing, figures: ChannelFigures, common: Mapping[str, Value]
) -> Decision:
    """The widest audience that comes out as use, else as optional, else those who asked."""
    decisions = [
        _for_audience(case, policy, timing, figures, common, listeners) for listeners in audiences(case, figures)
    ]
    for verdict in (Verdict.use, Verdict.optional):
        for decision in decisions:
            if decision.verdict is verdict:
                return decision
    return decisions[-1]


def audiences(case: Case, figures: ChannelFigures) -> tuple[Listeners, ...]:
    """Whom a channel could address, the widest first; one only, if the others are the same people."""
    if figures.medium is not Medium.addresses:
        return (Listeners.all,)
    asked = recipients_of(case.audience, figures.key, Listeners.asked)
    everybody = recipients_of(case.audience, figures.key, Listeners.all)
    if not asked and everybody:
        return (Listeners.all,)
    return (Listeners.all, Listeners.asked) if everybody > asked else (Listeners.asked,)


def _for_audience(
    case: Case,
    policy: Policy,
    timing: Timing,
    figures: ChannelFigures,
    common: Mapping[str, Value],
    listeners: Listeners,
) -> Decision:
    reach = reach_of(case, figures, listeners=listeners, clock=timing.clock)
    numbers = numbers_of(reach, remaining_min=timing.remaining_min)
    facts = {**common, **facts_of_channel(case, figures, reach, numbers, remaining_min=timing.remaining_min)}
    rules = policy.by_channel[figures.name]
    decisions = [
        _in_world(case, policy, timing, reach, numbers, facts, known, find(rules, known))
        for known in worlds(rules, facts, policy)
    ]
    cautious = min(decisions, key=lambda decision: _CAUTION.index(decision.verdict))
    return replace(
        cautious,
        could_be=tuple(sorted({decision.verdict for decision in decisions})),
        modifiers=merged(decision.modifiers for decision in decisions),
    )


def _in_world(
    case: Case,
    policy: Policy,
    timing: Timing,
    reach: Reach,
    numbers: Numbers,
    facts: Mapping[str, Value],
    known: int,
    found: Findings,
) -> Decision:
    modifiers = merged(rule.modifiers for rule in found.fired)
    if modifiers.pinned:
        reach = reach_of(case, reach.figures, listeners=reach.listeners, clock=timing.clock, pinned=True)
        numbers = numbers_of(reach, remaining_min=timing.remaining_min)
    not_before_at = max((moment for rule in found.fired if (moment := _earliest(rule.modifiers, timing))), default=None)
    verdict, reason = _verdict(case, policy, timing, found, reach, numbers, not_before_at)
    if not_before_at and not_before_at > timing.now and verdict in {Verdict.use, Verdict.optional}:
        reach = reach.held((not_before_at - timing.now).total_seconds() / 60)
        numbers = numbers_of(reach, remaining_min=timing.remaining_min)
    return Decision(
        reach.figures, reach.listeners, verdict, found, known, facts, reach, numbers, modifiers, not_before_at, reason
    )


def _earliest(modifiers: Modifiers, timing: Timing) -> datetime | None:
    return next_local(timing.now, modifiers.not_before, zone=timing.zone) if modifiers.not_before else None


def _verdict(
    case: Case,
    policy: Policy,
    timing: Timing,
    found: Findings,
    reach: Reach,
    numbers: Numbers,
    not_before_at: datetime | None,
) -> tuple[Verdict, str]:
    effect = found.effect
    if effect is Effect.block:
        return Verdict.block, ""
    if reach.figures.medium is Medium.addresses and not reach.recipients:
        return Verdict.avoid, "nobody"
    if not_before_at and not_before_at >= timing.end_at:
        return Verdict.avoid, "too late"
    if effect:
        return _VERDICTS[effect], ""
    if numbers.informed_in_time >= policy.figures.worth_adding * max(case.audience.affected, 1):
        return Verdict.optional, "adds"
    return Verdict.avoid, "adds nothing"
