"""The moment at which a signed notice goes out: whether it still should, where it waits for the morning, whom it replaces."""

from datetime import datetime, timedelta

from sqlmodel import Session

from rules import terms
from webapp import moments
from webapp.db import add
from webapp.flow import approvals, attempts, fan_out, holds, notices, postings, schedule
from webapp.flow.assessments import BROADCAST, recommend
from webapp.flow.audit import record
from webapp.flow.incidents import Incident, filing_of
from webapp.flow.notices import ALL_CLEAR_LIFE, MessageType, Notice, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.refusals import NotNow
from webapp.flow.retiring import drop, give_all_clear, over_text
from webapp.flow.schedule import Action, ActionKind

LATE = timedelta(minutes=1)  # from here on, lateness is a matter for rules
LEAST_LIFE_LEFT = 1 / 3  # of its whole life, for a late notice to go out without a person


def post(session: Session, action: Action, notice: Notice, *, now: datetime, status_url: str) -> None:
    """Let it go live, or say why not: dropped, held for a person, or not yet."""
    incident = session.get_one(Incident, notice.incident_id)
    if obstacle := _obstacle(notice, incident, now=now):
        drop(session, action, notice, obstacle, now=now)
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
    wait = _quiet_hours(session, notice, incident, now=now)
    if notice.message_type is MessageType.cancel:
        _open_all_clear(session, notice, incident, after=max(wait.values(), default=now), now=now)
    told = _supersede(session, notice, now=now) if notice.message_type is MessageType.update else {}
    _plan_postings(session, notice, told, now=now, status_url=status_url)
    fan_out.materialise(session, notice, now=now)
    sentence = f"Notice {notice.code} went live{_said(wait, notice, organisation(session).time_zone)}"
    record(session, "notice.posted", ("notice", notice.id), sentence, by=None, now=now)


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


def _quiet_hours(session: Session, notice: Notice, incident: Incident, *, now: datetime) -> dict[str, datetime]:
    """By channel, until when it waits. Asked now, for a notice may be written by day and signed at night, or the reverse."""
    if notice.is_life_safety:
        return {}
    advice = recommend(
        session, filing_of(session, incident), now=now, incident=incident, message_type=_message_type(notice)
    ).advice
    zone, waits = organisation(session).time_zone, {}
    for pick in notices.channels_of(session, notice):
        advised = advice.channels.get(pick.channel)
        if advised and advised.not_before:
            pick.not_before_at = waits[pick.channel] = moments.next_clock(advised.not_before, zone, after=now)
            add(session, pick)
    return waits


def _said(wait: dict[str, datetime], notice: Notice, zone: str) -> str:
    """What the quiet hours do to it, as the end of a sentence."""
    parts = [
        f"{notices.LABELS.get(channel, channel)} waits until {moments.say(until, zone)}, for quiet hours"
        if notice.expires_at is None or until < notice.expires_at
        else f"{notices.LABELS.get(channel, channel)} is not used, for it ends before the quiet hours do"
        for channel, until in wait.items()
    ]
    return "".join(f"; {part}" for part in parts)


def _message_type(notice: Notice) -> terms.MessageType:
    """An all-clear is told like what it ends."""
    is_end = notice.message_type is MessageType.cancel
    return terms.MessageType.alert if is_end else terms.MessageType(notice.message_type)


def _open_all_clear(session: Session, notice: Notice, incident: Incident, *, after: datetime, now: datetime) -> None:
    """It is about the moment of the end, goes to exactly those who were told, and ends itself when all can have had it.

    `after`: until when our own quiet hours hold it.
    """
    original = session.get_one(Notice, notice.follows_id)
    fan_out.freeze_told(session, original, notice)
    notice.effective_at = incident.ended_at(now) or now
    awake_at = after if notice.is_life_safety else holds.all_awake_at(session, notice, after=after)
    notice.expires_at = awake_at + ALL_CLEAR_LIFE
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
    give_all_clear(session, before, None, due_at=now, now=now)
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
                session, posting, over_text=over_text(session, posting, now=now, status_url=status_url), now=now
            )
