"""An announcement with a beginning and an end: drafted from the facts, edited, submitted; its texts per channel and language."""

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select, update

from rules import facts, terms, wording
from rules.terms import Listeners, Mode
from webapp import moments
from webapp.db import add, changed_one, moment, word
from webapp.flow import incidents, overrides, texts
from webapp.flow.assessments import Assessment, assess
from webapp.flow.audit import record
from webapp.flow.incidents import Incident, area_phrases, touching
from webapp.flow.organisation import channel_setups, organisation
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotNow, NotValid
from webapp.flow.texts import Said, Told

ALL_CLEAR_LIFE = timedelta(minutes=60)
LABELS = {"status_page": "The status page", "sms": "SMS", "email": "Email", "facebook": "Facebook"}
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are read as another


class NoticeStatus(StrEnum):
    """Where a notice stands."""

    draft = auto()
    submitted = auto()
    approved = auto()
    live = auto()
    retired = auto()
    returned = auto()
    withdrawn = auto()


class MessageType(StrEnum):
    """What a notice does. CAP 1.2, without Ack."""

    alert = auto()
    update = auto()
    cancel = auto()  # all clear
    error = auto()  # correction


class Ending(StrEnum):
    """Which end an all-clear is for."""

    by_time = auto()  # the expected end came and nobody said otherwise
    by_person = auto()  # somebody saw that it is over


class Notice(SQLModel, table=True):
    """One announcement. What was approved is never edited; a change is a new notice that says which one it follows."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    incident_id: UUID = Field(foreign_key="incident.id", index=True)
    code: str = Field(unique=True, max_length=8)  # what people quote
    version: int = 1
    message_type: MessageType = word(MessageType, default=MessageType.alert)
    mode: Mode = word(Mode, default=Mode.actual)
    status: NoticeStatus = word(NoticeStatus, default=NoticeStatus.draft, index=True)
    follows_id: UUID | None = Field(
        default=None, foreign_key="notice.id", index=True
    )  # which it updates, corrects or ends
    ending: Ending | None = word(Ending, default=None)  # all-clears only
    assessment_id: UUID | None = Field(default=None, foreign_key="assessment.id")
    effective_at: datetime | None = moment(default=None)  # None = when approved
    expires_at: datetime | None = moment(default=None)
    next_update_at: datetime | None = moment(default=None)
    wants_all_clear: bool = True
    is_life_safety: bool = False
    drafted_by_id: UUID = Field(foreign_key="person.id")
    drafted_at: datetime = moment()
    submitted_by_id: UUID | None = Field(default=None, foreign_key="person.id")
    submitted_at: datetime | None = moment(default=None)
    live_at: datetime | None = moment(default=None)
    stopped_at: datetime | None = moment(default=None)  # nothing more is sent
    retired_at: datetime | None = moment(default=None)
    retired_because: str = ""

    def is_live_at(self, now: datetime) -> bool:
        """Whether people may be shown it: live, begun and not over, whatever any process did or did not do."""
        begun = self.live_at is not None and self.live_at <= now
        return self.status is NoticeStatus.live and begun and (self.expires_at is None or now < self.expires_at)

    def may_be_sent_at(self, now: datetime) -> bool:
        """Whether anything more of it may leave."""
        return self.stopped_at is None and self.is_live_at(now)


class NoticeText(SQLModel, table=True):
    """What a notice says in one language."""

    __tablename__ = "notice_text"
    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    language: str = Field(primary_key=True, max_length=12)
    headline: str
    description: str
    instruction: str = ""

    def said(self) -> Said:
        """As the texts take it."""
        return Said(self.headline, self.description, self.instruction)


class NoticeChannel(SQLModel, table=True):
    """A channel that a notice goes to, and to whom there."""

    __tablename__ = "notice_channel"
    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    channel: str = Field(primary_key=True, max_length=24)
    listeners: Listeners = word(Listeners, default=Listeners.all)
    not_before_at: datetime | None = moment(default=None)  # quiet hours
    override_reason: str = ""  # why it goes there against the rules


class Message(SQLModel, table=True):
    """The text of a notice for one channel and one language."""

    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    channel: str = Field(primary_key=True, max_length=24)
    language: str = Field(primary_key=True, max_length=12)
    subject: str = ""
    body: str
    is_edited: bool = False


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
        _write_text(session, notice, language, texts.said(told, language, default_language=_default_language(session)))
    choose_channels(session, notice, _recommended(session, assessment, notice, now=now), told=told)
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
                not_before_at=pick.not_before_at,
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
    for pick in channels_of(session, notice):
        for text in texts_of(session, notice):
            kept = session.get(Message, (notice.id, pick.channel, text.language))
            if kept is None or not kept.is_edited:
                body = texts.body(told, text.said(), pick.channel, text.language, is_end=is_end)
                subject = texts.subject(told, text.said(), text.language) if pick.channel == "email" else ""
                session.merge(
                    Message(
                        notice_id=notice.id, channel=pick.channel, language=text.language, subject=subject, body=body
                    )
                )
    session.flush()


def submit(session: Session, notice: Notice, *, by: Person, now: datetime) -> None:
    """Ask for approval. What the rules say of the text as it now is goes with it. Raises NotAllowed, NotNow, NotValid."""
    by.require(Act.submit, f"{by.name} may not ask for approval")
    lock(session, notice)
    require_draft(notice)
    incident = session.get_one(Incident, notice.incident_id)
    check(session, notice, now=now)
    if notice.next_update_at is not None and notice.next_update_at <= now:
        raise NotValid("expires_at", "The next update that it promises should have come already; say when it comes")
    assessment = assess(
        session, incident, by=by, now=now, text=text_facts(session, notice), segments=_segments(session, notice),
        message_type=terms.MessageType(notice.message_type),
    )  # fmt: skip
    refuse_blocked(session, notice, assessment, by=by)
    against = require_reasons(session, notice, assessment)
    notice.assessment_id, notice.submitted_by_id, notice.submitted_at = assessment.id, by.id, now
    add(session, notice)
    move(session, notice, start=(NoticeStatus.draft, NoticeStatus.returned), end=NoticeStatus.submitted)
    record(session, "notice.submitted", ("notice", notice.id), f"{by.name} asked for approval of notice {notice.code}{_although(against)}", by=by, now=now,
           after={"content": content_hash(session, notice)} | ({"against": against} if against else {}))  # fmt: skip


def check(session: Session, notice: Notice, *, now: datetime) -> None:
    """Raises NotValid for what would make a notice useless or dangerous."""
    if not channels_of(session, notice):
        raise NotValid("channels", "Choose at least one channel")
    if notice.expires_at is None and notice.next_update_at is None:
        raise NotValid("expires_at", "Say until when it applies, or when the next update comes")
    if notice.expires_at is not None and notice.expires_at <= now:
        raise NotValid("expires_at", "Its end has passed already; move the incident's end first")
    if notice.expires_at and notice.effective_at and notice.effective_at >= notice.expires_at:
        raise NotValid("effective_at", "It would begin after its end; write an earlier time")


def refuse_blocked(session: Session, notice: Notice, assessment: Assessment, *, by: Person) -> None:
    """Raises NotValid for a chosen channel that the rules block, unless this person may lift the block."""
    advised = assessment.result["channels"]
    for pick in channels_of(session, notice):
        verdict = advised.get(pick.channel, {})
        if not overrides.may_choose(verdict, by=by, is_life_safety=notice.is_life_safety):
            raise NotValid("channels", f"{LABELS.get(pick.channel, pick.channel)} is blocked: {verdict['sentence']}")


def require_reasons(session: Session, notice: Notice, assessment: Assessment) -> dict[str, str]:
    """Why it goes where the rules advise against it, by channel; other reasons are dropped. Raises NotValid without one."""
    advised, reasons = assessment.result["channels"], {}
    for pick in channels_of(session, notice):
        if not overrides.is_against(advised.get(pick.channel, {})):
            pick.override_reason = ""
        elif pick.override_reason:
            reasons[pick.channel] = pick.override_reason
        else:
            label = LABELS.get(pick.channel, pick.channel)
            raise NotValid(
                f"because-{pick.channel}", f"{label} is against the recommendation: say why it goes there all the same"
            )
        add(session, pick)
    return reasons


def lock(session: Session, notice: Notice) -> None:
    """Bring it up to date, and let nobody else change the notices of its incident before this transaction ends."""
    incidents.lock(session, notice.incident_id)
    session.refresh(notice)


def move(session: Session, notice: Notice, *, start: tuple[NoticeStatus, ...], end: NoticeStatus) -> None:
    """Change the status if it is still one of `start`. Raises NotNow: somebody else was first."""
    # The conditional UPDATE is the lock: of two that try, one changes the row.
    session.flush()
    statement = update(Notice).where(col(Notice.id) == notice.id, col(Notice.status).in_(start)).values(status=end)
    if not changed_one(session, statement):
        session.refresh(notice)
        raise NotNow(f"Notice {notice.code} is {notice.status}; it cannot become {end} now")
    session.refresh(notice)


def require_draft(notice: Notice) -> None:
    """Raises NotNow unless it may still be edited."""
    if notice.status not in {NoticeStatus.draft, NoticeStatus.returned}:
        raise NotNow(f"Notice {notice.code} is {notice.status} and can no longer be edited; write an update instead")


def content_hash(session: Session, notice: Notice) -> str:
    """SHA-256 over all that people would see of a notice and of its all-clears, as hex."""
    content = [_content(session, each) for each in [notice, *endings(session, notice)]]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


def endings(session: Session, notice: Notice) -> list[Notice]:
    """Its prepared all-clears: by time, by person."""
    wanted = select(Notice).where(Notice.follows_id == notice.id, Notice.message_type == MessageType.cancel)
    return list(session.exec(wanted.order_by(col(Notice.ending))))


def channels_of(session: Session, notice: Notice) -> list[NoticeChannel]:
    """The channels that it goes to, in the order in which channels are shown."""
    order = {setup.channel: place for place, setup in enumerate(channel_setups(session))}
    picks = session.exec(select(NoticeChannel).where(NoticeChannel.notice_id == notice.id)).all()
    return sorted(picks, key=lambda pick: order.get(pick.channel, len(order)))


def texts_of(session: Session, notice: Notice) -> list[NoticeText]:
    """Its texts, the default language first."""
    order = organisation(session).languages
    found = session.exec(select(NoticeText).where(NoticeText.notice_id == notice.id)).all()
    return sorted(found, key=lambda text: order.index(text.language) if text.language in order else len(order))


def messages_of(session: Session, notice: Notice) -> list[Message]:
    """Its messages, by channel and then language as they are shown."""
    channels = [pick.channel for pick in channels_of(session, notice)]
    languages = [text.language for text in texts_of(session, notice)]
    found = session.exec(select(Message).where(Message.notice_id == notice.id)).all()
    known = [message for message in found if message.channel in channels and message.language in languages]
    return sorted(known, key=lambda message: (channels.index(message.channel), languages.index(message.language)))


def notices_of(session: Session, incident: Incident) -> list[Notice]:
    """All of an incident but its prepared all-clears, oldest first."""
    wanted = select(Notice).where(Notice.incident_id == incident.id).order_by(col(Notice.drafted_at), col(Notice.code))
    return [notice for notice in session.exec(wanted) if notice.ending is None or notice.live_at is not None]


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


def text_facts(session: Session, notice: Notice) -> facts.Text:
    """What the rules may know of its words, in the default language; links in any message of it or of its all-clears."""
    said = texts_of(session, notice)
    messages = [message for each in (notice, *endings(session, notice)) for message in messages_of(session, each)]
    return facts.Text(
        said[0].headline,
        said[0].description,
        said[0].instruction,
        links=any(wording.has_link(message.body) for message in messages),
        languages=frozenset(text.language for text in said),
        written_by_hand=any(message.is_edited for message in messages) or not _is_from_facts(session, notice, said),
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


def _recommended(session: Session, assessment: Assessment, notice: Notice, *, now: datetime) -> list[NoticeChannel]:
    advised = assessment.result["channels"]
    zone = organisation(session).time_zone
    return [
        NoticeChannel(
            notice_id=notice.id,
            channel=channel,
            listeners=Listeners(advice.get("audience") or "all"),
            not_before_at=moments.next_clock(advice["not_before"], zone, after=now)
            if advice.get("not_before")
            else None,
        )
        for channel, advice in advised.items()
        if channel in assessment.result["plan"]["recommended"]["channels"]
    ]


def _is_from_facts(session: Session, notice: Notice, said: list[NoticeText]) -> bool:
    incident = session.get_one(Incident, notice.incident_id)
    told, default = told_of(session, incident, notice, status_url=""), _default_language(session)
    return all(text.said() == texts.said(told, text.language, default_language=default) for text in said)


def _segments(session: Session, notice: Notice) -> dict[str, int]:
    counts = [
        wording.segments(message.body).count for message in messages_of(session, notice) if message.channel == "sms"
    ]
    return {"sms": max(counts)} if counts else {}


def _content(session: Session, notice: Notice) -> list[object]:
    return [
        notice.code, notice.version, notice.message_type, notice.mode, notice.ending, str(notice.follows_id),
        *(_instant(at) for at in (notice.effective_at, notice.expires_at, notice.next_update_at)), notice.wants_all_clear,
        sorted([text.language, text.headline, text.description, text.instruction] for text in texts_of(session, notice)),
        sorted(_pick_content(pick) for pick in channels_of(session, notice)),
        sorted([message.channel, message.language, message.subject, message.body] for message in messages_of(session, notice)),
    ]  # fmt: skip


def _pick_content(pick: NoticeChannel) -> list[str]:
    # Nothing is added without a reason: what was signed before there were any keeps its hash.
    reasons = [pick.override_reason] if pick.override_reason else []
    return [pick.channel, pick.listeners, _instant(pick.not_before_at) or "", *reasons]


def _although(against: dict[str, str]) -> str:
    said = "; ".join(f"{LABELS.get(channel, channel)}: {reason}" for channel, reason in against.items())
    return f", against the recommendation ({said})" if said else ""


def _instant(at: datetime | None) -> str | None:
    """The same whichever zone it is written in."""
    return at.astimezone(UTC).isoformat() if at else None


def _write_text(session: Session, notice: Notice, language: str, text: Said) -> None:
    session.merge(NoticeText(notice_id=notice.id, language=language, headline=text.headline.strip(),
                             description=text.description.strip(), instruction=text.instruction.strip()))  # fmt: skip
    session.flush()


def _default_language(session: Session) -> str:
    return organisation(session).languages[0]


def _code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(6))
