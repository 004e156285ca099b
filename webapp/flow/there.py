"""Who is there, by SQL: the truth about places, which counting ahead of time must agree with."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, SQLModel, col

from webapp.flow import found_people
from webapp.flow.areas import Where
from webapp.flow.places import Places, resolve
from webapp.flow.subscribers import Subscriber, SubscriberArea, SubscriberPoint
from webapp.geo import descent, keys
from webapp.geo.regions import Region

Ids = NDArray[np.int64]
Condition = sa.ColumnElement[bool]
POINTS = SQLModel.metadata.tables["subscriber_point"]
SUBSCRIBER = SQLModel.metadata.tables["subscriber"]
ADDRESS = SQLModel.metadata.tables["address"]
POINT = (POINTS.c.id, POINTS.c.subscriber_id, POINTS.c.z, POINTS.c.radius_m, POINTS.c.is_on_file)
# From stretches to points, and never the other way round: left to themselves, both planners read every point.
ON_SQLITE = """SELECT {columns} FROM json_each(:spans) s CROSS JOIN subscriber_point p
    WHERE p.z BETWEEN json_extract(s.value, '$[0]') AND json_extract(s.value, '$[1]') {which}"""
ON_POSTGRESQL = """SELECT q.* FROM unnest(CAST(:low AS bigint[]), CAST(:high AS bigint[])) AS s (low, high) CROSS JOIN LATERAL
    (SELECT {columns} FROM subscriber_point p WHERE p.z BETWEEN s.low AND s.high {which} OFFSET 0) q"""
WHOLE = "p.id, p.subscriber_id, p.z, p.radius_m, p.is_on_file"
MARKED = "p.subscriber_id AS subscriber_id, CASE WHEN p.is_on_file THEN 1 ELSE 3 END AS bits"
THERE, CHOSEN = 1, 2  # bits: any place of theirs lies there; what they chose covers it


class There:
    """`people`, and two conditions on them: what they chose covers the place; any place of theirs, also on file, lies there.

    What was chosen and what happened meet where a known place of the one lies in the other.
    `among`: only these people matter, so only their points are looked at.
    """

    def __init__(self, session: Session, where: Where, *, among: Sequence[int] | None = None) -> None:
        self.people: sa.FromClause = SUBSCRIBER  # with everybody who meets one of the conditions, once each
        self.by_choice: Condition = sa.true()
        self.in_any_way: Condition = sa.true()
        if where.is_everywhere:
            return
        places = resolve(session, where)
        points = _Points(session, places, among)
        if places.is_limited:
            marked = found_people.kept(session, _marked(session, places, points), for_long=among is None)
            self.people = found_people.Ordered(marked, SUBSCRIBER, SUBSCRIBER.c.id == marked.c.subscriber_id)
            self.in_any_way, self.by_choice = marked.c.is_there == 1, marked.c.is_chosen == 1
        self.in_any_way = sa.and_(self.in_any_way, ~_all_excluded(places, points, chosen=False))
        self.by_choice = sa.or_(
            col(Subscriber.follows_everywhere),
            sa.and_(self.by_choice, ~_all_excluded(places, points, chosen=True)),
        )

    def with_addresses(self) -> sa.FromClause:
        """`people` with their addresses."""
        is_same = ADDRESS.c.subscriber_id == SUBSCRIBER.c.id
        few = isinstance(self.people, found_people.Ordered)
        return found_people.Ordered(self.people, ADDRESS, is_same) if few else sa.join(self.people, ADDRESS, is_same)


@dataclass(frozen=True, slots=True)
class _Found:
    """Points as columns of equal length."""

    id: Ids
    subscriber_id: Ids
    radius_m: NDArray[np.float64]
    is_on_file: NDArray[np.bool_]
    z: Ids
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]

    def is_in(self, spans: Iterable[tuple[int, int]]) -> NDArray[np.bool_]:
        """Per point: in one of the stretches of keys."""
        found = np.zeros(len(self.z), dtype=np.bool_)
        for low, high in spans:
            found |= (self.z >= low) & (self.z <= high)
        return found

    def only(self, which: NDArray[np.bool_]) -> "_Found":
        return _Found(*(getattr(self, name)[which] for name in self.__slots__))


class _Points:
    """People's points that lie there, and the people all of whose points are excluded."""

    def __init__(self, session: Session, places: Places, among: Sequence[int] | None) -> None:
        self.session, self.among = session, among
        widest = session.execute(sa.select(sa.func.max(POINTS.c.radius_m)).where(POINTS.c.radius_m > 0)).scalar() or 0.0
        self.sure: list[tuple[int, int]] = []  # stretches of keys whose points need not be looked at one by one
        self.hits = [self._reached(region, widest, may_skip=not places.but_regions) for region in places.regions]
        self.covered = [self._reached(places.middles, widest, may_skip=False)] if places.middles else []
        self.swallowed = [self._inside(region) for region in places.but_regions]
        self.but = places.but_regions

    def looked_at(self) -> Ids:
        """People with a point there that is not excluded, beside those in `sure`: ids times four, with the bits."""
        found = []
        for parts, there in ((self.hits, THERE), (self.covered, 0)):
            for part in parts:
                bits = np.where(part.is_on_file, there, there | CHOSEN)
                found.append(((part.subscriber_id << 2) | bits)[~_is_swallowed(part, self.but) & (bits > 0)])
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def surely(self) -> sa.FromClause | None:
        """People with a point in `sure`, and their bits: the database reads them alone; None = no such stretch."""
        if not self.sure:
            return None
        query, values = self._query(self.sure, MARKED)
        return sa.text(query).bindparams(**values).columns(sa.column("subscriber_id", sa.BigInteger), sa.column("bits", sa.Integer)).subquery()  # fmt: skip

    def out(self, *, chosen: bool) -> sa.Select[int]:
        """Ids of people who have points, every one of them excluded."""
        parts = [each.only(_is_swallowed(each, self.but) & ~(chosen & each.is_on_file)) for each in self.swallowed]
        _, first = np.unique(np.concatenate([part.id for part in parts]), return_index=True)
        people, counts = np.unique(np.concatenate([part.subscriber_id for part in parts])[first], return_counts=True)
        mine = sa.select(col(SubscriberPoint.subscriber_id), sa.func.count()).where(
            col(SubscriberPoint.subscriber_id).in_(listed(self.session, people.tolist()))
        )
        mine = mine.where(~col(SubscriberPoint.is_on_file)) if chosen else mine
        totals = dict(self.session.execute(mine.group_by(col(SubscriberPoint.subscriber_id))).all())
        gone = [
            person for person, count in zip(people.tolist(), counts.tolist(), strict=True) if totals[person] == count
        ]
        return listed(self.session, gone)

    def _reached(self, region: Region, widest: float, *, may_skip: bool) -> _Found:
        """Points that the region holds, and those whose own circle touches it; unless it is enough to know where."""
        spans = descent.spans(region)
        is_skipped = may_skip and self.among is None
        if is_skipped:
            self.sure += spans.covered
        sure = _found([]) if is_skipped else self._between(spans.covered)
        near = self._between(spans.edge)
        wide = self._between(_stretches(region, widest), only_wide=True) if widest else _found([])
        near = near.only(region.holds(near.latitude, near.longitude))
        wide = wide.only(region.reached(wide.latitude, wide.longitude, wide.radius_m))
        return _joined([sure, near, wide])

    def _inside(self, region: Region) -> _Found:
        spans = descent.spans(region)
        return self._between([*spans.covered, *spans.edge])

    def _between(self, spans: Iterable[tuple[int, int]], *, only_wide: bool = False) -> _Found:
        """Points in stretches of keys. Of a few people all points are taken: each is tested later anyhow."""
        if self.among is not None:
            return self.theirs.only(self.theirs.is_in(spans) & ((self.theirs.radius_m > 0) | (not only_wide)))
        query, values = self._query(list(spans), WHOLE, "AND p.radius_m > 0" if only_wide else "")
        return _found(self.session.execute(sa.text(query), values).all())

    def _query(self, spans: list[tuple[int, int]], columns: str, which: str = "") -> tuple[str, dict[str, Any]]:
        if self.session.get_bind().dialect.name == "sqlite":
            return ON_SQLITE.format(columns=columns, which=which), {"spans": json.dumps(spans)}
        ends = {"low": [low for low, _ in spans], "high": [high for _, high in spans]}
        return ON_POSTGRESQL.format(columns=columns, which=which), ends

    @cached_property
    def theirs(self) -> _Found:
        """All points of those who matter."""
        wanted = sa.select(*POINT).where(POINT[1].in_(listed(self.session, self.among or ())))
        return _found(self.session.execute(wanted).all())


def listed(session: Session, ids: Sequence[int]) -> sa.Select[int]:
    """A sub-query over given ids, as one parameter whatever their number."""
    one = sa.bindparam(None, json.dumps(list(ids)), sa.Text, unique=True)
    if session.get_bind().dialect.name == "sqlite":
        each = sa.func.json_each(one).table_valued("value")
        return sa.select(sa.cast(each.c.value, sa.BigInteger))
    each = sa.func.json_array_elements_text(sa.cast(one, sa.JSON)).table_valued("value")
    return sa.select(sa.cast(each.c.value, sa.BigInteger))


def _stretches(region: Region, margin_m: float) -> list[tuple[int, int]]:
    boxes = region.boxes(margin_m)
    return [span for box in boxes for span in keys.ranges(box, most=max(4, descent.MOST_SPANS // len(boxes)))]


def _found(rows: Sequence[Sequence[Any]]) -> _Found:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
    latitudes, longitudes = keys.point_array(np.array(columns[2], dtype=np.int64))
    return _Found(
        np.array(columns[0], dtype=np.int64), np.array(columns[1], dtype=np.int64), np.array(columns[3], dtype=np.float64),
        np.array(columns[4], dtype=np.bool_), np.array(columns[2], dtype=np.int64), latitudes, longitudes,
    )  # fmt: skip


def _joined(parts: Sequence[_Found]) -> _Found:
    return _Found(*(np.concatenate([getattr(part, name) for part in parts]) for name in _Found.__slots__))


def _is_swallowed(found: _Found, but: Sequence[Region]) -> NDArray[np.bool_]:
    """Per point: with its own circle wholly inside an exclusion."""
    gone = np.zeros(len(found.id), dtype=np.bool_)
    for region in but:
        gone |= region.swallows(found.latitude, found.longitude, found.radius_m)
    return gone


def _marked(session: Session, places: Places, points: _Points) -> sa.Select[Any]:
    """Everybody with a bit, once each: by their points, by their codes, or because they follow everything."""
    one = listed(session, points.looked_at().tolist()).subquery()
    packed = next(iter(one.c))
    parts: list[sa.SelectBase] = [sa.select((packed // 4).label("subscriber_id"), (packed % 4).label("bits"))]
    surely = points.surely()
    if surely is not None:
        parts.append(sa.select(surely.c.subscriber_id, surely.c.bits))
    mine = sa.true() if points.among is None else col(Subscriber.id).in_(listed(session, points.among))
    parts.append(
        sa.select(col(Subscriber.id), sa.literal(CHOSEN)).where(col(Subscriber.follows_everywhere).is_(True), mine)
    )
    parts += _coded(session, places, points)
    row = sa.union_all(*parts).subquery()
    person, bits = row.c
    return sa.select(
        person.label("subscriber_id"),
        sa.func.max(bits % CHOSEN).label("is_there"),
        sa.func.max(bits // CHOSEN).label("is_chosen"),
    ).group_by(person)


def _coded(session: Session, places: Places, points: _Points) -> Iterator[sa.SelectBase]:
    """People with one of the codes, but for those who are elsewhere by their points."""
    person, code, is_chosen = (
        col(SubscriberArea.subscriber_id), col(SubscriberArea.area_code), col(SubscriberArea.is_chosen).is_(True),
    )  # fmt: skip
    mine = sa.true() if points.among is None else person.in_(listed(session, points.among))
    if places.inside:
        there = sa.select(person, sa.literal(THERE)).where(code.in_(sorted(places.inside)), mine)
        yield there.where(person.not_in(points.out(chosen=False))) if points.but else there
    if places.inside | places.holding:
        chosen = sa.select(person, sa.literal(CHOSEN)).where(
            code.in_(sorted(places.inside | places.holding)), is_chosen, mine
        )
        yield chosen.where(person.not_in(points.out(chosen=True))) if points.but else chosen


def _all_excluded(places: Places, points: _Points, *, chosen: bool) -> Condition:
    """People whose codes all lie in the exclusion; from everywhere, also those whose points do."""
    by_points = sa.false() if places.is_limited or not points.but else col(Subscriber.id).in_(points.out(chosen=chosen))
    if not places.but_inside:
        return by_points
    code = col(SubscriberArea.area_code)
    mine = sa.select(col(SubscriberArea.subscriber_id))
    mine = mine.where(col(SubscriberArea.is_chosen).is_(True)) if chosen else mine
    inside = col(Subscriber.id).in_(mine.where(code.in_(sorted(places.but_inside))))
    beside = col(Subscriber.id).in_(mine.where(code.not_in(sorted(places.but_inside | places.but_around))))
    return sa.or_(by_points, sa.and_(inside, ~beside))
