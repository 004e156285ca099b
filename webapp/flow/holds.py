"""Whom a batch is sent to now, by what each person wants at this moment: gone, asleep, or content with one mail a day."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col

from rules.terms import Severity
from webapp.flow import attempts, digests
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Chunk, DeliveryState, Result
from webapp.flow.incidents import Incident
from webapp.flow.notices import MessageType, Notice
from webapp.flow.organisation import organisation
from webapp.flow.subscribers import Address, Subscriber
from webapp.moments import next_clock

DIGEST_AT_MIN = 8 * 60
Batch = list[tuple[Recipient, int]]


class _Wish(NamedTuple):
    """What a person wants now."""

    address_id: int
    is_asking: bool  # they asked at this address, and have not paused
    quiet_from_min: int | None
    quiet_to_min: int | None
    wants_digest: bool
    time_zone: str


def quiet_until(from_min: int | None, to_min: int | None, zone: str, now: datetime) -> datetime | None:
    """When the quiet hours that hold now end; None = none hold. Over midnight too, and on the nights that clocks change."""
    if from_min is None or to_min is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    is_quiet = from_min <= minute < to_min if from_min < to_min else minute >= from_min or minute < to_min
    return _next(to_min, zone, now) if is_quiet else None


def spare(session: Session, chunk: Chunk, batch: Batch, notice: Notice, *, now: datetime) -> Batch:
    """The part of a batch to send now. Others are cancelled, held until their quiet hours end, or wait for their mail.

    What saves lives is held for nobody.
    """
    wishes, zone = _wishes(session, batch), organisation(session).time_zone
    is_small = session.get_one(Incident, notice.incident_id).severity <= Severity.minor
    go: Batch = []
    results: list[Result] = []
    digest: list[tuple[Recipient, int, datetime]] = []
    for recipient, n in batch:
        wish = wishes.get(recipient.address_id)
        if wish is None or (recipient.is_asked and not wish.is_asking):
            results.append(Result(recipient.pos, n, DeliveryState.cancelled, detail="They do not want it any more"))
            continue
        theirs = wish.time_zone or zone
        until = None if notice.is_life_safety else quiet_until(wish.quiet_from_min, wish.quiet_to_min, theirs, now)
        mail_at = _mail_at(wish, theirs, now) if is_small and _is_content(recipient, wish, notice, n) else None
        if mail_at:
            digest.append((recipient, n, mail_at))
            again_at, why = mail_at + digests.ALONE_AFTER, "Waits for the daily mail"
        elif until:
            again_at, why = until, "Quiet hours"
        else:
            go.append((recipient, n))
            continue
        results.append(Result(recipient.pos, n, DeliveryState.deferred, detail=why, again_at=again_at))
    _settle(session, chunk, batch, results, now=now)
    digests.put(session, digest)
    return go


def all_awake_at(session: Session, notice: Notice, *, after: datetime) -> datetime:
    """When the last of a notice's frozen recipients has no quiet hours any more; `after` = nobody has any then."""
    zone = organisation(session).time_zone
    hours = session.execute(
        sa.select(col(Subscriber.quiet_from_min), col(Subscriber.quiet_to_min), col(Subscriber.time_zone))
        .join(Recipient, col(Recipient.subscriber_id) == col(Subscriber.id))
        .where(col(Recipient.notice_id) == notice.id, col(Subscriber.quiet_from_min).is_not(None))
        .distinct()
    )
    ends = (quiet_until(start, end, theirs or zone, after) for start, end, theirs in hours)
    return max((end for end in ends if end), default=after)


def _is_content(recipient: Recipient, wish: _Wish, notice: Notice, n: int) -> bool:
    """One mail a day is enough. A second try means that no mail came about; what ends or corrects a message does not wait."""
    is_news = notice.message_type in {MessageType.alert, MessageType.update} and not notice.is_life_safety
    return is_news and wish.wants_digest and n == 1 and recipient.channel == "email" and recipient.is_asked


def _mail_at(wish: _Wish, zone: str, now: datetime) -> datetime:
    at = _next(DIGEST_AT_MIN, zone, now)
    return quiet_until(wish.quiet_from_min, wish.quiet_to_min, zone, at) or at


def _next(minute: int, zone: str, now: datetime) -> datetime:
    return next_clock(f"{minute // 60:02}:{minute % 60:02}", zone, after=now)


def _settle(session: Session, chunk: Chunk, batch: Batch, results: Sequence[Result], *, now: datetime) -> None:
    spared = {result.pos for result in results}
    attempts.begin(session, chunk, [each for each in batch if each[0].pos in spared], now=now)
    attempts.settle_all(session, chunk, results, now=now)


def _wishes(session: Session, batch: Batch) -> dict[int, _Wish]:
    is_asking = sa.and_(col(Address.confirmed_at).is_not(None), ~col(Subscriber.is_paused))
    rows = session.execute(
        sa.select(
            col(Address.id), is_asking, col(Subscriber.quiet_from_min), col(Subscriber.quiet_to_min),
            col(Subscriber.wants_digest), col(Subscriber.time_zone),
        )
        .join(Subscriber, col(Subscriber.id) == col(Address.subscriber_id))
        .where(col(Address.id).in_([recipient.address_id for recipient, _ in batch]))
    )  # fmt: skip
    return {row[0]: _Wish(*row) for row in rows}
