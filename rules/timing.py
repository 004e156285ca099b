"""The time frame of a decision: from the release to the end of the incident, as its audience lives it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rules.attention import AttentionClock, clock_from
from rules.facts import Case
from rules.figures import Figures

_LONGEST_MIN = 120 * 1440.0  # the attention clock is exact for four months, then it runs at the mean rate


@dataclass(frozen=True, slots=True)
class Timing:
    """When, and until when."""

    now: datetime
    zone: ZoneInfo
    end_at: datetime
    end_is_assumed: bool
    clock: AttentionClock

    @property
    def remaining_min(self) -> float:
        """From the release to the end; never negative."""
        return max((self.end_at - self.now).total_seconds() / 60, 0.0)


def timing_of(case: Case, figures: Figures, *, end_at: datetime | None = None) -> Timing:
    """The frame of a case. An end that nobody knows is assumed from what is usual for its kind, unless one is given."""
    end = end_at or case.incident.expected_end_at
    assumed = end is None
    if end is None:
        begins = max(case.now, case.incident.started_at)
        end = begins + timedelta(minutes=figures.usual_min[case.incident.kind])
    zone = ZoneInfo(case.organisation.time_zone)
    horizon = min(max((end - case.now).total_seconds() / 60, 0.0) * 2.5 + 1440, _LONGEST_MIN)
    clock = clock_from(case.now, zone=zone, night=figures.night, horizon_min=horizon)
    return Timing(case.now, zone, end, assumed, clock)
