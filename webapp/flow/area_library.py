"""Areas of our own: sales and network areas, municipalities, postcode areas, brought as GeoJSON. A dry run first.

A file is read by `geo.reading_apart.each`, off the request; this stores what was read, or says what would be stored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from webapp.db import add
from webapp.flow.areas import Area, Level
from webapp.flow.people import Act, Person
from webapp.flow.places import AreaOutline
from webapp.flow.refusals import NotValid
from webapp.geo import shapes
from webapp.geo.geojson import Feature
from webapp.geo.shapes import BadShape

ADMINISTRATIVE = {Level.country, Level.county, Level.municipality}  # matched by code, whatever the map says
CODE = re.compile(r"[A-Za-z0-9ÅÄÖåäö][A-Za-z0-9ÅÄÖåäö ._/-]{0,39}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One area as it would be stored."""

    code: str
    name: str
    level: Level
    parent_code: str | None
    square_km: float
    is_new: bool
    changes: tuple[str, ...]  # what was mended in its outline
    feature: Feature


@dataclass(frozen=True, slots=True)
class Report:
    """What an import stores, and what it leaves out and why."""

    entries: tuple[Entry, ...]
    wrong: tuple[str, ...]  # sentences with their places

    @property
    def added(self) -> int:
        """Areas that were not known."""
        return sum(entry.is_new for entry in self.entries)

    @property
    def replaced(self) -> int:
        """Areas whose name or outline is written anew."""
        return len(self.entries) - self.added


def plan(
    session: Session,
    found: Sequence[Feature],
    wrong: Sequence[BadShape],
    *,
    level: Level,
    parent_code: str | None = None,
) -> Report:
    """What `bring` would do; stores nothing. Properties read: code, name, level, parent, valid_from."""
    known = set(session.exec(select(Area.code)))
    codes = {_text(each.properties, "code", "id", "kod") for each in found}
    mistakes, entries, seen = [str(mistake) for mistake in wrong], list[Entry](), set[str]()
    for each in found:
        try:
            entry = _entry(each, level, parent_code, known=known, coming=codes)
            if entry.code in seen:
                raise NotValid("code", f"the code {entry.code} comes twice; each area needs its own")  # noqa: TRY301  beside the others
            seen.add(entry.code)
            entries.append(entry)
        except NotValid as mistake:
            mistakes.append(f"{each.at.removesuffix('.geometry')}: {mistake}")
    return Report(tuple(_parents_first(entries)), tuple(mistakes))


def bring(session: Session, report: Report, *, by: Person, source: str, licence: str) -> Report:
    """Store what a plan says. May be repeated: the same file changes nothing more. Raises NotAllowed, NotValid."""
    by.require(Act.administer, f"{by.name} may not change the area library")
    if not source.strip() or not licence.strip():
        raise NotValid("source", "Say where the areas come from and under which licence")
    for entry in report.entries:
        latitude, longitude = shapes.middle(entry.feature.normal.shape)
        area = session.get(Area, entry.code) or Area(code=entry.code, name=entry.name, level=entry.level)
        area.name, area.level, area.parent_code, area.source = (
            entry.name,
            entry.level,
            entry.parent_code,
            source.strip(),
        )
        if area.latitude is None:
            area.latitude, area.longitude = latitude, longitude
        add(session, area)
        outline = session.get(AreaOutline, entry.code) or AreaOutline(area_code=entry.code, geojson="", square_km=0.0)
        outline.geojson, outline.square_km = shapes.as_text(entry.feature.normal.shape), entry.square_km
        outline.holds_points, outline.licence = entry.level not in ADMINISTRATIVE, licence.strip()
        outline.valid_from = _date(entry.feature.properties)
        add(session, outline)
    return report


def _entry(feature: Feature, level: Level, parent_code: str | None, *, known: set[str], coming: set[str]) -> Entry:
    code = _text(feature.properties, "code", "id", "kod")
    if not CODE.fullmatch(code):
        raise NotValid("code", 'it needs a property "code" of up to 40 letters, digits and dashes')
    written = _text(feature.properties, "level") or level
    if written not in set(Level):
        raise NotValid("level", f'"level" is {written[:20]!r}; write one of {", ".join(Level)}')
    parent = _text(feature.properties, "parent", "parent_code") or parent_code
    if parent and (parent == code or parent not in known | coming):
        raise NotValid("parent", f"its parent {parent[:40]!r} is not known; bring that one, too")
    shape = feature.normal.shape
    name = _text(feature.properties, "name", "namn") or code
    return Entry(
        code,
        name[:200],
        Level(written),
        parent,
        shapes.square_km(shape),
        code not in known,
        feature.normal.changes,
        feature,
    )


def _parents_first(entries: list[Entry]) -> list[Entry]:
    """Children refer to what is stored before them; a ring of parents is cut where it closes."""
    by_code, order = {entry.code: entry for entry in entries}, dict[str, Entry]()
    for entry in entries:
        line, each = list[Entry](), entry
        while each.code not in order and each not in line:
            line.append(each)
            each = by_code.get(each.parent_code or "", each)
        order |= {each.code: each for each in reversed(line)}
    return list(order.values())


def _text(properties: Mapping[str, object], *names: str) -> str:
    found = next((properties[name] for name in names if properties.get(name) is not None), "")
    return " ".join(str(found).split())


def _date(properties: Mapping[str, object]) -> date | None:
    written = _text(properties, "valid_from")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
