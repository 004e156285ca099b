"""Promises are proved over all incidents or refuted by one; scenarios run on every check."""

import pytest

from rules.checking import check
from rules.mistakes import PolicyMistakes
from rules.proving import Proof, State
from rules.reading import read_policy

TWO = """\
rules:
  - {rule: small, channels: [sms], when: {severity: at most minor}, then: use, because: x}
  - {rule: great, channels: [sms, email], when: {severity: at least severe}, then: use, approval: lead, because: x}
  - {rule: night, channels: [sms], when: {local time: from 22:00 to 07:00}, then: {not before: "07:00"}, because: x}
  - {rule: open, channels: [sms], when: {end given: no}, then: {needs: an end}, because: x}
  - {rule: fraud, channels: [sms, email], when: {kind: fraud, link in text: yes}, then: block, because: x}
"""


def proof_of(promise: str, rules: str = TWO) -> Proof:
    [proof] = check(read_policy(f"{rules}promises:\n  - {{{promise}}}\n", name="x")).proofs
    return proof


@pytest.mark.parametrize(
    "promise",
    [
        "every incident: {severity: severe, kind: not fraud}, gets: sms",
        "every incident: {severity: severe, kind: outage}, gets: [sms, email]",
        "every incident: {severity: not moderate, kind: not fraud}, gets: at least one channel",
        "every incident: {kind: fraud, link in text: yes}, never gets: [sms, email]",
        "every incident any of: [{severity: severe}, {severity: extreme}], unless: {kind: fraud}, gets: sms",
        "every incident: {local time: from 08:00 to 20:00}, never held: any channel",
        "every incident: {end given: no}, completed first: sms",
        "every incident: {severity: at least severe}, always signed: email",
        "raising: severity, every incident: {severity: at least moderate}, never removes: any channel",
        "raising: people affected, never removes: any channel",
    ],
)
def test_a_promise_that_holds_is_proved(promise: str) -> None:
    assert proof_of(promise).state is State.proved


@pytest.mark.parametrize(
    ("promise", "channel", "example"),
    [
        ("every incident: {severity: severe}, gets: sms", "sms", {"kind": "fraud", "severity": "severe", "link in text": "yes"}),
        ("every incident: {severity: moderate}, gets: at least one channel", "", {"severity": "moderate"}),
        ("every incident: {kind: fraud}, never gets: sms", "sms", {"kind": "fraud"}),
        ("every incident: always, never held: any channel", "sms", None),
        ("every incident: {end given: no}, completed first: email", "email", {"end given": "no"}),
        ("every incident: {severity: at most minor}, always signed: sms", "sms", None),
    ],
)  # fmt: skip
def test_a_promise_that_does_not_hold_is_refuted_by_an_incident(
    promise: str, channel: str, example: dict[str, str] | None
) -> None:
    proof = proof_of(promise)

    assert (proof.state, proof.channel) == (State.refuted, channel)
    assert proof.example
    if example:
        assert proof.example.facts.items() >= example.items()


def test_a_channel_that_is_lost_when_things_get_worse_is_shown_before_and_after() -> None:
    proof = proof_of("raising: severity, never removes: sms")

    assert proof.example
    assert proof.example.facts["severity"] in {"unknown", "minor"}
    assert proof.example.later == {"severity": "moderate"}


def test_a_fact_of_one_channel_is_named_with_it() -> None:
    rules = "rules:\n  - {rule: a, channels: all, when: {working: yes}, then: use, because: x}\n"

    assert proof_of("every incident: {working@email: yes}, gets: email", rules).state is State.proved
    assert proof_of("every incident: {working@email: yes}, gets: at least one channel", rules).state is State.proved
    assert proof_of("every incident: {working@email: yes}, gets: sms", rules).state is State.refuted


def test_a_broken_promise_keeps_a_policy_from_coming_into_force() -> None:
    policy = read_policy(f"{TWO}promises:\n  - {{every incident: always, gets: sms}}\n", name="x")

    assert not check(policy).may_come_into_force


def test_a_scenario_that_comes_out_otherwise_is_told_with_the_rules_that_fired() -> None:
    trial = "scenarios:\n  - {name: Small, incident: {severity: minor}, expect: {sms: avoid, email: none}}\n"

    findings = check(read_policy(TWO + trial, name="x"))

    assert [one.misses for one in findings.tried] == [("sms: expected avoid, got use (fired: small)",)]
    assert not findings.may_come_into_force


MISTAKES = [
    ("promises:\n  - {every incident: {knd: outage}, gets: sms}", 8, 23, '"knd" is not a fact. Did you mean "kind"?'),
    ("promises:\n  - {every incident: {kind: outge}, gets: sms}", 8, 29, 'Did you mean "outage"?'),
    ("promises:\n  - {every incident: always, gets: smss}", 8, 36, '"smss" is not a channel. Did you mean "sms"?'),
    ("promises:\n  - {every incident: always}", 8, 5, "A promise says one thing of these"),
    ("promises:\n  - {gets: sms}", 8, 5, "Say of which incidents"),
    ("promises:\n  - {raising: kind, never removes: sms}", 8, 15, "kind cannot be raised"),
    ("promises:\n  - {every incident: always, never removes: sms}", 8, 5, "belong together"),
    ("promises:\n  - {every incident: {kind@sms: outage}, gets: sms}", 8, 23, "leave out @sms"),
    ("promises:\n  - {every incident: {working@smss: yes}, gets: sms}", 8, 23, '"smss" is not a channel'),
    ("promises: yes", 7, 11, "stands a list"),
    ("scenarios:\n  - {incident: {kind: outage}, expect: {sms: use}}", 8, 5, "needs a name"),
    ("scenarios:\n  - {name: x, incident: {remaining time: 5}, expect: {sms: use}}", 8, 42, '"5" has no unit'),
    ("scenarios:\n  - {name: x, incident: {kind: fraud}, expect: {sms: usee}}", 8, 54, '"usee" is not known here. Did you mean "use"?'),
    ("scenarios:\n  - {name: x, incident: {kind: fraud}}", 8, 5, "says what it expects"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "words"), MISTAKES)
def test_a_mistake_in_a_promise_or_scenario_is_found_at_its_place(
    text: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(PolicyMistakes) as caught:
        read_policy(f"{TWO}{text}\n", name="x")

    [found] = caught.value.findings
    assert (found.line, found.column) == (line, column)
    assert words in found.sentence
