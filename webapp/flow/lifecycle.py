"""A notice's life after its approval: posted when due, stopped by a person, retired at its end, followed by an all-clear."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from rules.terms import Mode
from webapp import moments
from webapp.flow import approvals, attempts, incidents, letters, notices, postings, schedule
from webapp.flow.approvals import Approval
from webapp.flow.audit import record
from webapp.flow.going_live import post
from webapp.flow.incidents import Incident, IncidentStatus
from webapp.flow.notices import Ending, Notice, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.people import Act, Person
from webapp.flow.retiring import drop, give_all_clear, retire, withdraw_unsent
from webapp.flow.schedule import Action, ActionKind

REMINDER_LIFE = timedelta(hours=2)


def sign(
    session: Session,
    notice: Notice,
    *,
    by: Person,
    now: datetime,
    hold_s: float,
    seen: Mapping[str, int] | None = None,
) -> Approval:
    """Approve a notice and put it on the schedule, after a pause in which it can be stopped. Raises as `approve`."""
    approval = approvals.approve(session, notice, by=by, now=now, seen=seen)
    pause = timedelta(0) if notice.is_life_safety else timedelta(seconds=hold_s)
    schedule.plan(
        session,
        notice,
        ActionKind.post,
        due_at=max(notice.effective_at or now, now + pause),
        not_after=notice.expires_at,
    )
    if notice.expires_at:
        schedule.plan(session, notice, ActionKind.retire, due_at=notice.expires_at)
    if notice.next_update_at:
        life = notice.next_update_at + REMINDER_LIFE
        schedule.plan(session, notice, ActionKind.remind, due_at=notice.next_update_at, not_after=life)
    return approval


def execute(session: Session, action: Action, *, now: datetime, status_url: str) -> None:
    """Do one due action, with all that follows from it, in this transaction. Whoever comes second does nothing."""
    notice = session.get_one(Notice, action.notice_id)
    notices.lock(session, notice)
    if action.not_after is not None and now >= action.not_after:
        drop(session, action, notice, "Its end had passed before it could go out", now=now)
        return
    match action.kind:
        case ActionKind.post:
            post(session, action, notice, now=now, status_url=status_url)
        case ActionKind.retire:
            if schedule.take(session, action, now=now):
                retire(session, notice, "Its end came", by=None, now=now, status_url=status_url)
        case ActionKind.remind:
            if schedule.take(session, action, now=now) and notice.status is NoticeStatus.live:
                _remind(session, notice, now=now)


def stop(session: Session, notice: Notice, *, by: Person, now: datetime) -> int:
    """Send nothing more of this notice; needs no approval and may be repeated. How many people are spared.

    What people can see already stays until its end; `withdraw` takes that down too.
    """
    by.require(Act.stop, f"{by.name} may not stop notices")
    notices.lock(session, notice)
    if notice.status is NoticeStatus.approved:
        return withdraw_unsent(session, notice, f"Stopped by {by.name} before it went out", by=by, now=now)
    if notice.status is not NoticeStatus.live or notice.stopped_at is not None:
        return 0
    session.execute(
        update(Notice).where(col(Notice.id) == notice.id, col(Notice.stopped_at).is_(None)).values(stopped_at=now)
    )
    session.refresh(notice)
    spared = attempts.cancel_unsent(session, notice, now=now)
    for posting in postings.of(session, notice):
        postings.call_off(session, posting)
    record(
        session,
        "notice.stopped",
        ("notice", notice.id),
        f"{by.name} stopped notice {notice.code}: {spared} not sent",
        by=by,
        now=now,
    )
    return spared


def release(session: Session, notice: Notice, *, by: Person, now: datetime) -> bool:
    """Let a notice that is held because it is late go out after all; False if it was not held. Raises NotAllowed."""
    by.require(Act.submit, f"{by.name} may not release notices")
    notices.lock(session, notice)
    action = schedule.of(session, notice, ActionKind.post)
    if action is None or not schedule.release(session, action, now=now):
        return False
    sentence = f"{by.name} released notice {notice.code}, which was held"
    record(session, "notice.released", ("notice", notice.id), sentence, by=by, now=now)
    return True


def withdraw(session: Session, notice: Notice, *, by: Person, now: datetime, status_url: str) -> None:
    """Stop it and take it down everywhere; needs no approval. A draft is put away. May be repeated."""
    by.require(Act.stop, f"{by.name} may not withdraw notices")
    notices.lock(session, notice)
    if notice.status is NoticeStatus.live:
        stop(session, notice, by=by, now=now)
        retire(session, notice, f"Withdrawn by {by.name}", by=by, now=now, status_url=status_url, says_all_clear=False)
        postings.take_back(session, notice)
    elif notice.status not in {NoticeStatus.retired, NoticeStatus.withdrawn}:
        withdraw_unsent(session, notice, f"Withdrawn by {by.name}", by=by, now=now)


def resolve(session: Session, incident: Incident, *, note: str, by: Person, now: datetime, status_url: str) -> None:
    """It is over: retire what is live, put away what has not gone out, and tell those who were told. Raises NotNow."""
    end = IncidentStatus.completed if incident.is_maintenance else IncidentStatus.resolved
    incidents.update(session, incident, end, note=note, by=by, now=now)
    for notice in _of_incident(session, incident):
        if notice.status is NoticeStatus.live:
            retire(session, notice, f"Resolved by {by.name}", by=by, now=now, status_url=status_url)
        elif notice.status is NoticeStatus.retired:
            give_all_clear(session, notice, Ending.by_person, due_at=now, now=now)
        else:
            withdraw_unsent(session, notice, "The incident was resolved before it went out", by=by, now=now)


def anything_ended(session: Session, *, now: datetime) -> bool:
    """Whether the clock has ended an incident that the books still have open."""
    return bool(incidents.ended_by_clock(session, now=now))


def close_ended(session: Session, *, now: datetime) -> int:
    """Write into the books what the clock has ended, and let its live notices end with it; how many."""
    for found in incidents.ended_by_clock(session, now=now):
        incidents.lock(session, found.id)
    ended = incidents.ended_by_clock(session, now=now)  # of two that look at once, the second finds nothing left
    for incident in ended:
        end = IncidentStatus.completed if incident.is_maintenance else IncidentStatus.resolved
        at = incident.expected_end_at or now
        incidents.update(session, incident, end, note="Its expected end came", by=None, now=at)
        for notice in _of_incident(session, incident):
            if notice.status is NoticeStatus.live:
                schedule.plan(session, notice, ActionKind.retire, due_at=min(at, notice.expires_at or at))
            elif notice.status is NoticeStatus.retired:
                give_all_clear(session, notice, Ending.by_time, due_at=at, now=now)
            elif notice.status is not NoticeStatus.approved:  # those are dropped when they fall due
                withdraw_unsent(session, notice, "The incident ended before it went out", by=None, now=now)
    return len(ended)


def _remind(session: Session, notice: Notice, *, now: datetime) -> None:
    """Tell whoever wrote it that the promised update is due."""
    writer = session.get_one(Person, notice.drafted_by_id)
    zone = organisation(session).time_zone
    promised = moments.say(notice.next_update_at or now, zone)
    body = f"You promised people an update of notice {notice.code} by {promised}. Write it, resolve the incident, or say when the next comes."
    stamp = "" if notice.mode is Mode.actual else "EXERCISE: "
    letters.write(session, "email", writer.email, subject=f"{stamp}Update of notice {notice.code} is due", body=body, language="en",
                  now=now, life=REMINDER_LIFE)  # fmt: skip
    record(
        session,
        "notice.update_due",
        ("notice", notice.id),
        f"The promised update of notice {notice.code} is due",
        by=None,
        now=now,
    )


def _of_incident(session: Session, incident: Incident) -> list[Notice]:
    wanted = (
        select(Notice)
        .where(Notice.incident_id == incident.id, col(Notice.ending).is_(None))
        .order_by(col(Notice.drafted_at))
    )
    return list(session.exec(wanted))
