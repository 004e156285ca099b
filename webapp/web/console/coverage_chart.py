"""The coverage curve as SVG: coloured by classes alone, so that it follows light, dark and print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from markupsafe import Markup

from webapp import moments
from webapp.web.console.chart_axes import round_numbers, wall_times

NARROW_SPACE = " "
LINE = 15.0  # between two labels
HEADROOM = 1.3  # above the highest line, for the one big number


class Size(NamedTuple):
    """Of a chart, in its own units: pixels where it is shown as it is."""

    name: str
    width: float
    height: float
    left: float = 30
    right: float = 104
    top: float = 26
    bottom: float = 26
    ticks: int = 7


WIDE = Size("wide", 680, 300)
PHONE = Size("phone", 346, 260, right=88, ticks=4)
SPARK = Size("spark", 96, 24, left=1, right=1, top=2, bottom=2)


@dataclass(frozen=True, slots=True)
class Window:
    """When the chart begins, and the incident within it."""

    at: datetime  # minute 0: when the notice is released
    zone: str
    begins_min: float  # of the incident; below 0 = it has begun
    ends_min: float
    end_is_assumed: bool

    @property
    def ends_at(self) -> datetime:
        """The end to the minute: `ends_min` is rounded."""
        return (self.at + timedelta(minutes=self.ends_min, seconds=30)).replace(second=0, microsecond=0)


class Scale:
    """From minutes and people to the units of a chart."""

    def __init__(self, size: Size, span_min: float, highest: float) -> None:
        self.size, self.span_min, self.highest = size, max(span_min, 1.0), max(highest, 1.0)
        self.right, self.bottom = size.width - size.right, size.height - size.bottom

    def x(self, minute: float) -> float:
        """Within the plot, also for what lies outside."""
        share = min(max(minute / self.span_min, 0.0), 1.0)
        return round(self.size.left + share * (self.right - self.size.left), 1)

    def y(self, people: float) -> float:
        """Upwards."""
        return round(self.bottom - people / self.highest * (self.bottom - self.size.top), 1)

    def line(self, minutes: Sequence[float], people: Sequence[float]) -> str:
        """A path."""
        points = (f"{self.x(minute):g},{self.y(count):g}" for minute, count in zip(minutes, people, strict=True))
        return "M" + "L".join(points)

    def between(self, minutes: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
        """A closed path between two lines."""
        back = self.line(list(reversed(minutes)), list(reversed(low)))
        return f"{self.line(minutes, high)}L{back[1:]}Z"


def coverage(
    curve: Mapping[str, Any], window: Window, *, labels: Mapping[str, str], informed: float, size: Size = WIDE
) -> Markup:
    """The whole chart. `informed`: people in time, the one big number."""
    highest = _highest(curve) * HEADROOM
    widest = len(_people(round_numbers(highest)[-1]))
    scale = Scale(size._replace(left=13 + 6.4 * widest), curve["minutes"][-1], highest)
    svg = ET.Element("svg", {"viewBox": f"0 0 {size.width:g} {size.height:g}", "class": f"coverage {size.name}",
                             "role": "img", "aria-labelledby": f"coverage-{size.name}-title coverage-{size.name}-desc"})  # fmt: skip
    _add(svg, "title", {"id": f"coverage-{size.name}-title"}, "How many people know, over time")
    _add(svg, "desc", {"id": f"coverage-{size.name}-desc"}, described(curve, window, labels=labels, informed=informed))
    _incident(svg, scale, window)
    _grid(svg, scale, window)
    _bands(svg, scale, curve)
    for channel, people in curve["unused"].items():
        if any(people):
            _add(svg, "path", {"class": f"unused ch-{channel}", "d": scale.line(curve["minutes"], people)})
    if curve["bands"]:
        _add(svg, "path", {"class": "total", "d": scale.line(curve["minutes"], curve["expected"])})
    _end(svg, scale, window)
    if curve["bands"] and window.ends_min > 0:
        _in_time(svg, scale, window, informed=informed, affected=curve["affected"])
    _names(svg, scale, curve, labels)
    return _markup(svg)


def sparkline(
    channel: str, minutes: Sequence[float], people: Sequence[float], window: Window, highest: float
) -> Markup:
    """One channel over the same time and the same people as its neighbours. Its numbers stand beside it as text."""
    scale = Scale(SPARK, minutes[-1], highest * 1.05)
    svg = ET.Element(
        "svg", {"viewBox": f"0 0 {SPARK.width:g} {SPARK.height:g}", "class": "spark", "aria-hidden": "true"}
    )
    _incident(svg, scale, window)
    _add(svg, "path", {"class": f"alone ch-{channel}", "d": scale.line(minutes, people)})
    return _markup(svg)


def described(curve: Mapping[str, Any], window: Window, *, labels: Mapping[str, str], informed: float) -> str:
    """The chart in words."""
    end = moments.say(window.ends_at, window.zone)
    kind = "assumed" if window.end_is_assumed else "expected"
    used = ", ".join(labels[channel] for channel in curve["bands"]) or "no channel"
    last = {labels[channel]: people[-1] for channel, people in curve["unused"].items()}
    unused = "; ".join(f"{label} would inform about {people:.0f}" for label, people in last.items())
    told = f"With {used}, about {informed:.0f} of {curve['affected']} people know before the {kind} end, {end}."
    return f"{told} Not used, by the end of the chart: {unused}." if unused else told


def _highest(curve: Mapping[str, Any]) -> float:
    tops = [max(curve["independent"], default=0.0), *(max(people, default=0.0) for people in curve["unused"].values())]
    return max(*tops, 1.0)


def _incident(svg: ET.Element, scale: Scale, window: Window) -> None:
    begins, ends = scale.x(window.begins_min), scale.x(window.ends_min)
    if ends > begins:
        _add(svg, "rect", {"class": "window", "x": f"{begins:g}", "y": f"{scale.size.top:g}",
                           "width": f"{ends - begins:g}", "height": f"{scale.bottom - scale.size.top:g}"})  # fmt: skip


def _grid(svg: ET.Element, scale: Scale, window: Window) -> None:
    for people in round_numbers(scale.highest):
        y = scale.y(people)
        _add(svg, "path", {"class": "grid", "d": f"M{scale.size.left:g},{y:g}H{scale.right:g}"})
        _text(svg, scale.size.left - 6, y + 4, _people(people), anchor="end")
    for tick in wall_times(window.at, scale.span_min, window.zone, most=scale.size.ticks):
        x = scale.x(tick.at)
        _add(svg, "path", {"class": "grid", "d": f"M{x:g},{scale.bottom:g}v4"})
        _text(svg, x, scale.bottom + 17, tick.label, anchor="middle")


def _bands(svg: ET.Element, scale: Scale, curve: Mapping[str, Any]) -> None:
    floor = [0.0] * len(curve["minutes"])
    for channel, adds in curve["bands"].items():
        top = [low + added for low, added in zip(floor, adds, strict=True)]
        _add(svg, "path", {"class": f"band ch-{channel}", "d": scale.between(curve["minutes"], floor, top)})
        floor = top
    if curve["bands"]:
        around = scale.between(curve["minutes"], curve["nested"], curve["independent"])
        _add(svg, "path", {"class": "range", "d": around})


def _end(svg: ET.Element, scale: Scale, window: Window) -> None:
    if window.ends_min <= 0:
        return
    x = scale.x(window.ends_min)
    _add(svg, "path", {"class": "end", "d": f"M{x:g},{scale.size.top:g}V{scale.bottom:g}"})
    kind = "assumed" if window.end_is_assumed else "expected"
    _text(svg, x, scale.size.top - 9, f"{kind} end {_end_in_short(window)}", anchor="middle")


def _end_in_short(window: Window) -> str:
    """15:00; Thu 15:00 if that is another day."""
    today, day = (moments.day(at, window.zone) for at in (window.at, window.ends_at))
    clock = moments.clock(window.ends_at, window.zone)
    return clock if day == today else f"{day[:3]} {clock}"


def _in_time(svg: ET.Element, scale: Scale, window: Window, *, informed: float, affected: int) -> None:
    x, y = scale.x(window.ends_min), scale.y(informed)
    _add(svg, "circle", {"class": "point", "cx": f"{x:g}", "cy": f"{y:g}", "r": "4.5"})
    top = max(y - 30, scale.size.top + 20)
    _text(svg, x + 9, top, _people(informed), anchor="start", kind="big-number")
    share = f" · {informed / affected * 100:.0f} %" if affected else ""
    _text(svg, x + 9, top + 16, f"informed in time{share}", anchor="start", kind="below-number")


def _names(svg: ET.Element, scale: Scale, curve: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    """At the right, each where its band or line ends, moved apart where they would touch."""
    wanted, floor = [], 0.0
    for channel, adds in curve["bands"].items():
        wanted.append((scale.y(floor + adds[-1] / 2), channel, "name"))
        floor += adds[-1]
    wanted += [
        (scale.y(people[-1]), channel, "name not-used") for channel, people in curve["unused"].items() if any(people)
    ]
    places = apart([y for y, _, _ in wanted], lowest=scale.bottom)
    for (_, channel, kind), y in zip(wanted, places, strict=True):
        mark = "┄ " if "not-used" in kind else ""
        _text(svg, scale.right + 7, y + 4, f"{mark}{labels[channel]}", anchor="start", kind=f"{kind} ch-{channel}")


def apart(wanted: Sequence[float], *, lowest: float, gap: float = LINE) -> list[float]:
    """The same heights in the same order, at least a line apart, none below `lowest`."""
    order = sorted(range(len(wanted)), key=lambda place: -wanted[place])
    found, limit = dict[int, float](), lowest
    for place in order:
        found[place] = min(wanted[place], limit)
        limit = found[place] - gap
    return [found[place] for place in range(len(wanted))]


def _people(count: float) -> str:
    return f"{count:,.0f}".replace(",", NARROW_SPACE)


def _text(parent: ET.Element, x: float, y: float, text: str, *, anchor: str, kind: str = "") -> ET.Element:
    attributes = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}
    return _add(parent, "text", attributes | ({"class": kind} if kind else {}), text)


def _add(parent: ET.Element, tag: str, attributes: dict[str, str], text: str = "") -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _markup(svg: ET.Element) -> Markup:
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704  ElementTree has escaped every text
