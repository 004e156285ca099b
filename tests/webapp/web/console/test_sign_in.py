"""Who may come in, and where they are afterwards."""

import re

import pytest
from sqlmodel import select

from tests.builders import PASSWORD
from tests.webapp.web.console.room import Room, on_sqlite
from webapp import db
from webapp.flow.people import TRIES, Person, SignInFailure, hashed

WRONG = {"email": "nobody@bank.example", "password": "a guess"}


def test_whoever_signs_in_is_where_they_wanted_to_go(room: Room) -> None:
    room.app.config["WTF_CSRF_ENABLED"] = True
    browser = room.app.test_client()

    turned_away = browser.get("/console/incidents?state=open")
    form = browser.get(turned_away.location)
    fields = dict(re.findall(r'name="(csrf_token|next)" value="([^"]*)"', form.text))
    let_in = browser.post("/console/sign-in", data=fields | {"email": room.lena.email.upper(), "password": PASSWORD})

    assert turned_away.status_code == 303
    assert let_in.location == "/console/incidents?state=open"
    assert "Lena" in browser.get(let_in.location).text


def test_a_wrong_password_is_said_in_one_sentence_and_counted(room: Room) -> None:
    answer = room.app.test_client().post("/console/sign-in", data={"email": room.lena.email, "password": "a guess"})

    with db.reading(room.engine) as session:
        failures = session.exec(select(SignInFailure)).all()
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert room.lena.email in answer.text
    assert "a guess" not in answer.text
    assert [failure.email for failure in failures] == [room.lena.email]


@on_sqlite
def test_guessing_is_slowed_down_for_whoever_guesses(room: Room) -> None:
    browser = room.app.test_client()
    for _ in range(TRIES):
        browser.post("/console/sign-in", data=WRONG)

    answer = browser.post("/console/sign-in", data={"email": room.lena.email, "password": PASSWORD})

    assert answer.status_code == 429
    assert "Too many failed sign-ins" in answer.text
    assert browser.get("/console/").status_code == 303


@on_sqlite
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:1",
        "",
    ],
)
def test_signing_in_never_leads_to_another_site(room: Room, elsewhere: str) -> None:
    answer = room.app.test_client().post(
        "/console/sign-in", data={"email": room.lena.email, "password": PASSWORD, "next": elsewhere}
    )

    assert answer.location == "/console/"


@on_sqlite
@pytest.mark.parametrize("page", ["/console/", "/console/incidents", "/console/audit", "/console/incidents/new"])
def test_nobody_sees_a_page_without_signing_in(room: Room, page: str) -> None:
    answer = room.app.test_client().get(page)

    assert answer.status_code == 303
    assert answer.location.startswith("/console/sign-in?next=")


@on_sqlite
def test_nobody_does_anything_without_signing_in(room: Room) -> None:
    answer = room.app.test_client().post("/console/incidents", data={"kind": "outage"})

    assert answer.location == "/console/sign-in"


@on_sqlite
def test_a_part_that_is_asked_for_after_the_session_ended_moves_the_whole_page(room: Room) -> None:
    answer = room.app.test_client().get("/console/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/console/sign-in"


@on_sqlite
def test_signing_out_ends_it(room: Room) -> None:
    browser = room.seen_by(room.lena)

    browser.post("/console/sign-out")

    assert browser.get("/console/").status_code == 303


@on_sqlite
def test_a_new_password_ends_every_session_of_the_old_one(room: Room) -> None:
    browser = room.seen_by(room.lena)
    with room.store() as session:
        session.get_one(Person, room.lena.id).password_hash = hashed("another")

    answer = browser.get("/console/")

    assert answer.status_code == 303


@on_sqlite
def test_whoever_has_signed_in_is_not_asked_again(room: Room) -> None:
    assert room.seen_by(room.lena).get("/console/sign-in?next=/console/audit").location == "/console/audit"
