"""Sending: claim, write down what we are about to do, commit, call the provider, write down what it said, commit.

The one place of the flow that commits, for no transaction may be open during a provider's call. Any number of workers may
run it at once; one that dies leaves nothing worse than attempts in doubt.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, local
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from rules.terms import Mode
from webapp.channels.base import Adapters, BroadcastAdapter, ErrorClass, Outgoing, SendError
from webapp.db import reading, transaction
from webapp.flow import attempts, claims, deliveries, holds, hooks, letters, loads, postings, publishing, rates, signups
from webapp.flow.answers import GIVEN_UP, Answer, backoff, concluded, refused
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Attempt, Chunk, DeliveryState, Result
from webapp.flow.letters import LetterState
from webapp.flow.loads import Load, outgoing
from webapp.flow.notices import Notice
from webapp.flow.organisation import organisation
from webapp.flow.postings import Posting
from webapp.flow.subscribers import suppress
from webapp.links import Links

BATCH, FIRST_BATCH = 50, 10
SLICE = timedelta(seconds=1)  # a batch that takes longer gives the rest back, so that Stop works within two seconds
KEEP_AGAIN_S = (0.2, 1.0, 5.0)  # what a provider said is known here alone: worth several tries to write it down
LONGEST_WAIT_S = 1.0  # for the sender to be free, before looking again whether somebody said Stop

Key = tuple[UUID, int, int]


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
            salts = {
                each.id: hooks.salts_at(session, each.value, now=self.clock())
                for each in claimed
                if each.channel == hooks.CHANNEL
            }
        for letter in claimed:
            if self.ending.is_set():
                with transaction(self.engine) as session:
                    letters.settle(session, letter, LetterState.planned, again_at=letter.due_at)
                continue
            answer = self._try(
                loads.letter(letter, name, self.links, salts=salts.get(letter.id, ())),
                letter.channel,
                Mode.actual,
                letter.tries,
            )
            with transaction(self.engine) as session:
                state = LetterState(answer.state) if answer.state in LetterState.__members__ else LetterState.failed
                again_at = answer.again_at if answer.state is DeliveryState.deferred else None
                letters.settle(session, letter, state, detail=answer.detail, again_at=again_at)
                if answer.heard:
                    signups.hear(session, letter, answer.heard, link=self.links.preferences, now=self.clock())
        return bool(claimed)

    def send_posting(self) -> bool:
        """Publish, edit or look up one posting."""
        with transaction(self.engine) as session:
            posting = postings.claim(session, now=self.clock())
            notice = session.get_one(Notice, posting.notice_id) if posting else None
        if posting is None or notice is None:
            return False
        try:
            state, values = publishing.publish(self._broadcast(posting, notice), posting, notice, now=self.clock())
        except SendError as error:
            state, values = publishing.failed(posting, error, now=self.clock())
        with transaction(self.engine) as session:
            postings.settle(session, posting, state, now=self.clock(), **values)
        return True

    def send_chunk(self) -> bool:
        """Claim a chunk and send it, batch after batch, until it is done, stopped, or the sender's rate is used up."""
        with transaction(self.engine) as session:
            chunk = claims.claim(session, now=self.clock(), channels=sorted(self._mine(Mode.actual).direct))
            load = loads.load(session, chunk, now=self.clock()) if chunk else None
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
            by_chunk = {chunk.id: loads.load(session, chunk, now=self.clock()) for chunk, _, _ in doubts}
        for chunk, attempt, recipient in doubts:
            self._look_up(chunk, attempt, recipient, by_chunk[chunk.id])
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

    def _broadcast(self, posting: Posting, notice: Notice) -> BroadcastAdapter:
        adapter = self._mine(notice.mode).broadcast.get(posting.channel)
        if adapter is None:
            raise SendError(ErrorClass.ours, f"No adapter is set up for {posting.channel}", code="no_adapter")
        return adapter

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
        batch = holds.spare(session, chunk, batch, load.notice, now=now)
        costs = [load.cost(recipient.language) for recipient, _ in batch]
        room, free_at = rates.take_from_rate(session, load.setup, costs=costs, default_rate=load.default_rate, now=now)
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
            results.append(
                (recipient, self._try(outgoing(recipient, load, self.links), chunk.channel, load.notice.mode, n))
            )
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
        if chunk.channel == hooks.CHANNEL:
            told = {recipient.address_id: "" if answer.state is DeliveryState.accepted else answer.detail or answer.state
                    for (recipient, _), answer in zip(batch, answers, strict=False)}  # fmt: skip
            hooks.settle(session, told, now=now, public_url=self.links.public_url)

    def _try(self, message: Outgoing, channel: str, mode: Mode, tries: int) -> Answer:
        adapter = self._mine(mode).direct.get(channel)
        if adapter is None:
            return Answer(DeliveryState.failed, code="no_adapter", detail=f"No adapter is set up for {channel}")
        try:
            taken = adapter.send(message, now=self.clock())
            return Answer(DeliveryState.accepted, provider_id=taken.provider_id, heard=taken.answer)
        except SendError as error:
            return refused(error, tries, now=self.clock())

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
                found = adapter.look_up(outgoing(recipient, load, self.links), since=attempt.at - timedelta(seconds=5))
            except SendError as error:
                values = {"again_at": now + backoff(error, attempt.look_ups), "detail": error.detail}
            else:
                state, values = concluded(attempt, load.notice, found, now=now)
        with transaction(self.engine) as session:
            deliveries.lock(session, chunk.id or 0)
            attempts.settle(session, key, state, now=now, **values)
            attempts.recount(session, chunk.id or 0, now=now)
