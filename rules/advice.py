"""Makes the advice on one case. From here the program and its users enter."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from rules.advice_json import as_json
from rules.change import nearest_changes
from rules.curve import curve_of
from rules.decision import Decision, decide, merged
from rules.explain import channel_sentence, plan_sentence
from rules.facts import Case
from rules.numbers import basis_of
from rules.plans import Outlook, PlanNumbers, plan_of
from rules.policy import Modifiers, Policy
from rules.ranges import ranges_of
from rules.recommendation import Advice, ChannelAdvice, Failed, Fired, Undecided
from rules.timing import Timing, timing_of
from rules.unknown_end import under_other_ends
from rules.verdicts import failed_conditions

__all__ = ["Advice", "ChannelAdvice", "advise", "as_json", "with_channels"]


def advise(case: Case, policy: Policy) -> Advice:
    """Advice on a case. It depends on the case and the policy alone."""
    timing = timing_of(case, policy.figures)
    decisions = decide(case, policy, timing)
    undecided: tuple[Undecided, ...] = ()
    if timing.end_is_assumed:
        decisions, undecided = _with_other_ends(case, policy, decisions)
    outlook = Outlook(case, policy.figures, timing, decisions)
    plan = plan_of(outlook)
    open_ones = [one for one in decisions.values() if one.is_open]
    together = merged(one.modifiers for one in open_ones)
    life = timedelta(minutes=together.expires_min) if together.expires_min else None
    return Advice(
        policy_name=policy.name,
        policy_version=policy.version,
        channels={one.figures.key: _channel(one, case, policy, timing) for one in decisions.values()},
        plan=plan,
        approval=together.approvals,
        needs=merged(one.modifiers for one in decisions.values()).needs,
        shapes={one.figures.key: one.modifiers.shapes for one in open_ones if one.modifiers.shapes},
        expires_at=min(timing.end_at, case.now + life) if life else timing.end_at,
        remaining_minutes=timing.remaining_min,
        end_is_assumed=timing.end_is_assumed,
        undecided=undecided,
        sentence=plan_sentence(plan.recommended, decisions, case, timing),
        curve=curve_of(outlook, plan.recommended.channels),
        assumptions=_assumptions(case, policy, end_is_assumed=timing.end_is_assumed),
    )


def with_channels(case: Case, policy: Policy, channels: Iterable[str]) -> PlanNumbers:
    """The numbers of a set of channels that somebody has picked by hand, whatever the verdicts."""
    timing = timing_of(case, policy.figures)
    decisions = decide(case, policy, timing)
    chosen = set(channels)
    names = [name for name, one in decisions.items() if one.figures.key in chosen]
    return Outlook(case, policy.figures, timing, decisions).numbers(names)


def _with_other_ends(
    case: Case, policy: Policy, decisions: Mapping[str, Decision]
) -> tuple[dict[str, Decision], tuple[Undecided, ...]]:
    """The same decisions, with every approval that some end would ask for, and those that hang on the end."""
    verdicts, others = under_other_ends(case, policy)
    cautious = {
        name: replace(one, modifiers=_cautious(one, [other[name] for other in others]))
        for name, one in decisions.items()
    }
    undecided = tuple(
        Undecided(one.figures.key, ("expected end",), tuple(sorted(verdicts[name] | {one.verdict})))
        for name, one in decisions.items()
        if verdicts[name] - {one.verdict}
    )
    return cautious, undecided


def _cautious(decision: Decision, others: Iterable[Decision]) -> Modifiers:
    approvals = {role for other in others for role in other.modifiers.approvals}
    return replace(decision.modifiers, approvals=tuple(sorted(approvals | set(decision.modifiers.approvals))))


def _channel(decision: Decision, case: Case, policy: Policy, timing: Timing) -> ChannelAdvice:
    at = decision.not_before_at
    findings, modifiers = decision.findings, decision.modifiers
    return ChannelAdvice(
        verdict=decision.verdict,
        audience=decision.listeners,
        not_before=f"{at.astimezone(timing.zone):%H:%M}" if at else None,
        not_before_at=at,
        sentence=channel_sentence(decision, case, timing),
        fired=tuple(
            Fired(rule.name, rule.modifiers.in_words(rule.effect), rule.because, policy.rule[rule.name].source)
            for rule in findings.fired
        ),
        overridden=tuple(Fired(rule.name, f"overridden by {by}", rule.because) for rule, by in findings.overridden),
        failed=tuple(
            Failed(rule.name, failed_conditions(rule, decision.known, policy.layout), rule.effect)
            for rule in findings.quiet
        ),
        numbers=decision.numbers,
        basis=basis_of(decision.reach, case.channels[decision.figures.key]),
        recipients=decision.reach.recipients,
        approval=modifiers.approvals,
        shapes=modifiers.shapes,
        needs=modifiers.needs,
        is_pinned=modifiers.pinned,
        is_required=decision.is_required,
        would_change_if=nearest_changes(decision, policy),
        ranges=ranges_of(decision.numbers, decision.reach),
    )


def _assumptions(case: Case, policy: Policy, *, end_is_assumed: bool) -> tuple[str, ...]:
    """What a reader should know before trusting the numbers."""
    said = []
    if end_is_assumed:
        kind = case.incident.kind.replace("_", " ")
        said.append(f"No end is known: counted with the usual length of {kind}.")
    if case.organisation.currency != policy.figures.currency:
        said.append(f"Prices and budgets of the policy are in {policy.figures.currency}.")
    return tuple(said)
