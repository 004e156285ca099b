"""One's own link: seeing, changing, leaving; and getting it again."""

import json
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.builders import NOON, STATUS, a_subscriber
from tests.webapp.web.street import Street, on_sqlite
from tests.webapp.web.subscribe.desk import ANNA, address, chosen, fields, one_click, signs_up
from webapp.flow.approvals import Recipient
from webapp.flow.consents import Consent
from webapp.flow.subscribers import Address, Subscriber, Subscription, Suppression, is_shell, key_of, suppress


def leave_path(mine: str) -> str:
    return mine.replace("/mine/", "/leave/")


@on_sqlite
def test_what_was_chosen_is_shown_and_can_be_changed(street: Street) -> None:
    mine = signs_up(street, place="Sveg", radius_km="30", area_codes="SE-2361", language="sv")
    shown = street.reader().get(mine).text

    answer = street.reader().post(mine, data=fields(place="62.5, 14.1", radius_km="5", language="en"))

    assert 'value="Sveg"' in shown
    assert '<option selected value="30">30 km</option>' in shown
    assert 'value="SE-2361" checked' in shown
    assert 'id="language-sv" value="sv" checked' in shown
    assert ANNA not in shown
    assert answer.status_code == 303
    assert "Saved." in street.page(answer.headers["Location"])
    assert chosen(street) == ({"*"}, [], [("62.5, 14.1", 5_000.0)])
    again = street.reader().post(mine, data=fields(place="62.5000, 14.1000", radius_km="5", language="en"))
    assert again.status_code == 303


@on_sqlite
def test_a_place_that_is_not_known_changes_nothing(street: Street) -> None:
    mine = signs_up(street, place="Sveg")

    answer = street.reader().post(mine, data=fields(place="Atlantis", radius_km="5", language="en"))

    assert answer.status_code == 422
    assert "No place is called" in answer.text
    assert 'value="Atlantis"' in answer.text
    assert chosen(street) == ({"*"}, [], [("Sveg", 15_000.0)])


def test_leaving_takes_one_button_and_may_be_repeated(street: Street) -> None:
    leave = leave_path(signs_up(street))

    looks = [street.reader().open(leave, method=method) for method in ("GET", "HEAD", "GET")]
    with street.store() as session:
        still = address(session)
    answers = [street.reader().post(leave) for _ in range(2)]

    assert [look.status_code for look in looks] == [200, 200, 200]
    assert still is not None
    assert still.confirmed_at == NOON
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "You have left" in answers[0].text
    with street.store() as session:
        owned = address(session)
        assert owned is not None
        assert owned.confirmed_at is None
        assert owned.suppressed_reason == "unsubscribed"
    assert "You get no messages from us at this address." in street.page(leave.replace("/leave/", "/mine/"))


def test_one_click_in_a_mail_program_is_enough(street: Street) -> None:
    with street.store() as session:
        subscriber = key_of(a_subscriber(session, email=ANNA))

    answers = [one_click(street, subscriber) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Set-Cookie" not in answers[0].headers
    with street.store() as session:
        owned = address(session)
        assert owned is not None
        assert owned.confirmed_at is None


@on_sqlite
def test_after_leaving_one_may_sign_up_anew_but_not_by_the_old_link(street: Street) -> None:
    mine = signs_up(street)
    street.reader().post(leave_path(mine))

    by_link = street.reader().post(mine, data=fields(radius_km="15", language="en"))
    with street.store() as session:
        owned = address(session)
    signs_up(street)

    assert by_link.status_code == 422
    assert owned is not None
    assert owned.confirmed_at is None
    with street.store() as session:
        owned = address(session)
        assert owned is not None
        assert (owned.confirmed_at, owned.suppressed_at) == (NOON, None)


@on_sqlite
@pytest.mark.parametrize("path", ["mine", "leave"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_links_that_we_did_not_make_open_nothing(street: Street, path: str, method: str) -> None:
    right = signs_up(street).rsplit("/", 1)[1]
    receipt = street.links.receipt("2").rsplit("=", 1)[1]

    for token in ("2", right[:-1], f"x{right}", receipt):
        answer = street.reader().open(f"/subscribe/{path}/{token}", method=method)

        assert answer.status_code == 404
        assert "This link is incomplete" in answer.text


@on_sqlite
def test_other_sites_cannot_make_anybody_leave_by_a_plain_form(street: Street) -> None:
    leave = leave_path(signs_up(street))

    answer = street.reader().post(leave, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "Sent to a…@mail.example" in street.page(leave.replace("/leave/", "/mine/"))


def asks_for_link(street: Street, typed: str) -> str:
    answer = street.reader().post("/subscribe/link", data={"address": typed})
    assert answer.status_code == 303, answer.text
    return street.page(answer.headers["Location"])


def test_a_lost_link_is_sent_again_to_those_who_have_one_and_all_hear_the_same(street: Street) -> None:
    mine = signs_up(street)
    with street.store() as session:
        a_subscriber(session, sms="+46701000001")
        a_subscriber(session, sms="+46701000002", email="on-file@mail.example", asked=False)
        a_subscriber(session, sms="+46701000003")
        suppress(session, "sms", "+46701000003", reason=Suppression.answered_stop, now=NOON)
    known = len(street.letters())

    typed = (ANNA, "070-100 00 01", "nobody@mail.example", "on-file@mail.example", "+46701000003")
    said = {asks_for_link(street, each) for each in typed}

    assert len(said) == 1
    sent = street.letters()[known:]
    assert [letter.value for letter in sent] == [ANNA, "+46701000001", "on-file@mail.example"]
    assert f"{STATUS}{mine}" in sent[0].body
    for letter in sent:
        (link,) = re.findall(r"https://\S+", letter.body)
        assert street.reader().get(link.removeprefix(STATUS)).status_code == 200


@on_sqlite
def test_nobody_is_flooded_with_links_and_nobody_learns_who_is_known(street: Street) -> None:
    signs_up(street)

    known = [street.reader().post("/subscribe/link", data={"address": ANNA}).status_code for _ in range(4)]
    unknown = [
        street.reader().post("/subscribe/link", data={"address": "x@mail.example"}).status_code for _ in range(4)
    ]

    assert known == [303, 303, 429, 429]
    assert unknown == [303, 303, 303, 429]


@on_sqlite
def test_something_that_is_no_address_is_said_to_be_none(street: Street) -> None:
    answer = street.reader().post("/subscribe/link?lang=sv", data={"address": "hej"})

    assert answer.status_code == 422
    assert "varken en mejladress eller ett mobilnummer" in answer.text


@on_sqlite
def test_several_places_kinds_hours_and_a_floor_are_kept_and_shown(street: Street) -> None:
    wishes = {
        "places-1-place": "62.5, 14.1", "places-1-radius_km": "5", "kinds": ["fraud", "outage"], "severity_floor": "severe",
        "quiet_from": "22:00", "quiet_to": "07:00", "time_zone": "Europe/Oslo", "wants_digest": "y",
    }  # fmt: skip

    shown = street.reader().get(signs_up(street, place="Sveg", **wishes)).text

    assert chosen(street) == ({"*"}, [], [("Sveg", 15_000.0), ("62.5, 14.1", 5_000.0)])
    for each in ('value="Sveg"', 'value="62.5000, 14.1000"', 'value="fraud" checked', 'value="22:00"', 'value="07:00"',
                 '<option selected value="Europe/Oslo">', 'value="severe" checked', 'id="wants_digest" value="y" checked'):  # fmt: skip
        assert each in shown
    assert 'value="closure" checked' not in shown
    with street.store() as session:
        (wish,) = session.exec(select(Subscription)).all()
        assert (sorted(wish.kinds), wish.severity_floor) == (["fraud", "outage"], "severe")


@on_sqlite
def test_a_mistake_at_the_second_place_is_shown_there(street: Street) -> None:
    mine = signs_up(street, place="Sveg")

    answer = street.reader().post(
        mine, data=fields(place="Sveg", language="en") | {"places-1-place": "", "places-2-place": "Hedde"}
    )

    assert answer.status_code == 422
    assert 'href="#places-2-place"' in answer.text
    assert 'id="places-2-place-error"' in answer.text


def test_a_pause_lasts_as_long_as_was_said_and_can_be_ended(street: Street) -> None:
    mine = signs_up(street)

    paused = street.reader().post(f"{mine}/pause", data={"for": "week"})
    page = street.page(paused.headers["Location"])
    with street.store() as session:
        (person,) = session.exec(select(Subscriber)).all()
        until = person.paused_until
    resumed = street.reader().post(f"{mine}/resume")

    assert until == NOON + timedelta(days=7)
    assert "Paused: nothing comes until" in page
    assert "From now on we tell you again." in street.page(resumed.headers["Location"])


def test_one_kind_may_be_left_alone(street: Street) -> None:
    mine = signs_up(street)
    form = street.reader().get(f"{leave_path(mine)}?kind=maintenance").text

    answer = street.reader().post(f"{leave_path(mine)}/kinds", data={"kinds": ["maintenance", "nonsense"]})

    assert 'value="maintenance" checked' in form
    assert answer.status_code == 303
    with street.store() as session:
        (wish,) = session.exec(select(Subscription)).all()
        assert len(wish.kinds) == 6
        assert "maintenance" not in wish.kinds


@on_sqlite
def test_everything_can_be_taken_along(street: Street) -> None:
    mine = signs_up(street, place="Sveg")
    with street.store() as session:
        street.a_live_notice(session, channels=("status_page", "email"))

    answer = street.reader().get(f"{mine}/everything.json")

    assert "attachment" in answer.headers["Content-Disposition"]
    held = json.loads(answer.text)
    assert [each["value"] for each in held["addresses"]] == [ANNA]
    assert held["consents"][0]["text"] == held["addresses"][0]["agreed_text"]
    assert held["places"]["points"][0]["label"] == "Sveg"


def test_everything_can_be_deleted_and_the_link_dies(street: Street) -> None:
    mine = signs_up(street, place="Sveg")
    with street.store() as session:
        notice = street.a_live_notice(session, channels=("status_page", "email"))
    asked = street.reader().get(f"{mine}/erase")

    answer = street.reader().post(f"{mine}/erase")

    assert asked.status_code == answer.status_code == 200
    assert "Everything is deleted" in answer.text
    assert street.reader().get(mine).status_code == 404
    with street.store() as session:
        assert all(is_shell(session, one) for one in session.exec(select(Subscriber)))
        assert session.exec(select(Address)).all() == []
        (recipient,) = session.exec(select(Recipient).where(Recipient.notice_id == notice.id)).all()
        assert recipient.value == ""
        assert {each.value for each in session.exec(select(Consent))} == {""}
        assert [each.is_given for each in session.exec(select(Consent))] == [True, False]
    assert ANNA not in {letter.value for letter in street.letters()}


def test_the_link_of_somebody_who_is_gone_never_opens_what_the_next_one_chose(street: Street) -> None:
    gone = signs_up(street, place="Sveg")
    street.reader().post(f"{gone}/erase")

    come = signs_up(street, place="Sveg")

    assert come != gone
    assert street.reader().get(gone).status_code == 404
    assert street.reader().get(come).status_code == 200


@on_sqlite
def test_a_customer_sees_what_is_on_file_and_may_refuse_it(street: Street) -> None:
    with street.store() as session:
        person = key_of(a_subscriber(session, email=ANNA, asked=False))
    mine = street.links.preferences(person).removeprefix(STATUS)

    before = street.page(mine)
    answer = street.reader().post(f"{mine}/service", data={"service": "refuse"})

    assert "As our customer you also get messages" in before
    assert "You have said no to messages about your own services." in street.page(answer.headers["Location"])
    erased = street.reader().post(f"{mine}/erase")
    assert "What we know of you as our customer stays" in erased.text
    assert street.reader().get(mine).status_code == 200


@on_sqlite
def test_a_link_that_fell_into_wrong_hands_cannot_be_hammered(street: Street) -> None:
    mine = signs_up(street)

    codes = [street.reader().post(f"{mine}/resume").status_code for _ in range(62)]

    assert codes.count(303) == 60
    assert codes[-1] == 429
    assert street.reader().post(leave_path(mine)).status_code == 200
