"""Advice as plain values, for programs."""

from dataclasses import asdict

from rules.plans import PlanNumbers
from rules.recommendation import Advice, ChannelAdvice


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
        "ranges": {name: [round(low, 1), round(high, 1)] for name, (low, high) in one.ranges.items()},
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
