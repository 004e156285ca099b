"""What a claimed chunk is sent with, and each message as its recipient gets it."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from webapp.channels.base import Outgoing, event_id
from webapp.flow import hook_events, hooks, texts
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Chunk
from webapp.flow.headcount import segments_of
from webapp.flow.letters import Letter
from webapp.flow.notices import Message, MessageType, Notice
from webapp.flow.organisation import ChannelSetup, organisation
from webapp.flow.policies import policy_in_force
from webapp.links import Links

UNLIMITED = 1_000.0  # messages a second, of a channel whose policy names no rate


@dataclass(frozen=True, slots=True)
class Load:
    """What a claimed chunk is sent with; loaded once, for it was frozen at approval."""

    notice: Notice
    setup: ChannelSetup
    messages: dict[str, Message]  # by language
    default_language: str
    time_zone: str
    sender_name: str
    costs: dict[str, int]  # segments, by language
    default_rate: float  # segments a second, by the policy
    event: dict[str, object] = field(default_factory=dict)  # webhooks only: what each program reads, but its id
    salts: dict[int, tuple[str, ...]] = field(default_factory=dict)  # by address: what each is signed with
    may_link: bool = False

    def message(self, language: str) -> Message:
        """The one for a reader of this language, or else the default."""
        return self.messages.get(language) or self.messages[self.default_language]

    def cost(self, language: str) -> int:
        """Segments of that message: what it takes of the sender's rate."""
        return self.costs[self.message(language).language]


def load(session: Session, chunk: Chunk, *, now: datetime) -> Load:
    """All that a chunk's messages are made from; the rate is that of the policy in force."""
    ours = organisation(session)
    figures = policy_in_force(session, now=now).figures.channels.get(chunk.channel.replace("_", " "))
    wanted = select(Message).where(Message.notice_id == chunk.notice_id, Message.channel == chunk.channel)
    messages = {message.language: message for message in session.exec(wanted)}
    notice, is_hook = session.get_one(Notice, chunk.notice_id), chunk.channel == hooks.CHANNEL
    return Load(
        notice=notice, setup=session.get_one(ChannelSetup, chunk.channel), messages=messages,
        default_language=ours.languages[0], time_zone=ours.time_zone, sender_name=ours.name, costs={language: segments_of(chunk.channel, message.body) for language, message in messages.items()},
        default_rate=(figures.per_second if figures else None) or UNLIMITED,
        event=hook_events.event_of(session, notice, messages, time_zone=ours.time_zone) if is_hook else {},
        salts=hooks.salts_of(session, _addresses(session, chunk), now=now) if is_hook else {},
        may_link=is_hook and hook_events.may_link(session, notice),
    )  # fmt: skip


def _addresses(session: Session, chunk: Chunk) -> list[int]:
    mine = select(Recipient.address_id).where(Recipient.notice_id == chunk.notice_id)
    return list(session.exec(mine.where(col(Recipient.pos).between(chunk.first, chunk.last))))


def letter(stored: Letter, sender_name: str, links: Links, *, salts: tuple[str, ...] = ()) -> Outgoing:
    """A letter of ours as it leaves. salts: what one to a program is signed with."""
    if stored.channel == hooks.CHANNEL:  # its id stays the same at each try, so that a double is known by it
        key = f"letter.{stored.id}"
        return _to_program(json.loads(stored.body), key, stored.value, stored.language, stored.not_after, salts, links)
    return Outgoing(key=f"letter.{stored.id}.{stored.tries}", recipient=stored.value, language=stored.language,
                    subject=stored.subject, body=stored.body, expires_at=stored.not_after, sender_name=sender_name,
                    unsubscribe_url=links.unsubscribe(stored.subscriber_id) if stored.subscriber_id else "")  # fmt: skip


def outgoing(recipient: Recipient, load: Load, links: Links) -> Outgoing:
    """One recipient's message, in their language or else the default."""
    message = load.message(recipient.language)
    key = f"{load.notice.id}.{recipient.pos}"
    if load.event:
        event = load.event | {"links": {"status_page": links.status} if load.may_link else {}}
        salts = load.salts.get(recipient.address_id, ())
        return _to_program(event, key, recipient.value, recipient.language, load.notice.expires_at, salts, links)
    body, subject = message.body, message.subject
    if load.notice.message_type is MessageType.cancel and load.notice.effective_at:
        body = texts.fill_ended(
            body, load.notice.effective_at, load.time_zone, message.language, channel=message.channel
        )
    return Outgoing(
        key=key, recipient=recipient.value, language=message.language, subject=subject, body=body, expires_at=load.notice.expires_at,
        sender_name=load.sender_name, callback_url=links.receipt(key), unsubscribe_url=links.unsubscribe(recipient.subscriber_id) if recipient.is_asked else "",
    )  # fmt: skip


def _to_program(
    event: dict[str, object],
    key: str,
    url: str,
    language: str,
    not_after: datetime | None,
    salts: tuple[str, ...],
    links: Links,
) -> Outgoing:
    content = json.dumps({"id": event_id(key), **event}, ensure_ascii=False)
    return Outgoing(key=key, recipient=url, language=language, subject="", body=content, expires_at=not_after,
                    secrets=tuple(links.hook_secret(salt) for salt in salts))  # fmt: skip
