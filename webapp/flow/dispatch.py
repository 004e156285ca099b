"""Sending: claim, write down what we are about to do, commit, call the provider, write down what it said, commit.

The one place of the flow that commits, for no transaction may be open during a provider's call. Any number of workers may
run it at once; one that dies leaves nothing worse than attempts in doubt.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, local
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from rules.terms import Mode
from rules.wording import segments
from webapp.channels.base import Accepted, Adapters, ErrorClass, Outgoing, Post, SendError
from webapp.db import reading, transaction
from webapp.flow import deliveries, letters, postings, texts
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Attempt, Chunk, DeliveryState
from webapp.flow.letters import Letter, LetterState
from webapp.flow.notices import Message, MessageType, Notice, NoticeStatus
from webapp.flow.organisation import ChannelSetup, organisation
from webapp.flow.policies import policy_in_force
from webapp.flow.postings import Posting, PostingState
from webapp.flow.subscribers import suppress
from webapp.links import Links

BATCH = 50
SLICE = timedelta(seconds=1)  # a batch that takes longer gives the rest back, so that Stop works within two seconds
LOOK_UP_AGAIN = timedelta(seconds=45)
QUIET = timedelta(seconds=90)  # a provider's own time-out of 30 s, and a minute
LOOK_UPS = 2
LONGEST_WAIT_S = 1.0  # for the sender to be free, before looking again whether somebody said Stop
GIVEN_UP = 99
LONGEST_BACKOFF = timedelta(minutes=5)
UNLIMITED = 1_000.0  # messages a second, of a channel whose policy names no rate

Key = tuple[UUID, int, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try came to."""

    state: DeliveryState
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    again_at: datetime | None = None
    suppresses: str = ""  # the reason never to use this address again


@dataclass(frozen=True, slots=True)
class Load:
    """What a claimed chunk is sent with; loaded once, for it was frozen at approval."""

    notice: Notice
    setup: ChannelSetup
    messages: dict[str, Message]  # by language
    default_language: str
    time_zone: str
    sender_name: str
    cost: int  # segments of the longest message
    default_rate: float  # segments a second, by the policy


class Dispatcher:
    """Sends whatever is due, for one process. Threads share it; each gets adapters of its own."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        adapters: Callable[[Mode], Adapters],
        clock: Callable[[], datetime],
        links: Links,
        ending: Event,
    ) -> None:
        self.engine, self.clock, self.links, self.ending = engine, clock, links, ending
        self._adapters, self._own = adapters, local()

    def waiting(self) -> list[Callable[[], bool]]:
        """What would find something to do now. Takes no lock, so that idle senders never stand in a writer's way."""
        now = self.clock()
        kinds = (
            (letters.anything_due, self.send_letters),
            (postings.anything_due, self.send_posting),
            (deliveries.any_chunk_due, self.send_chunk),
            (deliveries.any_doubt_due, self.look_up_doubts),
        )
        with reading(self.engine) as session:
            return [do for is_due, do in kinds if is_due(session, now=now)]

    def send_some(self) -> bool:
        """Do some of what is due: letters, a posting, a chunk, look-ups. False = nothing is due now."""
        did = [do() for do in self.waiting()]
        return any(did)

    def send_letters(self) -> bool:
        """Send a few letters; each at most once."""
        with transaction(self.engine) as session:
            claimed = letters.claim(session, now=self.clock())
            name = organisation(session).name if claimed else ""
        for letter in claimed:
            answer = self._try(_letter(letter, name), letter.channel, Mode.actual, letter.tries)
            with transaction(self.engine) as session:
                state = LetterState(answer.state) if answer.state in LetterState.__members__ else LetterState.failed
                letters.settle(session, letter, state, detail=answer.detail, again_at=answer.again_at)
        return bool(claimed)

    def send_posting(self) -> bool:
        """Publish, edit or look up one posting."""
        with transaction(self.engine) as session:
            posting = postings.claim(session, now=self.clock())
            notice = session.get_one(Notice, posting.notice_id) if posting else None
        if posting is None or notice is None:
            return False
        try:
            state, values = self._publish(posting, notice)
        except SendError as error:
            state, values = self._posting_failed(posting, error)
        with transaction(self.engine) as session:
            postings.settle(session, posting, state, now=self.clock(), **values)
        return True

    def send_chunk(self) -> bool:
        """Claim a chunk and send it, batch after batch, until it is done, stopped, or the sender's rate is used up."""
        with transaction(self.engine) as session:
            chunk = deliveries.claim(session, now=self.clock(), channels=sorted(self._mine(Mode.actual).direct))
            load = _load(session, chunk, now=self.clock()) if chunk else None
        if chunk is None or load is None:
            return False
        while not self.ending.is_set() and self._send_batch(chunk, load):
            pass
        return True

    def look_up_doubts(self) -> bool:
        """Ask the providers about what may or may not have been taken."""
        with transaction(self.engine) as session:
            doubts = deliveries.doubtful(session, now=self.clock())
            loads = {chunk.id: _load(session, chunk, now=self.clock()) for chunk, _, _ in doubts}
        for chunk, attempt, recipient in doubts:
            self._look_up(chunk, attempt, recipient, loads[chunk.id])
        return bool(doubts)

    def close(self) -> None:
        """Give back this thread's connections."""
        for adapters in getattr(self._own, "by_mode", {}).values():
            adapters.close()

    def _mine(self, mode: Mode) -> Adapters:
        by_mode: dict[Mode, Adapters] = self._own.__dict__.setdefault("by_mode", {})
        if mode not in by_mode:
            by_mode[mode] = self._adapters(mode)
        return by_mode[mode]

    def _send_batch(self, chunk: Chunk, load: Load) -> bool:
        """One batch; False = leave the chunk."""
        now = self.clock()
        with transaction(self.engine) as session:
            fresh = deliveries.still_ours(session, chunk, now=now)
            notice = session.get_one(Notice, chunk.notice_id)
            if fresh is None:
                return False
            if notice.stopped_at or not notice.is_live_at(now):
                deliveries.cancel_unsent(session, notice, now=now)
                return False
            room, free_at = deliveries.take_from_rate(
                session, load.setup, wanted=BATCH, cost=load.cost, default_rate=load.default_rate, now=now
            )
            batch = deliveries.next_recipients(session, fresh, now=now, most=room) if room else []
            if room and not batch:
                again_at = deliveries.next_try_at(session, fresh)
                deliveries.recount(session, fresh.id or 0)
                deliveries.let_go(session, fresh, due_at=again_at or now)
                return False
            deliveries.begin(session, fresh, batch, now=now)
        if not room:
            self.ending.wait(min((free_at - now).total_seconds(), LONGEST_WAIT_S))
            return True
        self._call(chunk, batch, load, until=now + SLICE)
        return True

    def _call(self, chunk: Chunk, batch: list[tuple[Recipient, int]], load: Load, *, until: datetime) -> None:
        answers: list[tuple[Recipient, int, Answer]] = []
        for recipient, n in batch:
            now = self.clock()
            if now >= until or self.ending.is_set():
                answers.append(
                    (
                        recipient,
                        n,
                        Answer(DeliveryState.deferred, detail="Given back before it was tried", again_at=now),
                    )
                )
                continue
            answer = self._try(self._outgoing(recipient, load), chunk.channel, load.notice.mode, n)
            answers.append((recipient, n, answer))
        now = self.clock()
        with transaction(self.engine) as session:
            for recipient, n, answer in answers:
                _settle(session, recipient, n, answer, now=now)
            deliveries.recount(session, chunk.id or 0)

    def _try(self, message: Outgoing, channel: str, mode: Mode, tries: int) -> Answer:
        adapter = self._mine(mode).direct.get(channel)
        if adapter is None:
            return Answer(DeliveryState.failed, code="no_adapter", detail=f"No adapter is set up for {channel}")
        try:
            return Answer(DeliveryState.accepted, provider_id=adapter.send(message, now=self.clock()).provider_id)
        except SendError as error:
            return self._refused(error, tries)

    def _refused(self, error: SendError, tries: int) -> Answer:
        now = self.clock()
        match error.error_class:
            case ErrorClass.bad_address:
                return Answer(DeliveryState.failed, code=error.code, detail=error.detail, suppresses="bad address")
            case ErrorClass.opted_out:
                return Answer(
                    DeliveryState.failed, code=error.code, detail=error.detail, suppresses="opted out at the provider"
                )
            case ErrorClass.expired:
                return Answer(DeliveryState.expired, code=error.code, detail=error.detail)
            case ErrorClass.unknown:
                return Answer(DeliveryState.unknown, code=error.code, detail=error.detail, again_at=now)
            case ErrorClass.transient | ErrorClass.ours:
                again_at = now + _backoff(error, tries)
                return Answer(DeliveryState.deferred, code=error.code, detail=error.detail, again_at=again_at)

    def _outgoing(self, recipient: Recipient, load: Load) -> Outgoing:
        message = load.messages.get(recipient.language) or load.messages[load.default_language]
        key = f"{load.notice.id}.{recipient.pos}"
        body, subject = message.body, message.subject
        if load.notice.message_type is MessageType.cancel and load.notice.effective_at:
            body = texts.fill_ended(
                body, load.notice.effective_at, load.time_zone, message.language, channel=message.channel
            )
        return Outgoing(
            key=key, recipient=recipient.value, language=message.language, subject=subject, body=body, expires_at=load.notice.expires_at,
            sender_name=load.sender_name, callback_url=self.links.receipt(key), unsubscribe_url=self.links.unsubscribe(recipient.subscriber_id) if recipient.is_asked else "",
        )  # fmt: skip

    def _look_up(self, chunk: Chunk, attempt: Attempt, recipient: Recipient, load: Load) -> None:
        now = self.clock()
        key = (attempt.notice_id, attempt.pos, attempt.n)
        adapter = self._mine(load.notice.mode).direct.get(chunk.channel)
        values: dict[str, object] = {
            "look_ups": GIVEN_UP,
            "again_at": None,
            "detail": "In doubt: the provider cannot be asked",
        }
        state = DeliveryState.unknown
        if adapter is not None and adapter.capabilities.look_up:
            try:
                found = adapter.look_up(self._outgoing(recipient, load), since=attempt.at - timedelta(seconds=5))
            except SendError as error:
                values = {"again_at": now + _backoff(error, attempt.look_ups), "detail": error.detail}
            else:
                state, values = _concluded(attempt, load.notice, found, now=now)
        with transaction(self.engine) as session:
            deliveries.settle(session, key, state, now=now, **values)
            deliveries.recount(session, chunk.id or 0)
            if state is DeliveryState.deferred:
                deliveries.reopen(session, chunk.id or 0, now=now)

    def _publish(self, posting: Posting, notice: Notice) -> tuple[PostingState, dict[str, object]]:
        adapter = self._mine(notice.mode).broadcast.get(posting.channel)
        if adapter is None:
            return PostingState.failed, {"detail": f"No adapter is set up for {posting.channel}"}
        now = self.clock()
        post = Post(key=notice.code, text=posting.text, link=posting.link, pinned=True)
        if posting.state is PostingState.retiring:
            adapter.edit(posting.provider_id, posting.over_text)
            adapter.unpin(posting.provider_id)
            return PostingState.retired, {"detail": ""}
        if posting.state is PostingState.unknown:
            found = adapter.look_up(post, since=(posting.first_tried_at or now) - timedelta(seconds=5))
            if found is None:
                return (PostingState.planned if notice.is_live_at(now) else PostingState.cancelled), {
                    "due_at": now,
                    "detail": "",
                }
            return PostingState.live, {"provider_id": found.provider_id, "url": found.url, "detail": ""}
        if not notice.is_live_at(now) or notice.stopped_at:
            return PostingState.cancelled, {"detail": "Its end had passed"}
        if posting.provider_id:
            adapter.edit(posting.provider_id, posting.text)
            return PostingState.live, {"detail": ""}
        taken = adapter.post(post, now=now)
        return PostingState.live, {"provider_id": taken.provider_id, "url": taken.url, "detail": ""}

    def _posting_failed(self, posting: Posting, error: SendError) -> tuple[PostingState, dict[str, object]]:
        """A posting is tried again for as long as it is wanted; what has to come down never gives up."""
        again = {
            "tries": posting.tries + 1,
            "due_at": self.clock() + _backoff(error, posting.tries),
            "detail": error.detail,
        }
        if posting.state is PostingState.sending and not posting.provider_id:
            state = PostingState.unknown if error.error_class is ErrorClass.unknown else PostingState.planned
            return state, again
        return (PostingState.planned if posting.state is PostingState.sending else posting.state), again


def _settle(session: Session, recipient: Recipient, n: int, answer: Answer, *, now: datetime) -> None:
    values: dict[str, object] = {"code": answer.code[:32], "detail": answer.detail, "again_at": answer.again_at}
    if answer.provider_id:
        values["provider_id"] = answer.provider_id
    deliveries.settle(session, (recipient.notice_id, recipient.pos, n), answer.state, now=now, **values)
    if answer.suppresses:
        suppress(session, recipient.channel, recipient.value, reason=answer.suppresses, now=now)


def _concluded(
    attempt: Attempt, notice: Notice, found: Accepted | None, *, now: datetime
) -> tuple[DeliveryState, dict[str, object]]:
    """What a look-up says: taken; or, asked twice and long enough after, not taken."""
    if found is not None:
        return DeliveryState.accepted, {
            "provider_id": found.provider_id,
            "again_at": None,
            "detail": "Found at the provider",
        }
    asked = attempt.look_ups + 1
    if asked < LOOK_UPS or now - attempt.at < QUIET:
        return DeliveryState.unknown, {"look_ups": asked, "again_at": now + LOOK_UP_AGAIN}
    if notice.is_life_safety and notice.status is NoticeStatus.live:
        return DeliveryState.deferred, {
            "look_ups": asked,
            "again_at": now,
            "detail": "Not found at the provider: sent again, for life is at stake",
        }
    return DeliveryState.unknown, {
        "look_ups": GIVEN_UP,
        "again_at": None,
        "detail": "In doubt: the provider knows nothing of it",
    }


def _load(session: Session, chunk: Chunk, *, now: datetime) -> Load:
    ours = organisation(session)
    figures = policy_in_force(session, now=now).figures.channels[chunk.channel.replace("_", " ")]
    wanted = select(Message).where(Message.notice_id == chunk.notice_id, Message.channel == chunk.channel)
    messages = {message.language: message for message in session.exec(wanted)}
    longest = max((segments(message.body).count for message in messages.values()), default=1)
    return Load(
        notice=session.get_one(Notice, chunk.notice_id), setup=session.get_one(ChannelSetup, chunk.channel), messages=messages,
        default_language=ours.languages[0], time_zone=ours.time_zone, sender_name=ours.name, cost=longest if chunk.channel == "sms" else 1, default_rate=figures.per_second or UNLIMITED,
    )  # fmt: skip


def _letter(letter: Letter, sender_name: str) -> Outgoing:
    return Outgoing(key=f"letter.{letter.id}.{letter.tries}", recipient=letter.value, language=letter.language,
                    subject=letter.subject, body=letter.body, expires_at=letter.not_after, sender_name=sender_name)  # fmt: skip


def _backoff(error: SendError, tries: int) -> timedelta:
    """Doubling from two seconds, with jitter, or what the provider asks for; our own faults wait a minute for a person."""
    if error.retry_after_s:
        return min(timedelta(seconds=error.retry_after_s), LONGEST_BACKOFF)
    if error.error_class is ErrorClass.ours:
        return timedelta(minutes=1)
    return min(timedelta(seconds=2 ** min(tries, 10) * random.uniform(0.75, 1.25)), LONGEST_BACKOFF)
