"""Small things in one mail a day, for those who want it so: what waits, and the mail that is made of it.

What waits is a deferred delivery like any other, due a little after its mail: should no mail be made, it goes out alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, delete, select, update

from webapp.db import moment
from webapp.flow import attempts, deliveries, letters
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Attempt, DeliveryState
from webapp.flow.notices import Message, Notice
from webapp.flow.organisation import organisation
from webapp.flow.subscribers import Address, BigId, Subscriber

ALONE_AFTER = timedelta(minutes=30)
LIFE = timedelta(hours=2)
AT_ONCE = 500
SAID = {
    "en": ("{name}: small things today", "These small things still hold:", "You get this once a day because you asked for it."),
    "sv": ("{name}: småsaker i dag", "Det här gäller fortfarande:", "Du får det här en gång om dagen för att du har bett om det."),
}  # fmt: skip


class DigestItem(SQLModel, table=True):
    """One delivery that waits for its recipient's next mail."""

    __tablename__ = "digest_item"
    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    pos: int = Field(primary_key=True)
    n: int
    address_id: int = Field(sa_type=BigId)
    due_at: datetime = moment(index=True)


def put(session: Session, waiting: Sequence[tuple[Recipient, int, datetime]]) -> None:
    """Let these recipients' attempts wait for the mail at their moment."""
    rows = [
        {
            "notice_id": recipient.notice_id,
            "pos": recipient.pos,
            "n": n,
            "address_id": recipient.address_id,
            "due_at": at,
        }
        for recipient, n, at in waiting
    ]
    if rows:
        session.execute(sa.insert(DigestItem), rows)


def any_due(session: Session, *, now: datetime) -> bool:
    """Whether a mail is to be made."""
    return session.exec(select(DigestItem.pos).where(DigestItem.due_at <= now).limit(1)).first() is not None


def write_due(session: Session, *, now: datetime) -> int:
    """Make the mails that are due, each of what still holds; how many. What is over by now is told to nobody."""
    due = (
        select(DigestItem).where(DigestItem.due_at <= now).order_by(col(DigestItem.address_id), col(DigestItem.due_at))
    )
    items = session.exec(due.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    _lock_chunks(session, items)
    by_address: dict[int, list[DigestItem]] = {}
    for item in items:
        by_address.setdefault(item.address_id, []).append(item)
    written = sum(_write_one(session, address_id, own, now=now) for address_id, own in by_address.items())
    for item in items:
        session.execute(delete(DigestItem).where(col(DigestItem.notice_id) == item.notice_id, col(DigestItem.pos) == item.pos))  # fmt: skip
    return written


def _lock_chunks(session: Session, items: Sequence[DigestItem]) -> None:
    """In one order, as all who hold several do: else two would wait for each other."""
    mine = sa.tuple_(col(Attempt.notice_id), col(Attempt.pos)).in_([(item.notice_id, item.pos) for item in items])
    for chunk_id in sorted(session.execute(sa.select(col(Attempt.chunk_id)).where(mine).distinct()).scalars()):
        deliveries.lock(session, chunk_id)


def _write_one(session: Session, address_id: int, items: list[DigestItem], *, now: datetime) -> bool:
    owned = session.get(Address, address_id)
    if owned is None or owned.suppressed_at is not None or owned.confirmed_at is None:
        return False
    person = session.get_one(Subscriber, owned.subscriber_id)
    still = [item for item in items if not person.is_paused and _still_holds(session, item, now=now)]
    texts = [text for item in still if (text := _text(session, item, person.language))]
    if not texts:
        return False
    _settle(session, still, now=now)
    subject, intro, why = SAID.get(person.language, SAID["en"])
    body = "\n\n".join([intro, *texts, why])
    letter = letters.write(
        session, owned.channel, owned.value, subject=subject.format(name=organisation(session).name), body=body,
        language=person.language, now=now, life=LIFE,
    )  # fmt: skip
    letter.subscriber_id = person.id
    session.add(letter)
    return True


def _still_holds(session: Session, item: DigestItem, *, now: datetime) -> bool:
    """Whether it still matters and nobody has sent it alone."""
    if not session.get_one(Notice, item.notice_id).may_be_sent_at(now):
        return False
    mine = select(Attempt).where(Attempt.notice_id == item.notice_id, Attempt.pos == item.pos)
    newest = session.exec(mine.order_by(col(Attempt.n).desc()).limit(1)).first()
    return newest is not None and newest.n == item.n and newest.state is DeliveryState.deferred


def _text(session: Session, item: DigestItem, language: str) -> str:
    wanted = select(Message).where(Message.notice_id == item.notice_id, Message.channel == "email")
    by_language = {message.language: message for message in session.exec(wanted)}
    default = organisation(session).languages[0]
    message = by_language.get(language) or by_language.get(default)
    return f"* {message.subject}\n\n{message.body.strip()}" if message else ""


def _settle(session: Session, items: list[DigestItem], *, now: datetime) -> None:
    """These deliveries are in the mail."""
    for item in items:
        mine = (
            col(Attempt.notice_id) == item.notice_id,
            col(Attempt.pos) == item.pos,
            col(Attempt.n) == item.n,
        )
        chunk_id = session.execute(sa.select(col(Attempt.chunk_id)).where(*mine)).scalar_one()
        taken = update(Attempt).where(*mine).values(
            state=DeliveryState.accepted, settled_at=now, again_at=None, code="digest", detail="In the daily mail"
        )  # fmt: skip
        session.execute(taken.execution_options(synchronize_session=False))
        attempts.recount(session, chunk_id, now=now)
