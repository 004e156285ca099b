"""Whether our own status page would say that all is well while a notice says otherwise."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules.terms import MessageType, Mode
from webapp.flow.books import NOTICE, PICK, POSTING
from webapp.flow.components import Component, ComponentState
from webapp.flow.incidents import Filing, Incident, IncidentComponent, open_incidents, touched

PAGE = "status_page"
ON_THEIR_WAY = ("draft", "returned", "submitted", "approved", "live")
SAID_LATER = (MessageType.cancel.value, MessageType.error.value)


def shows_as_working(
    session: Session, filing: Filing, incident: Incident | None, *, now: datetime, message_type: MessageType
) -> bool:
    """Whether a component that the incident has hit is shown as working once this notice is out.

    A notice that goes to the status page as well is shown there first, so that it contradicts nothing.
    """
    expected = touched(filing.kind, filing.severity)
    if message_type.value in SAID_LATER or filing.mode is not Mode.actual or filing.started_at > now:
        return False
    if expected is ComponentState.operational or not filing.components or _is_on_its_way(session, incident, now=now):
        return False
    return bool(set(filing.components) - _shown_as_hit(session, now=now))


def _is_on_its_way(session: Session, incident: Incident | None, *, now: datetime) -> bool:
    """Whether the page will show it with the notice that is written, or no notice is written yet."""
    if incident is None:
        return True
    if incident.status_at(now).is_end:
        return False
    own = (
        sa.select(NOTICE.c.id)
        .where(NOTICE.c.incident_id == incident.id, NOTICE.c.status.in_(ON_THEIR_WAY))
        .where(NOTICE.c.message_type.not_in(SAID_LATER))
    )
    written = set(session.execute(own).scalars())
    on_page = sa.select(PICK.c.notice_id).where(PICK.c.notice_id.in_(own), PICK.c.channel == PAGE)
    return not written or session.execute(on_page.limit(1)).first() is not None


def _shown_as_hit(session: Session, *, now: datetime) -> set[str]:
    """Codes of the components that the page shows as anything but working."""
    running = [each for each in open_incidents(session, now=now) if each.mode is Mode.actual and each.started_at <= now]
    told = _told(session, now=now)
    public = [each.id for each in running if each.id in told or (each.published_at and each.published_at <= now)]
    wanted = (
        select(Component.code)
        .join(IncidentComponent, col(IncidentComponent.component_id) == col(Component.id))
        .where(col(IncidentComponent.incident_id).in_(public))
        .where(col(IncidentComponent.state) != ComponentState.operational)
    )
    return set(session.exec(wanted))


def _told(session: Session, *, now: datetime) -> set[object]:
    """Incidents of which a notice stands on the page."""
    wanted = (
        sa.select(NOTICE.c.incident_id)
        .join(POSTING, POSTING.c.notice_id == NOTICE.c.id)
        .where(POSTING.c.channel == PAGE, POSTING.c.live_at <= now, POSTING.c.state != "cancelled")
    )
    return set(session.execute(wanted).scalars())
