"""The settings and the figures, as people see and change them."""

import json
from typing import Any

import pytest

from tests.builders import a_person
from tests.webapp.web.console.room import Room, on_sqlite
from webapp.flow.organisation import ChannelSetup, Organisation
from webapp.flow.people import Person, Role

ORGANISATION = {
    "name": "Fjällbanken", "time_zone": "Europe/Stockholm", "customers": "1 200 000", "currency": "SEK", "help_text": "Call us",
    "sector": "finance", "threshold_people": "", "threshold_min": "", "threshold_source": "", "month_budget": "",
}  # fmt: skip


@pytest.fixture
def ada(room: Room) -> Person:
    """An administrator."""
    person = a_person(Role.admin, name="Ada")
    with room.store() as session:
        session.add(person)
    return person


def sent(form: str, **fields: Any) -> dict[str, Any]:
    return {f"{form}-{name}": value for name, value in fields.items()}


def test_an_administrator_sets_the_organisation(room: Room, ada: Person) -> None:
    said = ORGANISATION | {"month_budget": "5 000,50", "threshold_people": "50,000", "threshold_min": "90 min", "threshold_source": "FI"}  # fmt: skip
    browser = room.seen_by(ada)

    answer = browser.post("/console/settings/organisation", data=sent("organisation", **said))

    assert answer.status_code == 303
    ours = room.stored(Organisation, 1)
    assert (ours.month_budget, ours.threshold_people, ours.threshold_min, ours.help_text) == (5000.5, 50_000, 90, "Call us")  # fmt: skip
    page = browser.get("/console/settings").text
    assert "90 min" in page
    assert "of 5 000 SEK" in page or "of 5 001 SEK" in page


def test_an_administrator_sets_a_channel_and_what_is_not_asked_stays(room: Room, ada: Person) -> None:
    answer = room.seen_by(ada).post("/console/settings/channels/facebook", data=sent("facebook", available="y", depends_on=["atm"], followers="200 000", reach="2,5 %", source="Insights"))  # fmt: skip

    assert answer.status_code == 303
    facebook = room.stored(ChannelSetup, "facebook")
    assert (facebook.followers, facebook.reach, facebook.depends_on, facebook.source) == (200_000, 0.025, ["atm"], "Insights")  # fmt: skip
    assert facebook.available
    room.seen_by(ada).post("/console/settings/channels/facebook", data=sent("facebook", followers="200000"))
    assert not room.stored(ChannelSetup, "facebook").available


@on_sqlite
@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [("customers", "many", "Write a number without words"), ("customers", "nan", "Write a number without words"), ("threshold_min", "90", "with its unit"),
     ("time_zone", "Sveg", "Europe/Stockholm"), ("sector", "bank", "Choose one"), ("month_budget", "-5", "0 or more")],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(room: Room, ada: Person, field: str, typed: str, told: str) -> None:  # fmt: skip
    answer = room.seen_by(ada).post("/console/settings/organisation", data=sent("organisation", **ORGANISATION | {field: typed, "name": "Bäcken"}))  # fmt: skip

    assert answer.status_code == 422
    assert told in answer.text
    assert f'id="organisation-{field}-error"' in answer.text or field == "sector"
    assert 'value="Bäcken"' in answer.text
    assert room.stored(Organisation, 1).name == "Fjällbanken"


@on_sqlite
def test_a_page_that_is_out_of_date_changes_nothing(room: Room, ada: Person) -> None:
    old = json.dumps({"month_budget": 10.0})

    answer = room.seen_by(ada).post("/console/settings/organisation", data=sent("organisation", seen=old, **ORGANISATION | {"month_budget": "20"}))  # fmt: skip

    assert answer.status_code == 409
    assert "Somebody else has changed this" in answer.text


@on_sqlite
def test_a_lead_reads_and_an_operator_is_sent_away(room: Room, ada: Person) -> None:
    page = room.seen_by(room.lena).get("/console/settings").text

    assert "disabled" in page
    assert "Keep this" not in page
    assert "/console/settings" in room.seen_by(room.lena).get("/console/").text
    assert "/console/settings" not in room.seen_by(room.olle).get("/console/").text
    assert room.seen_by(room.olle).get("/console/settings").status_code == 403
    assert room.seen_by(room.lena).post("/console/settings/organisation", data=sent("organisation", **ORGANISATION | {"name": "Mine"})).status_code == 403  # fmt: skip
    assert room.seen_by(ada).post("/console/settings/channels/pigeon").status_code == 404


@on_sqlite
def test_every_number_says_what_it_rests_on_and_where_it_comes_from(room: Room) -> None:
    page = room.seen_by(room.olle).get("/console/policies/figures").text

    for words in ("Meng et al.", "One glance in twenty".casefold(), "2024/1772", "Overlap", "Worth adding", "Annoyance", "Severe", "Data breach", "1.65 %"):  # fmt: skip
        assert words in page or words in page.casefold()
    rows, tags = page.count("<tr><td>"), page.count("basis-tag")
    assert rows == tags > 60


@on_sqlite
def test_the_panel_says_what_its_numbers_rest_on_and_what_is_left_of_the_budget(room: Room) -> None:
    with room.store() as session:
        session.get_one(Organisation, 1).month_budget = 1_000.0

    page = room.seen_by(room.olle).post("/console/incidents/recommendation", data={"kind": "outage"}).text

    assert "Numbers: assumed." in page
    assert "/console/policies/figures" in page
    assert "left of the month's 1 000 SEK" in page.replace("&#39;", "'")


def test_an_administrator_begins_to_use_another_channel_once(room: Room, ada: Person) -> None:
    browser = room.seen_by(ada)
    assert "Use Push" in browser.get("/console/settings").text

    first = browser.post("/console/settings/channels", data={"channel": "push"})
    again = browser.post("/console/settings/channels", data={"channel": "push"})

    assert (first.status_code, again.status_code) == (303, 303)
    assert room.stored(ChannelSetup, "push").available
    assert "Use Push" not in browser.get("/console/settings").text
    assert browser.post("/console/settings/channels", data={"channel": "carrier_pigeon"}).status_code == 404
    assert room.seen_by(room.lena).post("/console/settings/channels", data={"channel": "push"}).status_code == 403
