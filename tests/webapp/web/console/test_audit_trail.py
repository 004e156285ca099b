"""Who did what, and whether the trail is whole."""

from datetime import timedelta

import pytest

from tests.builders import NOON, an_incident
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow import incidents
from webapp.flow.areas import Where
from webapp.flow.audit import AuditEntry
from webapp.flow.incidents import IncidentStatus
from webapp.web.console import audit_list


def test_the_trail_is_looked_through_by_person_act_and_words(room: Room) -> None:
    with room.store() as session:
        incident = an_incident(session, by=room.olle, headline="Machines down")
        incidents.update(session, incident, IncidentStatus.monitoring, note="", by=room.lena, now=NOON)
        an_incident(session, by=room.lena, headline="Calls in our name")
    browser = room.seen_by(room.olle)

    def found(query: str) -> list[bool]:
        page = browser.get(f"/console/audit?{query}").text
        sentences = ("Olle filed “Machines down”", "Lena set it to monitoring", "Lena filed “Calls in our name”")
        return [sentence in page for sentence in sentences]

    assert found("") == [True, True, True]
    assert found("by=Lena") == [False, True, True]
    assert found("act=incident.filed") == [True, False, True]
    assert found("by=Lena&act=incident.filed") == [False, False, True]
    assert found("q=machines") == [True, False, False]
    assert found("q=nothing+like+it") == [False, False, False]


@on_sqlite
def test_a_long_trail_is_paged(room: Room) -> None:
    with room.store() as session:
        for number in range(audit_list.SIZE + 1):
            an_incident(
                session, by=room.olle, headline=f"Number {number:02}", where=Where(), now=NOON - timedelta(minutes=9)
            )
    browser = room.seen_by(room.olle)

    first, second = browser.get("/console/audit?by=Olle").text, browser.get("/console/audit?page=2").text

    assert "1 to 50 of 51" in first
    assert "Number 00" not in first
    assert 'href="/console/audit?page=2&amp;by=Olle"' in first
    assert "Number 00" in second


def test_a_whole_trail_is_said_to_be_whole(room: Room) -> None:
    with room.store() as session:
        an_incident(session, by=room.olle)

    assert "The trail is whole: each of its 1 entries" in room.seen_by(room.olle).get("/console/audit").text


def test_an_entry_that_was_slipped_in_is_named(room: Room) -> None:
    with room.store() as session:
        an_incident(session, by=room.olle)
        session.add(AuditEntry(at=NOON, by_name="Olle", act="incident.filed", subject_kind="incident", subject_id="x",
                               sentence="Olle filed what never was", previous_hash="f" * 64, hash="e" * 64))  # fmt: skip

    page = room.seen_by(room.olle).get("/console/audit").text

    assert "The trail has been changed from outside" in page
    assert "“Olle filed what never was”, does not fit the one before it" in page


@on_sqlite
def test_a_very_long_trail_is_checked_when_somebody_asks(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_list, "MOST_CHECKED", 1)
    with room.store() as session:
        an_incident(session, by=room.olle)
        an_incident(session, by=room.olle)
    browser = room.seen_by(room.olle)

    assert "check it now" in browser.get("/console/audit").text
    assert "The trail is whole" in browser.get("/console/audit?check=now").text
