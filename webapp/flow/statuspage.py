"""Reads the public JSON of a Statuspage-compatible page: what it says of each incident, and nothing that it does not say.

`incidents.json` and `scheduled-maintenances.json`: `page`, then a list, the newest first, 50 at most.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.terms import Certainty, Kind, Severity, Urgency
from webapp.flow.refusals import NotValid

LISTS = {"incidents": "incident", "scheduled_maintenances": "maintenance"}
STATUSES = {
    "investigating", "identified", "monitoring", "resolved", "postmortem",
    "scheduled", "in_progress", "verifying", "completed",
}  # fmt: skip
SEVERITIES = {
    "none": Severity.unknown,
    "maintenance": Severity.unknown,
    "minor": Severity.minor,
    "major": Severity.moderate,
    "critical": Severity.severe,
}
FAILED = {"degraded_performance": Kind.degradation, "partial_outage": Kind.outage, "major_outage": Kind.outage}
SURE = {"identified", "monitoring", "resolved", "postmortem"}
OVER = {"resolved", "postmortem", "completed"}
MOST_NAME = 500
SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reported:
    """One incident as a page tells it. What the page does not say is None, or the word unknown."""

    external_id: str
    headline: str
    kind: Kind | None
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    started_at: datetime
    ended_at: datetime | None  # None = not over, or nobody says when
    announced_at: datetime  # the first word on the page
    revised_at: datetime
    components: list[str]  # names as the page has them
    facts: dict[str, Any]  # as rules know them, at the first word


@dataclass(frozen=True, slots=True)
class Unusable:
    """An entry that cannot be stored: where it stands and what is wrong."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one document says."""

    source: str  # the page's id
    source_name: str
    incidents: list[Reported] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)


class _Wrong(ValueError):
    """One entry cannot be read; the sentence says why."""


def read_statuspage(
    document: object, *, called: str = "The document", names: Mapping[str, str] | None = None
) -> Report:
    """Every incident of a document, and every entry that is wrong. Raises NotValid if it is no such document at all.

    names: of components by their id, from `components.json`.
    """
    if not isinstance(document, dict) or not isinstance(page := document.get("page"), dict):
        raise NotValid(
            "document", f'{called} has no "page": is it the public JSON of a status page, like incidents.json?'
        )
    kept = [(key, document[key]) for key in LISTS if isinstance(document.get(key), list)]
    if not kept:
        raise NotValid("document", f'{called} has neither a list "incidents" nor a list "scheduled_maintenances"')
    try:
        source, zone = _text(page, "id", most=36), _zone(page)
        report = Report(source, _text(page, "name", most=MOST_NAME) if page.get("name") else source)
    except _Wrong as wrong:
        raise NotValid("document", f"{called}, page: {wrong}") from None
    for key, entries in kept:
        for number, entry in enumerate(entries, start=1):
            try:
                report.incidents.append(_incident(entry, names or {}, zone))
            except _Wrong as wrong:
                report.unusable.append(Unusable(_where(called, LISTS[key], number, entry), str(wrong)))
    return report


def read_documents(documents: Mapping[str, object]) -> list[Report]:
    """What some documents of a page say together, by the names of their files. Raises NotValid."""
    names: dict[str, str] = {}
    for called, document in documents.items():
        if isinstance(document, dict) and isinstance(document.get("components"), list):
            names |= read_component_names(document, called=called)
    telling = {called: one for called, one in documents.items() if not _has_only_components(one)}
    if not telling:
        raise NotValid("document", "There are only components; add incidents.json or scheduled-maintenances.json")
    return [read_statuspage(one, called=called, names=names) for called, one in telling.items()]


def _has_only_components(document: object) -> bool:
    return isinstance(document, dict) and "components" in document and not any(key in document for key in LISTS)


def read_component_names(document: object, *, called: str = "The document") -> dict[str, str]:
    """Names of components by id, of `components.json`. Raises NotValid."""
    listed = document.get("components") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise NotValid("document", f'{called} has no list "components"')
    try:
        return {_text(one, "id"): _text(one, "name", most=MOST_NAME) for one in _groups(listed)}
    except _Wrong as wrong:
        raise NotValid("document", f"{called}, a component: {wrong}") from None


def _incident(entry: object, names: Mapping[str, str], zone: ZoneInfo | None) -> Reported:
    if not isinstance(entry, dict):
        raise _Wrong("it is not a group of fields")
    status, impact = _word(entry, "status", STATUSES), _word(entry, "impact", SEVERITIES, default="none")
    updates = sorted(_groups(entry.get("incident_updates")), key=_said_at)
    created = _moment(entry, "created_at") or _moment(entry, "started_at")
    is_planned = entry.get("scheduled_for") is not None
    started = _moment(entry, "scheduled_for" if is_planned else "started_at") or created
    if started is None or created is None:
        raise _Wrong("neither started_at nor created_at says when it began")
    until = _moment(entry, "scheduled_until")
    ended = (_moment(entry, "resolved_at") or (until if is_planned else None)) if status in OVER else None
    if ended and ended < started:
        if not is_planned:
            raise _Wrong("it ends before it begins: resolved_at lies before started_at")
        started = min(started, _said_at(updates[0]) if updates else created, ended)  # cancelled, or done ahead of time
    said = _said_at(updates[0]) if updates else created
    reported = Reported(
        external_id=_text(entry, "id"),
        headline=_text(entry, "name", most=MOST_NAME),
        kind=Kind.maintenance if is_planned else _failure(updates),
        severity=SEVERITIES[impact],
        urgency=_urgency(started, ended, said, is_planned=is_planned),
        certainty=Certainty.observed if updates and updates[0].get("status") in SURE else Certainty.unknown,
        started_at=started,
        ended_at=ended,
        announced_at=said,
        revised_at=_moment(entry, "updated_at") or created,
        components=_components(entry, updates, names),
        facts={},
    )
    reported.facts.update(_facts(reported, updates, zone, until if is_planned else None))
    return reported


def _facts(told: Reported, updates: Sequence[Mapping[str, Any]], zone: ZoneInfo | None, until: datetime | None) -> dict[str, Any]:  # fmt: skip
    """What was known at the first word, in base units. No text was written yet, and nothing had been promised."""
    silent = ("link", "callback", "marketing", "personal details")
    facts: dict[str, Any] = {"mode": "actual", "message type": "alert", "update overdue": 0.0, "missing content": []}
    facts |= {f"{name} in text": "no" for name in silent} | {"undated text": "no", "written by hand": "no"}
    facts |= {"language missing": "no", "named people": "no"}  # a public page told everybody
    facts["lead time"] = _minutes(told.started_at, told.announced_at)
    if told.kind:
        facts |= {"kind": told.kind.value, "life safety": "no"}
    for name, value in (("severity", told.severity), ("urgency", told.urgency), ("certainty", told.certainty)):
        facts |= {} if value == "unknown" else {name: value.value}
    if zone:
        local = told.announced_at.astimezone(zone)
        facts["local time"] = local.hour * 60 + local.minute
    if until:
        facts |= {"end known": "yes", "end given": "yes", "over": "yes" if until <= told.announced_at else "no"}
        facts |= {"remaining time": _minutes(until, told.announced_at), "duration": _minutes(until, told.started_at)}
    states = {one.get("new_status") for one in _affected(updates[:1])}
    if states and told.kind is not Kind.maintenance and (states == {"operational"} or "operational" not in states):
        facts["shown as working"] = "yes" if states == {"operational"} else "no"
    return facts


def _minutes(late: datetime, early: datetime) -> float:
    return max((late - early).total_seconds() / 60, 0.0)


def _urgency(started: datetime, ended: datetime | None, said: datetime, *, is_planned: bool) -> Urgency:
    if ended and ended <= said:
        return Urgency.past
    return Urgency.future if is_planned and started - said > SOON else Urgency.unknown


def _failure(updates: Sequence[Mapping[str, Any]]) -> Kind | None:
    """By the states that its components were set to; None = the page does not say."""
    kinds = {FAILED.get(one.get("new_status", "")) for one in _affected(updates)} - {None}
    return Kind.outage if Kind.outage in kinds else next(iter(kinds), None)


def _affected(updates: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = [one for update in updates for one in _groups(update.get("affected_components"))]
    if any(not isinstance(one.get("new_status", ""), str) for one in found):
        raise _Wrong("new_status of an affected component is not a word")
    return found


def _components(entry: Mapping[str, Any], updates: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Each once, in the order in which they are named."""
    listed = [one for one in _groups(entry.get("components")) if not one.get("group")]
    known = {**names, **{_text(one, "id"): _text(one, "name", most=MOST_NAME) for one in listed}}
    codes = [_text(one, "id") for one in listed]
    said = [(_text(one, "code"), _text(one, "name", most=MOST_NAME)) for one in _affected(updates)]
    return list(dict.fromkeys([known[code] for code in codes] + [known.get(code, name) for code, name in said]))


def _said_at(update: Mapping[str, Any]) -> datetime:
    at = _moment(update, "display_at") or _moment(update, "created_at")
    if at is None:
        raise _Wrong("an update has neither display_at nor created_at")
    return at


def _groups(found: object) -> list[dict[str, Any]]:
    """A list of groups; nothing at all is an empty one."""
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _Wrong("its components or updates are not a list of groups of fields")
    return found


def _text(of: Mapping[str, Any], name: str, *, most: int = 64) -> str:
    value = of.get(name)
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text:
        raise _Wrong(f"{name} is missing or not a text")
    if len(text) > most:
        raise _Wrong(f"{name} is longer than {most} characters")
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise _Wrong(f"{name} holds a character that is none")
    return text


def _word(of: Mapping[str, Any], name: str, words: Iterable[str], *, default: str | None = None) -> str:
    value = of.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or value not in words:
        raise _Wrong(f"{name} is {str(value)[:40]!r}; a page says one of {', '.join(sorted(words))}")
    return value


def _moment(of: Mapping[str, Any], name: str) -> datetime | None:
    """None where it is left out. A time without a zone is refused, for nobody knows what it means."""
    value = of.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        at = None
    if at is None or not 1990 <= at.year <= 2200:
        raise _Wrong(f"{name} is {str(value)[:40]!r}, which is not a time like 2026-02-15T13:37:37.407-08:00")
    if at.tzinfo is None:
        raise _Wrong(f"{name} is {value!r}, which names no time zone; write it like {value}Z")
    return at


def _zone(page: Mapping[str, Any]) -> ZoneInfo | None:
    """Where the page's readers live, as far as it says so."""
    try:
        return ZoneInfo(page["time_zone"])
    except (KeyError, ValueError, TypeError, AttributeError, OSError):  # other names for zones are in use, too
        return None


def _where(called: str, what: str, number: int, entry: object) -> str:
    known = entry.get("id") if isinstance(entry, dict) else None
    return f"{called}, {what} {number}" + (f" ({known[:64]})" if isinstance(known, str) else "")
