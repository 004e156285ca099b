"""Several senders at once: everybody once, and never faster than the provider allows."""

import time
from datetime import timedelta
from threading import Event

from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON
from tests.webapp.flow.scenes import a_sender, approved, counts, mailed, recounted, resolve, texted, together
from webapp import clock, db
from webapp.flow.organisation import ChannelSetup

SMS, MAIL = ("status_page", "sms"), ("status_page", "email")


def test_four_senders_tell_everybody_once(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=210, channels=SMS)
    arrow.look()

    together(*[a_sender(arrow)] * 4)

    told = texted(arrow)
    assert len(told) == len(set(told)) == 210
    assert counts(arrow.engine, notice) == recounted(arrow.engine, notice) == {"accepted": 210}


def test_four_senders_together_keep_to_the_rate_of_their_channel(session: Session, arrow: Arrow) -> None:
    now = clock.now()
    approved(session, email=150, channels=MAIL, now=now, started_at=now, expected_end_at=now + timedelta(hours=1))
    with db.transaction(arrow.engine) as fresh:
        fresh.get_one(ChannelSetup, "email").segments_per_second = 80
    arrow.now = now
    arrow.look()
    arrow.dispatcher.clock = clock.now

    started = time.monotonic()
    together(*[a_sender(arrow)] * 4)
    took_s = time.monotonic() - started

    assert len(set(mailed(arrow))) == len(mailed(arrow)) == 150
    assert took_s >= 150 / 80 - 1 - 0.1  # one second's worth may leave at once


def test_a_sender_that_is_told_to_end_keeps_what_it_knows_and_gives_the_rest_back(
    session: Session, arrow: Arrow
) -> None:
    notice = approved(session, sms=60, channels=SMS)
    arrow.look()
    arrow.break_it(channel="sms", kind="delay", seconds=0.02, times=60)

    def end() -> None:
        while len(texted(arrow)) < 3:
            pass
        arrow.dispatcher.ending.set()

    together(a_sender(arrow), end)
    told = len(texted(arrow))
    assert counts(arrow.engine, notice) == {"accepted": told, "planned": 60 - told}
    assert told < 60
    arrow.dispatcher.ending = Event()
    arrow.go_to(NOON)  # at once, with no lease to wait for

    assert len(texted(arrow)) == len(set(texted(arrow))) == 60


def test_an_end_in_the_middle_deadlocks_nobody_and_stops_all(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=420, channels=SMS)
    arrow.look()
    arrow.now = NOON + timedelta(seconds=1)

    def end() -> None:
        while len(texted(arrow)) < 3:
            pass
        resolve(arrow, notice)

    together(a_sender(arrow), a_sender(arrow), a_sender(arrow), end)
    told = {text["recipient"] for text in arrow.received("sms")}
    assert counts(arrow.engine, notice) == recounted(arrow.engine, notice)
    arrow.go_on(seconds=30)

    over = sorted(text["recipient"] for text in arrow.received("sms") if "Over since" in text["body"])
    assert over == sorted(told)
    assert counts(arrow.engine, notice) == {"accepted": len(told), "cancelled": 420 - len(told)}
