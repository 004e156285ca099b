"""How fast a sender may send: one row a channel, shared by all workers."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, select

from webapp.db import add, moment
from webapp.flow.organisation import ChannelSetup


class SenderRate(SQLModel, table=True):
    """When a channel's sender is free again: one row a channel, changed in the transaction that takes from it (GCRA)."""

    __tablename__ = "sender_rate"
    channel: str = Field(primary_key=True, max_length=24)
    free_at: datetime = moment()


def take_from_rate(
    session: Session, setup: ChannelSetup, *, wanted: int, cost: int, default_rate: float, now: datetime
) -> tuple[int, datetime]:
    """How many messages of `cost` segments the sender may send now, and when it has room for one."""
    rate = setup.segments_per_second or default_rate
    row = _rate_row(session, setup.channel) or _first_rate_row(session, setup.channel, now=now)
    burst = timedelta(seconds=1)
    room = max(0.0, (now - (row.free_at - burst)).total_seconds()) * rate
    taken = min(wanted, int(min(room, max(rate, cost)) / cost))
    if taken:
        row.free_at = max(row.free_at, now) + timedelta(seconds=taken * cost / rate)
        add(session, row)
    return taken, max(now, row.free_at - burst + timedelta(seconds=cost / rate))


def _rate_row(session: Session, channel: str) -> SenderRate | None:
    wanted = select(SenderRate).where(SenderRate.channel == channel)
    return session.exec(wanted.with_for_update().execution_options(populate_existing=True)).first()


def _first_rate_row(session: Session, channel: str, *, now: datetime) -> SenderRate:
    try:
        with session.begin_nested():
            return add(session, SenderRate(channel=channel, free_at=now))
    except IntegrityError:  # another sender has just made it
        found = _rate_row(session, channel)
        if found is None:
            raise
        return found
