"""How rules combine: without order, with named exceptions, with unknown facts."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.advice import advise, as_json
from rules.cells import Value
from rules.reading import default_policy, default_policy_text, read_policy
from rules.terms import Effect, Verdict
from rules.verdicts import failed_conditions, find, worlds
from tests.rules.builders import NOON, a_case, an_audience, an_incident, asked, on_file

EFFECTS = [effect.value for effect in Effect]


def policy_of(*rules: str) -> str:
    return "rules:\n" + "".join(f"  - {rule}\n" for rule in rules)


def a_rule(name: str, then: str, *, when: str = "always", extra: str = "") -> str:
    return f"{{rule: {name}, channels: [sms], when: {when}, then: {then}, because: x{extra}}}"


@pytest.mark.parametrize(("stronger", "weaker"), [(EFFECTS[i], EFFECTS[j]) for i in range(5) for j in range(i + 1, 5)])
def test_the_stronger_effect_wins_in_either_order(stronger: str, weaker: str) -> None:
    one, other = a_rule("one", stronger), a_rule("other", weaker)

    for text in (policy_of(one, other), policy_of(other, one)):
        policy = read_policy(text, name="x")
        known = next(worlds(policy.by_channel["sms"], {}, policy))
        assert find(policy.by_channel["sms"], known).effect == stronger


def test_an_exception_silences_the_rule_that_it_names() -> None:
    policy = read_policy(
        policy_of(a_rule("one", "block"), a_rule("other", "use", extra=", overrides: [one]")), name="x"
    )

    found = find(policy.by_channel["sms"], 0)

    assert [rule.name for rule in found.fired] == ["other"]
    assert [(rule.name, by) for rule, by in found.overridden] == [("one", "other")]


def test_a_rule_that_is_overridden_overrides_nothing() -> None:
    policy = read_policy(
        policy_of(
            a_rule("lowest", "avoid"),
            a_rule("middle", "use", extra=", overrides: [lowest]"),
            a_rule("highest", "block", extra=", overrides: [middle]"),
        ),
        name="x",
    )

    assert {rule.name for rule in find(policy.by_channel["sms"], 0).fired} == {"lowest", "highest"}


def test_an_exception_that_does_not_fire_silences_nothing() -> None:
    other = a_rule("other", "use", when="{noticeable: yes}", extra=", overrides: [one]")
    policy = read_policy(policy_of(a_rule("one", "block"), other), name="x")

    assert find(policy.by_channel["sms"], policy.layout.observe({"noticeable": "no"})).effect is Effect.block


def test_unless_any_of_needs_one_and_unless_needs_both() -> None:
    both = "unless: {noticeable: yes, severity: minor}"
    either = "unless any of: [{noticeable: yes}, {severity: minor}]"
    facts: dict[str, Value] = {"noticeable": "yes", "severity": "severe"}

    for unless, fires in ((both, True), (either, False)):
        policy = read_policy(policy_of(a_rule("one", "use", extra=f", {unless}")), name="x")
        assert bool(find(policy.by_channel["sms"], policy.layout.observe(facts)).fired) is fires


def test_modifiers_add_up_and_the_strictest_clock_and_life_win() -> None:
    text = policy_of(
        a_rule("one", '{not before: "06:00", approval: lead, expires: 3 h}'),
        a_rule("two", '{not before: "08:00", approval: [legal, lead], expires: 2 h}'),
        a_rule("three", "use"),
    )
    now = NOON.replace(hour=5)
    incident = an_incident(started_at=now, expected_end_at=NOON)

    advice = advise(a_case(incident, now=now), read_policy(text, name="x"))

    assert advice.channels["sms"].not_before == "08:00"
    assert advice.channels["sms"].approval == ("lead", "legal")
    assert advice.expires_at == now + timedelta(hours=2)


def test_a_rule_that_failed_names_the_conditions_of_the_nearest_alternative() -> None:
    when = "{noticeable: yes, severity: minor, kind: fraud}"
    policy = read_policy(policy_of(a_rule("one", "use", when=when)), name="x")
    facts: dict[str, Value] = {"noticeable": "no", "severity": "minor", "kind": "fraud"}

    found = failed_conditions(policy.by_channel["sms"][0], policy.layout.observe(facts), policy.layout)

    assert found == ("noticeable: yes",)


def test_the_same_verdict_in_every_world_needs_no_knowledge() -> None:
    text = policy_of(
        a_rule("short", "avoid", when="{remaining time: less than 1 h}"),
        a_rule("long", "avoid", when="{remaining time: at least 1 h}"),
    )
    unknown = an_incident(expected_end_at=None)

    advice = advise(a_case(unknown), read_policy(text, name="x"))

    assert advice.channels["sms"].verdict is Verdict.avoid
    assert advice.end_is_assumed
    assert not [one for one in advice.undecided if one.channel == "sms"]


def test_a_verdict_that_hangs_on_an_unknown_end_says_so() -> None:
    text = policy_of(
        a_rule("short", "avoid", when="{remaining time: less than 1 h}"),
        a_rule("long", "use", when="{remaining time: at least 1 h}", extra=", approval: lead"),
    )

    advice = advise(a_case(an_incident(expected_end_at=None)), read_policy(text, name="x"))

    [open_one] = [one for one in advice.undecided if one.channel == "sms"]
    assert open_one.depends_on == ("expected end",)
    assert set(open_one.could_be) == {Verdict.avoid, Verdict.use}
    assert advice.channels["sms"].verdict is Verdict.use, "an outage usually lasts two hours"


def test_an_approval_that_some_end_would_ask_for_is_asked_for() -> None:
    text = policy_of(
        a_rule("any", "use"), a_rule("long", "{approval: legal}", when="{remaining time: at least 3 days}")
    )

    advice = advise(a_case(an_incident(expected_end_at=None)), read_policy(text, name="x"))

    assert advice.approval == ("legal",)


def test_worlds_leave_out_what_is_never_together() -> None:
    policy = default_policy()
    rules = [rule for rule in policy.by_channel["sms"] if rule.name == "night-override"]
    facts: dict[str, Value] = {"life safety": None, "kind": "outage"}

    assert len(list(worlds(rules, facts, policy))) == 1


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_the_rules_changes_no_verdict(seed: int) -> None:
    content = yaml.load(default_policy_text(), Loader=yaml.BaseLoader)  # noqa: S506 - it constructs nothing but text
    Random(seed).shuffle(content["rules"])
    shuffled = read_policy(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), name="shuffled")
    incident = an_incident(noticeable=bool(seed % 2), expected_end_at=NOON + timedelta(minutes=seed % 900 + 1))
    case = a_case(incident, audience=an_audience(asked(500, "sms"), on_file(2_000, "sms", "email")))

    one, other = advise(case, default_policy()), advise(case, shuffled)

    for key in case.channels:
        assert one.channels[key].verdict is other.channels[key].verdict
        assert set(one.channels[key].approval) == set(other.channels[key].approval)
        assert one.channels[key].not_before == other.channels[key].not_before


def test_the_same_case_gives_the_same_advice_bit_for_bit() -> None:
    assert as_json(advise(a_case(), default_policy())) == as_json(advise(a_case(), default_policy()))


def test_a_channel_without_figures_is_refused_and_named() -> None:
    case = a_case()

    with pytest.raises(ValueError, match="no figures for pigeon"):
        advise(replace(case, channels={**case.channels, "pigeon": case.channels["sms"]}), default_policy())
