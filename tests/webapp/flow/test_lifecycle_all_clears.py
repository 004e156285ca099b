"""That it is over: said to exactly those who were told, or may have been, at a decent hour, and not days later."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON, THREE
from tests.webapp.flow.scenes import an_update, approved, move_end, person, resolve, stop, stored, texted
from webapp import db
from webapp.flow import attempts, claims, deliveries, lifecycle, schedule
from webapp.flow.notices import Notice
from webapp.flow.subscribers import suppress

SMS = ("status_page", "sms")
EVENING = datetime(2026, 11, 19, 21, 30, tzinfo=UTC)  # 22:30 in Stockholm
SEVEN = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # 07:00 the next morning


def over(arrow: Arrow) -> list[str]:
    """Who was told that it is (or should be) over."""
    said = ("Over since", "should be over")
    return sorted(text["recipient"] for text in arrow.received("sms") if any(it in text["body"] for it in said))


def test_the_end_by_the_clock_says_should_and_the_end_by_a_person_says_is(session: Session, arrow: Arrow) -> None:
    approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)
    arrow.go_to(THREE)

    (text,) = [text for text in arrow.received("sms") if "should be over" in text["body"]]

    assert "15:00 CET" in text["body"]
    arrow.go_on(hours=3)
    assert len(texted(arrow)) == 2


def test_who_failed_or_was_spared_is_not_told_and_who_is_in_doubt_is(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=4, channels=SMS)
    arrow.break_it(channel="sms", kind="status", recipient="+46701000000", status=400, code=21211)
    arrow.break_it(channel="sms", kind="drop_before", recipient="+46701000001")
    arrow.break_it(channel="sms", kind="status", recipient="+46701000002", status=429, code=20429)
    arrow.now += timedelta(seconds=1)
    arrow.look()
    arrow.dispatcher.send_chunk()
    stop(arrow, notice)

    resolve(arrow, notice)
    arrow.go_on(minutes=5)

    assert over(arrow) == ["+46701000001", "+46701000003"]


def test_who_left_meanwhile_is_not_told(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.go_on(seconds=1)
    with db.transaction(arrow.engine) as fresh:
        suppress(fresh, "sms", "+46701000000", reason="unsubscribed", now=NOON)

    resolve(arrow, notice)
    arrow.go_on(seconds=1)

    assert over(arrow) == ["+46701000001"]


def test_it_waits_until_it_is_known_who_was_told(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, channels=SMS)
    arrow.look()
    with db.transaction(arrow.engine) as fresh:  # a sender is about to call the provider
        chunk = claims.claim(fresh, now=NOON, channels=["sms"])
        assert chunk is not None
        batch = attempts.next_recipients(fresh, chunk, now=NOON, most=2)
        attempts.begin(fresh, chunk, batch, now=NOON)
    resolve(arrow, notice)

    arrow.look()
    with db.transaction(arrow.engine) as fresh:  # and did not come to it
        attempts.take_back(fresh, deliveries.lock(fresh, chunk.id or 0), batch)
        attempts.recount(fresh, chunk.id or 0, now=NOON)
    arrow.go_on(seconds=2)

    assert over(arrow) == []


def test_at_night_it_waits_for_the_morning(session: Session, arrow: Arrow) -> None:
    approved(session, sms=1, channels=SMS, expected_end_at=EVENING + timedelta(hours=1))
    arrow.go_on(seconds=1)
    assert len(texted(arrow)) == 1

    arrow.go_to(EVENING + timedelta(hours=1))
    arrow.go_to(SEVEN - timedelta(seconds=1))
    assert over(arrow) == []
    arrow.go_to(SEVEN)

    assert over(arrow) == ["+46701000000"]


def test_after_an_end_that_somebody_moved_nothing_is_said_at_the_old_one(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)
    move_end(arrow, notice, THREE + timedelta(hours=1))

    arrow.go_to(THREE)
    arrow.go_on(minutes=30)

    assert over(arrow) == []


@pytest.mark.parametrize("by_person", [True, False])
def test_whose_notice_ended_before_the_incident_did_hears_of_the_end(
    session: Session, arrow: Arrow, by_person: bool
) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)
    move_end(arrow, notice, THREE + timedelta(hours=1))
    arrow.go_to(THREE + timedelta(minutes=30))

    if by_person:
        resolve(arrow, notice)
        arrow.go_on(seconds=1)
    arrow.go_to(THREE + timedelta(hours=1))
    arrow.go_on(hours=3)

    assert over(arrow) == ["+46701000000"]
    (said,) = [
        text["body"] for text in arrow.received("sms") if "ver since" in text["body"] or "should be" in text["body"]
    ]
    assert ("15:30 CET" if by_person else "16:00 CET") in said


def test_who_was_told_more_since_hears_of_the_end_once(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)
    an_update(arrow, notice, channels=SMS, end=THREE + timedelta(hours=1))
    arrow.go_on(seconds=1)

    arrow.go_to(THREE + timedelta(hours=1))
    arrow.go_on(hours=3)

    assert over(arrow) == ["+46701000000"]


@pytest.mark.parametrize(("late_min", "goes_out"), [(30, True), (50, False), (24 * 60, False)])
def test_long_after_the_end_a_person_decides(session: Session, arrow: Arrow, late_min: int, goes_out: bool) -> None:
    approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)

    arrow.go_to(THREE + timedelta(minutes=late_min))  # nothing ran meanwhile
    assert bool(over(arrow)) == goes_out
    with db.transaction(arrow.engine) as fresh:
        held = schedule.held(fresh)
        assert bool(held) != goes_out
        for action in held:
            waiting = fresh.get_one(Notice, action.notice_id)
            assert lifecycle.release(fresh, waiting, by=person(fresh), now=arrow.now)
    arrow.go_on(seconds=1)

    assert over(arrow) == ["+46701000000"]


def test_it_ends_itself(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    arrow.go_on(seconds=1)
    resolve(arrow, notice)
    arrow.go_on(seconds=1)

    arrow.go_on(hours=2)

    assert len(over(arrow)) == 1
    with db.reading(arrow.engine) as fresh:
        assert schedule.due(fresh, now=arrow.now) == []
    assert stored(arrow, notice).retired_at is not None


def test_a_notice_that_wants_none_gets_none(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, channels=SMS)
    with db.transaction(arrow.engine) as fresh:
        fresh.get_one(Notice, notice.id).wants_all_clear = False
    with db.reading(arrow.engine) as fresh:
        assert fresh.get_one(Notice, notice.id).wants_all_clear is False

    arrow.go_on(seconds=1)

    assert texted(arrow) == []  # what was approved wanted one: it is held
