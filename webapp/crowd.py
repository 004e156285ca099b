"""Invented organisations of any size, the same for the same seed: people who live where people live.

Homes gather in towns of very different sizes, most near a middle, some far out; some people have a second place or follow
an area; wishes, consents and languages are spread as in life. For demonstrations, measurements and tests.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, SQLModel, col, select

from rules.terms import Severity
from webapp.flow.areas import Area, Level
from webapp.flow.components import Component
from webapp.flow.subscribers import (
    Address,
    Segment,
    Subscriber,
    SubscriberArea,
    SubscriberPoint,
    SubscriberSegment,
    Subscription,
)
from webapp.geo import keys

AT_ONCE = 50_000  # people
LANGUAGES, LANGUAGE_SHARES = ("sv", "en", "fi", "ar"), (0.82, 0.11, 0.04, 0.03)
SEGMENTS = ("private", "business", "youth", "farming")
FLOORS, FLOOR_SHARES = (Severity.minor, Severity.moderate, Severity.severe), (0.6, 0.3, 0.1)
KM_PER_DEGREE = 111.2
COUNTIES = 21
Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Town:
    """Where people gather. `share`: of all people."""

    code: str
    latitude: float
    longitude: float
    spread_km: float
    share: float


def towns(seed: int, count: int = 800) -> list[Town]:
    """Sveg first, then the rest of a country: the largest holds about a tenth (Zipf), the smallest a few."""
    chance = np.random.default_rng(seed)
    sizes = 1.0 / np.arange(1, count + 1) ** 0.95
    sizes /= sizes.sum()
    latitudes = 55.5 + 12.5 * chance.beta(1.2, 2.6, count)
    longitudes = 12.0 + (latitudes - 55.5) * 0.55 + chance.uniform(0.0, 4.5, count)
    places = [
        (62.0346, 14.3658),
        (59.3293, 18.0686),
        *zip(latitudes[2:].tolist(), longitudes[2:].tolist(), strict=True),
    ]
    shares = [0.0012, *(sizes[: count - 1] * 0.9988 / sizes[: count - 1].sum()).tolist()]
    return [Town(f"X-{number:04d}", *place, 2.0 + 28.0 * float(share) ** 0.5, float(share))
            for number, (place, share) in enumerate(zip(places, shares, strict=True))]  # fmt: skip


def settle(
    session: Session, people: int, *, seed: int = 2026, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Store so many people, and the areas they live in; the same for the same seed. How many were stored.

    The database should hold no subscribers yet. `progress` is told how many are stored so far.
    """
    known = towns(seed)
    _areas(session, known)
    components = list(
        session.exec(
            select(Component.id).where(~col(Component.is_group)).order_by(col(Component.position), col(Component.code))
        )
    )
    first = (session.execute(sa.select(sa.func.max(col(Subscriber.id)))).scalar() or 0) + 1
    for start in range(0, people, AT_ONCE):
        count = min(AT_ONCE, people - start)
        chance = np.random.default_rng([seed, start])
        for table, columns in _some(chance, first + start, count, known, components, now):
            insert(session, table, columns)
        progress(start + count)
    _mend_sequences(session)
    return people


def insert(session: Session, table: type[SQLModel], columns: Columns) -> None:
    """Rows given as columns; the quickest way that each database has. Columns left out take the model's defaults."""
    lists = {
        name: values.tolist() if isinstance(values, np.ndarray) else list(values) for name, values in columns.items()
    }
    size = len(next(iter(lists.values())))
    for field in sa.inspect(table).columns:
        if field.key not in lists and field.default is not None and field.default.is_scalar:
            lists[field.key] = [field.default.arg] * size
    names, rows = (
        list(lists),
        zip(*(_stored(session, table, name, values) for name, values in lists.items()), strict=True),
    )
    quoted = ", ".join(names)
    connection: Any = session.connection().connection.driver_connection
    name = str(table.__tablename__)
    if session.get_bind().dialect.name == "sqlite":
        marks = ", ".join("?" for _ in names)
        connection.executemany(f"INSERT INTO {name} ({quoted}) VALUES ({marks})", rows)  # noqa: S608  our own names
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {name} ({quoted}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _stored(session: Session, table: type[SQLModel], name: str, values: Sequence[Any]) -> Sequence[Any]:
    """As the driver wants them: each distinct value is converted once."""
    convert = (
        sa.inspect(table)
        .columns[name]
        .type.dialect_impl(session.get_bind().dialect)
        .bind_processor(session.get_bind().dialect)
    )
    if convert is None:
        return values
    converted: dict[Any, Any] = {}
    return [converted[value] if value in converted else converted.setdefault(value, convert(value)) for value in values]


def _areas(session: Session, known: list[Town]) -> None:
    if session.get(Area, "X") is None:
        session.add(Area(code="X", name="The country", level=Level.country))
        session.flush()
        session.add_all(
            Area(code=f"X-{number:02d}", name=f"County {number}", level=Level.county, parent_code="X")
            for number in range(COUNTIES)
        )
        session.flush()
        session.add_all(Area(code=town.code, name=f"Town {town.code[2:]}", level=Level.municipality, parent_code=f"X-{_county(town):02d}",
                             latitude=town.latitude, longitude=town.longitude) for town in known)  # fmt: skip
        session.add_all(Segment(code=code, name=code) for code in SEGMENTS)
        session.flush()


def _county(town: Town) -> int:
    return min(int((town.latitude - 55.0) / 14.0 * COUNTIES), COUNTIES - 1)


def _some(
    chance: np.random.Generator, first: int, count: int, known: list[Town], components: list[Any], now: datetime
) -> Iterator[tuple[type[SQLModel], Columns]]:
    ids = np.arange(first, first + count)
    town = chance.choice(len(known), count, p=np.array([each.share for each in known]))
    is_customer, asks = chance.random(count) < 0.93, chance.random(count) < 0.12
    asks |= ~is_customer
    follows_everywhere = asks & (chance.random(count) < 0.04)
    yield Subscriber, {
        "id": ids, "language": chance.choice(LANGUAGES, count, p=LANGUAGE_SHARES), "is_customer": is_customer,
        "follows_everywhere": follows_everywhere, "created_at": [now] * count, "name": [""] * count,
    }  # fmt: skip
    yield SubscriberPoint, _points(chance, ids, town, known, asks, is_customer)
    yield SubscriberArea, _codes(chance, ids, town, known, asks, is_customer)
    yield from _addresses(chance, ids, asks, is_customer, now)
    yield Subscription, _wishes(chance, ids[asks], components)
    in_segment = chance.random((count, len(SEGMENTS))) < np.array([0.8, 0.15, 0.1, 0.03])
    person, segment = np.nonzero(in_segment)
    yield SubscriberSegment, {"subscriber_id": ids[person], "segment_code": np.array(SEGMENTS)[segment]}


def _homes(chance: np.random.Generator, town: NDArray[np.int64], known: list[Town]) -> NDArray[np.int64]:
    """Keys: dense in the middle, thinning out, with a long tail into the country."""
    middle = np.array([(each.latitude, each.longitude, each.spread_km) for each in known])[town]
    away = middle[:, 2] * chance.gamma(1.4, 0.45, len(town)) * np.where(chance.random(len(town)) < 0.07, 4.0, 1.0)
    angle = chance.uniform(0.0, 2 * np.pi, len(town))
    latitude = middle[:, 0] + away * np.cos(angle) / KM_PER_DEGREE
    longitude = middle[:, 1] + away * np.sin(angle) / (KM_PER_DEGREE * np.cos(np.radians(middle[:, 0])))
    return keys.key_array(np.clip(latitude, -84.0, 84.0), np.clip(longitude, -179.0, 179.0))


def _points(
    chance: np.random.Generator, ids: NDArray[np.int64], town: NDArray[np.int64], known: list[Town],
    asks: NDArray[np.bool_], is_customer: NDArray[np.bool_],
) -> Columns:  # fmt: skip
    """Customers' homes on file; those who ask have chosen one, some a second; one in twenty with a circle around it."""
    home, second = _homes(chance, town, known), asks & (chance.random(len(ids)) < 0.25)
    away = _homes(chance, chance.integers(0, len(known), int(second.sum())), known)
    radii = np.where(
        chance.random(int(asks.sum())) < 0.05, chance.choice([2_000.0, 5_000.0, 15_000.0], int(asks.sum())), 0.0
    )
    return {
        "subscriber_id": np.concatenate([ids[is_customer], ids[asks], ids[second]]),
        "z": np.concatenate([home[is_customer], home[asks], away]),
        "radius_m": np.concatenate([np.zeros(int(is_customer.sum())), radii, np.zeros(len(away))]),
        "is_on_file": np.concatenate(
            [np.ones(int(is_customer.sum()), bool), np.zeros(int(asks.sum()) + len(away), bool)]
        ),
        "label": ["home"] * int(is_customer.sum() + asks.sum() + len(away)),
    }


def _codes(
    chance: np.random.Generator, ids: NDArray[np.int64], town: NDArray[np.int64], known: list[Town],
    asks: NDArray[np.bool_], is_customer: NDArray[np.bool_],
) -> Columns:  # fmt: skip
    names = np.array([each.code for each in known])[town]
    chosen = asks & (chance.random(len(ids)) < 0.3)
    which = is_customer | chosen
    return {
        "subscriber_id": ids[which],
        "area_code": names[which],
        "is_on_file": is_customer[which],
        "is_chosen": chosen[which],
    }


def _addresses(
    chance: np.random.Generator,
    ids: NDArray[np.int64],
    asks: NDArray[np.bool_],
    is_customer: NDArray[np.bool_],
    now: datetime,
) -> Iterator[tuple[type[SQLModel], Columns]]:
    for channel, on_file, asked in (("sms", 0.55, 0.8), ("email", 0.85, 0.4)):
        kept = is_customer & (chance.random(len(ids)) < on_file)
        confirmed = asks & (chance.random(len(ids)) < asked)
        which = np.flatnonzero(kept | confirmed)
        suppressed = chance.random(len(which)) < 0.02
        values = [
            f"+4670{number:010d}" if channel == "sms" else f"p{number}@mail.example" for number in ids[which].tolist()
        ]
        yield Address, {
            "subscriber_id": ids[which], "channel": [channel] * len(which), "value": values, "is_on_file": kept[which],
            "confirmed_at": [now if each else None for each in confirmed[which].tolist()],
            "suppressed_at": [now if each else None for each in suppressed.tolist()],
            "agreed_text": [""] * len(which), "source": ["invented"] * len(which), "suppressed_reason": [""] * len(which),
        }  # fmt: skip


def _wishes(chance: np.random.Generator, ids: NDArray[np.int64], components: list[Any]) -> Columns:
    """Everything, or one component, or two of them."""
    parts = [None, *components]
    wanted = np.where(chance.random(len(ids)) < 0.5, 0, chance.integers(0, len(parts), len(ids)))
    more = np.flatnonzero((chance.random(len(ids)) < 0.2) & (wanted > 0))
    floor = chance.choice(len(FLOORS), len(ids) + len(more), p=FLOOR_SHARES)
    return {
        "subscriber_id": np.concatenate([ids, ids[more]]),
        "component_id": [parts[n] for n in [*wanted.tolist(), *(wanted[more] % len(components) + 1).tolist()]]
        if components
        else [None] * len(floor),
        "severity_floor": [FLOORS[n] for n in floor.tolist()],
        "kinds": [frozenset()] * len(floor),
    }


def _mend_sequences(session: Session) -> None:
    """Rows that are added later get numbers of their own."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            sa.text("SELECT setval(pg_get_serial_sequence('subscriber', 'id'), (SELECT max(id) FROM subscriber))")
        )
