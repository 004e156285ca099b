"""What would have to be different: offered only where it helps and can be changed."""

from datetime import timedelta

import pytest

from rules.advice import advise
from rules.facts import ChannelSetup
from rules.reading import default_policy, read_policy
from rules.terms import Severity
from tests.rules.builders import NOON, a_case, an_audience, an_incident, asked, four_channels, on_file

TWO_RULES = """\
rules:
  - {{rule: no, channels: [facebook], when: {{{no}}}, then: avoid, because: x}}
  - {{rule: yes, channels: [facebook], when: {{{yes}}}, then: use, because: x}}
"""


@pytest.mark.parametrize(
    ("no", "yes", "change"),
    [
        (
            "followers affected: less than 40 %",
            "followers affected: at least 40 %",
            "followers affected: at least 40 %",
        ),
        (
            "followers affected: at most 40 %",
            "followers affected: more than 40 %",
            "followers affected: more than 40 %",
        ),
        ("remaining time: at least 2 h", "remaining time: less than 2 h", "remaining time: less than 2 h"),
        ("remaining time: more than 2 h", "remaining time: at most 2 h", "remaining time: at most 2 h"),
        ("severity: at most moderate", "severity: at least severe", "severity: severe or extreme"),
        ("noticeable: no", "noticeable: yes", "noticeable: yes"),
    ],
)
def test_the_nearest_change_of_one_fact_is_told_in_the_words_of_a_policy(no: str, yes: str, change: str) -> None:
    policy = read_policy(TWO_RULES.format(no=no, yes=yes), name="x")

    assert advise(a_case(), policy).channels["facebook"].would_change_if == (change,)


def test_what_nobody_can_change_is_never_offered() -> None:
    policy = read_policy(TWO_RULES.format(no="kind: outage", yes="kind: fraud"), name="x")

    assert advise(a_case(), policy).channels["facebook"].would_change_if == ()


def test_two_facts_are_offered_together_where_one_is_not_enough() -> None:
    policy = default_policy()
    case = a_case(
        an_incident(severity=Severity.minor, expected_end_at=NOON + timedelta(hours=3)),
        audience=an_audience(affected=1_000),
    )

    assert advise(case, policy).channels["facebook"].would_change_if == (
        "share affected: at least 10 % and noticeable: yes",
    )


def test_a_channel_that_is_used_needs_no_change() -> None:
    assert advise(a_case(audience=an_audience(asked(9, "sms"))), default_policy()).channels["sms"].would_change_if == ()


def test_a_channel_that_is_dead_would_serve_if_it_worked() -> None:
    dead = four_channels(sms=ChannelSetup(available=False))
    case = a_case(channels=dead, audience=an_audience(asked(900, "sms")))

    assert advise(case, default_policy()).channels["sms"].would_change_if == ("working: yes",)


def test_small_things_would_be_told_to_everybody_if_they_were_greater() -> None:
    case = a_case(an_incident(severity=Severity.minor), audience=an_audience(on_file(900, "sms")))

    assert advise(case, default_policy()).channels["sms"].would_change_if == (
        "severity: moderate or severe or extreme",
    )
