"""Finding subscribers among a million: by exact address, number or name, and by what they have in common. Paged by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from webapp.flow.known_people import each
from webapp.flow.subscribers import Address, Subscriber, SubscriberArea, SubscriberSegment, Subscription

sa.Index("ix_subscriber_name", col(Subscriber.name), postgresql_ops={"name": "text_pattern_ops"})
sa.Index("ix_subscriber_language", col(Subscriber.language))
sa.Index("ix_subscription_component_id", col(Subscription.component_id))
sa.Index(
    "ix_address_suppressed",
    col(Address.suppressed_at),
    sqlite_where=col(Address.suppressed_at).is_not(None),
    postgresql_where=col(Address.suppressed_at).is_not(None),
)

Owned = Address | SubscriberArea | SubscriberSegment | Subscription
FEW = 2_000  # fewer are looked up first
MOST_NAMED = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody looks for; "" = whoever."""

    text: str = ""
    channel: str = ""
    segment: str = ""
    component_id: UUID | None = None
    area: str = ""
    language: str = ""
    consent: str = ""  # asked, service, none
    suppressed: str = ""  # yes, no

    @property
    def is_everybody(self) -> bool:
        """Whether nothing is asked."""
        return self == Wanted()


def found(session: Session, wanted: Wanted, *, addresses: Sequence[tuple[str, str]] = ()) -> sa.Select[int | None]:
    """Ids of those who fit. `addresses`: how the text reads as an address, if it does."""
    every = sa.select(col(Subscriber.id))
    for clause in _clauses(session, wanted, addresses):
        every = every.where(clause)
    return every


def page(
    session: Session,
    wanted: Wanted,
    *,
    addresses: Sequence[tuple[str, str]] = (),
    before: int | None = None,
    size: int = 50,
) -> list[int]:
    """Ids of the newest that fit, those before an id."""
    chosen = found(session, wanted, addresses=addresses).order_by(col(Subscriber.id).desc()).limit(size)
    if before is not None:
        chosen = chosen.where(col(Subscriber.id) < before)
    return [one for one in session.execute(chosen).scalars() if one is not None]


def after(
    session: Session, wanted: Wanted, *, addresses: Sequence[tuple[str, str]] = (), last: int = 0, size: int = 1_000
) -> list[int]:
    """The next ids upwards, for exports and programs."""
    chosen = (
        found(session, wanted, addresses=addresses)
        .where(col(Subscriber.id) > last)
        .order_by(col(Subscriber.id))
        .limit(size)
    )
    return [one for one in session.execute(chosen).scalars() if one is not None]


def count(session: Session, wanted: Wanted, *, addresses: Sequence[tuple[str, str]] = (), most: int = 10_000) -> int:
    """How many fit; counting ends at `most`."""
    some = found(session, wanted, addresses=addresses).limit(most).subquery()
    return int(session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def _clauses(session: Session, wanted: Wanted, addresses: Sequence[tuple[str, str]]) -> list[sa.ColumnElement[bool]]:
    """A common filter is asked of each person in turn, so that a page of it ends early; the few of a rare one are looked up first."""
    person = col(Subscriber.id)
    clauses: list[sa.ColumnElement[bool]] = []
    if wanted.text:
        clauses.append(_among(session, _told(session, _says(session, wanted.text, addresses), MOST_NAMED)))
    if wanted.channel:
        clauses.append(
            _has(session, Address, col(Address.channel) == wanted.channel, col(Address.suppressed_at).is_(None))
        )
    if wanted.segment:
        clauses.append(_has(session, SubscriberSegment, col(SubscriberSegment.segment_code) == wanted.segment))
    if wanted.component_id:
        clauses.append(_has(session, Subscription, col(Subscription.component_id) == wanted.component_id))
    if wanted.area:
        clauses.append(_exists(SubscriberArea, col(SubscriberArea.area_code) == wanted.area))
    if wanted.language:
        clauses.append(col(Subscriber.language) == wanted.language)
    clauses += _by_consent(wanted.consent)
    if wanted.suppressed:
        barred = person.in_(sa.select(col(Address.subscriber_id)).where(col(Address.suppressed_at).is_not(None)))
        clauses.append(barred if wanted.suppressed == "yes" else ~barred)
    return clauses


def _by_consent(consent: str) -> list[sa.ColumnElement[bool]]:
    usable = col(Address.suppressed_at).is_(None)
    asked = _exists(Address, col(Address.confirmed_at).is_not(None), usable)
    filed = _exists(Address, col(Address.is_on_file), col(Address.service_refused_at).is_(None), usable)
    return {"asked": [asked], "service": [filed], "none": [~asked, ~filed]}.get(consent, [])


def _exists(table: type[Owned], *what: sa.ColumnElement[bool] | Mapped[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(col(table.subscriber_id) == col(Subscriber.id), *what)


def _has(session: Session, table: type[Owned], *what: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """By the table's own index, if those who have it are few."""
    few = _told(session, sa.select(col(table.subscriber_id)).where(*what), FEW + 1)
    return _exists(table, *what) if len(few) > FEW else _among(session, few)


def _among(session: Session, ids: list[int]) -> sa.ColumnElement[bool]:
    return col(Subscriber.id).in_(each(session, ids)) if ids else sa.false()


def _told(session: Session, chosen: sa.Select[Any] | sa.CompoundSelect[Any], most: int) -> list[int]:
    return list(session.execute(chosen.limit(most)).scalars())


def _says(session: Session, text: str, addresses: Sequence[tuple[str, str]]) -> sa.CompoundSelect[Any]:
    """By exact address, by external id, or by the beginning of a name."""
    ways: list[sa.Select[Any]] = [
        sa.select(col(Address.subscriber_id)).where(col(Address.channel) == channel, col(Address.value) == value)
        for channel, value in addresses
    ]
    ways.append(sa.select(col(Subscriber.id)).where(col(Subscriber.external_id) == text))
    ways += [
        sa.select(col(Subscriber.id)).where(_begins(session, one))
        for one in sorted({text, text.capitalize(), text.title(), text.lower()})
    ]
    return sa.union_all(*ways)


def _begins(session: Session, beginning: str) -> sa.ColumnElement[bool]:
    """Each database has its own way that uses the index; that of PostgreSQL has text_pattern_ops."""
    name, end = col(Subscriber.name), f"{beginning}{chr(0x10FFFF)}"
    if session.get_bind().dialect.name == "sqlite":
        return sa.and_(name >= beginning, name < end)
    return sa.and_(name.op("~>=~")(beginning), name.op("~<~")(end))
