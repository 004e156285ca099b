"""Where an incident applies, worked out: regions to test points against, and codes to look people up by.

Outlines of administrative areas are not heeded: whom a map puts outside their own municipality still lives there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from webapp.flow.areas import Area, Where, around, with_children
from webapp.geo import shapes
from webapp.geo.circles import Circle
from webapp.geo.regions import CircleRegion, Region, ShapeRegion, SpotsRegion


class AreaOutline(SQLModel, table=True):
    """The outline of a coded area of our own, and whether people belong to it by their points, too."""

    __tablename__ = "area_outline"
    area_code: str = Field(primary_key=True, foreign_key="area.code", max_length=40)
    geojson: str  # as `shapes.as_text` writes it
    square_km: float
    holds_points: bool = True  # False = only for maps
    licence: str = ""
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """What people's places are compared with. Codes are closed: whatever lies inside is listed, too."""

    is_limited: bool  # False = everywhere, but for the exclusions
    regions: tuple[Region, ...] = ()
    inside: frozenset[str] = frozenset()  # codes; whoever has one is there
    holding: frozenset[str] = frozenset()  # codes of areas around known places in the regions: following them counts
    middles: SpotsRegion | None = None  # known places inside the codes: a circle of one's own that touches one counts
    but_regions: tuple[Region, ...] = ()
    but_inside: frozenset[str] = frozenset()
    but_around: frozenset[str] = frozenset()  # whoever has only these may be in the exclusion
    stamp: int = 0  # of everything above: other for other places, unless by a chance in 2^60


def resolve(session: Session, where: Where) -> Places:
    """The places of an incident. Raises ValueError for a circle beyond ±85°."""
    but = where.but if where.but and where.but.has_parts else Where()
    but_inside = frozenset(with_children(session, but.codes))
    but_regions = _regions(session, but, but_inside)
    inside = frozenset(with_children(session, where.codes)) - but_inside
    regions = _regions(session, where, inside)
    known = [(code, circle) for code, circle in _middles_in(session, regions) if not _is_out(circle, but_regions)]
    holding = frozenset(around(session, tuple(code for code, _ in known))) - but_inside
    middles = [circle for circle in _middles_of(session, inside) if not _is_out(circle, but_regions)]
    stamp = hash((where, inside, holding, but_inside, tuple(middles), _outlines(session, inside | but_inside)))
    return Places(
        is_limited=where.has_parts, stamp=stamp, regions=regions, inside=inside, holding=holding, middles=SpotsRegion(middles) if middles else None,
        but_regions=but_regions, but_inside=but_inside, but_around=frozenset(around(session, tuple(but_inside))),
    )  # fmt: skip


def _regions(session: Session, where: Where, inside: frozenset[str]) -> tuple[Region, ...]:
    """Circles as they are; shapes, and outlines of our own areas, united."""
    texts = [*(each.geojson for each in where.drawns), *_outlines(session, inside)]
    rounds: list[Region] = [CircleRegion(near.circle) for near in where.nears]
    return (*rounds, _united(tuple(texts))) if texts else tuple(rounds)


@lru_cache(maxsize=16)
def _united(texts: tuple[str, ...]) -> ShapeRegion:
    """One region of all, remembered: to prepare it takes longer than to use it."""
    each = [shapes.from_text(text) for text in texts]
    return ShapeRegion(shapes.united(each) if len(each) > 1 else each[0])


def _outlines(session: Session, codes: frozenset[str]) -> tuple[str, ...]:
    """Those that people's points count in."""
    if not codes:
        return ()
    held = select(AreaOutline.area_code).where(col(AreaOutline.holds_points))
    wanted = sorted(code for code in session.exec(held) if code in codes)
    texts = (
        select(AreaOutline.geojson).where(col(AreaOutline.area_code).in_(wanted)).order_by(col(AreaOutline.area_code))
    )
    return tuple(session.exec(texts)) if wanted else ()


def _is_out(circle: Circle, but: Sequence[Region]) -> bool:
    at = np.array([circle.latitude]), np.array([circle.longitude])
    return any(bool(region.swallows(*at, np.zeros(1))[0]) for region in but)


def _middles_of(session: Session, codes: frozenset[str]) -> list[Circle]:
    """The middles of these areas, as far as they are known."""
    wanted = select(Area.code, Area.latitude, Area.longitude).where(
        col(Area.latitude).is_not(None), col(Area.longitude).is_not(None)
    )
    if not codes:
        return []
    return [Circle(latitude, longitude, 0.0) for code, latitude, longitude in session.exec(wanted)
            if code in codes and latitude is not None and longitude is not None]  # fmt: skip


def _middles_in(session: Session, regions: Sequence[Region]) -> list[tuple[str, Circle]]:
    """Codes and middles of the areas whose middle lies in one of the regions."""
    boxes = [box for region in regions for box in region.boxes()]
    latitude, longitude = col(Area.latitude), col(Area.longitude)
    close = [sa.and_(latitude.between(box.south, box.north), longitude.between(box.west, box.east)) for box in boxes]
    if not close or len(close) > 100:
        close = [sa.and_(latitude.is_not(None), longitude.is_not(None))] if regions else [sa.false()]
    rows = session.execute(sa.select(col(Area.code), latitude, longitude).where(sa.or_(*close))).all()
    if not rows:
        return []
    at = np.array([row[1] for row in rows], dtype=np.float64), np.array([row[2] for row in rows], dtype=np.float64)
    is_in = np.any([region.holds(*at) for region in regions], axis=0)
    return [(row[0], Circle(row[1], row[2], 0.0)) for row, is_found in zip(rows, is_in, strict=True) if is_found]
