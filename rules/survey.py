"""A policy laid out over all incidents, and the questions that its checks have in common."""

from collections.abc import Callable

from rules.boxes import Answer, NotDecided, Steps, possible_parts
from rules.example import Example, example_in
from rules.firing import ChannelRules, InBox
from rules.found import Found, Matter, Weight
from rules.mistakes import Place
from rules.policy import Policy
from rules.proving import ground_of

AskedInBox = Callable[[InBox], Answer]


class Survey:
    """One check of one policy. Questions that run out of steps are remembered in `not_decided`."""

    def __init__(self, policy: Policy, steps: int, total: Steps) -> None:
        self.policy = policy
        self.steps = steps
        self.total = total
        self.ground = ground_of(policy)
        self.channels = {name: self.ground.rules(rules, name) for name, rules in policy.by_channel.items()}
        self._not_decided: list[str] = []

    @property
    def not_decided(self) -> list[Found]:
        """What ran out of steps: each by itself, or in one sentence if all of them together did."""
        if self.total.left >= 0:
            return [_not_decided(about) for about in self._not_decided]
        first, others = self._not_decided[0], len(self._not_decided) - 1
        return [_not_decided(f"{first}, and {others:,} further questions: the policy is too entangled to be checked")]

    def example(self, rules: ChannelRules, question: AskedInBox, *, about: str) -> Example | None:
        """An incident for which the answer is yes; None if there is none, or it could not be decided."""
        if self.is_spent(about):
            return None
        budget = Steps(self.steps, self.total)
        try:
            for box in possible_parts(self.ground.space, lambda part: question(rules.on(part)), budget):
                return example_in(self.ground, box, budget, currency=self.policy.figures.currency)
        except NotDecided:
            self._not_decided.append(about)
        return None

    def can_be(self, rules: ChannelRules, question: AskedInBox, *, about: str) -> bool:
        """Whether the answer is yes for any incident; yes, too, where it could not be decided."""
        if self.is_spent(about):
            return True
        budget = Steps(self.steps, self.total)
        try:
            found = possible_parts(self.ground.space, lambda part: question(rules.on(part)), budget)
            return next(found, None) is not None
        except NotDecided:
            self._not_decided.append(about)
            return True

    def is_spent(self, about: str) -> bool:
        """Whether nothing is left for this question; if so, it is remembered."""
        if self.total.left < 0:
            self._not_decided.append(about)
        return self.total.left < 0

    def at(self, rule: str) -> Place:
        """Where a rule stands."""
        return self.policy.rule[rule].at


def _not_decided(about: str) -> Found:
    sentence = f"Not decided within the steps allowed: {about}."
    return Found(Matter.not_decided, Weight.warning, sentence, (), (), Place(1, 1))
