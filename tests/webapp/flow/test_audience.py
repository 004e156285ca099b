"""Whom an incident concerns: the engine against a count by hand, over random people, places and wishes."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from rules.facts import Group
from rules.terms import Kind, Listeners, Severity
from tests.builders import NOON, a_component
from webapp.db import add
from webapp.flow import audience
from webapp.flow.areas import Area, Level, Near, Where
from webapp.flow.audience import Concern
from webapp.flow.subscribers import Address, Subscriber, SubscriberArea, SubscriberPoint, Subscription, key_of
from webapp.geo import keys
from webapp.geo.circles import EARTH, Circle

CHANNELS = ["sms", "email"]
PARENTS = {"SE": None, "north": "SE", "south": "SE", "sveg": "north", "hede": "north", "mora": "south"}
MIDDLES = {"sveg": (62.03, 14.37), "hede": (62.42, 13.51), "mora": (61.01, 14.54)}
FLOORS = [Severity.minor, Severity.moderate, Severity.severe, Severity.extreme]


@dataclass
class Somebody:
    """A person as the count by hand knows them."""

    id: int
    is_customer: bool
    follows_everywhere: bool
    points: list[tuple[float, float, float, bool]] = field(default_factory=list)  # latitude, longitude, radius, on file
    areas: dict[str, tuple[bool, bool]] = field(default_factory=dict)  # on file, chosen
    is_paused: bool = False
    subscriptions: list[tuple[UUID | None, Severity, frozenset[Kind]]] = field(default_factory=list)
    addresses: dict[str, "Known"] = field(default_factory=dict)


@dataclass
class Known:
    """One address of theirs."""

    is_on_file: bool
    confirmed_at: datetime | None
    suppressed_at: datetime | None
    service_refused_at: datetime | None


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(EARTH.inv(a[1], a[0], b[1], b[0])[2])


def line(code: str | None) -> list[str]:
    """An area and those that hold it."""
    return [code, *line(PARENTS[code])] if code else []


def somebody(session: Session, chance: random.Random, components: list[UUID]) -> Somebody:
    """Stored, and described."""
    row = add(session, Subscriber(is_customer=chance.random() < 0.6, follows_everywhere=chance.random() < 0.2, is_paused=chance.random() < 0.1, created_at=NOON))  # fmt: skip
    one = Somebody(key_of(row), row.is_customer, row.follows_everywhere, is_paused=row.is_paused)
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        middle = chance.choice(list(MIDDLES.values()))
        z = keys.key(middle[0] + chance.uniform(-0.2, 0.2), middle[1] + chance.uniform(-0.4, 0.4))
        radius, on_file = chance.choice([0.0, 0.0, 5_000.0, 40_000.0]), chance.random() < 0.5
        one.points.append((*keys.point(z), radius, on_file))
        add(session, SubscriberPoint(subscriber_id=one.id, z=z, radius_m=radius, is_on_file=on_file))
    for code in chance.sample(list(PARENTS), chance.choice([0, 0, 1, 2])):
        one.areas[code] = chance.choice([(True, False), (False, True), (True, True)])
        on_file, chosen = one.areas[code]
        add(session, SubscriberArea(subscriber_id=one.id, area_code=code, is_on_file=on_file, is_chosen=chosen))
    for _ in range(chance.choice([0, 1, 1, 2])):
        kinds = frozenset(chance.sample(list(Kind), chance.choice([0, 0, 1, 3])))
        wish = (chance.choice([None, *components]), chance.choice(FLOORS), kinds)
        one.subscriptions.append(wish)
        add(session, Subscription(subscriber_id=one.id, component_id=wish[0], severity_floor=wish[1], kinds=kinds))
    for channel in chance.sample(CHANNELS, chance.choice([0, 1, 2, 2])):
        on_file, confirmed = chance.random() < 0.5, chance.choice([None, NOON])
        suppressed, refused = (NOON if chance.random() < 0.2 else None for _ in range(2))
        one.addresses[channel] = Known(on_file, confirmed, suppressed, refused)
        add(session, Address(subscriber_id=one.id, channel=channel, value=f"{channel}{one.id}", is_on_file=on_file,
                             confirmed_at=confirmed, suppressed_at=suppressed, service_refused_at=refused))  # fmt: skip
    return one


def chose_it(one: Somebody, concern: Concern) -> bool:
    """Whether a subscription and a chosen place cover it."""
    severity = max(concern.severity, Severity.minor)
    wants = not one.is_paused and any(
        part in {None, *concern.component_ids} and floor <= severity and (not kinds or concern.kind in kinds)
        for part, floor, kinds in one.subscriptions
    )
    where = concern.where
    known_inside = [MIDDLES[code] for code in MIDDLES if set(line(code)) & set(where.codes)]
    held = {
        code
        for place, middle in MIDDLES.items()
        for near in where.nears
        if metres(middle, (near.circle.latitude, near.circle.longitude)) <= near.circle.radius_m
        for code in line(place)
    }
    by_area = any(
        chosen and (set(line(code)) & set(where.codes) or code in held) for code, (_, chosen) in one.areas.items()
    )
    by_point = any(
        metres((latitude, longitude), (near.circle.latitude, near.circle.longitude)) <= near.circle.radius_m + radius
        for latitude, longitude, radius, on_file in one.points for near in where.nears if not on_file
    ) or any(
        metres((latitude, longitude), middle) <= radius
        for latitude, longitude, radius, on_file in one.points for middle in known_inside if not on_file
    )  # fmt: skip
    return wants and (where.is_everywhere or one.follows_everywhere or by_area or by_point)


def is_there(one: Somebody, where: Where) -> bool:
    """Whether any place of theirs lies there."""
    by_area = any(set(line(code)) & set(where.codes) for code in one.areas)
    by_point = any(
        metres((latitude, longitude), (near.circle.latitude, near.circle.longitude)) <= near.circle.radius_m + radius
        for latitude, longitude, radius, _ in one.points for near in where.nears
    )  # fmt: skip
    return where.is_everywhere or by_area or by_point


def by_hand(people: list[Somebody], concern: Concern) -> tuple[int, dict[tuple[frozenset[str], frozenset[str]], int]]:
    """People, and how many of them by (asked, on file)."""
    total, groups = 0, dict[tuple[frozenset[str], frozenset[str]], int]()
    for one in people:
        wishes, is_customer_there = chose_it(one, concern), one.is_customer and is_there(one, concern.where)
        usable = {name: known for name, known in one.addresses.items() if known.suppressed_at is None}
        asked = frozenset(name for name, known in usable.items() if known.confirmed_at and wishes)
        served = {
            name
            for name, known in usable.items()
            if known.is_on_file and (concern.kind is Kind.data_breach or not known.service_refused_at)
        }
        on_file = frozenset(served if is_customer_there else ()) - asked
        total += bool(asked) or is_customer_there
        if asked or on_file:
            groups[asked, on_file] = groups.get((asked, on_file), 0) + 1
    return total, groups


def a_concern(chance: random.Random, components: list[UUID]) -> Concern:
    """Somewhere, of something, so bad."""
    codes = tuple(chance.sample(list(PARENTS), chance.choice([0, 0, 1, 2])))
    nears = tuple(
        Near(
            "there", Circle(*chance.choice(list(MIDDLES.values())), chance.choice([500.0, 8_000.0, 15_000.0, 90_000.0]))
        )
        for _ in range(chance.choice([0, 1, 1, 2]))
    )
    touched = tuple(chance.sample(components, chance.choice([0, 1, 2])))
    return Concern(Where(codes, nears), touched, chance.choice(list(Severity)), chance.choice([None, *Kind]))


@pytest.mark.parametrize("seed", range(3))
def test_the_engine_counts_and_sends_to_those_whom_a_count_by_hand_finds(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    for code, parent in PARENTS.items():
        latitude, longitude = MIDDLES.get(code, (None, None))
        add(session, Area(code=code, name=code, level=Level.own, parent_code=parent, latitude=latitude, longitude=longitude))  # fmt: skip
    components = [a_component(session, code, code).id for code in ("atm", "app", "cards")]
    people = [somebody(session, chance, components) for _ in range(60)]

    for _ in range(15):
        concern = a_concern(chance, components)
        total, groups = by_hand(people, concern)

        counted = audience.count(session, concern, channels=CHANNELS)

        assert {(group.asked, group.on_file): group.people for group in counted.groups} == groups
        assert counted.people == total
        assert counted.unreachable == total - sum(groups.values())
        for listeners in Listeners:
            rows = session.execute(audience.recipients(session, concern, dict.fromkeys(CHANNELS, listeners))).all()
            assert len({row.address_id for row in rows}) == len(rows)
            assert {channel: sum(row.channel == channel for row in rows) for channel in CHANNELS} == {
                channel: addressed(counted.groups, channel, listeners) for channel in CHANNELS
            }


def addressed(groups: tuple[Group, ...], channel: str, listeners: Listeners) -> int:
    """How many get it on a channel, by the numbers that were shown."""
    wanted = (
        group
        for group in groups
        if channel in group.asked | (group.on_file if listeners is Listeners.all else frozenset())
    )
    return sum(group.people for group in wanted)


def test_people_found_are_kept_no_longer_than_their_transaction(session: Session) -> None:
    where = Where(nears=(Near("Sveg", Circle(62.03, 14.37, 15_000.0)),))
    kept = audience.recipients(session, Concern(where, (), Severity.minor), {"sms": Listeners.all})
    again = audience.recipients(session, Concern(where, (), Severity.minor), {"sms": Listeners.all})
    assert session.execute(kept).all() == session.execute(again).all()

    session.commit()

    with pytest.raises(sa.exc.DBAPIError):
        session.execute(kept)
    session.rollback()
    assert session.execute(audience.recipients(session, Concern(where, (), Severity.minor), {"sms": Listeners.all})).all() == []  # fmt: skip
