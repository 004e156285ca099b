"""Who is there, by SQL: the truth about places, which counting ahead of time must agree with."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, SQLModel, col

from webapp.flow.areas import Where
from webapp.flow.places import Places, resolve
from webapp.flow.subscribers import Subscriber, SubscriberArea, SubscriberPoint
from webapp.geo import descent, keys
from webapp.geo.regions import Region

Ids = NDArray[np.int64]
Condition = sa.ColumnElement[bool]
POINTS = SQLModel.metadata.tables["subscriber_point"]
POINT = (POINTS.c.id, POINTS.c.subscriber_id, POINTS.c.z, POINTS.c.radius_m, POINTS.c.is_on_file)
# From stretches to points, and never the other way round: left to themselves, both planners read every point.
ON_SQLITE = """SELECT p.id, p.subscriber_id, p.z, p.radius_m, p.is_on_file FROM json_each(:spans) s CROSS JOIN subscriber_point p
    WHERE p.z BETWEEN json_extract(s.value, '$[0]') AND json_extract(s.value, '$[1]') {which}"""
ON_POSTGRESQL = """SELECT q.* FROM unnest(CAST(:low AS bigint[]), CAST(:high AS bigint[])) AS s (low, high) CROSS JOIN LATERAL
    (SELECT p.id, p.subscriber_id, p.z, p.radius_m, p.is_on_file FROM subscriber_point p
     WHERE p.z BETWEEN s.low AND s.high {which} OFFSET 0) q"""


class There:
    """Two conditions on a subscriber: what they chose covers the place; any place of theirs, also on file, lies there.

    What was chosen and what happened meet where a known place of the one lies in the other.
    `among`: only these people matter, so only their points are looked at.
    """

    def __init__(self, session: Session, where: Where, *, among: Sequence[int] | None = None) -> None:
        self.by_choice: Condition = sa.true()
        self.in_any_way: Condition = sa.true()
        if where.is_everywhere:
            return
        places = resolve(session, where)
        points = _Points(session, places, among)
        everyone = sa.false() if places.is_limited else sa.true()
        in_any_way = sa.or_(
            everyone, _listed_among(session, points.hit(chosen=False)), _coded(places.inside, points.out(chosen=False))
        )
        chosen = sa.or_(
            everyone,
            _listed_among(session, points.hit(chosen=True)),
            _coded(places.inside | places.holding, points.out(chosen=True), chosen=True),
        )
        self.in_any_way = sa.and_(
            in_any_way, ~_all_excluded(places, points, is_limited=places.is_limited, chosen=False)
        )
        self.by_choice = sa.or_(
            col(Subscriber.follows_everywhere),
            sa.and_(chosen, ~_all_excluded(places, points, is_limited=places.is_limited, chosen=True)),
        )


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
        self.hits = [self._reached(region, widest) for region in places.regions]
        self.covered = [self._reached(places.middles, widest)] if places.middles else []
        self.swallowed = [self._inside(region) for region in places.but_regions]
        self.but = places.but_regions

    def hit(self, *, chosen: bool) -> Ids:
        """Ids of people with a point there that is not excluded."""
        found = [*self.hits, *(self.covered if chosen else ())]
        ids = [each.subscriber_id[~_is_swallowed(each, self.but) & ~(chosen & each.is_on_file)] for each in found]
        return np.unique(np.concatenate(ids)) if ids else np.empty(0, dtype=np.int64)

    def out(self, *, chosen: bool) -> Condition:
        """People who have points, every one of them excluded."""
        parts = [each.only(_is_swallowed(each, self.but) & ~(chosen & each.is_on_file)) for each in self.swallowed]
        if not parts:
            return sa.false()
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
        return col(Subscriber.id).in_(listed(self.session, gone))

    def _reached(self, region: Region, widest: float) -> _Found:
        """Points that the region holds, and those whose own circle touches it."""
        spans = descent.spans(region)
        sure = self._between(spans.covered)
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
        which = "AND p.radius_m > 0" if only_wide else ""
        if self.among is not None:
            return self.theirs.only(self.theirs.is_in(spans) & ((self.theirs.radius_m > 0) | (not only_wide)))
        some = list(spans)
        if self.session.get_bind().dialect.name == "sqlite":
            query, values = ON_SQLITE, {"spans": json.dumps(some)}
        else:
            query, values = ON_POSTGRESQL, {"low": [low for low, _ in some], "high": [high for _, high in some]}  # type: ignore[dict-item]
        return _found(self.session.execute(sa.text(query.format(which=which)), values).all())

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


def _coded(codes: Iterable[str], out: Condition, *, chosen: bool = False) -> Condition:
    """People with one of these codes, but for those who are elsewhere by their points."""
    wanted = sorted(codes)
    if not wanted:
        return sa.false()
    coded = sa.select(col(SubscriberArea.subscriber_id)).where(col(SubscriberArea.area_code).in_(wanted))
    coded = coded.where(col(SubscriberArea.is_chosen).is_(True)) if chosen else coded
    return sa.and_(col(Subscriber.id).in_(coded), ~out)


def _all_excluded(places: Places, points: _Points, *, is_limited: bool, chosen: bool) -> Condition:
    """People whose codes all lie in the exclusion; from everywhere, also those whose points do."""
    by_points = sa.false() if is_limited else points.out(chosen=chosen)
    if not places.but_inside:
        return by_points
    code = col(SubscriberArea.area_code)
    mine = sa.select(col(SubscriberArea.subscriber_id))
    mine = mine.where(col(SubscriberArea.is_chosen).is_(True)) if chosen else mine
    inside = col(Subscriber.id).in_(mine.where(code.in_(sorted(places.but_inside))))
    beside = col(Subscriber.id).in_(mine.where(code.not_in(sorted(places.but_inside | places.but_around))))
    return sa.or_(by_points, sa.and_(inside, ~beside))


def _listed_among(session: Session, ids: Ids) -> Condition:
    return col(Subscriber.id).in_(listed(session, ids.tolist())) if len(ids) else sa.false()
