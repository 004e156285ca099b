"""From the questions to a filed incident, without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from rules.terms import Kind, Mode, Severity
from tests.builders import NOON, THREE
from tests.databases import Database
from tests.webapp.web.console.filing_desk import Desk
from webapp.flow import incidents, notices
from webapp.flow.assessments import Assessment
from webapp.flow.incidents import Incident
from webapp.flow.notices import Notice

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(database, tmp_path, monkeypatch)
    yield desk
    desk.close()


def test_an_incident_is_filed_and_its_messages_are_written(desk: Desk) -> None:
    response = desk.file(instruction="Pay by card")

    with desk.read() as session:
        incident = session.exec(select(Incident)).one()
        notice = session.exec(select(Notice).where(Notice.ending == None)).one()  # noqa: E711  SQL's NULL
        assessment = session.exec(select(Assessment)).one()
        assert (incident.kind, incident.severity, incident.mode) == (Kind.outage, Severity.minor, Mode.actual)
        assert (incident.started_at, incident.expected_end_at) == (NOON, THREE)
        assert incident.headline == "Cash machines not working within 15 km of Sveg"
        assert incident.published_at == NOON
        assert incident.ends_by_itself
        assert incidents.where(session, incident).nears[0].circle.radius_m == 15_000
        assert [pick.channel for pick in notices.channels_of(session, notice)] == ["status_page", "sms"]
        assert notice.assessment_id == assessment.id
    assert response.status_code == 303
    assert response.location == f"/console/notices/{notice.id}/messages"


@on_sqlite
def test_the_same_form_sent_twice_files_once(desk: Desk) -> None:
    own = "3f0c7a52-9a53-4c0e-8a53-2f6f3f1d7b10"

    first, second = (desk.file(incident_id=own) for _ in range(2))

    with desk.read() as session:
        assert [str(incident.id) for incident in session.exec(select(Incident))] == [own]
        assert len(session.exec(select(Notice).where(Notice.ending == None)).all()) == 1  # noqa: E711  SQL's NULL
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.location == f"/console/incidents/{own}"


@on_sqlite
def test_the_page_asks_everything_and_protects_its_form(desk: Desk) -> None:
    page = desk.client.get("/console/incidents/new").text

    for question in (
        "What has happened?",
        "Which services?",
        "Where?",
        "How serious is it?",
        "Until when?",
        "Is it real?",
    ):
        assert question in page
    assert 'name="csrf_token"' in page
    assert '<option value="Sveg">' in page
    assert "Härjedalen" in page
    assert "style=" not in page


@on_sqlite
def test_without_javascript_a_button_shows_the_recommendation_and_keeps_the_answers(desk: Desk) -> None:
    response = desk.client.post(
        "/console/incidents/new", data={"kind": "outage", "place": "Sveg", "radius_km": "7,5", "until": "180"}
    )

    assert response.status_code == 200
    assert "<svg" in response.text
    assert 'value="outage" checked' in response.text
    assert 'value="180" checked' in response.text
    with desk.read() as session:
        assert session.exec(select(Incident)).all() == []


@on_sqlite
def test_what_is_missing_is_said_and_what_was_typed_is_kept(desk: Desk) -> None:
    response = desk.file(kind=None, until=None, until_at=None, headline="Cash machines")

    assert response.status_code == 422
    assert "Choose what has happened" in response.text
    assert "Choose until when" in response.text
    assert 'value="Cash machines"' in response.text
    with desk.read() as session:
        assert session.exec(select(Incident)).all() == []


@on_sqlite
def test_a_place_that_is_not_known_is_answered_with_one_that_is(desk: Desk) -> None:
    response = desk.file(place="Svegg")

    assert response.status_code == 422
    assert "did you mean Sveg?" in response.text


@on_sqlite
def test_an_unknown_end_wants_the_next_update(desk: Desk) -> None:
    assert "choose when you will say more" in desk.file(until="open").text

    desk.file(until="open", next="60")

    with desk.read() as session:
        incident = session.exec(select(Incident)).one()
        assert incident.expected_end_at is None
        assert incident.next_update_at is not None
        assert (incident.next_update_at - NOON).total_seconds() == 3_600


@on_sqlite
def test_hours_count_from_the_beginning_where_that_lies_ahead(desk: Desk) -> None:
    desk.file(kind="maintenance", started="at", started_at="2026-11-22T02:00", until="120", ends="said")

    with desk.read() as session:
        incident = session.exec(select(Incident)).one()
        assert incident.expected_end_at is not None
        assert incident.expected_end_at.isoformat() == "2026-11-22T03:00:00+00:00"
        assert not incident.ends_by_itself


@on_sqlite
def test_a_time_that_is_chosen_but_not_written_is_asked_for(desk: Desk) -> None:
    response = desk.file(started="at", until="at", until_at="")

    assert response.status_code == 422
    assert "Write when it began" in response.text
    assert "Write when it ends" in response.text


@on_sqlite
def test_a_time_of_a_choice_that_was_taken_back_is_ignored(desk: Desk) -> None:
    response = desk.file(started="now", started_at="nonsense", until="60", until_at="yesterday")

    assert response.status_code == 303


@on_sqlite
@pytest.mark.parametrize(("field", "value", "sentence"), [
    ("until_at", "2026-11-19T11:00", "The end lies before the beginning"),
    ("radius_km", "wide", "Write the radius as a number of kilometres"),
    ("radius_km", "", "Write how many kilometres around it"),
    ("radius_km", "5000", "cannot be used"),
    ("affected_estimate", "many", "Write a whole number of people"),
    ("components", "nothing-of-ours", "components"),
    ("severity", "terrible", "Not a valid choice"),
])  # fmt: skip
def test_what_cannot_be_is_refused_at_its_question(desk: Desk, field: str, value: str, sentence: str) -> None:
    response = desk.file(**{field: value})

    assert response.status_code == 422
    assert sentence in response.text


@on_sqlite
def test_people_whom_one_could_name_are_not_announced(desk: Desk) -> None:
    response = desk.file(named_people="y", components=None)

    with desk.read() as session:
        incident = session.exec(select(Incident)).one()
        assert incident.published_at is None
        assert session.exec(select(Notice)).all() == []
    assert response.location == f"/console/incidents/{incident.id}"
    with desk.client.session_transaction() as cookie:
        assert "no messages were written" in cookie["_flashes"][0][1]


@on_sqlite
def test_what_is_blocked_cannot_be_put_on_the_status_page(desk: Desk) -> None:
    response = desk.file(named_people="y", publish="yes")

    assert response.status_code == 422
    assert "The status page is not for this." in response.text
    with desk.read() as session:
        assert session.exec(select(Incident)).all() == []


@on_sqlite
@pytest.mark.parametrize(("publish", "is_shown"), [("advised", True), ("yes", True), ("no", False)])
def test_the_operator_decides_what_is_shown_before_approval(desk: Desk, publish: str, is_shown: bool) -> None:
    desk.file(publish=publish)

    with desk.read() as session:
        assert (session.exec(select(Incident)).one().published_at is not None) is is_shown


@on_sqlite
def test_an_exercise_is_never_shown(desk: Desk) -> None:
    desk.file(mode="exercise", publish="yes")

    with desk.read() as session:
        incident = session.exec(select(Incident)).one()
        assert incident.mode is Mode.exercise
        assert incident.published_at is None


@on_sqlite
def test_whole_areas_count_together_with_a_place(desk: Desk) -> None:
    desk.file(areas="SE-2361")

    with desk.read() as session:
        incident = session.exec(select(Incident)).one()
        where = incidents.where(session, incident)
        assert where.codes == ("SE-2361",)
        assert len(where.nears) == 1


@on_sqlite
def test_nobody_files_without_signing_in(desk: Desk) -> None:
    desk.client.post("/console/sign-out")

    response = desk.file()

    assert response.status_code == 303
    assert "/console/sign-in" in response.location
    with desk.read() as session:
        assert session.exec(select(Incident)).all() == []
