"""The coverage curve of a recommendation, as lists that a chart can draw."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.lognormal import Floats
from rules.plans import Outlook


@dataclass(frozen=True, slots=True)
class Curve:
    """People over minutes since the release, rounded to 0.1. All lists are as long as `minutes`."""

    minutes: list[float]
    remaining_minutes: float
    affected: int
    expected: list[float]
    nested: list[float]
    independent: list[float]
    bands: Mapping[str, list[float]]  # by channel of the plan, in its order: what each adds; they sum to `expected`
    unused: Mapping[str, list[float]]  # by channel outside the plan: affected people whom it would inform by itself


def curve_of(outlook: Outlook, plan: tuple[str, ...]) -> Curve:
    """The curve of a plan, given by channel keys."""
    names = [name for name, one in outlook.decisions.items() if one.figures.key in plan]
    keys = {name: one.figures.key for name, one in outlook.decisions.items()}
    band = outlook.band(names)
    return Curve(
        minutes=_rounded(outlook.minutes),
        remaining_minutes=round(outlook.remaining_min, 1),
        affected=outlook.affected,
        expected=_rounded(band.expected[:-2]),
        nested=_rounded(band.nested[:-2]),
        independent=_rounded(band.independent[:-2]),
        bands={
            keys[name]: _rounded(outlook.curve(names[: place + 1]) - outlook.curve(names[:place]))
            for place, name in enumerate(names)
        },
        unused={keys[name]: _rounded(outlook.curve([name])) for name in outlook.decisions if name not in names},
    )


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 1) for value in values]
