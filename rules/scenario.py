"""One decision as a TOML file: a case, and what is expected of the advice."""

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.expectations import Expectations, read_expectations
from rules.facts import Audience, Case, ChannelSetup, Group, Incident, Organisation, Text
from rules.figures import Medium
from rules.mistakes import did_you_mean
from rules.reading import default_policy
from rules.table import ScenarioMistakes, Table
from rules.terms import Certainty, Kind, MessageType, Mode, Sector, Severity, Urgency

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # stands in for a moment whose mistake has been noted


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file, read."""

    story: str
    case: Case
    expect: Expectations = field(default_factory=Expectations)


def read_scenario(text: str) -> Scenario:
    """The scenario of a file. Raises ScenarioMistakes with every mistake, each with its key path."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioMistakes([f"This is not a TOML file: {error}."]) from error
    except (ValueError, RecursionError) as error:
        told = "It cannot be read: a number is too long, or brackets are nested too deep."
        raise ScenarioMistakes([told]) from error
    sentences: list[str] = []
    root = Table(values, "", sentences)
    root.demand("now", such_as="2026-11-19T12:10:00+01:00")
    now = root.moment("now", _EPOCH) or _EPOCH
    channels = _channels(root.table("channels"))
    case = Case(
        now=now,
        organisation=_organisation(root.table("organisation")),
        channels=channels,
        incident=_incident(root.table("incident"), now),
        audience=_audience(root.table("audience"), set(channels)),
        text=_text(root.table("text")) if root.has("text") else None,
        message_type=root.word("message_type", MessageType, MessageType.alert),
    )
    scenario = Scenario(root.text("story"), case, read_expectations(root.table("expect"), set(channels)))
    root.refuse_unknown()
    if sentences:
        raise ScenarioMistakes(sentences)
    return scenario


def _organisation(table: Table) -> Organisation:
    table.demand("customers", such_as="1_200_000")
    table.demand("time_zone", such_as='"Europe/Stockholm"')
    organisation = Organisation(
        name=table.text("name"),
        time_zone=table.text("time_zone", "UTC"),
        customers=table.whole("customers", 1, least=1),
        currency=table.text("currency", default_policy().figures.currency),
        sector=table.word("sector", Sector, Sector.finance),
        threshold_people=table.whole("threshold_people", 0) or None,
        threshold_min=table.number("threshold_min", 0.0) or None,
        month_budget=table.number("month_budget", 0.0) if table.has("month_budget") else None,
        month_spent=table.number("month_spent", 0.0),
    )
    if not _is_zone(organisation.time_zone):
        table.wrong("time_zone", f'"{organisation.time_zone}" is not known; write an IANA name: "Europe/Stockholm"')
    table.refuse_unknown()
    return organisation


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _channels(table: Table) -> dict[str, ChannelSetup]:
    """A channel is set up if its table is there."""
    setups = {key: _setup(table.table(key), key) for key in table.values}
    known = _mediums()
    for key in table.values:
        if key not in known:
            table.wrong(key, f"is not a channel.{did_you_mean(key, known)}")
    return setups


def _setup(table: Table, key: str) -> ChannelSetup:
    speed = "messages_per_second" if key == "email" and table.has("messages_per_second") else "segments_per_second"
    base = ChannelSetup()
    setup = ChannelSetup(
        available=table.claim("available", base=True),
        can_choose_area=table.claim("can_choose_area", base=False),
        depends_on=table.texts("depends_on"),
        down=table.text("down"),
        failing=table.text("failing"),
        segments_per_second=table.number(speed, 0.0, least=1e-3) if table.has(speed) else None,
        segments=table.whole("segments", base.segments, least=1),
        price_per_segment=table.number("price_per_segment", 0.0) if table.has("price_per_segment") else None,
        followers=table.whole("followers", base.followers),
        reach=table.number("reach", 0.0, most=1.0) if table.has("reach") else None,
        followers_affected=table.number("followers_affected", 0.0) if table.has("followers_affected") else None,
        actual_provider=table.claim("actual_provider", base=False),
        announced=table.claim("announced", base=False),
        recent_messages=table.whole("recent_messages", 0),
        messages_today=table.whole("messages_today", 0),
    )
    table.refuse_unknown()
    return setup


def _incident(table: Table, now: datetime) -> Incident:
    table.demand("kind", such_as='"outage"')
    started_at = table.moment("started_at", now) or now
    incident = Incident(
        kind=table.word("kind", Kind, Kind.outage),
        started_at=started_at,
        mode=table.word("mode", Mode, Mode.actual),
        severity=table.word("severity", Severity, Severity.unknown),
        urgency=table.word("urgency", Urgency, Urgency.unknown),
        certainty=table.word("certainty", Certainty, Certainty.unknown),
        expected_end_at=table.moment("expected_end_at"),
        next_update_at=table.moment("next_update_at"),
        components=table.texts("components"),
        noticeable=table.claim("noticeable", base=False),
        named_people=table.claim("named_people", base=False),
        impersonation=table.claim("impersonation", base=False),
        sender_spoofed=table.claim("sender_spoofed", base=False),
        sensitive=table.claim("sensitive", base=False),
        money_lost=table.claim("money_lost", base=False),
        public_place=table.claim("public_place", base=False),
        repeated=table.claim("repeated", base=False),
        open_complaints=table.number("open_complaints", 1.0),
        shown_as_working=table.claim("shown_as_working", base=False),
    )
    if incident.expected_end_at and incident.expected_end_at < started_at:
        table.wrong("expected_end_at", "is before started_at; write a later moment, or leave it out if it is not known")
    table.refuse_unknown()
    return incident


def _audience(table: Table, channels: set[str]) -> Audience:
    table.demand("affected", such_as="1_450")
    affected = table.whole("affected", 0)
    groups = tuple(_group(group, channels) for group in table.tables("reachable"))
    listed = sum(group.people for group in groups)
    if listed > affected and table.has("affected"):
        table.wrong("reachable", f"lists {listed:,} people, more than the {affected:,} affected; each counts once")
    audience = Audience(affected, groups, frozenset(table.texts("languages")))
    table.refuse_unknown()
    return audience


def _group(table: Table, channels: set[str]) -> Group:
    table.demand("channels", such_as='["sms", "email"]')
    table.demand("people", such_as="110")
    named = frozenset(table.texts("channels"))
    mediums = _mediums()
    for name in sorted(named):
        if name not in channels and name not in mediums:
            table.wrong("channels", f'"{name}" is not a channel.{did_you_mean(name, sorted(channels))}')
        elif mediums.get(name, Medium.addresses) is not Medium.addresses:
            table.wrong("channels", f"{name} has no addresses and is not listed here; it meets everybody")
    asked = table.claim("asked", base=True)
    people = table.whole("people", 0)
    table.refuse_unknown()
    return Group(people, asked=named) if asked else Group(people, on_file=named)


def _mediums() -> dict[str, Medium]:
    return {figures.key: figures.medium for figures in default_policy().figures.channels.values()}


def _text(table: Table) -> Text:
    text = Text(
        headline=table.text("headline"),
        description=table.text("description"),
        instruction=table.text("instruction"),
        links=table.claim("links", base=False),
        languages=frozenset(table.texts("languages")),
        written_by_hand=table.claim("written_by_hand", base=False),
    )
    table.refuse_unknown()
    return text
