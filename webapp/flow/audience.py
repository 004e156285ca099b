"""Who is affected, counted by the exact set of channels that reaches each; and the addresses to freeze at approval."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules import facts
from rules.terms import Listeners, Severity
from webapp.flow.areas import Near, Where, areas, around, with_children
from webapp.flow.subscribers import Address, Subscriber, SubscriberArea, SubscriberPoint, Subscription
from webapp.geo import circles, keys
from webapp.geo.circles import Circle


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
    languages: frozenset[str] = frozenset()  # that they read

    @property
    def unreachable(self) -> int:
        """People whom no direct channel reaches."""
        return self.people - sum(group.people for group in self.groups)

    def on(self, channel: str) -> int:
        """People whom this channel reaches."""
        return sum(group.people for group in self.groups if channel in group.asked | group.on_file)


def count(session: Session, concern: Concern, *, channels: list[str]) -> Counted:
    """The people whom this concerns. `channels`: the direct ones that are set up."""
    there = _There(session, concern.where)
    usable = _usable(concern, there).subquery()
    marks = [
        sa.func.max(sa.case((usable.c.channel == channel, sa.case((usable.c.is_asked, 2), else_=1)), else_=0)).label(
            channel
        )
        for channel in channels
    ]
    person = sa.select(usable.c.subscriber_id, *marks).group_by(usable.c.subscriber_id).subquery()
    per_set = [person.c[channel] for channel in channels]
    counted = sa.select(sa.func.count(), *per_set).group_by(*per_set).order_by(*per_set)
    rows = session.execute(counted).all() if channels else []
    groups = (_group(row[0], dict(zip(channels, row[1:], strict=True))) for row in rows)
    language = col(Subscriber.language)
    spoken = sa.select(language, sa.func.count()).where(_is_concerned(concern, there)).group_by(language)
    readers = {row[0]: row[1] for row in session.execute(spoken)}
    return Counted(
        people=sum(readers.values()),
        groups=tuple(group for group in groups if group.asked or group.on_file),
        languages=frozenset(readers),
    )


def concerned(session: Session, concern: Concern) -> sa.Select[int | None]:
    """Ids of the people whom this concerns, whether or not anything reaches them."""
    return sa.select(col(Subscriber.id)).where(_is_concerned(concern, _There(session, concern.where)))


def recipients(
    session: Session, concern: Concern, listeners: dict[str, Listeners]
) -> sa.Select[int, str, int, str, str, bool]:
    """One row an address that a notice goes to: address id, channel, subscriber id, value, language, asked."""
    usable = _usable(concern, _There(session, concern.where)).subquery()
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


def _usable(concern: Concern, there: "_There") -> sa.Select[int, str, int, str, str, bool]:
    """Every permitted address of a concerned person; `is_asked` if what they asked for covers this."""
    is_asked = sa.and_(
        col(Address.confirmed_at).is_not(None), col(Address.subscriber_id).in_(_asking(concern)), there.by_choice
    )
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
            sa.or_(is_asked, sa.and_(col(Address.is_on_file), col(Subscriber.is_customer), there.in_any_way)),
        )
    )


def _is_concerned(concern: Concern, there: "_There") -> sa.ColumnElement[bool]:
    """Customers there, and others who asked about it and can be told."""
    in_use = sa.select(col(Address.subscriber_id)).where(
        col(Address.confirmed_at).is_not(None), col(Address.suppressed_at).is_(None)
    )
    asks = sa.and_(col(Subscriber.id).in_(_asking(concern)), col(Subscriber.id).in_(in_use), there.by_choice)
    return sa.or_(asks, sa.and_(col(Subscriber.is_customer), there.in_any_way))


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


class _Hit(NamedTuple):
    """A person with a point in a circle."""

    subscriber_id: int
    is_on_file: bool


class _There:
    """Two conditions on a subscriber: what they chose covers the place; any place of theirs, also on file, lies there.

    Outlines of areas are not known: what was chosen and what happened meet where a known place of the one lies in the other.
    """

    def __init__(self, session: Session, where: Where) -> None:
        self.by_choice: sa.ColumnElement[bool] = sa.true()
        self.in_any_way: sa.ColumnElement[bool] = sa.true()
        if where.is_everywhere:
            return
        inside = with_children(session, where.codes)
        holding = around(session, tuple(_known_in(session, where.nears)))
        hits = [hit for near in where.nears for hit in _points_in(session, near.circle)]
        covered = [hit for circle in _known_points(session, inside) for hit in _points_in(session, circle)]
        self.in_any_way = sa.or_(_coded(inside), _listed_among(session, {hit.subscriber_id for hit in hits}))
        chosen = {hit.subscriber_id for hit in (*hits, *covered) if not hit.is_on_file}
        self.by_choice = sa.or_(
            col(Subscriber.follows_everywhere),
            _coded([*inside, *holding], col(SubscriberArea.is_chosen).is_(True)),
            _listed_among(session, chosen),
        )


def _coded(codes: Sequence[str], *more: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    coded = sa.select(col(SubscriberArea.subscriber_id)).where(col(SubscriberArea.area_code).in_(codes), *more)
    return col(Subscriber.id).in_(coded) if codes else sa.false()


def _listed_among(session: Session, ids: set[int]) -> sa.ColumnElement[bool]:
    return col(Subscriber.id).in_(_listed(session, sorted(ids)))


def _known_points(session: Session, codes: Sequence[str]) -> list[Circle]:
    """The middles of these areas, as far as they are known."""
    return [
        Circle(area.latitude, area.longitude, 0.0)
        for area in areas(session)
        if area.code in codes and area.latitude is not None and area.longitude is not None
    ]


def _known_in(session: Session, nears: Sequence[Near]) -> list[str]:
    """Codes of the areas whose middle lies within one of the circles."""
    known = [(each.code, each.latitude, each.longitude) for each in areas(session) if each.latitude is not None]
    if not known or not nears:
        return []
    codes, latitudes, longitudes = zip(*known, strict=True)
    at = np.array(latitudes, dtype=np.float64), np.array(longitudes, dtype=np.float64)
    is_in = np.any([circles.distances_m(near.circle, *at) <= near.circle.radius_m for near in nears], axis=0)
    return [code for code, is_found in zip(codes, is_in, strict=True) if is_found]


def _points_in(session: Session, circle: Circle) -> list[_Hit]:
    """People's points within the circle, and those whose own circle touches it."""
    widest = session.execute(sa.select(sa.func.max(col(SubscriberPoint.radius_m)))).scalar() or 0.0
    reach = Circle(circle.latitude, circle.longitude, circle.radius_m + widest)
    spans = [span for box in circles.boxes(reach) for span in keys.ranges(box)]
    z = col(SubscriberPoint.z)
    columns = (SubscriberPoint.subscriber_id, z, SubscriberPoint.radius_m, SubscriberPoint.is_on_file)
    rows = session.exec(
        select(*columns).where(sa.or_(sa.false(), *(z.between(low, high) for low, high in spans)))
    ).all()
    if not rows:
        return []
    latitudes, longitudes = np.array([keys.point(row[1]) for row in rows]).T
    is_in = circles.distances_m(circle, latitudes, longitudes) <= circle.radius_m + np.array([row[2] for row in rows])
    return [_Hit(row[0], row[3]) for row, is_found in zip(rows, is_in, strict=True) if is_found]


def _listed(session: Session, ids: list[int]) -> sa.Select[int]:
    """A sub-query over given ids, as one parameter whatever their number."""
    one = sa.bindparam(None, json.dumps(ids), sa.Text, unique=True)
    if session.get_bind().dialect.name == "sqlite":
        listed = sa.func.json_each(one).table_valued("value")
        return sa.select(sa.cast(listed.c.value, sa.BigInteger))
    listed = sa.func.json_array_elements_text(sa.cast(one, sa.JSON)).table_valued("value")
    return sa.select(sa.cast(listed.c.value, sa.BigInteger))
