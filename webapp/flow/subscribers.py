"""The people who may be told: who they are, where, by which confirmed addresses, and what they asked for."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, delete, select, update

from rules.terms import Severity
from webapp.db import add, moment, word
from webapp.geo import keys

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Subscriber(SQLModel, table=True):
    """A person who asked to be told, or a customer on file, or both."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = ""
    language: str = Field(default="en", max_length=12)
    is_customer: bool = False
    follows_everywhere: bool = False  # they chose no place: every place concerns them
    created_at: datetime = moment()
    left_at: datetime | None = moment(default=None)


class Address(SQLModel, table=True):
    """One way to reach a person. On file and asked are separate consents; suppressed ends both."""

    __table_args__ = (sa.UniqueConstraint("channel", "value"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True, sa_type=BigId)
    channel: str = Field(max_length=24)
    value: str = Field(max_length=254, repr=False)  # E.164, or mail address in lower case
    is_on_file: bool = False  # a customer's address, for service messages
    confirmed_at: datetime | None = moment(default=None)  # its owner asked, and proved that it is theirs
    agreed_text: str = ""  # what they agreed to then
    source: str = ""
    suppressed_at: datetime | None = moment(default=None)
    suppressed_reason: str = ""


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


def address(session: Session, channel: str, value: str) -> Address | None:
    """The address with this value, whoever has it."""
    return session.exec(select(Address).where(Address.channel == channel, Address.value == value)).first()


def addresses(session: Session, subscriber: Subscriber) -> list[Address]:
    """All of a person's, also suppressed ones."""
    return list(session.exec(select(Address).where(Address.subscriber_id == subscriber.id).order_by(col(Address.id))))


def followed(session: Session, subscriber: Subscriber) -> list[UUID | None]:
    """Component ids that they follow; [None] = everything."""
    return list(session.exec(select(Subscription.component_id).where(Subscription.subscriber_id == subscriber.id)))


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
        .values(suppressed_at=now, suppressed_reason=reason, confirmed_at=None)
    )
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has a rowcount


def forget(session: Session, subscriber: Subscriber) -> None:
    """Delete what a person follows and where; their addresses, and what is on file, stay."""
    session.execute(delete(Subscription).where(col(Subscription.subscriber_id) == subscriber.id))
    for place in (SubscriberArea, SubscriberPoint):
        session.execute(delete(place).where(col(place.subscriber_id) == subscriber.id, ~col(place.is_on_file)))
    session.execute(
        update(SubscriberArea).where(col(SubscriberArea.subscriber_id) == subscriber.id).values(is_chosen=False)
    )


def key_of(subscriber: Subscriber) -> int:
    """Its id, once it is stored."""
    if subscriber.id is None:
        raise ValueError("this subscriber is not stored yet")
    return subscriber.id
