"""From the answers of a form to a filing. What cannot be used becomes an error at its question."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from rules.terms import Certainty, Kind, Mode, Severity, Urgency
from webapp.flow import incidents
from webapp.flow.areas import Where
from webapp.flow.incidents import Filing
from webapp.flow.refusals import NotValid
from webapp.geo.gazetteer import Gazetteer
from webapp.web.console.filing_form import FURTHER, FilingForm
from webapp.web.console.wall_time import WallTimeField
from webapp.web.console.where_reading import read_where, say

FIELDS = {
    "expected_end_at": "until",
    "next_update_at": "next",
    "radius_km": "place",
    "area_codes": "areas",
}  # of a refusal


def read_filing(
    form: FilingForm, session: Session, gazetteer: Gazetteer, *, now: datetime, is_final: bool = False
) -> tuple[Filing | None, Where]:
    """What the answers say, and where; None = the form now has errors. `is_final`: it is filed, so its end must be settled."""
    form.validate()
    if not form.kind.data:
        say(form.kind, "Choose what has happened")
    started_at = now if form.started.data != "at" else _at(form.started_at, "Write when it began, or choose “Now”")
    where = read_where(form, session, gazetteer)
    end_at = _end_at(form, started_at or now, now=now)
    next_at = _next_at(form, now)
    if is_final:
        _settle_end(form, next_at)
    if form.errors or started_at is None:
        return None, where
    filing = _filing(form, started_at, end_at, next_at, where)
    return (filing if _is_possible(form, session, filing, now=now) else None), where


def blame(form: FilingForm, refusal: NotValid) -> None:
    """Put a refusal at the question that it is about."""
    questions = {question.name: question for question in form}
    say(questions.get(FIELDS.get(refusal.field, refusal.field), form.kind), str(refusal))


def _filing(
    form: FilingForm, started_at: datetime, end_at: datetime | None, next_at: datetime | None, where: Where
) -> Filing:
    claims: Mapping[str, bool] = {name: bool(form[name].data) for name in FURTHER}
    return Filing(
        kind=Kind(form.kind.data),
        mode=Mode(form.mode.data or Mode.actual),
        headline=(form.headline.data or "").strip(),
        severity=Severity(form.severity.data or Severity.unknown),
        urgency=Urgency(form.urgency.data or Urgency.unknown),
        certainty=Certainty(form.certainty.data or Certainty.unknown),
        started_at=started_at,
        expected_end_at=end_at,
        ends_by_itself=form.ends.data != "said",
        next_update_at=next_at,
        components=tuple(form.components.data or ()),
        where=where,
        affected_estimate=form.affected_estimate.data,
        instruction=(form.instruction.data or "").strip(),
        **claims,
    )


def _is_possible(form: FilingForm, session: Session, filing: Filing, *, now: datetime) -> bool:
    try:
        incidents.check(session, filing, now=now)
    except NotValid as refusal:
        blame(form, refusal)
    return not form.errors


def _end_at(form: FilingForm, started_at: datetime, *, now: datetime) -> datetime | None:
    """Hours count from now, or from the beginning if that lies ahead."""
    until = form.until.data or ("at" if form.until_at.text else "")
    if until == "at":
        return _at(form.until_at, "Write when it ends, or choose “Nobody knows yet”")
    return _minute(max(started_at, now) + timedelta(minutes=int(until))) if until.isdigit() else None


def _next_at(form: FilingForm, now: datetime) -> datetime | None:
    chosen = form.next.data or ""
    if chosen == "at":
        return _at(form.next_at, "Write when you will say more, or choose “Not planned”")
    return _minute(now + timedelta(minutes=int(chosen))) if chosen.isdigit() else None


def _settle_end(form: FilingForm, next_at: datetime | None) -> None:
    if not form.until.data and not form.until_at.text:
        say(form.until, "Choose until when; if nobody knows yet, choose that, and when you will say more")
    elif form.until.data == "open" and next_at is None and not form.next.errors and not form.next_at.errors:
        say(form.next, "Nobody knows the end, so choose when you will say more: people wait for that")


def _at(field: WallTimeField, missing: str) -> datetime | None:
    """The moment that was written; None with an error at the field."""
    moment: datetime | None = field.data
    if moment is None:
        say(field, field.mistake or missing)
    return moment


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
