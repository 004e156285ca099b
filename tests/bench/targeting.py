"""How fast people in a place are counted, beside a test of every point by shapely in the same run.

`python -m tests.bench.targeting [PEOPLE …]` measures other sizes: 10000000 takes half an hour and 12 GB of disk.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import shapely
import sqlalchemy as sa
from shapely import MultiPolygon, Polygon

from rules.terms import Listeners, Severity
from tests.bench.stores import stores
from tests.builders import NOON
from webapp import crowd, db
from webapp.flow import audience, counting
from webapp.flow.areas import Near, Where, drawn
from webapp.flow.audience import Concern
from webapp.flow.counting import Keeper
from webapp.flow.places import resolve
from webapp.flow.snapshot import Snapshot
from webapp.geo import circles, gazetteer_build, keys, shapes
from webapp.geo.circles import Circle
from webapp.geo.gazetteer import FILE, Gazetteer
from webapp.geo.regions import CircleRegion, Region

SIZES = (100_000, 1_000_000)
TRIES, FREEZE = 21, 100_000
PLAIN_POINTS = 5_000  # tested one by one; the rest is reckoned from them
CHANNELS = ["sms", "email"]
SVEG, DENSE = Circle(62.0346, 14.3658, 15_000.0), (59.3293, 18.0686)


class Case(NamedTuple):
    """A place, and what it should take at a million people on a quiet machine (p50, ms)."""

    name: str
    where: Where
    target_ms: float


def rows(url: str) -> Iterator[str]:
    """For `make bench`: 100,000 people."""
    yield from measured(url, SIZES[0])


def measured(url: str, people: int) -> Iterator[str]:
    """One database, filled anew."""
    engine = db.make_engine(url)
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        with db.transaction(engine) as session:
            crowd.settle(session, people, now=NOON)
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("ANALYZE"))
        yield f"{people:,} people stored in {time.perf_counter() - began:.1f} s"
        keeper, began = counting.install(engine, Path(folder), in_background=False), time.perf_counter()
        keeper.make()
        yield f"snapshot made in {time.perf_counter() - began:.1f} s, {_megabytes(keeper.folder):.0f} MB"
        for case in cases():
            yield _count(engine, keeper, case)
        yield from _frozen(engine, people)
    engine.dispose()


def cases() -> list[Case]:
    """The places of the table in the design, as shapes of the same size."""
    return [
        Case("Sveg, 15 km", Where(nears=(Near("Sveg", SVEG),)), 2.0),
        Case("dense municipality, 2,001 corners", _drawn(DENSE, 12.0, 2_000), 22.0),
        Case("county, 5,001 corners", _drawn((59.6, 17.6), 90.0, 5_000), 14.0),
        Case("drawn, 300 corners", _drawn((57.8, 14.2), 40.0, 300), 7.5),
        Case("country, 10,001 corners", _drawn((61.5, 16.0), 900.0, 10_000), 81.0),
    ]


def _drawn(middle: tuple[float, float], radius_km: float, corners: int) -> Where:
    """A coast: a circle whose radius wanders."""
    chance, angle = np.random.default_rng(corners), np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    radius = radius_km * (
        0.8 + sum(chance.uniform(0, 0.1) * np.sin(angle * each + chance.uniform(0, 6)) for each in (2, 5, 17, 60))
    )
    latitude = middle[0] + radius * np.cos(angle) / 111.2
    longitude = middle[1] + radius * np.sin(angle) / (111.2 * np.cos(np.radians(middle[0])))
    return Where(drawns=(drawn("a shape", shapes.normal([Polygon(np.column_stack([longitude, latitude]))]).shape),))


def _count(engine: sa.Engine, keeper: Keeper, case: Case) -> str:
    concern = Concern(case.where, (), Severity.minor)
    with db.reading(engine) as session:
        found = keeper.found(session, case.where)
        assert found is not None
        places = resolve(session, case.where)
        engine_ms = _took(
            lambda: found.snapshot.counted(
                found.snapshot.tally(found.snapshot.hits(places)), concern, channels=CHANNELS
            )
        )
        again_ms = _took(lambda: found.count(session, concern, channels=CHANNELS, languages={"sv"}))
        whole_ms = _took(lambda: _afresh(keeper, lambda: counting.count(session, concern, channels=CHANNELS)))
        sql_ms = _took(lambda: audience.count(session, concern, channels=CHANNELS), tries=3)
        counted, truth = (
            found.count(session, concern, channels=CHANNELS),
            audience.count(session, concern, channels=CHANNELS),
        )
        assert counted.people == truth.people
    slow_ms = _took(lambda: _brute(found.snapshot, places.regions[0], case.where), tries=3)
    return (
        f"{case.name}: {counted.people:,} people, p50 {_at(engine_ms, 0.5):.1f} ms, p99 {_at(engine_ms, 0.99):.1f} "
        f"(target at a million {case.target_ms:g}); with the database's part {_at(whole_ms, 0.5):.1f}; other filter {_at(again_ms, 0.5):.1f}; "
        f"by SQL {_at(sql_ms, 0.5):.0f}; every point, the shape prepared {_at(slow_ms, 0.5):.0f}, ratio {_at(slow_ms, 0.5) / _at(engine_ms, 0.5):.0f}"
        f"{_plainly(found.snapshot, case.where, _at(engine_ms, 0.5))}"
    )


def _plainly(snapshot: Snapshot, where: Where, engine_ms: float) -> str:
    """The same without preparing the shape, on some of the points; circles are measured, not prepared."""
    if not where.drawns:
        return ""
    step = max(len(snapshot.arrays.z) // PLAIN_POINTS, 1)
    latitudes, longitudes = keys.point_array(np.asarray(snapshot.arrays.z[::step]))
    shape = shapely.from_wkb(shapely.to_wkb(where.drawns[0].shape))
    points = shapely.points(longitudes, latitudes)  # `intersects_xy` would prepare the shape by itself
    took = _took(lambda: shapely.intersects(shape, points), tries=1)[0] * step
    return f"; not prepared {took:.0f}{f' (from 1 of {step} points)' if step > 1 else ''}, ratio {took / engine_ms:.0f}"


def _brute(snapshot: Snapshot, region: Region, where: Where) -> int:
    """Every point of everybody, tested by shapely's (or pyproj's) own vectors."""
    latitudes, longitudes = keys.point_array(np.asarray(snapshot.arrays.z))
    if isinstance(region, CircleRegion):
        inside = circles.distances_m(region.circle, latitudes, longitudes) <= region.circle.radius_m
    else:
        shape: MultiPolygon = where.drawns[0].shape
        shapely.prepare(shape)
        inside = shapely.intersects_xy(shape, longitudes, latitudes)
    return len(np.unique(snapshot.arrays.point_person[inside]))


def _frozen(engine: sa.Engine, people: int) -> Iterator[str]:
    """The set that an approval writes, of about 100,000 recipients where there are so many."""
    reach_km = {SIZES[0]: 900.0}.get(people, 60.0 if people == SIZES[1] else 20.0)
    concern = Concern(Where(nears=(Near("there", Circle(*DENSE, reach_km * 1_000)),)), (), Severity.minor)
    with engine.begin() as connection, db.writing(engine) as session:
        connection.rollback()
        began = time.perf_counter()
        chosen = audience.recipients(session, concern, dict.fromkeys(CHANNELS, Listeners.all)).limit(FREEZE).subquery()
        session.execute(
            sa.text(
                "CREATE TEMPORARY TABLE frozen (address_id bigint, channel text, subscriber_id bigint, value text, language text, is_asked boolean)"
            )
        )
        session.execute(
            sa.insert(sa.table("frozen", *(sa.column(each.name) for each in chosen.c))).from_select(
                [each.name for each in chosen.c], sa.select(chosen)
            )
        )
        count = session.execute(sa.text("SELECT count(*) FROM frozen")).scalar_one()
        took = time.perf_counter() - began
        session.rollback()
    yield f"{count:,} recipients frozen by SQL in {took:.2f} s"


def names(folder: Path) -> str:
    """Type-ahead over the whole list of places."""
    if not (folder / FILE).exists():
        gazetteer_build.ensure(folder)
    places, took = Gazetteer(folder), []
    with_names = [place.name for place in places.within(Circle(60.0, 15.0, 500_000.0))[:300]]
    for name in with_names:
        for length in range(2, min(len(name), 7) + 1):
            took += _took(partial(places.suggest, name[:length], country="SE"), tries=1)
    took.sort()
    return f"type-ahead: {len(took):,} look-ups, p50 {_at(took, 0.5):.1f} ms, p99 {_at(took, 0.99):.1f} (target 50)"


def _afresh(keeper: Keeper, what: Callable[[], object]) -> None:
    keeper.remembered.clear()
    what()


def _took(what: Callable[[], object], tries: int = TRIES) -> list[float]:
    """Milliseconds, ascending."""
    found = []
    for _ in range(tries):
        began = time.perf_counter()
        what()
        found.append((time.perf_counter() - began) * 1_000)
    return sorted(found)


def _at(took: list[float], share: float) -> float:
    return took[min(int(len(took) * share), len(took) - 1)]


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*.npy")) / 1e6


def main(sizes: list[int]) -> int:
    """Both databases, each size on one of its own."""
    with TemporaryDirectory() as folder, stores(Path(folder)) as lenders:
        print(names(Path(folder)), flush=True)
        for kind, store in lenders.items():
            for people in sizes:
                print(f"\n{kind}", flush=True)
                for row in measured(store.lend(Path(folder)).url, people):
                    print(f"  {row}", flush=True)
                store.take_back()
    return 0


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or list(SIZES)))
