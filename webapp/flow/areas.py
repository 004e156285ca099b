"""Places with a code, and how an incident says where it applies."""

from dataclasses import dataclass
from enum import StrEnum, auto

from sqlmodel import Field, Session, SQLModel, col, select

from webapp.db import word
from webapp.flow.refusals import NotValid
from webapp.geo.circles import FARTHEST_LATITUDE, Circle

WIDEST_KM = 1_000.0
PHRASES = {
    "en": ("in {place}", "within {km:g} km of {place}", " and "),
    "sv": ("i {place}", "inom {km:g} km från {place}", " och "),
}
SAID = {"en": ("{place}, within {km:g} km", " and "), "sv": ("{place}, inom {km:g} km", " och ")}


class Level(StrEnum):
    """What sort of place."""

    country = auto()
    county = auto()
    municipality = auto()
    locality = auto()
    own = auto()


class Area(SQLModel, table=True):
    """A place that people know by name. People belong to it by its code, never by a map's outline."""

    code: str = Field(primary_key=True, max_length=40)
    name: str = Field(index=True)
    level: Level = word(Level)
    parent_code: str | None = Field(default=None, foreign_key="area.code")
    latitude: float | None = None  # its middle, for "within 15 km of"
    longitude: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """Everything within a distance of a named place."""

    label: str
    circle: Circle


@dataclass(frozen=True, slots=True)
class Where:
    """The union of coded areas and circles. Empty = everywhere."""

    codes: tuple[str, ...] = ()
    nears: tuple[Near, ...] = ()

    @property
    def is_everywhere(self) -> bool:
        """Whether no place limits it."""
        return not self.codes and not self.nears


def areas(session: Session) -> list[Area]:
    """All, by name."""
    return list(session.exec(select(Area).order_by(col(Area.name))))


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
    children: dict[str | None, list[str]] = {}
    for code, parent in session.exec(select(Area.code, Area.parent_code)):
        children.setdefault(parent, []).append(code)
    found, waiting = [], list(codes)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.append(code)
            waiting.extend(children.get(code, []))
    return found


def around(session: Session, codes: tuple[str, ...]) -> list[str]:
    """These codes and those of every area that holds them."""
    parents = dict(session.exec(select(Area.code, Area.parent_code)).all())
    found: list[str] = []
    for code in codes:
        holder: str | None = code
        while holder is not None and holder not in found:
            found.append(holder)
            holder = parents.get(holder)
    return found


def in_words(session: Session, where: Where, language: str = "en") -> str:
    """The place as people say it: "Sveg, within 15 km"; "" = everywhere."""
    around, both = SAID.get(language, SAID["en"])
    names = {area.code: area.name for area in areas(session)} if where.codes else {}
    parts = [names.get(code, code) for code in where.codes]
    parts += [around.format(place=near.label, km=near.circle.radius_m / 1_000) for near in where.nears]
    return both.join(parts)


def in_sentences(session: Session, where: Where) -> dict[str, str]:
    """The place as a part of a sentence, by language: "within 15 km of Sveg"; "" = everywhere."""
    names = {area.code: area.name for area in areas(session)} if where.codes else {}
    said = {}
    for language, (inside, within, both) in PHRASES.items():
        named = both.join(names.get(code, code) for code in where.codes)
        parts = [inside.format(place=named)] if named else []
        parts += [within.format(place=near.label, km=near.circle.radius_m / 1_000) for near in where.nears]
        said[language] = both.join(parts)
    return said


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
