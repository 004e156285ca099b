"""Whatever is written: a policy or scenario is read, or its mistakes are told. Nothing else happens."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.mistakes import Mistake, PolicyMistakes
from rules.reading import read_policy
from rules.scenario import read_scenario
from rules.table import ScenarioMistakes

POLICY = """\
general: {currency: SEK}
channels:
  sms: {seen: 50 %, seen delay: {median: 5 min, spread: 1.9}}
rules:
  - rule: one
    channels: [sms, email]
    when any of:
      - {kind: outage or fraud, remaining time: at least 2 x channel reach time}
      - {local time: from 22:00 to 07:00, missing content: includes when}
    unless: {severity: at least severe}
    then: {sms: use, email: avoid}
    not before: "07:00"
    overrides: [two]
    because: A reason.
  - {rule: two, channels: all, when: always, then: block, because: x}
"""
SCENARIO = (Path(__file__).parent / "scenarios" / "phishing-in-our-name.toml").read_text(encoding="utf-8")
CHANGES = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 9), st.text(alphabet=":{}[],\"'#-\n %0x@&*!|>=é\t", max_size=3)),
    min_size=1,
    max_size=3,
)


def changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    for place, removed, added in changes:
        at = place % len(text)
        text = text[:at] + added + text[at + removed :]
    return text


def mistakes_of_policy(text: str) -> list[Mistake]:
    try:
        read_policy(text, name="x")
    except PolicyMistakes as mistakes:
        return mistakes.findings
    return []


def mistakes_of_scenario(text: str) -> list[str]:
    try:
        read_scenario(text)
    except ScenarioMistakes as mistakes:
        return mistakes.sentences
    return []


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_a_policy_is_read_or_its_mistakes_are_told_with_their_places(changes: list[tuple[int, int, str]]) -> None:
    for found in mistakes_of_policy(changed(POLICY, changes)):
        assert found.line >= 1
        assert found.column >= 1
        assert found.sentence


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_a_scenario_is_read_or_its_mistakes_are_told(changes: list[tuple[int, int, str]]) -> None:
    assert all(mistakes_of_scenario(changed(SCENARIO, changes)))


def test_the_unchanged_texts_are_right() -> None:
    assert len(read_policy(POLICY, name="x").rules) == 2
    assert read_scenario(SCENARIO).story
