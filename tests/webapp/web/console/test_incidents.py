"""Finding an incident, and saying where it stands."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from rules.terms import Kind, Mode
from tests.builders import NOON, STATUS, THREE, a_draft, a_submitted_notice, an_incident, subscribers
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow import attempts, claims, incidents, lifecycle, schedule
from webapp.flow.areas import Where
from webapp.flow.deliveries import DeliveryState
from webapp.flow.incidents import Incident, IncidentStatus, Update
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.schedule import ActionKind


def an_open_incident(room: Room, **known: Any) -> Incident:
    with room.store() as session:
        return an_incident(session, by=room.olle, **known)


def told_in_sveg(room: Room, people: int) -> Notice:
    """A live notice that so many people have been told by SMS."""
    with room.store() as session:
        subscribers(session, people)
        notice = a_submitted_notice(session, by=room.olle)
        lifecycle.sign(session, notice, by=room.lena, now=NOON, hold_s=0)
        action = schedule.of(session, notice, ActionKind.post)
        assert action is not None
        lifecycle.execute(session, action, now=NOON, status_url=STATUS)
        chunk = claims.claim(session, now=NOON, channels=["sms"])
        assert chunk is not None
        batch = attempts.next_recipients(session, chunk, now=NOON, most=people)
        attempts.begin(session, chunk, batch, now=NOON)
        for recipient, n in batch:
            attempts.settle(session, (notice.id, recipient.pos, n), DeliveryState.accepted, now=NOON)
        return notice


@on_sqlite
def test_the_first_visit_says_what_an_incident_is_for(room: Room) -> None:
    assert "No incident has been filed yet" in room.seen_by(room.olle).get("/console/incidents").text


def test_incidents_are_found_by_state_kind_and_words(room: Room) -> None:
    with room.store() as session:
        an_incident(session, by=room.olle, headline="Machines in Sveg down")
        an_incident(session, by=room.olle, headline="Calls in our name", kind=Kind.fraud, components=(), where=Where())
        short = an_incident(
            session, by=room.olle, headline="A short one", expected_end_at=NOON + timedelta(minutes=5), where=Where()
        )
        code = a_draft(session, short, by=room.olle).code
    room.at(NOON + timedelta(minutes=6))
    browser = room.seen_by(room.olle)

    def found(query: str) -> set[str]:
        page = browser.get(f"/console/incidents?{query}").text
        return {name for name in ("Machines in Sveg down", "Calls in our name", "A short one") if name in page}

    assert found("") == {"Machines in Sveg down", "Calls in our name", "A short one"}
    assert found("state=open") == {"Machines in Sveg down", "Calls in our name"}
    assert found("state=ended") == {"A short one"}
    assert found("kind=fraud") == {"Calls in our name"}
    assert found("q=SVEG") == {"Machines in Sveg down"}
    assert found("q=cash") == {"Machines in Sveg down", "A short one"}
    assert found(f"q={code.lower()}") == {"A short one"}
    assert found("q=%25") == set()
    assert found("state=open&kind=fraud&q=name&page=99") == {"Calls in our name"}
    assert found("state=x&kind=y&page=z") == {"Machines in Sveg down", "Calls in our name", "A short one"}


@on_sqlite
def test_a_long_list_is_paged_and_keeps_what_was_asked(room: Room) -> None:
    with room.store() as session:
        for number in range(27):
            an_incident(
                session,
                by=room.olle,
                headline=f"Incident {number:02}",
                started_at=NOON + timedelta(minutes=number),
                where=Where(),
            )
    browser = room.seen_by(room.olle)

    first, second = browser.get("/console/incidents?state=open").text, browser.get("/console/incidents?page=2").text

    assert "1 to 25 of 27" in first
    assert "Incident 26" in first
    assert "Incident 01" not in first
    assert 'href="/console/incidents?page=2&amp;state=open"' in first
    assert "26 to 27 of 27" in second
    assert "Incident 01" in second


def test_an_incident_shows_its_whole_story_newest_first(room: Room) -> None:
    notice = told_in_sveg(room, 2)
    later = NOON + timedelta(minutes=20)
    with room.store() as session:
        incident = session.get_one(Incident, notice.incident_id)
        incidents.update(session, incident, IncidentStatus.identified, note="The line is cut", by=room.lena, now=later)

    page = room.seen_by(room.olle).get(f"/console/incidents/{notice.incident_id}").text

    story = page[page.index('id="story"') :]
    steps = ["Identified, by Lena", "The line is cut", f"Notice {notice.code} went live", "Lena approved", "Olle asked for approval", "Olle drafted", "Olle filed"]  # fmt: skip
    assert [story.index(step) for step in steps] == sorted(story.index(step) for step in steps)
    assert "Recommended to Olle" in story
    assert "Cash machines: partial outage" in page
    assert "Sveg, within 15 km" in page
    assert "On the status page</a> by its notices" in page


@on_sqlite
def test_words_of_people_are_shown_as_words(room: Room) -> None:
    incident = an_open_incident(room, headline="<script>alert(1)</script>", instruction="<img src=x>")

    page = room.seen_by(room.olle).get(f"/console/incidents/{incident.id}").text

    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_an_update_says_where_it_stands_and_when_people_hear_more(room: Room) -> None:
    incident = an_open_incident(room)
    room.at(NOON + timedelta(minutes=3))

    answer = room.seen_by(room.olle).post(
        f"/console/incidents/{incident.id}/updates",
        data={
            "update-status": "identified",
            "update-note": " A cut line ",
            "update-next_update_at": "2026-11-19T13:30",
        },
    )

    with room.store() as session:
        newest = incidents.updates(session, incident)[0]
        stored = session.get_one(Incident, incident.id)
    assert answer.location == f"/console/incidents/{incident.id}"
    assert (newest.status, newest.note, newest.by_id) == (IncidentStatus.identified, "A cut line", room.olle.id)
    assert stored.status is IncidentStatus.identified
    assert stored.next_update_at == datetime(2026, 11, 19, 12, 30, tzinfo=UTC)
    assert stored.expected_end_at == THREE


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"update-status": "resolved"}, "Not a valid choice"),
        ({"update-status": "monitoring", "update-next_update_at": "2026-11-19T12:00"}, "This time has passed already"),
        ({"update-status": "monitoring", "update-next_update_at": "half past"}, "write it like"),
        ({}, "Choose where it stands"),
    ],
)
@on_sqlite
def test_an_update_that_cannot_be_is_shown_at_its_field_with_everything_typed(
    room: Room, typed: dict[str, str], sentence: str
) -> None:
    incident = an_open_incident(room)
    room.at(NOON + timedelta(minutes=3))

    answer = room.seen_by(room.olle).post(
        f"/console/incidents/{incident.id}/updates", data=typed | {"update-note": "Typed words"}
    )

    with room.store() as session:
        assert len(session.exec(select(Update)).all()) == 1
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Typed words</textarea>" in answer.text
    assert 'id="update" open' in answer.text


@on_sqlite
def test_without_an_end_an_update_says_when_the_next_one_comes(room: Room) -> None:
    incident = an_open_incident(room, expected_end_at=None, next_update_at=NOON + timedelta(minutes=5))

    answer = room.seen_by(room.olle).post(
        f"/console/incidents/{incident.id}/updates", data={"update-status": "monitoring"}
    )

    assert answer.status_code == 422
    assert "Without an end, say when the next update comes" in answer.text
    assert room.stored(Incident, incident.id).status is IncidentStatus.investigating


@on_sqlite
def test_planned_work_has_steps_of_its_own(room: Room) -> None:
    work = an_open_incident(room, kind=Kind.maintenance, started_at=NOON + timedelta(hours=1))

    page = room.seen_by(room.olle).get(f"/console/incidents/{work.id}").text

    assert "Verifying: the work is done, we check it" in page
    assert "Investigating: we look" not in page
    assert "Begins" in page


def test_the_end_is_moved_to_a_local_time(room: Room) -> None:
    incident = an_open_incident(room)

    answer = room.seen_by(room.olle).post(
        f"/console/incidents/{incident.id}/end", data={"end-expected_end_at": "2026-11-19T16:30"}
    )

    assert answer.status_code == 303
    assert room.stored(Incident, incident.id).expected_end_at == datetime(2026, 11, 19, 15, 30, tzinfo=UTC)


@on_sqlite
def test_the_end_is_put_off_with_one_press(room: Room) -> None:
    incident = an_open_incident(room, next_update_at=NOON + timedelta(minutes=30))

    room.seen_by(room.olle).post(f"/console/incidents/{incident.id}/end", data={"later": "60"})

    moved = room.stored(Incident, incident.id)
    assert moved.expected_end_at == THREE + timedelta(hours=1)
    assert moved.next_update_at == NOON + timedelta(minutes=30)


@on_sqlite
def test_an_end_that_is_late_already_is_put_off_from_now(room: Room) -> None:
    incident = an_open_incident(room, ends_by_itself=False)
    room.at(THREE + timedelta(minutes=40))

    room.seen_by(room.olle).post(f"/console/incidents/{incident.id}/end", data={"later": "30"})

    assert room.stored(Incident, incident.id).expected_end_at == THREE + timedelta(minutes=70)


@on_sqlite
def test_an_hour_that_comes_twice_is_asked_about_and_one_that_never_comes_is_refused(room: Room) -> None:
    room.at(datetime(2026, 10, 24, 12, tzinfo=UTC))
    autumn = an_open_incident(room, started_at=room.now, expected_end_at=None, next_update_at=THREE, now=room.now)
    browser, address = room.seen_by(room.olle), f"/console/incidents/{autumn.id}/end"

    asked = browser.post(address, data={"end-expected_end_at": "2026-10-25T02:30"})
    chosen = browser.post(address, data={"end-expected_end_at": ["2026-10-25T02:30", "2026-10-25T02:30+0100"]})
    never = browser.post(address, data={"end-expected_end_at": "2027-03-28T02:30"})

    assert asked.status_code == 422
    assert "comes twice that night" in asked.text
    assert 'value="2026-10-25T02:30+0100"' in asked.text
    assert chosen.status_code == 303
    assert room.stored(Incident, autumn.id).expected_end_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert never.status_code == 422
    assert "clocks are set forward that night" in never.text


@on_sqlite
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"end-expected_end_at": "2026-11-19T12:00"}, "This time has passed already"),
        ({}, "Without an end, say when the next update comes"),
    ],
)
def test_an_end_that_cannot_be_is_refused_at_its_field(room: Room, typed: dict[str, str], sentence: str) -> None:
    incident = an_open_incident(room)

    answer = room.seen_by(room.olle).post(f"/console/incidents/{incident.id}/end", data=typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'id="end" open' in answer.text
    assert room.stored(Incident, incident.id).expected_end_at == THREE


@on_sqlite
def test_a_live_notice_with_the_old_time_is_pointed_out_once_the_end_has_moved(room: Room) -> None:
    notice = told_in_sveg(room, 1)
    browser, address = room.seen_by(room.olle), f"/console/incidents/{notice.incident_id}"

    before = browser.get(address).text
    browser.post(f"{address}/end", data={"later": "60"})
    after = browser.get(address).text

    assert "Old time" not in before
    assert "An update notice puts that right" in after
    assert "Write an update notice" in after


def test_resolving_says_who_gets_the_all_clear_and_takes_everything_down(room: Room) -> None:
    notice = told_in_sveg(room, 3)
    browser, address = room.seen_by(room.olle), f"/console/incidents/{notice.incident_id}"

    offer = browser.get(address).text
    answer = browser.post(f"{address}/resolution", data={"resolution-note": "The line is mended"})
    page = browser.get(answer.location).text

    assert "3 people by SMS will get the all-clear" in offer
    assert room.stored(Notice, notice.id).status is NoticeStatus.retired
    assert room.stored(Incident, notice.incident_id).status is IncidentStatus.resolved
    assert "Resolved, by Olle" in page
    assert "The line is mended" in page
    assert "Say where it stands" not in page


@on_sqlite
def test_what_has_ended_cannot_end_again(room: Room) -> None:
    incident = an_open_incident(room)
    browser, address = room.seen_by(room.olle), f"/console/incidents/{incident.id}"
    browser.post(f"{address}/resolution")

    again = browser.post(f"{address}/resolution")
    moved = browser.post(f"{address}/end", data={"later": "30"})

    assert (again.status_code, moved.status_code) == (409, 409)
    assert "This incident has ended" in again.text


def test_an_incident_is_put_on_the_status_page_with_its_facts(room: Room) -> None:
    incident = an_open_incident(room)
    browser, address = room.seen_by(room.olle), f"/console/incidents/{incident.id}"

    offer = browser.get(address).text
    browser.post(f"{address}/publication")
    page = browser.get(address).text

    assert "Show on the status page now" in offer
    assert room.stored(Incident, incident.id).published_at == NOON
    assert "Show on the status page now" not in page
    assert f'href="/incidents/{incident.public_id}"' in page


@on_sqlite
def test_an_exercise_cannot_be_mistaken_and_never_becomes_public(room: Room) -> None:
    drill = an_open_incident(room, mode=Mode.exercise)
    browser, address = room.seen_by(room.olle), f"/console/incidents/{drill.id}"

    page = browser.get(address).text
    answer = browser.post(f"{address}/publication")

    assert 'class="exercise-bar"' in page
    assert "Show on the status page now" not in page
    assert answer.status_code == 409
    assert room.stored(Incident, drill.id).published_at is None


@on_sqlite
def test_what_does_not_exist_is_said_in_the_consoles_clothes(room: Room) -> None:
    answer = room.seen_by(room.olle).get(f"/console/incidents/{uuid4()}")

    assert answer.status_code == 404
    assert "There is no such incident" in answer.text
    assert 'aria-label="Main"' in answer.text
