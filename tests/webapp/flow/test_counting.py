"""Counting ahead of time agrees with the database to the person, and both with a count by hand; shapes and exclusions too."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from rules.terms import Kind, Listeners
from tests.builders import NOON, a_component
from tests.webapp.flow import test_audience as world
from tests.webapp.flow.test_audience import CHANNELS, MIDDLES, PARENTS, Somebody
from webapp import db
from webapp.db import add
from webapp.flow import audience, changes, counting, saved_areas, snapshot_files
from webapp.flow.areas import Area, Drawn, Level, Near, Where, drawn
from webapp.flow.audience import Concern, Counted
from webapp.flow.counting import Keeper
from webapp.flow.places import AreaOutline
from webapp.flow.subscribers import (
    Address,
    Segment,
    Subscriber,
    SubscriberArea,
    SubscriberPoint,
    SubscriberSegment,
    Subscription,
    key_of,
)
from webapp.geo import keys, shapes
from webapp.geo.circles import Circle
from webapp.geo.keys import Box
from webapp.geo.regions import CircleRegion, Region, ShapeRegion

PEOPLE = 60


@pytest.fixture
def keeper(engine: sa.Engine, tmp_path: Path) -> Iterator[Keeper]:
    """Snapshots of this test's database, made when asked for."""
    yield counting.install(engine, tmp_path, in_background=False)
    counting.KEEPERS.pop(engine.pool)


def a_box(chance: random.Random) -> Drawn:
    """Around one of the places, or beside it."""
    y, x = chance.choice(list(MIDDLES.values()))
    y, x = y + chance.uniform(-0.1, 0.1), x + chance.uniform(-0.2, 0.2)
    tall, wide = chance.choice([0.02, 0.1, 0.5]), chance.choice([0.05, 0.2, 1.0])
    return drawn("a box", shapes.box(Box(y - tall, x - wide, y + tall, x + wide)))


def a_where(chance: random.Random, *, but: bool = True) -> Where:
    """Codes, circles and shapes; sometimes with an exclusion."""
    some = world.a_concern(chance, [UUID(int=n) for n in range(3)]).where
    most = replace(some, drawns=tuple(a_box(chance) for _ in range(chance.choice([0, 0, 1, 2]))))
    return replace(most, but=a_where(chance, but=False)) if but and chance.random() < 0.5 else most


def a_world(session: Session, chance: random.Random) -> tuple[list[Somebody], list[object]]:
    """Areas, components, segments and people with everything that decides about them."""
    for code, parent in PARENTS.items():
        latitude, longitude = MIDDLES.get(code, (None, None))
        add(session, Area(code=code, name=code, level=Level.own, parent_code=parent, latitude=latitude, longitude=longitude))  # fmt: skip
    for code in ("shops", "farms"):
        add(session, Segment(code=code, name=code))
    components = [a_component(session, code, code).id for code in ("atm", "app", "cards")]
    people = [world.somebody(session, chance, components) for _ in range(PEOPLE)]
    for one in people:
        row = session.get_one(Subscriber, one.id)
        row.language = chance.choice(["en", "sv", "fi"])
        for code in chance.sample(["shops", "farms"], chance.choice([0, 1, 2])):
            add(session, SubscriberSegment(subscriber_id=one.id, segment_code=code))
    session.flush()
    return people, list(components)


def in_sets(counted: Counted) -> tuple[int, dict[object, int], frozenset[str]]:
    """A count that can be compared."""
    return counted.people, {(group.asked, group.on_file): group.people for group in counted.groups}, counted.languages


# By hand: the rules of places, said once more and slowly.


def regions(where: Where) -> list[Region]:
    return [*(CircleRegion(near.circle) for near in where.nears), *(ShapeRegion(each.shape) for each in where.drawns)]


def at(point: tuple[float, float, float, bool]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([point[0]]), np.array([point[1]]), np.array([point[2]])


def is_swallowed(point: tuple[float, float, float, bool], but: Where) -> bool:
    return any(region.swallows(*at(point))[0] for region in regions(but))


def is_within(code: str, codes: tuple[str, ...]) -> bool:
    return bool(set(world.line(code)) & set(codes))


def is_in(one: Somebody, where: Where, *, chosen: bool) -> bool:
    """Whether a place of theirs (or: that they chose) lies there, exclusions taken out."""
    but = where.but or Where()
    points = [point for point in one.points if not (chosen and point[3])]
    codes = [code for code, (_, is_chosen) in one.areas.items() if is_chosen or not chosen]
    out = [code for code in codes if is_within(code, but.codes)]
    around = {holder for code in PARENTS if is_within(code, but.codes) for holder in world.line(code)}
    if out and all(code in around or is_within(code, but.codes) for code in codes):
        return False
    points_out = bool(points) and bool(regions(but)) and all(is_swallowed(point, but) for point in points)
    if not where.has_parts:
        return not points_out
    spots = [(*middle, 0.0, False) for middle in MIDDLES.values()]
    known = [code for code, middle in MIDDLES.items()
             if any(region.holds(*at((*middle, 0.0, False))[:2])[0] for region in regions(where)) and not is_swallowed((*middle, 0.0, False), but)]  # fmt: skip
    holding = {holder for code in known for holder in world.line(code)} if chosen else set()
    fits = [
        code for code in codes if (is_within(code, where.codes) or code in holding) and not is_within(code, but.codes)
    ]
    if fits and not points_out:
        return True
    del spots
    inside = [middle for code, middle in MIDDLES.items()
              if is_within(code, where.codes) and not is_within(code, but.codes) and not is_swallowed((*middle, 0.0, False), but)]  # fmt: skip
    return any(
        not is_swallowed(point, but)
        and (
            any(region.reached(*at(point))[0] for region in regions(where))
            or (chosen and any(world.metres(point[:2], middle) <= point[2] for middle in inside))
        )
        for point in points
    )


@pytest.mark.parametrize("seed", range(4))
def test_snapshot_database_and_a_count_by_hand_agree(
    session: Session, keeper: Keeper, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    people, components = a_world(session, chance)
    session.commit()
    assert keeper.make()

    monkeypatch.setattr(world, "is_there", lambda one, where: is_in(one, where, chosen=False))
    for _ in range(12):
        concern = replace(world.a_concern(chance, components), where=a_where(chance))  # type: ignore[arg-type]
        by_sql = audience.count(session, concern, channels=CHANNELS)

        assert in_sets(counting.count(session, concern, channels=CHANNELS)) == in_sets(by_sql)
        everywhere = replace(concern, where=Where())
        wants = {one.id: world.chose_it(one, everywhere) for one in people}
        monkeypatch.setattr(
            world, "chose_it", lambda one, concern, wants=wants: wants[one.id] and (one.follows_everywhere or is_in(one, concern.where, chosen=True))
        )  # fmt: skip
        total, groups = world.by_hand(people, concern)
        monkeypatch.undo()
        monkeypatch.setattr(world, "is_there", lambda one, where: is_in(one, where, chosen=False))
        assert (by_sql.people, {(group.asked, group.on_file): group.people for group in by_sql.groups}) == (
            total,
            groups,
        )


@pytest.mark.parametrize("seed", range(3))
def test_segments_languages_kinds_pauses_and_refusals_count_as_in_the_database(
    session: Session, keeper: Keeper, seed: int
) -> None:
    chance = random.Random(100 + seed)
    people, components = a_world(session, chance)
    for one in people:
        session.execute(sa.update(Subscriber).where(Subscriber.id == one.id).values(is_paused=chance.random() < 0.2))  # type: ignore[arg-type]
        session.execute(sa.update(Address).where(Address.subscriber_id == one.id).values(service_refused_at=chance.choice([None, None, NOON])))  # type: ignore[arg-type]  # fmt: skip
        kinds = chance.choice([frozenset(), frozenset({Kind.fraud}), frozenset({Kind.outage, Kind.data_breach})])
        session.execute(sa.update(Subscription).where(Subscription.subscriber_id == one.id).values(kinds=kinds))  # type: ignore[arg-type]
    session.commit()
    keeper.make()

    for _ in range(12):
        concern = replace(world.a_concern(chance, components), where=a_where(chance), kind=chance.choice([None, *Kind]))  # type: ignore[arg-type]
        spoken: set[str] | None = chance.choice([None, {"sv"}, {"sv", "fi"}, set()])
        meant: set[str] | None = chance.choice([None, {"shops"}, {"shops", "farms"}])

        counted = counting.count(session, concern, channels=CHANNELS, languages=spoken, segments=meant)

        assert in_sets(counted) == in_sets(
            audience.count(session, concern, channels=CHANNELS, languages=spoken, segments=meant)
        )


def test_whoever_changed_since_counts_as_they_are_now(session: Session, engine: sa.Engine, keeper: Keeper) -> None:
    chance = random.Random(5)
    people, components = a_world(session, chance)
    session.commit()
    keeper.make()

    for number in range(12):
        one = people[number].id
        if number % 3 == 0:
            people.append(world.somebody(session, chance, components))  # type: ignore[arg-type]
        elif number % 3 == 1:
            session.execute(sa.update(SubscriberPoint).where(SubscriberPoint.subscriber_id == one).values(z=keys.key(62.03, 14.37)))  # type: ignore[arg-type]  # fmt: skip
        else:
            for table in (Subscription, Address, SubscriberPoint, SubscriberArea, SubscriberSegment):
                session.execute(sa.delete(table).where(table.subscriber_id == one))  # type: ignore[arg-type]
            session.execute(sa.delete(Subscriber).where(Subscriber.id == one))  # type: ignore[arg-type]
        session.commit()
        with db.reading(engine) as reader:
            concern = replace(world.a_concern(chance, components), where=a_where(chance))  # type: ignore[arg-type]
            found = keeper.found(reader, concern.where)

            assert found is not None
            assert found.changed
            assert in_sets(found.count(reader, concern, channels=CHANNELS)) == in_sets(audience.count(reader, concern, channels=CHANNELS))  # fmt: skip


def test_a_change_that_is_not_committed_yet_is_not_lost(database: object, engine: sa.Engine, keeper: Keeper) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite's writers take turns")
    with db.writing(engine) as early, db.writing(engine) as late:
        first = add(early, Subscriber(created_at=NOON, is_customer=True))
        second = add(late, Subscriber(created_at=NOON, is_customer=True))
        late.commit()
        keeper.make()
        early.commit()

        with db.reading(engine) as reader:
            found = keeper.found(reader, Where())

    assert found is not None
    assert found.snapshot.people == 1
    assert {first.id} <= set(found.changed) <= {first.id, second.id}


def test_a_snapshot_whose_past_is_forgotten_is_not_believed(
    session: Session, engine: sa.Engine, keeper: Keeper
) -> None:
    add(session, Subscriber(created_at=NOON, is_customer=True))
    session.commit()
    keeper.make()
    mark = keeper._newest().mark  # type: ignore[union-attr]
    for _ in range(3):
        add(session, Subscriber(created_at=NOON, is_customer=True))
        session.commit()
    now = int(session.execute(sa.select(sa.func.max(changes.SubscriberChange.mark))).scalar_one()) + 1
    changes.forget(session, before=now)
    session.commit()

    assert changes.since(session, mark, most=100) is None
    add(session, Subscriber(created_at=NOON, is_customer=True))
    session.commit()
    assert len(changes.since(session, now, most=100) or []) == 1
    session.commit()
    with db.reading(engine) as reader:
        assert counting.count(reader, Concern(Where(), (), world.FLOORS[0]), channels=[]).people == 5


def test_a_new_snapshot_is_made_once_many_have_changed(
    session: Session, engine: sa.Engine, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MANY_CHANGES", 2)
    concern = Concern(Where(), (), world.FLOORS[0])
    with db.reading(engine) as reader:
        counting.count(reader, concern, channels=[])
    first = snapshot_files.current(keeper.folder)
    for _ in range(3):
        add(session, Subscriber(created_at=NOON, is_customer=True))
    session.commit()

    with db.reading(engine) as reader:
        counted = counting.count(reader, concern, channels=[])

    assert counted.people == 3
    assert snapshot_files.current(keeper.folder) != first


def test_a_large_snapshot_is_mapped_and_the_same(
    session: Session, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_files, "MAPPED_FROM", 1)
    chance = random.Random(9)
    _, components = a_world(session, chance)
    session.commit()
    keeper.make()

    concern = replace(world.a_concern(chance, components), where=a_where(chance))  # type: ignore[arg-type]

    found = keeper.found(session, concern.where)
    assert found is not None
    assert isinstance(found.snapshot.arrays.z, np.memmap)
    assert in_sets(found.count(session, concern, channels=CHANNELS)) == in_sets(
        audience.count(session, concern, channels=CHANNELS)
    )


def test_an_exclusion_never_widens_an_audience(session: Session) -> None:
    chance = random.Random(3)
    _, components = a_world(session, chance)

    for _ in range(60):
        concern = replace(world.a_concern(chance, components), where=a_where(chance))  # type: ignore[arg-type]
        wide = replace(concern, where=replace(concern.where, but=None))
        listeners = dict.fromkeys(CHANNELS, Listeners.all)
        few = {row.address_id for row in session.execute(audience.recipients(session, concern, listeners))}
        many = {row.address_id for row in session.execute(audience.recipients(session, wide, listeners))}

        assert few <= many


def test_an_area_of_our_own_holds_points_and_an_administrative_one_does_not(session: Session) -> None:
    outline = shapes.as_text(shapes.box(Box(62.0, 14.0, 62.2, 14.5)))
    for code, holds in (("sales-7", True), ("SE-2361", False)):
        add(session, Area(code=code, name=code, level=Level.own))
        add(session, AreaOutline(area_code=code, geojson=outline, square_km=1.0, holds_points=holds))
    one = add(session, Subscriber(created_at=NOON, is_customer=True))
    add(session, SubscriberPoint(subscriber_id=key_of(one), z=keys.key(62.1, 14.2), is_on_file=True))

    def people(code: str) -> int:
        return audience.count(session, Concern(Where((code,)), (), world.FLOORS[0]), channels=[]).people

    assert (people("sales-7"), people("SE-2361")) == (1, 0)


def test_a_saved_place_is_the_same_when_it_is_used(session: Session) -> None:
    where = Where(("a",), (Near("Sveg", Circle(62.03, 14.37, 15_000.0)),), (a_box(random.Random(1)),), Where(("b",)))

    assert saved_areas.from_plain(saved_areas.as_plain(where)) == where
