"""Moments and names as people under stress take them in: "15:00 CET", "in 25 min", "SMS"."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint

from webapp import clock, moments
from webapp.flow.audit import AuditEntry
from webapp.flow.incidents import Incident
from webapp.web.pages import words, zone

CHANNELS = {"sms": "SMS"}  # those that are not spelled as words are
DAYS = {-1: "yesterday", 0: "", 1: "tomorrow"}


def install(door: Blueprint) -> None:
    """Let all templates speak so."""
    for name, spoken in SPOKEN.items():
        door.add_app_template_filter(spoken, name)


def soon(at: datetime | None) -> str:
    """15:00 CET; "tomorrow 07:00 CET"; "Mon 23 Nov 07:00 CET" from the day after on; "–" for None."""
    if at is None:
        return "–"
    days = _days_apart(clock.now(), at)
    if days not in DAYS:
        return moments.short(at, zone())
    return f"{DAYS[days]} {moments.clock(at, zone())} {moments.zone_name(at, zone())}".strip()


def away(at: datetime) -> str:
    """How far off a moment is: "in 25 min", "3 h ago", "now"."""
    distance = at - clock.now()
    length = span(abs(distance))
    if not length:
        return "now"
    return f"in {length}" if distance > timedelta(0) else f"{length} ago"


def span(length: timedelta) -> str:
    """25 min, 3 h, 4 days; "" below half a minute."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 90:
        return f"{minutes} min" if minutes else ""
    if minutes < 36 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest and hours < 6 else f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} days"


def called(incident: Incident) -> str:
    """Its headline; without one, what sort of incident it is."""
    return incident.headline or f"{words(incident.kind).capitalize()} without a headline"


def channel(key: str) -> str:
    """status_page is "Status page"."""
    return CHANNELS.get(key, words(key).capitalize())


def iso(at: datetime) -> str:
    """As a time element has it."""
    return at.isoformat(timespec="seconds")


def subject_path(entry: AuditEntry) -> str:
    """Where one sees what an entry is about; "" = nowhere of its own."""
    places = {"incident": "/console/incidents/", "notice": "/console/notices/", "policy": "/console/policies/"}
    return f"{places[entry.subject_kind]}{entry.subject_id}" if entry.subject_kind in places else ""


SPOKEN: dict[str, Callable[..., str]] = {
    "soon": soon,
    "away": away,
    "called": called,
    "channel": channel,
    "iso": iso,
    "subject_path": subject_path,
}


def _days_apart(start: datetime, end: datetime) -> int:
    local = ZoneInfo(zone())
    return (end.astimezone(local).date() - start.astimezone(local).date()).days
