"""Says in one sentence why: the verdict on a channel, or a whole recommendation, with the numbers that decided it."""

from collections.abc import Mapping

from rules.circumstances import why_not_working
from rules.decision import Decision
from rules.facts import Case
from rules.figures import Medium
from rules.phrases import about, listed, moment, money, percent, readers
from rules.plans import PlanNumbers
from rules.policy import ChannelRule
from rules.quantities import duration_in_words
from rules.terms import Verdict
from rules.timing import Timing

_LATE = {"remaining time", "stale share", "informed in time", "half-seen time"}
_FOR_OTHERS = {"followers affected", "share affected", "spill share", "can choose area"}


def channel_sentence(decision: Decision, case: Case, timing: Timing) -> str:
    """What the verdict rests on."""
    match decision.verdict:
        case Verdict.use | Verdict.optional:
            return _serving(decision, case, timing)
        case Verdict.avoid:
            return _refraining(decision, case, timing)
        case Verdict.block:
            return f"Blocked: {_reasons(decision, case, timing)}."


def deciding_rules(decision: Decision) -> list[ChannelRule]:
    """The rules with the effect that won; none if the case itself decided."""
    effect = decision.findings.effect
    return [rule for rule in decision.findings.fired if effect and rule.effect is effect]


def plan_sentence(plan: PlanNumbers, decisions: Mapping[str, Decision], case: Case, timing: Timing) -> str:
    """The recommendation, as one would say it on the telephone."""
    if not plan.channels:
        blocking = [rule for one in decisions.values() if one.verdict is Verdict.block for rule in deciding_rules(one)]
        return (
            f"No channel is recommended. {blocking[0].because if blocking else 'None informs those whom it concerns.'}"
        )
    labels = {one.figures.key: one.figures.label for one in decisions.values()}
    names = listed([_inside(labels[key]) if place else labels[key] for place, key in enumerate(plan.channels)])
    people = f"{about(plan.informed_in_time)} of {case.audience.affected:,} people informed {_before(timing)}"
    cost = money(plan.cost, case.organisation.currency)
    others = "nobody disturbed" if plan.spill < 0.5 else f"{about(plan.spill)} others disturbed"
    return f"{names}: {people}, {cost}, {others}."


def _inside(label: str) -> str:
    """A label within a sentence: "Email" becomes "email", "SMS" and names stay."""
    return label[0].lower() + label[1:] if label in {"Email", "Push", "Status page"} else label


def _serving(decision: Decision, case: Case, timing: Timing) -> str:
    numbers, figures = decision.numbers, decision.figures
    informed = f"{about(numbers.informed_in_time)} of {case.audience.affected:,} affected see it {_before(timing)}"
    if figures.medium is Medium.addresses:
        cost = money(numbers.cost, case.organisation.currency)
        held = _held(decision, timing)
        whom = readers(decision.listeners, decision.reach.recipients)
        return f"{whom[0].upper()}{whom[1:]}: {informed}, {cost}{held}."
    if numbers.spill >= 0.5:
        return f"{informed[0].upper()}{informed[1:]}; {about(numbers.spill)} others see it, too."
    return f"{informed[0].upper()}{informed[1:]}."


def _refraining(decision: Decision, case: Case, timing: Timing) -> str:
    if decision.reason == "nobody":
        return f"Nobody whom it concerns can be reached by {_inside(decision.figures.label)}."
    if decision.reason == "too late" and decision.not_before_at:
        at = moment(decision.not_before_at, now=timing.now, zone=timing.zone)
        return f"It may go out at {at} at the earliest, and by then it is over ({_end(timing)})."
    if decision.reason == "adds nothing":
        return f"It would inform {about(decision.numbers.informed_in_time)} of {case.audience.affected:,} {_before(timing)}."
    return f"{_capital(_reasons(decision, case, timing))}."


def _reasons(decision: Decision, case: Case, timing: Timing) -> str:
    """Numbers where rules tested numbers, else the reason of the rule."""
    rules = deciding_rules(decision)
    clauses = [clause for rule in rules if (clause := _numbers_for(rule, decision, case, timing))]
    if clauses:
        return "; ".join(dict.fromkeys(clauses))
    seen = f"{about(decision.numbers.informed_in_time)} affected would see it {_before(timing)}"
    if not rules:
        return seen
    because = rules[0].because.rstrip(".")
    return f"{because} ({seen})" if decision.numbers.informed_in_time >= 1 else because


def _numbers_for(rule: ChannelRule, decision: Decision, case: Case, timing: Timing) -> str:
    """The numbers that the rule tested, in words; "" if it tested none."""
    holding = [alternative for alternative in rule.when if not decision.known & alternative.forbidden]
    tested = {one.fact.name: one.text for alternative in holding for one in alternative.conditions}
    numbers = decision.numbers
    if "working" in tested and (why := why_not_working(case, decision.figures.key)):
        return f"{decision.figures.label} {why}"
    if "send time" in tested or "send time share" in tested:
        whom = readers(decision.listeners, decision.reach.recipients)
        limit = f", {tested['send time']}" if "send time" in tested else ""
        left = f", and {duration_in_words(timing.remaining_min)} are left" if "send time share" in tested else ""
        return f"sending to {whom} takes {duration_in_words(numbers.send_minutes)}{limit}{left}"
    if _FOR_OTHERS & tested.keys() and numbers.spill >= 0.5:
        return (
            f"of {about(numbers.viewers)} people who would see it, {about(numbers.affected_viewers)} are affected"
            f" and {about(numbers.informed_in_time)} see it {_before(timing)}"
        )
    if _LATE & tested.keys():
        late = percent(numbers.stale_share)
        return f"{late} of those who see it would do so after the end ({_end(timing)})"
    if "sent to" in tested:
        return f"the {decision.reach.recipients:,} on file did not ask to be told of this"
    return ""


def _held(decision: Decision, timing: Timing) -> str:
    at = decision.not_before_at
    return f", held until {moment(at, now=timing.now, zone=timing.zone)}" if at and at > timing.now else ""


def _before(timing: Timing) -> str:
    if timing.end_is_assumed:
        return f"within {duration_in_words(timing.remaining_min)} (assumed: no end is known)"
    return f"before {moment(timing.end_at, now=timing.now, zone=timing.zone)}"


def _end(timing: Timing) -> str:
    at = moment(timing.end_at, now=timing.now, zone=timing.zone)
    return f"{at}, assumed" if timing.end_is_assumed else at


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
