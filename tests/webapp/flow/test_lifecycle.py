"""From approval to the screens: at its moment, unchanged, and never when it has become pointless."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from rules.terms import Mode
from tests.arrow import Arrow
from tests.builders import NOON, THREE
from tests.webapp.flow.scenes import (
    approved,
    counts,
    life_safety,
    mailed,
    move_end,
    person,
    resolve,
    stop,
    stored,
    texted,
)
from webapp import db
from webapp.flow import lifecycle, schedule
from webapp.flow.approvals import Recipient
from webapp.flow.notices import Message, Notice, NoticeStatus
from webapp.flow.people import Role
from webapp.flow.refusals import NotAllowed
from webapp.flow.schedule import ActionKind, ActionState

NOTHING: list[str] = []


def held_because(arrow: Arrow, notice: Notice) -> str:
    with db.reading(arrow.engine) as session:
        action = schedule.of(session, notice, ActionKind.post)
        return action.because if action and action.state is ActionState.held else ""


def release(arrow: Arrow, notice: Notice) -> bool:
    with db.transaction(arrow.engine) as session:
        return lifecycle.release(session, session.get_one(Notice, notice.id), by=person(session), now=arrow.now)


def test_after_approval_there_is_a_pause_in_which_it_can_be_stopped(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, hold_s=20)

    arrow.go_on(seconds=19)
    spared = stop(arrow, notice)
    arrow.go_on(minutes=5)

    assert spared == 2
    assert texted(arrow) == NOTHING
    assert stored(arrow, notice).status is NoticeStatus.withdrawn


def test_danger_to_life_does_not_wait(session: Session, arrow: Arrow) -> None:
    approved(session, sms=1, hold_s=20, **life_safety())

    arrow.go_to(NOON)

    assert len(texted(arrow)) == 1


def test_what_is_late_with_most_of_its_life_left_goes_out_by_itself(session: Session, arrow: Arrow) -> None:
    approved(session, sms=1)

    arrow.go_on(hours=1)

    assert len(texted(arrow)) == 1


def test_what_is_late_and_ends_soon_waits_for_a_person(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1)

    arrow.go_to(THREE - timedelta(minutes=30))
    assert "140 minutes late" in held_because(arrow, notice)
    assert texted(arrow) == NOTHING
    assert release(arrow, notice)
    assert not release(arrow, notice)
    arrow.go_on(seconds=1)

    assert len(texted(arrow)) == 1


def test_what_was_held_until_its_end_is_put_away(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1)
    arrow.go_to(THREE - timedelta(minutes=30))

    arrow.go_to(THREE)

    assert not release(arrow, notice)
    arrow.go_on(minutes=1)
    assert texted(arrow) == NOTHING
    assert stored(arrow, notice).status is NoticeStatus.withdrawn


def test_who_may_not_submit_may_not_release(session: Session, arrow: Arrow) -> None:
    notice = approved(session)
    with db.transaction(arrow.engine) as fresh:
        nobody = person(fresh, Role.operator)
        nobody.is_active = False

        with pytest.raises(NotAllowed):
            lifecycle.release(fresh, fresh.get_one(Notice, notice.id), by=nobody, now=NOON)


def test_words_that_changed_after_approval_are_held(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1, email=1)
    with db.transaction(arrow.engine) as fresh:
        fresh.get_one(Message, (notice.id, "sms", "en")).body = "Click here"

    arrow.go_on(seconds=1)

    assert "differs from what was approved" in held_because(arrow, notice)
    assert release(arrow, notice)
    arrow.go_on(seconds=1)
    assert (texted(arrow), mailed(arrow), arrow.received("facebook")) == ([], [], [])


def test_recipients_who_were_added_after_approval_hold_it(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=1)
    with db.transaction(arrow.engine) as fresh:
        one = fresh.get_one(Recipient, (notice.id, 0))
        fresh.add(Recipient(**one.model_dump() | {"pos": 1, "address_id": 999, "value": "+46709999999"}))

    arrow.go_on(seconds=1)

    assert "differs from what was approved" in held_because(arrow, notice)
    assert texted(arrow) == NOTHING


def test_an_incident_that_is_resolved_before_its_notice_went_out_tells_nobody(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2, email=1, hold_s=20)

    resolve(arrow, notice)
    arrow.go_on(minutes=1)
    arrow.go_to(THREE + timedelta(hours=1))

    assert (texted(arrow), mailed(arrow), arrow.received("facebook")) == ([], [], [])
    assert stored(arrow, notice).status is NoticeStatus.withdrawn


def test_a_notice_ends_with_its_incident_when_that_is_moved_before_it(session: Session, arrow: Arrow) -> None:
    notice = approved(session, sms=2)
    arrow.go_on(seconds=1)
    move_end(arrow, notice, NOON + timedelta(hours=1))

    arrow.go_to(NOON + timedelta(hours=1))

    assert stored(arrow, notice).status is NoticeStatus.retired
    (post,) = arrow.received("facebook")
    assert post["body"].startswith("RESOLVED Thursday 19 November 13:10 CET")
    assert len(texted(arrow)) == 4


def test_a_notice_that_ends_while_its_incident_goes_on_says_so_and_sends_no_all_clear(
    session: Session, arrow: Arrow
) -> None:
    notice = approved(session, sms=2)
    arrow.go_on(seconds=1)
    move_end(arrow, notice, THREE + timedelta(hours=2))

    arrow.go_to(THREE)

    assert stored(arrow, notice).status is NoticeStatus.retired
    assert len(texted(arrow)) == 2
    (post,) = arrow.received("facebook")
    assert post["body"].startswith("NO LONGER CURRENT since Thursday 19 November 15:00 CET")
    assert not post["is_pinned"]


def test_nothing_more_is_sent_once_the_end_has_come_even_before_anybody_has_retired_it(
    session: Session, arrow: Arrow
) -> None:
    notice = approved(session, sms=3)
    arrow.look()
    arrow.now = THREE

    while arrow.dispatcher.send_some():  # the schedule is not looked at
        pass

    assert texted(arrow) == NOTHING
    assert arrow.received("facebook") == []
    assert counts(arrow.engine, notice) == {"cancelled": 3}


def test_a_promised_update_that_is_due_reminds_its_writer_once(session: Session, arrow: Arrow) -> None:
    promised = NOON + timedelta(minutes=30)
    approved(session, channels=("status_page",), mode=Mode.exercise, next_update_at=promised)

    for _ in range(3):
        arrow.go_on(minutes=20)

    (mail,) = arrow.received("email")
    assert mail["subject"].startswith("EXERCISE: Update of notice")
