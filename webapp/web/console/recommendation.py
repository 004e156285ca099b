"""A recommendation as a page shows it. Live or kept: both come here as the JSON of `rules.advice.as_json`.

panel = recommendation.panel(assessment.result, assessment.facts, place=incidents.area_words(store(), incident))
{% from "console/recommendation_panel.html" import recommendation_panel %}  {{ recommendation_panel(panel) }}
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from webapp.flow.assessments import Recommendation, as_kept, as_plain
from webapp.web.console.advice_rows import Row, advice_rows
from webapp.web.console.chart_frame import PHONE, WIDE, Window
from webapp.web.console.coverage_chart import coverage
from webapp.web.console.over_time import Moment, lines, over_time
from webapp.web.console.spoken import channel

PLANS = {"recommended": "Recommended", "fastest": "Fastest", "quietest": "Quietest"}


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
    is_estimate: bool  # somebody has said how many; else they are counted

    @property
    def unreachable(self) -> int:
        """Nothing is addressed to them."""
        return max(self.affected - self.asked - self.on_file, 0)


@dataclass(frozen=True, slots=True)
class Budget:
    """What the recommended plan costs, against the month's budget for paid messages."""

    cost: float
    month: float
    spent: float

    @property
    def left(self) -> float:
        """Before this; 0 once it is used up."""
        return max(self.month - self.spent, 0.0)

    @property
    def is_over(self) -> bool:
        """Whether this goes beyond it."""
        return self.cost > 0 and self.cost > self.month - self.spent


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
    basis: str  # what the numbers of reach rest on: "assumed", or which of them are measured
    budget: Budget | None  # None = there is no limit, or none was kept
    warnings: tuple[str, ...]  # of channels that are used although their provider fails, or that nothing is known of

    @property
    def has_plan(self) -> bool:
        """Whether any channel is recommended."""
        return any(row.is_planned for row in self.rows)

    def row(self, key: str) -> Row | None:
        """The channel with this key; None if it is not set up."""
        return next((row for row in self.rows if row.key == key), None)


def live(given: Recommendation, *, place: str) -> Panel:
    """Of a recommendation that is not kept."""
    return panel(as_kept(given), as_plain(given.case), place=place)


def panel(result: Mapping[str, Any], case: Mapping[str, Any], *, place: str = "") -> Panel:
    """Of `Assessment.result` and `Assessment.facts`. `place`: where it applies, in words; "" = everywhere."""
    curve, window = result["curve"], _window(result, case)
    labels = {key: channel(key) for key in result["channels"]}
    informed = result["plan"]["recommended"]["informed_in_time"]
    charts = [coverage(curve, window, labels=labels, informed=informed, size=size) for size in (WIDE, PHONE)]
    return Panel(
        sentence=result["sentence"],
        chart=charts[0],
        chart_for_phones=charts[1],
        rows=advice_rows(result, window),
        plans=_plans(result),
        audience=_audience(case, place),
        approval=tuple(result["approval"]),
        needs=tuple(result["needs"]),
        assumptions=tuple(result["assumptions"]),
        expires_at=datetime.fromisoformat(result["expires_at"]),
        policy=f"{result['policy']['name']} {result['policy']['version']}",
        columns=tuple(labels[key] for key in lines(curve)),
        over_time=tuple(over_time(curve, window)),
        basis=_basis(result),
        budget=_budget(result, case),
        warnings=tuple(_warnings(result, case)),
    )


def _basis(result: Mapping[str, Any]) -> str:
    """Of a plan the weakest of its numbers counts: one that is assumed makes the sum assumed."""
    by_basis: dict[str, list[str]] = {}
    for key, advice in result["channels"].items():
        by_basis.setdefault(advice["basis"]["viewers"], []).append(channel(key))
    if len(by_basis) == 1:
        return next(iter(by_basis))
    return "; ".join(f"{', '.join(labels)} {basis}" for basis, labels in by_basis.items())


def _budget(result: Mapping[str, Any], case: Mapping[str, Any]) -> Budget | None:
    ours = case["organisation"]
    if ours.get("month_budget") is None:
        return None
    return Budget(result["plan"]["recommended"]["cost"], ours["month_budget"], ours.get("month_spent", 0.0))


def _warnings(result: Mapping[str, Any], case: Mapping[str, Any]) -> Iterator[str]:
    for key in result["plan"]["recommended"]["channels"]:
        if failing := case["channels"].get(key, {}).get("failing"):
            yield f"{channel(key)} {failing}. It is tried again until it works: life is at stake."
    for key in result.get("without_figures", ()):
        yield f"The rules in force have no numbers for {channel(key)}, so nothing is recommended there. A lead can add them to the rules."


def _window(result: Mapping[str, Any], case: Mapping[str, Any]) -> Window:
    at, started_at = datetime.fromisoformat(case["now"]), datetime.fromisoformat(case["incident"]["started_at"])
    return Window(
        at=at,
        zone=case["organisation"]["time_zone"],
        begins_min=(started_at - at).total_seconds() / 60,
        ends_min=result["remaining_minutes"],
        end_is_assumed=result["end_is_assumed"],
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
        is_estimate=case["audience"].get("is_estimate", False),
    )
