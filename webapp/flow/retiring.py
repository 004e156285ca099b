"""The end of a notice: taken down everywhere, what is unsent cancelled, those who were told given the all-clear."""

from datetime import datetime

from sqlmodel import Session, select

from webapp.db import add
from webapp.flow import approvals, attempts, drafts, notices, postings, schedule, texts
from webapp.flow.audit import record
from webapp.flow.incidents import Incident
from webapp.flow.notices import Ending, Notice, NoticeChannel, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.people import Person
from webapp.flow.schedule import Action, ActionKind


def retire(
    session: Session,
    notice: Notice,
    because: str,
    *,
    by: Person | None,
    now: datetime,
    status_url: str,
    says_all_clear: bool = True,
) -> None:
    """Take a live notice down everywhere, cancel what is unsent, and let the fitting all-clear go out. May be repeated."""
    if notice.status is NoticeStatus.approved:
        withdraw_unsent(session, notice, "Its end came before it went out", by=by, now=now)
    if notice.status is not NoticeStatus.live:
        return
    notices.move(session, notice, start=(NoticeStatus.live,), end=NoticeStatus.retired)
    notice.retired_at, notice.retired_because = now, because
    add(session, notice)
    schedule.cancel(session, notice, (ActionKind.post, ActionKind.remind, ActionKind.retire), because, now=now)
    attempts.cancel_unsent(session, notice, now=now)
    _retire_postings(session, notice, now=now, status_url=status_url)
    record(session, "notice.retired", ("notice", notice.id), f"Notice {notice.code} retired: {because}", by=by, now=now)
    incident = session.get_one(Incident, notice.incident_id)
    wanted = says_all_clear and notice.wants_all_clear
    if wanted and not incident.status_at(now).is_end:
        return  # its all-clears wait for the end of the incident
    ending = Ending.by_person if by else Ending.by_time
    give_all_clear(session, notice, ending if wanted else None, due_at=incident.ended_at(now) or now, now=now)


def _retire_postings(session: Session, notice: Notice, *, now: datetime, status_url: str) -> None:
    for posting in postings.of(session, notice):
        postings.retire(
            session, posting, over_text=over_text(session, posting, now=now, status_url=status_url), now=now
        )


def over_text(session: Session, posting: postings.Posting, *, now: datetime, status_url: str) -> str:
    """What a post shall say from its end on."""
    notice = session.get_one(Notice, posting.notice_id)
    incident = session.get_one(Incident, notice.incident_id)
    told = drafts.told_of(session, incident, notice, status_url=status_url)
    language = organisation(session).languages[0]
    ended_at = incident.ended_at(now)
    if ended_at is None:
        return texts.old_post(told, posting.text, now, language)
    return texts.resolved_post(told, posting.text, ended_at, language)


def give_all_clear(session: Session, notice: Notice, ending: Ending | None, *, due_at: datetime, now: datetime) -> None:
    """Schedule the fitting all-clear, put the other away; None = put both away. May be repeated."""
    for over in notices.endings(session, notice):
        if over.status is NoticeStatus.approved and over.ending is ending and _has_channels(session, over):
            schedule.plan(session, over, ActionKind.post, due_at=min(due_at, now))
        elif over.status in {NoticeStatus.draft, NoticeStatus.approved}:
            notices.move(session, over, start=(NoticeStatus.draft, NoticeStatus.approved), end=NoticeStatus.withdrawn)


def _has_channels(session: Session, notice: Notice) -> bool:
    return session.exec(select(NoticeChannel).where(NoticeChannel.notice_id == notice.id)).first() is not None


def withdraw_unsent(session: Session, notice: Notice, because: str, *, by: Person | None, now: datetime) -> int:
    """Put away what has not gone out; how many recipients are spared."""
    early = (NoticeStatus.draft, NoticeStatus.returned, NoticeStatus.submitted, NoticeStatus.approved)
    if notice.status not in early:
        return 0
    notices.move(session, notice, start=early, end=NoticeStatus.withdrawn)
    notice.retired_because = because
    add(session, notice)
    schedule.cancel(session, notice, tuple(ActionKind), because, now=now)
    give_all_clear(session, notice, None, due_at=now, now=now)
    record(session, "notice.withdrawn", ("notice", notice.id), f"Notice {notice.code}: {because}", by=by, now=now)
    return sum(approvals.recipient_counts(session, notice).values())


def drop(session: Session, action: Action, notice: Notice, because: str, *, now: datetime) -> None:
    """Let a due action be, and with the posting of a notice the notice itself."""
    if schedule.drop(session, action, because, now=now) and action.kind is ActionKind.post:
        withdraw_unsent(session, notice, because, by=None, now=now)
