"""The messages of a draft: already written, followed by the rest, never lost."""

from datetime import timedelta
from typing import Any

from sqlmodel import select
from werkzeug.test import TestResponse

from rules.terms import Mode
from tests.builders import NOON, THREE, a_subscriber, an_incident, subscribers
from tests.webapp.web.console.notice_scenes import HTMX, drafted, form_of, incident_of, posted, submitted, words
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.db import add
from webapp.flow import incidents, notices
from webapp.flow.letters import Letter
from webapp.flow.notices import Ending, Message, MessageType, Notice, NoticeStatus, NoticeText
from webapp.flow.organisation import ChannelSetup
from webapp.flow.subscribers import Address


def save(room: Room, notice: Notice, typed: dict[str, Any], *, htmx: bool = False) -> TestResponse:
    """Open the page, type and press a button, as a browser without JavaScript does."""
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}/messages"
    form = form_of(browser.get(address).text) | typed
    return browser.post(address, data=form, headers=HTMX if htmx else {})


def body(room: Room, notice: Notice, channel: str = "sms") -> Message:
    return room.stored(Message, (notice.id, channel, "en"))


def test_a_notice_begins_already_written_and_is_begun_once(room: Room) -> None:
    with room.store() as session:
        subscribers(session, 2)
        incident = an_incident(session, by=room.olle)
    browser = room.seen_by(room.olle)

    first = browser.post(f"/console/incidents/{incident.id}/notices")
    second = browser.post(f"/console/incidents/{incident.id}/notices")

    page = browser.get(first.location).text
    assert (first.status_code, first.location) == (303, second.location)
    assert "Cash machines in Sveg do not work" in page
    assert "Thursday 19 November 15:00 CET" in page
    assert 'value="sms" checked' in page


@on_sqlite
def test_while_a_notice_is_live_the_next_one_updates_it(room: Room) -> None:
    live = posted(room)

    answer = room.seen_by(room.olle).post(f"/console/incidents/{live.incident_id}/notices")

    with room.store() as session:
        new = session.exec(select(Notice).where(Notice.status == NoticeStatus.draft, Notice.ending == None)).one()  # noqa: E711  SQL's IS NULL
    assert answer.location == f"/console/notices/{new.id}/messages"
    assert (new.message_type, new.follows_id) == (MessageType.update, live.id)


@on_sqlite
def test_an_update_goes_wherever_people_were_told_before(room: Room) -> None:
    live = posted(room, channels=("status_page", "sms", "facebook"))
    browser = room.seen_by(room.olle)

    address = browser.post(f"/console/incidents/{live.incident_id}/notices").location
    page = browser.get(address).text
    without = browser.post(address, data=form_of(page) | {"channels": ["status_page", "sms"]}, headers=HTMX)

    assert 'value="facebook" checked' in page
    assert "It takes the place of “Cash machines in Sveg do not work”" in words(page)
    assert "People know the old news by" not in page
    assert "People know the old news by Facebook" in words(without.text)


@on_sqlite
def test_while_a_notice_waits_no_second_one_is_begun(room: Room) -> None:
    waiting = submitted(room)

    answer = room.seen_by(room.olle).post(f"/console/incidents/{waiting.incident_id}/notices")

    assert answer.status_code == 409
    assert "withdraw it first" in answer.text


@on_sqlite
def test_the_page_shows_verdicts_counts_costs_and_what_is_missing(room: Room) -> None:
    notice = drafted(room)

    page = words(room.seen_by(room.olle).get(f"/console/notices/{notice.id}/messages").text)

    assert "SMS ✓ Use" in page
    assert "Facebook – Avoid" in page
    assert "Those who asked 3" in page
    assert "segment" in page
    assert "GSM-7" in page
    assert "Does not say when the next update comes" in page
    assert "Retires by itself Thursday 19 November 15:00 CET" in page
    assert "If nobody says otherwise, they get at its end (" in page
    assert "If somebody resolves it before, they get" in page


def test_messages_follow_the_words_until_they_are_edited_by_hand(room: Room) -> None:
    notice = drafted(room, channels=("status_page", "sms", "email"))

    save(room, notice, {"body-now-email-en": "Dear reader"})
    saved = save(room, notice, {"headline-en": "Cash machines are out of order"})

    assert saved.status_code == 303
    assert "out of order" in body(room, notice).body
    assert body(room, notice, "email").body == "Dear reader"
    assert not body(room, notice).is_edited
    with room.store() as session:
        for over in notices.endings(session, session.get_one(Notice, notice.id)):
            message = session.get_one(Message, (over.id, "sms", "en"))
            assert "out of order" in message.body
            assert "{ended}" in message.body


@on_sqlite
def test_what_was_typed_by_hand_can_be_given_up(room: Room) -> None:
    notice = drafted(room)
    save(room, notice, {"body-now-sms-en": "Something else"})

    save(room, notice, {"then": "anew:now-sms-en"})

    assert body(room, notice).body.startswith("Fjällbanken: Cash machines in Sveg do not work.")
    assert not body(room, notice).is_edited


@on_sqlite
def test_an_all_clear_can_be_edited_and_switched_off(room: Room) -> None:
    notice = drafted(room)

    save(room, notice, {"wants_all_clear": [], "body-by_person-sms-en": "It works again since {ended}. Sorry!"})

    with room.store() as session:
        ends = {over.ending: over for over in notices.endings(session, session.get_one(Notice, notice.id))}
        message = session.get_one(Message, (ends[Ending.by_person].id, "sms", "en"))
    assert message.body == "It works again since {ended}. Sorry!"
    assert not room.stored(Notice, notice.id).wants_all_clear


def test_a_mistake_keeps_everything_typed_and_stores_nothing(room: Room) -> None:
    notice = drafted(room)
    before = body(room, notice).body

    answer = save(room, notice, {"headline-en": "  ", "body-now-sms-en": "Half of a thought", "begins": "at"})

    assert answer.status_code == 422
    assert "Say in one line what has happened" in answer.text
    assert "Write when it begins" in answer.text
    assert "Half of a thought" in answer.text
    assert body(room, notice).body == before


@on_sqlite
def test_a_blocked_channel_cannot_be_chosen(room: Room) -> None:
    notice = drafted(room, channels=("sms",), named_people=True)

    page = room.seen_by(room.olle).get(f"/console/notices/{notice.id}/messages").text
    answer = save(room, notice, {"channels": ["sms", "facebook"]})

    assert 'value="facebook" disabled' in page
    assert answer.status_code == 422
    assert "Facebook is blocked" in answer.text
    with room.store() as session:
        assert [pick.channel for pick in notices.channels_of(session, notice)] == ["sms"]


@on_sqlite
def test_no_channel_at_all_is_refused_at_the_channels(room: Room) -> None:
    notice = drafted(room)

    answer = save(room, notice, {"channels": []})

    assert answer.status_code == 422
    assert "Choose at least one channel" in answer.text


@on_sqlite
def test_characters_that_halve_a_segment_are_named(room: Room) -> None:
    notice = drafted(room)

    page = words(save(room, notice, {"body-now-sms-en": "Sorry – cash machines are down"}, htmx=True).text)

    assert "“–” (en dash)" in page
    assert "UCS-2" in page
    assert "1 segment · 40 characters left" in page


@on_sqlite
def test_it_begins_at_a_local_time_that_exists_and_lies_ahead(room: Room) -> None:
    notice = drafted(room)

    past = save(room, notice, {"begins": "at", "begins_at": "2026-11-19T12:00"})
    never = save(room, notice, {"begins": "at", "begins_at": "2027-03-28T02:30"})
    later = save(room, notice, {"begins": "at", "begins_at": "2026-11-19T13:00"})

    assert "has passed already" in past.text
    assert "does not exist" in never.text
    assert later.status_code == 303
    assert room.stored(Notice, notice.id).effective_at == NOON + timedelta(minutes=50)


@on_sqlite
def test_htmx_saves_the_draft_and_gets_the_form_alone(room: Room) -> None:
    notice = drafted(room)

    answer = save(room, notice, {"headline-en": "Cash machines are out of order"}, htmx=True)

    assert answer.status_code == 200
    assert "saved 12:10" in answer.text
    assert "<html" not in answer.text
    assert "HX-Request" in answer.headers["Vary"]
    assert room.stored(NoticeText, (notice.id, "en")).headline == "Cash machines are out of order"


def test_asking_writes_to_every_lead_but_not_to_whoever_asks(room: Room) -> None:
    notice = drafted(room, mode=Mode.exercise)
    browser = room.seen_by(room.lena)
    address = f"/console/notices/{notice.id}/messages"

    answer = browser.post(address, data=form_of(browser.get(address).text) | {"then": ["ask"]})

    with room.store() as session:
        letters = session.exec(select(Letter)).all()
    assert answer.location == f"/console/notices/{notice.id}"
    assert room.stored(Notice, notice.id).status is NoticeStatus.submitted
    assert [letter.value for letter in letters] == [room.liv.email]
    assert letters[0].subject.startswith("EXERCISE: Please approve")
    assert f"http://status.example/console/notices/{notice.id}/approval" in letters[0].body


@on_sqlite
def test_nothing_can_be_edited_once_it_is_submitted(room: Room) -> None:
    notice = submitted(room)
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}/messages"

    page = browser.get(address)
    answer = browser.post(address, data={"headline-en": "Something else"})

    assert page.location == f"/console/notices/{notice.id}/approval"
    assert answer.status_code == 409
    assert "can no longer be edited" in answer.text
    assert room.stored(NoticeText, (notice.id, "en")).headline == "Cash machines in Sveg do not work"


def test_an_end_that_was_moved_is_taken_over_before_anybody_is_asked(room: Room) -> None:
    notice = drafted(room)
    with room.store() as session:
        four = THREE + timedelta(hours=1)
        incidents.move_end(session, incident_of(room, notice), four, None, by=room.olle, now=NOON)

    page = room.seen_by(room.olle).get(f"/console/notices/{notice.id}/messages").text
    refused = save(room, notice, {"then": "ask"})
    taken = save(room, notice, {"then": "follow"})

    assert "The incident&#39;s times have been moved" in page or "The incident's times have been moved" in page
    assert refused.status_code == 422
    assert "take over the new times first" in words(refused.text)
    assert taken.status_code == 303
    assert room.stored(Notice, notice.id).expires_at == four
    assert "16:00" in body(room, notice).body


@on_sqlite
def test_an_address_that_names_no_notice_says_so(room: Room) -> None:
    answer = room.seen_by(room.olle).get("/console/notices/00000000-0000-0000-0000-000000000000/messages")

    assert answer.status_code == 404
    assert "There is no such notice" in answer.text


@on_sqlite
def test_what_stands_beside_the_text_of_a_webhook_is_not_missing_in_it(room: Room) -> None:
    with room.store() as session:
        add(session, ChannelSetup(channel="webhook", position=5))
        add(session, Address(subscriber_id=a_subscriber(session).id or 0, channel="webhook", value="https://program.example/x", confirmed_at=NOON))  # fmt: skip
    notice = drafted(room, channels=("status_page", "webhook"))

    page = words(room.seen_by(room.olle).get(f"/console/notices/{notice.id}/messages").text)

    assert "Webhook ✓ Use" in page
    assert page.count("Does not say when the next update comes") == 2
    assert "who is speaking" not in page
