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
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from rules.terms import Mode
from rules.wording import segments
from webapp.channels.base import Accepted, Adapters, BroadcastAdapter, ErrorClass, Gone, Outgoing, Post, SendError
from webapp.db import reading, transaction
from webapp.flow import attempts, claims, deliveries, letters, postings, rates, texts
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Attempt, Chunk, DeliveryState, Result
from webapp.flow.letters import Letter, LetterState
from webapp.flow.notices import Message, MessageType, Notice, NoticeStatus
from webapp.flow.organisation import ChannelSetup, organisation
from webapp.flow.policies import policy_in_force
from webapp.flow.postings import Posting, PostingState
from webapp.flow.subscribers import Suppression, suppress
from webapp.links import Links

BATCH, FIRST_BATCH = 50, 10
SLICE = timedelta(seconds=1)  # a batch that takes longer gives the rest back, so that Stop works within two seconds
LOOK_UP_AGAIN = timedelta(seconds=45)
QUIET = timedelta(seconds=90)  # a provider's own time-out of 30 s, and a minute
LOOK_UPS = 2
KEEP_AGAIN_S = (0.2, 1.0, 5.0)  # what a provider said is known here alone: worth several tries to write it down
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
            (claims.any_chunk_due, self.send_chunk),
            (claims.any_doubt_due, self.look_up_doubts),
            (claims.anything_abandoned, self.doubt_abandoned),
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
            if self.ending.is_set():
                with transaction(self.engine) as session:
                    letters.settle(session, letter, LetterState.planned, again_at=letter.due_at)
                continue
            answer = self._try(_letter(letter, name), letter.channel, Mode.actual, letter.tries)
            with transaction(self.engine) as session:
                state = LetterState(answer.state) if answer.state in LetterState.__members__ else LetterState.failed
                again_at = answer.again_at if answer.state is DeliveryState.deferred else None
                letters.settle(session, letter, state, detail=answer.detail, again_at=again_at)
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
            chunk = claims.claim(session, now=self.clock(), channels=sorted(self._mine(Mode.actual).direct))
            load = _load(session, chunk, now=self.clock()) if chunk else None
        if chunk is None or load is None:
            return False
        while not self.ending.is_set() and self._send_batch(chunk, load):
            pass
        with transaction(self.engine) as session:
            claims.let_go(session, chunk)
        return True

    def doubt_abandoned(self) -> bool:
        """Take over what dead workers had begun in chunks that were closed meanwhile."""
        with transaction(self.engine) as session:
            return bool(claims.doubt_abandoned(session, now=self.clock()))

    def look_up_doubts(self) -> bool:
        """Ask the providers about what may or may not have been taken."""
        with transaction(self.engine) as session:
            doubts = claims.doubtful(session, now=self.clock())
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
            fresh = claims.still_ours(session, chunk, now=now)
            if fresh is None:
                return False
            batch: list[tuple[Recipient, int]] = []
            free_at: datetime | None = now
            is_over = not session.get_one(Notice, chunk.notice_id).may_be_sent_at(now)
            if not is_over:
                batch, free_at = self._next_batch(session, fresh, load, now=now)
                attempts.begin(session, fresh, batch, now=now)
        if is_over:
            self._cancel(chunk, now=now)
        elif batch:
            self._call(chunk, batch, load, began_at=now)
        elif free_at is not None:
            self.ending.wait(min((free_at - now).total_seconds(), LONGEST_WAIT_S))
        return not is_over and free_at is not None

    def _next_batch(
        self, session: Session, chunk: Chunk, load: Load, *, now: datetime
    ) -> tuple[list[tuple[Recipient, int]], datetime | None]:
        """Whom to try now, and when the sender is free for more; None = nobody is left to be tried now."""
        batch = attempts.next_recipients(session, chunk, now=now, most=self._size())
        if not batch:
            attempts.recount(session, chunk.id or 0, now=now)
            claims.let_go(session, chunk, due_at=attempts.next_try_at(session, chunk) or now)
            return [], None
        batch = attempts.spare_suppressed(session, chunk, batch, now=now)
        room, free_at = rates.take_from_rate(
            session, load.setup, wanted=len(batch), cost=load.cost, default_rate=load.default_rate, now=now
        )
        return batch[:room], free_at

    def _cancel(self, chunk: Chunk, *, now: datetime) -> None:
        # In a transaction of its own: one that holds a chunk may not wait for others, or two wait for each other.
        with transaction(self.engine) as session:
            attempts.cancel_unsent(session, session.get_one(Notice, chunk.notice_id), now=now)

    def _size(self) -> int:
        size: int = self._own.__dict__.setdefault("size", FIRST_BATCH)
        return size

    def _call(self, chunk: Chunk, batch: list[tuple[Recipient, int]], load: Load, *, began_at: datetime) -> None:
        """Send what fits into a slice of time. The slice begins here: however slow the machine, one is sent."""
        results: list[tuple[Recipient, Answer]] = []
        until, taken_over_at = self.clock() + SLICE, began_at + claims.LEASE
        for recipient, n in batch:
            now = self.clock()
            if self.ending.is_set() or now >= taken_over_at or (results and now >= until):
                break
            results.append((recipient, self._try(self._outgoing(recipient, load), chunk.channel, load.notice.mode, n)))
        # As many as this sender manages in a slice, or twice as many if it managed all.
        tried = len(results)
        self._own.size = min(BATCH, max(1, tried * 2 if tried == len(batch) else tried))
        self._keep(chunk, batch, [answer for _, answer in results])

    def _keep(self, chunk: Chunk, batch: list[tuple[Recipient, int]], answers: list[Answer]) -> None:
        """Write down what the provider said of the first of a batch; the others were not tried."""
        for pause in (*KEEP_AGAIN_S, None):
            try:
                with transaction(self.engine) as session:
                    self._write(session, chunk, batch, answers)
            except DBAPIError:
                if pause is None:
                    raise
                self.ending.wait(pause)
            else:
                return

    def _write(self, session: Session, chunk: Chunk, batch: list[tuple[Recipient, int]], answers: list[Answer]) -> None:
        now = self.clock()
        deliveries.lock(session, chunk.id or 0)
        results = [
            Result(recipient.pos, n, answer.state, answer.provider_id, answer.code[:32], answer.detail, answer.again_at)
            for (recipient, n), answer in zip(batch, answers, strict=False)
        ]
        attempts.settle_all(session, chunk, results, now=now)
        attempts.take_back(session, chunk, batch[len(answers) :])
        attempts.recount(session, chunk.id or 0, now=now)
        for (recipient, _), answer in zip(batch, answers, strict=False):
            if answer.suppresses:
                suppress(session, recipient.channel, recipient.value, reason=answer.suppresses, now=now)

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
                return Answer(
                    DeliveryState.failed, code=error.code, detail=error.detail, suppresses=Suppression.bad_address
                )
            case ErrorClass.opted_out:
                return Answer(
                    DeliveryState.failed, code=error.code, detail=error.detail, suppresses=Suppression.opted_out
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
            deliveries.lock(session, chunk.id or 0)
            attempts.settle(session, key, state, now=now, **values)
            attempts.recount(session, chunk.id or 0, now=now)

    def _publish(self, posting: Posting, notice: Notice) -> tuple[PostingState, dict[str, object]]:
        adapter = self._mine(notice.mode).broadcast.get(posting.channel)
        if adapter is None:
            raise SendError(ErrorClass.ours, f"No adapter is set up for {posting.channel}", code="no_adapter")
        if posting.state is PostingState.retiring:
            return _take_down(adapter, posting)
        now = self.clock()
        if posting.provider_id:
            return _rewrite(adapter, posting, is_wanted=notice.may_be_sent_at(now), now=now)
        post = Post(key=notice.code, text=posting.text, link=posting.link, pinned=True)
        if posting.state is PostingState.unknown:
            found = adapter.look_up(post, since=(posting.first_tried_at or now) - timedelta(seconds=5))
            if found is None:
                state = PostingState.planned if notice.may_be_sent_at(now) else PostingState.cancelled
                return state, {"due_at": now, "detail": ""}
            return PostingState.live, {"provider_id": found.provider_id, "url": found.url, "detail": found.remark}
        if not notice.may_be_sent_at(now):
            return PostingState.cancelled, {"detail": "Its end had passed, or it was stopped"}
        taken = adapter.post(post, now=now)
        return PostingState.live, {"provider_id": taken.provider_id, "url": taken.url, "detail": taken.remark}

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


def _take_down(adapter: BroadcastAdapter, posting: Posting) -> tuple[PostingState, dict[str, object]]:
    """Let it say that it is over; one that somebody has deleted by hand is as good."""
    try:
        adapter.edit(posting.provider_id, posting.over_text)
        adapter.unpin(posting.provider_id)
    except Gone as gone:
        return PostingState.retired, {"detail": gone.detail}
    return PostingState.retired, {"detail": ""}


def _rewrite(
    adapter: BroadcastAdapter, posting: Posting, *, is_wanted: bool, now: datetime
) -> tuple[PostingState, dict[str, object]]:
    """Let a post that people see already say the new text; one that has been deleted is posted anew."""
    if not is_wanted:
        return PostingState.live, {"detail": ""}  # what people see stays until its end is ordered
    try:
        adapter.edit(posting.provider_id, posting.text)
    except Gone as gone:
        return PostingState.planned, {"provider_id": "", "url": "", "due_at": now, "detail": gone.detail}
    return PostingState.live, {"detail": ""}


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
