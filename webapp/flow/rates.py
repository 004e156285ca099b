"""How fast a sender may send: one row a channel, shared by all workers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, select

from webapp.db import add, moment
from webapp.flow.organisation import ChannelSetup

BURST = timedelta(seconds=1)
ROUNDING = 1e-4  # segments: moments are whole microseconds, so that who comes when told is not sent away again


class SenderRate(SQLModel, table=True):
    """When a channel's sender is free again: one row a channel, changed in the transaction that takes from it (GCRA)."""

    __tablename__ = "sender_rate"
    channel: str = Field(primary_key=True, max_length=24)
    free_at: datetime = moment()


def take_from_rate(
    session: Session, setup: ChannelSetup, *, costs: Sequence[int], default_rate: float, now: datetime
) -> tuple[int, datetime]:
    """How many of these messages the sender may send now, the first ones, and when it has room for the next.

    costs: segments of each, in the order in which they are sent. A message that costs more than a second's rate goes alone.
    """
    rate = setup.segments_per_second or default_rate
    row = _rate_row(session, setup.channel) or _first_rate_row(session, setup.channel, now=now)
    room = max(0.0, (now - (row.free_at - BURST)).total_seconds()) * rate + ROUNDING
    taken, spent = 0, 0
    while taken < len(costs) and spent + costs[taken] <= min(room, max(rate, costs[taken])):
        spent += costs[taken]
        taken += 1
    if taken:
        lasts = timedelta(seconds=spent / rate)
        waited = max(timedelta(0), lasts - BURST)  # on purpose, for one message that costs more than a second
        row.free_at = max(row.free_at, now - waited) + lasts
        add(session, row)
    following = costs[min(taken, len(costs) - 1)] if costs else 1
    return taken, max(now, row.free_at - BURST + timedelta(seconds=following / rate))


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
