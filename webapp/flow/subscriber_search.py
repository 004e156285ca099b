"""Finding subscribers among a million: by exact address, number or name, and by what they have in common. Paged by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

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


def found(wanted: Wanted, *, addresses: Sequence[tuple[str, str]] = ()) -> sa.Select[int | None]:
    """Ids of those who fit. `addresses`: how the text reads as an address, if it does."""
    every = sa.select(col(Subscriber.id))
    for clause in _clauses(wanted, addresses):
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
    chosen = found(wanted, addresses=addresses).order_by(col(Subscriber.id).desc()).limit(size)
    if before is not None:
        chosen = chosen.where(col(Subscriber.id) < before)
    return [one for one in session.execute(chosen).scalars() if one is not None]


def after(
    session: Session, wanted: Wanted, *, addresses: Sequence[tuple[str, str]] = (), last: int = 0, size: int = 1_000
) -> list[int]:
    """The next ids upwards, for exports and programs."""
    chosen = (
        found(wanted, addresses=addresses).where(col(Subscriber.id) > last).order_by(col(Subscriber.id)).limit(size)
    )
    return [one for one in session.execute(chosen).scalars() if one is not None]


def count(session: Session, wanted: Wanted, *, addresses: Sequence[tuple[str, str]] = (), most: int = 10_000) -> int:
    """How many fit; counting ends at `most`."""
    some = found(wanted, addresses=addresses).limit(most).subquery()
    return int(session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def _clauses(wanted: Wanted, addresses: Sequence[tuple[str, str]]) -> list[sa.ColumnElement[bool]]:
    """EXISTS by person, so that a page of a common filter ends early; the rare ones are looked up by their own index."""
    person = col(Subscriber.id)
    clauses: list[sa.ColumnElement[bool]] = []
    if wanted.text:
        clauses.append(_says(wanted.text, addresses))
    if wanted.channel:
        clauses.append(
            _has(Address.subscriber_id, col(Address.channel) == wanted.channel, col(Address.suppressed_at).is_(None))
        )
    if wanted.segment:
        clauses.append(_has(SubscriberSegment.subscriber_id, col(SubscriberSegment.segment_code) == wanted.segment))
    if wanted.component_id:
        clauses.append(_has(Subscription.subscriber_id, col(Subscription.component_id) == wanted.component_id))
    if wanted.area:
        clauses.append(_has(SubscriberArea.subscriber_id, col(SubscriberArea.area_code) == wanted.area))
    if wanted.language:
        clauses.append(col(Subscriber.language) == wanted.language)
    clauses += _by_consent(wanted.consent)
    if wanted.suppressed:
        barred = person.in_(sa.select(col(Address.subscriber_id)).where(col(Address.suppressed_at).is_not(None)))
        clauses.append(barred if wanted.suppressed == "yes" else ~barred)
    return clauses


def _by_consent(consent: str) -> list[sa.ColumnElement[bool]]:
    usable = col(Address.suppressed_at).is_(None)
    asked = _has(Address.subscriber_id, col(Address.confirmed_at).is_not(None), usable)
    filed = _has(Address.subscriber_id, col(Address.is_on_file), col(Address.service_refused_at).is_(None), usable)
    return {"asked": [asked], "service": [filed], "none": [~asked, ~filed]}.get(consent, [])


def _has(owner: int, *what: sa.ColumnElement[bool] | Mapped[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(col(owner) == col(Subscriber.id), *what)


def _says(text: str, addresses: Sequence[tuple[str, str]]) -> sa.ColumnElement[bool]:
    """By exact address, by external id, or by the beginning of a name."""
    ways: list[sa.Select[Any]] = [
        sa.select(col(Address.subscriber_id)).where(col(Address.channel) == channel, col(Address.value) == value)
        for channel, value in addresses
    ]
    ways.append(sa.select(col(Subscriber.id)).where(col(Subscriber.external_id) == text))
    ways += [
        sa.select(col(Subscriber.id)).where(
            _Begins(col(Subscriber.name), sa.bindparam(None, one, sa.String, unique=True))
        )
        for one in sorted({text, text.capitalize(), text.title(), text.lower()})
    ]
    return col(Subscriber.id).in_(sa.union_all(*ways))


class _Begins(sa.sql.functions.GenericFunction[bool]):
    """begins(column, beginning): each database has its own way that uses the index."""

    name = "begins"
    inherit_cache = True
    type = sa.Boolean()


@compiles(_Begins, "sqlite")
def _by_range(element: _Begins, compiler: Any, **options: Any) -> str:
    column, beginning = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} >= {beginning} AND {column} < {beginning} || char(1114111))"


@compiles(_Begins, "postgresql")
def _by_pattern(element: _Begins, compiler: Any, **options: Any) -> str:
    """The index has text_pattern_ops, whose comparison is ~>=~."""
    column, beginning = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} ~>=~ {beginning} AND {column} ~<~ ({beginning} || chr(1114111)))"
