"""Proves the promises of a policy over all incidents, or shows one that breaks them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.boxes import STEPS, Answer, NotDecided, Question, Steps, all_of, any_of, opposite, possible_parts
from rules.conditions import Condition
from rules.example import Example, example_in
from rules.firing import HINDERING, SERVING, BoxRule, ChannelRules, InBox
from rules.ground import Ground
from rules.monotony import Rise
from rules.never import never_together
from rules.policy import Policy
from rules.promises import Cases, Pledge, Promise


class State(StrEnum):
    """What is known of a promise."""

    proved = "proved"
    refuted = "refuted"
    not_decided = "not decided"


@dataclass(frozen=True, slots=True)
class Proof:
    """A promise with what came of it."""

    promise: Promise
    state: State
    channel: str = ""  # on which it is broken
    example: Example | None = None  # that breaks it

    def __str__(self) -> str:
        """In one sentence."""
        promise = self.promise
        name = f"{promise.name} ({promise.words})" if promise.name != promise.words else promise.words
        match self.state:
            case State.proved:
                return f"Proved: {name}."
            case State.not_decided:
                return f"Not decided within the steps allowed: {name}."
            case State.refuted:
                where = f" on {self.channel}" if self.channel else ""
                return f"Broken{where}: {name}. For example: {self.example}."


def prove(policy: Policy, promise: Promise, *, steps: int = STEPS, total: Steps | None = None) -> Proof:
    """One promise. `total`: what several questions have together. It speaks of the rules alone: of what comes out where every fact is known."""
    budget = Steps(steps, total)
    ground = ground_of(policy, promise.tested, moving=promise.raising or None)
    try:
        for channel, question in _questions(policy, promise, ground):
            for box in possible_parts(ground.space, question, budget):
                found = example_in(ground, box, budget, currency=policy.figures.currency)
                return Proof(promise, State.refuted, channel, found)
    except NotDecided:
        return Proof(promise, State.not_decided)
    return Proof(promise, State.proved)


def ground_of(policy: Policy, further: Iterable[Condition] = (), *, moving: str | None = None) -> Ground:
    """The space of all incidents that a policy and further tests can tell apart."""
    return Ground([*policy.conditions, *further], never_together(), policy.figures.channels, moving=moving)


def _questions(policy: Policy, promise: Promise, ground: Ground) -> Iterator[tuple[str, Question]]:
    """What would break it, by channel; the channel is "" where only all of them together can."""
    rules = {channel: ground.rules(policy.by_channel[channel], channel) for channel in promise.channels}
    if promise.any_channel:
        yield (
            "",
            lambda box: all_of(
                (
                    *(_is_meant(promise, channel, ground, box) for channel in rules),
                    *(opposite(rules[channel].on(box).is_effect(SERVING)) for channel in rules),
                )
            ),
        )
        return
    for channel, own in rules.items():
        later = ground.rules(policy.by_channel[channel], channel, later=True) if promise.raising else own
        yield channel, _breaking(promise, channel, ground, own, later)


def _breaking(promise: Promise, channel: str, ground: Ground, rules: ChannelRules, later: ChannelRules) -> Question:
    rise = Rise(ground, rules, later) if promise.raising else None

    def question(box: int) -> Answer:
        meant = _is_meant(promise, channel, ground, box)
        if meant is False:
            return False
        if rise:
            after = _is_meant(promise, channel, ground, box, later=True)
            return all_of((meant, after, rise.removes(box)))
        return all_of((meant, _is_broken(promise.pledge, rules.on(box))))

    return question


def _is_broken(pledge: Pledge, said: InBox) -> Answer:
    match pledge:
        case Pledge.gets:
            return opposite(said.is_effect(SERVING))
        case Pledge.never_held:
            return all_of((_is_sent(said), _asks(said, lambda rule: rule.modifiers.not_before is not None)))
        case Pledge.completed_first:
            return all_of((_is_sent(said), opposite(_asks(said, lambda rule: bool(rule.modifiers.needs)))))
        case Pledge.always_signed:
            return all_of((_is_sent(said), opposite(_asks(said, lambda rule: bool(rule.modifiers.approvals)))))
        case _:
            return _is_sent(said)


def _is_sent(said: InBox) -> Answer:
    """No rule keeps the channel from being used."""
    return opposite(said.is_effect(HINDERING))


def _is_meant(promise: Promise, channel: str, ground: Ground, box: int, *, later: bool = False) -> Answer:
    holds = _is_any(promise.every[channel], ground, box, later=later)
    if holds is False or not promise.unless[channel]:
        return holds
    return all_of((holds, opposite(_is_any(promise.unless[channel], ground, box, later=later))))


def _is_any(cases: Cases, ground: Ground, box: int, *, later: bool) -> Answer:
    return any_of(
        all_of(ground.together([test.condition], test.channel, later=later).on(box) for test in case) for case in cases
    )


def _asks(said: InBox, of: Callable[[BoxRule], bool]) -> Answer:
    return said.any_active(name for name, rule in said.channel.rules.items() if of(rule))
