"""Signing up: proof first, and nobody learns who is known."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from tests.builders import NOON, STATUS, a_component
from tests.webapp.web.street import Street, on_sqlite
from tests.webapp.web.subscribe.desk import ANNA, address, asks, chosen, code_of, confirms, signs_up
from webapp.flow.signups import Confirmation
from webapp.flow.subscribers import Address

AGREED = (
    "Fjällbanken may send me messages about what I have chosen here, in the way that I chose, until I leave. "
    "I can change this or leave at any time. My address is used for nothing else."
)


def test_whoever_proves_their_address_is_told_from_then_on(street: Street) -> None:
    form = street.page("/subscribe")

    asked = asks(street)
    with street.store() as session:
        before = address(session)
    done = confirms(street, asked)

    assert AGREED in form
    assert asked.status_code == done.status_code == 303
    assert before is None
    with street.store() as session:
        owned = address(session)
        assert owned is not None
        assert (owned.confirmed_at, owned.agreed_text, owned.source) == (NOON, AGREED, "self_signup")
    assert chosen(street) == ({"*"}, [], [])
    page = street.page(done.headers["Location"])
    assert "Done. From now on we tell you." in page
    assert "Sent to a…@mail.example." in page
    assert f"{STATUS}{done.headers['Location'].split('?')[0]}" in page


@on_sqlite
def test_what_was_ticked_is_what_is_followed(street: Street) -> None:
    with street.store() as session:
        group = a_component(session, "pay", "Payments", is_group=True)
        card = a_component(session, "card", "Card payments", group=group)

    signs_up(
        street,
        components=[group.public_id, card.public_id],
        place="sveg",
        radius_km="30",
        area_codes="SE-2361",
        language="sv",
    )

    assert chosen(street) == ({"pay", "card"}, ["SE-2361"], [("Sveg", 30_000.0)])


@on_sqlite
def test_an_sms_carries_the_code_and_numbers_are_read_as_people_write_them(street: Street) -> None:
    confirms(street, asks(street, channel="sms", number="070 123 45 67", email=""))

    assert street.letters()[-1].value == "+46701234567"
    assert chosen(street, "+46701234567") == ({"*"}, [], [])


def test_looking_confirms_nothing(street: Street) -> None:
    asks(street)
    (link,) = re.findall(r"https://\S+", street.letters()[-1].body)

    pages = [street.reader().open(link.removeprefix(STATUS), method=method) for method in ("GET", "HEAD", "GET")]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert f'value="{code_of(street)}"' in pages[0].text
    with street.store() as session:
        assert address(session) is None


def test_wrong_codes_are_counted_and_then_refused(street: Street) -> None:
    asked = asks(street)
    right = code_of(street)
    wrong = "000000" if right != "000000" else "111111"

    answers = [confirms(street, asked, wrong) for _ in range(5)]
    too_late = confirms(street, asked, right)

    assert [answer.status_code for answer in answers] == [422] * 5
    assert "That is not the code." in answers[0].text
    assert f'value="{wrong}"' in answers[0].text
    assert too_late.status_code == 429
    assert "Too many wrong codes" in too_late.text


@on_sqlite
def test_an_old_code_is_refused(street: Street) -> None:
    asked = asks(street)
    street.at(NOON + timedelta(minutes=31))

    answer = confirms(street, asked)

    assert answer.status_code == 404
    assert "too old" in answer.text


@on_sqlite
def test_known_and_unknown_addresses_get_the_same_answer(street: Street) -> None:
    signs_up(street)

    known, unknown = asks(street), asks(street, email="berit@mail.example")

    assert known.status_code == unknown.status_code == 303
    pages = [street.reader().get(each.headers["Location"]).text for each in (known, unknown)]
    assert len({re.sub(r"[0-9a-f-]{36}", "ID", page) for page in pages}) == 1
    assert [letter.value for letter in street.letters()[-2:]] == [ANNA, "berit@mail.example"]


@on_sqlite
def test_signing_up_again_replaces_what_was_chosen(street: Street) -> None:
    signs_up(street, place="Sveg")

    with street.store() as session:
        atm = a_component(session, "atm2", "Cash machines inside")
    signs_up(street, components=atm.public_id)

    assert chosen(street) == ({"atm2"}, [], [])


@on_sqlite
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": "anna(at)mail"}, "That is not a mail address"),
        ({"email": ""}, "That is not a mail address"),
        ({"channel": "sms", "number": "12"}, "That is not a mobile number"),
        ({"place": "Svegg"}, "did you mean Sveg?"),
        ({"radius_km": "-3"}, "cannot be used; write 0.1 to 1000"),
        ({"kinds": "aliens"}, "is not a valid choice"),
        ({"severity_floor": "apocalyptic"}, "Not a valid choice"),
        ({"quiet_from": "22:00"}, "Write both times"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "Write both times"),
        ({"quiet_from": "25:00", "quiet_to": "7"}, "Write both times"),
        ({"time_zone": "Europe/Sveg"}, "Not a valid choice"),
        ({"places-1-place": "Hedde"}, "No place is called"),
        ({"components": "000000000000"}, "is not a valid choice"),
        ({"channel": "pigeon"}, "Not a valid choice"),
        ({"area_codes": "XX"}, "is not a valid choice"),
    ],
)
def test_a_wrong_answer_is_shown_at_its_question_and_the_rest_is_kept(
    street: Street, typed: dict[str, str], said: str
) -> None:
    answer = asks(street, **{"place": "Sveg", **typed})

    assert answer.status_code == 422
    assert said in answer.text
    assert 'role="alert"' in answer.text
    if "place" not in typed:
        assert 'value="Sveg"' in answer.text
    assert street.letters() == []


@on_sqlite
def test_mistakes_are_named_in_the_readers_language(street: Street) -> None:
    answer = street.reader().post(
        "/subscribe?lang=sv",
        data={"channel": "email", "email": ANNA, "places-0-place": "Nowhere", "language": "sv"},
    )

    assert answer.status_code == 422
    assert "Vi vet inte vilken plats det är" in answer.text


@on_sqlite
def test_programs_that_fill_in_everything_get_the_usual_answer_and_nothing_more(street: Street) -> None:
    answer = asks(street, website="https://spam.example")

    assert answer.status_code == 303
    assert street.reader().get(answer.headers["Location"]).status_code == 200
    with street.store() as session:
        assert session.exec(select(Confirmation)).all() == []


@on_sqlite
def test_nobody_is_flooded_with_codes(street: Street) -> None:
    codes = [asks(street).status_code for _ in range(4)]

    assert codes == [303, 303, 303, 429]
    assert len(street.letters()) == 3


@on_sqlite
def test_forms_of_other_sites_do_nothing(street: Street) -> None:
    answer = street.reader().post(
        "/subscribe",
        data={"channel": "email", "email": ANNA, "language": "en"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert "sent from another site" in answer.text
    assert street.letters() == []


@on_sqlite
def test_only_channels_that_are_set_up_are_offered_and_no_cookie_is_set(street: Street) -> None:
    answer = street.reader().get("/subscribe")

    assert 'value="sms"' in answer.text
    assert 'value="facebook"' not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    with street.store() as session:
        assert session.exec(select(Address)).all() == []


@on_sqlite
def test_codes_cannot_be_guessed_by_the_hundred_from_one_place(street: Street) -> None:
    answers = [
        street.reader().post(f"/subscribe/confirm/{uuid4()}", data={"code": "123456"}).status_code for _ in range(62)
    ]

    assert answers.count(404) == 60
    assert answers[60:] == [429, 429]
