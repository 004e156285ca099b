"""One way to say and to read moments: in the organisation's zone, weekday and date and clock, with the zone named."""

import re
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
OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


class BadMoment(ValueError):
    """A text that names no one moment; the sentence says what to write instead."""


def zone_name(at: datetime, zone: str) -> str:
    """The zone as people know it at that moment: CET, CEST; UTC+5 where it has no such name."""
    name = at.astimezone(ZoneInfo(zone)).tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


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


def for_input(at: datetime | None, zone: str) -> str:
    """As a datetime-local field shows it; "" for None."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" if at else ""


def read(text: str, zone: str) -> datetime:
    """The moment that a local wall time (or one with an offset) names, in UTC. Raises BadMoment."""
    text = text.strip().replace(" ", "T")
    try:
        written = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise BadMoment(f"{text!r} is not a time; write it like 2026-11-19 15:00") from None
    if OFFSET.search(text):
        return written.astimezone(UTC)
    return _only_one(written, zone)


def next_clock(wall: str, zone: str, *, after: datetime) -> datetime:
    """The first moment after `after` at which clocks in the zone show "07:00"."""
    local = after.astimezone(ZoneInfo(zone))
    hour, minute = (int(part) for part in wall.split(":"))
    for days in range(3):
        found = (local.replace(tzinfo=None) + timedelta(days=days)).replace(
            hour=hour, minute=minute, second=0, microsecond=0
        )
        at = found.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if at > after:
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
