"""A recommendation as a page shows it. Live or kept: both come here as the JSON of `rules.advice.as_json`.

panel = recommendation.panel(assessment.result, assessment.facts, place=incidents.area_words(store(), incident))
{% from "console/recommendation_panel.html" import recommendation_panel %}  {{ recommendation_panel(panel) }}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from rules.advice import as_json
from webapp.flow.assessments import Recommendation, as_plain
from webapp.web.console import coverage_chart
from webapp.web.console.coverage_chart import PHONE, WIDE, Window
from webapp.web.console.spoken import channel

PLANS = {"recommended": "Recommended", "fastest": "Fastest", "quietest": "Quietest"}
AFTER_MIN = (5, 15, 30, 60, 120, 240, 480, 1_440, 4_320, 10_080)
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
    could_be: tuple[str, ...]  # other verdicts, if the end is not known


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One set of channels."""

    names: tuple[str, ...]  # what it is: ("Recommended", "Fastest")
    channels: str
    numbers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is affected, by how directly we can write to them."""

    affected: int
    place: str  # "" = everywhere
    asked: int
    on_file: int  # and have not asked

    @property
    def unreachable(self) -> int:
        """Nothing is addressed to them."""
        return max(self.affected - self.asked - self.on_file, 0)


class Moment(NamedTuple):
    """One row of the numbers over time."""

    label: str
    expected: float
    nested: float
    independent: float
    channels: tuple[float, ...]  # as in `Panel.columns`


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the panel shows."""

    sentence: str
    chart: Markup
    chart_for_phones: Markup
    rows: tuple[Row, ...]
    plans: tuple[PlanRow, ...]  # empty if there is only one
    audience: Audience
    approval: tuple[str, ...]  # roles
    needs: tuple[str, ...]
    assumptions: tuple[str, ...]
    expires_at: datetime
    policy: str
    columns: tuple[str, ...]
    over_time: tuple[Moment, ...]

    @property
    def has_plan(self) -> bool:
        """Whether any channel is recommended."""
        return any(row.is_planned for row in self.rows)

    def row(self, key: str) -> Row | None:
        """The channel with this key; None if it is not set up."""
        return next((row for row in self.rows if row.key == key), None)


def live(given: Recommendation, *, place: str) -> Panel:
    """Of a recommendation that is not kept."""
    return panel(as_json(given.advice), as_plain(given.case), place=place)


def panel(result: Mapping[str, Any], case: Mapping[str, Any], *, place: str = "") -> Panel:
    """Of `Assessment.result` and `Assessment.facts`. `place`: where it applies, in words; "" = everywhere."""
    curve, window = result["curve"], _window(result, case)
    labels = {key: channel(key) for key in result["channels"]}
    informed = result["plan"]["recommended"]["informed_in_time"]
    charts = [
        coverage_chart.coverage(curve, window, labels=labels, informed=informed, size=size) for size in (WIDE, PHONE)
    ]
    return Panel(
        sentence=result["sentence"],
        chart=charts[0],
        chart_for_phones=charts[1],
        rows=_rows(result, window),
        plans=_plans(result),
        audience=_audience(case, place),
        approval=tuple(result["approval"]),
        needs=tuple(result["needs"]),
        assumptions=tuple(result["assumptions"]),
        expires_at=datetime.fromisoformat(result["expires_at"]),
        policy=f"{result['policy']['name']} {result['policy']['version']}",
        columns=tuple(labels[key] for key in _lines(curve)),
        over_time=tuple(_over_time(curve, window)),
    )


def _window(result: Mapping[str, Any], case: Mapping[str, Any]) -> Window:
    at, started_at = datetime.fromisoformat(case["now"]), datetime.fromisoformat(case["incident"]["started_at"])
    return Window(
        at=at,
        zone=case["organisation"]["time_zone"],
        begins_min=(started_at - at).total_seconds() / 60,
        ends_min=result["remaining_minutes"],
        end_is_assumed=result["end_is_assumed"],
    )


def _lines(curve: Mapping[str, Any]) -> dict[str, list[float]]:
    """By channel: what it adds if it is used, else what it would do by itself."""
    return {**curve["bands"], **curve["unused"]}


def _rows(result: Mapping[str, Any], window: Window) -> tuple[Row, ...]:
    curve, lines = result["curve"], _lines(result["curve"])
    highest = max((max(line) for line in lines.values()), default=1.0)
    undecided = {one["channel"]: one["could_be"] for one in result["undecided"]}
    return tuple(
        Row(
            key=key,
            label=channel(key),
            verdict=advice["verdict"],
            is_planned=key in result["plan"]["recommended"]["channels"],
            spark=coverage_chart.sparkline(key, curve["minutes"], lines[key], window, highest),
            advice=advice,
            figures=_figures(advice),
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


def _plans(result: Mapping[str, Any]) -> tuple[PlanRow, ...]:
    """Equal sets share a row; nothing to compare is nothing to show."""
    together: dict[tuple[str, ...], list[str]] = {}
    for name in PLANS:
        together.setdefault(tuple(result["plan"][name]["channels"]), []).append(name)
    if len(together) == 1:
        return ()
    return tuple(
        PlanRow(
            tuple(PLANS[name] for name in names),
            ", ".join(channel(key) for key in channels) or "nothing",
            result["plan"][names[0]],
        )
        for channels, names in together.items()
    )


def _audience(case: Mapping[str, Any], place: str) -> Audience:
    groups = case["audience"]["groups"]
    asked = sum(group["people"] for group in groups if group["asked"])
    return Audience(
        affected=case["audience"]["affected"],
        place=place,
        asked=asked,
        on_file=sum(group["people"] for group in groups) - asked,
    )


def _over_time(curve: Mapping[str, Any], window: Window) -> list[Moment]:
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
            channels=tuple(at(minute, line) for line in _lines(curve).values()),
        )
        for minute, words in sorted(rounds + ends)
    ]


def _after(minute: int) -> str:
    if minute < 60:
        return f"after {minute} min"
    return f"after {minute // 60} h" if minute < 1_440 else f"after {minute // 1_440} days".replace(" 1 days", " 1 day")
