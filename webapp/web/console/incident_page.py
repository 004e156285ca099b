"""One incident as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col

from rules.terms import Mode
from webapp.flow import assessments, incidents
from webapp.flow.areas import in_words
from webapp.flow.assessments import Assessment
from webapp.flow.components import Component, ComponentState
from webapp.flow.incidents import Incident, IncidentStatus
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.people import Person
from webapp.web.console import notice_rows, story
from webapp.web.console.desk import overdue_since
from webapp.web.console.filing_form import CERTAINTIES, FURTHER, SEVERITIES, URGENCIES
from webapp.web.console.notice_rows import NoticeRow
from webapp.web.console.told import told

BEGUN = {NoticeStatus.draft, NoticeStatus.returned}
ON_ITS_WAY = {NoticeStatus.submitted, NoticeStatus.approved}


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Everything about it at one moment."""

    incident: Incident
    at: datetime
    status: IncidentStatus
    ended_at: datetime | None
    where: str  # "" = everywhere
    components: list[tuple[Component, ComponentState]]
    facts: list[tuple[str, str]]
    filed_by: str
    notices: list[NoticeRow]  # newest first; prepared all-clears only once they are live
    overdue_since: datetime | None
    advice: Assessment | None
    told: dict[str, int]  # who would get an all-clear, by channel
    days: list[story.Day]

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return not self.status.is_end

    @property
    def live(self) -> list[NoticeRow]:
        """Its notices in force."""
        return [row for row in self.notices if row.notice.is_live_at(self.at)]

    @property
    def begun(self) -> NoticeRow | None:
        """A draft to go on with."""
        return next((row for row in self.notices if row.notice.status in BEGUN), None)

    @property
    def on_its_way(self) -> NoticeRow | None:
        """One that waits for approval or for its time; no other can be written meanwhile."""
        return next((row for row in self.notices if row.notice.status in ON_ITS_WAY), None)

    @property
    def outdated(self) -> list[NoticeRow]:
        """Live ones that name another end than is expected now."""
        return [
            row for row in self.live if row.notice.expires_at != self.incident.expected_end_at and not row.notice.ending
        ]

    @property
    def may_be_published(self) -> bool:
        """Whether the status page could show it and does not yet."""
        is_public = self.incident.published_at is not None or any("status_page" in row.channels for row in self.live)
        return self.is_open and self.incident.mode is Mode.actual and not is_public


def incident_page(session: Session, incident: Incident, *, now: datetime) -> IncidentPage:
    """The page's content."""
    rows = _notices(session, incident, now=now)
    live = [row.notice for row in rows if row.notice.is_live_at(now)]
    promises = [notice.next_update_at for notice in live if notice.next_update_at]
    newest = incidents.updates(session, incident)[0].at
    filed_by = session.get(Person, incident.filed_by_id)
    return IncidentPage(
        incident=incident,
        at=now,
        status=incident.status_at(now),
        ended_at=incident.ended_at(now),
        where=in_words(session, incidents.where(session, incident)),
        components=incidents.touching(session, incident),
        facts=_facts(incident),
        filed_by=filed_by.name if filed_by else "",
        notices=rows,
        overdue_since=overdue_since(incident, promises, newest, now=now),
        advice=assessments.newest(session, incident),
        told=told(session, [notice.id for notice in live if notice.wants_all_clear]),
        days=story.days(session, incident, zone=organisation(session).time_zone),
    )


def _notices(session: Session, incident: Incident, *, now: datetime) -> list[NoticeRow]:
    own = notice_rows.found(session).where(
        col(Notice.incident_id) == incident.id, col(Notice.ending).is_(None) | col(Notice.live_at).is_not(None)
    )
    return notice_rows.rows(session, own.order_by(col(Notice.drafted_at).desc()), now=now)


def _facts(incident: Incident) -> list[tuple[str, str]]:
    """What was said of it, in the words in which it was asked."""
    said = [
        ("How serious", SEVERITIES[incident.severity]),
        ("Must people act", URGENCIES[incident.urgency]),
        ("How sure", CERTAINTIES[incident.certainty]),
    ]
    known = [(name, words) for name, words in said if words != SEVERITIES["unknown"]]
    return known + [("Also", words) for name, words in FURTHER.items() if getattr(incident, name)]
