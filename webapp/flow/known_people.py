"""Some people as they are stored, in memory, to be changed there row by row and written back at once."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from rules.terms import Kind, Severity
from webapp.flow.subscribers import (
    Address,
    ConsentClass,
    Subscriber,
    SubscriberArea,
    SubscriberPoint,
    SubscriberSegment,
    Subscription,
)

Key = tuple[str, str]  # (channel, value), or (EXTERNAL, their number in the organisation's books)
Asked = tuple[UUID | None, Severity, frozenset[Kind]]
Spot = tuple[int, float, str, bool]  # key, radius in m, label, on file
EXTERNAL = "external"


@dataclass(slots=True)
class Held:
    """An address of theirs."""

    id: int | None = None  # None = not stored yet
    is_on_file: bool = False
    confirmed_at: datetime | None = None
    agreed_text: str = ""
    source: str = ""
    suppressed_at: datetime | None = None
    suppressed_reason: str = ""
    service_refused_at: datetime | None = None
    is_changed: bool = False


@dataclass(slots=True)
class Known:
    """One person. `changed` names what of them differs from the store."""

    id: int = 0
    is_new: bool = True
    name: str = ""
    language: str = "en"
    external_id: str | None = None
    is_customer: bool = False
    follows_everywhere: bool = False
    time_zone: str = ""
    quiet: tuple[int, int] | None = None
    left_at: datetime | None = None
    chose_at: datetime | None = None
    addresses: dict[Key, Held] = field(default_factory=dict)
    wishes: set[Asked] = field(default_factory=set)
    on_file: set[str] = field(default_factory=set)  # codes of areas
    chosen: set[str] = field(default_factory=set)
    spots: set[Spot] = field(default_factory=set)
    segments: set[str] = field(default_factory=set)
    consents: list[tuple[Key, ConsentClass, bool, str, str, datetime]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    @property
    def follows_all(self) -> bool:
        """Whether they asked about every service."""
        return any(part is None for part, _, _ in self.wishes)


def load(session: Session, keys: Iterable[Key], *, to_change: bool) -> dict[Key, Known]:
    """Everybody who has one of these keys, by all keys they have. `to_change`: nobody else changes them before we are done."""
    by_channel: dict[str, list[str]] = {}
    for channel, value in keys:
        by_channel.setdefault(channel, []).append(value)
    ids: set[int] = set()
    for channel, values in by_channel.items():
        ids |= _ids(session, channel, values)
    people = _people(session, sorted(ids), to_change=to_change)
    if people:
        _fill(session, people)
    found: dict[Key, Known] = {}
    for person in people.values():
        found |= dict.fromkeys(person.addresses, person)
        if person.external_id:
            found[EXTERNAL, person.external_id] = person
    return found


def load_ids(session: Session, ids: list[int], *, to_change: bool) -> dict[int, Known]:
    """Those with these ids."""
    people = _people(session, sorted(ids), to_change=to_change)
    if people:
        _fill(session, people)
    return people


def each(session: Session, values: list[str] | list[int]) -> sa.Select[str]:
    """A sub-query over given values, as one parameter whatever their number."""
    given = sa.bindparam(None, json.dumps(values), sa.Text, unique=True)
    if session.get_bind().dialect.name == "sqlite":
        column = sa.func.json_each(given).table_valued("value").c.value
    else:
        column = sa.func.json_array_elements_text(sa.cast(given, sa.JSON)).table_valued("value").c.value
    whole = bool(values) and isinstance(values[0], int)
    return sa.select(sa.cast(column, sa.BigInteger) if whole else sa.cast(column, sa.String))


def _ids(session: Session, channel: str, values: list[str]) -> set[int]:
    # IN, not a join: SQLite would walk through all addresses for each value.
    given = each(session, values)
    if channel == EXTERNAL:
        wanted = sa.select(col(Subscriber.id)).where(col(Subscriber.external_id).in_(given))
    else:
        wanted = sa.select(col(Address.subscriber_id)).where(
            col(Address.channel) == channel, col(Address.value).in_(given)
        )
    return {one for one in session.execute(wanted).scalars() if one is not None}


def _people(session: Session, ids: list[int], *, to_change: bool) -> dict[int, Known]:
    if not ids:
        return {}
    wanted = sa.select(
        col(Subscriber.id), col(Subscriber.name), col(Subscriber.language), col(Subscriber.external_id), col(Subscriber.is_customer),
        col(Subscriber.follows_everywhere), col(Subscriber.time_zone), col(Subscriber.quiet_from_min), col(Subscriber.quiet_to_min),
        col(Subscriber.left_at), col(Subscriber.chose_at),
    ).where(_among(session, col(Subscriber.id), ids)).order_by(col(Subscriber.id))  # fmt: skip
    if to_change:
        wanted = wanted.with_for_update()
    found = {}
    for one, name, language, external, customer, everywhere, zone, first, last, left, chose in session.execute(wanted):
        quiet = (first, last) if first is not None and last is not None else None
        found[int(one)] = Known(id=int(one), is_new=False, name=name, language=language, external_id=external, is_customer=customer,
                           follows_everywhere=everywhere, time_zone=zone, quiet=quiet, left_at=left, chose_at=chose)  # fmt: skip
    return found


def _among(session: Session, column: Mapped[int] | Mapped[int | None], ids: list[int]) -> sa.ColumnElement[bool]:
    return column.in_(each(session, ids))


def _fill(session: Session, people: dict[int, Known]) -> None:
    ids = list(people)
    rows = session.execute(
        sa.select(
            col(Address.subscriber_id), col(Address.channel), col(Address.value), col(Address.id), col(Address.is_on_file), col(Address.confirmed_at),
            col(Address.agreed_text), col(Address.source), col(Address.suppressed_at), col(Address.suppressed_reason), col(Address.service_refused_at),
        ).where(_among(session, col(Address.subscriber_id), ids))
    )  # fmt: skip
    for person, channel, value, *rest in rows:
        people[person].addresses[channel, value] = Held(*rest)
    for person, component, floor, kinds in session.execute(
        sa.select(col(Subscription.subscriber_id), col(Subscription.component_id), col(Subscription.severity_floor), col(Subscription.kinds))
        .where(_among(session, col(Subscription.subscriber_id), ids))
    ):  # fmt: skip
        people[person].wishes.add((component, floor, kinds))
    for person, code, is_on_file, is_chosen in session.execute(
        sa.select(col(SubscriberArea.subscriber_id), col(SubscriberArea.area_code), col(SubscriberArea.is_on_file), col(SubscriberArea.is_chosen))
        .where(_among(session, col(SubscriberArea.subscriber_id), ids))
    ):  # fmt: skip
        if is_on_file:
            people[person].on_file.add(code)
        if is_chosen:
            people[person].chosen.add(code)
    for person, *spot in session.execute(
        sa.select(col(SubscriberPoint.subscriber_id), col(SubscriberPoint.z), col(SubscriberPoint.radius_m), col(SubscriberPoint.label), col(SubscriberPoint.is_on_file))
        .where(_among(session, col(SubscriberPoint.subscriber_id), ids))
    ):  # fmt: skip
        people[person].spots.add((spot[0], spot[1], spot[2], spot[3]))
    for person, code in session.execute(
        sa.select(col(SubscriberSegment.subscriber_id), col(SubscriberSegment.segment_code))
        .where(_among(session, col(SubscriberSegment.subscriber_id), ids))
    ):  # fmt: skip
        people[person].segments.add(code)
