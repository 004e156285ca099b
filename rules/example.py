"""One incident that shows what a finding means: in words, and as facts that a scenario takes as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.boxes import Space, Steps, world_in
from rules.cell_words import example_value, test_of_cells
from rules.ground import FactPlace, Ground
from rules.vocabulary import FactType


@dataclass(frozen=True, slots=True)
class Example:
    """An incident. Facts that it does not name are as usual (see `facts.yaml`)."""

    facts: Mapping[str, str]  # by fact, or fact@channel: a value as a policy writes it
    later: Mapping[str, str] = field(default_factory=dict)  # what those become that change

    def __str__(self) -> str:
        """In one line."""
        told = [f"{name}: {value}" for name, value in self.facts.items()] or ["everything is as usual"]
        after = [f"{name}: {value}" for name, value in self.later.items()]
        return ", ".join(told) + (f"; then {', '.join(after)}" if after else "")


def example_in(ground: Ground, box: int, steps: Steps, *, currency: str) -> Example:
    """One incident of a possible box, and of it what the box or something unusual says."""
    world = world_in(ground.space, box, steps, usual=_Usual(ground))
    facts: dict[str, str] = {}
    later: dict[str, str] = {}
    for place in ground.places:
        here = place.here(world)
        if not _is_told(ground.space, box, place, here):
            continue
        cell = (here >> place.dimension.offset).bit_length() - 1
        (later if place.is_later else facts)[place.key] = example_value(place.dimension, cell, currency=currency)
    return Example(facts, {name: value for name, value in later.items() if facts.get(name) != value})


def box_in_words(ground: Ground, box: int, *, currency: str) -> tuple[str, ...]:
    """The tests that a box means, fact by fact; what it leaves open is not named."""
    return tuple(
        f"{place.dimension.fact.name}: {test_of_cells(place.dimension, place.here(box), currency=currency)}"
        for place in ground.places
        if _matters(ground.space, box, place)
    )


def _matters(space: Space, box: int, place: FactPlace) -> bool:
    """The box says less of it than that it is anything."""
    return box & place.cells != space.start & place.cells


def _is_told(space: Space, box: int, place: FactPlace, here: int) -> bool:
    """What is usual and yes or no goes without saying, and so does what is the same in every incident."""
    dimension = place.dimension
    usual = dimension.bit(dimension.fact.usual) if place.key.partition("@")[0] != "sent to" else dimension.full
    if here & usual and dimension.fact.type in {FactType.yes_no, FactType.listed}:
        return place.is_moving
    if here & usual and not dimension.fact.usual:
        return False
    if _matters(space, box, place):
        return True
    return not here & usual and bool(space.start & usual << place.shift)


class _Usual:
    """Of some cells of one fact, the one with its usual value, or else the lowest."""

    def __init__(self, ground: Ground) -> None:
        self._usual = 0
        for place in ground.places:
            self._usual |= place.dimension.bit(place.dimension.fact.usual) << place.shift

    def __call__(self, cells: int) -> int:
        best = cells & self._usual or cells
        return best & -best
