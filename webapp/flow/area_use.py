"""The area library as people look at it: what is there, what an import would change, what may be taken out."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from webapp.flow import area_library
from webapp.flow.area_library import Entry, Report
from webapp.flow.areas import Area, Level
from webapp.flow.audit import record
from webapp.flow.incidents import IncidentArea
from webapp.flow.people import Act, Person
from webapp.flow.places import AreaOutline
from webapp.flow.refusals import NotNow
from webapp.flow.saved_areas import SavedArea
from webapp.flow.subscribers import SubscriberArea
from webapp.geo import shapes

LONGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Use:
    """Who refers to an area."""

    people: int
    incidents: int
    children: int
    saved: int

    @property
    def in_words(self) -> str:
        """ "12 people, 2 incidents"; "" = nobody."""
        parts = ((self.people, "person belongs to it or follows it", "people belong to it or follow it"),
                 (self.incidents, "incident was filed for it", "incidents were filed for it"),
                 (self.children, "area lies in it", "areas lie in it"), (self.saved, "saved area holds it", "saved areas hold it"))  # fmt: skip
        return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in parts if count)


def wanted(text: str = "", level: Level | None = None) -> SelectOfScalar[Area]:
    """Areas by level and name; `text`: in the code or the name."""
    query = select(Area).order_by(col(Area.level), col(Area.name), col(Area.code))
    if level is not None:
        query = query.where(Area.level == level)
    if text:
        words = [col(column).contains(each, autoescape=True) for column in (Area.name, Area.code)
                 for each in {text, text.capitalize(), text.upper(), text.lower()}]  # fmt: skip
        query = query.where(sa.or_(*words))
    return query


def outlined(session: Session, codes: Iterable[str]) -> dict[str, AreaOutline]:
    """The outlines of these areas, by code."""
    found = session.exec(select(AreaOutline).where(col(AreaOutline.area_code).in_(list(codes))))
    return {each.area_code: each for each in found}


def use(session: Session, code: str) -> Use:
    """Who refers to an area."""
    return Use(
        people=_count(session, SubscriberArea, SubscriberArea.area_code == code),
        incidents=_count(session, IncidentArea, IncidentArea.area_code == code),
        children=_count(session, Area, Area.parent_code == code),
        saved=sum(code in _codes(each.place) for each in session.exec(select(SavedArea))),
    )


def keep(session: Session, report: Report, *, source: str, licence: str, by: Person, now: datetime) -> None:
    """Store an import, with its entry in the audit trail. Raises NotAllowed, NotValid."""
    area_library.bring(session, report, by=by, source=source, licence=licence)
    said = f"{by.name} brought {len(report.entries):,} areas from {source.strip()}"
    codes = [entry.code for entry in report.entries]
    record(session, "areas.brought", ("areas", codes[0][:36] if codes else ""), said, by=by, now=now,
           after={"codes": codes[:100], "count": len(codes), "source": source.strip(), "licence": licence.strip()})  # fmt: skip


def remove(session: Session, area: Area, *, by: Person, now: datetime) -> None:
    """Take an area out that nobody refers to. Raises NotAllowed, NotNow."""
    by.require(Act.administer, f"{by.name} may not change the area library")
    if users := use(session, area.code).in_words:
        raise NotNow(f"{area.name} is in use: {users}. It can be taken out once nobody refers to it")
    session.execute(sa.delete(AreaOutline).where(col(AreaOutline.area_code) == area.code))
    session.delete(area)
    record(session, "areas.removed", ("areas", area.code[:36]), f"{by.name} took {area.name} out of the area library",
           by=by, now=now, before={"code": area.code, "name": area.name, "level": str(area.level)})  # fmt: skip
    session.flush()


def unchanged(session: Session, report: Report) -> set[str]:
    """Codes of those that are already stored exactly so."""
    known = {area.code: area for area in session.exec(select(Area))}
    outlines = outlined(session, [entry.code for entry in report.entries if entry.code in known])
    return {entry.code for entry in report.entries if entry.code in outlines
            and _is_same(known[entry.code], outlines[entry.code], entry)}  # fmt: skip


def exported(session: Session, areas: Iterable[Area]) -> Iterator[str]:
    """A GeoJSON file, piece by piece; areas without an outline have no geometry."""
    yield '{"type": "FeatureCollection", "features": ['
    for number, area in enumerate(areas):
        outline = session.get(AreaOutline, area.code)
        properties = {
            "code": area.code,
            "name": area.name,
            "level": str(area.level),
            "parent": area.parent_code,
            "source": area.source,
        }
        properties |= (
            {"licence": outline.licence, "valid_from": outline.valid_from.isoformat() if outline.valid_from else None}
            if outline
            else {}
        )
        geometry = outline.geojson if outline else "null"
        yield f'{"," if number else ""}\n{{"type": "Feature", "properties": {json.dumps(properties, ensure_ascii=False)}, "geometry": {geometry}}}'
    yield "\n]}\n"


def _is_same(area: Area, outline: AreaOutline, entry: Entry) -> bool:
    is_named_so = (area.name, area.level, area.parent_code) == (entry.name, entry.level, entry.parent_code)
    return is_named_so and outline.geojson == shapes.as_text(entry.feature.normal.shape)


def _count(session: Session, table: type[Any], condition: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(table).where(condition)) or 0)


def _codes(place: dict[str, Any]) -> list[str]:
    but = place.get("but") or {}
    return [*place.get("codes", ()), *but.get("codes", ())]
