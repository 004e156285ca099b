"""An end that nobody knows: the verdicts under every length that could matter."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from rules.decision import Decision, decide
from rules.facts import Case
from rules.policy import Policy
from rules.terms import Verdict
from rules.timing import Timing, timing_of

_LENGTHS_MIN = (5, 20, 45, 75, 120, 180, 240, 480, 720, 1440, 2880, 5760, 20_160)
_END_FACTS = {"remaining time", "duration"}


def possible_ends(case: Case, policy: Policy) -> list[Timing]:
    """One frame for each length of time between which rules or reach can change their mind."""
    cuts = {cut for dim in policy.layout.dimensions if dim.fact.name in _END_FACTS for cut in dim.cuts}
    lengths = sorted({*map(float, _LENGTHS_MIN), *cuts, *(cut + 1.0 for cut in cuts)})
    begins = max(case.now, case.incident.started_at)
    longest = timing_of(case, policy.figures, end_at=begins + timedelta(minutes=lengths[-1]))
    # One clock for all: what does not depend on the end is then computed once.
    return [replace(longest, end_at=begins + timedelta(minutes=length)) for length in lengths if length > 0]


def under_other_ends(case: Case, policy: Policy) -> tuple[Mapping[str, set[Verdict]], list[Mapping[str, Decision]]]:
    """(verdicts by channel, all decisions): what would come out if the incident took so long."""
    decisions: list[Mapping[str, Decision]] = [decide(case, policy, timing) for timing in possible_ends(case, policy)]
    channels = decisions[0]
    return {name: {one[name].verdict for one in decisions} for name in channels}, decisions
