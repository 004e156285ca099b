"""z3 as the referee: over random policies it must agree with the checker on every question, and on every example."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations

import pytest
import z3  # type: ignore[import-untyped]  # it publishes no types

from rules.boxes import Answer, Question, Steps, all_of, possible_parts
from rules.conditions import Condition
from rules.figures import Medium
from rules.firing import ChannelRules
from rules.never import never_together
from rules.policy import ChannelRule, Policy
from rules.promises import Promise
from rules.proving import State, ground_of, prove
from rules.reading import read_policy
from rules.terms import Effect
from rules.vocabulary import Fact, FactType, vocabulary
from tests.rules.random_policies import CHANNELS, a_random_policy

POLICIES = 240
BATCH = 20
MOVING = {"severity", "life safety"}
SERVES: tuple[Effect | None, ...] = (Effect.use, Effect.require)
_LISTED = ("atm", "cards", "another")  # an open list: the words that are looked for, and one that is not


class Referee:
    """The facts as z3 knows them: words as whole numbers, numbers as reals, lists as one truth a word."""

    def __init__(self, medium: Medium, solver: z3.Solver | None = None, *, suffix: str = "") -> None:
        self.solver = solver or z3.Solver()
        self.medium, self.suffix = medium, suffix
        facts = vocabulary().facts.values()
        self.facts = {fact.name: self._fact(fact) for fact in facts if fact.type is not FactType.listed}
        self.lists = {
            fact.name: {word: z3.Bool(f"{fact.name} {word}") for word in fact.words or _LISTED}
            for fact in facts
            if fact.type is FactType.listed
        }
        for together in never_together():
            self.solver.add(z3.Not(self.all(together)))
        self._of_medium()

    def all(self, conditions: Iterable[Condition]) -> z3.BoolRef:
        return z3.And([self._holds(condition) for condition in conditions])

    def fires(self, rule: ChannelRule) -> z3.BoolRef:
        holds = z3.Or([self.all(one.conditions) for one in rule.when])
        return z3.And(holds, z3.Not(z3.Or([self.all(one.conditions) for one in rule.unless])))

    def active(self, rules: tuple[ChannelRule, ...]) -> dict[str, z3.BoolRef]:
        """By rule; an override points to an earlier rule."""
        active: dict[str, z3.BoolRef] = {}
        for rule in reversed(rules):
            above = [active[other.name] for other in rules if rule.name in other.overrides]
            active[rule.name] = z3.And(self.fires(rule), z3.Not(z3.Or(above)))
        return active

    def is_possible(self, *claims: z3.BoolRef) -> bool:
        return bool(self.solver.check(*claims) == z3.sat)

    def _fact(self, fact: Fact) -> z3.ArithRef:
        if not fact.unit:
            one = z3.Int(fact.name + self.suffix * (fact.name in MOVING))
            self.solver.add(one >= 0, one < len(fact.words))
            return one
        number = z3.Real(fact.name)
        self.solver.add(number >= fact.low)
        if fact.high < float("inf"):
            self.solver.add(number < fact.high if fact.type is FactType.clock else number <= fact.high)
        return number

    def _holds(self, condition: Condition) -> z3.BoolRef:
        name = condition.fact.name
        if condition.words is not None:
            return z3.Or([self.facts[name] == condition.fact.words.index(word) for word in condition.words])
        if condition.spans is not None:
            return z3.Or([self._within(name, span.low, span.high, has_low=span.has_low, has_high=span.has_high) for span in condition.spans])  # fmt: skip
        words = self.lists[name]
        found = z3.Or([words[word] for word in condition.listed or words])
        return z3.Not(found) if condition.is_negated else found

    def _within(self, name: str, low: float, high: float, *, has_low: bool, has_high: bool) -> z3.BoolRef:
        number, claims = self.facts[name], []
        if low > float("-inf"):
            claims.append(number >= low if has_low else number > low)
        if high < float("inf"):
            claims.append(number <= high if has_high else number < high)
        return z3.And(claims)

    def _of_medium(self) -> None:
        words = vocabulary().facts["sent to"].words
        public = self.facts["sent to"] == words.index("the public")
        self.solver.add(z3.Not(public) if self.medium is Medium.addresses else public)
        if self.medium is not Medium.addresses:
            self.solver.add(self.facts["cost"] == 0)


def effect_is(active: dict[str, z3.BoolRef], rules: tuple[ChannelRule, ...], effect: Effect | None) -> z3.BoolRef:
    of = {one: z3.Or([active[rule.name] for rule in rules if rule.effect is one]) for one in Effect}
    stronger = list(Effect) if effect is None else list(Effect)[: list(Effect).index(effect)]
    own = z3.BoolVal(val=True) if effect is None else of[effect]
    return z3.And(own, *(z3.Not(of[one]) for one in stronger))


Asked = tuple[str, z3.BoolRef, Question]


def asked_of(rules: tuple[ChannelRule, ...], ours: ChannelRules, referee: Referee) -> Iterator[Asked]:
    """Each question as words, as z3 knows it, and as we do."""
    active = referee.active(rules)
    for rule in rules:
        yield f"{rule.name} fires", referee.fires(rule), partial(_fires, ours, rule.name)
    for size in (1, 2):
        for some in combinations([rule.name for rule in rules], size):
            yield f"{some} have effect", z3.And([active[name] for name in some]), partial(_active, ours, some)
    for effect in (*Effect, None):
        yield f"effect {effect}", effect_is(active, rules, effect), partial(_effect, ours, effect)


def _fires(ours: ChannelRules, name: str, box: int) -> Answer:
    return ours.on(box).fires(name)


def _active(ours: ChannelRules, names: tuple[str, ...], box: int) -> Answer:
    said = ours.on(box)
    return all_of(said.active(name) for name in names)


def _effect(ours: ChannelRules, effect: Effect | None, box: int) -> Answer:
    return ours.on(box).is_effect(frozenset({effect}))


def questions_of(policy: Policy, channel: str) -> int:
    """Ask both about one channel; how many questions."""
    rules = policy.by_channel[channel]
    ground = ground_of(policy)
    referee = Referee(policy.figures.channels[channel].medium)
    asked = list(asked_of(rules, ground.rules(rules, channel), referee))
    for words, claim, question in asked:
        found = next(possible_parts(ground.space, question, Steps()), None) is not None
        assert found == referee.is_possible(claim), f"{words} on {channel}:\n{policy.text}"
    return len(asked)


def rise_of(policy: Policy, channel: str) -> bool:
    """Whether raising the severity can take the channel away; both must say the same."""
    rules = policy.by_channel[channel]
    medium = policy.figures.channels[channel].medium
    solver = z3.Solver()
    before, after = Referee(medium, solver), Referee(medium, solver, suffix=" later")
    solver.add(after.facts["severity"] > before.facts["severity"])
    first, then = before.active(rules), after.active(rules)
    falls = z3.Or([
        z3.And(_is_one_of(first, rules, effects), z3.Not(_is_one_of(then, rules, effects)))
        for effects in (SERVES, [*SERVES, Effect.allow], [*SERVES, Effect.allow, None])
    ])  # fmt: skip
    promise = f"promises:\n  - {{raising: severity, never removes: [{channel}]}}\n"
    proof = prove(*_promised(policy.text + promise))

    assert (proof.state is State.refuted) == before.is_possible(falls), f"raising on {channel}:\n{policy.text}"
    return proof.state is State.refuted


def _promised(text: str) -> tuple[Policy, Promise]:
    policy = read_policy(text, name="promised")
    return policy, policy.promises[0]


def _is_one_of(
    active: dict[str, z3.BoolRef], rules: tuple[ChannelRule, ...], effects: Sequence[Effect | None]
) -> z3.BoolRef:
    return z3.Or([effect_is(active, rules, effect) for effect in effects])


@pytest.mark.parametrize("first", range(0, POLICIES, BATCH))
def test_the_checker_and_z3_never_disagree(first: int) -> None:
    asked = 0
    for seed in range(first, first + BATCH):
        policy = read_policy(a_random_policy(seed), name=f"seed {seed}")
        asked += sum(questions_of(policy, channel) for channel in CHANNELS if policy.by_channel[channel])

    assert asked > BATCH * 20


@pytest.mark.parametrize("first", range(0, POLICIES, BATCH * 2))
def test_the_checker_and_z3_agree_on_what_is_lost_when_things_get_worse(first: int) -> None:
    lost = [
        rise_of(policy, channel)
        for seed in range(first, first + BATCH * 2)
        for policy in [read_policy(a_random_policy(seed), name=f"seed {seed}")]
        for channel in CHANNELS
    ]

    assert any(lost)
    assert not all(lost)
