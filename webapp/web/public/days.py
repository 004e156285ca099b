"""What has ended, by the organisation's own days; days without anything are drawn together."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.flow.surface import ShownIncident


@dataclass(slots=True)
class Days:
    """One day and what ended on it, or several days on which nothing did."""

    first_at: datetime  # noon of that day
    last_at: datetime
    incidents: list[ShownIncident] = field(default_factory=list)

    @property
    def is_one(self) -> bool:
        """Whether it is a single day."""
        return self.first_at == self.last_at


def by_day(incidents: list[ShownIncident], first: date, last: date, zone: str) -> list[Days]:
    """The days from `first` to `last`, newest first, without those on which something ran that ended on no such day."""
    found: list[Days] = []
    for back in range((last - first).days + 1):
        day = last - timedelta(days=back)
        running = [each for each in incidents if _ran_on(each, day, zone)]
        ended = [each for each in running if each.ended_at and local_day(each.ended_at, zone) == day]
        if ended:
            found.append(Days(_noon(day, zone), _noon(day, zone), ended))
        elif not running and found and not found[-1].incidents and local_day(found[-1].first_at, zone) == _next(day):
            found[-1].first_at = _noon(day, zone)
        elif not running:
            found.append(Days(_noon(day, zone), _noon(day, zone)))
    return found


def local_day(at: datetime, zone: str) -> date:
    """The calendar's day at that moment in the zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def midnight(day: date, zone: str) -> datetime:
    """When that day begins, in UTC."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


def _noon(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)


def _ran_on(each: ShownIncident, day: date, zone: str) -> bool:
    begun = local_day(each.incident.started_at, zone) <= day
    return begun and (each.ended_at is None or day <= local_day(each.ended_at, zone))


def _next(day: date) -> date:
    return day + timedelta(days=1)
