"""The recommendation beside the form, whatever is still open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from tests.databases import Database
from tests.webapp.web.console.filing_desk import HTMX, Desk
from webapp.flow.areas import in_words
from webapp.flow.assessments import Assessment
from webapp.flow.incidents import Incident, where
from webapp.web.console import recommendation
from webapp.web.pages import number

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(database, tmp_path, monkeypatch)
    yield desk
    desk.close()


def test_the_panel_says_what_is_worth_doing_and_why_not_the_rest(desk: Desk) -> None:
    response = desk.panel()

    assert response.status_code == 200
    assert "<html" not in response.text
    assert "HX-Request" in response.headers["Vary"]
    assert "Status page and SMS: about" in response.text
    assert "before 15:00" in response.text
    assert "Fans are not our customers" in response.text
    assert "In one line: “Cash machines not working within 15 km of Sveg”" in response.text
    with desk.read() as session:
        assert session.exec(select(Incident)).all() == []


def test_asking_takes_no_write_lock(desk: Desk) -> None:
    with desk.engine.connect() as somebody_who_writes:  # BEGIN IMMEDIATE holds it
        somebody_who_writes.exec_driver_sql("UPDATE organisation SET customers = 5")

        assert desk.panel().status_code == 200


@pytest.mark.parametrize(("answers", "sentence"), [
    ({}, "Choose what has happened"),
    ({"kind": "outage", "place": "Sv"}, "did you mean Sveg?"),
    ({"kind": "outage", "until": "at"}, "Write when it ends"),
    ({"kind": "outage", "until": "at", "until_at": "2026-11-19T"}, "is not a time"),
    ({"kind": "nonsense"}, "Not a valid choice"),
])  # fmt: skip
def test_half_an_answer_gets_a_hint_and_no_error_page(desk: Desk, answers: dict[str, str], sentence: str) -> None:
    response = desk.client.post("/console/incidents/recommendation", data=answers, headers=HTMX)

    assert response.status_code == 200
    assert sentence in response.text.replace("&#39;", "'")


def test_one_answer_is_enough_and_what_is_assumed_is_said(desk: Desk) -> None:
    response = desk.client.post("/console/incidents/recommendation", data={"kind": "outage"}, headers=HTMX)

    assert "<svg" in response.text
    assert "No end is known: counted with the usual length of outage." in response.text
    assert "assumed end" in response.text


def test_the_hour_that_comes_twice_is_asked_about(desk: Desk) -> None:
    twice = desk.file(started="now", until="at", until_at="2027-10-31T02:30")

    assert twice.status_code == 422
    assert "comes twice that night" in twice.text
    assert 'value="2027-10-31T02:30+0200"' in twice.text

    second = desk.file(until_at=["2027-10-31T02:30", "2027-10-31T02:30+0100"])

    assert second.status_code == 303
    with desk.read() as session:
        ends_at = session.exec(select(Incident)).one().expected_end_at
        assert ends_at is not None
        assert ends_at.isoformat() == "2027-10-31T01:30:00+00:00"


def test_the_hour_that_does_not_exist_is_refused(desk: Desk) -> None:
    response = desk.file(until_at="2027-03-28T02:30")

    assert response.status_code == 422
    assert "does not exist" in response.text


def test_nobody_to_reach_is_said_with_what_can_be_done(desk: Desk) -> None:
    response = desk.panel(affected_estimate="1 450")

    assert f"No message can be addressed to <b>{number(1_447)}</b>" in response.text
    assert "telephone" in response.text


def test_a_kept_assessment_gives_the_same_panel(desk: Desk) -> None:
    desk.file()
    with desk.read() as session:
        kept = session.exec(select(Assessment)).one()
        place = in_words(session, where(session, session.exec(select(Incident)).one()))

    panel = recommendation.panel(kept.result, kept.facts, place=place)

    assert panel.sentence in desk.panel().text
    assert [row.key for row in panel.rows if row.is_planned] == ["status_page", "sms"]
    assert panel.audience.asked == 2
    assert panel.audience.on_file == 1
    facebook = panel.row("facebook")
    assert facebook is not None
    assert facebook.verdict == "avoid"
