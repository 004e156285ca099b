"""Builders: each makes a valid thing; a test names only what it is about."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TypedDict, Unpack

from rules.facts import Audience, Case, ChannelSetup, Group, Incident, Organisation, Text
from rules.terms import Certainty, Kind, MessageType, Mode, Severity, Urgency

WINTER = timezone(timedelta(hours=1))
NOON = datetime(2026, 11, 19, 12, 0, tzinfo=WINTER)
STOCKHOLM = "Europe/Stockholm"

RULE = """\
rules:
  - rule: one
    channels: [sms]
    when:
      {test}
    then: use
    because: It is a test.
"""


class IncidentWords(TypedDict, total=False):
    """What a test may say of an incident."""

    kind: Kind
    mode: Mode
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    started_at: datetime
    expected_end_at: datetime | None
    next_update_at: datetime | None
    components: tuple[str, ...]
    noticeable: bool
    named_people: bool
    impersonation: bool
    sender_spoofed: bool
    sensitive: bool
    money_lost: bool
    public_place: bool
    repeated: bool
    shown_as_working: bool


def an_organisation(customers: int = 100_000) -> Organisation:
    return Organisation("Fjällbanken", STOCKHOLM, customers, "SEK")


def an_incident(**words: Unpack[IncidentWords]) -> Incident:
    usual = Incident(
        kind=Kind.outage,
        severity=Severity.moderate,
        urgency=Urgency.expected,
        certainty=Certainty.observed,
        started_at=NOON,
        expected_end_at=NOON + timedelta(hours=6),
    )
    return replace(usual, **words)


def asked(people: int, *channels: str) -> Group:
    return Group(people, asked=frozenset(channels))


def on_file(people: int, *channels: str) -> Group:
    return Group(people, on_file=frozenset(channels))


def an_audience(*groups: Group, affected: int = 10_000) -> Audience:
    return Audience(affected, groups)


def four_channels(**changed: ChannelSetup) -> dict[str, ChannelSetup]:
    usual = {
        "status_page": ChannelSetup(),
        "sms": ChannelSetup(),
        "email": ChannelSetup(),
        "facebook": ChannelSetup(followers=20_000),
    }
    return {**usual, **changed}


def a_case(
    incident: Incident | None = None,
    *,
    now: datetime = NOON,
    audience: Audience | None = None,
    channels: dict[str, ChannelSetup] | None = None,
    organisation: Organisation | None = None,
    text: Text | None = None,
    message_type: MessageType = MessageType.alert,
) -> Case:
    return Case(
        now=now,
        organisation=organisation or an_organisation(),
        channels=channels or four_channels(),
        incident=incident or an_incident(),
        audience=audience or an_audience(asked(1_000, "sms", "email")),
        text=text,
        message_type=message_type,
    )


def a_danger(**words: Unpack[IncidentWords]) -> Incident:
    """An incident of life safety."""
    danger: IncidentWords = {
        "kind": Kind.safety,
        "urgency": Urgency.immediate,
        "severity": Severity.extreme,
        "certainty": Certainty.observed,
    }
    return an_incident(**(danger | words))


def a_fraud(**words: Unpack[IncidentWords]) -> Incident:
    """Somebody pretends to be us."""
    fraud: IncidentWords = {
        "kind": Kind.fraud,
        "severity": Severity.severe,
        "urgency": Urgency.immediate,
        "impersonation": True,
        "expected_end_at": NOON + timedelta(days=3),
    }
    return an_incident(**(fraud | words))
