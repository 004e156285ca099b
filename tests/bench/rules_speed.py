"""How fast the rules are: many decisions beside plain ifs, reading, checking, what-if, one recommendation."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from statistics import median, quantiles

from rules.advice import advise
from rules.batch import Batch
from rules.cells import Value
from rules.checking import check
from rules.decision import Decision, decide
from rules.diff import differences
from rules.facts import Audience, Case
from rules.past import Past
from rules.policy import Policy
from rules.reading import default_policy, default_policy_text, read_policy
from rules.replay import replay
from rules.terms import Certainty, Kind, Severity, Verdict
from rules.timing import timing_of
from rules.verdicts import Findings
from rules.vocabulary import Fact, FactType, vocabulary
from rules.what_if import ways_of
from tests.bench.rules_plain_ifs import plain_ifs
from tests.rules.builders import NOON, a_case, an_audience, an_incident, asked, on_file

INCIDENTS = 10_000
PAST = 1_000
Rows = list[dict[str, Value]]


def rows(url: str) -> Iterator[str]:
    """No database is needed."""
    policy = default_policy()
    yield from _many(policy)
    text = default_policy_text()
    yield f"reading and compiling {len(policy.rules)} rules: {_ms(lambda: read_policy(text, name='x'), 20):.1f} ms (at most 50)"
    yield f"checking the default policy with its promises: {_ms(lambda: check(policy), 3):.0f} ms (at most 1,000)"
    newer = read_policy(text.replace("stale share: more than 50 %", "stale share: more than 20 %"), name="newer")
    yield f"what changes between two versions: {_ms(lambda: differences(policy, newer), 5):.0f} ms"
    yield _what_if(policy)
    for words, case in _cases():
        yield f"one recommendation, {words}: {_ms(lambda case=case: advise(case, policy), 40):.1f} ms (p50, at most 15; 30 if no end is known)"  # type: ignore[misc]
    yield from _replays(policy, newer)


def some_incidents(number: int) -> Rows:
    """Facts at random, the same in every run."""
    random = Random(7)
    facts = vocabulary().facts.values()
    return [{fact.name: _value(fact, random) for fact in facts} for _ in range(number)]


def _value(fact: Fact, random: Random) -> Value:
    if fact.type is FactType.listed:
        return tuple(random.sample(fact.words or ("atm", "cards"), random.choice((0, 0, 1))))
    if fact.unit is None:
        return fact.usual if random.random() < 0.7 else random.choice(fact.words)
    highest = {FactType.share: 1.0, FactType.clock: 1439.0, FactType.duration: 5760.0}.get(fact.type, 100_000.0)
    return random.random() ** 4 * highest


def _many(policy: Policy) -> Iterator[str]:
    incidents = some_incidents(INCIDENTS)
    plain = plain_ifs(policy)
    names = [dim.fact.name for dim in policy.layout.dimensions]

    def by_plain_ifs() -> list[list[str | None]]:
        return [[channel(incident) for incident in incidents] for channel in plain.values()]

    def by_masks() -> list[list[str | None]]:
        batch = Batch(policy, {name: [incident[name] for incident in incidents] for name in names}, len(incidents))
        return [list(batch.effects(channel)) for channel in plain]

    def with_trace() -> list[list[Findings]]:
        batch = Batch(policy, {name: [incident[name] for incident in incidents] for name in names}, len(incidents))
        return [batch.findings(channel) for channel in plain]

    assert by_plain_ifs() == by_masks()
    bound, ours, traced = (_cpu(one, 3) for one in (by_plain_ifs, by_masks, with_trace))
    yield f"{INCIDENTS:,} incidents, {len(policy.rules)} rules, {len(plain)} channels: plain ifs {bound:.3f} s, masks {ours:.3f} s, ratio {ours / bound:.2f} (at most 4)"
    yield f"the same, with the rules that fired, were overridden and stayed quiet: {traced:.3f} s, ratio {traced / bound:.2f} (at most 10)"


def _what_if(policy: Policy) -> str:
    took = []
    for decision in _decisions(policy, 150):
        if decision.verdict is Verdict.use:
            continue
        began = time.perf_counter()
        ways_of(decision, policy)
        took.append((time.perf_counter() - began) * 1_000)
    return f"what-if, {len(took)} channels that are not used: each p50 {median(took):.1f} ms, p99 {quantiles(took, n=100)[98]:.1f} ms (at most 100)"


def _decisions(policy: Policy, number: int) -> Iterator[Decision]:
    random = Random(3)
    for _ in range(number):
        incident = an_incident(
            kind=random.choice(list(Kind)),
            severity=random.choice(list(Severity)),
            certainty=random.choice(list(Certainty)),
            noticeable=random.random() < 0.5,
            expected_end_at=NOON + timedelta(hours=random.choice((1, 3, 12, 96))),
        )
        case = a_case(incident, audience=_an_audience(affected=random.choice((9_200, 20_000, 90_000))))
        yield from decide(case, policy, timing_of(case, policy.figures)).values()


def _an_audience(affected: int = 20_000) -> Audience:
    return an_audience(asked(800, "sms", "email"), asked(300, "email"), on_file(8_000, "sms"), affected=affected)


def _cases() -> list[tuple[str, Case]]:
    known = a_case(an_incident(), audience=_an_audience())
    return [
        ("four channels", known),
        ("the same without a known end", replace(known, incident=replace(known.incident, expected_end_at=None))),
    ]


def _replays(policy: Policy, newer: Policy) -> Iterator[str]:
    facts = some_incidents(PAST)
    known = [Past(str(number), one | _working(policy)) for number, one in enumerate(facts)]
    random = Random(11)
    half = [{name: None if random.random() < 0.5 else value for name, value in one.items()} for one in facts]
    unknown = [Past(str(number), one | dict.fromkeys(_working(policy))) for number, one in enumerate(half)]
    for words, past in (("of which all is known", known), ("half of whose facts are unknown, at random", unknown)):
        began = time.perf_counter()
        replayed = replay(past, newer, against=policy)
        took = time.perf_counter() - began
        yield f"replay of {PAST:,} incidents {words}, {len(policy.by_channel)} channels, two policies: {took:.2f} s (at most 15). {replayed}"


def _working(policy: Policy) -> dict[str, Value]:
    return {f"working@{channel}": "yes" for channel in policy.by_channel}


def _ms(call: Callable[[], object], times: int) -> float:
    """Median of many."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return median(took) * 1_000


def _cpu(call: Callable[[], object], times: int) -> float:
    """The best of some, in seconds of processor time."""
    took = []
    for _ in range(times):
        began = time.process_time()
        call()
        took.append(time.process_time() - began)
    return min(took)
