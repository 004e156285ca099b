"""The people who may be told: who they are, where, by which confirmed addresses, and what they asked for."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum, auto
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, delete, select, update

from rules.terms import Kind, Severity
from webapp.db import add, moment, word
from webapp.geo import keys

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class ConsentClass(StrEnum):
    """Why a person may be told: they asked, we serve them, or the law says so."""

    asked = auto()
    service = auto()  # a customer's address on file, about their own services; they may refuse
    legal = auto()  # must be told whatever they refused


class Suppression(StrEnum):
    """Why an address may not be used."""

    bad_address = auto()
    opted_out = auto()  # at the provider
    answered_stop = auto()
    unsubscribed = auto()
    not_answering = auto()  # a program that took no call for days; its owner can take that back


class KindSet(sa.TypeDecorator[frozenset[Kind]]):
    """Kinds as words between spaces: " fraud outage "; "" = all of them, also later ones."""

    impl = sa.String(120)
    cache_ok = True

    def process_bind_param(self, value: Iterable[Kind] | None, dialect: sa.Dialect) -> str:  # noqa: ARG002  SQLAlchemy's signature
        """Raises ValueError for a word that is no kind."""
        words = sorted(Kind(each) for each in value or ())
        return f" {' '.join(words)} " if words else ""

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> frozenset[Kind]:  # noqa: ARG002  SQLAlchemy's signature
        """The members."""
        return frozenset(Kind(each) for each in (value or "").split())


class Subscriber(SQLModel, table=True):
    """A person who asked to be told, or a customer on file, or both."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = ""
    language: str = Field(default="en", max_length=12)
    is_customer: bool = False
    follows_everywhere: bool = False  # they chose no place: every place concerns them
    created_at: datetime = moment()
    left_at: datetime | None = moment(default=None)
    changed_at: datetime | None = moment(default=None, index=True)  # what they are, follow or can be reached by
    chose_at: datetime | None = moment(default=None)  # what they follow is their own choice: no import replaces it
    external_id: str | None = Field(
        default=None, unique=True, index=True, max_length=64
    )  # as the organisation's own books have them
    time_zone: str = Field(default="", max_length=40)  # IANA; "" = the organisation's
    quiet_from_min: int | None = None  # minutes after their midnight; None = no quiet hours
    quiet_to_min: int | None = None
    wants_digest: bool = False  # minor things in one mail a day
    is_paused: bool = False  # told nothing that they asked for
    paused_until: datetime | None = moment(default=None, index=True)  # None = until they resume


class Address(SQLModel, table=True):
    """One way to reach a person. On file and asked are separate consents; suppressed ends both."""

    __table_args__ = (sa.UniqueConstraint("channel", "value"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True, sa_type=BigId)
    channel: str = Field(max_length=24)
    value: str = Field(max_length=2_000, repr=False)  # E.164, or mail address in lower case
    is_on_file: bool = False  # a customer's address, for service messages
    confirmed_at: datetime | None = moment(default=None)  # its owner asked, and proved that it is theirs
    agreed_text: str = ""  # what they agreed to then
    source: str = ""
    suppressed_at: datetime | None = moment(default=None)
    suppressed_reason: str = ""  # a Suppression
    service_refused_at: datetime | None = moment(default=None)  # its owner wants no service messages here


class SubscriberPoint(SQLModel, table=True):
    """A place of a person: home, summer house, shop. On file: where our books have them, which is not theirs to choose."""

    __tablename__ = "subscriber_point"
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True, sa_type=BigId)
    z: int = Field(index=True, sa_type=sa.BigInteger)  # Morton key; the point itself
    radius_m: float = 0.0  # "around this place": 0 = the point alone
    label: str = ""
    is_on_file: bool = False


class SubscriberArea(SQLModel, table=True):
    """A coded area that a person belongs to (on file), follows (chosen), or both."""

    __tablename__ = "subscriber_area"
    subscriber_id: int = Field(foreign_key="subscriber.id", primary_key=True, sa_type=BigId)
    area_code: str = Field(foreign_key="area.code", primary_key=True, max_length=40)
    is_on_file: bool = False
    is_chosen: bool = True


class Subscription(SQLModel, table=True):
    """What a person asked to be told about. Component None = everything."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True, sa_type=BigId)
    component_id: UUID | None = Field(default=None, foreign_key="component.id")
    severity_floor: Severity = word(Severity, default=Severity.minor)
    kinds: frozenset[Kind] = Field(default=frozenset(), sa_type=KindSet)  # empty = all


class Segment(SQLModel, table=True):
    """A group of people that the organisation's own books know: business customers, one network area. Or a tag."""

    code: str = Field(primary_key=True, max_length=40)
    name: str
    is_tag: bool = False  # put on people by hand


class SubscriberSegment(SQLModel, table=True):
    """Who belongs to which."""

    __tablename__ = "subscriber_segment"
    subscriber_id: int = Field(foreign_key="subscriber.id", primary_key=True, sa_type=BigId)
    segment_code: str = Field(foreign_key="segment.code", primary_key=True, max_length=40, index=True)


def covers(kind: Kind | None) -> sa.ColumnElement[bool]:
    """Whether a subscription is about incidents of this kind; None = not known, so that only "all" is."""
    written = sa.cast(col(Subscription.kinds), sa.String)
    is_all = written == ""
    return is_all if kind is None else sa.or_(is_all, written.like(f"% {kind} %"))


def mark_changed(session: Session, subscriber_ids: Iterable[int] | sa.Select[int], *, now: datetime) -> None:
    """Say that what these people are, follow or can be reached by has changed: counts made before may be wrong."""
    ids = subscriber_ids if isinstance(subscriber_ids, sa.Select) else list(subscriber_ids)
    changed = update(Subscriber).where(col(Subscriber.id).in_(ids))
    session.execute(changed.values(changed_at=now).execution_options(synchronize_session=False))


def address(session: Session, channel: str, value: str) -> Address | None:
    """The address with this value, whoever has it."""
    return session.exec(select(Address).where(Address.channel == channel, Address.value == value)).first()


def addresses(session: Session, subscriber: Subscriber) -> list[Address]:
    """All of a person's, also suppressed ones."""
    return list(session.exec(select(Address).where(Address.subscriber_id == subscriber.id).order_by(col(Address.id))))


def followed(session: Session, subscriber: Subscriber) -> list[UUID | None]:
    """Component ids that they follow; [None] = everything."""
    return [each.component_id for each in subscriptions(session, subscriber)]


def subscriptions(session: Session, subscriber: Subscriber) -> list[Subscription]:
    """What they asked for."""
    wanted = select(Subscription).where(Subscription.subscriber_id == subscriber.id)
    return list(session.exec(wanted.order_by(col(Subscription.id))))


def places(session: Session, subscriber: Subscriber) -> tuple[list[str], list[SubscriberPoint]]:
    """The coded areas and the points that they chose."""
    codes = select(SubscriberArea.area_code).where(
        SubscriberArea.subscriber_id == subscriber.id, SubscriberArea.is_chosen
    )
    points = select(SubscriberPoint).where(
        SubscriberPoint.subscriber_id == subscriber.id, ~col(SubscriberPoint.is_on_file)
    )
    return list(session.exec(codes)), list(session.exec(points))


def place_at(
    session: Session,
    subscriber: Subscriber,
    latitude: float,
    longitude: float,
    *,
    label: str,
    radius_m: float = 0.0,
    is_on_file: bool = False,
) -> SubscriberPoint:
    """Add a point of a person's."""
    z = keys.key(latitude, longitude)
    return add(session, SubscriberPoint(subscriber_id=key_of(subscriber), z=z, label=label, radius_m=radius_m, is_on_file=is_on_file))  # fmt: skip


def follow_area(session: Session, subscriber: Subscriber, code: str) -> None:
    """Let a coded area be among what a person chose; they may belong to it already."""
    known = session.get(SubscriberArea, (key_of(subscriber), code))
    add(session, known or SubscriberArea(subscriber_id=key_of(subscriber), area_code=code)).is_chosen = True


def suppress(session: Session, channel: str, value: str, *, reason: str, now: datetime) -> bool:
    """Never use this address again until its owner asks anew; False if we do not have it or had done so."""
    statement = (
        update(Address)
        .where(col(Address.channel) == channel, col(Address.value) == value, col(Address.suppressed_at).is_(None))
        .values(suppressed_at=now, suppressed_reason=reason)
    )
    if reason not in {Suppression.opted_out, Suppression.not_answering}:  # those they can take back by a word
        statement = statement.values(confirmed_at=None)
    is_new = bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has a rowcount
    if is_new:
        owner = select(Address.subscriber_id).where(Address.channel == channel, Address.value == value)
        mark_changed(session, owner, now=now)
    return is_new


def forget(session: Session, subscriber: Subscriber) -> None:
    """Delete what a person follows and where; their addresses, and what is on file, stay."""
    session.execute(delete(Subscription).where(col(Subscription.subscriber_id) == subscriber.id))
    for place in (SubscriberArea, SubscriberPoint):
        session.execute(delete(place).where(col(place.subscriber_id) == subscriber.id, ~col(place.is_on_file)))
    session.execute(
        update(SubscriberArea).where(col(SubscriberArea.subscriber_id) == subscriber.id).values(is_chosen=False)
    )


def bury(session: Session, number: int, *, now: datetime) -> None:
    """Delete a person's row, after all that hangs on it. On SQLite the newest stays as an empty shell.

    Its number would be given to whoever comes next, and with it the personal link in old messages.
    """
    is_given_again = session.get_bind().dialect.name == "sqlite"
    if not is_given_again or number != session.exec(select(sa.func.max(Subscriber.id))).one():
        session.execute(delete(Subscriber).where(col(Subscriber.id) == number))
        return
    blank = Subscriber(id=number, created_at=now, left_at=now).model_dump(exclude={"id", "created_at"})
    session.execute(update(Subscriber).where(col(Subscriber.id) == number).values(**blank))


def is_shell(session: Session, subscriber: Subscriber) -> bool:
    """Whether everything of this person was deleted."""
    return subscriber.left_at is not None and not subscriber.is_customer and not addresses(session, subscriber)


def key_of(subscriber: Subscriber) -> int:
    """Its id, once it is stored."""
    if subscriber.id is None:
        raise ValueError("this subscriber is not stored yet")
    return subscriber.id
