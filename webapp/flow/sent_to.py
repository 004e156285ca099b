"""What one person was sent, and why; and taking a person out altogether."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, update

from webapp.flow import own_data
from webapp.flow.approvals import Recipient
from webapp.flow.audit import record
from webapp.flow.deliveries import Attempt, DeliveryState
from webapp.flow.incidents import Incident
from webapp.flow.notices import Notice
from webapp.flow.people import Person
from webapp.flow.subscribers import (
    Address,
    Subscriber,
    SubscriberArea,
    SubscriberPoint,
    SubscriberSegment,
    addresses,
    bury,
    key_of,
)

NEWEST = 500  # notices that are looked through


@dataclass(frozen=True, slots=True)
class Sent:
    """One message to one address."""

    notice_id: object
    code: str
    headline: str
    channel: str
    is_asked: bool  # they had asked; else a customer on file
    state: DeliveryState
    at: datetime | None  # of the last attempt
    detail: str


def sent_to(session: Session, subscriber: Subscriber) -> list[Sent]:
    """Of the newest notices, the newest first. By each notice's own index: nobody's number of messages makes it slow."""
    ids = [owned.id for owned in addresses(session, subscriber)]
    newest = sa.select(col(Notice.id), col(Notice.code), col(Notice.incident_id), col(Notice.live_at)).where(
        col(Notice.live_at).is_not(None)
    ).order_by(col(Notice.live_at).desc()).limit(NEWEST).subquery()  # fmt: skip
    earlier = aliased(Attempt)
    last = (
        sa.select(sa.func.max(col(earlier.n)))
        .where(col(earlier.notice_id) == col(Recipient.notice_id), col(earlier.pos) == col(Recipient.pos))
        .correlate(Recipient)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(newest.c.id, newest.c.code, col(Incident.headline), col(Recipient.channel), col(Recipient.is_asked), col(Attempt.state), col(Attempt.at), col(Attempt.detail))
        .select_from(newest)
        .join(Recipient, sa.and_(col(Recipient.notice_id) == newest.c.id, col(Recipient.address_id).in_(ids)))
        .join(Incident, col(Incident.id) == newest.c.incident_id)
        .outerjoin(Attempt, sa.and_(col(Attempt.notice_id) == col(Recipient.notice_id), col(Attempt.pos) == col(Recipient.pos), col(Attempt.n) == last))
        .order_by(newest.c.live_at.desc())
    )  # fmt: skip
    return [Sent(one, code, headline, channel, asked, state or DeliveryState.planned, at, detail or "")
            for one, code, headline, channel, asked, state, at, detail in rows]  # fmt: skip


def remove(session: Session, subscriber: Subscriber, *, by: Person | None, by_name: str, now: datetime) -> None:
    """Delete a person and all that is on file; the rows of frozen recipients stay without their address, so that counts stay true."""
    number = key_of(subscriber)
    own_data.erase(session, subscriber, now=now)
    session.flush()
    mine = col(Address.subscriber_id) == number
    session.execute(
        update(Recipient)
        .where(col(Recipient.subscriber_id) == number)
        .values(value="")
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(Address).where(mine))
    for table in (SubscriberArea, SubscriberPoint, SubscriberSegment):
        session.execute(delete(table).where(col(table.subscriber_id) == number))
    bury(session, number, now=now)
    record(session, "subscriber.deleted", ("subscriber", number), f"{by_name} deleted a subscriber", by=by, now=now)
