"""How many people know, at round times and at the end: the curve as rows of a table."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from webapp.web.console.chart_frame import Window

AFTER_MIN = (5, 15, 30, 60, 120, 240, 480, 1_440, 4_320, 10_080)


class Moment(NamedTuple):
    """One row of the numbers over time."""

    label: str
    expected: float
    nested: float
    independent: float
    channels: tuple[float, ...]  # as in `lines`


def lines(curve: Mapping[str, Any]) -> dict[str, list[float]]:
    """By channel: what it adds if it is used, else what it would do by itself."""
    return {**curve["bands"], **curve["unused"]}


def over_time(curve: Mapping[str, Any], window: Window) -> list[Moment]:
    """At round times and at the end."""
    last = curve["minutes"][-1]
    rounds = [(minute, _after(minute)) for minute in AFTER_MIN if minute < last]
    end = "at the assumed end" if window.end_is_assumed else "at the expected end"
    ends = [(window.ends_min, end)] if 0 < window.ends_min <= last else []

    def at(minute: float, people: list[float]) -> float:
        return float(np.interp(minute, curve["minutes"], people))

    return [
        Moment(
            label=words,
            expected=at(minute, curve["expected"]),
            nested=at(minute, curve["nested"]),
            independent=at(minute, curve["independent"]),
            channels=tuple(at(minute, line) for line in lines(curve).values()),
        )
        for minute, words in sorted(rounds + ends)
    ]


def _after(minute: int) -> str:
    if minute < 60:
        return f"after {minute} min"
    return f"after {minute // 60} h" if minute < 1_440 else f"after {minute // 1_440} days".replace(" 1 days", " 1 day")
