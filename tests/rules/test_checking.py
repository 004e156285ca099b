"""The checker: what contradicts, what does nothing, what no rule speaks of; each with an incident that shows it."""

import pytest

from rules.checking import check
from rules.found import Found, Matter, Weight
from rules.reading import default_policy, default_policy_text, read_policy
from tests.rules.random_policies import a_random_policy


def found_in(*rules: str) -> list[Found]:
    text = "rules:\n" + "".join(f"  - {{{rule}, because: x}}\n" for rule in rules)
    return list(check(read_policy(text, name="x")).found)


def matters(*rules: str) -> list[tuple[Matter, tuple[str, ...]]]:
    return [(one.matter, one.rules) for one in found_in(*rules) if one.weight is not Weight.note]


OUTAGE = "channels: [sms], when: {kind: outage}"


@pytest.mark.parametrize(("one", "other"), [("use", "avoid"), ("require", "block")])
def test_opposite_effects_that_can_meet_are_an_error_with_an_incident(one: str, other: str) -> None:
    [found, *_] = found_in(
        f"rule: a, {OUTAGE}, then: {one}", f"rule: b, channels: all, when: {{severity: severe}}, then: {other}"
    )

    assert (found.matter, found.weight, found.rules, found.channels) == ("contradiction", "error", ("a", "b"), ("sms",))
    assert found.example
    assert found.example.facts == {"kind": "outage", "severity": "severe"}
    assert 'Write "overrides: [b]" in a' in str(found)


@pytest.mark.parametrize(
    ("one", "other"), [("allow", "avoid"), ("use", "block"), ("require", "avoid"), ("allow", "block")]
)
def test_of_other_effects_the_stronger_wins_by_itself(one: str, other: str) -> None:
    found = matters(
        f"rule: a, {OUTAGE}, then: {one}", f"rule: b, channels: [sms], when: {{severity: severe}}, then: {other}"
    )

    assert not found


def test_a_named_exception_settles_a_contradiction() -> None:
    assert not matters(
        f"rule: a, {OUTAGE}, then: use, overrides: [b]",
        "rule: b, channels: [sms], when: {severity: severe}, then: avoid",
    )


def test_rules_that_never_meet_do_not_contradict_each_other() -> None:
    assert not matters(
        "rule: a, channels: [sms], when: {remaining time: less than 2 h}, then: use",
        "rule: b, channels: [sms], when: {remaining time: at least 2 h}, then: avoid",
    )


def test_what_never_happens_together_is_no_contradiction() -> None:
    assert not matters(
        "rule: a, channels: [sms], when: {life safety: yes}, then: use",
        "rule: b, channels: [sms], when: {severity: at most moderate}, then: avoid",
    )


def test_a_list_that_has_a_word_is_not_empty() -> None:
    assert not matters(
        "rule: a, channels: [sms], when: {missing content: includes when}, then: use",
        "rule: b, channels: [sms], when: {missing content: nothing}, then: avoid",
    )


def test_a_contradiction_that_something_stronger_settles_is_none() -> None:
    assert (Matter.contradiction, ("a", "b")) not in matters(
        f"rule: a, {OUTAGE}, then: use", f"rule: b, {OUTAGE}, then: avoid", f"rule: c, {OUTAGE}, then: block"
    )


@pytest.mark.parametrize(
    "when",
    [
        "{life safety: yes, severity: minor}",
        "{over: yes, remaining time: at least 2 h}",
        "{sent to: the public}",
        "{cost: more than 5 SEK, life safety: yes, kind: outage}",
    ],
)
def test_a_rule_that_can_never_fire_is_dead(when: str) -> None:
    assert matters(f"rule: a, channels: [sms], when: {when}, then: use") == [(Matter.dead_rule, ("a",))]


def test_a_rule_whose_exception_covers_it_is_dead() -> None:
    assert matters("rule: a, channels: [sms], when: {kind: outage}, unless: {kind: not fraud}, then: use") == [
        (Matter.dead_rule, ("a",))
    ]


def test_a_rule_that_is_dead_on_one_channel_alone_says_so() -> None:
    [found] = [
        one
        for one in found_in("rule: a, channels: [sms, facebook], when: {sent to: the public}, then: use")
        if one.rules
    ]

    assert (found.matter, found.channels) == (Matter.dead_rule, ("sms",))
    assert "on sms" in found.sentence


def test_a_rule_that_is_always_overridden_never_has_effect() -> None:
    assert (Matter.never_has_effect, ("a",)) in matters(
        f"rule: a, {OUTAGE}, then: use", "rule: b, channels: [sms], when: always, then: avoid, overrides: [a]"
    )


def test_a_rule_that_others_outdo_never_matters_unless_it_asks_for_something() -> None:
    always = "rule: b, channels: [sms], when: always, then: avoid"

    assert matters(f"rule: a, {OUTAGE}, then: avoid", always) == [(Matter.never_matters, ("a",))]
    assert not matters(f"rule: a, {OUTAGE}, then: avoid, shape: Be brief.", always)


def test_an_override_of_a_rule_that_is_never_met_is_useless() -> None:
    assert matters(
        f"rule: a, {OUTAGE}, then: use, overrides: [b]", "rule: b, channels: [email], when: always, then: avoid"
    ) == [(Matter.useless_override, ("a", "b"))]


def test_what_is_accepted_with_a_reason_is_a_note() -> None:
    always = "rule: b, channels: [sms], when: always, then: avoid"
    found = found_in(f"rule: a, {OUTAGE}, then: avoid, accepted: It tells why.", always)

    assert [(one.weight, "Accepted: It tells why." in one.sentence) for one in found if one.rules] == [
        (Weight.note, True)
    ]


def test_an_incident_of_which_no_rule_speaks_is_noted() -> None:
    found = found_in("rule: a, channels: [sms], when: {kind: not fraud}, then: use")

    [gap] = [one for one in found if one.channels == ("sms",)]
    assert gap.matter is Matter.gap
    assert gap.example
    assert gap.example.facts == {"kind": "fraud"}


def test_a_search_that_is_too_long_says_that_it_was_not_decided() -> None:
    findings = check(default_policy(), steps=3)

    assert Matter.not_decided in {one.matter for one in findings.found}
    assert not any(one.weight is Weight.error for one in findings.found)
    assert not any(proof.state == "refuted" for proof in findings.proofs)


def test_all_findings_on_the_default_policy_are_settled() -> None:
    findings = check(default_policy())

    assert findings.may_come_into_force
    assert {one.weight for one in findings.found} == {Weight.note}
    assert [str(proof.state) for proof in findings.proofs] == ["proved"] * 8
    assert len(findings.tried) >= 9


@pytest.mark.parametrize("rule", ["no-fan-broadcast", "not-asked", "low-certainty", "short-vs-latency", "narrow-geo"])
def test_an_exception_that_is_lost_shows_up_as_a_contradiction(rule: str) -> None:
    """Take the rule out of every list of exceptions: the rules that were to win now contradict it."""
    lines = [
        line.replace(f"{rule}, ", "").replace(f", {rule}", "").replace(f"[{rule}]", "[]")
        if "overrides:" in line
        else line
        for line in default_policy_text().splitlines()
    ]

    findings = check(read_policy("\n".join(lines), name="x"))

    errors = [one for one in findings.found if one.weight is Weight.error]
    assert errors
    assert all(one.rules[1] == rule and one.example for one in errors)


def test_a_text_too_entangled_to_be_checked_is_told_so_and_keeps_nobody_waiting() -> None:
    policy = read_policy(a_random_policy(5, rules=200), name="entangled")

    findings = check(policy)

    undecided = [one for one in findings.found if one.matter is Matter.not_decided]
    assert len(undecided) == 1
    assert "further questions: the policy is too entangled to be checked" in undecided[0].sentence
