"""Scenes that tests of the flow begin with, what people do in them, and what is then in the books."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Thread
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules.terms import Certainty, Kind, Severity, Urgency
from tests.arrow import Arrow
from tests.builders import (
    NOON,
    STATUS,
    a_draft,
    a_lead,
    a_submitted_notice,
    an_operator,
    an_organisation,
    subscribers,
)
from webapp import db
from webapp.flow import fan_out, incidents, lifecycle, notices, submission
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Attempt, Chunk, DeliveryState
from webapp.flow.incidents import Incident
from webapp.flow.notices import Notice
from webapp.flow.people import Person, Role

ALL = ("status_page", "sms", "email", "facebook")


def a_bank(session: Session, *, sms: int = 0, email: int = 0) -> tuple[Person, Person]:
    """An organisation with so many people who asked; its operator and its lead."""
    operator, lead = an_operator(), a_lead()
    an_organisation(session)
    session.add_all([operator, lead])
    session.flush()
    subscribers(session, sms)
    subscribers(session, email, channel="email")
    return operator, lead


def approved(
    session: Session, *, sms: int = 0, email: int = 0, channels: Sequence[str] = ALL, now: datetime = NOON,
    hold_s: float = 0, **known: Any,
) -> Notice:  # fmt: skip
    """A bank whose notice is signed and on the schedule; committed."""
    operator, lead = a_bank(session, sms=sms, email=email)
    notice = a_submitted_notice(session, by=operator, channels=channels, now=now, **known)
    lifecycle.sign(session, notice, by=lead, now=now, hold_s=hold_s)
    session.commit()
    return notice


def life_safety() -> dict[str, Any]:
    """Facts of an incident for which sleep is disturbed and doubts are sent again."""
    return {
        "kind": Kind.safety, "severity": Severity.extreme, "urgency": Urgency.immediate, "certainty": Certainty.observed,
        "headline": "Fjällbanken: gas leak in Sveg", "instruction": "Leave the building and call 112. Next update at 13:30.",
    }  # fmt: skip


def an_update(arrow: Arrow, before: Notice, *, channels: Sequence[str] = ALL, end: datetime | None = None) -> Notice:
    """A signed notice that takes the place of a live one, with the incident's end moved if one is given."""
    with db.transaction(arrow.engine) as session:
        operator, lead = person(session, Role.operator), person(session, Role.lead)
        incident = session.get_one(Incident, before.incident_id)
        if end:
            incidents.move_end(session, incident, end, None, by=operator, now=arrow.now)
        update = a_draft(session, incident, by=operator, channels=channels, now=arrow.now)
        update.follows_id, update.message_type = before.id, notices.MessageType.update
        session.add(update)
        submission.submit(session, update, by=operator, now=arrow.now)
        lifecycle.sign(session, update, by=lead, now=arrow.now, hold_s=0)
        return update


def person(session: Session, role: Role = Role.operator) -> Person:
    """The first with this role."""
    return session.exec(select(Person).where(Person.role == role)).first() or _nobody()


def stop(arrow: Arrow, notice: Notice) -> int:
    """An operator presses Stop."""
    with db.transaction(arrow.engine) as session:
        return lifecycle.stop(session, session.get_one(Notice, notice.id), by=person(session), now=arrow.now)


def withdraw(arrow: Arrow, notice: Notice) -> None:
    """An operator takes it down everywhere."""
    with db.transaction(arrow.engine) as session:
        found = session.get_one(Notice, notice.id)
        lifecycle.withdraw(session, found, by=person(session), now=arrow.now, status_url=STATUS)


def resolve(arrow: Arrow, notice: Notice) -> None:
    """An operator sees that the incident is over."""
    with db.transaction(arrow.engine) as session:
        incident = session.get_one(Incident, notice.incident_id)
        lifecycle.resolve(session, incident, note="Over", by=person(session), now=arrow.now, status_url=STATUS)


def move_end(arrow: Arrow, notice: Notice, end: datetime) -> None:
    """An operator expects another end."""
    with db.transaction(arrow.engine) as session:
        incident = session.get_one(Incident, notice.incident_id)
        incidents.move_end(session, incident, end, None, by=person(session), now=arrow.now)


def stored(arrow: Arrow, notice: Notice) -> Notice:
    """As the database has it now."""
    with db.reading(arrow.engine) as session:
        return session.get_one(Notice, notice.id)


def texted(arrow: Arrow) -> list[str]:
    """The numbers that got a text, in order, each as often as it got one."""
    return sorted(text["recipient"] for text in arrow.received("sms"))


def mailed(arrow: Arrow) -> list[str]:
    """The same of mail."""
    return sorted(mail["recipient"] for mail in arrow.received("email"))


def counts(engine: sa.Engine, notice: Notice) -> dict[str, int]:
    """What has become of a notice's recipients, by its counters; without noughts."""
    with db.reading(engine) as session:
        total: Counter[str] = Counter()
        for progress in fan_out.progress(session, notice):
            total.update(progress.counts)
    return {state: number for state, number in total.items() if number}


def recounted(engine: sa.Engine, notice: Notice) -> dict[str, int]:
    """The same from the attempts alone, whatever the counters say."""
    found: Counter[str] = Counter()
    with db.reading(engine) as session:
        chunks = session.exec(select(Chunk).where(Chunk.notice_id == notice.id)).all()
        newest = select(Attempt).where(Attempt.notice_id == notice.id).order_by(col(Attempt.n))
        state_at = {attempt.pos: attempt.state for attempt in session.exec(newest)}
        for pos in session.exec(select(Recipient.pos).where(Recipient.notice_id == notice.id)):
            own = next(chunk for chunk in chunks if chunk.first <= pos <= chunk.last)
            untried = DeliveryState.cancelled if own.state == "cancelled" else DeliveryState.planned
            found[state_at.get(pos, untried)] += 1
    return {str(state): number for state, number in found.items()}


def a_sender(arrow: Arrow) -> Callable[[], None]:
    """What a sender's thread does until nothing is due; its connections end with it."""

    def send() -> None:
        try:
            while not arrow.dispatcher.ending.is_set() and arrow.dispatcher.send_some():
                pass
        finally:
            arrow.dispatcher.close()

    return send


def together(*acts: Callable[[], object]) -> None:
    """Do all of these at once, each in a thread; raises the first mistake of any."""
    mistakes: list[BaseException] = []

    def guarded(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as mistake:
            mistakes.append(mistake)

    threads = [Thread(target=guarded, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if mistakes:
        raise mistakes[0]


def _nobody() -> Person:
    raise LookupError("nobody has this role here")


def attempts_of(arrow: Arrow, notice: Notice) -> list[Attempt]:
    """Every try of a notice, by recipient and then in time."""
    with db.reading(arrow.engine) as session:
        wanted = select(Attempt).where(Attempt.notice_id == notice.id)
        return list(session.exec(wanted.order_by(col(Attempt.pos), col(Attempt.n))))


def another_notice(arrow: Arrow, *, channel: str = "sms", **known: Any) -> Notice:
    """Another incident, announced to the same people at this moment."""
    with db.transaction(arrow.engine) as session:
        operator, lead = person(session, Role.operator), person(session, Role.lead)
        notice = a_submitted_notice(session, by=operator, channels=("status_page", channel), now=arrow.now, **known)
        lifecycle.sign(session, notice, by=lead, now=arrow.now, hold_s=0)
        return notice
