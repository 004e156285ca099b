"""Checks a policy over all incidents at once: what contradicts, what is dead, what never matters, what is promised."""

from rules.boxes import STEPS
from rules.contradictions import contradictions
from rules.found import Findings, Weight
from rules.gaps import gaps
from rules.idle import idle
from rules.policy import Policy
from rules.proving import prove
from rules.survey import Survey
from rules.trying import tried

__all__ = ["Findings", "check"]


def check(policy: Policy, *, steps: int = STEPS) -> Findings:
    """All findings on a policy that has been read. steps: boxes that one question may look at."""
    survey = Survey(policy, steps)
    found = [*contradictions(survey), *idle(survey), *gaps(survey)]
    weights = list(Weight)
    return Findings(
        found=tuple(sorted([*found, *survey.not_decided], key=lambda one: (weights.index(one.weight), one.at))),
        proofs=tuple(prove(policy, promise, steps=steps) for promise in policy.promises),
        tried=tuple(tried(policy)),
    )
