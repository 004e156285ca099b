"""Ways to a better verdict: nearest first, one fact before two, and only what somebody can change."""

from datetime import timedelta

from rules.reading import default_policy, read_policy
from rules.terms import Severity, Verdict
from rules.what_if import what_if
from tests.rules.builders import NOON, a_case, an_audience, an_incident, on_file

TWO = """\
rules:
  - {{rule: no, channels: [facebook], when: always, then: avoid, because: x}}
  - {{rule: yes, channels: [facebook], when: {{{when}}}, then: use, overrides: [no], because: x}}
"""


def ways(when: str) -> list[str]:
    return [str(way) for way in what_if(a_case(), read_policy(TWO.format(when=when), name="x"))["facebook"]]


def test_a_single_change_is_told_as_a_test() -> None:
    assert ways("share affected: at least 40 %") == ["use if share affected: at least 40 %"]


def test_two_facts_are_told_together_where_one_is_not_enough() -> None:
    [way] = ways("share affected: at least 40 %, noticeable: yes")

    assert way.startswith("use if ")
    assert set(way.removeprefix("use if ").split(" and ")) == {"share affected: at least 40 %", "noticeable: yes"}


def test_three_facts_and_fixed_ones_are_not_offered() -> None:
    assert ways("share affected: at least 40 %, noticeable: yes, severity: extreme") == []
    assert ways("kind: fraud") == []
    assert ways("life safety: yes") == []


def test_what_cannot_be_is_not_offered() -> None:
    assert ways("over: yes, lead time: at least 1 h") == []


def test_the_nearest_value_is_told() -> None:
    assert ways("severity: at least severe") == ["use if severity: severe"]


def test_of_a_block_and_an_avoid_the_better_way_comes_first() -> None:
    case = a_case(
        an_incident(severity=Severity.minor, expected_end_at=NOON + timedelta(hours=3)),
        audience=an_audience(on_file(900, "sms"), affected=1_000),
    )

    found = what_if(case, default_policy())

    assert found["status page"] == ()
    assert found["facebook"][0].verdict is Verdict.use
    assert "severity: moderate" in found["sms"][0].tests[0]
