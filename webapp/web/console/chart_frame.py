"""The frame of a chart: how large it is, what it shows, and where minutes and people lie in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from webapp import moments


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
    below_number: str = "informed in time"


WIDE = Size("wide", 680, 300)
PHONE = Size("phone", 346, 260, right=88, ticks=4, below_number="in time")
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

    @property
    def end_in_short(self) -> str:
        """15:00; Thu 15:00 if that is another day."""
        today, day = (moments.day(at, self.zone) for at in (self.at, self.ends_at))
        clock = moments.clock(self.ends_at, self.zone)
        return clock if day == today else f"{day[:3]} {clock}"

    @property
    def kind(self) -> str:
        """How sure the end is."""
        return "assumed" if self.end_is_assumed else "expected"


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
