"""Asking to be told: only the owner of an address decides what it gets, and nobody learns who is known."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from rules.terms import Listeners, Severity
from tests.builders import NOON, SVEG, a_component, an_organisation
from webapp.db import add
from webapp.flow import audience, leaving, signups, subscribers, wishes
from webapp.flow.areas import Near, Where
from webapp.flow.audience import Concern
from webapp.flow.components import Component
from webapp.flow.letters import Letter
from webapp.flow.refusals import NotFound, NotValid, TooMany
from webapp.flow.signups import Confirmation
from webapp.flow.subscribers import Address, Subscriber, SubscriberArea, place_at
from webapp.flow.wishes import Around, Choices
from webapp.geo.circles import Circle

PHONE, MAIL = "+46701234567", "anna@mail.example"
IN_SVEG = Where(nears=(Near("Sveg", Circle(*SVEG, 15_000)),))
IN_STOCKHOLM = Where(nears=(Near("Stockholm", Circle(59.33, 18.07, 15_000)),))


def ask(session: Session, channel: str = "sms", value: str = PHONE, *, now: datetime = NOON, network: str = "192.0.2.1", **choices: Any) -> Confirmation:  # fmt: skip
    if place := choices.pop("place", ""):
        choices["places"] = (Around(place, choices.pop("radius_km", 15.0)),)
    return signups.ask(session, channel, value, Choices(**choices), agreed_text="Tell me", network=network,
                       public_url="https://status.example.org", now=now)  # fmt: skip


def code(session: Session) -> str:
    """As its owner reads it in the newest letter."""
    newest = list(session.exec(select(Letter).order_by(col(Letter.id))))[-1]
    (found,) = set(re.findall(r"\b\d{6}\b", newest.body))
    return str(found)


def signed_up(session: Session, channel: str = "sms", value: str = PHONE, **choices: Any) -> Subscriber:
    wish = ask(session, channel, value, network=str(uuid4()), **choices)
    found = signups.confirm(session, wish.id, code(session), now=NOON)
    assert found is not None
    return found


def told(session: Session, where: Where = IN_SVEG, listeners: Listeners = Listeners.all) -> list[str]:
    """The addresses that an outage of the cash machines there would go to."""
    atm = session.exec(select(Component.id).where(Component.code == "atm")).one()
    concern = Concern(where, (atm,), Severity.minor)
    rows = session.execute(audience.recipients(session, concern, {"sms": listeners, "email": listeners}))
    return sorted(row.value for row in rows)


def a_customer(session: Session, *, at: tuple[float, float] = SVEG, email: str = MAIL) -> Subscriber:
    """On file, at home there, and never asked."""
    person = add(session, Subscriber(is_customer=True, created_at=NOON))
    add(session, Address(subscriber_id=person.id or 0, channel="email", value=email, is_on_file=True))
    place_at(session, person, *at, label="home", is_on_file=True)
    add(session, SubscriberArea(subscriber_id=person.id or 0, area_code="SE-2361", is_on_file=True, is_chosen=False))
    return person


@pytest.fixture
def session(session: Session) -> Session:
    """With an organisation."""
    an_organisation(session)
    return session


def test_nobody_is_told_before_they_have_proved_that_the_address_is_theirs(session: Session) -> None:
    wish = ask(session)
    assert told(session) == []

    signups.confirm(session, wish.id, code(session), now=NOON)

    assert told(session) == [PHONE]


def test_a_code_is_not_kept_where_it_can_be_read(session: Session) -> None:
    wish = ask(session)

    assert code(session) not in wish.code_hash
    assert wish.code_hash not in repr(wish)


def test_wrong_codes_are_counted_and_end_the_wish(session: Session) -> None:
    wish = ask(session)
    right = code(session)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    tries = [signups.confirm(session, wish.id, wrong, now=NOON) for _ in range(signups.TRIES)]

    assert tries == [None] * 5
    with pytest.raises(TooMany, match="sign up again"):
        signups.confirm(session, wish.id, right, now=NOON)
    assert told(session) == []


def test_a_wish_that_is_too_old_or_made_up_says_the_same(session: Session) -> None:
    wish = ask(session)
    right = code(session)

    sentences = []
    for wish_id, now in ((wish.id, NOON + timedelta(minutes=31)), (uuid4(), NOON)):
        with pytest.raises(NotFound) as refusal:
            signups.confirm(session, wish_id, right, now=now)
        sentences.append(str(refusal.value))

    assert len(set(sentences)) == 1


def test_confirming_twice_is_confirming_once(session: Session) -> None:
    wish = ask(session)

    first, second = (signups.confirm(session, wish.id, f" {code(session)} ", now=NOON) for _ in range(2))

    assert first is second
    assert told(session) == [PHONE]


def test_known_and_unknown_addresses_are_treated_alike(session: Session) -> None:
    signed_up(session)
    a_customer(session)

    for channel, known, unknown in (("sms", PHONE, "+46709999999"), ("email", MAIL, "nobody@mail.example")):
        answers = [ask(session, channel, value, network=value) for value in (known, unknown)]
        letters = list(session.exec(select(Letter).order_by(col(Letter.id))))[-2:]
        assert [answer.value for answer in answers] == [letter.value for letter in letters] == [known, unknown]
        shapes = {re.sub(r"[0-9a-f-]{36}|\b\d{6}\b", "…", letter.subject + letter.body) for letter in letters}
        assert len(shapes) == 1


@pytest.mark.parametrize(("values", "most"), [([PHONE] * 9, 3), ([f"+46701{n:06}" for n in range(30)], 20)])
def test_sign_ups_are_limited_per_address_and_per_network(session: Session, values: list[str], most: int) -> None:
    for value in values[:most]:
        ask(session, value=value)

    with pytest.raises(TooMany):
        ask(session, value=values[most])

    assert len(session.exec(select(Letter)).all()) == most
    ask(session, value=values[most], now=NOON + timedelta(minutes=61))


def test_an_address_that_is_flooded_from_elsewhere_takes_nothing_from_a_network(session: Session) -> None:
    for number in range(signups.PER_NETWORK - 1):
        ask(session, value=f"+46701{number:06}", network="office")
    for network in ("a", "b"):
        ask(session, value="+46709000000", network=network)

    ask(session, value="+46709000000", network="office")


@pytest.mark.parametrize("written", ["070-123 45 67", "+46 70 123 45 67", "0046701234567", " 070 1234567 "])
def test_a_number_is_one_number_however_it_is_written(written: str) -> None:
    assert signups.normalised("sms", written) == PHONE


@pytest.mark.parametrize("written", ["08-123 456 78", "0900 123 45 67", "123", "", "anna@mail.example", "+46 70"])
def test_what_is_no_mobile_number_is_refused(written: str) -> None:
    with pytest.raises(NotValid, match="not a mobile number"):
        signups.normalised("sms", written)


@pytest.mark.parametrize(
    "written", ["anna", "anna@", "a b@mail.example", "anna@mail.example\nBcc: all@mail.example", ""]
)
def test_what_is_no_mail_address_is_refused(written: str) -> None:
    with pytest.raises(NotValid, match="not a mail address"):
        signups.normalised("email", written)


def test_choices_are_replaced_and_not_merged(session: Session) -> None:
    component = a_component(session, "app", "App")
    person = signed_up(session, components=(component.public_id,), place="Sveg")
    assert told(session) == []

    wishes.choose(session, person, Choices(area_codes=("SE-2361",), language="sv"), now=NOON)

    assert subscribers.followed(session, person) == [None]
    assert [codes for codes, points in [subscribers.places(session, person)] if not points] == [["SE-2361"]]
    assert told(session) == [PHONE]
    assert person.language == "sv"


@pytest.mark.parametrize("choices", [{"components": ("gone",)}, {"area_codes": ("gone",)}, {"place": "Atlantis"}, {"place": "nan, 14"}, {"place": "Sveg", "radius_km": float("nan")}])  # fmt: skip
def test_a_choice_that_cannot_be_is_refused_before_a_letter_is_written(
    session: Session, choices: dict[str, Any]
) -> None:
    with pytest.raises(NotValid):
        ask(session, **choices)

    assert session.exec(select(Letter)).all() == []


def test_whoever_left_is_told_nothing_and_may_come_back(session: Session) -> None:
    person = signed_up(session, place="Sveg")
    leaving.leave(session, person, now=NOON)
    leaving.leave(session, person, now=NOON)
    assert told(session) == []
    assert audience.count(session, Concern(IN_SVEG, (), Severity.extreme), channels=["sms"]).people == 0

    back = signed_up(session, place="Sveg")

    assert back.id == person.id
    assert back.left_at is None
    assert told(session) == [PHONE]


def test_an_address_that_said_stop_is_silent_until_its_owner_asks_anew(session: Session) -> None:
    signed_up(session)
    assert subscribers.suppress(session, "sms", PHONE, reason="STOP", now=NOON)
    assert not subscribers.suppress(session, "sms", PHONE, reason="STOP", now=NOON)
    assert told(session) == []

    signed_up(session)

    assert told(session) == [PHONE]


def test_a_customer_who_signs_up_changes_or_leaves_keeps_what_is_on_file(session: Session) -> None:
    customer = a_customer(session)

    signed_up(session, "email", MAIL, place="59.33, 18.07")
    assert told(session, IN_STOCKHOLM) == [MAIL]
    assert told(session, Where(codes=("SE-2361",))) == [MAIL]
    assert told(session, IN_SVEG) == [MAIL]
    assert told(session, IN_SVEG, Listeners.asked) == []
    leaving.leave(session, customer, now=NOON)

    assert told(session, IN_STOCKHOLM) == []
    assert told(session, IN_SVEG) == [MAIL]
    assert told(session, IN_SVEG, Listeners.asked) == []


def test_asking_for_somebody_elses_address_changes_nothing_of_theirs(session: Session) -> None:
    owner = signed_up(session, place="Sveg")

    wish = ask(session, place="59.33, 18.07", network="elsewhere")
    assert signups.confirm(session, wish.id, "000000" if code(session) != "000000" else "000001", now=NOON) is None

    assert told(session) == [PHONE]
    assert subscribers.places(session, owner)[1][0].label == "Sveg"


@pytest.mark.parametrize("language", ["en", "sv", "fi"])
def test_the_letter_holds_the_code_and_says_how_long(session: Session, language: str) -> None:
    ask(session, "email", MAIL, language=language)

    (letter,) = session.exec(select(Letter)).all()
    assert "Fjällbanken" in letter.subject
    assert "30 minut" in letter.body
    assert "https://status.example.org/subscribe/confirm/" in letter.body
    assert letter.not_after == NOON + timedelta(minutes=30)
