"""Texts: each person once, refusals by what they mean, and replies that were lost."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON
from tests.webapp.flow.scenes import another_notice, approved, attempts_of, counts, life_safety, stop, stored, texted
from webapp import db
from webapp.flow import subscribers
from webapp.flow.deliveries import DeliveryState
from webapp.flow.subscribers import suppress

SMS = ("status_page", "sms")
ANNA, BO = "+46701000000", "+46701000001"


def is_suppressed(arrow: Arrow, value: str) -> bool:
    with db.reading(arrow.engine) as session:
        owned = subscribers.address(session, "sms", value)
        return owned is not None and owned.suppressed_at is not None


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (400, 21611)])
def test_what_the_provider_puts_off_is_sent_later_and_once(
    session: Session, arrow: Arrow, status: int, code: int
) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.break_it(channel="sms", kind="status", recipient=ANNA, status=status, code=code)

    arrow.go_on(seconds=1)
    assert texted(arrow) == [BO]
    for _ in range(4):
        arrow.go_on(minutes=1)

    assert texted(arrow) == [ANNA, BO]
    assert counts(arrow.engine, notice) == {"accepted": 2}


def test_waiting_grows_with_each_refusal(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.break_it(channel="sms", kind="status", status=429, code=20429, times=5)

    for _ in range(60):
        arrow.go_on(seconds=2)

    waits = [attempt.again_at - attempt.at for attempt in attempts_of(arrow, notice) if attempt.again_at]
    assert len(waits) == 5
    assert all(later > earlier for earlier, later in pairwise(waits))
    assert texted(arrow) == [ANNA]


@pytest.mark.parametrize("code", [21211, 21610])
def test_a_dead_number_and_one_that_said_stop_are_not_used_again(session: Session, arrow: Arrow, code: int) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.break_it(channel="sms", kind="status", recipient=ANNA, status=400, code=code)

    arrow.go_on(seconds=1)

    assert counts(arrow.engine, notice) == {"accepted": 1, "failed": 1}
    assert is_suppressed(arrow, ANNA)
    another_notice(arrow)
    arrow.go_on(seconds=1)
    assert texted(arrow) == [BO, BO]


def test_our_own_fault_blames_nobody_and_is_mended_without_loss(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.break_it(channel="sms", kind="status", status=401, code=20003, times=2)

    arrow.go_on(seconds=1)
    assert counts(arrow.engine, notice) == {"deferred": 2}
    arrow.go_on(seconds=61)

    assert texted(arrow) == [ANNA, BO]
    assert not is_suppressed(arrow, ANNA)
    assert counts(arrow.engine, notice) == {"accepted": 2}


@pytest.mark.parametrize("kind", ["drop", "apply_500"])
def test_a_text_whose_reply_was_lost_is_found_and_never_sent_twice(session: Session, arrow: Arrow, kind: str) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.break_it(channel="sms", kind=kind, recipient=ANNA)

    arrow.look()
    arrow.dispatcher.send_chunk()
    assert counts(arrow.engine, notice) == {"accepted": 1, "unknown": 1}
    for _ in range(5):
        arrow.go_on(minutes=1)

    assert texted(arrow) == [ANNA, BO]
    assert counts(arrow.engine, notice) == {"accepted": 2}
    assert all(attempt.provider_id for attempt in attempts_of(arrow, notice))


def test_a_text_that_nobody_has_stays_in_doubt_for_a_person(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.break_it(channel="sms", kind="drop_before")

    for _ in range(6):
        arrow.go_on(minutes=1)

    assert texted(arrow) == []
    (attempt,) = attempts_of(arrow, notice)
    assert (attempt.state, attempt.again_at) == (DeliveryState.unknown, None)
    assert attempt.detail.startswith("In doubt")


def test_where_life_is_at_stake_it_is_sent_again_after_two_empty_look_ups(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS, **life_safety())
    arrow.break_it(channel="sms", kind="drop_before")

    arrow.go_on(seconds=60)
    assert texted(arrow) == []
    for _ in range(4):
        arrow.go_on(seconds=46)

    assert texted(arrow) == [ANNA]
    assert counts(arrow.engine, notice) == {"accepted": 1}


def test_nothing_in_doubt_is_sent_again_after_stop(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS, **life_safety())
    arrow.break_it(channel="sms", kind="drop_before")
    arrow.go_on(seconds=1)

    stop(arrow, notice)
    for _ in range(6):
        arrow.go_on(minutes=1)

    assert texted(arrow) == []
    assert set(counts(arrow.engine, notice)) <= {"cancelled", "unknown"}


def test_a_look_up_that_fails_is_no_answer(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.break_it(channel="sms", kind="drop")
    arrow.break_it(channel="sms", kind="status", on="list", status=503, code=20500, times=2)

    for _ in range(6):
        arrow.go_on(minutes=1)

    assert texted(arrow) == [ANNA]
    assert counts(arrow.engine, notice) == {"accepted": 1}


def test_who_unsubscribes_before_it_goes_out_does_not_get_it(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS, hold_s=20)
    with db.transaction(arrow.engine) as fresh:
        suppress(fresh, "sms", ANNA, reason="unsubscribed", now=NOON)

    arrow.go_on(minutes=1)

    assert texted(arrow) == [BO]
    assert counts(arrow.engine, notice) == {"accepted": 1, "cancelled": 1}


def test_what_was_put_off_until_after_the_end_is_never_sent(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS, expected_end_at=NOON + timedelta(minutes=2))
    arrow.break_it(channel="sms", kind="status", status=401, code=20003, times=9)

    arrow.go_on(seconds=1)
    arrow.go_to(NOON + timedelta(minutes=2))
    arrow.go_on(minutes=10)

    assert texted(arrow) == []
    assert counts(arrow.engine, notice) == {"cancelled": 1}
    assert stored(arrow, notice).retired_at == NOON + timedelta(minutes=2)
