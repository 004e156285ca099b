"""One way to say and to read moments: in the organisation's zone, weekday and date and clock, with the zone named."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "sv": ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"],
}
MONTHS = {
    "en": ["January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December"],
    "sv": ["januari", "februari", "mars", "april", "maj", "juni", "juli",
           "augusti", "september", "oktober", "november", "december"],
}  # fmt: skip


class BadMoment(ValueError):
    """A text that names no one moment; the sentence says what to write instead."""


def zone_name(at: datetime, zone: str) -> str:
    """The zone as people know it at that moment: CET, CEST; UTC+5 where it has no such name."""
    local = at.astimezone(ZoneInfo(zone))
    name = local.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    hours, minutes = divmod(abs(round((local.utcoffset() or timedelta(0)).total_seconds() / 60)), 60)
    return f"UTC{name[0]}{hours}" + (f":{minutes:02}" if minutes else "")


def clock(at: datetime, zone: str) -> str:
    """15:00"""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def say(at: datetime, zone: str, language: str = "en") -> str:
    """Thursday 19 November 15:00 CET"""
    return f"{day(at, zone, language)} {clock(at, zone)} {zone_name(at, zone)}"


def day(at: datetime, zone: str, language: str = "en") -> str:
    """Thursday 19 November"""
    local = at.astimezone(ZoneInfo(zone))
    spoken = language if language in WEEKDAYS else "en"
    return f"{WEEKDAYS[spoken][local.weekday()]} {local.day} {MONTHS[spoken][local.month - 1]}"


def short(at: datetime, zone: str, language: str = "en") -> str:
    """Thu 19 Nov 15:00 CET, for texts that are paid by length."""
    local = at.astimezone(ZoneInfo(zone))
    spoken = language if language in WEEKDAYS else "en"
    weekday, month = WEEKDAYS[spoken][local.weekday()][:3], MONTHS[spoken][local.month - 1][:3]
    return f"{weekday} {local.day} {month} {local:%H:%M} {zone_name(at, zone)}"


def short_span(start: datetime, end: datetime, zone: str, language: str = "en") -> tuple[str, str]:
    """As `short`; of two moments of one day the day and the zone are said once."""
    if (
        day(start, zone) != day(end, zone)
        or zone_name(start, zone) != zone_name(end, zone)
        or end - start > timedelta(days=1)
    ):
        return short(start, zone, language), short(end, zone, language)
    return short(start, zone, language).removesuffix(
        f" {zone_name(start, zone)}"
    ), f"{clock(end, zone)} {zone_name(end, zone)}"


def for_input(at: datetime | None, zone: str) -> str:
    """As a datetime-local field shows it; "" for None."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" if at else ""


def read(text: str, zone: str) -> datetime:
    """The moment that a local wall time (or one with an offset) names, in UTC. Raises BadMoment."""
    text = text.strip().replace(" ", "T", 1)
    not_a_time = f"{text.replace('T', ' ', 1)!r} is not a time; write it like 2026-11-19 15:00"
    if "T" not in text:
        raise BadMoment(not_a_time)
    try:
        written = datetime.fromisoformat(text)
        return _only_one(written, zone) if written.tzinfo is None else written.astimezone(UTC)
    except BadMoment:
        raise
    except (ValueError, OverflowError):
        raise BadMoment(not_a_time) from None


def next_clock(wall: str, zone: str, *, after: datetime) -> datetime:
    """The first moment after `after` at which clocks in the zone show "07:00"; in a night that skips it, what would have been it."""
    local = after.astimezone(ZoneInfo(zone))
    hour, minute = (int(part) for part in wall.split(":"))
    for days in range(3):
        found = (local.replace(tzinfo=None) + timedelta(days=days)).replace(
            hour=hour, minute=minute, second=0, microsecond=0
        )
        for fold in (0, 1):  # a night may show it twice
            at = found.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
            if at > after and (fold == 0 or at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == found):
                return at
    raise BadMoment(f"Clocks never show {wall} in {zone}")


def _only_one(wall: datetime, zone: str) -> datetime:
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
        raise BadMoment(f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}: clocks are set forward that night")
    either = " or ".join(f"{wall:%Y-%m-%dT%H:%M}{moment:%z}" for moment in (first, second))
    raise BadMoment(f"{wall:%Y-%m-%d %H:%M} comes twice in {zone} that night; write {either}")
