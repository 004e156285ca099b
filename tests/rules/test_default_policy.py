"""The default policy: every rule fires where it should, every named exception wins, nothing is left undecided."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest

from rules.advice import Advice, advise
from rules.facts import Case, ChannelSetup, Text
from rules.policy import ChannelRule, Policy
from rules.reading import default_policy
from rules.terms import Certainty, Effect, Kind, MessageType, Mode, Severity
from tests.rules.builders import (
    NOON,
    a_case,
    a_danger,
    a_fraud,
    an_audience,
    an_incident,
    an_organisation,
    four_channels,
    on_file,
)

POLICY = default_policy()
NIGHT = NOON.replace(hour=3)
NAMES = [
    "status-first",
    "no-green",
    "narrow-geo",
    "short-vs-latency",
    "too-late-mail",
    "expire",
    "date-in-text",
    "retire",
    "individual-case",
    "amplification",
    "angry-visitors",
    "no-fan-broadcast",
    "fraud-narrow",
    "fraud-broad",
    "no-links-fraud",
    "spoofed-sender",
    "verifiable",
    "drill-live",
    "two-person",
    "cancel-path",
    "all-clear-symmetry",
    "correction-exact",
    "maintenance",
    "long-local",
    "quiet-hours",
    "night-override",
    "consent-class",
    "sensitive-security",
    "regulatory",
    "cost",
    "throughput",
    "fatigue",
    "dead-channel",
    "content-complete",
    "promise",
    "language",
    "update-rhythm",
    "low-certainty",
    "asked",
    "not-asked",
]

GOOD_TEXT = Text(
    headline="Fjällbanken: cash machines in Sveg are down",
    description="Since Thursday 19 November 12:00 the cash machines in Sveg give no money.",
    instruction="Use the machine at the station. Next update Thursday 19 November 14:00.",
)
PLANNED = an_incident(
    kind=Kind.maintenance, started_at=NOON + timedelta(days=3), expected_end_at=NOON + timedelta(days=3, hours=4)
)
EVERYBODY_NOTICES = an_incident(noticeable=True, severity=Severity.severe)
ANNOUNCED = four_channels(
    status_page=ChannelSetup(announced=True),
    sms=ChannelSetup(announced=True),
    facebook=ChannelSetup(announced=True, followers=20_000),
)


def channel(**changed: ChannelSetup) -> dict[str, ChannelSetup]:
    return four_channels(**changed)


def on(case: Case) -> Advice:
    return advise(case, POLICY)


def fired(case: Case, on_channel: str) -> list[str]:
    return [rule.rule for rule in on(case).channels[on_channel].fired]


FIRES: list[tuple[str, str, Case]] = [
    ("status-first", "status_page", a_case()),
    ("no-green", "sms", a_case(an_incident(shown_as_working=True))),
    ("narrow-geo", "facebook", a_case(audience=an_audience(affected=1_000))),
    ("short-vs-latency", "email", a_case(an_incident(expected_end_at=NOON + timedelta(hours=1)))),
    ("too-late-mail", "email", a_case(an_incident(expected_end_at=NOON + timedelta(hours=3)), audience=an_audience(on_file(500, "email")))),
    ("expire", "status_page", a_case(an_incident(expected_end_at=None))),
    ("date-in-text", "facebook", a_case(text=Text("Cards are down", "They do not work today between 13-14."))),
    ("retire", "facebook", a_case(now=NOON + timedelta(hours=7))),
    ("individual-case", "facebook", a_case(an_incident(named_people=True))),
    ("individual-case", "status_page", a_case(audience=an_audience(affected=20))),
    ("individual-case", "status_page", a_case(text=Text("Hello", "Your card 4111 1111 1111 1111 was charged twice."))),
    ("amplification", "facebook", a_case(an_incident(money_lost=True))),
    ("amplification", "facebook", a_case(an_incident(repeated=True))),
    ("angry-visitors", "facebook", a_case(EVERYBODY_NOTICES)),
    ("no-fan-broadcast", "facebook", a_case()),
    ("fraud-narrow", "sms", a_case(a_fraud(impersonation=False), audience=an_audience(on_file(100, "sms"), affected=100))),
    ("fraud-broad", "email", a_case(a_fraud())),
    ("no-links-fraud", "email", a_case(a_fraud(), text=replace(GOOD_TEXT, links=True))),
    ("no-links-fraud", "sms", a_case(a_fraud(), text=Text("Fraud", "Call us at 0771-22 44 88."))),
    ("spoofed-sender", "sms", a_case(a_fraud(sender_spoofed=True))),
    ("verifiable", "sms", a_case()),
    ("drill-live", "sms", a_case(an_incident(mode=Mode.exercise), channels=channel(sms=ChannelSetup(actual_provider=True)))),
    ("two-person", "sms", a_case()),
    ("two-person", "facebook", a_case()),
    ("two-person-page", "status_page", a_case(text=replace(GOOD_TEXT, written_by_hand=True))),
    ("cancel-path", "sms", a_case(channels=ANNOUNCED)),
    ("all-clear-symmetry", "sms", a_case(channels=ANNOUNCED, message_type=MessageType.cancel)),
    ("correction-exact", "sms", a_case(channels=ANNOUNCED, message_type=MessageType.error)),
    ("no-new-listeners", "email", a_case(channels=ANNOUNCED, message_type=MessageType.error)),
    ("maintenance", "email", a_case(PLANNED)),
    ("long-local", "facebook", a_case(an_incident(public_place=True, expected_end_at=NOON + timedelta(days=4)))),
    ("quiet-hours", "sms", a_case(now=NIGHT)),
    ("night-override", "sms", a_case(a_danger(), now=NIGHT)),
    ("consent-class", "status_page", a_case(text=Text("Cards are down", "Meanwhile see our offers for a new card."))),
    ("sensitive-security", "email", a_case(an_incident(sensitive=True))),
    ("regulatory", "facebook", a_case(an_incident(kind=Kind.data_breach))),
    ("regulatory", "sms", a_case(audience=an_audience(affected=9_000))),
    ("cost", "sms", a_case(an_incident(severity=Severity.minor))),
    ("throughput", "sms", a_case(audience=an_audience(on_file(90_000, "sms"), affected=90_000))),
    ("fatigue", "sms", a_case(channels=channel(sms=ChannelSetup(recent_messages=3)))),
    ("fatigue", "email", a_case(channels=channel(email=ChannelSetup(messages_today=2)))),
    ("dead-channel", "sms", a_case(an_incident(components=("mobile-network",)), channels=channel(sms=ChannelSetup(depends_on=("mobile-network",))))),
    ("dead-channel", "email", a_case(channels=channel(email=ChannelSetup(available=False)))),
    ("content-complete", "sms", a_case(text=Text("Cards are down"))),
    ("content-complete-danger", "sms", a_case(a_danger(), text=Text("Danger"))),
    ("content-asked-danger", "sms", a_case(a_danger(), text=Text("Danger", instruction="Stay inside."))),
    ("fraud-wide", "sms", a_case(a_fraud(impersonation=False), audience=an_audience(on_file(9_000, "sms"), affected=9_000))),
    ("breach-direct", "email", a_case(an_incident(kind=Kind.data_breach))),
    ("maintenance-soon", "sms", a_case(an_incident(kind=Kind.maintenance, started_at=NOON + timedelta(hours=6), expected_end_at=NOON + timedelta(hours=9)), audience=an_audience(on_file(500, "sms")))),
    ("cost", "sms", a_case(organisation=replace(an_organisation(), month_budget=100.0, month_spent=90.0))),
    ("dead-channel", "sms", a_case(channels=channel(sms=ChannelSetup(down="depends on the gateway, which is down since 14:02")))),
    ("dead-channel", "sms", a_case(channels=channel(sms=ChannelSetup(failing="has not been taken by its provider since 14:02")))),
    ("promise", "status_page", a_case(an_incident(certainty=Certainty.possible))),
    ("language", "sms", a_case(audience=replace(an_audience(), languages=frozenset({"sv", "en"})), text=replace(GOOD_TEXT, languages=frozenset({"sv"})))),
    ("update-rhythm", "status_page", a_case(an_incident(next_update_at=NOON - timedelta(minutes=1)))),
    ("update-escalation", "status_page", a_case(an_incident(next_update_at=NOON - timedelta(minutes=10)))),
    ("low-certainty", "sms", a_case(an_incident(certainty=Certainty.possible), audience=an_audience(on_file(500, "sms")))),
    ("asked", "sms", a_case()),
    ("not-asked", "sms", a_case(an_incident(severity=Severity.minor), audience=an_audience(on_file(500, "sms")))),
    ("drill-prefix", "sms", a_case(an_incident(mode=Mode.test))),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "on_channel", "case"), FIRES, ids=[f"{case[0]} on {case[1]}" for case in FIRES])
def test_the_rule_fires(rule: str, on_channel: str, case: Case) -> None:
    assert rule in fired(case, on_channel)


def test_every_rule_of_the_policy_is_seen_firing() -> None:
    assert {rule.name for rule in POLICY.rules} == {case[0] for case in FIRES}


def test_the_forty_rules_are_all_there() -> None:
    assert len(NAMES) == 40
    assert set(NAMES) <= {rule.name for rule in POLICY.rules}


def test_every_rule_says_why_and_where_from() -> None:
    assert all(rule.because and rule.source for rule in POLICY.rules)


def test_every_figure_of_a_channel_says_where_it_comes_from() -> None:
    for figures in POLICY.figures.channels.values():
        assert {"delivered", "seen", "seen delay"} <= set(figures.sources)


EXCEPTIONS = """
maintenance > not-asked; asked > too-late-mail, not-asked, low-certainty; short-vs-latency > asked;
long-local > narrow-geo, no-fan-broadcast; angry-visitors > no-fan-broadcast, narrow-geo;
fraud-broad > no-fan-broadcast, narrow-geo, too-late-mail, not-asked; fraud-narrow > not-asked;
spoofed-sender > fraud-broad, asked; night-override > quiet-hours, fatigue, cost, not-asked, short-vs-latency
"""


@pytest.mark.parametrize("line", [line.strip() for line in EXCEPTIONS.split(";")])
def test_the_named_exception_stands_in_the_policy(line: str) -> None:
    rule, others = line.split(" > ")

    assert set(others.split(", ")) <= set(POLICY.rule[rule].overrides)


def contradictions(policy: Policy) -> set[tuple[str, str, str]]:
    """Pairs that could fire together with opposite effects, and neither overrides the other."""
    found = set()
    for on_channel, rules in policy.by_channel.items():
        for one, other in combinations(rules, 2):
            if {one.effect, other.effect} in ({Effect.use, Effect.avoid}, {Effect.require, Effect.block}):
                if one.name in other.overrides or other.name in one.overrides:
                    continue
                if can_fire_together(one, other, policy):
                    found.add((on_channel, one.name, other.name))
    return found


def can_fire_together(one: ChannelRule, other: ChannelRule, policy: Policy) -> bool:
    every = sum(dimension.full for dimension in policy.layout.dimensions)
    for first in one.when:
        for second in other.when:
            allowed = every & ~(first.forbidden | second.forbidden)
            is_empty = any(not allowed & dimension.full for dimension in policy.layout.dimensions)
            is_excepted = any(not allowed & case.forbidden for rule in (one, other) for case in rule.unless)
            is_never = any(not allowed & never for never in policy.impossible)
            if not (is_empty or is_excepted or is_never):
                return True
    return False


def test_no_two_rules_contradict_each_other_without_a_decision() -> None:
    assert contradictions(POLICY) == set()


def test_a_reader_of_the_status_page_is_never_held_back_by_lateness_or_place() -> None:
    late = {"short-vs-latency", "too-late-mail", "narrow-geo", "throughput", "quiet-hours", "fatigue"}

    assert not late & {rule.name for rule in POLICY.by_channel["status page"]}
