"""What became of single recipients: those who were not told, and those of whom nobody knows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Attempt, DeliveryState
from webapp.flow.notices import Notice

NOT_TOLD = (DeliveryState.failed, DeliveryState.undelivered, DeliveryState.expired)
IN_DOUBT = (DeliveryState.unknown,)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recipient and the newest try to tell them."""

    channel: str
    value: str  # the address
    language: str
    state: DeliveryState
    tries: int
    at: datetime
    code: str  # the provider's
    detail: str


def count(session: Session, notice: Notice, states: Collection[DeliveryState]) -> int:
    """How many recipients ended in one of these states."""
    which = _newest(notice, states).with_only_columns(col(Recipient.pos)).subquery()
    return int(session.execute(sa.select(func.count()).select_from(which)).scalar_one())


def listed(
    session: Session, notice: Notice, states: Collection[DeliveryState], *, first: int, most: int
) -> list[Outcome]:
    """A page of them, in the order in which they were frozen."""
    rows = session.execute(_newest(notice, states).order_by(col(Recipient.pos)).offset(first).limit(most))
    return [
        Outcome(
            channel=recipient.channel,
            value=recipient.value,
            language=recipient.language,
            state=attempt.state,
            tries=attempt.n,
            at=attempt.settled_at or attempt.at,
            code=attempt.code,
            detail=attempt.detail,
        )
        for recipient, attempt in rows
    ]


def _newest(notice: Notice, states: Collection[DeliveryState]) -> sa.Select[Recipient, Attempt]:
    later = aliased(Attempt)
    is_newest = ~(
        select(later.n)
        .where(later.notice_id == col(Attempt.notice_id), later.pos == col(Attempt.pos), later.n > col(Attempt.n))
        .exists()
    )
    same = sa.and_(col(Attempt.notice_id) == col(Recipient.notice_id), col(Attempt.pos) == col(Recipient.pos))
    wanted = sa.select(Recipient, Attempt).join(Attempt, same)
    return wanted.where(col(Recipient.notice_id) == notice.id, col(Attempt.state).in_(states), is_newest)
