"""What somebody means by the name of a place: our own areas first, then those of the gazetteer."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from webapp.flow.areas import Area, Level, Near, near
from webapp.flow.refusals import NotValid
from webapp.geo.circles import Circle, distances_m
from webapp.geo.gazetteer import Gazetteer, Place
from webapp.geo.place_names import folded

MOST_AREAS = 5_000  # of our own that are looked through by name; postcodes are found by their code
SAME_PLACE_M = 10_000.0
FEWEST_LETTERS = 2
WHERE_IT_IS = re.compile(r"\s*\([-\d., ]+\)\s*$")  # how two of one full name are told apart
NUMBERS = re.compile(r"\s*[-+]?\d+(\.\d+)?\s*,\s*[-+]?\d+(\.\d+)?\s*")


@dataclass(frozen=True, slots=True)
class Spot:
    """Something that a name may mean."""

    id: str  # "area:SE-2361", "place:2675397"
    name: str
    in_full: str  # never the name alone, unless nothing holds it
    code: str = ""  # of an area of ours
    at: tuple[float, float] | None = None  # latitude, longitude; None = it can only be meant as a whole

    @property
    def is_whole(self) -> bool:
        """Whether no distance from it can be measured."""
        return self.at is None


class Unclear(NotValid):
    """A name that means nothing, or several things: with what it may mean."""

    def __init__(self, sentence: str, options: Sequence[Spot]) -> None:
        super().__init__("place", sentence)
        self.options = tuple(options)


def suggest(session: Session, gazetteer: Gazetteer, typed: str, *, most: int = 8) -> list[Spot]:
    """What begins so, the likeliest first; a county or country may follow a comma. Nothing below two letters."""
    name, holders = _parts(typed)
    if len(name) < FEWEST_LETTERS:
        return []
    own = _own(session, name)
    ours = home(session)
    known = gazetteer.suggest(", ".join([name, *holders[:1]]), country=ours, most=60) if gazetteer.is_there else []
    world = [place for place in known if not _is_one_of(place, own)]
    found = [spot for spot in [*own, *(_of_place(place) for place in world)] if _is_held(spot, holders)]
    return _told_apart(sorted(found, key=lambda spot: _rank(spot, name))[:most])


def meant(session: Session, gazetteer: Gazetteer, typed: str, *, chosen: str = "") -> Spot:
    """The one thing that this means. `chosen`: an id that somebody picked for it. Raises Unclear."""
    name, _ = _parts(typed)
    found = suggest(session, gazetteer, typed, most=60)
    if picked := [spot for spot in found if spot.id == chosen]:
        return picked[0]
    exact = [spot for spot in found if folded(spot.name) == name or folded(spot.code) == folded(typed)
             or (spot.is_whole and _squeezed(spot.name) == _squeezed(name))]  # fmt: skip
    exact = exact or [spot for spot in found if spot.code and folded(spot.name).startswith(f"{name} ")]
    likely = _likeliest(exact, home(session), gazetteer, typed)
    if len(likely) == 1:
        return likely[0]
    if likely:
        raise Unclear(f"There are several places called {likely[0].name}; say which", likely[:12])
    close = found[:6] or _similar(session, gazetteer, name)
    names = ", ".join(dict.fromkeys(spot.name for spot in close[:3]))
    hint = f"did you mean {names}?" if close else "write a place's name, or latitude, longitude"
    raise Unclear(f"No place is called {typed.strip()!r}; {hint}", close)


def part(
    session: Session, gazetteer: Gazetteer, typed: str, radius_km: float | None, *, chosen: str = ""
) -> tuple[Near | str, str]:
    """A circle, or the code of a whole area, and how it is called in full. Raises Unclear, NotValid."""
    if NUMBERS.fullmatch(typed):
        return near(session, typed, _given(radius_km)), typed.strip()
    spot = meant(session, gazetteer, typed, chosen=chosen)
    if spot.at is None:
        return spot.code, spot.in_full
    circle = near(session, f"{spot.at[0]}, {spot.at[1]}", _given(radius_km)).circle
    return Near(spot.name, circle), spot.in_full


def _given(radius_km: float | None) -> float:
    if radius_km is None:
        raise NotValid("radius_km", "Write how many kilometres around it, like 15")
    return radius_km


def _parts(typed: str) -> tuple[str, list[str]]:
    name, *holders = (folded(each) for each in WHERE_IT_IS.sub("", typed).split(","))
    return name, [holder for holder in holders if holder]


def _own(session: Session, name: str) -> list[Spot]:
    """Areas of ours whose name, or code, begins so."""
    columns = (Area.code, Area.name, Area.level, Area.parent_code, Area.latitude, Area.longitude)
    is_postcode = col(Area.level) == Level.postcode
    named = session.execute(sa.select(*columns).where(~is_postcode).order_by(col(Area.name)).limit(MOST_AREAS)).all()  # type: ignore[call-overload]  # six columns are more than its overloads know
    squeezed = name.replace(" ", "")
    if any(letter.isdigit() for letter in squeezed):
        begins = [
            sa.func.replace(col(Area.name), " ", "").startswith(squeezed.upper(), autoescape=True),
            col(Area.code).startswith(squeezed.upper(), autoescape=True),
        ]
        coded = session.execute(sa.select(*columns).where(is_postcode, sa.or_(*begins)).limit(20)).all()  # type: ignore[call-overload]
    else:
        coded = []
    names = {row[0]: (row[1], row[3]) for row in named}
    fits = [row for row in named if folded(row[1]).startswith(name) or folded(row[0]).startswith(name)]
    fits.sort(key=lambda row: (row[2] is not Level.locality, row[4] is None))
    return [_of_area(row, names) for row in [*fits, *coded]]


def _of_area(row: Sequence[object], names: dict[str, tuple[str, str | None]]) -> Spot:
    code, name, level, parent, latitude, longitude = row
    is_spot = level is Level.locality and latitude is not None and longitude is not None
    at = (float(str(latitude)), float(str(longitude))) if is_spot else None
    return Spot(f"area:{code}", str(name), ", ".join([str(name), *_holders(parent, names)]), str(code), at)


def _holders(parent: object, names: dict[str, tuple[str, str | None]]) -> Iterable[str]:
    seen = set()
    while isinstance(parent, str) and parent in names and parent not in seen:
        seen.add(parent)
        name, parent = names[parent]
        yield name


def _of_place(place: Place) -> Spot:
    return Spot(f"place:{place.geonames_id}", place.name, place.in_full, at=(place.latitude, place.longitude))


def home(session: Session) -> str:
    """The country that areas of ours lie in: of two places of one name the one there is likelier."""
    found = session.exec(select(Area.code).where(Area.level == Level.country).order_by(col(Area.code))).first()
    return found if found and len(found) == 2 else ""


def _is_one_of(place: Place, own: Sequence[Spot]) -> bool:
    same = [spot.at for spot in own if spot.at and folded(spot.name) == folded(place.name)]
    if not same:
        return False
    at = np.array([each[0] for each in same]), np.array([each[1] for each in same])
    return bool((distances_m(Circle(place.latitude, place.longitude, 0.0), *at) < SAME_PLACE_M).any())


def _is_held(spot: Spot, holders: Sequence[str]) -> bool:
    around = [folded(each) for each in spot.in_full.split(",")[1:]]
    return all(any(each.startswith(holder) or each == holder for each in around) for holder in holders)


def _told_apart(spots: list[Spot]) -> list[Spot]:
    """Two that are called the same in full are told apart by where they are."""
    called = [spot.in_full for spot in spots]
    return [
        replace(spot, in_full=f"{spot.in_full} ({spot.at[0]:.2f}, {spot.at[1]:.2f})")
        if spot.at and called.count(spot.in_full) > 1
        else spot
        for spot in spots
    ]


def _likeliest(exact: list[Spot], home: str, gazetteer: Gazetteer, typed: str) -> list[Spot]:
    """Our own, then those of our country, then any."""
    own = [spot for spot in exact if spot.code]
    with_point = [spot for spot in own if spot.at]
    if own:
        return with_point or own
    if home and gazetteer.is_there:
        in_country = {f"place:{each.geonames_id}" for each in gazetteer.suggest(_parts(typed)[0], country=home, most=60)
                      if each.country_code == home}  # fmt: skip
        return [spot for spot in exact if spot.id in in_country] or exact
    return exact


def _similar(session: Session, gazetteer: Gazetteer, name: str) -> list[Spot]:
    """What begins as much of it does as possible."""
    for length in range(len(name) - 1, FEWEST_LETTERS, -1):
        if found := suggest(session, gazetteer, name[:length], most=6):
            return found
    return []


def _squeezed(name: str) -> str:
    return folded(name).replace(" ", "")


def _rank(spot: Spot, name: str) -> tuple[bool, bool]:
    """Names that are so, then names that begin so; what is only called so elsewhere comes last."""
    own = folded(spot.name)
    return own != name, not own.startswith(name)
