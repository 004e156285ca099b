"""From the frozen set to work: recipients cut into chunks, an all-clear to those who were told, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from webapp.db import add
from webapp.flow.approvals import Recipient, freeze_from
from webapp.flow.deliveries import OPEN, ORDINARY, TOLD, Attempt, Chunk, DeliveryState
from webapp.flow.notices import Notice, channels_of

CHUNK = 200
LIFE_SAFETY_FIRST = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What has become of everybody on one channel of a notice."""

    channel: str
    total: int
    counts: dict[str, int]

    @property
    def unsent(self) -> int:
        """Neither sent nor given up."""
        return sum(self.counts.get(state, 0) for state in OPEN)

    @property
    def taken(self) -> int:
        """The provider has them, or had."""
        return sum(self.counts.get(state, 0) for state in ("accepted", "sent", "delivered", "undelivered"))

    @property
    def in_doubt(self) -> int:
        """They may or may not have been sent."""
        return self.counts.get("unknown", 0)


def materialise(session: Session, notice: Notice, *, now: datetime) -> int:
    """Cut the frozen recipients into chunks that workers claim; how many recipients."""
    not_before = {pick.channel: pick.not_before_at for pick in channels_of(session, notice)}
    spans = session.exec(
        select(Recipient.channel, func.min(Recipient.pos), func.max(Recipient.pos))
        .where(Recipient.notice_id == notice.id)
        .group_by(col(Recipient.channel))
    ).all()
    for channel, low, high in spans:
        for first in range(low, high + 1, CHUNK):
            last = min(first + CHUNK - 1, high)
            due = max(not_before.get(channel) or now, now)
            add(session, Chunk(notice_id=notice.id, channel=channel, first=first, last=last, due_at=due,
                               priority=LIFE_SAFETY_FIRST if notice.is_life_safety else ORDINARY,
                               counts={DeliveryState.planned: last - first + 1}))  # fmt: skip
    return sum(high - low + 1 for _, low, high in spans)


def is_under_way(session: Session, notice: Notice) -> bool:
    """Whether a provider is being called for somebody at this moment."""
    wanted = select(Attempt.pos).where(Attempt.notice_id == notice.id, Attempt.state == DeliveryState.sending)
    return session.exec(wanted.limit(1)).first() is not None


def freeze_told(session: Session, original: Notice, over: Notice) -> int:
    """Give an all-clear exactly those who were, or may have been, told the original or what it updates; how many."""
    ids = [told.id for told in _line(session, original)]
    newest_first = sa.case({notice_id: place for place, notice_id in enumerate(ids)}, value=col(Recipient.notice_id))
    rank = func.row_number().over(partition_by=col(Recipient.address_id), order_by=newest_first).label("rank")
    columns = (
        col(Recipient.address_id), col(Recipient.channel), col(Recipient.subscriber_id),
        col(Recipient.value), col(Recipient.language), col(Recipient.is_asked),
    )  # fmt: skip
    was_told = (
        select(Attempt.pos)
        .where(
            Attempt.notice_id == Recipient.notice_id, Attempt.pos == Recipient.pos,
            col(Attempt.state).in_((*TOLD, DeliveryState.sending)),
        )
        .exists()
    )  # fmt: skip
    channels = [pick.channel for pick in channels_of(session, over)]
    told = sa.select(*columns, rank).where(
        col(Recipient.notice_id).in_(ids), was_told, col(Recipient.channel).in_(channels)
    )
    row = told.subquery()
    *who, place = row.c
    return freeze_from(session, over, sa.select(*who).where(place == 1))


def _line(session: Session, notice: Notice) -> list[Notice]:
    """A notice and those that it took the place of, newest first."""
    line = [notice]
    while line[-1].follows_id is not None:
        line.append(session.get_one(Notice, line[-1].follows_id))
    return line


def progress(session: Session, notice: Notice) -> list[Progress]:
    """What has become of everybody, by channel: a sum over chunk counters."""
    totals: dict[str, dict[str, int]] = {}
    for chunk in session.exec(select(Chunk).where(Chunk.notice_id == notice.id)):
        sums = totals.setdefault(chunk.channel, {})
        for state, number in chunk.counts.items():
            sums[state] = sums.get(state, 0) + number
    return [Progress(channel, sum(counts.values()), counts) for channel, counts in sorted(totals.items())]
