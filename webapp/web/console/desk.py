"""What lies on the desk now: what needs a person, what goes out, what is live, what is open."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from webapp.flow import postings, schedule
from webapp.flow.approvals import Return
from webapp.flow.audit import AuditEntry
from webapp.flow.incidents import Incident, IncidentStatus, Update, open_incidents
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.people import Act, Person
from webapp.flow.postings import Posting
from webapp.flow.schedule import Action
from webapp.web.console import notice_rows
from webapp.web.console.notice_rows import NoticeRow
from webapp.web.console.places import places

LATEST = 8
ON_THE_DESK = (NoticeStatus.submitted, NoticeStatus.approved, NoticeStatus.live, NoticeStatus.returned)


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that goes on."""

    incident: Incident
    status: IncidentStatus
    where: str  # "" = everywhere
    overdue_since: datetime | None  # an update was promised for then, and none came
    live_notices: int


@dataclass(frozen=True)
class Desk:
    """Everything that the overview shows, for one person at one moment."""

    person: Person
    at: datetime
    zone: str
    notices: list[NoticeRow]
    incidents: list[OpenIncident]
    held: list[tuple[Action, NoticeRow]]
    troubled: list[tuple[Posting, NoticeRow]]
    reasons: dict[UUID, str]  # why a notice was returned
    latest: list[AuditEntry]

    @cached_property
    def waiting(self) -> list[NoticeRow]:
        """Waiting for approval, the longest first; not what its incident's end has made pointless."""
        asked = [row for row in self.notices if row.notice.status is NoticeStatus.submitted and self._goes_on(row)]
        return sorted(asked, key=lambda row: row.notice.submitted_at or self.at)

    @cached_property
    def for_me(self) -> list[NoticeRow]:
        """Those of them that this person may approve."""
        return [row for row in self.waiting if self._may_approve(row)]

    @cached_property
    def for_others(self) -> list[NoticeRow]:
        """Those of them that somebody else must approve."""
        return [row for row in self.waiting if not self._may_approve(row)]

    @cached_property
    def returned(self) -> list[NoticeRow]:
        """Returned to this person, to be changed."""
        back = [row for row in self.notices if row.notice.status is NoticeStatus.returned and self._goes_on(row)]
        return [row for row in back if self.person.id in {row.notice.drafted_by_id, row.notice.submitted_by_id}]

    @cached_property
    def overdue(self) -> list[OpenIncident]:
        """Incidents without the update that was promised, the longest first."""
        late = [one for one in self.incidents if one.overdue_since is not None]
        return sorted(late, key=lambda one: one.overdue_since or self.at)

    @cached_property
    def live(self) -> list[NoticeRow]:
        """In force now, the soonest end first, those without one last."""
        rows = [row for row in self.notices if row.notice.is_live_at(self.at)]
        return sorted(rows, key=lambda row: (row.notice.expires_at is None, row.notice.expires_at or self.at))

    @cached_property
    def going(self) -> list[NoticeRow]:
        """Going out now, or about to, or kept back for the morning."""
        held = {row.notice.id for _, row in self.held}
        return [row for row in self.notices if row.notice.id not in held and self._goes_out(row)]

    @property
    def sending(self) -> list[NoticeRow]:
        """Being sent at this moment."""
        return [row for row in self.going if row.is_sending]

    @property
    def ending_today(self) -> int:
        """How many live notices end before midnight."""
        today = self.at.astimezone(ZoneInfo(self.zone)).date()
        ends = [row.notice.expires_at for row in self.live]
        return sum(end is not None and end.astimezone(ZoneInfo(self.zone)).date() == today for end in ends)

    @property
    def troubles(self) -> int:
        """What has gone wrong or was forgotten."""
        return len(self.held) + len(self.troubled) + len(self.overdue)

    @property
    def needs(self) -> int:
        """How many things this person should do."""
        return self.troubles + len(self.for_me) + len(self.returned)

    def _may_approve(self, row: NoticeRow) -> bool:
        return self.person.may(Act.approve) and row.notice.submitted_by_id != self.person.id

    def _goes_on(self, row: NoticeRow) -> bool:
        return not row.incident.status_at(self.at).is_end

    def _goes_out(self, row: NoticeRow) -> bool:
        if row.notice.status is NoticeStatus.approved:
            return row.goes_out_at is not None
        return row.notice.is_live_at(self.at) and (row.is_sending or row.waits_until is not None)


def desk(session: Session, person: Person, *, now: datetime) -> Desk:
    """The desk as this person sees it."""
    held, troubled = schedule.held(session), postings.in_trouble(session)
    extra = {action.notice_id for action in held} | {posting.notice_id for posting in troubled}
    wanted = notice_rows.found(session).where(
        col(Notice.status).in_(ON_THE_DESK) | col(Notice.id).in_(extra),
        col(Notice.ending).is_(None) | (col(Notice.status) == NoticeStatus.live) | col(Notice.id).in_(extra),
    )
    rows = notice_rows.rows(session, wanted.order_by(col(Notice.drafted_at)), now=now)
    by_id = {row.notice.id: row for row in rows}
    return Desk(
        person=person,
        at=now,
        zone=organisation(session).time_zone,
        notices=rows,
        incidents=_open(session, rows, now=now),
        held=[(action, by_id[action.notice_id]) for action in held],
        troubled=[(posting, by_id[posting.notice_id]) for posting in troubled],
        reasons=_reasons(session, rows),
        latest=list(session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(LATEST))),
    )


def overdue_since(
    incident: Incident, promises: list[datetime], updated_at: datetime | None, *, now: datetime
) -> datetime | None:
    """When an update was promised that has not come; the incident's own promise counts, else those of its live notices."""
    promised = incident.next_update_at or min(promises, default=None)
    if promised is None or promised > now or incident.status_at(now).is_end:
        return None
    return None if updated_at is not None and updated_at >= promised else promised


def _open(session: Session, rows: list[NoticeRow], *, now: datetime) -> list[OpenIncident]:
    """What runs, the newest first, then what is planned, the soonest first."""
    every = open_incidents(session, now=now)
    where, updated = places(session, every), _updated(session, every)
    found = []
    for incident in every:
        live = [row.notice for row in rows if row.notice.incident_id == incident.id and row.notice.is_live_at(now)]
        promises = [notice.next_update_at for notice in live if notice.next_update_at]
        late = overdue_since(incident, promises, updated.get(incident.id), now=now)
        found.append(OpenIncident(incident, incident.status_at(now), where.get(incident.id, ""), late, len(live)))
    planned = [one for one in found if one.status is IncidentStatus.scheduled]
    return [one for one in found if one.status is not IncidentStatus.scheduled] + planned[::-1]


def _updated(session: Session, incidents: list[Incident]) -> dict[UUID, datetime]:
    newest = select(Update.incident_id, func.max(Update.at)).group_by(col(Update.incident_id))
    return dict(session.exec(newest.where(col(Update.incident_id).in_([one.id for one in incidents]))).all())


def _reasons(session: Session, rows: list[NoticeRow]) -> dict[UUID, str]:
    back = [row.notice.id for row in rows if row.notice.status is NoticeStatus.returned]
    wanted = select(Return.notice_id, Return.reason).where(col(Return.notice_id).in_(back))
    return dict(session.exec(wanted.order_by(col(Return.returned_at))).all())
