"""Where a chart's lines stand: round numbers of people, and round wall-clock times in the organisation's zone."""

from datetime import UTC, datetime, timedelta
from itertools import count
from math import ceil, floor, log10
from typing import NamedTuple
from zoneinfo import ZoneInfo

from webapp import moments

DAY_MIN = 1_440
STEPS_MIN = (5, 10, 15, 30, 60, 120, 180, 360, 720, DAY_MIN, 2 * DAY_MIN, 7 * DAY_MIN, 14 * DAY_MIN, 28 * DAY_MIN)


class Tick(NamedTuple):
    """One line of an axis."""

    at: float
    label: str


def round_numbers(highest: float, *, most: int = 4) -> list[float]:
    """0 and up to `most` round numbers above it, the last at most `highest`."""
    if highest <= 0:
        return [0.0]
    power = 10.0 ** floor(log10(highest / most))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if highest / step <= most + 1e-9)
    return [step * place for place in range(int(highest / step + 1e-9) + 1)]


def wall_times(start: datetime, span_min: float, zone: str, *, most: int = 6) -> list[Tick]:
    """Round local times within the span, in minutes since its start. Days are named where a day begins."""
    step = next((step for step in STEPS_MIN if span_min / step <= most), STEPS_MIN[-1])
    local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = ceil((local - midnight) / timedelta(minutes=step))
    ticks: list[Tick] = []
    for place in count(first):
        wall = midnight + timedelta(minutes=step * place)
        at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        since_min = (at - start).total_seconds() / 60
        if since_min > span_min:
            return ticks
        if since_min >= 0:
            ticks.append(Tick(since_min, _label(at, zone, has_days=span_min > DAY_MIN)))
    return ticks


def _label(at: datetime, zone: str, *, has_days: bool) -> str:
    local = at.astimezone(ZoneInfo(zone))
    if has_days and local.hour == 0:
        return f"{moments.day(at, zone)[:3]} {local.day}"
    return f"{local:%H:%M}"
