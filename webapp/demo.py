"""A demonstration organisation: an invented bank, its customers around real places, the same at every load."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import cos, pi, radians, sin, sqrt
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from rules.terms import Certainty, Kind, Severity, Urgency
from webapp import clock, db
from webapp.config import Config
from webapp.db import add
from webapp.flow import areas, incidents, policies, saved_areas
from webapp.flow.areas import Area, Level, Where
from webapp.flow.components import Component
from webapp.flow.incidents import Filing, IncidentStatus, public_id
from webapp.flow.organisation import ChannelSetup, Organisation
from webapp.flow.people import Person, Role, hashed
from webapp.flow.subscribers import Address, Subscriber, SubscriberArea, SubscriberPoint, Subscription
from webapp.geo import keys

PASSWORD = "cash-machines-in-sveg"  # noqa: S105  of a demonstration on this machine, printed at its start
PEOPLE = [
    ("Olle Operatör", "olle@fjallbanken.example", Role.operator),
    ("Lena Ledare", "lena@fjallbanken.example", Role.lead),
    ("Adam Admin", "adam@fjallbanken.example", Role.admin),
    ("Liv Ledare", "liv@fjallbanken.example", Role.lead),
]
COMPONENTS = [
    ("pay", "Payments", None), ("card-payments", "Card payments", "pay"), ("instant", "Instant payments", "pay"),
    ("digital", "App and web", None), ("app-login", "App login", "digital"), ("internet-bank", "Internet bank", "digital"),
    ("website", "Website", "digital"), ("atm", "Cash machines", None), ("branches", "Branches", None), ("phone", "Customer service", None),
]  # fmt: skip


class Place(NamedTuple):
    """A locality with its municipality and county, and how many customers live around it."""

    name: str
    municipality: str
    code: str
    county: str
    county_code: str
    latitude: float
    longitude: float
    customers: int


PLACES = [
    Place("Sveg", "Härjedalen", "2361", "Jämtland", "23", 62.0346, 14.3658, 1450),
    Place("Hede", "Härjedalen", "2361", "Jämtland", "23", 62.4180, 13.5110, 310),
    Place("Funäsdalen", "Härjedalen", "2361", "Jämtland", "23", 62.5411, 12.5430, 420),
    Place("Ytterhogdal", "Härjedalen", "2361", "Jämtland", "23", 62.1770, 14.9400, 240),
    Place("Östersund", "Östersund", "2380", "Jämtland", "23", 63.1792, 14.6357, 1900),
    Place("Åre", "Åre", "2321", "Jämtland", "23", 63.3990, 13.0815, 350),
    Place("Sundsvall", "Sundsvall", "2281", "Västernorrland", "22", 62.3908, 17.3069, 900),
    Place("Mora", "Mora", "2062", "Dalarna", "20", 61.0070, 14.5430, 380),
    Place("Falun", "Falun", "2080", "Dalarna", "20", 60.6065, 15.6355, 520),
    Place("Umeå", "Umeå", "2480", "Västerbotten", "24", 63.8258, 20.2630, 700),
    Place("Kiruna", "Kiruna", "2584", "Norrbotten", "25", 67.8558, 20.2253, 260),
    Place("Gävle", "Gävle", "2180", "Gävleborg", "21", 60.6749, 17.1413, 480),
    Place("Uppsala", "Uppsala", "0380", "Uppsala", "03", 59.8586, 17.6389, 640),
    Place("Stockholm", "Stockholm", "0180", "Stockholm", "01", 59.3293, 18.0686, 1600),
    Place("Göteborg", "Göteborg", "1480", "Västra Götaland", "14", 57.7089, 11.9746, 1100),
    Place("Malmö", "Malmö", "1280", "Skåne", "12", 55.6050, 13.0038, 900),
]
SVEG_ASKED_SMS, SVEG_ON_FILE_MAIL = 131, 1240
SPREAD_KM = 9.0


def load(settings: Config) -> str:
    """Load the demonstration unless an organisation is there; a sentence that says which."""
    now = clock.now()
    with _installation(settings) as session:
        if session.get(Organisation, 1):
            return "An organisation is there already; nothing was changed."
        _organisation(session, now)
        people = [
            add(session, Person(name=name, email=email, role=role, password_hash=hashed(PASSWORD)))
            for name, email, role in PEOPLE
        ]
        _components(session, now)
        _areas(session)
        _saved(session, people[0], now)
        customers = _customers(session, now)
        _past(session, people[0], now)
    return f"Loaded Fjällbanken with {customers:,} customers on file around {len(PLACES)} places."


def set_up(
    settings: Config, *, name: str, time_zone: str, currency: str, customers: int, admin: tuple[str, str], password: str
) -> str:
    """An empty installation: organisation, default policy, status page, one administrator; a sentence that says so."""
    now = clock.now()
    with _installation(settings) as session:
        if session.get(Organisation, 1):
            return "An organisation is there already; nothing was changed."
        add(
            session,
            Organisation(name=name, page_id=public_id(), time_zone=time_zone, customers=customers, currency=currency),
        )
        add(session, ChannelSetup(channel="status_page"))
        add(session, Person(name=admin[0], email=admin[1].lower(), role=Role.admin, password_hash=hashed(password)))
        policies.put_default_in_force(session, now=now)
    return f"{name} is set up. Sign in as {admin[1]}."


@contextmanager
def _installation(settings: Config) -> Iterator[Session]:
    """One transaction on its database; no connection stays open."""
    engine = db.make_engine(settings.database_url)
    try:
        with db.transaction(engine) as session:
            yield session
    finally:
        engine.dispose()


def _organisation(session: Session, now: datetime) -> None:
    add(session, Organisation(
        name="Fjällbanken", page_id=public_id(), time_zone="Europe/Stockholm", customers=1_200_000, currency="SEK",
        languages=["en", "sv"], help_text="Call 0771 00 00 00, all days 7 to 22.",
    ))  # fmt: skip
    add(session, ChannelSetup(channel="status_page", position=0))
    add(session, ChannelSetup(channel="sms", position=1, segments_per_second=10, price_per_segment=0.50))
    add(session, ChannelSetup(channel="email", position=2))
    add(session, ChannelSetup(channel="facebook", position=3, followers=180_000, reach=0.0165))
    add(session, ChannelSetup(channel="push", position=4))
    add(session, ChannelSetup(channel="webhook", position=5))
    policies.put_default_in_force(session, now=now)


def _components(session: Session, now: datetime) -> None:
    known: dict[str, Component] = {}
    groups = {group for _, _, group in COMPONENTS}
    for position, (code, name, group) in enumerate(COMPONENTS):
        known[code] = add(session, Component(
            public_id=public_id(), code=code, name=name, position=position, is_group=code in groups,
            group_id=known[group].id if group else None, created_at=now, updated_at=now,
        ))  # fmt: skip


def _areas(session: Session) -> None:
    add(session, Area(code="SE", name="Sweden", level=Level.country, source="ISO 3166-1"))
    for code, name in sorted({(place.county_code, place.county) for place in PLACES}):
        add(
            session,
            Area(
                code=f"SE-{code}",
                name=f"{name} county",
                level=Level.county,
                parent_code="SE",
                source="Statistics Sweden",
            ),
        )
    for code, name, county in sorted({(place.code, place.municipality, place.county_code) for place in PLACES}):
        add(
            session,
            Area(
                code=f"SE-{code}",
                name=f"{name} municipality",
                level=Level.municipality,
                parent_code=f"SE-{county}",
                source="Statistics Sweden",
            ),
        )
    for place in PLACES:
        add(session, Area(
            code=f"place-{place.name.lower()}", name=place.name, level=Level.locality, parent_code=f"SE-{place.code}",
            latitude=place.latitude, longitude=place.longitude, source="own",
        ))  # fmt: skip


def _saved(session: Session, operator: Person, now: datetime) -> None:
    """What the operators use again and again."""
    towns = tuple(areas.near(session, name, 12) for name in ("Sveg", "Hede", "Funäsdalen"))
    saved_areas.save(session, "The towns of Härjedalen", Where(nears=towns), by=operator, now=now)
    besides = Where(codes=("SE-23",), but=Where(codes=("SE-2380",)))
    saved_areas.save(session, "Jämtland without Östersund", besides, by=operator, now=now)


def _customers(session: Session, now: datetime) -> int:
    """Everybody in set-based inserts; ids are given so that rows can refer to each other."""
    chance = random.Random(2026)
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {
        Subscriber: [], SubscriberPoint: [], SubscriberArea: [], Address: [], Subscription: [],
    }  # fmt: skip
    atm = session.exec(select(Component.id).where(Component.code == "atm")).one()
    number = 0
    for place in PLACES:
        for index in range(place.customers):
            number += 1
            _customer(rows, number, place, index, chance, atm=atm, now=now)
    for table, values in rows.items():
        session.execute(sa.insert(table), values)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            sa.text("SELECT setval(pg_get_serial_sequence('subscriber', 'id'), (SELECT max(id) FROM subscriber))")
        )
    return number


def _customer(
    rows: dict[type[SQLModel], list[dict[str, Any]]],
    number: int,
    place: Place,
    index: int,
    chance: random.Random,
    *,
    atm: object,
    now: datetime,
) -> None:
    language = "sv" if chance.random() < 0.9 else "en"
    rows[Subscriber].append(
        {
            "id": number,
            "name": "",
            "language": language,
            "is_customer": True,
            "follows_everywhere": False,
            "created_at": now,
        }
    )
    distance, angle = SPREAD_KM * sqrt(chance.random()), 2 * pi * chance.random()
    latitude = place.latitude + distance * cos(angle) / 111.2
    longitude = place.longitude + distance * sin(angle) / (111.3 * cos(radians(place.latitude)))
    home = keys.key(latitude, longitude)
    rows[SubscriberPoint].append(
        {"subscriber_id": number, "z": home, "label": "home", "radius_m": 0.0, "is_on_file": True}
    )
    asks, has_mail = _reach(place, index, chance)
    rows[SubscriberArea].append(
        {"subscriber_id": number, "area_code": f"SE-{place.code}", "is_on_file": True, "is_chosen": False}
    )
    if asks:
        rows[SubscriberPoint].append(
            {"subscriber_id": number, "z": home, "label": "home", "radius_m": 0.0, "is_on_file": False}
        )
        rows[Address].append(
            _address(
                number, "sms", f"+4670174{number:04d}" if number < 10_000 else f"+467017{number:05d}", now, asked=True
            )
        )
        rows[Subscription].append({"subscriber_id": number, "component_id": atm, "severity_floor": Severity.minor})
    if has_mail:
        rows[Address].append(_address(number, "email", f"customer{number}@mail.example", now, asked=False))


def _reach(place: Place, index: int, chance: random.Random) -> tuple[bool, bool]:
    """Who asked for SMS about cash machines, and whose mail address is on file."""
    if place.name == "Sveg":
        return index < SVEG_ASKED_SMS, SVEG_ASKED_SMS <= index < SVEG_ASKED_SMS + SVEG_ON_FILE_MAIL
    return chance.random() < 0.07, chance.random() < 0.85


def _address(subscriber_id: int, channel: str, value: str, now: datetime, *, asked: bool) -> dict[str, Any]:
    return {
        "subscriber_id": subscriber_id, "channel": channel, "value": value, "is_on_file": not asked, "confirmed_at": now if asked else None,
        "agreed_text": "Tell me by SMS when cash machines near me do not work." if asked else "", "source": "demonstration",
        "suppressed_at": None, "suppressed_reason": "",
    }  # fmt: skip


def _past(session: Session, operator: Person, now: datetime) -> None:
    """Something to see on the status page: three things that are over, and planned work to come."""
    over = [
        (
            timedelta(days=12, hours=5),
            timedelta(hours=2),
            "Slow app login",
            Kind.degradation,
            Severity.minor,
            "app-login",
        ),
        (
            timedelta(days=6, hours=3),
            timedelta(minutes=50),
            "Card payments failed in shops",
            Kind.outage,
            Severity.moderate,
            "card-payments",
        ),
        (
            timedelta(days=2, hours=8),
            timedelta(hours=4),
            "Internet bank not reachable from abroad",
            Kind.outage,
            Severity.minor,
            "internet-bank",
        ),
    ]
    for ago, length, headline, kind, severity, code in over:
        began = (now - ago).replace(minute=10, second=0, microsecond=0)
        filing = Filing(kind=kind, started_at=began, headline=headline, severity=severity, urgency=Urgency.expected,
                        certainty=Certainty.observed, components=(code,), ends_by_itself=False)  # fmt: skip
        incident = incidents.file_incident(session, filing, by=operator, now=began + timedelta(minutes=6))
        incidents.publish(session, incident, by=operator, now=began + timedelta(minutes=7))
        incidents.update(session, incident, IncidentStatus.identified, note="", by=operator, now=began + length / 3)
        incidents.update(session, incident, IncidentStatus.monitoring, note="", by=operator, now=began + length * 0.8)
        incidents.update(session, incident, IncidentStatus.resolved, note="", by=operator, now=began + length)
    starts = (now + timedelta(days=(5 - now.weekday()) % 7 + 2)).replace(hour=1, minute=0, second=0, microsecond=0)
    planned = Filing(kind=Kind.maintenance, started_at=starts, expected_end_at=starts + timedelta(hours=4), headline="Internet bank: planned maintenance",
                     severity=Severity.minor, urgency=Urgency.future, certainty=Certainty.likely, components=("internet-bank", "instant"))  # fmt: skip
    incidents.publish(session, incidents.file_incident(session, planned, by=operator, now=now), by=operator, now=now)
