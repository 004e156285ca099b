"""Places by name, offline: an index that `gazetteer_build` makes once. Data: GeoNames, geonames.org, CC BY 4.0."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from webapp.geo import circles, keys
from webapp.geo.circles import Circle
from webapp.geo.place_names import folded

CREDIT = "Place names: GeoNames (geonames.org), CC BY 4.0"
FILE = "gazetteer.sqlite"
SHORT = 3  # letters up to which the largest places are listed ahead of time
MOST = 60
COLUMNS = "p.id, p.name, p.county, p.country_code, p.country, p.latitude, p.longitude, p.population"
RINGS_M = (5_000.0, 25_000.0, 120_000.0, 600_000.0)


class NoGazetteer(Exception):
    """The index has not been built yet."""


@dataclass(frozen=True, slots=True)
class Place:
    """A populated place. `county`: the first-level division, "" where its name is not known."""

    geonames_id: int
    name: str
    county: str
    country_code: str
    country: str
    latitude: float
    longitude: float
    population: int

    @property
    def in_full(self) -> str:
        """Never the name alone: 14,000 names belong to more than one place."""
        return ", ".join(part for part in (self.name, self.county, self.country) if part)


class Gazetteer:
    """Look-ups in one index file; safe from several threads. Raises NoGazetteer if it is not there."""

    def __init__(self, folder: Path) -> None:
        self.path, self.local = folder / FILE, threading.local()
        self.counted: dict[tuple[str, int], int] = {}

    @property
    def is_there(self) -> bool:
        """Whether it has been built."""
        return self.path.exists()

    def suggest(self, typed: str, *, country: str = "", most: int = 10) -> list[Place]:
        """Places whose name, in any language, begins so: exact names first, then those of `country` (ISO 3166, two
        letters), then by population. Nothing below two letters. A county or country may follow: "Ås, Jämtland".
        """
        name, _, holder = (folded(part) for part in typed.partition(","))
        if len(name) < 2:
            return []
        found = {place.geonames_id: place for place in [*self._there(name, country), *self._anywhere(name, holder)]}
        fits = [place for place in found.values() if _is_in(place, holder)]
        return sorted(fits, key=lambda place: _rank(place, typed, name, country))[:most]

    def nearest(self, latitude: float, longitude: float, *, least_people: int = 0) -> tuple[Place, float] | None:
        """The nearest populated place and its distance in metres; None = none within 600 km."""
        for radius_m in RINGS_M:
            circle = Circle(latitude, longitude, radius_m)
            near = self._within(circle, least_people)
            if near:
                at = np.array([place.latitude for place in near]), np.array([place.longitude for place in near])
                metres = circles.distances_m(circle, *at)
                first = int(np.argmin(metres))
                if metres[first] <= radius_m:
                    return near[first], float(metres[first])
        return None

    def within(self, circle: Circle, *, least_people: int = 0) -> list[Place]:
        """Places whose point lies in a circle, the largest first. For labels on a map."""
        near = self._within(circle, least_people)
        at = np.array([place.latitude for place in near]), np.array([place.longitude for place in near])
        inside = np.flatnonzero(circles.distances_m(circle, *at) <= circle.radius_m).tolist() if near else []
        return sorted((near[number] for number in inside), key=lambda place: -place.population)

    def people_in(self, country: str, *, least_people: int = 0) -> int:
        """Who live in all places of a country."""
        wanted = "SELECT coalesce(sum(population), 0) FROM place WHERE country_code = ? AND population >= ?"
        asked = (country, least_people)
        if asked not in self.counted:
            with closing(self._connection().execute(wanted, asked)) as rows:
                self.counted[asked] = int(rows.fetchone()[0])
        return self.counted[asked]

    def _there(self, name: str, country: str) -> list[Place]:
        if not country:
            return []
        wanted = "n.country_code = ? AND n.folded >= ? AND n.folded < ?"
        return self._places(f"JOIN name n ON n.place_id = p.id WHERE {wanted}", (country.upper(), name, _after(name)))

    def _anywhere(self, name: str, holder: str) -> list[Place]:
        if len(name) <= SHORT and not holder:
            return self._places("JOIN short s ON s.place_id = p.id WHERE s.prefix = ?", (name,))
        ordered = f"ORDER BY w.population DESC LIMIT {MOST if not holder else 2_000}"
        return self._places(
            f"JOIN (SELECT w.place_id FROM world_name w WHERE w.folded >= ? AND w.folded < ? {ordered}) f ON f.place_id = p.id",  # noqa: S608  our own words
            (name, _after(name)),
        )

    def _within(self, circle: Circle, least_people: int) -> list[Place]:
        found = []
        for box in circles.boxes(circle):
            for low, high in keys.ranges(box, most=16):
                found += self._places("WHERE p.z BETWEEN ? AND ? AND p.population >= ?", (low, high, least_people))
        return found

    def _places(self, rest: str, values: tuple[object, ...]) -> list[Place]:
        wanted = f"SELECT DISTINCT {COLUMNS} FROM place p {rest}"  # noqa: S608  our own words; values are parameters
        with closing(self._connection().execute(wanted, values)) as rows:
            return [Place(*row) for row in rows]

    def _connection(self) -> sqlite3.Connection:
        """This thread's; opened anew once the file has been built anew."""
        try:
            stamp = self.path.stat().st_ino
        except FileNotFoundError:
            raise NoGazetteer(
                "The list of places is not there yet; `python -m webapp.geo.gazetteer_build` makes it"
            ) from None
        if getattr(self.local, "stamp", None) != stamp:
            self.local.connection = sqlite3.connect(f"file:{self.path}?mode=ro&immutable=1", uri=True)
            self.local.stamp = stamp
        connection: sqlite3.Connection = self.local.connection
        return connection


def _after(name: str) -> str:
    """What follows every text that begins so."""
    return name + "\U0010ffff"


def _is_in(place: Place, holder: str) -> bool:
    return not holder or any(
        folded(each).startswith(holder) for each in (place.county, place.country, place.country_code)
    )


def _rank(place: Place, typed: str, name: str, country: str) -> tuple[bool, bool, bool, int, str]:
    own = folded(place.name)
    written = place.name.casefold().startswith(typed.partition(",")[0].strip().casefold())
    return (own != name, place.country_code != country.upper(), not written, -place.population, place.in_full)
