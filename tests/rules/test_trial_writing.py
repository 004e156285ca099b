"""From a counter-example to a scenario of the policy with one click."""

import pytest

from rules.cells import Value
from rules.checking import check
from rules.reading import default_policy, read_policy
from rules.trial_reading import values_on
from rules.trial_writing import said_of_facts, trial_text
from rules.trying import said_of
from rules.vocabulary import vocabulary

RULES = """\
rules:
  - {rule: a, channels: [sms], when: {remaining time: more than 90 min, severity: at least severe}, then: use, because: x}
  - {rule: b, channels: [sms], when: {local time: from 22:00 to 07:00, missing content: includes when}, then: block, because: x}
"""


@pytest.mark.parametrize(
    ("promise", "verdict"),
    [
        ("{every incident: {severity: extreme}, gets: sms}", "block"),
        ("{every incident: {severity: extreme, remaining time: at least 3 days}, gets: sms}", "block"),
        ("{every incident: always, never gets: sms}", "none"),
    ],
)
def test_a_counter_example_becomes_a_scenario_that_holds(promise: str, verdict: str) -> None:
    policy = read_policy(f"{RULES}promises:\n  - {promise}\n", name="x")
    [proof] = check(policy).proofs
    assert proof.example

    text = trial_text(f"Broken: {promise[:20]}", proof.example.facts, {"sms": verdict})
    [tried] = check(read_policy(f"{RULES}scenarios:\n{text}", name="x")).tried

    assert tried.misses == ()


def test_known_facts_are_written_as_they_are_read() -> None:
    facts: dict[str, Value] = {"kind": "fraud", "share affected": 0.075, "remaining time": 170.0, "local time": 1350.0, "cost@sms": 566.0,
             "missing content": ("when", "where"), "severity": "moderate", "lead time": None}  # fmt: skip

    said = said_of_facts(facts, currency="SEK")

    assert said == {"kind": "fraud", "share affected": "7.5 %", "remaining time": "170 min", "local time": "22:30",
                    "cost@sms": "566 SEK", "missing content": "[when, where]"}  # fmt: skip
    policy = read_policy(f"{RULES}scenarios:\n{trial_text('x', said, {'sms': 'none'})}", name="x")
    read = policy.trials[0].facts["sms"]
    assert {name: read[name.partition("@")[0]] for name in said} == {name: facts[name] for name in said}


def test_what_the_rules_say_of_plain_facts_can_be_asked() -> None:
    policy = default_policy()
    usual = values_on(policy.figures.channels["sms"], vocabulary().facts, {"people asked": 10.0})

    verdict, fired = said_of(policy, "sms", usual)

    assert verdict == "use"
    assert "asked" in fired
