"""Places with a code, and how an incident says where it applies."""

from dataclasses import dataclass
from enum import StrEnum, auto
from functools import lru_cache

import sqlalchemy as sa
from shapely import MultiPolygon
from sqlmodel import Field, Session, SQLModel, col, select

from webapp.db import word
from webapp.flow.refusals import NotValid
from webapp.geo import shapes
from webapp.geo.circles import FARTHEST_LATITUDE, Circle

WIDEST_KM = 1_000.0
MOST_CODES = 10_000  # in one query
PHRASES = {
    "en": ("in {place}", "within {km} km of {place}", " and "),
    "sv": ("i {place}", "inom {km} km från {place}", " och "),
}
SAID = {
    "en": ("{place}, within {km} km", " and ", "{most}, except {rest}", "everywhere"),
    "sv": ("{place}, inom {km} km", " och ", "{most}, utom {rest}", "överallt"),
}

UNNAMED = "drawn area"  # of a shape that nobody has given a name
MARKED = {"en": "a marked area", "sv": "ett markerat område"}


class Level(StrEnum):
    """What sort of place."""

    country = auto()
    county = auto()
    municipality = auto()
    locality = auto()
    postcode = auto()
    own = auto()  # a sales or network area


class Area(SQLModel, table=True):
    """A place that people know by name. People belong to it by its code, never by a map's outline."""

    code: str = Field(primary_key=True, max_length=40)
    name: str = Field(index=True)
    level: Level = word(Level)
    parent_code: str | None = Field(default=None, foreign_key="area.code", index=True)
    latitude: float | None = None  # its middle, for "within 15 km of"
    longitude: float | None = None
    source: str = ""


AREA = SQLModel.metadata.tables["area"]


@dataclass(frozen=True, slots=True)
class Near:
    """Everything within a distance of a named place."""

    label: str
    circle: Circle


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn or uploaded area: its name, and a GeoJSON MultiPolygon as `shapes.as_text` writes it."""

    label: str
    geojson: str

    @property
    def shape(self) -> MultiPolygon:
        """To work with; the same object for the same text."""
        return _shape(self.geojson)


def drawn(label: str, shape: MultiPolygon) -> Drawn:
    """A normal shape under a name. Make shapes by `geojson.one`, `shapes.box` or `shapes.normal`."""
    return Drawn(label.strip() or UNNAMED, shapes.as_text(shape))


@lru_cache(maxsize=64)
def _shape(geojson: str) -> MultiPolygon:
    return shapes.from_text(geojson)


@dataclass(frozen=True, slots=True)
class Where:
    """The union of coded areas, circles and shapes, without what `but` holds. Empty = everywhere.

    An exclusion only ever takes people out: whoever has all places that we know of inside `but`.
    """

    codes: tuple[str, ...] = ()
    nears: tuple[Near, ...] = ()
    drawns: tuple[Drawn, ...] = ()
    but: "Where | None" = None  # its own `but` is not heeded

    @property
    def is_everywhere(self) -> bool:
        """Whether no place limits it."""
        return not self.has_parts and not (self.but and self.but.has_parts)

    @property
    def has_parts(self) -> bool:
        """Whether any area is named; if not, it starts from everywhere."""
        return bool(self.codes or self.nears or self.drawns)


def areas(session: Session) -> list[Area]:
    """All, by name."""
    return list(session.exec(select(Area).order_by(col(Area.name))))


def unknown(session: Session, where: Where) -> list[str]:
    """Codes, also of exclusions, that no area has."""
    codes = dict.fromkeys([*where.codes, *(where.but.codes if where.but else ())])
    known = set(session.exec(select(Area.code).where(col(Area.code).in_(codes)))) if codes else set()
    return [code for code in codes if code not in known]


def near(session: Session, place: str, radius_km: float) -> Near:
    """A circle around a place given by name ("Sveg", "Sveg, Jämtland") or as "62.03, 14.36". Raises NotValid."""
    if not 0.1 <= radius_km <= WIDEST_KM:
        raise NotValid("radius_km", f"A radius of {radius_km:g} km cannot be used; write 0.1 to {WIDEST_KM:g}")
    coordinates = _coordinates(place)
    if coordinates:
        return Near(place.strip(), Circle(*coordinates, radius_km * 1_000))
    found = _named(session, place)
    if found.latitude is None or found.longitude is None:
        raise NotValid("place", f"{found.name} has no point to measure from; choose it as an area instead")
    return Near(found.name, Circle(found.latitude, found.longitude, radius_km * 1_000))


def with_children(session: Session, codes: tuple[str, ...]) -> list[str]:
    """These codes and those of every area inside them."""
    return _closure(session, codes, AREA.c.parent_code, AREA.c.code)


def around(session: Session, codes: tuple[str, ...]) -> list[str]:
    """These codes and those of every area that holds them."""
    return _closure(session, codes, AREA.c.code, AREA.c.parent_code)


def _closure(session: Session, codes: tuple[str, ...], start: sa.Column[str], end: sa.Column[str]) -> list[str]:
    """These codes, then whatever `end` follows from `start`, level by level: a country takes five queries."""
    found, new = dict.fromkeys(codes), list(dict.fromkeys(codes))
    while new:
        some, new = new[:MOST_CODES], new[MOST_CODES:]
        further = session.execute(sa.select(end).where(start.in_(some), end.is_not(None)).distinct()).scalars()
        more = [code for code in further if code not in found]
        found |= dict.fromkeys(more)
        new += more
    return list(found)


def in_words(session: Session, where: Where, language: str = "en") -> str:
    """The place as people say it: "Sveg, within 15 km, except Lillhärdal"; "" = everywhere."""
    circle, both, without, all_over = SAID.get(language, SAID["en"])
    names = _names(session, where)

    def said(part: Where) -> str:
        places = [names.get(code, code) for code in part.codes]
        places += [circle.format(place=near.label, km=_km(near, language)) for near in part.nears]
        return both.join([*places, *_labels(part, language)])

    if where.but is None or not where.but.has_parts:
        return said(where)
    return without.format(most=said(where) or all_over, rest=said(where.but))


def _names(session: Session, where: Where) -> dict[str, str]:
    codes = [*where.codes, *(where.but.codes if where.but else ())]
    if not codes:
        return {}
    return dict(session.exec(select(Area.code, Area.name).where(col(Area.code).in_(codes))).all())


def in_sentences(session: Session, where: Where) -> dict[str, str]:
    """The place as a part of a sentence, by language: "within 15 km of Sveg"; "" = everywhere."""
    names = _names(session, where)
    said = {}
    for language in PHRASES:
        said[language] = _phrase(where, names, language)
        if where.but is not None and where.but.has_parts:
            _, _, without, all_over = SAID[language]
            rest = _phrase(where.but, names, language)
            said[language] = without.format(most=said[language] or all_over, rest=rest)
    return said


def _phrase(where: Where, names: dict[str, str], language: str) -> str:
    inside, within, both = PHRASES[language]
    named = both.join([*(names.get(code, code) for code in where.codes), *_labels(where, language)])
    parts = [inside.format(place=named)] if named else []
    parts += [within.format(place=near.label, km=_km(near, language)) for near in where.nears]
    return both.join(parts)


def _km(near: Near, language: str) -> str:
    """7.5, or 7,5 where people write it so."""
    written = f"{near.circle.radius_m / 1_000:g}"
    return written.replace(".", ",") if language == "sv" else written


def _labels(where: Where, language: str) -> list[str]:
    """What people call the shapes; those without a name say so in the reader's language, once."""
    marked = MARKED.get(language, MARKED["en"])
    return list(dict.fromkeys(marked if each.label == UNNAMED else each.label for each in where.drawns))


def _coordinates(text: str) -> tuple[float, float] | None:
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if not (abs(latitude) <= FARTHEST_LATITUDE and abs(longitude) <= 180):
        raise NotValid(
            "place", f"{text.strip()} is not a point on the map; write latitude, longitude, like 62.03, 14.36"
        )
    return latitude, longitude


def _named(session: Session, place: str) -> Area:
    name, _, holder = (part.strip().casefold() for part in place.partition(","))
    every = areas(session)
    found = [area for area in every if name and area.name.casefold() == name and _is_in(session, area, holder, every)]
    if not found:
        close = [area.name for area in every if name and area.name.casefold().startswith(name[:3])][:3]
        hint = f"did you mean {', '.join(close)}?" if close else "write a place's name, or latitude, longitude"
        raise NotValid("place", f"No place is called {place.strip()!r}; {hint}")
    with_point = [area for area in found if area.latitude is not None]
    best = [area for area in with_point if area.level is Level.locality] or with_point or found
    if len(best) > 1:
        names = " or ".join(sorted(f"{area.name}, {_holder(area, every)}" for area in best))
        raise NotValid("place", f"There are several places called {best[0].name}; write {names}")
    return best[0]


def _is_in(session: Session, area: Area, holder: str, every: list[Area]) -> bool:
    """Whether an area that holds it is called so, or begins so: "Jämtland" for "Jämtland county"."""
    holding = around(session, (area.code,))[1:] if holder else []
    return not holder or any(each.name.casefold().startswith(holder) for each in every if each.code in holding)


def _holder(area: Area, every: list[Area]) -> str:
    return next((each.name for each in every if each.code == area.parent_code), area.code)
