"""Incidents as somebody looks for them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar
from werkzeug.datastructures import MultiDict

from rules.terms import Kind
from webapp.flow.areas import Area
from webapp.flow.components import Component
from webapp.flow.incidents import Incident, IncidentArea, IncidentComponent, IncidentStatus
from webapp.flow.notices import Notice, NoticeStatus
from webapp.web.console.paging import Page, page_of
from webapp.web.console.places import places

SIZE = 25


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for; what is not understood is left out."""

    state: str = ""  # open, ended; "" = both
    kind: Kind | None = None
    text: str = ""

    @property
    def as_query(self) -> dict[str, str]:
        """As an address says it."""
        said = {"state": self.state, "kind": str(self.kind or ""), "q": self.text}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident in the list."""

    incident: Incident
    status: IncidentStatus
    ended_at: datetime | None
    where: str
    live_notices: int


def read_wish(asked: MultiDict[str, str]) -> Wish:
    """From an address's query."""
    state, kind = asked.get("state", ""), asked.get("kind", "")
    return Wish(
        state=state if state in {"open", "ended"} else "",
        kind=Kind(kind) if kind in set(Kind) else None,
        text=asked.get("q", "").strip()[:100],
    )


def incident_page_of(session: Session, wish: Wish, number: int, *, now: datetime) -> Page[IncidentRow]:
    """A page of what was looked for, the newest first."""
    page = page_of(session, _wanted(wish, now=now), number, SIZE)
    where, live = places(session, page.rows), _live(session, page.rows)
    rows = [
        IncidentRow(one, one.status_at(now), one.ended_at(now), where.get(one.id, ""), live.get(one.id, 0))
        for one in page.rows
    ]
    return Page(rows, page.number, page.size, page.total)


def _wanted(wish: Wish, *, now: datetime) -> SelectOfScalar[Incident]:
    wanted = select(Incident).order_by(col(Incident.started_at).desc(), col(Incident.id))
    ended = col(Incident.resolved_at).is_not(None) | (
        col(Incident.ends_by_itself)
        & col(Incident.expected_end_at).is_not(None)
        & (col(Incident.expected_end_at) <= now)
    )
    if wish.state:
        wanted = wanted.where(ended if wish.state == "ended" else ~ended)
    if wish.kind:
        wanted = wanted.where(Incident.kind == wish.kind)
    return wanted.where(_says(wish.text)) if wish.text else wanted


def _says(text: str) -> sa.ColumnElement[bool]:
    """In its headline, in what people can do, in the name of a place or service, or as the code of a notice."""
    of_incident = col(Incident.id)
    component = (
        sa.select(col(IncidentComponent.incident_id))
        .join(Component, col(Component.id) == col(IncidentComponent.component_id))
        .where(_has(Component.name, text))
    )
    place = (
        sa.select(col(IncidentArea.incident_id))
        .outerjoin(Area, col(Area.code) == col(IncidentArea.area_code))
        .where(_has(IncidentArea.label, text) | _has(Area.name, text))
    )
    notice = sa.select(col(Notice.incident_id)).where(col(Notice.code) == text.upper())
    own = _has(Incident.headline, text) | _has(Incident.instruction, text)
    return own | of_incident.in_(component) | of_incident.in_(place) | of_incident.in_(notice)


def _has(column: str, text: str) -> sa.ColumnElement[bool]:
    """SQLite folds the case of A to Z alone, so a word is also looked for as names are written."""
    ways = {text, text.lower(), text.capitalize()}
    return sa.or_(*(col(column).icontains(way, autoescape=True) for way in sorted(ways)))


def _live(session: Session, incidents: list[Incident]) -> dict[UUID, int]:
    counted = (
        select(Notice.incident_id, func.count())
        .where(Notice.status == NoticeStatus.live, col(Notice.incident_id).in_([one.id for one in incidents]))
        .group_by(col(Notice.incident_id))
    )
    return dict(session.exec(counted).all())
