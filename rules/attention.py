"""When people look: the attention clock runs at full rate by day and slowly at night, in local time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from rules.lognormal import Floats


@dataclass(frozen=True, slots=True)
class Night:
    """The hours in which people attend at `rate` instead of 1."""

    begins: time  # local
    ends: time  # local, on the next morning
    rate: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class AttentionClock:
    """Attention minutes since a moment, as a line through (minutes, attention) that ends with its last slope."""

    minutes: tuple[float, ...]
    attention: tuple[float, ...]
    last_rate: float = 1.0

    def read(self, minutes: Floats) -> Floats:
        """Attention minutes at these minutes since the release."""
        beyond = np.maximum(minutes - self.minutes[-1], 0.0) * self.last_rate
        return np.interp(minutes, self.minutes, self.attention) + beyond


ALWAYS_DAY = AttentionClock(minutes=(0.0, 1.0), attention=(0.0, 1.0))


def clock_from(now: datetime, *, zone: ZoneInfo, night: Night, horizon_min: float) -> AttentionClock:
    """The clock of an audience that lives in `zone`, exact up to the horizon (also in nights of 23 or 25 hours).

    Beyond the horizon it runs at the mean rate of a day.
    """
    changes = _changes(now, zone=zone, night=night, horizon_min=horizon_min)
    minutes, attention = [0.0], [0.0]
    rate = night.rate if _is_night(now.astimezone(zone).time(), night) else 1.0
    for minute, next_rate in changes:
        attention.append(attention[-1] + rate * (minute - minutes[-1]))
        minutes.append(minute)
        rate = next_rate
    return AttentionClock(tuple(minutes), tuple(attention), _mean_rate(night))


def next_local(now: datetime, clock: time, *, zone: ZoneInfo) -> datetime:
    """The first moment at or after `now` whose local time is `clock`."""
    local = now.astimezone(zone)
    candidate = _at(local, clock, zone)
    if candidate < now:
        candidate = _at(local + timedelta(days=1), clock, zone)
    return candidate


def _changes(now: datetime, *, zone: ZoneInfo, night: Night, horizon_min: float) -> list[tuple[float, float]]:
    local = now.astimezone(zone)
    days = int(horizon_min // 1440) + 2
    moments = []
    for day in range(days + 1):
        date = local + timedelta(days=day)
        moments += [(_at(date, night.begins, zone), night.rate), (_at(date, night.ends, zone), 1.0)]
    since = [((moment - now).total_seconds() / 60, rate) for moment, rate in moments]
    return sorted((minute, rate) for minute, rate in since if minute > 0)


def _at(date: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """In UTC: aware arithmetic within one zone would ignore the change of the clocks."""
    return datetime.combine(date.date(), clock, tzinfo=zone).astimezone(UTC)


def _is_night(clock: time, night: Night) -> bool:
    if night.begins <= night.ends:
        return night.begins <= clock < night.ends
    return clock >= night.begins or clock < night.ends


def _mean_rate(night: Night) -> float:
    begins = night.begins.hour * 60 + night.begins.minute
    ends = night.ends.hour * 60 + night.ends.minute
    dark = (ends - begins) % 1440
    return 1.0 - dark * (1.0 - night.rate) / 1440
