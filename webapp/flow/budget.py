"""What paid channels have cost this month, from our own books."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from rules.terms import Mode
from rules.wording import segments
from webapp.flow.books import ATTEMPT, MESSAGE, NOTICE, RECIPIENT, SENDING_DAYS

PAID = ("unknown", "accepted", "sent", "delivered", "undelivered")  # taken, or perhaps taken


def month_begins_at(now: datetime, zone: str) -> datetime:
    """The first of this month at midnight, where the organisation lives."""
    return now.astimezone(ZoneInfo(zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spent(session: Session, prices: Mapping[str, float], *, now: datetime, zone: str) -> float:
    """Attempts x segments x today's price of one segment, this month. Exercises cost nothing. `prices`: by channel."""
    paid = [channel for channel, price in prices.items() if price]
    begins_at = month_begins_at(now, zone)
    if not paid:
        return 0.0
    sent = (
        sa.select(RECIPIENT.c.notice_id, RECIPIENT.c.channel, RECIPIENT.c.language, sa.func.count().label("number"))
        .join_from(NOTICE, RECIPIENT, RECIPIENT.c.notice_id == NOTICE.c.id)
        .join(ATTEMPT, sa.and_(ATTEMPT.c.notice_id == RECIPIENT.c.notice_id, ATTEMPT.c.pos == RECIPIENT.c.pos))
        .where(NOTICE.c.mode == Mode.actual.value, NOTICE.c.live_at > begins_at - timedelta(days=SENDING_DAYS))
        .where(RECIPIENT.c.channel.in_(paid), ATTEMPT.c.state.in_(PAID), ATTEMPT.c.at.between(begins_at, now))
        .group_by(RECIPIENT.c.notice_id, RECIPIENT.c.channel, RECIPIENT.c.language)
    )
    rows = session.execute(sent).all()
    bodies = _bodies(session, {row.notice_id for row in rows})
    return float(
        sum(
            row.number * prices[row.channel] * _segments(bodies.get((row.notice_id, row.channel), {}), row.channel, row.language)
            for row in rows
        )
    )  # fmt: skip


def _bodies(session: Session, notices: set[object]) -> dict[tuple[object, str], dict[str, str]]:
    wanted = sa.select(MESSAGE.c.notice_id, MESSAGE.c.channel, MESSAGE.c.language, MESSAGE.c.body)
    bodies: dict[tuple[object, str], dict[str, str]] = {}
    for notice_id, channel, language, body in session.execute(wanted.where(MESSAGE.c.notice_id.in_(notices))):
        bodies.setdefault((notice_id, channel), {})[language] = body
    return bodies


def _segments(by_language: Mapping[str, str], channel: str, language: str) -> int:
    """Of the message in this language; where there is none, of the longest: somebody got one of them."""
    if channel != "sms" or not by_language:
        return 1
    bodies = [by_language[language]] if language in by_language else list(by_language.values())
    return max(segments(body).count for body in bodies)
