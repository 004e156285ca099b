"""Reports come early, late, twice, out of order or about nothing; what is known only gets better."""

from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from tests.arrow import Arrow
from tests.builders import NOON
from tests.webapp.flow.scenes import another_notice, approved, attempts_of, counts, recounted, texted, together
from webapp import db
from webapp.flow import attempts, claims, deliveries, receipts, subscribers
from webapp.flow.deliveries import Chunk, DeliveryState
from webapp.flow.notices import Notice
from webapp.flow.receipts import BEFORE, Receipt

SMS = ("status_page", "sms")
NOBODYS = UUID(int=1)
ORDER = ("accepted", "sent", "delivered", "undelivered", "failed")
RARELY = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def report(arrow: Arrow, notice: Notice, state: str, *, pos: int = 0, code: str = "", **more: str) -> bool:
    """A report on one recipient's text."""
    with db.transaction(arrow.engine) as session:
        return receipts.record(session, f"{notice.id}.{pos}", DeliveryState(state), provider_id="SM0", status=state,
                               code=code, now=arrow.now, **more)  # fmt: skip


def state_of(arrow: Arrow, notice: Notice, pos: int = 0) -> DeliveryState:
    return [attempt.state for attempt in attempts_of(arrow, notice) if attempt.pos == pos][-1]


def test_reports_move_a_delivery_on(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.go_on(seconds=1)

    for state in ("sent", "delivered"):
        assert report(arrow, notice, state)
        assert state_of(arrow, notice) == state
        assert counts(arrow.engine, notice) == recounted(arrow.engine, notice) == {state: 1, "accepted": 1}


def test_a_report_that_comes_before_we_have_written_down_the_answer_stands(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.look()
    with db.transaction(arrow.engine) as fresh:
        chunk = claims.claim(fresh, now=NOON, channels=["sms"])
        assert chunk is not None
        batch = attempts.next_recipients(fresh, chunk, now=NOON, most=1)
        attempts.begin(fresh, chunk, batch, now=NOON)

    report(arrow, notice, "delivered")
    with db.transaction(arrow.engine) as fresh:
        locked = deliveries.lock(fresh, chunk.id or 0)
        result = deliveries.Result(0, 1, DeliveryState.accepted, provider_id="SM0")
        attempts.settle_all(fresh, locked, [result], now=NOON)
        attempts.recount(fresh, chunk.id or 0, now=NOON)
    arrow.go_on(minutes=1)

    (attempt,) = attempts_of(arrow, notice)
    assert (attempt.state, attempt.provider_id) == (DeliveryState.delivered, "SM0")
    assert counts(arrow.engine, notice) == {"delivered": 1}
    assert texted(arrow) == []


def test_the_same_report_again_changes_nothing(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)

    assert all(report(arrow, notice, "delivered") for _ in range(3))

    with db.reading(arrow.engine) as fresh:
        assert len(receipts.of(fresh, notice.id, 0)) == 1


def test_the_same_report_at_the_same_moment_is_kept_once(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)

    together(*[lambda: report(arrow, notice, "delivered")] * 4)

    with db.reading(arrow.engine) as fresh:
        assert len(receipts.of(fresh, notice.id, 0)) == 1
    assert counts(arrow.engine, notice) == {"delivered": 1}


@pytest.mark.parametrize(
    "key", ["", ".", "x.0", "0", f"{NOBODYS}.0", f"{NOBODYS}.x", f"{NOBODYS}.{10**30}", f"{NOBODYS}.²"]
)
def test_a_report_about_nothing_of_ours_is_refused(session: Session, arrow: Arrow, key: str) -> None:
    approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)

    with db.transaction(arrow.engine) as fresh:
        known = receipts.record(fresh, key, DeliveryState.failed, provider_id="S", status="f", code="", now=NOON)
        assert not known
        assert fresh.exec(select(Receipt)).all() == []


def test_a_recipient_who_was_never_tried_is_not_moved_by_a_report(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.look()

    assert report(arrow, notice, "delivered")

    assert counts(arrow.engine, notice) == {"planned": 1}
    arrow.go_on(seconds=1)
    assert len(texted(arrow)) == 1


def test_the_failure_of_a_late_part_outlives_success(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)

    for state in ("delivered", "undelivered", "sent", "delivered"):
        report(arrow, notice, state, code="30003" if state == "undelivered" else "")

    (attempt,) = attempts_of(arrow, notice)
    assert (attempt.state, attempt.code) == (DeliveryState.undelivered, "30003")


def test_a_report_that_a_number_is_dead_keeps_it_from_being_used_again(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)

    report(arrow, notice, "undelivered", code="30005", suppresses="unknown number")

    with db.reading(arrow.engine) as fresh:
        owned = subscribers.address(fresh, "sms", "+46701000000")
        assert owned is not None
        assert owned.suppressed_reason == "unknown number"


def test_a_report_settles_a_doubt_and_closes_its_chunk(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.break_it(channel="sms", kind="drop_before")
    arrow.look()
    arrow.dispatcher.send_chunk()
    assert counts(arrow.engine, notice) == {"unknown": 1}

    report(arrow, notice, "sent")

    with db.reading(arrow.engine) as fresh:
        (chunk,) = fresh.exec(select(Chunk).where(Chunk.notice_id == notice.id)).all()
        assert (chunk.state, chunk.doubts) == ("done", 0)
    arrow.go_on(minutes=3)
    assert texted(arrow) == []


@RARELY
@given(
    reports=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ORDER)), min_size=1, max_size=8), again=st.randoms()
)
def test_in_whatever_order_reports_come_the_best_known_is_the_same(
    session: Session, arrow: Arrow, reports: list[tuple[int, str]], again: Random
) -> None:
    if not attempts_exist(arrow):
        approved(session, sms=3, channels=SMS)
    shuffled = list(reports)
    again.shuffle(shuffled)

    ends = []
    for order in (reports, shuffled):
        notice = another_notice(arrow)
        arrow.go_on(seconds=1)
        for pos, state in order:
            report(arrow, notice, state, pos=pos)
        assert counts(arrow.engine, notice) == recounted(arrow.engine, notice)
        is_bad = {DeliveryState.failed: DeliveryState.undelivered}
        ends.append([is_bad.get(state, state) for state in (state_of(arrow, notice, pos) for pos in range(3))])

    assert ends[0] == ends[1]


def attempts_exist(arrow: Arrow) -> bool:
    with db.reading(arrow.engine) as session:
        return session.exec(select(Notice)).first() is not None


def test_nothing_moves_back() -> None:
    places = {state: place for place, state in enumerate(("accepted", "sent", "delivered"))}

    for end, starts in BEFORE.items():
        assert end not in starts
        if end in places:
            assert all(places[start] < places[end] for start in starts if start in places)
