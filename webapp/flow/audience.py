"""Who is affected, counted by the exact set of channels that reaches each; and the addresses to freeze at approval."""

import json
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules import facts
from rules.terms import Listeners, Severity
from webapp.flow.areas import Near, Where, with_children
from webapp.flow.subscribers import Address, Subscriber, SubscriberArea, SubscriberPoint, Subscription
from webapp.geo import circles, keys


@dataclass(frozen=True, slots=True)
class Concern:
    """What makes a person affected: where, and which of their subscriptions count."""

    where: Where
    component_ids: tuple[UUID, ...]
    severity: Severity


@dataclass(frozen=True, slots=True)
class Counted:
    """People in our own books, distinct."""

    people: int  # customers there, and others who asked
    groups: tuple[facts.Group, ...]  # those with a usable address, by the exact set of channels

    @property
    def unreachable(self) -> int:
        """People whom no direct channel reaches."""
        return self.people - sum(group.people for group in self.groups)


def count(session: Session, concern: Concern, *, channels: list[str]) -> Counted:
    """The people whom this concerns. `channels`: the direct ones that are set up."""
    usable = _usable(session, concern).subquery()
    marks = [
        sa.func.max(sa.case((usable.c.channel == channel, sa.case((usable.c.is_asked, 2), else_=1)), else_=0)).label(
            channel
        )
        for channel in channels
    ]
    person = sa.select(usable.c.subscriber_id, *marks).group_by(usable.c.subscriber_id).subquery()
    per_set = [person.c[channel] for channel in channels]
    rows = session.execute(sa.select(sa.func.count(), *per_set).group_by(*per_set)).all() if channels else []
    groups = (_group(row[0], dict(zip(channels, row[1:], strict=True))) for row in rows)
    people = session.execute(
        sa.select(sa.func.count()).select_from(_concerned(session, concern).subquery())
    ).scalar_one()
    return Counted(people=people, groups=tuple(group for group in groups if group.asked or group.on_file))


def recipients(
    session: Session, concern: Concern, listeners: dict[str, Listeners]
) -> sa.Select[int, str, int, str, str, bool]:
    """One row an address that a notice goes to: address id, channel, subscriber id, value, language, asked."""
    usable = _usable(session, concern).subquery()
    wanted = [
        sa.and_(usable.c.channel == channel, sa.true() if whom is Listeners.all else usable.c.is_asked)
        for channel, whom in listeners.items()
    ]
    return sa.select(
        usable.c.address_id,
        usable.c.channel,
        usable.c.subscriber_id,
        usable.c.value,
        usable.c.language,
        usable.c.is_asked,
    ).where(sa.or_(sa.false(), *wanted))


def _group(people: int, marks: dict[str, int]) -> facts.Group:
    return facts.Group(
        people=people,
        asked=frozenset(channel for channel, mark in marks.items() if mark == 2),
        on_file=frozenset(channel for channel, mark in marks.items() if mark == 1),
    )


def _usable(session: Session, concern: Concern) -> sa.Select[int, str, int, str, str, bool]:
    """Every permitted address of a concerned person; `is_asked` if a subscription of theirs covers this."""
    asking = _asking(concern)
    is_asked = sa.and_(col(Address.confirmed_at).is_not(None), col(Address.subscriber_id).in_(asking))
    return (
        sa.select(
            col(Address.id).label("address_id"),
            col(Address.channel).label("channel"),
            col(Address.subscriber_id).label("subscriber_id"),
            col(Address.value).label("value"),
            col(Subscriber.language).label("language"),
            is_asked.label("is_asked"),
        )
        .join(Subscriber, col(Subscriber.id) == col(Address.subscriber_id))
        .where(
            col(Address.suppressed_at).is_(None),
            sa.or_(is_asked, sa.and_(col(Address.is_on_file), col(Subscriber.is_customer))),
            _is_there(session, concern.where, is_asked),
        )
    )


def _concerned(session: Session, concern: Concern) -> sa.Select[int | None]:
    """Customers there, and others who asked about it, each once."""
    asks = col(Subscriber.id).in_(_asking(concern))
    return sa.select(col(Subscriber.id)).where(
        sa.or_(col(Subscriber.is_customer), asks), _is_there(session, concern.where, asks)
    )


def _asking(concern: Concern) -> sa.Select[int]:
    """Ids of people with a subscription that covers this incident."""
    about = [col(Subscription.component_id).is_(None)]
    if concern.component_ids:
        about.append(col(Subscription.component_id).in_(concern.component_ids))
    severity = Severity.minor if concern.severity is Severity.unknown else concern.severity
    low_enough = [floor for floor in Severity if floor <= severity]
    return (
        sa.select(col(Subscription.subscriber_id))
        .where(sa.or_(*about), col(Subscription.severity_floor).in_(low_enough))
        .distinct()
    )


def _is_there(session: Session, where: Where, asks: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Any code or point of the person matches, or they asked to hear of every place."""
    if where.is_everywhere:
        return sa.true()
    ways: list[sa.ColumnElement[bool]] = [sa.and_(col(Subscriber.follows_everywhere), asks)]
    if where.codes:
        coded = sa.select(col(SubscriberArea.subscriber_id)).where(
            col(SubscriberArea.area_code).in_(with_children(session, where.codes))
        )
        ways.append(col(Subscriber.id).in_(coded))
    if where.nears:
        ways.append(
            col(Subscriber.id).in_(
                _listed(session, sorted({found for near in where.nears for found in _near(session, near)}))
            )
        )
    return sa.or_(*ways)


def _near(session: Session, near: Near) -> set[int]:
    """Ids of people with a point within the circle, or whose own circle around a place touches it."""
    widest = session.execute(sa.select(sa.func.max(col(SubscriberPoint.radius_m)))).scalar() or 0.0
    reach = circles.Circle(near.circle.latitude, near.circle.longitude, near.circle.radius_m + widest)
    spans = [span for box in circles.boxes(reach) for span in keys.ranges(box)]
    z = col(SubscriberPoint.z)
    rows = session.exec(
        select(SubscriberPoint.subscriber_id, SubscriberPoint.z, SubscriberPoint.radius_m).where(
            sa.or_(sa.false(), *(z.between(low, high) for low, high in spans))
        )
    ).all()
    if not rows:
        return set()
    ids, points, radii = zip(*rows, strict=True)
    latitudes, longitudes = np.array([keys.point(key) for key in points]).T
    metres = circles.distances_m(near.circle, latitudes, longitudes)
    return {found for found, is_in in zip(ids, metres <= near.circle.radius_m + np.array(radii), strict=True) if is_in}


def _listed(session: Session, ids: list[int]) -> sa.Select[int]:
    """A sub-query over given ids, as one parameter whatever their number."""
    one = sa.bindparam(None, json.dumps(ids), sa.Text, unique=True)
    if session.get_bind().dialect.name == "sqlite":
        listed = sa.func.json_each(one).table_valued("value")
        return sa.select(sa.cast(listed.c.value, sa.BigInteger))
    listed = sa.func.json_array_elements_text(sa.cast(one, sa.JSON)).table_valued("value")
    return sa.select(sa.cast(listed.c.value, sa.BigInteger))
