"""An operator's work on a draft: begun from a fresh recommendation, saved as a whole, handed to the leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules import terms
from rules.terms import Listeners, Mode, Verdict
from webapp import moments
from webapp.db import add
from webapp.flow import drafts, incidents, letters, notices, submission, texts
from webapp.flow.assessments import Assessment, assess, recommend
from webapp.flow.incidents import Incident
from webapp.flow.notices import LeftOut, Message, Notice, NoticeChannel, NoticeStatus
from webapp.flow.organisation import organisation
from webapp.flow.people import Act, Person
from webapp.flow.refusals import NotNow, NotValid
from webapp.flow.texts import Said

ASKED_FOR = timedelta(days=1)  # a request for approval that is older is not sent any more
UNSENT = (NoticeStatus.submitted, NoticeStatus.approved)


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Which message: of the notice or of one of its all-clears, on a channel, in a language."""

    notice_id: UUID
    channel: str
    language: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A draft as somebody has typed it."""

    effective_at: datetime | None  # None = when approved
    wants_all_clear: bool
    channels: Mapping[str, Listeners]
    said: Mapping[str, Said]  # by language
    messages: Mapping[MessageKey, tuple[str, str]]  # subject, body
    reasons: Mapping[str, str] = field(default_factory=dict)  # by channel: why it goes there against the rules
    without: Mapping[str, str] = field(default_factory=dict)  # by channel: why it does not go there although it should


def begin(session: Session, incident: Incident, *, by: Person, now: datetime, status_url: str) -> Notice:
    """A draft on what the rules say now; one that is begun already is continued.

    While a notice of the incident is live, the new one is its update. Raises NotAllowed, NotNow.
    """
    if incident.status_at(now).is_end:
        raise NotNow("This incident has ended; there is nothing left to announce")
    known = [notice for notice in notices.notices_of(session, incident) if notice.ending is None]
    for notice in known:
        if notice.status in {NoticeStatus.draft, NoticeStatus.returned}:
            return notice
        if notice.status in UNSENT:
            raise NotNow(
                f"Notice {notice.code} is {notice.status} and not out yet; withdraw it first, or write an update once it is live"
            )
    live = [notice for notice in known if notice.status is NoticeStatus.live]
    follows = live[-1] if live else None
    message_type = terms.MessageType.update if follows else terms.MessageType.alert
    assessment = assess(session, incident, by=by, now=now, message_type=message_type)
    notice = drafts.draft(session, incident, assessment, by=by, now=now, status_url=status_url, follows=follows)
    if follows is not None:
        _reach_the_same(session, notice, follows, status_url=status_url)
    return notice


def save(session: Session, notice: Notice, typed: Typed, *, by: Person, status_url: str) -> None:
    """Keep all that was typed. Messages that nobody touched follow the words. Raises NotNow, NotValid."""
    notices.require_draft(notice)
    for key, (subject, body) in typed.messages.items():
        _edit(session, notice, key, subject, body)
    notice.effective_at, notice.wants_all_clear = typed.effective_at, typed.wants_all_clear
    add(session, notice)
    told = drafts.told_of(session, session.get_one(Incident, notice.incident_id), notice, status_url=status_url)
    picks = _picks(notice, typed.channels, reasons=typed.reasons)
    drafts.choose_channels(session, notice, picks, told=told)
    leave_out(session, notice, {name: why for name, why in typed.without.items() if name not in typed.channels})
    for language, said in typed.said.items():
        drafts.reword(session, notice, language, said, told=told)
    if (assessment := assessment_of(session, notice)) is not None:
        submission.refuse_blocked(session, notice, assessment, by=by)


def leave_out(session: Session, notice: Notice, reasons: Mapping[str, str]) -> None:
    """Keep why a draft does not go where it is recommended to, in place of what was said before. Raises NotNow."""
    notices.require_draft(notice)
    session.execute(sa.delete(LeftOut).where(col(LeftOut.notice_id) == notice.id))
    session.add_all(
        LeftOut(notice_id=notice.id, channel=name, reason=why.strip()) for name, why in reasons.items() if why.strip()
    )
    session.flush()


def follow_incident(session: Session, notice: Notice, *, status_url: str, now: datetime) -> None:
    """Take over the incident's end and next update; words that nobody changed say the new times. Raises NotNow."""
    notices.require_draft(notice)
    incident = session.get_one(Incident, notice.incident_id)
    default = organisation(session).languages[0]
    before = drafts.told_of(session, incident, notice, status_url=status_url)
    untouched = [
        text.language
        for text in notices.texts_of(session, notice)
        if text.said().description == texts.said(before, text.language, default_language=default).description
    ]
    advised = recommend(session, incidents.filing_of(session, incident), now=now).advice.expires_at
    notice.expires_at = drafts.end_of(incident, advised)
    notice.next_update_at = incident.next_update_at
    add(session, notice)
    told = drafts.told_of(session, incident, notice, status_url=status_url)
    for text in notices.texts_of(session, notice):
        said = text.said()
        if text.language in untouched:
            fresh = texts.said(told, text.language, default_language=default)
            said = Said(said.headline, fresh.description, said.instruction)
        drafts.reword(session, notice, text.language, said, told=told)


def write_anew(session: Session, notice: Notice, key: MessageKey, *, status_url: str) -> None:
    """Give up what was typed into one message by hand: it follows the words again. Raises NotNow, NotValid."""
    notices.require_draft(notice)
    owner = _owner(session, notice, key)
    message = session.get(Message, (owner.id, key.channel, key.language))
    if message is not None:
        message.is_edited = False
        add(session, message)
    incident = session.get_one(Incident, notice.incident_id)
    drafts.write_messages(session, owner, drafts.told_of(session, incident, notice, status_url=status_url))


def ask(session: Session, notice: Notice, *, by: Person, now: datetime, approval_url: str) -> int:
    """Submit it and write to every lead who may sign; how many. Raises NotAllowed, NotNow, NotValid."""
    incident = session.get_one(Incident, notice.incident_id)
    if (notice.expires_at, notice.next_update_at) != (incident.expected_end_at, incident.next_update_at):
        raise NotValid(
            "expires_at", "The incident's end has been moved since this was written; take over the new times first"
        )
    submission.submit(session, notice, by=by, now=now)
    others = [person for person in signers(session) if person.id != by.id]
    for signer in others:
        _invite(session, notice, signer, by=by, now=now, approval_url=approval_url)
    return len(others)


def signers(session: Session) -> list[Person]:
    """Everybody who may approve, by name."""
    active = select(Person).where(col(Person.is_active)).order_by(col(Person.name))
    return [person for person in session.exec(active) if person.may(Act.approve)]


def assessment_of(session: Session, notice: Notice) -> Assessment | None:
    """What the rules said when it was drafted, or, once it is submitted, of what was submitted."""
    return session.get(Assessment, notice.assessment_id) if notice.assessment_id else None


def _reach_the_same(session: Session, notice: Notice, before: Notice, *, status_url: str) -> None:
    """An update also goes wherever people were told what it updates, or they would go on believing that."""
    listeners = {pick.channel: Listeners(pick.listeners) for pick in notices.channels_of(session, notice)}
    assessment = assessment_of(session, notice)
    advised = assessment.result["channels"] if assessment else {}
    for pick in notices.channels_of(session, before):
        if advised.get(pick.channel, {}).get("verdict") != Verdict.block:
            listeners.setdefault(pick.channel, Listeners(pick.listeners))
    told = drafts.told_of(session, session.get_one(Incident, notice.incident_id), notice, status_url=status_url)
    drafts.choose_channels(session, notice, _picks(notice, listeners), told=told)


def _edit(session: Session, notice: Notice, key: MessageKey, subject: str, body: str) -> None:
    owner = _owner(session, notice, key)
    if session.get(Message, (owner.id, key.channel, key.language)) is not None:
        drafts.edit_message(session, owner, key.channel, key.language, subject=subject, body=body)


def _owner(session: Session, notice: Notice, key: MessageKey) -> Notice:
    for owner in (notice, *notices.endings(session, notice)):
        if owner.id == key.notice_id:
            return owner
    raise NotValid("channels", "This message belongs to another notice; reload the page")


def _picks(
    notice: Notice, channels: Mapping[str, Listeners], *, reasons: Mapping[str, str] | None = None
) -> list[NoticeChannel]:
    return [
        NoticeChannel(
            notice_id=notice.id, channel=channel, listeners=listeners, override_reason=(reasons or {}).get(channel, "")
        )
        for channel, listeners in channels.items()
    ]


def _invite(session: Session, notice: Notice, signer: Person, *, by: Person, now: datetime, approval_url: str) -> None:
    headline = notices.texts_of(session, notice)[0].headline
    stamp = "" if notice.mode is Mode.actual else "EXERCISE: "
    zone = organisation(session).time_zone
    until = f" It applies until {moments.say(notice.expires_at, zone)}." if notice.expires_at else ""
    body = f"{by.name} asks you to approve notice {notice.code}: {headline}.{until}\n\nRead it and decide: {approval_url}\n"
    end = max(notice.expires_at - now, timedelta(minutes=1)) if notice.expires_at else ASKED_FOR
    letters.write(session, "email", signer.email, subject=f"{stamp}Please approve: {headline}", body=body, language="en",
                  now=now, life=min(end, ASKED_FOR))  # fmt: skip
