"""A notice's life after its approval: posted when due, stopped by a person, retired at its end, followed by an all-clear."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from rules.terms import Mode
from webapp import moments
from webapp.db import add
from webapp.flow import approvals, attempts, drafts, fan_out, incidents, letters, notices, postings, schedule, texts
from webapp.flow.approvals import Approval
from webapp.flow.assessments import BROADCAST, recommend
from webapp.flow.audit import record
from webapp.flow.incidents import Incident, IncidentStatus, filing_of
from webapp.flow.notices import ALL_CLEAR_LIFE, Ending, MessageType, Notice, NoticeChannel, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotNow
from webapp.flow.schedule import Action, ActionKind

LATE = timedelta(minutes=1)  # from here on, lateness is a matter for rules
LEAST_LIFE_LEFT = 1 / 3  # of its whole life, for a late notice to go out without a person
REMINDER_LIFE = timedelta(hours=2)


def sign(session: Session, notice: Notice, *, by: Person, now: datetime, hold_s: float) -> Approval:
    """Approve a notice and put it on the schedule, after a pause in which it can be stopped. Raises as `approve`."""
    approval = approvals.approve(session, notice, by=by, now=now)
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
        _drop(session, action, notice, "Its end had passed before it could go out", now=now)
        return
    match action.kind:
        case ActionKind.post:
            _post(session, action, notice, now=now, status_url=status_url)
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
        return _withdraw_unsent(session, notice, f"Stopped by {by.name} before it went out", by=by, now=now)
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
        _withdraw_unsent(session, notice, f"Withdrawn by {by.name}", by=by, now=now)


def resolve(session: Session, incident: Incident, *, note: str, by: Person, now: datetime, status_url: str) -> None:
    """It is over: retire what is live, put away what has not gone out, and tell those who were told. Raises NotNow."""
    end = IncidentStatus.completed if incident.is_maintenance else IncidentStatus.resolved
    incidents.update(session, incident, end, note=note, by=by, now=now)
    for notice in _of_incident(session, incident):
        if notice.status is NoticeStatus.live:
            retire(session, notice, f"Resolved by {by.name}", by=by, now=now, status_url=status_url)
        else:
            _withdraw_unsent(session, notice, "The incident was resolved before it went out", by=by, now=now)


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
            elif notice.status is not NoticeStatus.approved:  # those are dropped when they fall due
                _withdraw_unsent(session, notice, "The incident ended before it went out", by=None, now=now)
    return len(ended)


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
        _withdraw_unsent(session, notice, "Its end came before it went out", by=by, now=now)
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
    ending = Ending.by_person if by else Ending.by_time
    wanted = says_all_clear and notice.wants_all_clear and incident.status_at(now).is_end
    _end(session, notice, ending if wanted else None, due_at=incident.ended_at(now) or now, now=now)


def _post(session: Session, action: Action, notice: Notice, *, now: datetime, status_url: str) -> None:
    incident = session.get_one(Incident, notice.incident_id)
    if obstacle := _obstacle(notice, incident, now=now):
        _drop(session, action, notice, obstacle, now=now)
        return
    if late := _too_late(action, notice, now=now):
        schedule.hold(session, action, late, now=now)
        return
    if notice.follows_id and notice.message_type is MessageType.cancel:
        original = session.get_one(Notice, notice.follows_id)
        if fan_out.is_under_way(session, original):
            return  # in a second it is known who was told
    try:
        approvals.require_unchanged(session, notice)
    except NotNow as refusal:
        schedule.hold(session, action, str(refusal), now=now)
        return
    if not schedule.take(session, action, now=now):
        return
    notices.move(session, notice, start=(NoticeStatus.approved,), end=NoticeStatus.live)
    notice.live_at = now
    add(session, notice)
    if notice.message_type is MessageType.cancel:
        _open_all_clear(session, notice, incident, now=now)
    told = _supersede(session, notice, now=now) if notice.message_type is MessageType.update else {}
    _plan_postings(session, notice, told, now=now, status_url=status_url)
    fan_out.materialise(session, notice, now=now)
    record(session, "notice.posted", ("notice", notice.id), f"Notice {notice.code} went live", by=None, now=now)


def _obstacle(notice: Notice, incident: Incident, *, now: datetime) -> str:
    """Why posting it has become pointless; "" = it has not."""
    if notice.status is not NoticeStatus.approved:
        return f"It was {notice.status} by then"
    if notice.expires_at is not None and now >= notice.expires_at:
        return "Its end had passed before it could go out"
    is_over = incident.status_at(now).is_end
    if notice.message_type is MessageType.cancel:
        return "" if is_over else "The incident goes on"
    return "The incident had ended before it could go out" if is_over else ""


def _too_late(action: Action, notice: Notice, *, now: datetime) -> str:
    """Why a person should decide; "" = it may go out."""
    is_end = notice.message_type is MessageType.cancel  # which gets its end when it goes out
    expires_at = action.due_at + ALL_CLEAR_LIFE if is_end else notice.expires_at
    if now - action.due_at <= LATE or expires_at is None:
        return ""
    left = (expires_at - now) / (expires_at - action.due_at)
    minutes = round((now - action.due_at).total_seconds() / 60)
    return (
        ""
        if left >= LEAST_LIFE_LEFT
        else f"It is {minutes} minutes late and ends soon; send it all the same, or withdraw it"
    )


def _open_all_clear(session: Session, notice: Notice, incident: Incident, *, now: datetime) -> None:
    """An all-clear is about the moment of the end, goes to exactly those who were told, and soon ends itself."""
    original = session.get_one(Notice, notice.follows_id)
    fan_out.freeze_told(session, original, notice)
    notice.effective_at = incident.ended_at(now) or now
    advice = recommend(session, filing_of(session, incident), now=now).advice
    zone = organisation(session).time_zone
    latest = now
    for pick in notices.channels_of(session, notice):
        advised = advice.channels.get(pick.channel)
        if advised and advised.not_before and not notice.is_life_safety:
            pick.not_before_at = moments.next_clock(advised.not_before, zone, after=now)
            latest = max(latest, pick.not_before_at)
            add(session, pick)
    notice.expires_at = latest + ALL_CLEAR_LIFE
    add(session, notice)
    schedule.plan(session, notice, ActionKind.retire, due_at=notice.expires_at)


def _supersede(session: Session, notice: Notice, *, now: datetime) -> dict[str, postings.Posting]:
    """Let an update take the place of what it updates; the posts to edit instead of posting anew, by channel."""
    before = session.get_one(Notice, notice.follows_id)
    if before.status is not NoticeStatus.live:
        return {}
    notices.move(session, before, start=(NoticeStatus.live,), end=NoticeStatus.retired)
    before.retired_at, before.retired_because = now, f"Replaced by notice {notice.code}"
    add(session, before)
    schedule.cancel(session, before, tuple(ActionKind), before.retired_because, now=now)
    attempts.cancel_unsent(session, before, now=now)
    _end(session, before, None, due_at=now, now=now)
    record(
        session,
        "notice.replaced",
        ("notice", before.id),
        f"Notice {before.code} was replaced by {notice.code}",
        by=None,
        now=now,
    )
    return {posting.channel: posting for posting in postings.of(session, before)}


def _plan_postings(
    session: Session, notice: Notice, before: dict[str, postings.Posting], *, now: datetime, status_url: str
) -> None:
    rewritten: set[str] = set()
    language = organisation(session).languages[0]
    for message in notices.messages_of(session, notice):
        if message.language != language or message.channel not in BROADCAST:
            continue
        known = before.get(message.channel)
        if known is not None and known.provider_id:
            postings.rewrite(session, known, notice, message.body, now=now)
            rewritten.add(message.channel)
        else:
            postings.plan(session, notice, message.channel, message.body, link="", now=now)
    for channel, posting in before.items():
        if channel not in rewritten:
            postings.retire(
                session, posting, over_text=_over_text(session, posting, now=now, status_url=status_url), now=now
            )


def _retire_postings(session: Session, notice: Notice, *, now: datetime, status_url: str) -> None:
    for posting in postings.of(session, notice):
        postings.retire(
            session, posting, over_text=_over_text(session, posting, now=now, status_url=status_url), now=now
        )


def _over_text(session: Session, posting: postings.Posting, *, now: datetime, status_url: str) -> str:
    notice = session.get_one(Notice, posting.notice_id)
    incident = session.get_one(Incident, notice.incident_id)
    told = drafts.told_of(session, incident, notice, status_url=status_url)
    language = organisation(session).languages[0]
    ended_at = incident.ended_at(now)
    if ended_at is None:
        return texts.old_post(told, posting.text, now, language)
    return texts.resolved_post(told, posting.text, ended_at, language)


def _end(session: Session, notice: Notice, ending: Ending | None, *, due_at: datetime, now: datetime) -> None:
    """Schedule the fitting all-clear, put the other away."""
    for over in notices.endings(session, notice):
        if over.status is NoticeStatus.approved and over.ending is ending and _has_channels(session, over):
            schedule.plan(session, over, ActionKind.post, due_at=min(due_at, now))
        elif over.status in {NoticeStatus.draft, NoticeStatus.approved}:
            notices.move(session, over, start=(NoticeStatus.draft, NoticeStatus.approved), end=NoticeStatus.withdrawn)


def _has_channels(session: Session, notice: Notice) -> bool:
    return session.exec(select(NoticeChannel).where(NoticeChannel.notice_id == notice.id)).first() is not None


def _withdraw_unsent(session: Session, notice: Notice, because: str, *, by: Person | None, now: datetime) -> int:
    early = (NoticeStatus.draft, NoticeStatus.returned, NoticeStatus.submitted, NoticeStatus.approved)
    if notice.status not in early:
        return 0
    notices.move(session, notice, start=early, end=NoticeStatus.withdrawn)
    notice.retired_because = because
    add(session, notice)
    schedule.cancel(session, notice, tuple(ActionKind), because, now=now)
    _end(session, notice, None, due_at=now, now=now)
    record(session, "notice.withdrawn", ("notice", notice.id), f"Notice {notice.code}: {because}", by=by, now=now)
    return sum(approvals.recipient_counts(session, notice).values())


def _drop(session: Session, action: Action, notice: Notice, because: str, *, now: datetime) -> None:
    if schedule.drop(session, action, because, now=now) and action.kind is ActionKind.post:
        _withdraw_unsent(session, notice, because, by=None, now=now)


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
