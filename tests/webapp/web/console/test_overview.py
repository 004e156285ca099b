"""What somebody at three in the morning sees first."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from rules.terms import Mode
from tests.builders import NOON, STATUS, THREE, a_submitted_notice, an_incident, subscribers
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow import approvals, incidents, lifecycle, postings, schedule
from webapp.flow.incidents import IncidentStatus
from webapp.flow.notices import Notice
from webapp.flow.people import Person
from webapp.flow.postings import Posting, PostingState
from webapp.flow.schedule import ActionKind


def a_live_notice(session: Session, room: Room, channels: tuple[str, ...] = ("status_page",), **known: Any) -> Notice:
    """Approved and posted at noon."""
    notice = a_submitted_notice(session, by=session.merge(room.olle), channels=channels, **known)
    lifecycle.sign(session, notice, by=session.get_one(Person, room.lena.id), now=NOON, hold_s=0)
    action = schedule.of(session, notice, ActionKind.post)
    assert action is not None
    lifecycle.execute(session, action, now=NOON, status_url=STATUS)
    return notice


@on_sqlite
def test_an_empty_desk_says_what_to_do_next(room: Room) -> None:
    page = room.seen_by(room.olle).get("/console/").text

    assert "All is quiet" in page
    assert 'When something happens, <a href="/console/incidents/new">file it</a>' in page
    assert "No notice is live" in page


def test_a_lead_sees_what_waits_for_approval_first(room: Room) -> None:
    with room.store() as session:
        notice = a_submitted_notice(session, by=room.olle)

    page = room.seen_by(room.lena).get("/console/").text

    assert "1 thing needs you" in page
    assert "<title>1 to do · Sveg</title>" in page
    assert f'href="/console/notices/{notice.id}/approval">Review</a>' in page
    assert "Olle asks since" in page


@on_sqlite
def test_whoever_asked_for_approval_sees_that_it_waits_for_somebody_else(room: Room) -> None:
    with room.store() as session:
        a_submitted_notice(session, by=room.lena)

    mine, hers = room.seen_by(room.lena).get("/console/").text, room.seen_by(room.liv).get("/console/").text

    assert "Nothing needs you now" in mine
    assert "Waiting for another lead" in mine
    assert "1 thing needs you" in hers


@on_sqlite
def test_nobody_is_asked_to_approve_what_is_over(room: Room) -> None:
    with room.store() as session:
        a_submitted_notice(session, by=room.olle)
    room.at(THREE)

    page = room.seen_by(room.lena).get("/console/").text

    assert "All is quiet" in page
    assert "Review" not in page


@on_sqlite
def test_a_returned_notice_comes_back_to_its_writer_with_the_reason(room: Room) -> None:
    with room.store() as session:
        notice = a_submitted_notice(session, by=room.olle)
        approvals.send_back(session, notice, "Say <b>which</b> machines", by=room.lena, now=NOON)

    page = room.seen_by(room.olle).get("/console/").text

    assert "“Say &lt;b&gt;which&lt;/b&gt; machines”" in page
    assert f"/console/notices/{notice.id}/messages" in page
    assert "Returned" not in room.seen_by(room.liv).get("/console/").text


def test_a_late_notice_is_sent_or_withdrawn_with_one_press(room: Room) -> None:
    with room.store() as session:
        notice = a_submitted_notice(session, by=room.olle)
        lifecycle.sign(session, notice, by=room.lena, now=NOON, hold_s=0)
        action = schedule.of(session, notice, ActionKind.post)
        assert action is not None
        schedule.hold(session, action, "It is 45 minutes late and ends soon", now=NOON)

    page = room.seen_by(room.olle).get("/console/").text

    assert "It is 45 minutes late and ends soon." in page
    assert f'action="/console/notices/{notice.id}/release"' in page
    assert f'action="/console/notices/{notice.id}/withdrawal"' in page
    assert page.count('name="csrf_token"') == 3
    assert "Nothing is being sent" in page


@on_sqlite
def test_an_update_that_was_promised_and_has_not_come_is_overdue_until_somebody_writes_it(room: Room) -> None:
    with room.store() as session:
        incident = an_incident(session, by=room.olle, next_update_at=NOON + timedelta(minutes=30))

    room.at(NOON + timedelta(minutes=42))
    before = room.seen_by(room.olle).get("/console/").text
    with room.store() as session:
        incidents.update(session, incident, IncidentStatus.identified, note="", by=room.olle, now=room.now)
    after = room.seen_by(room.olle).get("/console/").text

    assert "1 thing needs you" in before
    assert "(12 min ago)" in before
    assert "Nothing needs you now" in after


def test_live_notices_are_listed_by_their_end_and_never_after_it(room: Room) -> None:
    with room.store() as session:
        a_live_notice(session, room, headline="Second to end", expected_end_at=THREE + timedelta(hours=1))
        a_live_notice(session, room, headline="First to end")

    page = room.seen_by(room.olle).get("/console/").text
    room.at(THREE)
    later = room.seen_by(room.olle).get("/console/").text

    live = page[page.index('id="live"') : page.index('id="latest"')]
    assert live.index("First to end") < live.index("15:00 CET") < live.index("Second to end")
    assert "2 end today" in page
    live = later[later.index('id="live"') : later.index('id="latest"')]
    assert "First to end" not in live
    assert "Second to end" in live


def test_what_goes_out_shows_how_far_it_is(room: Room) -> None:
    with room.store() as session:
        subscribers(session, 3)
        a_live_notice(session, room, channels=("status_page", "sms"))

    page = room.seen_by(room.olle).get("/console/").text

    going = page[page.index('id="going"') :]
    assert '<progress class="ch-sms" max="3" value="0"' in going
    assert "0 of 3 sent" in going


@on_sqlite
def test_a_stopped_notice_is_not_going_out_any_more(room: Room) -> None:
    with room.store() as session:
        subscribers(session, 3)
        notice = a_live_notice(session, room, channels=("status_page", "sms"))
        lifecycle.stop(session, notice, by=room.olle, now=NOON)

    page = room.seen_by(room.olle).get("/console/").text

    assert 'id="going"' not in page
    assert "Stopped" in page


@on_sqlite
@pytest.mark.parametrize(
    ("state", "words"),
    [(PostingState.failed, "Facebook does not show it"), (PostingState.retiring, "Facebook still shows it as running")],
)
def test_a_posting_in_trouble_is_shown_until_it_is_mended(room: Room, state: PostingState, words: str) -> None:
    with room.store() as session:
        notice = a_live_notice(session, room, channels=("status_page", "facebook"))
        posting = session.exec(select(Posting).where(Posting.channel == postings.FACEBOOK)).one()
        posting.state, posting.detail, posting.tries = state, "The access token has expired", 2

    page = room.seen_by(room.olle).get("/console/").text

    assert f"{words}: The access token has expired" in page
    assert f'href="/console/notices/{notice.id}">Look into it</a>' in page


@on_sqlite
def test_htmx_gets_the_desk_alone(room: Room) -> None:
    part = room.seen_by(room.olle).get("/console/", headers={"HX-Request": "true"})

    assert part.text.lstrip().startswith("<title>")
    assert 'id="desk"' in part.text
    assert "<header" not in part.text
    assert "HX-Request" in part.headers["Vary"]


@on_sqlite
def test_an_exercise_is_marked_wherever_it_is_listed(room: Room) -> None:
    with room.store() as session:
        an_incident(session, by=room.olle, mode=Mode.exercise)

    page = room.seen_by(room.olle).get("/console/").text

    assert '<span class="tag mode">Exercise</span>' in page
