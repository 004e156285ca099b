"""The coverage curve as SVG: coloured by classes alone, so that it follows light, dark and print."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from markupsafe import Markup

from webapp import moments
from webapp.web.console.chart_axes import round_numbers, wall_times
from webapp.web.console.chart_frame import SPARK, WIDE, Scale, Size, Window
from webapp.web.console.picture import add, drawing, markup, path, text
from webapp.web.pages import number

LINE = 15.0  # between two names
HEADROOM = 1.3  # above the highest line, for the one big number
DIGIT = 6.4  # wide


def coverage(
    curve: Mapping[str, Any], window: Window, *, labels: Mapping[str, str], informed: float, size: Size = WIDE
) -> Markup:
    """The whole chart. `informed`: people in time, the one big number."""
    highest = _highest(curve) * HEADROOM
    left = 13 + DIGIT * len(number(round_numbers(highest)[-1]))
    scale = Scale(size._replace(left=left), curve["minutes"][-1], highest)
    title, desc = f"coverage-{size.name}-title", f"coverage-{size.name}-desc"
    said_by = {"role": "img", "aria-labelledby": f"{title} {desc}"}
    svg = drawing((size.width, size.height), f"coverage {size.name}", said_by)
    add(svg, "title", {"id": title}, "How many people know, over time")
    add(svg, "desc", {"id": desc}, described(curve, window, labels=labels, informed=informed))
    _incident(svg, scale, window)
    _grid(svg, scale, window)
    _bands(svg, scale, curve)
    _lines(svg, scale, curve)
    _end(svg, scale, window)
    if curve["bands"] and window.ends_min > 0:
        _in_time(svg, scale, window, informed=informed, affected=curve["affected"])
    _names(svg, scale, curve, labels)
    return markup(svg)


def sparkline(channel: str, minutes: Sequence[float], line: Sequence[float], window: Window, highest: float) -> Markup:
    """One channel over the same time and the same people as its neighbours. Its numbers stand beside it as text."""
    scale = Scale(SPARK, minutes[-1], highest * 1.05)
    svg = drawing((SPARK.width, SPARK.height), "spark", {"aria-hidden": "true"})
    _incident(svg, scale, window)
    path(svg, f"alone ch-{channel}", scale.line(minutes, line))
    return markup(svg)


def described(curve: Mapping[str, Any], window: Window, *, labels: Mapping[str, str], informed: float) -> str:
    """The chart in words."""
    end = moments.say(window.ends_at, window.zone)
    used = ", ".join(labels[channel] for channel in curve["bands"]) or "no channel"
    last = {labels[channel]: line[-1] for channel, line in curve["unused"].items()}
    unused = "; ".join(f"{label} would inform about {count:.0f}" for label, count in last.items())
    told = f"With {used}, about {informed:.0f} of {curve['affected']} people know before the {window.kind} end, {end}."
    return f"{told} Not used, by the end of the chart: {unused}." if unused else told


def apart(wanted: Sequence[float], *, lowest: float, gap: float = LINE) -> list[float]:
    """The same heights in the same order, at least a line apart, none below `lowest`."""
    order = sorted(range(len(wanted)), key=lambda place: -wanted[place])
    found, limit = dict[int, float](), lowest
    for place in order:
        found[place] = min(wanted[place], limit)
        limit = found[place] - gap
    return [found[place] for place in range(len(wanted))]


def _highest(curve: Mapping[str, Any]) -> float:
    lines = [curve["independent"], *curve["unused"].values()]
    return max(*(max(line, default=0.0) for line in lines), 1.0)


def _incident(svg: Element, scale: Scale, window: Window) -> None:
    begins, ends = scale.x(window.begins_min), scale.x(window.ends_min)
    if ends > begins:
        box = {"x": begins, "y": scale.size.top, "width": ends - begins, "height": scale.bottom - scale.size.top}
        add(svg, "rect", {"class": "window"} | {name: f"{value:g}" for name, value in box.items()})


def _grid(svg: Element, scale: Scale, window: Window) -> None:
    for count in round_numbers(scale.highest):
        y = scale.y(count)
        path(svg, "grid", f"M{scale.size.left:g},{y:g}H{scale.right:g}")
        text(svg, scale.size.left - 6, y + 4, number(count), anchor="end")
    for tick in wall_times(window.at, scale.span_min, window.zone, most=scale.size.ticks):
        x = scale.x(tick.at)
        path(svg, "grid", f"M{x:g},{scale.bottom:g}v4")
        text(svg, x, scale.bottom + 17, tick.label, anchor="middle")


def _bands(svg: Element, scale: Scale, curve: Mapping[str, Any]) -> None:
    floor = [0.0] * len(curve["minutes"])
    for channel, adds in curve["bands"].items():
        top = [low + added for low, added in zip(floor, adds, strict=True)]
        path(svg, f"band ch-{channel}", scale.between(curve["minutes"], floor, top))
        floor = top
    if curve["bands"]:
        path(svg, "range", scale.between(curve["minutes"], curve["nested"], curve["independent"]))


def _lines(svg: Element, scale: Scale, curve: Mapping[str, Any]) -> None:
    for channel, line in curve["unused"].items():
        if any(line):
            path(svg, f"unused ch-{channel}", scale.line(curve["minutes"], line))
    if curve["bands"]:
        path(svg, "total", scale.line(curve["minutes"], curve["expected"]))


def _end(svg: Element, scale: Scale, window: Window) -> None:
    if window.ends_min > 0:
        x = scale.x(window.ends_min)
        path(svg, "end", f"M{x:g},{scale.size.top:g}V{scale.bottom:g}")
        text(svg, x, scale.size.top - 9, f"{window.kind} end {window.end_in_short}", anchor="middle")


def _in_time(svg: Element, scale: Scale, window: Window, *, informed: float, affected: int) -> None:
    x, y = scale.x(window.ends_min), scale.y(informed)
    add(svg, "circle", {"class": "point", "cx": f"{x:g}", "cy": f"{y:g}", "r": "4.5"})
    top = max(y - 30, scale.size.top + 20)
    text(svg, x + 9, top, number(informed), anchor="start", kind="big-number")
    share = f" · {informed / affected * 100:.0f} %" if affected else ""
    text(svg, x + 9, top + 16, f"{scale.size.below_number}{share}", anchor="start", kind="below-number")


def _names(svg: Element, scale: Scale, curve: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    """At the right, each where its band or line ends, moved apart where they would touch."""
    wanted, floor = [], 0.0
    for channel, adds in curve["bands"].items():
        wanted.append((scale.y(floor + adds[-1] / 2), f"name ch-{channel}", labels[channel]))
        floor += adds[-1]
    for channel, line in curve["unused"].items():
        if any(line):
            wanted.append((scale.y(line[-1]), f"name not-used ch-{channel}", f"┄ {labels[channel]}"))
    places = apart([y for y, _, _ in wanted], lowest=scale.bottom)
    for (_, kind, name), y in zip(wanted, places, strict=True):
        text(svg, scale.right + 7, y + 4, name, anchor="start", kind=kind)
