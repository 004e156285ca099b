"""An announcement with a beginning and an end: its tables, where it stands, and its texts per channel and language."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID, uuid4

from sqlmodel import Field, Session, SQLModel, col, select, update

from rules.terms import Listeners, Mode
from webapp.db import changed_one, moment, word
from webapp.flow import incidents
from webapp.flow.incidents import Incident
from webapp.flow.organisation import channel_setups, organisation
from webapp.flow.refusals import NotNow
from webapp.flow.texts import Said

ALL_CLEAR_LIFE = timedelta(minutes=60)
LABELS = {
    "status_page": "The status page",
    "sms": "SMS",
    "email": "Email",
    "facebook": "Facebook",
    "webhook": "Webhooks",
}


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
    not_before_at: datetime | None = moment(default=None)  # quiet hours, known once it goes live
    override_reason: str = ""  # why it goes there against the rules


class LeftOut(SQLModel, table=True):
    """A channel that was recommended and that a notice does not go to."""

    __tablename__ = "notice_left_out"
    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    channel: str = Field(primary_key=True, max_length=24)
    reason: str  # why not


class Message(SQLModel, table=True):
    """The text of a notice for one channel and one language."""

    notice_id: UUID = Field(foreign_key="notice.id", primary_key=True)
    channel: str = Field(primary_key=True, max_length=24)
    language: str = Field(primary_key=True, max_length=12)
    subject: str = ""
    body: str
    is_edited: bool = False


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


def left_out_of(session: Session, notice: Notice) -> dict[str, str]:
    """Why it does not go where it was recommended to, by channel."""
    known = session.exec(select(LeftOut).where(LeftOut.notice_id == notice.id).order_by(col(LeftOut.channel)))
    return {one.channel: one.reason for one in known}


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


def _content(session: Session, notice: Notice) -> list[object]:
    return [
        notice.code, notice.version, notice.message_type, notice.mode, notice.ending, str(notice.follows_id),
        *(_instant(at) for at in (notice.effective_at, notice.expires_at, notice.next_update_at)), notice.wants_all_clear,
        sorted([text.language, text.headline, text.description, text.instruction] for text in texts_of(session, notice)),
        sorted(_pick_content(pick) for pick in channels_of(session, notice)),
        sorted([message.channel, message.language, message.subject, message.body] for message in messages_of(session, notice)),
        *([sorted(left_out.items())] if (left_out := left_out_of(session, notice)) else []),
    ]  # fmt: skip


def _pick_content(pick: NoticeChannel) -> list[str]:
    # Nothing is added without a reason: what was signed before there were any keeps its hash.
    reasons = [pick.override_reason] if pick.override_reason else []
    return [pick.channel, pick.listeners, "", *reasons]


def _instant(at: datetime | None) -> str | None:
    """The same whichever zone it is written in."""
    return at.astimezone(UTC).isoformat() if at else None
