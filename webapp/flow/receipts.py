"""What providers report of deliveries: every report is kept, states only move forward, failure outlives success."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp.db import add, moment
from webapp.flow import attempts, deliveries
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Attempt, DeliveryState
from webapp.flow.subscribers import suppress

# From which states a report may move a delivery on. A late part's failure still wins over "delivered".
BEFORE = {
    DeliveryState.accepted: ("sending", "unknown", "deferred"),
    DeliveryState.sent: ("sending", "unknown", "deferred", "accepted"),
    DeliveryState.delivered: ("sending", "unknown", "deferred", "accepted", "sent"),
    DeliveryState.undelivered: ("sending", "unknown", "deferred", "accepted", "sent", "delivered"),
    DeliveryState.failed: ("sending", "unknown", "deferred", "accepted", "sent", "delivered"),
    DeliveryState.expired: ("sending", "unknown", "deferred", "accepted", "sent"),
}


class Receipt(SQLModel, table=True):
    """One report, as it came."""

    __table_args__ = (sa.UniqueConstraint("notice_id", "pos", "provider_id", "status", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    notice_id: UUID = Field(foreign_key="notice.id")
    pos: int
    provider_id: str = Field(max_length=64)
    status: str = Field(max_length=24)  # the provider's word
    code: str = Field(default="", max_length=32)
    at: datetime = moment()


def record(
    session: Session,
    key: str,
    state: DeliveryState | None,
    *,
    provider_id: str,
    status: str,
    code: str,
    now: datetime,
    suppresses: str = "",
) -> bool:
    """Keep a report on the delivery with our key and move its state on; the same report again changes nothing.

    `state`: what it means for us, None = nothing new. False = there is no such delivery.
    """
    recipient = _recipient(session, key)
    if recipient is None:
        return False
    same = select(Receipt).where(
        Receipt.notice_id == recipient.notice_id, Receipt.pos == recipient.pos, Receipt.provider_id == provider_id,
        Receipt.status == status, Receipt.code == code,
    )  # fmt: skip
    if session.exec(same).first() is not None:
        return True
    receipt = Receipt(
        notice_id=recipient.notice_id, pos=recipient.pos, provider_id=provider_id, status=status, code=code, at=now
    )
    try:
        with session.begin_nested():
            add(session, receipt)
    except IntegrityError:  # the same report has just come by another door
        return True
    if state in BEFORE:
        _move(session, recipient, state, provider_id=provider_id, code=code, now=now)
    if suppresses:
        suppress(session, recipient.channel, recipient.value, reason=suppresses, now=now)
    return True


def of(session: Session, notice_id: UUID, pos: int) -> list[Receipt]:
    """All reports on one delivery, oldest first."""
    return list(
        session.exec(
            select(Receipt).where(Receipt.notice_id == notice_id, Receipt.pos == pos).order_by(col(Receipt.id))
        )
    )


def _move(
    session: Session, recipient: Recipient, state: DeliveryState, *, provider_id: str, code: str, now: datetime
) -> None:
    attempt = session.exec(
        select(Attempt)
        .where(Attempt.notice_id == recipient.notice_id, Attempt.pos == recipient.pos)
        .order_by(col(Attempt.n).desc())
    ).first()
    if attempt is None:
        return
    moved = (
        update(Attempt)
        .where(
            col(Attempt.notice_id) == attempt.notice_id, col(Attempt.pos) == attempt.pos, col(Attempt.n) == attempt.n,
            col(Attempt.state).in_([DeliveryState(word) for word in BEFORE[state]]),
        )
        .values(state=state, provider_id=provider_id, settled_at=now, again_at=None)
    )  # fmt: skip
    deliveries.lock(session, attempt.chunk_id)
    session.execute(moved.values(code=code[:32]) if code else moved)
    attempts.recount(session, attempt.chunk_id, now=now)


def _recipient(session: Session, key: str) -> Recipient | None:
    notice_id, _, pos = key.rpartition(".")
    if not pos.isascii() or not pos.isdecimal() or len(pos) > 9:
        return None
    try:
        return session.get(Recipient, (UUID(notice_id), int(pos)))
    except ValueError:
        return None
