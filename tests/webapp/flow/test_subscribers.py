"""Consents, one by one; and that the numbers shown are the people who are then sent to."""

from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from rules.terms import Listeners, Severity
from tests.builders import (
    NOON,
    SVEG,
    a_component,
    a_draft,
    a_lead,
    a_subscriber,
    an_incident,
    an_operator,
    an_organisation,
)
from webapp.db import add
from webapp.flow import approvals, audience, drafts, headcount, incidents, submission, subscribers
from webapp.flow.approvals import Recipient
from webapp.flow.areas import Near, Where
from webapp.flow.audience import Concern
from webapp.flow.components import Component
from webapp.flow.notices import NoticeChannel
from webapp.flow.people import Person
from webapp.flow.subscribers import Address, Subscriber, SubscriberPoint, key_of, place_at
from webapp.geo import keys
from webapp.geo.circles import Circle

SMS = "+46701000001"


@pytest.fixture
def operator(session: Session) -> Person:
    """In an organisation."""
    an_organisation(session)
    return add(session, an_operator())


def told(session: Session, *, where: Where | None = None, code: str = "atm", severity: Severity = Severity.minor, listeners: Listeners = Listeners.all) -> list[str]:  # fmt: skip
    """Whom an outage there would be sent to."""
    part = session.exec(select(Component.id).where(Component.code == code)).one()
    concern = Concern(where or Where(nears=(Near("Sveg", Circle(*SVEG, 15_000)),)), (part,), severity)
    rows = session.execute(audience.recipients(session, concern, {"sms": listeners, "email": listeners}))
    return sorted(row.value for row in rows)


@pytest.mark.parametrize(
    ("on_file", "is_customer", "confirmed", "suppressed", "reached", "asked"),
    [
        (False, False, NOON, None, True, True),
        (False, False, None, None, False, False),
        (True, True, None, None, True, False),
        (True, True, NOON, None, True, True),
        (True, True, NOON, NOON, False, False),
        (True, True, None, NOON, False, False),
        (True, False, None, None, False, False),  # no customer any more
    ],
)
def test_an_address_is_used_by_its_consents_alone(
    session: Session, operator: Person, on_file: bool, is_customer: bool,
    confirmed: datetime | None, suppressed: datetime | None, reached: bool, asked: bool,
) -> None:  # fmt: skip
    person = a_subscriber(session, sms=SMS)
    person.is_customer = is_customer
    (address,) = subscribers.addresses(session, person)
    address.is_on_file, address.confirmed_at, address.suppressed_at = on_file, confirmed, suppressed

    assert told(session) == ([SMS] if reached else [])
    assert told(session, listeners=Listeners.asked) == ([SMS] if asked else [])


def test_a_floor_lets_through_what_is_as_bad_or_worse(session: Session, operator: Person) -> None:
    order = ["minor", "moderate", "severe", "extreme"]
    for floor in order:
        a_subscriber(session, sms=floor, floor=Severity(floor))

    for severity in Severity:
        bad = order.index("minor" if severity == "unknown" else severity)  # what nobody knows yet is told as minor
        assert told(session, severity=severity) == sorted(order[: bad + 1])


def test_whoever_follows_a_group_is_told_of_a_part_that_came_later(session: Session, operator: Person) -> None:
    pay = a_component(session, "pay", "Payments", is_group=True)
    a_subscriber(session, sms=SMS, component="pay")
    a_component(session, "cards", "Cards", group=pay)
    incident = an_incident(session, by=operator, components=("cards",))

    concern = incidents.concern_of(session, incidents.filing_of(session, incident))

    assert audience.count(session, concern, channels=["sms"]).people == 1


def test_a_person_in_two_of_the_areas_is_one_person_and_gets_one_message(session: Session, operator: Person) -> None:
    person = a_subscriber(session, sms=SMS)
    place_at(session, person, 62.1, 14.4, label="summer house")
    subscribers.follow_area(session, person, "SE-2361")
    circles = tuple(Near("Sveg", Circle(*SVEG, radius)) for radius in (5_000.0, 15_000.0, 60_000.0))

    assert told(session, where=Where(("SE-2361", "sveg"), circles)) == [SMS]


@pytest.mark.parametrize(("longitude", "middle"), [(179.999, -179.999), (-180.0, 179.99), (180.0, -179.99)])
def test_people_across_180_degrees_are_found(
    session: Session, operator: Person, longitude: float, middle: float
) -> None:
    a_subscriber(session, sms=SMS, at=(-17.0, longitude))

    assert told(session, where=Where(nears=(Near("there", Circle(-17.0, middle, 5_000)),))) == [SMS]


def test_somebody_exactly_at_the_edge_belongs_to_it(session: Session, operator: Person) -> None:
    a_subscriber(session, sms=SMS)
    middle = Near("Sveg", Circle(*keys.point(session.exec(select(SubscriberPoint.z)).one()), 0.0))

    assert told(session, where=Where(nears=(middle,))) == [SMS]


def test_two_addresses_of_one_person_are_one_person(session: Session, operator: Person) -> None:
    a_subscriber(session, sms=SMS, email="anna@mail.example")
    concern = incidents.concern_of(session, incidents.filing_of(session, an_incident(session, by=operator)))

    counted = audience.count(session, concern, channels=["sms", "email"])

    assert (counted.people, len(counted.groups), counted.groups[0].people) == (1, 1, 1)
    assert counted.groups[0].asked == {"sms", "email"}


def test_an_address_belongs_to_one_person(session: Session, operator: Person) -> None:
    a_subscriber(session, sms=SMS)

    with pytest.raises(IntegrityError):
        a_subscriber(session, sms=SMS)


@pytest.mark.parametrize("listeners", Listeners)
def test_the_numbers_before_the_signature_are_those_that_are_frozen(
    session: Session, operator: Person, listeners: Listeners
) -> None:
    for n in range(5):
        a_subscriber(
            session, sms=f"+4670100000{n}", email=f"a{n}@mail.example" if n % 2 else "", language="sv" if n else "en"
        )
        a_subscriber(session, email=f"b{n}@mail.example", sms=f"+4670200000{n}" if n % 3 else "", asked=False)
    notice = a_draft(session, an_incident(session, by=operator), by=operator, channels=["status_page"])
    picks = [
        NoticeChannel(notice_id=notice.id, channel=name, listeners=listeners, override_reason="They look there")
        for name in ("status_page", "sms", "email")
    ]
    told_of = drafts.told_of(
        session, incidents.lock(session, notice.incident_id), notice, status_url="https://x.example"
    )
    drafts.choose_channels(session, notice, picks, told=told_of)
    submission.submit(session, notice, by=operator, now=NOON)
    shown = headcount.count(session, notice, now=NOON)

    approval = approvals.approve(session, notice, by=add(session, a_lead()), now=NOON)

    frozen = approvals.recipient_counts(session, notice)
    assert frozen == {channel: shown.on(channel) for channel in ("sms", "email")}
    assert frozen == ({"sms": 8, "email": 7} if listeners is Listeners.all else {"sms": 5, "email": 2})
    assert approval.recipients == shown.recipients
    people = session.exec(select(Recipient.subscriber_id).where(Recipient.notice_id == notice.id)).all()
    assert len(set(people)) == shown.people


def test_somebody_without_any_address_is_affected_and_nobody_can_reach_them(session: Session, operator: Person) -> None:
    person = add(session, Subscriber(is_customer=True, created_at=NOON))
    place_at(session, person, *SVEG, label="home", is_on_file=True)
    stopped = a_subscriber(session, sms=SMS)
    subscribers.suppress(session, "sms", SMS, reason="STOP", now=NOON)
    concern = incidents.concern_of(session, incidents.filing_of(session, an_incident(session, by=operator)))

    counted = audience.count(session, concern, channels=["sms", "email"])

    assert (counted.people, counted.groups, counted.unreachable) == (1, (), 1)
    assert (
        session.exec(select(Address).where(Address.subscriber_id == key_of(stopped))).one().suppressed_reason == "STOP"
    )
