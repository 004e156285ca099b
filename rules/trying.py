"""Tries the scenarios that stand in a policy."""

from collections.abc import Iterator, Mapping

from rules.cells import Value
from rules.found import Tried
from rules.policy import Policy
from rules.promises import Trial
from rules.verdicts import SAID, find


def tried(policy: Policy) -> Iterator[Tried]:
    """Every scenario with what it misses."""
    for trial in policy.trials:
        yield Tried(trial, tuple(_misses(policy, trial)))


def said_of(policy: Policy, channel: str, facts: Mapping[str, Value]) -> tuple[str, tuple[str, ...]]:
    """(what the rules say of a channel, the rules that fired): use, optional, avoid, block, or none."""
    found = find(policy.by_channel[channel], policy.layout.observe(facts))
    return SAID[found.effect], tuple(rule.name for rule in found.fired)


def _misses(policy: Policy, trial: Trial) -> Iterator[str]:
    for channel, expected in trial.expect.items():
        got, fired = said_of(policy, channel, trial.facts[channel])
        if got != expected:
            why = f" (fired: {', '.join(fired)})" if fired else ""
            yield f"{channel}: expected {expected}, got {got}{why}"
