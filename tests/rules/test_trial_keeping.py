"""An incident becomes a scenario that reads, holds, and is kept once."""

from pathlib import Path

import pytest

from rules.checking import check
from rules.decision import decide
from rules.diff import differences
from rules.reading import default_policy, default_policy_text, read_policy
from rules.scenario import read_scenario
from rules.timing import timing_of
from rules.trial_keeping import facts_said, keep
from rules.trying import said_of

TEXT = default_policy_text()
FILES = sorted((Path(__file__).parent / "scenarios").glob("*.toml"))


def test_a_counter_example_is_kept_where_it_says_and_holds() -> None:
    narrow, wide = "never gets: [sms, push, email, webhook]", "never gets: [sms, push, email, webhook, facebook]"
    broken = TEXT.replace(narrow, wide, 1)
    proof = next(one for one in check(read_policy(broken, name="x")).proofs if one.example)
    assert proof.example

    kept = keep(broken, "Broken: no links", proof.example.facts, [proof.channel])

    policy = read_policy(kept.text, name="x")
    assert kept.text.startswith(broken)
    assert kept.text.splitlines()[kept.line - 1] == '  - name: "Broken: no links"'
    assert policy.trials[-1].at.line == kept.line
    assert list(policy.trials[-1].expect) == ["facebook"]
    assert check(policy).tried[-1].misses == ()


def test_the_same_is_not_kept_twice_and_another_gets_a_name_of_its_own() -> None:
    first = keep(TEXT, "Mine", {"kind": "fraud"}, ["sms"])
    again = keep(first.text, "Mine", {"kind": "fraud"}, ["sms"])
    other = keep(first.text, "Mine", {"kind": "safety"}, ["sms"])

    assert (again.text, again.line, again.is_new, first.is_new) == (first.text, first.line, False, True)
    assert (other.name, other.is_new) == ("Mine (2)", True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_any_incident_is_kept_and_holds_and_says_what_the_rules_said(file: Path) -> None:
    policy, case = default_policy(), read_scenario(file.read_text()).case

    kept = keep(TEXT, file.stem, facts_said(case, policy))

    [*_, tried] = check(read_policy(kept.text, name="x")).tried
    decisions = decide(case, policy, timing_of(case, policy.figures))
    known = {name: one.facts for name, one in decisions.items() if None not in one.facts.values()}
    said = {name: said_of(policy, name, facts)[0] for name, facts in known.items()}
    assert tried.misses == ()
    assert {name: tried.trial.expect[name] for name in said} == said
    assert max(map(len, kept.text.splitlines())) < 200


def test_an_example_of_a_difference_becomes_a_scenario_that_shows_it() -> None:
    new = TEXT.replace("stale share: more than 50 %", "stale share: more than 40 %")
    [first, *_] = differences(read_policy(TEXT, name="old"), read_policy(new, name="new"))
    assert first.example

    kept = keep(new, "Half", first.example.facts, first.channels[:1])
    before = check(read_policy(TEXT + kept.text[len(new) :], name="x")).tried[-1]

    assert read_policy(kept.text, name="x").trials[-1].expect == {first.channels[0]: first.after}
    assert before.misses
