"""Chunks: claimed by one at a time, fenced, counted; whatever happens, everybody is accounted for."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from tests.arrow import Arrow
from tests.builders import NOON
from tests.webapp.flow.scenes import (
    a_bank,
    another_notice,
    approved,
    counts,
    person,
    recounted,
    together,
)
from webapp import db
from webapp.flow import attempts, claims, deliveries, lifecycle, receipts
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import Chunk, ChunkState, DeliveryState, Result
from webapp.flow.notices import Notice

SMS = ("status_page", "sms")
RARELY = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LATER = timedelta(seconds=11)  # longer than a lease


def chunks(arrow: Arrow, notice: Notice) -> list[Chunk]:
    with db.reading(arrow.engine) as session:
        return list(session.exec(select(Chunk).where(Chunk.notice_id == notice.id)))


def test_a_chunk_closes_when_nobody_in_it_is_left_and_not_before(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.break_it(channel="sms", kind="status", status=429, code=20429)

    arrow.go_on(seconds=1)
    assert [chunk.state for chunk in chunks(arrow, notice)] == [ChunkState.open]
    arrow.go_on(minutes=1)

    (chunk,) = chunks(arrow, notice)
    assert (chunk.state, chunk.leased_until, chunk.doubts) == (ChunkState.done, None, 0)


def test_several_senders_never_claim_the_same_chunk(session: Session, arrow: Arrow) -> None:
    notice = approved(session, channels=SMS)
    session.add_all([Chunk(notice_id=notice.id, channel="sms", first=n, last=n, due_at=NOON) for n in range(24)])
    session.commit()
    claimed: list[int | None] = []

    def claim_all() -> None:
        while True:
            with db.transaction(arrow.engine) as fresh:
                chunk = claims.claim(fresh, now=NOON, channels=["sms"])
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
                    chunk = claims.claim(fresh, now=now, channels=["sms"]) or chunk
                case "begin" if chunk and not batch and (ours := claims.still_ours(fresh, chunk, now=now)):
                    batch = attempts.next_recipients(fresh, ours, now=now, most=3)
                    attempts.begin(fresh, ours, batch, now=now)
                    attempts.recount(fresh, ours.id or 0, now=now)
                case "answer" | "give back" if chunk and batch:
                    locked = deliveries.lock(fresh, chunk.id or 0)
                    answered = batch[: number % 4] if act == "answer" else []
                    results = [
                        Result(one.pos, n, DeliveryState(state), provider_id="SM", again_at=now) for one, n in answered
                    ]
                    attempts.settle_all(fresh, locked, results, now=now)
                    attempts.take_back(fresh, locked, batch[len(answered) :])
                    attempts.recount(fresh, chunk.id or 0, now=now)
                    batch = []
                case "pass":
                    now += LATER
                case "receipt":
                    receipts.record(fresh, f"{notice.id}.{number}", DeliveryState(report), provider_id="SM",
                                    status=report, code="", now=now)  # fmt: skip
                case "abandoned":
                    claims.doubt_abandoned(fresh, now=now)
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
