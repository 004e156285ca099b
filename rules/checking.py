"""Checks a policy over all incidents at once: what contradicts, what is dead, what never matters, what is promised."""

from rules.boxes import STEPS, WORK, Steps
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
    """All findings on a policy that has been read. steps: boxes that one question may look at.

    All questions together have a limit as well, so that no text keeps anybody waiting for long; promises come first.
    """
    most = WORK // max(len(policy.rules), 1)
    total = Steps(most)
    proofs = tuple(prove(policy, promise, steps=steps, total=total) for promise in policy.promises)
    survey = Survey(policy, steps, Steps(most))
    found = [*contradictions(survey), *idle(survey), *gaps(survey)]
    weights = list(Weight)
    return Findings(
        found=tuple(sorted([*found, *survey.not_decided], key=lambda one: (weights.index(one.weight), one.at))),
        proofs=proofs,
        tried=tuple(tried(policy)),
    )
