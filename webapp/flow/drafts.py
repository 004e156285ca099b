"""A notice as it is written: from the recommendation, then by hand, with the all-clears beside it."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules.terms import Listeners
from webapp.db import add
from webapp.flow import texts
from webapp.flow.assessments import Assessment
from webapp.flow.audit import record
from webapp.flow.incidents import Incident, area_phrases, touching
from webapp.flow.notices import (
    Ending,
    Message,
    MessageType,
    Notice,
    NoticeChannel,
    NoticeText,
    channels_of,
    endings,
    require_draft,
    texts_of,
)
from webapp.flow.organisation import organisation
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotValid
from webapp.flow.texts import Said, Told

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are read as another


def draft(
    session: Session,
    incident: Incident,
    assessment: Assessment,
    *,
    by: Person,
    now: datetime,
    status_url: str,
    follows: Notice | None = None,
    effective_at: datetime | None = None,
) -> Notice:
    """Write a notice as the recommendation has it, in all languages, with its two all-clears beside it."""
    by.require(Act.file, f"{by.name} may not write notices")
    notice = Notice(
        incident_id=incident.id,
        code=_code(),
        mode=incident.mode,
        message_type=MessageType.update if follows else MessageType.alert,
        follows_id=follows.id if follows else None,
        assessment_id=assessment.id,
        effective_at=effective_at,
        expires_at=end_of(incident, datetime.fromisoformat(assessment.result["expires_at"])),
        next_update_at=incident.next_update_at,
        wants_all_clear=True,
        is_life_safety=is_life_safety(incident),
        drafted_by_id=by.id,
        drafted_at=now,
    )
    add(session, notice)
    told = told_of(session, incident, notice, status_url=status_url)
    for language in organisation(session).languages:
        _write_text(session, notice, language, texts.said(told, language, default_language=default_language(session)))
    choose_channels(session, notice, _recommended(assessment, notice), told=told)
    _draft_endings(session, notice, told, by=by, now=now)
    record(session, "notice.drafted", ("notice", notice.id), f"{by.name} drafted notice {notice.code}", by=by, now=now)
    return notice


def choose_channels(session: Session, notice: Notice, chosen: list[NoticeChannel], *, told: Told) -> None:
    """Replace the channels of a draft; messages of new ones are written, edited ones of kept ones stay."""
    require_draft(notice)
    kept = {pick.channel for pick in chosen}
    for table in (NoticeChannel, Message):
        gone = sa.delete(table).where(sa.column("notice_id", sa.Uuid()) == notice.id)
        session.execute(gone if table is NoticeChannel else gone.where(sa.column("channel").not_in(kept)))
    for pick in chosen:
        session.merge(
            NoticeChannel(
                notice_id=notice.id,
                channel=pick.channel,
                listeners=pick.listeners,
                override_reason=pick.override_reason.strip(),
            )
        )
    session.flush()
    write_messages(session, notice, told)
    for ending in endings(session, notice):
        follow_channels(session, notice, ending)
        write_messages(session, ending, told)


def reword(session: Session, notice: Notice, language: str, text: Said, *, told: Told) -> None:
    """Change what a draft says in one language; messages that nobody edited by hand follow. Raises NotNow, NotValid."""
    require_draft(notice)
    if not text.headline.strip():
        raise NotValid(f"headline-{language}", "Say in one line what has happened")
    _write_text(session, notice, language, text)
    write_messages(session, notice, told)
    for ending in endings(session, notice):
        by_person = ending.ending is Ending.by_person
        _write_text(session, ending, language, texts.said_all_clear(told, text, language, by_person=by_person))
        write_messages(session, ending, told)


def edit_message(session: Session, notice: Notice, channel: str, language: str, *, subject: str, body: str) -> None:
    """Change one message by hand; the same words again change nothing. Raises NotNow, NotValid."""
    require_draft(notice)
    message = session.get(Message, (notice.id, channel, language))
    if message is None:
        raise NotValid(f"body-{channel}-{language}", "This notice does not go to that channel")
    if not body.strip():
        raise NotValid(f"body-{channel}-{language}", "Write the message, or leave the channel out")
    if (message.subject, message.body) != (subject.strip(), body.strip()):
        message.subject, message.body, message.is_edited = subject.strip(), body.strip(), True
        add(session, message)


def write_messages(session: Session, notice: Notice, told: Told) -> None:
    """Write every message of a draft that nobody has edited by hand."""
    is_end = notice.message_type is MessageType.cancel
    stored = session.exec(select(Message).where(Message.notice_id == notice.id))
    kept = {(message.channel, message.language): message for message in stored}
    written = texts_of(session, notice)
    for pick in channels_of(session, notice):
        for text in written:
            message = kept.get((pick.channel, text.language)) or Message(
                notice_id=notice.id, channel=pick.channel, language=text.language, body=""
            )
            if message.is_edited:
                continue
            message.body = texts.body(told, text.said(), pick.channel, text.language, is_end=is_end)
            message.subject = texts.subject(told, text.said(), text.language) if pick.channel == "email" else ""
            session.add(message)
    session.flush()


def told_of(session: Session, incident: Incident, notice: Notice, *, status_url: str) -> Told:
    """What its texts are written from."""
    ours = organisation(session)
    return Told(
        organisation=ours.name,
        time_zone=ours.time_zone,
        kind=incident.kind,
        mode=incident.mode,
        headline=incident.headline,
        components=tuple(component.name for component, _ in touching(session, incident)),
        where=area_phrases(session, incident),
        started_at=incident.started_at,
        expires_at=notice.expires_at,
        next_update_at=notice.next_update_at,
        instruction=incident.instruction,
        status_url=status_url,
        code=notice.code,
    )


def end_of(incident: Incident, advised: datetime) -> datetime | None:
    """The incident's expected end, or before that what the rules allow a notice of this sort to live. None = not known."""
    return min(incident.expected_end_at, advised) if incident.expected_end_at else None


def is_life_safety(incident: Incident) -> bool:
    """Danger to life that people must act on now."""
    return (
        incident.kind == "safety" and incident.urgency == "immediate"
        and incident.severity in {"severe", "extreme"} and incident.certainty in {"observed", "likely"}
    )  # fmt: skip


def _draft_endings(session: Session, notice: Notice, told: Told, *, by: Person, now: datetime) -> None:
    for ending in Ending:
        over = Notice(
            incident_id=notice.incident_id, code=_code(), mode=notice.mode, message_type=MessageType.cancel, follows_id=notice.id,
            ending=ending, drafted_by_id=by.id, drafted_at=now, wants_all_clear=False, is_life_safety=notice.is_life_safety,
        )  # fmt: skip
        add(session, over)
        for text in texts_of(session, notice):
            by_person = ending is Ending.by_person
            _write_text(
                session,
                over,
                text.language,
                texts.said_all_clear(told, text.said(), text.language, by_person=by_person),
            )
        follow_channels(session, notice, over)
        write_messages(session, over, told)


def follow_channels(session: Session, notice: Notice, over: Notice) -> None:
    """Give an all-clear the direct channels of its notice; broadcast ones are edited in place instead."""
    picks = [pick for pick in channels_of(session, notice) if pick.channel not in {"status_page", "facebook"}]
    kept = {pick.channel for pick in picks}
    session.execute(sa.delete(NoticeChannel).where(col(NoticeChannel.notice_id) == over.id))
    session.execute(sa.delete(Message).where(col(Message.notice_id) == over.id, col(Message.channel).not_in(kept)))
    for pick in picks:
        session.merge(NoticeChannel(notice_id=over.id, channel=pick.channel, listeners=pick.listeners))
    session.flush()


def _recommended(assessment: Assessment, notice: Notice) -> list[NoticeChannel]:
    return [
        NoticeChannel(
            notice_id=notice.id,
            channel=channel,
            listeners=Listeners(advice.get("audience") or "all"),
        )
        for channel, advice in assessment.result["channels"].items()
        if channel in assessment.result["plan"]["recommended"]["channels"]
    ]


def _write_text(session: Session, notice: Notice, language: str, text: Said) -> None:
    session.merge(NoticeText(notice_id=notice.id, language=language, headline=text.headline.strip(),
                             description=text.description.strip(), instruction=text.instruction.strip()))  # fmt: skip
    session.flush()


def default_language(session: Session) -> str:
    return organisation(session).languages[0]


def _code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(6))
