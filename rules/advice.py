"""All advice on one case: the verdict on each channel, the plans, who signs, and when it ends."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from rules.change import nearest_changes
from rules.curve import Curve, curve_of
from rules.decision import Decision, decide, merged
from rules.explain import channel_sentence, plan_sentence
from rules.facts import Case
from rules.numbers import Numbers, basis_of
from rules.plans import Outlook, Plan, PlanNumbers, plan_of
from rules.policy import Modifiers, Policy
from rules.terms import Effect, Listeners, Verdict
from rules.timing import Timing, timing_of
from rules.unknown_end import under_other_ends
from rules.verdicts import failed_conditions


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that spoke."""

    rule: str
    effect: str  # in words: "avoid", "approval: lead"
    because: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A rule that did not speak, and why."""

    rule: str
    conditions: tuple[str, ...]  # those that failed, as a policy writes them
    effect: Effect | None = None  # what it would have wanted


@dataclass(frozen=True, slots=True)
class ChannelAdvice:
    """The advice on one channel. Its numbers are of its audience."""

    verdict: Verdict
    audience: Listeners
    not_before: str | None  # earliest local time, "07:00"
    not_before_at: datetime | None
    sentence: str
    fired: tuple[Fired, ...]
    overridden: tuple[Fired, ...]  # they would have spoken; `effect` names the rule that overrides them
    failed: tuple[Failed, ...]
    numbers: Numbers
    basis: Mapping[str, str]  # by number: "assumed", "given" or "measured, n = …"
    recipients: int  # people written to; 0 on a page or feed
    approval: tuple[str, ...]
    shapes: tuple[str, ...]  # instructions to the writer
    needs: tuple[str, ...]  # what must be filled in first
    is_pinned: bool
    is_required: bool
    would_change_if: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """A verdict that hangs on something that is not known. Shown is what follows from the usual length."""

    channel: str
    depends_on: tuple[str, ...]
    could_be: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything that is recommended, and what it was made from."""

    policy_name: str
    policy_version: str
    channels: Mapping[str, ChannelAdvice]  # by key: "status_page"
    plan: Plan
    approval: tuple[str, ...]  # roles that sign, for the channels that may be used
    needs: tuple[str, ...]
    shapes: Mapping[str, tuple[str, ...]]  # by channel that may be used
    expires_at: datetime
    remaining_minutes: float
    end_is_assumed: bool
    undecided: tuple[Undecided, ...]
    sentence: str
    curve: Curve
    assumptions: tuple[str, ...] = field(default=())


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
        sentence=plan_sentence(plan.recommended, policy, case, timing),
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
        is_pinned=modifiers.pinned and decision.figures.visits is not None,
        is_required=decision.is_required,
        would_change_if=nearest_changes(decision, policy),
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


def as_json(advice: Advice) -> dict[str, object]:
    """Plain values, for programs."""
    return {
        "policy": {"name": advice.policy_name, "version": advice.policy_version},
        "sentence": advice.sentence,
        "remaining_minutes": round(advice.remaining_minutes, 1),
        "end_is_assumed": advice.end_is_assumed,
        "channels": {key: _channel_json(one) for key, one in advice.channels.items()},
        "plan": {
            "recommended": _plan_json(advice.plan.recommended),
            "fastest": _plan_json(advice.plan.fastest),
            "quietest": _plan_json(advice.plan.quietest),
        },
        "approval": list(advice.approval),
        "needs": list(advice.needs),
        "shapes": {key: list(lines) for key, lines in advice.shapes.items()},
        "expires_at": advice.expires_at.isoformat(),
        "undecided": [
            {"channel": one.channel, "depends_on": list(one.depends_on), "could_be": [str(v) for v in one.could_be]}
            for one in advice.undecided
        ],
        "assumptions": list(advice.assumptions),
        "curve": asdict(advice.curve),
    }


def _channel_json(one: ChannelAdvice) -> dict[str, object]:
    return {
        "verdict": one.verdict.value,
        "audience": one.audience.value,
        "not_before": one.not_before,
        "sentence": one.sentence,
        "fired": [asdict(fired) for fired in one.fired],
        "overridden": [asdict(fired) for fired in one.overridden],
        "failed": [{"rule": failed.rule, "conditions": list(failed.conditions)} for failed in one.failed],
        "would_change_if": list(one.would_change_if),
        "numbers": {name: round(value, 1) for name, value in asdict(one.numbers).items()},
        "basis": dict(one.basis),
        "recipients": one.recipients,
        "approval": list(one.approval),
        "shapes": list(one.shapes),
        "needs": list(one.needs),
        "pinned": one.is_pinned,
        "required": one.is_required,
    }


def _plan_json(plan: PlanNumbers) -> dict[str, object]:
    return {
        "channels": list(plan.channels),
        "informed_in_time": round(plan.informed_in_time, 1),
        "nested": round(plan.nested, 1),
        "independent": round(plan.independent, 1),
        "cost": round(plan.cost, 2),
        "spill": round(plan.spill, 1),
        "stale": round(plan.stale, 1),
        "reaches_coverage": plan.reaches_coverage,
        "marginal": {key: round(value, 1) for key, value in plan.marginal.items()},
    }
