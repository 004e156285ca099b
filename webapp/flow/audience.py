"""Who is affected, counted by the exact set of channels that reaches each; and the addresses to freeze at approval."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from rules import facts
from rules.terms import Kind, Listeners, Severity
from webapp.flow.areas import Where
from webapp.flow.subscribers import Address, Subscriber, SubscriberSegment, Subscription, covers
from webapp.flow.there import There, listed

# GDPR, article 34: whoever refused service messages is told of a breach of their own data all the same.
OWED_BY_LAW = frozenset({Kind.data_breach})


@dataclass(frozen=True, slots=True)
class Concern:
    """What makes a person affected: where, and which of their subscriptions count."""

    where: Where
    component_ids: tuple[UUID, ...]
    severity: Severity
    kind: Kind | None = None  # None = not known: only who asked about all kinds asked about it


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


def count(
    session: Session,
    concern: Concern,
    *,
    channels: list[str],
    among: Sequence[int] | None = None,
    languages: Collection[str] | None = None,
    segments: Collection[str] | None = None,
) -> Counted:
    """The people whom this concerns. `channels`: the direct ones that are set up. `among`: ids of whom to ask about.

    `languages`, `segments`: only people who read one of these, who belong to one of these. None = whatever.
    """
    there = There(session, concern.where, among=among)
    is_meant = _is_meant(session, among, languages, segments)
    usable = _usable(concern, there).where(is_meant).subquery()
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
    spoken = (
        sa.select(language, sa.func.count())
        .select_from(there.people)
        .where(_is_concerned(concern, there), is_meant)
        .group_by(language)
    )
    readers = {row[0]: row[1] for row in session.execute(spoken)}
    return Counted(
        people=sum(readers.values()),
        groups=tuple(group for group in groups if group.asked or group.on_file),
        languages=frozenset(readers),
    )


def concerned(session: Session, concern: Concern) -> sa.Select[int | None]:
    """Ids of the people whom this concerns, whether or not anything reaches them."""
    there = There(session, concern.where)
    return sa.select(col(Subscriber.id)).select_from(there.people).where(_is_concerned(concern, there))


def recipients(
    session: Session, concern: Concern, listeners: dict[str, Listeners]
) -> sa.Select[int, str, int, str, str, bool]:
    """One row an address that a notice goes to: address id, channel, subscriber id, value, language, asked."""
    usable = _usable(concern, There(session, concern.where)).subquery()
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


def _is_meant(
    session: Session, among: Sequence[int] | None, languages: Collection[str] | None, segments: Collection[str] | None
) -> sa.ColumnElement[bool]:
    in_one = sa.select(col(SubscriberSegment.subscriber_id)).where(
        col(SubscriberSegment.segment_code).in_(segments or ())
    )
    return sa.and_(
        sa.true() if among is None else col(Subscriber.id).in_(listed(session, among)),
        sa.true() if languages is None else col(Subscriber.language).in_(languages),
        sa.true() if segments is None else col(Subscriber.id).in_(in_one),
    )


def _group(people: int, marks: dict[str, int]) -> facts.Group:
    return facts.Group(
        people=people,
        asked=frozenset(channel for channel, mark in marks.items() if mark == 2),
        on_file=frozenset(channel for channel, mark in marks.items() if mark == 1),
    )


def _usable(concern: Concern, there: There) -> sa.Select[int, str, int, str, str, bool]:
    """Every permitted address of a concerned person; `is_asked` if what they asked for covers this."""
    is_asked = sa.and_(col(Address.confirmed_at).is_not(None), _asks(concern, there))
    may_serve = sa.true() if concern.kind in OWED_BY_LAW else col(Address.service_refused_at).is_(None)
    is_served = sa.and_(col(Address.is_on_file), may_serve, col(Subscriber.is_customer), there.in_any_way)
    return (
        sa.select(
            col(Address.id).label("address_id"),
            col(Address.channel).label("channel"),
            col(Address.subscriber_id).label("subscriber_id"),
            col(Address.value).label("value"),
            col(Subscriber.language).label("language"),
            is_asked.label("is_asked"),
        )
        .select_from(there.with_addresses())
        .where(
            col(Address.suppressed_at).is_(None),
            sa.or_(is_asked, is_served),
        )
    )


def _is_concerned(concern: Concern, there: There) -> sa.ColumnElement[bool]:
    """Customers there, and others who asked about it and can be told."""
    in_use = sa.exists().where(
        col(Address.subscriber_id) == col(Subscriber.id),
        col(Address.confirmed_at).is_not(None),
        col(Address.suppressed_at).is_(None),
    )
    return sa.or_(
        sa.and_(col(Subscriber.is_customer), there.in_any_way),
        sa.and_(_asks(concern, there), in_use.correlate(Subscriber)),
    )


def _asks(concern: Concern, there: There) -> sa.ColumnElement[bool]:
    """They want to be told of this now: they have a subscription that covers it."""
    about = [col(Subscription.component_id).is_(None)]
    if concern.component_ids:
        about.append(col(Subscription.component_id).in_(concern.component_ids))
    severity = Severity.minor if concern.severity is Severity.unknown else concern.severity
    low_enough = [floor for floor in Severity if floor <= severity]
    wished = sa.exists().where(
        col(Subscription.subscriber_id) == col(Subscriber.id),
        sa.or_(*about),
        col(Subscription.severity_floor).in_(low_enough),
        covers(concern.kind),
    )
    return sa.and_(there.by_choice, ~col(Subscriber.is_paused), wished.correlate(Subscriber))
