"""A sender that froze or died: its chunk goes on, nobody is told twice, and nobody is lost."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON
from tests.webapp.flow.scenes import (
    approved,
    attempts_of,
    counts,
    recounted,
    stop,
    texted,
)
from webapp import db
from webapp.flow import attempts, claims
from webapp.flow.answers import Answer
from webapp.flow.deliveries import DeliveryState
from webapp.flow.loads import load

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
            chunk = claims.claim(session, now=arrow.now, channels=["sms"])
            assert chunk is not None
            self.chunk, self.load = chunk, load(session, chunk, now=arrow.now)
            self.batch = attempts.next_recipients(session, chunk, now=arrow.now, most=number)
            attempts.begin(session, chunk, self.batch, now=arrow.now)

    def wakes_up(self) -> None:
        """And goes on as if nothing had happened."""
        self.arrow.dispatcher._call(self.chunk, self.batch, self.load, began_at=self.began_at)


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


def test_a_taken_back_attempt_leaves_no_trace_and_no_wait(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    frozen = Frozen(arrow, 2)

    arrow.dispatcher._keep(frozen.chunk, frozen.batch, [])

    assert attempts_of(arrow, notice) == []
    assert counts(arrow.engine, notice) == {"planned": 2}
