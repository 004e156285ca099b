"""One row a channel: its verdict, its numbers and what they rest on, its line over time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup

from webapp.web.console.chart_frame import Window
from webapp.web.console.coverage_chart import sparkline
from webapp.web.console.over_time import lines
from webapp.web.console.spoken import channel

NUMBERS = {  # in words, with the unit that is not people
    "viewers": ("see it at all", ""), "affected_viewers": ("of them affected", ""), "informed_in_time": ("informed in time", ""),
    "spill": ("not concerned, disturbed", ""), "stale": ("see it too late", ""), "stale_if_left_up": ("too late if nobody took it down", ""),
    "cost": ("cost", "money"), "send_minutes": ("until the last is sent", "min"), "half_seen_minutes": ("until half have seen it", "min"),
}  # fmt: skip


class Figure(NamedTuple):
    """One number of a channel, and what it rests on."""

    name: str
    value: float
    unit: str  # "" = people, else money or min
    basis: str


@dataclass(frozen=True, slots=True)
class Row:
    """One channel."""

    key: str
    label: str
    verdict: str
    is_planned: bool
    spark: Markup
    advice: Mapping[str, Any]  # as `as_json` has it: sentence, numbers, fired, overridden, failed …
    figures: tuple[Figure, ...]
    basis: str  # what its reach rests on
    could_be: tuple[str, ...]  # other verdicts, if the end is not known


def advice_rows(result: Mapping[str, Any], window: Window) -> tuple[Row, ...]:
    """In the order of the policy."""
    curve, each = result["curve"], lines(result["curve"])
    highest = max((max(line) for line in each.values()), default=1.0)
    undecided = {one["channel"]: one["could_be"] for one in result["undecided"]}
    return tuple(
        Row(
            key=key,
            label=channel(key),
            verdict=advice["verdict"],
            is_planned=key in result["plan"]["recommended"]["channels"],
            spark=sparkline(key, curve["minutes"], each[key], window, highest),
            advice=advice,
            figures=_figures(advice),
            basis=advice["basis"]["viewers"],
            could_be=tuple(one for one in undecided.get(key, ()) if one != advice["verdict"]),
        )
        for key, advice in result["channels"].items()
    )


def _figures(advice: Mapping[str, Any]) -> tuple[Figure, ...]:
    return tuple(
        Figure(words, advice["numbers"][name], unit, advice["basis"][name])
        for name, (words, unit) in NUMBERS.items()
        if name in advice["numbers"]
    )
