"""Valid things for tests: a test names only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlmodel import Session, select

from rules.terms import Certainty, Kind, Listeners, Severity, Urgency
from webapp import clock
from webapp.db import add
from webapp.flow import assessments, drafting, drafts, incidents, policies, submission
from webapp.flow.areas import Area, Level, Near, Where, near
from webapp.flow.components import Component
from webapp.flow.incidents import Filing, Incident, public_id
from webapp.flow.notices import Notice, NoticeChannel
from webapp.flow.organisation import ChannelSetup, Organisation
from webapp.flow.people import Person, Role, hashed
from webapp.flow.subscribers import Address, Subscriber, Subscription, key_of, place_at

NOON = datetime(2026, 11, 19, 11, 10, tzinfo=UTC)  # Thursday 12:10 in Stockholm
THREE = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)  # 15:00 in Stockholm
STATUS = "https://status.example.org"
PASSWORD = "a password for tests"
SVEG = (62.0346, 14.3658)
NUMBERS = count(1)


@cache
def password_hash() -> str:
    """Hashed once: it is slow on purpose."""
    return hashed(PASSWORD)


def a_person(role: Role = Role.operator, *, name: str = "", email: str = "") -> Person:
    """Not yet stored."""
    number = next(NUMBERS)
    return Person(name=name or f"{role.capitalize()} {number}", email=email or f"person{number}@bank.example",
                  role=role, password_hash=password_hash())  # fmt: skip


def an_operator(**known: Any) -> Person:
    """Who files."""
    return a_person(Role.operator, **known)


def a_lead(**known: Any) -> Person:
    """Who approves."""
    return a_person(Role.lead, **known)


def an_organisation(
    session: Session, *, languages: Sequence[str] = ("en",), customers: int = 1_200_000
) -> Organisation:
    """A bank with four channels, cash machines, Sveg on its map and the default policy in force."""
    add(session, ChannelSetup(channel="status_page", position=0))
    add(session, ChannelSetup(channel="sms", position=1, segments_per_second=1_000, price_per_segment=0.50))
    add(session, ChannelSetup(channel="email", position=2))
    add(session, ChannelSetup(channel="facebook", position=3, followers=180_000, reach=0.0165))
    a_component(session, "atm", "Cash machines")
    add(session, Area(code="SE-2361", name="Härjedalen", level=Level.municipality))
    add(
        session,
        Area(
            code="sveg", name="Sveg", level=Level.locality, parent_code="SE-2361", latitude=SVEG[0], longitude=SVEG[1]
        ),
    )
    policies.put_default_in_force(session, now=datetime(2026, 1, 1, tzinfo=UTC))
    return add(session, Organisation(name="Fjällbanken", page_id="fjallbanken1", time_zone="Europe/Stockholm",
                                     customers=customers, currency="SEK", languages=list(languages)))  # fmt: skip


def a_component(
    session: Session, code: str, name: str, *, group: Component | None = None, is_group: bool = False
) -> Component:
    """A part of the service."""
    return add(session, Component(public_id=public_id(), code=code, name=name, group_id=group.id if group else None,
                                  is_group=is_group, created_at=NOON, updated_at=NOON))  # fmt: skip


def a_subscriber(
    session: Session, *, sms: str = "", email: str = "", asked: bool = True, at: tuple[float, float] | None = SVEG,
    language: str = "en", component: str | None = "atm", floor: Severity = Severity.minor,
) -> Subscriber:  # fmt: skip
    """Somebody in Sveg who follows the cash machines; `asked=False`: a customer whose addresses are merely on file."""
    person = add(session, Subscriber(language=language, is_customer=not asked, created_at=NOON))
    for channel, value in (("sms", sms), ("email", email)):
        if value:
            add(session, Address(subscriber_id=key_of(person), channel=channel, value=value, is_on_file=not asked,
                                 confirmed_at=NOON if asked else None))  # fmt: skip
    if at:
        place_at(session, person, *at, label="home", is_on_file=not asked)
    if asked:
        followed = session.exec(select(Component.id).where(Component.code == component)).first()
        add(session, Subscription(subscriber_id=key_of(person), component_id=followed, severity_floor=floor))
    return person


def subscribers(session: Session, number: int, *, channel: str = "sms", first: int = 0) -> list[str]:
    """So many people who asked, and their addresses."""
    values = [
        f"+46701{first + n:06d}" if channel == "sms" else f"reader{first + n}@mail.example" for n in range(number)
    ]
    for value in values:
        a_subscriber(session, sms=value if channel == "sms" else "", email=value if channel == "email" else "")
    return values


def a_filing(**known: Any) -> Filing:
    """Cash machines down in one place until three."""
    usual: dict[str, Any] = {
        "kind": Kind.outage, "headline": "Cash machines in Sveg do not work", "severity": Severity.minor, "urgency": Urgency.expected,
        "certainty": Certainty.observed, "started_at": NOON - timedelta(minutes=10), "expected_end_at": THREE, "components": ("atm",),
    }  # fmt: skip
    return Filing(**usual | known)


def in_sveg(session: Session, radius_km: float = 15.0) -> Where:
    """Where, as an operator says it."""
    around: Near = near(session, "Sveg", radius_km)
    return Where(nears=(around,))


def an_incident(session: Session, *, by: Person, now: datetime = NOON, **known: Any) -> Incident:
    """Filed, in Sveg."""
    known.setdefault("where", in_sveg(session))
    return incidents.file_incident(session, a_filing(**known), by=by, now=now)


def a_draft(
    session: Session,
    incident: Incident,
    *,
    by: Person,
    channels: Sequence[str] = ("status_page", "sms"),
    now: datetime = NOON,
) -> Notice:
    """A notice to everybody on these channels."""
    assessment = assessments.assess(session, incident, by=by, now=now)
    notice = drafts.draft(session, incident, assessment, by=by, now=now, status_url=STATUS)
    told = drafts.told_of(session, incident, notice, status_url=STATUS)
    picks = [
        NoticeChannel(notice_id=notice.id, channel=each, listeners=Listeners.all, override_reason="They look there")
        for each in channels
    ]
    drafts.choose_channels(session, notice, picks, told=told)
    left_out = {each: "It is down" for each in assessment.result["channels"] if each not in channels}
    drafting.leave_out(session, notice, left_out)
    return notice


def a_submitted_notice(
    session: Session,
    *,
    by: Person,
    channels: Sequence[str] = ("status_page", "sms"),
    now: datetime = NOON,
    **known: Any,
) -> Notice:
    """A notice that waits for a lead."""
    notice = a_draft(session, an_incident(session, by=by, now=now, **known), by=by, channels=channels, now=now)
    submission.submit(session, notice, by=by, now=now)
    return notice


def where_it_is_noon() -> str:
    """A zone in which it is between 11 and 13 o'clock now, so that true time meets no quiet hours."""
    east = (12 - clock.now().hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
