"""A notice on its way: seen as it is, stopped by anybody, in time."""

from datetime import timedelta

from sqlmodel import select

from tests.builders import NOON, STATUS, THREE
from tests.webapp.web.console.notice_scenes import (
    HTMX,
    became,
    execute,
    incident_of,
    posted,
    recipients,
    signed,
    submitted,
    words,
)
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow import lifecycle, schedule
from webapp.flow.audit import AuditEntry
from webapp.flow.deliveries import DeliveryState
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.schedule import ActionKind, ActionState
from webapp.web.console.outcome_list import masked


def test_before_it_goes_out_it_can_be_stopped_and_nobody_is_told(room: Room) -> None:
    notice = signed(room)
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}"

    page = words(browser.get(address).text)
    answer = browser.post(f"{address}/stop", follow_redirects=True)

    assert "Approved by Lena. Goes out in 20 s" in page
    assert "Stop nothing has gone out yet" in page
    assert "SMS: 3 recipients" in page
    assert "Stopped. 3 will not get it." in answer.text
    assert room.stored(Notice, notice.id).status is NoticeStatus.withdrawn


def test_stop_spares_those_who_were_not_told_and_may_be_pressed_twice(room: Room) -> None:
    notice = posted(room)
    became(room, notice, DeliveryState.accepted)
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}"

    first = browser.post(f"{address}/stop", follow_redirects=True).text
    second = browser.post(f"{address}/stop", follow_redirects=True).text

    assert "Stopped. 2 will not get it." in first
    assert "It was stopped already." in second
    assert "2 not sent, stopped" in words(second)
    assert "1 of 3" in words(second)
    with room.store() as session:
        assert len(session.exec(select(AuditEntry).where(AuditEntry.act == "notice.stopped")).all()) == 1


@on_sqlite
def test_progress_is_said_in_words_for_every_channel(room: Room) -> None:
    notice = posted(room, people=5)
    became(room, notice, DeliveryState.delivered, DeliveryState.accepted, DeliveryState.unknown)

    page = words(room.seen_by(room.olle).get(f"/console/notices/{notice.id}").text)

    assert "3 of 5 messages have left" in page
    assert "SMS 3 of 5" in page
    assert "1 delivered" in page
    assert "1 handed over" in page
    assert "1 in doubt" in page
    assert "2 still to send" in page
    assert "Status page : shown since 12:10" in page
    assert "Retires by itself 15:00 CET" in page


def test_the_part_that_changes_is_asked_for_each_second_and_never_kept(room: Room) -> None:
    notice = posted(room)

    answer = room.seen_by(room.olle).get(f"/console/notices/{notice.id}/progress", headers=HTMX)

    assert answer.headers["Cache-Control"] == "no-store"
    assert 'hx-trigger="every 1s"' in answer.text
    assert "<html" not in answer.text


@on_sqlite
def test_without_javascript_the_page_reloads_itself_until_nothing_changes(room: Room) -> None:
    notice = posted(room, people=0, channels=("status_page",))
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}"

    live = browser.get(address).text
    browser.post(f"{address}/withdrawal")
    over = browser.get(address).text

    assert '<noscript><meta http-equiv="refresh"' in live
    assert 'http-equiv="refresh"' not in over
    assert "hx-trigger" not in over


def test_withdrawing_takes_it_down_and_may_be_repeated(room: Room) -> None:
    notice = posted(room)
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}/withdrawal"

    browser.post(address)
    answer = browser.post(address, follow_redirects=True)

    page = words(answer.text)
    assert "Withdrawn by Olle" in page
    assert "taken down since 12:10" in page
    assert room.stored(Notice, notice.id).status is NoticeStatus.retired


def test_a_notice_that_is_held_says_why_and_is_released_by_a_person(room: Room) -> None:
    notice = signed(room)
    late = THREE - timedelta(minutes=20)
    with room.store() as session:
        action = schedule.of(session, notice, ActionKind.post)
        assert action is not None
        lifecycle.execute(session, action, now=late, status_url=STATUS)
    room.at(late)
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}"

    page = words(browser.get(address).text)
    first = browser.post(f"{address}/release", follow_redirects=True).text
    second = browser.post(f"{address}/release", follow_redirects=True).text

    assert "Held" in page
    assert "minutes late and ends soon" in page
    assert "Released. It goes out now." in first
    assert "It was not held any more" in second
    with room.store() as session:
        action = schedule.of(session, notice, ActionKind.post)
        assert action is not None
        assert (action.state, action.due_at) == (ActionState.pending, late)


@on_sqlite
def test_after_its_end_the_page_says_who_did_what_and_how_the_all_clear_goes(room: Room) -> None:
    notice = posted(room)
    became(room, notice, DeliveryState.delivered, DeliveryState.delivered)
    with room.store() as session:
        incident = session.merge(incident_of(room, notice))
        later = NOON + timedelta(minutes=30)
        lifecycle.resolve(session, incident, note="Mended", by=room.olle, now=later, status_url=STATUS)
        over = next(each for each in session.exec(select(Notice)) if each.ending and each.status == "approved")
        execute(session, over, ActionKind.post)
    room.at(later)

    page = words(room.seen_by(room.lena).get(f"/console/notices/{notice.id}").text)

    assert "Over since Thursday 19 November 12:40 CET. Resolved by Olle" in page
    assert "All-clear Sent since 12:40 to those who were told" in page
    assert "SMS 0 of 2" in page
    assert "Lena approved notice" in page


@on_sqlite
def test_those_who_were_not_told_are_listed_with_reasons_and_masked_addresses(room: Room) -> None:
    notice = posted(room)
    became(room, notice, DeliveryState.undelivered, code="30003")
    number = recipients(room, notice)[0]
    address = f"/console/notices/{notice.id}/outcomes/failed"

    for_operator = room.seen_by(room.olle).get(address).text
    for_lead = room.seen_by(room.lena).get(address).text

    assert "off or out of coverage" in for_operator
    assert f"… {number[-3:]}" in for_operator
    assert number not in for_operator
    assert number in for_lead


@on_sqlite
def test_those_in_doubt_are_listed_with_what_is_known(room: Room) -> None:
    notice = posted(room)
    became(room, notice, DeliveryState.unknown, detail="In doubt: the provider knows nothing of it")
    browser = room.seen_by(room.olle)

    page = browser.get(f"/console/notices/{notice.id}").text
    listed = words(browser.get(f"/console/notices/{notice.id}/outcomes/doubt?page=9").text)

    assert f"/console/notices/{notice.id}/outcomes/doubt" in page
    assert "In doubt: 1 person" in listed
    assert "the provider knows nothing of it" in listed
    assert "1 to 1 of 1" in listed


@on_sqlite
def test_while_it_waits_the_page_names_who_may_sign(room: Room) -> None:
    notice = submitted(room)

    page = words(room.seen_by(room.olle).get(f"/console/notices/{notice.id}").text)

    assert "It waits for a lead. Nothing has gone out." in page
    assert "Lena, Liv" in page


def test_an_address_is_masked_so_that_it_can_be_recognised_but_not_used() -> None:
    assert masked("sms", "+46701234567") == "… 567"
    assert masked("email", "anna@mail.example") == "a…@mail.example"
