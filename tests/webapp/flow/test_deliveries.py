"""Chunks: claimed by one at a time, fenced, counted; whatever happens, everybody is accounted for."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from tests.arrow import Arrow
from tests.builders import NOON, a_draft, an_incident
from tests.webapp.flow.scenes import (
    a_bank,
    another_notice,
    approved,
    attempts,
    counts,
    person,
    recounted,
    stop,
    texted,
    together,
)
from webapp import db
from webapp.flow import deliveries, lifecycle, notices, receipts
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Chunk, ChunkState, DeliveryState, Result
from webapp.flow.dispatch import Answer, _load
from webapp.flow.notices import Notice, NoticeChannel

SMS = ("status_page", "sms")
RARELY = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LATER = timedelta(seconds=11)  # longer than a lease


class Frozen:
    """A sender that has written down what it is about to send, and stands still."""

    def __init__(self, arrow: Arrow, number: int) -> None:
        arrow.look()
        self.arrow, self.began_at = arrow, arrow.now
        with db.transaction(arrow.engine) as session:
            chunk = deliveries.claim(session, now=arrow.now, channels=["sms"])
            assert chunk is not None
            self.chunk, self.load = chunk, _load(session, chunk, now=arrow.now)
            self.batch = deliveries.next_recipients(session, chunk, now=arrow.now, most=number)
            deliveries.begin(session, chunk, self.batch, now=arrow.now)

    def wakes_up(self) -> None:
        """And goes on as if nothing had happened."""
        self.arrow.dispatcher._call(self.chunk, self.batch, self.load, began_at=self.began_at)


def chunks(arrow: Arrow, notice: Notice) -> list[Chunk]:
    with db.reading(arrow.engine) as session:
        return list(session.exec(select(Chunk).where(Chunk.notice_id == notice.id)))


def test_a_sender_that_wakes_up_after_its_chunk_was_taken_over_sends_nothing_and_loses_nobody(
    session: Session, arrow: Arrow
) -> None:
    notice = approved(session, sms=8, channels=SMS)
    frozen = Frozen(arrow, 5)

    arrow.go_to(NOON + LATER)
    assert counts(arrow.engine, notice) == {"accepted": 3, "unknown": 5}
    frozen.wakes_up()
    assert len(texted(arrow)) == 3
    arrow.go_on(seconds=1)

    assert texted(arrow) == [f"+46701{n:06d}" for n in range(8)]
    assert counts(arrow.engine, notice) == recounted(arrow.engine, notice) == {"accepted": 8}


def test_an_answer_that_comes_after_the_lease_still_counts(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    frozen = Frozen(arrow, 2)
    arrow.go_to(NOON + LATER)
    assert counts(arrow.engine, notice) == {"unknown": 2}

    frozen.arrow.dispatcher._keep(frozen.chunk, frozen.batch, [Answer(DeliveryState.accepted, provider_id="SM1")])
    arrow.go_on(seconds=1)

    assert texted(arrow) == ["+46701000001"]
    assert counts(arrow.engine, notice) == {"accepted": 2}


def test_a_chunk_that_was_stopped_while_its_sender_died_comes_to_rest(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=5, channels=SMS)
    Frozen(arrow, 2)

    stop(arrow, notice)
    assert counts(arrow.engine, notice) == {"sending": 2, "cancelled": 3}
    for _ in range(5):
        arrow.go_on(minutes=1)

    assert counts(arrow.engine, notice) == recounted(arrow.engine, notice) == {"unknown": 2, "cancelled": 3}
    assert not arrow.dispatcher.waiting()


def test_who_was_given_back_after_stop_is_cancelled(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=3, channels=SMS)
    frozen = Frozen(arrow, 3)
    stop(arrow, notice)

    refused = Answer(DeliveryState.deferred, again_at=arrow.now)
    arrow.dispatcher._keep(frozen.chunk, frozen.batch, [refused])
    arrow.go_on(minutes=1)

    assert texted(arrow) == []
    assert counts(arrow.engine, notice) == recounted(arrow.engine, notice) == {"cancelled": 3}


def test_a_chunk_closes_when_nobody_in_it_is_left_and_not_before(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.break_it(channel="sms", kind="status", status=429, code=20429)

    arrow.go_on(seconds=1)
    assert [chunk.state for chunk in chunks(arrow, notice)] == [ChunkState.open]
    arrow.go_on(minutes=1)

    (chunk,) = chunks(arrow, notice)
    assert (chunk.state, chunk.leased_until, chunk.doubts) == (ChunkState.done, None, 0)


def test_quiet_hours_hold_texts_back_and_nothing_else(session: Session, arrow: Arrow) -> None:
    operator, lead = a_bank(session, sms=2, email=2)
    notice = a_draft(session, an_incident(session, by=operator), by=operator, channels=("sms", "email"))
    session.get_one(NoticeChannel, (notice.id, "sms")).not_before_at = NOON + timedelta(hours=1)
    notices.submit(session, notice, by=operator, now=NOON)
    lifecycle.sign(session, notice, by=lead, now=NOON, hold_s=0)
    session.commit()

    arrow.go_on(minutes=59)
    assert (texted(arrow), len(arrow.received("email"))) == ([], 2)
    arrow.go_on(minutes=1)

    assert len(texted(arrow)) == 2


def test_several_senders_never_claim_the_same_chunk(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=SMS)
    session.add_all([Chunk(notice_id=notice.id, channel="sms", first=n, last=n, due_at=NOON) for n in range(24)])
    session.commit()
    claimed: list[int | None] = []

    def claim_all() -> None:
        while True:
            with db.transaction(arrow.engine) as fresh:
                chunk = deliveries.claim(fresh, now=NOON, channels=["sms"])
            if chunk is None:
                return
            claimed.append(chunk.id)

    together(*[claim_all] * 6)

    assert len(claimed) == len(set(claimed)) == 24


ACTS = st.sampled_from(["claim", "begin", "answer", "answer", "give back", "pass", "receipt", "abandoned", "stop"])
STATES = st.sampled_from(["accepted", "failed", "deferred", "unknown"])
REPORTS = st.sampled_from(["sent", "delivered", "undelivered", "failed"])


@RARELY
@given(script=st.lists(st.tuples(ACTS, STATES, REPORTS, st.integers(0, 5)), max_size=25))
def test_whatever_happens_counters_equal_attempts_and_everybody_is_counted(
    session: Session, arrow: Arrow, script: list[tuple[str, str, str, int]]
) -> None:
    notice = _anew(arrow)
    now, chunk, batch = NOON, None, list[tuple[Recipient, int]]()
    for act, state, report, number in script:
        with db.transaction(arrow.engine) as fresh:
            match act:
                case "claim":
                    chunk = deliveries.claim(fresh, now=now, channels=["sms"]) or chunk
                case "begin" if chunk and not batch and (ours := deliveries.still_ours(fresh, chunk, now=now)):
                    batch = deliveries.next_recipients(fresh, ours, now=now, most=3)
                    deliveries.begin(fresh, ours, batch, now=now)
                    deliveries.recount(fresh, ours.id or 0, now=now)
                case "answer" | "give back" if chunk and batch:
                    locked = deliveries.lock(fresh, chunk.id or 0)
                    answered = batch[: number % 4] if act == "answer" else []
                    results = [
                        Result(one.pos, n, DeliveryState(state), provider_id="SM", again_at=now) for one, n in answered
                    ]
                    deliveries.settle_all(fresh, locked, results, now=now)
                    deliveries.take_back(fresh, locked, batch[len(answered) :])
                    deliveries.recount(fresh, chunk.id or 0, now=now)
                    batch = []
                case "pass":
                    now += LATER
                case "receipt":
                    receipts.record(fresh, f"{notice.id}.{number}", DeliveryState(report), provider_id="SM",
                                    status=report, code="", now=now)  # fmt: skip
                case "abandoned":
                    deliveries.doubt_abandoned(fresh, now=now)
                case "stop":
                    lifecycle.stop(fresh, fresh.get_one(Notice, notice.id), by=person(fresh), now=now)

        assert counts(arrow.engine, notice) == recounted(arrow.engine, notice)
        assert sum(counts(arrow.engine, notice).values()) == 6


def _anew(arrow: Arrow) -> Notice:
    """A live notice to six people, beside those of earlier examples, which are put away."""
    with db.transaction(arrow.engine) as session:
        for old in session.exec(select(Chunk)):
            old.state, old.leased_until = ChunkState.cancelled, None
            session.add(old)
        is_first = session.exec(select(Notice)).first() is None
        if is_first:
            a_bank(session, sms=6)
    notice = another_notice(arrow)
    arrow.look()
    return notice


def test_a_taken_back_attempt_leaves_no_trace_and_no_wait(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    frozen = Frozen(arrow, 2)

    arrow.dispatcher._keep(frozen.chunk, frozen.batch, [])

    assert attempts(arrow, notice) == []
    assert counts(arrow.engine, notice) == {"planned": 2}
