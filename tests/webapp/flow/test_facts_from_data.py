"""What the rules are told of the days before comes from our own books."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, select

from rules import facts
from rules.terms import Kind, MessageType, Mode
from tests.builders import (
    NOON,
    STATUS,
    a_component,
    a_draft,
    a_filing,
    a_lead,
    a_subscriber,
    an_incident,
    an_operator,
    an_organisation,
    subscribers,
)
from webapp.db import add
from webapp.flow import assessments, books, deliveries, drafting, lifecycle, recent, schedule, submission
from webapp.flow.approvals import Recipient
from webapp.flow.assessments import Assessment
from webapp.flow.deliveries import Attempt, Chunk, DeliveryState
from webapp.flow.incidents import Filing, Incident
from webapp.flow.notices import NoticeStatus
from webapp.flow.people import Person

DAY = timedelta(days=1)


@pytest.fixture
def operator(session: Session) -> Person:
    """In an organisation with a second component."""
    an_organisation(session, languages=["en", "sv"])
    a_component(session, "card", "Cards")
    return add(session, an_operator())


def case_of(session: Session, filing: Filing | None = None, *, now: datetime = NOON, incident: Incident | None = None) -> facts.Case:  # fmt: skip
    return assessments.recommend(session, filing or a_filing(), now=now, incident=incident).case


def told(session: Session, by: Person, *, at: datetime, people: int, state: DeliveryState = DeliveryState.delivered, **known: Any) -> None:  # fmt: skip
    """The first so many got an SMS at a time, in two tries."""
    times = {"started_at": at, "expected_end_at": at + DAY / 2}
    notice = a_draft(session, an_incident(session, by=by, now=at, **times | known), by=by, now=at)
    notice.status, notice.live_at = NoticeStatus.retired, at
    session.add(notice)
    chunk = add(session, Chunk(notice_id=notice.id, channel="sms", first=0, last=people - 1, due_at=at))
    for pos in range(people):
        add(session, Recipient(notice_id=notice.id, pos=pos, channel="sms", address_id=pos + 1, subscriber_id=pos + 1, value="+46", language="en"))  # fmt: skip
        for n, became in enumerate((DeliveryState.unknown, state)):
            add(
                session,
                Attempt(notice_id=notice.id, pos=pos, n=n, chunk_id=chunk.id or 0, epoch=1, state=became, at=at),
            )
    session.flush()


def test_nobody_was_told_anything_before(session: Session, operator: Person) -> None:
    subscribers(session, 2)

    case = case_of(session)

    assert all(
        (each.recent_messages, each.messages_today, each.announced) == (0, 0, False) for each in case.channels.values()
    )
    assert not case.incident.repeated


def test_what_half_of_the_people_got_is_counted_once_a_message(session: Session, operator: Person) -> None:
    subscribers(session, 4)
    told(session, operator, at=NOON - 3 * DAY, people=4)
    told(session, operator, at=NOON - 2 * DAY, people=2)
    told(session, operator, at=NOON - DAY / 2, people=1)

    sms = case_of(session).channels["sms"]

    assert (sms.recent_messages, sms.messages_today) == (2, 0)
    assert case_of(session).channels["email"].recent_messages == 0


def test_the_week_and_the_day_are_counted_apart_and_weigh_on_the_advice(session: Session, operator: Person) -> None:
    subscribers(session, 3)
    for days in (1.5, 3, 6):
        told(session, operator, at=NOON - days * DAY, people=3)
    told(session, operator, at=NOON - DAY / 2, people=3)

    given = assessments.recommend(session, a_filing(), now=NOON)

    sms = given.case.channels["sms"]
    assert (sms.recent_messages, sms.messages_today) == (4, 1)
    named = {each.rule for each in (*given.advice.channels["sms"].fired, *given.advice.channels["sms"].overridden)}
    assert "fatigue" in named


@pytest.mark.parametrize("why", ["an exercise", "long ago", "it never arrived"])
def test_what_nobody_got_lately_does_not_count(session: Session, operator: Person, why: str) -> None:
    subscribers(session, 1)
    if why == "an exercise":
        told(session, operator, at=NOON - DAY, people=1, mode=Mode.exercise)
    elif why == "long ago":
        told(session, operator, at=NOON - 8 * DAY, people=1)
    else:
        told(session, operator, at=NOON - DAY, people=1)
        for attempt in session.exec(select(Attempt)).all():
            attempt.state = DeliveryState.failed
        session.flush()

    assert case_of(session).channels["sms"].recent_messages == 0


@pytest.mark.parametrize(
    ("known", "is_repeated"),
    [({}, True), ({"kind": Kind.fraud}, False), ({"components": ("card",)}, False), ({"mode": Mode.exercise}, False),
     ({"started_at": NOON - 31 * DAY}, False)],
)  # fmt: skip
def test_the_same_again_within_thirty_days_is_known(
    session: Session, operator: Person, known: dict[str, Any], is_repeated: bool
) -> None:
    known = {"started_at": NOON - 20 * DAY, "expected_end_at": NOON - 19 * DAY} | known
    an_incident(session, by=operator, now=NOON - 20 * DAY, **known)

    assert case_of(session).incident.repeated is is_repeated


def test_an_incident_does_not_repeat_itself(session: Session, operator: Person) -> None:
    incident = an_incident(session, by=operator)

    assert not case_of(session, incident=incident).incident.repeated
    assert case_of(session).incident.repeated


def test_the_languages_are_those_of_the_people_whom_it_concerns(session: Session, operator: Person) -> None:
    assert case_of(session).audience.languages == frozenset()

    a_subscriber(session, sms="+46701000001", language="sv")
    a_subscriber(session, email="fi@mail.example", language="fi")

    assert case_of(session).audience.languages == {"sv", "fi"}


def test_an_update_is_assessed_as_one_where_people_know_already(session: Session, operator: Person) -> None:
    subscribers(session, 2)
    incident = an_incident(session, by=operator)
    notice = a_draft(session, incident, by=operator)
    submission.submit(session, notice, by=operator, now=NOON)
    assert not any(channel.announced for channel in case_of(session, incident=incident).channels.values())

    lifecycle.sign(session, notice, by=add(session, a_lead()), now=NOON, hold_s=0)
    waiting = case_of(session, incident=incident)
    for action in schedule.due(session, now=NOON):
        lifecycle.execute(session, action, now=NOON, status_url=STATUS)
    update = drafting.begin(session, incident, by=operator, now=NOON, status_url=STATUS)

    assert {name for name, channel in waiting.channels.items() if channel.announced} == {"status_page", "sms"}
    known = session.get_one(Assessment, update.assessment_id).facts
    assert known["message_type"] == MessageType.update
    assert known["channels"]["sms"]["announced"]
    assert not known["channels"]["facebook"]["announced"]


def test_the_tables_that_are_read_by_name_exist() -> None:
    for named in books.TABLES:
        own = SQLModel.metadata.tables[named.name]
        assert {column.name for column in named.columns} <= {column.name for column in own.columns}
    assert set(recent.GOT) == {state.value for state in deliveries.TOLD}
