"""All that we hold about one person, for them to take along or to have deleted."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, delete, select, update

from webapp.flow import consents, suppressions
from webapp.flow.approvals import Recipient
from webapp.flow.audit import record
from webapp.flow.components import components
from webapp.flow.deliveries import Attempt, DeliveryState
from webapp.flow.incidents import Incident
from webapp.flow.leaving import erase_wishes
from webapp.flow.letters import Letter, LetterState
from webapp.flow.notices import Notice
from webapp.flow.signups import Confirmation
from webapp.flow.subscribers import (
    Address,
    Subscriber,
    SubscriberArea,
    SubscriberPoint,
    SubscriberSegment,
    addresses,
    bury,
    key_of,
    subscriptions,
)
from webapp.geo import keys

MOST_MESSAGES = 1_000  # newest first, in what people take along


def everything_about(session: Session, subscriber: Subscriber) -> dict[str, object]:
    """As JSON: who they are, how they can be reached, what they chose and agreed to, what we sent them."""
    return {
        "person": {
            "name": subscriber.name,
            "external_id": subscriber.external_id,
            "language": subscriber.language,
            "is_customer": subscriber.is_customer,
            "since": _said(subscriber.created_at),
            "left_at": _said(subscriber.left_at),
            "quiet_from_min": subscriber.quiet_from_min,
            "quiet_to_min": subscriber.quiet_to_min,
            "time_zone": subscriber.time_zone,
            "wants_digest": subscriber.wants_digest,
            "is_paused": subscriber.is_paused,
            "paused_until": _said(subscriber.paused_until),
        },
        "addresses": [_address(owned) for owned in addresses(session, subscriber)],
        "follows": _followed(session, subscriber),
        "places": _places(session, subscriber),
        "segments": _segments(session, subscriber),
        "consents": [_consent(each) for each in consents.of(session, subscriber)],
        "messages": _messages(session, subscriber),
    }


def erase(session: Session, subscriber: Subscriber, *, now: datetime) -> None:
    """Delete everything that is not the organisation's own; nothing on its way is sent any more. May be repeated.

    Of a notice's frozen recipients the row stays, so that its numbers stay true; the address in it goes.
    """
    number = key_of(subscriber)
    mine = addresses(session, subscriber)
    kept = {owned.id for owned in mine if owned.is_on_file}
    suppressions.keep_out_erased(session, [owned for owned in mine if not owned.is_on_file], now=now)
    for owned in mine:
        same = (col(Confirmation.channel) == owned.channel, col(Confirmation.value) == owned.value)
        session.execute(delete(Confirmation).where(*same))
        waiting = (col(Letter.channel) == owned.channel, col(Letter.value) == owned.value)
        session.execute(delete(Letter).where(*waiting, col(Letter.state) != LetterState.sending))
    erase_wishes(session, subscriber, now=now)
    consents.erase(session, subscriber)
    sent = update(Recipient).where(col(Recipient.subscriber_id) == number, col(Recipient.address_id).not_in(kept))
    session.execute(sent.values(value="").execution_options(synchronize_session=False))
    record(
        session, "subscriber.erased", ("subscriber", number), "A subscriber had everything deleted", by=None, now=now
    )
    session.flush()
    if not subscriber.is_customer:
        for table in (SubscriberArea, SubscriberPoint, SubscriberSegment):
            session.execute(delete(table).where(col(table.subscriber_id) == number))
        bury(session, number, now=now)
        session.expire_all()


def _segments(session: Session, subscriber: Subscriber) -> list[str]:
    wanted = select(SubscriberSegment.segment_code).where(SubscriberSegment.subscriber_id == subscriber.id)
    return sorted(session.exec(wanted))


def _address(owned: Address) -> dict[str, object]:
    return {
        "channel": owned.channel,
        "value": owned.value,
        "is_on_file": owned.is_on_file,
        "confirmed_at": _said(owned.confirmed_at),
        "agreed_text": owned.agreed_text,
        "source": owned.source,
        "suppressed_at": _said(owned.suppressed_at),
        "suppressed_reason": owned.suppressed_reason,
        "service_refused_at": _said(owned.service_refused_at),
    }


def _followed(session: Session, subscriber: Subscriber) -> list[dict[str, object]]:
    names = {component.id: component.name for component in components(session)}
    return [
        {
            "component": names.get(wish.component_id) if wish.component_id else None,
            "severity_floor": wish.severity_floor,
            "kinds": sorted(wish.kinds),
        }
        for wish in subscriptions(session, subscriber)
    ]


def _places(session: Session, subscriber: Subscriber) -> dict[str, object]:
    areas = session.exec(select(SubscriberArea).where(SubscriberArea.subscriber_id == subscriber.id))
    points = session.exec(select(SubscriberPoint).where(SubscriberPoint.subscriber_id == subscriber.id))
    return {
        "everywhere": subscriber.follows_everywhere,
        "areas": [
            {"code": each.area_code, "is_on_file": each.is_on_file, "is_chosen": each.is_chosen} for each in areas
        ],
        "points": [
            {"label": each.label, "point": keys.point(each.z), "radius_m": each.radius_m, "is_on_file": each.is_on_file}
            for each in points
        ],
    }


def _consent(each: consents.Consent) -> dict[str, object]:
    return {
        "channel": each.channel,
        "value": each.value,
        "class": each.consent_class,
        "is_given": each.is_given,
        "text": each.text,
        "source": each.source,
        "network": each.network,
        "at": _said(each.at),
    }


def _messages(session: Session, subscriber: Subscriber) -> list[dict[str, object]]:
    newest = sa.func.max(col(Attempt.n)).over(partition_by=(col(Attempt.notice_id), col(Attempt.pos)))
    rows = session.execute(
        sa.select(col(Notice.code), col(Incident.headline), col(Recipient.channel), col(Attempt.at), col(Attempt.state), col(Attempt.n), newest)
        .join(Incident, col(Incident.id) == col(Notice.incident_id))
        .join(Recipient, col(Recipient.notice_id) == col(Notice.id))
        .join(Attempt, sa.and_(col(Attempt.notice_id) == col(Recipient.notice_id), col(Attempt.pos) == col(Recipient.pos)))
        .where(col(Recipient.subscriber_id) == key_of(subscriber), col(Attempt.state) != DeliveryState.planned)
        .order_by(col(Attempt.at).desc())
        .limit(MOST_MESSAGES)
    )  # fmt: skip
    return [
        {"notice": code, "headline": headline, "channel": channel, "at": _said(at), "state": state}
        for code, headline, channel, at, state, n, last in rows
        if n == last
    ]


def _said(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
