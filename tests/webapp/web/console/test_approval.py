"""A lead decides: never the one who asked, never by mistake, never without seeing what it does."""

from datetime import timedelta

import pytest
from sqlmodel import select

from rules.terms import Mode
from tests.builders import THREE
from tests.webapp.web.console import notice_scenes
from tests.webapp.web.console.notice_scenes import drafted, form_of, submitted, words
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow.approvals import Approval, Recipient, Return
from webapp.flow.audit import AuditEntry
from webapp.flow.headcount import magnitude
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.subscribers import Subscriber
from webapp.web.console import approval, approval_view


def test_one_sentence_says_who_how_many_at_what_cost_and_until_when(room: Room) -> None:
    notice = submitted(room)

    page = words(room.seen_by(room.lena).get(f"/console/notices/{notice.id}/approval").text)

    assert "Olle asks to tell 3 people by SMS, and everybody who looks at the status page" in page
    assert "Sveg" in page
    assert "about 1.50 SEK" in page
    assert "ends Thursday 19 November 15:00 CET" in page
    assert "Actual people get this" in page
    assert "Facebook – Avoid not used" in page


@on_sqlite
def test_an_exercise_cannot_be_mistaken(room: Room) -> None:
    notice = submitted(room, mode=Mode.exercise)

    page = words(room.seen_by(room.lena).get(f"/console/notices/{notice.id}/approval").text)

    assert "Exercise Nothing on this page is real" in page
    assert "as an exercise" in page
    assert "Actual" not in page


def test_a_lead_approves_and_follows_it(room: Room) -> None:
    notice = submitted(room)
    browser, address = room.seen_by(room.lena), f"/console/notices/{notice.id}/approval"

    answer = browser.post(address)
    again = browser.post(address)

    with room.store() as session:
        signature = session.exec(select(Approval).where(Approval.notice_id == notice.id)).one()
    assert answer.location == f"/console/notices/{notice.id}"
    assert room.stored(Notice, notice.id).status is NoticeStatus.approved
    assert (signature.approved_by_id, signature.recipients) == (room.lena.id, 3)
    assert again.status_code == 409
    assert "is approved" in again.text


def test_whoever_submitted_a_notice_cannot_approve_it(room: Room) -> None:
    with room.store() as session:
        lena = session.merge(room.lena)
        room.olle = lena  # a lead who writes notices too
    notice = submitted(room)
    browser, address = room.seen_by(room.lena), f"/console/notices/{notice.id}/approval"

    page, answer = browser.get(address).text, browser.post(address)

    assert "another lead must decide" in page
    assert "approve-button" not in page
    assert answer.status_code == 403
    assert "cannot approve it" in answer.text
    assert room.stored(Notice, notice.id).status is NoticeStatus.submitted


@on_sqlite
def test_an_operator_sees_it_and_cannot_sign(room: Room) -> None:
    notice = submitted(room)
    browser, address = room.seen_by(room.olle), f"/console/notices/{notice.id}/approval"

    assert "approve-button" not in browser.get(address).text
    assert browser.post(address).status_code == 403


@pytest.mark.parametrize(("number", "rounded"), [(1_450, 1_000), (228_000, 200_000), (999, 900), (10, 10), (0, 0)])
def test_a_magnitude_has_one_figure(number: int, rounded: int) -> None:
    assert magnitude(number) == rounded


@on_sqlite
def test_above_a_thousand_recipients_the_magnitude_is_typed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval, "MANY", 10)  # a thousand people would take seconds to make
    monkeypatch.setattr(approval_view, "MANY", 10)
    notice = submitted(room, people=12)
    browser, address = room.seen_by(room.lena), f"/console/notices/{notice.id}/approval"

    page = browser.get(address).text
    careless, wrong = browser.post(address), browser.post(address, data={"magnitude": "100"})
    meant = browser.post(address, data={"magnitude": " 10 "})

    assert "It sends about 10. Type 10" in words(page).replace(" .", ".")
    assert careless.status_code == wrong.status_code == 422
    assert "type 10 to say that you mean it" in wrong.text
    assert meant.status_code == 303


def test_thousands_may_be_written_as_people_write_them() -> None:
    for typed in ("1000", "1 000", "1,000", "1.000", "1'000", "1\u202f000"):
        assert approval.NOT_A_FIGURE.sub("", typed) == "1000"


def test_a_return_needs_a_reason_and_its_writer_reads_it(room: Room) -> None:
    notice = submitted(room)
    lead, writer, address = room.seen_by(room.lena), room.seen_by(room.olle), f"/console/notices/{notice.id}"

    empty = lead.post(f"{address}/return", data={"reason": " "})
    answer = lead.post(f"{address}/return", data={"reason": "Name the place"})
    page = writer.get(f"{address}/messages").text

    assert empty.status_code == 422
    assert "Say what should be changed" in empty.text
    assert answer.status_code == 303
    assert "Lena returned it" in words(page)
    assert "Name the place" in page
    assert writer.post(f"{address}/messages", data=form_of(page) | {"then": ["ask"]}).status_code == 303
    assert "Name the place" in lead.get(f"{address}/approval").text
    with room.store() as session:
        assert session.exec(select(Return.reason)).all() == ["Name the place"]


@on_sqlite
def test_a_second_return_changes_nothing(room: Room) -> None:
    notice = submitted(room)
    lead, address = room.seen_by(room.lena), f"/console/notices/{notice.id}/return"
    lead.post(address, data={"reason": "Name the place"})

    again = lead.post(address, data={"reason": "Name the place"})

    assert again.status_code == 409
    with room.store() as session:
        assert len(session.exec(select(Return)).all()) == 1


@on_sqlite
def test_a_notice_whose_end_has_passed_is_not_approved(room: Room) -> None:
    notice = submitted(room)
    room.at(THREE + timedelta(minutes=1))

    answer = room.seen_by(room.lena).post(f"/console/notices/{notice.id}/approval")

    assert answer.status_code == 422
    assert "end has passed already" in answer.text
    assert room.stored(Notice, notice.id).status is NoticeStatus.submitted


@on_sqlite
def test_what_is_chosen_against_the_rules_is_said_first(room: Room) -> None:
    notice = submitted(room, channels=("status_page", "facebook"))

    page = words(room.seen_by(room.lena).get(f"/console/notices/{notice.id}/approval").text)

    assert "Facebook is against the recommendation, because: “They look there”" in page
    assert page.index("is against the recommendation") < page.index("What they read")


@on_sqlite
def test_pages_lead_to_where_the_notice_is(room: Room) -> None:
    draft, waiting = drafted(room), notice_scenes.signed(room, people=0)
    browser = room.seen_by(room.lena)

    assert browser.get(f"/console/notices/{draft.id}/approval").location == f"/console/notices/{draft.id}/messages"
    assert browser.get(f"/console/notices/{waiting.id}/approval").location == f"/console/notices/{waiting.id}"
    assert browser.get(f"/console/notices/{draft.id}").location == f"/console/notices/{draft.id}/messages"


def test_what_is_signed_is_what_was_shown(room: Room) -> None:
    notice = submitted(room)
    browser, address = room.seen_by(room.lena), f"/console/notices/{notice.id}/approval"
    assert 'name="seen" value="sms=3"' in browser.get(address).text

    asked_again = browser.post(address, data={"seen": "sms=40"})

    assert asked_again.status_code == 422
    assert "sms 40 then, 3 now" in words(asked_again.text)
    assert room.stored(Notice, notice.id).status is NoticeStatus.submitted
    with room.store() as session:
        assert not session.exec(select(Recipient).where(Recipient.notice_id == notice.id)).all()


def test_one_more_or_less_is_said_and_signed(room: Room) -> None:
    notice = submitted(room)
    browser = room.seen_by(room.lena)

    answer = browser.post(f"/console/notices/{notice.id}/approval", data={"seen": "sms=4"}, follow_redirects=True)

    assert "sms 4 then, 3 now" in words(answer.text)
    assert room.stored(Notice, notice.id).status is NoticeStatus.approved
    with room.store() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.act == "notice.approved")).one()
    assert "sms 4 then, 3 now" in entry.sentence


def test_a_damaged_page_signs_nothing(room: Room) -> None:
    notice = submitted(room)

    answer = room.seen_by(room.lena).post(f"/console/notices/{notice.id}/approval", data={"seen": "sms=many"})

    assert answer.status_code == 422
    assert room.stored(Notice, notice.id).status is NoticeStatus.submitted


def test_how_many_are_told_in_a_language_that_they_did_not_choose_is_said(room: Room) -> None:
    notice = submitted(room)
    with room.store() as session:
        for one in session.exec(select(Subscriber)):
            one.language = "fi"
        session.commit()

    page = words(room.seen_by(room.lena).get(f"/console/notices/{notice.id}/approval").text)

    assert "3 of the 3 messages (100 %) go to people who read Suomi, in which nothing is written" in page
