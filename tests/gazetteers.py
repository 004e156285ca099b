"""A few places of the world, some of one name."""

from pathlib import Path

from webapp.geo import gazetteer_build
from webapp.geo.gazetteer import FILE, Gazetteer

NAMES = ("geonameid", "name", "latitude", "longitude", "countrycode", "admin1code", "population", "alternatenames")
ROWS = [
    (1, "Sveg", 62.034, 14.366, "SE", "07", 2_543, []),
    (2, "Ås", 63.25, 14.567, "SE", "07", 1_200, []),
    (3, "Ås", 62.5, 17.2, "SE", "24", 700, []),
    (4, "Östersund", 63.179, 14.636, "SE", "07", 49_806, ["Ostersund"]),
    (5, "Hede", 62.418, 13.511, "SE", "07", 800, []),
    (6, "Stockholm", 59.33, 18.07, "SE", "26", 1_500_000, []),
    (7, "Springfield", 37.2, -93.3, "US", "MO", 169_000, []),
    (8, "Springfield", 42.1, -72.6, "US", "MA", 155_000, []),
    (10, "Springfield", 36.0, -92.0, "US", "MO", 900, []),
    (9, "Røros", 62.57, 11.38, "NO", "21", 3_700, []),
]
COUNTRIES = {code: {"name": name} for code, name in (("SE", "Sweden"), ("US", "United States"), ("NO", "Norway"))}


def a_gazetteer(folder: Path) -> Gazetteer:
    """In an installation's folder."""
    cities = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    gazetteer_build.build(folder / FILE, cities, COUNTRIES, gazetteer_build.counties())
    return Gazetteer(folder)
