"""Keeps an incident as a scenario of a policy, expecting what the policy says of it now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, log10

from rules.blocks import added
from rules.cells import Layout, Value
from rules.decision import decide
from rules.facts import Case
from rules.policy import Policy
from rules.promises import Trial
from rules.reading import read_policy
from rules.timing import timing_of
from rules.trial_reading import values_on
from rules.trial_writing import said_of_facts, trial_text
from rules.trying import said_of
from rules.vocabulary import FactType, vocabulary


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy's text with a scenario in it, and where that stands."""

    text: str
    name: str
    line: int
    is_new: bool  # it did not stand there already


def keep(text: str, name: str, facts: Mapping[str, str], channels: Iterable[str] = ()) -> Kept:
    """Add a scenario unless one with the same facts and verdicts is there. facts: as in `Example.facts`.

    channels: of which something is expected; none = all. Raises PolicyMistakes, NotApart.
    """
    policy = read_policy(text, name="before")
    named = _free_name(name, policy)
    asked = [one for one in policy.figures.channels if one in set(channels)] or list(policy.figures.channels)
    draft, line = added(text, trial_text(named, facts, dict.fromkeys(asked, "none")), "scenarios")
    trial = read_policy(draft, name="draft").trials[-1]
    verdicts = {channel: said_of(policy, channel, trial.facts[channel])[0] for channel in asked}
    if known := _same(policy.trials, trial, verdicts):
        return Kept(text, known.name, known.at.line, is_new=False)
    whole, line = added(text, trial_text(named, facts, verdicts), "scenarios")
    return Kept(whole, named, line, is_new=True)


def facts_said(case: Case, policy: Policy) -> dict[str, str]:
    """The facts of a decision as a scenario writes them: what is unusual, and of a channel what its rules look at.

    What was not known is as usual.
    """
    decisions = decide(case, policy, timing_of(case, policy.figures))
    common: dict[str, Value] = {}
    own: dict[str, Value] = {}
    for channel, decision in decisions.items():
        tested = _tested(policy, channel)
        usual = values_on(policy.figures.channels[channel], vocabulary().facts, {})
        for name, value in decision.facts.items():
            if not vocabulary().facts[name].per_channel:
                common[name] = value
            elif name in tested and value != usual[name]:
                own[f"{name}@{channel}"] = value
    every = {name: _rounded(name.partition("@")[0], value, policy.layout) for name, value in {**common, **own}.items()}
    return said_of_facts(every, currency=policy.figures.currency)


def _rounded(fact: str, value: Value, layout: Layout) -> Value:
    """Two digits of a modelled number, wherever no rule can tell the difference."""
    if not isinstance(value, float) or not value or vocabulary().facts[fact].type is FactType.clock:
        return value
    near = round(value, 1 - floor(log10(abs(value))))
    known = vocabulary().facts[fact]
    tells = [one for one in layout.dimensions if one.fact.name == fact and one.bit(near) != one.bit(value)]
    return value if tells or not known.low <= near <= known.high else near


def _tested(policy: Policy, channel: str) -> set[str]:
    rules = policy.by_channel[channel]
    return {test.fact.name for rule in rules for one in (*rule.when, *rule.unless) for test in one.conditions}


def _free_name(name: str, policy: Policy) -> str:
    taken = {one.name for one in policy.trials}
    numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _same(trials: Iterable[Trial], trial: Trial, verdicts: Mapping[str, str]) -> Trial | None:
    return next((one for one in trials if one.facts == trial.facts and one.expect == verdicts), None)
