"""The whole story of an incident: what people said, what the rules said, what was done, on one line of time."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlmodel import Session, col, select

from webapp import moments
from webapp.flow.assessments import Assessment
from webapp.flow.audit import SYSTEM, story
from webapp.flow.incidents import MAINTENANCE_STATUSES, OUTAGE_STATUSES, Incident, Update, updates
from webapp.flow.notices import Notice
from webapp.flow.people import Person
from webapp.web.pages import words

TOLD_BY_UPDATES = {"incident.updated"}  # the same, with the note


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at: datetime
    sort: str  # status, notice, advice, record
    sentence: str
    note: str = ""  # for colleagues
    path: str = ""  # where more of it is to be seen
    assessment: Assessment | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day, the newest first."""

    name: str
    events: list[Event]


def days(session: Session, incident: Incident, *, zone: str) -> list[Day]:
    """Everything that happened, by day."""
    every = [*_advice(session, incident), *_acts(session, incident), *_updates(session, incident)]
    every = sorted(every, key=lambda event: event.at)[::-1]  # of one moment the last is the newest
    return [Day(name, list(events)) for name, events in groupby(every, lambda event: moments.day(event.at, zone))]


def _updates(session: Session, incident: Incident) -> list[Event]:
    names = dict(session.exec(select(Person.id, Person.name)).all())
    return [
        Event(one.at, "status", f"{words(one.status).capitalize()}, by {_who(one, names)}", note=one.note)
        for one in updates(session, incident)[::-1]
        if not _is_first(one, incident)
    ]


def _is_first(one: Update, incident: Incident) -> bool:
    """Whether it was made by filing, which the trail tells."""
    return one.at == incident.filed_at and not one.note and one.status in {OUTAGE_STATUSES[0], MAINTENANCE_STATUSES[0]}


def _who(one: Update, names: dict[UUID, str]) -> str:
    return names.get(one.by_id, "somebody") if one.by_id else "the clock"


def _acts(session: Session, incident: Incident) -> list[Event]:
    notices = session.exec(select(Notice.id).where(Notice.incident_id == incident.id)).all()
    entries = story(session, [str(incident.id), *(str(notice_id) for notice_id in notices)])
    return [
        Event(
            entry.at,
            "notice" if entry.subject_kind == "notice" else "record",
            entry.sentence,
            path=f"/console/notices/{entry.subject_id}" if entry.subject_kind == "notice" else "",
        )
        for entry in entries
        if entry.act not in TOLD_BY_UPDATES
    ]


def _advice(session: Session, incident: Incident) -> list[Event]:
    kept = session.exec(
        select(Assessment, Person.name)
        .outerjoin(Person, col(Person.id) == col(Assessment.by_id))
        .where(Assessment.incident_id == incident.id)
    )
    return [
        Event(one.assessed_at, "advice", f"Recommended to {name or SYSTEM}: {one.result['sentence']}", assessment=one)
        for one, name in kept
    ]
