"""What the SMS provider reports, and what people answer."""

import re
from typing import Any

import pytest
from sqlmodel import select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # twilio publishes no types
from werkzeug.test import TestResponse

from tests.builders import NOON, STATUS, a_subscriber
from tests.webapp.web.street import Street, on_sqlite
from webapp.channels import stand_in
from webapp.flow import attempts, claims, receipts
from webapp.flow.deliveries import Attempt, DeliveryState
from webapp.flow.notices import Notice
from webapp.flow.subscribers import Address, key_of

NUMBER = "+46701000001"
INBOUND = f"{STATUS}/hooks/twilio/inbound"


def sent(street: Street) -> Notice:
    """A text that the provider has taken."""
    with street.store() as session:
        a_subscriber(session, sms=NUMBER)
        notice = street.a_live_notice(session, channels=("status_page", "sms"))
        chunk = claims.claim(session, now=NOON, channels=["sms"])
        assert chunk is not None
        attempts.begin(session, chunk, attempts.next_recipients(session, chunk, now=NOON, most=10), now=NOON)
        attempts.settle(session, (notice.id, 0, 1), DeliveryState.accepted, now=NOON, provider_id="SM1")
        return notice


def call(street: Street, url: str, *, key: str = stand_in.AUTH_TOKEN, **form: str) -> TestResponse:
    """As the provider calls: over the address that it was given, from wherever our proxy says."""
    signature = RequestValidator(key).compute_signature(url, form)
    return street.reader().post(
        url.removeprefix(STATUS), data=form, headers={"X-Twilio-Signature": signature, "Host": "10.0.0.7:8000"}
    )


def report(street: Street, notice: Notice, status: str, **more: str) -> TestResponse:
    url = street.links.receipt(f"{notice.id}.0")
    return call(
        street, url, MessageSid="SM1", MessageStatus=status, To=NUMBER, Unknown="parameters are signed too", **more
    )


def state(street: Street, notice: Notice) -> DeliveryState:
    with street.store() as session:
        return session.get_one(Attempt, (notice.id, 0, 1)).state


def suppressed(street: Street) -> str | None:
    with street.store() as session:
        found = session.exec(select(Address).where(Address.value == NUMBER)).one()
        return found.suppressed_reason if found.suppressed_at else None


def test_reports_move_a_delivery_on_in_whatever_order_they_come(street: Street) -> None:
    notice = sent(street)

    codes = [
        report(street, notice, word).status_code for word in ("queued", "delivered", "sent", "sending", "delivered")
    ]

    assert codes == [204] * 5
    assert state(street, notice) is DeliveryState.delivered
    with street.store() as session:
        assert [each.status for each in receipts.of(session, notice.id, 0)] == [
            "queued",
            "delivered",
            "sent",
            "sending",
        ]


@on_sqlite
@pytest.mark.parametrize(
    ("word", "code", "becomes", "why"),
    [
        ("sent", "", DeliveryState.sent, None),
        ("undelivered", "30003", DeliveryState.undelivered, None),
        ("undelivered", "30005", DeliveryState.undelivered, "bad_address"),
        ("failed", "21610", DeliveryState.failed, "opted_out"),
        ("failed", "30036", DeliveryState.expired, None),
        ("failed", "not a number", DeliveryState.failed, None),
        ("accepted", "", DeliveryState.accepted, None),
        ("something new", "", DeliveryState.accepted, None),
    ],
)
def test_each_report_means_one_thing(
    street: Street, word: str, code: str, becomes: DeliveryState, why: str | None
) -> None:
    notice = sent(street)

    answer = report(street, notice, word, ErrorCode=code)

    assert answer.status_code == 204
    assert state(street, notice) is becomes
    assert suppressed(street) == why


@on_sqlite
def test_forgeries_change_nothing(street: Street) -> None:
    notice = sent(street)
    url, form = street.links.receipt(f"{notice.id}.0"), {"MessageSid": "SM1", "MessageStatus": "failed"}
    path = url.removeprefix(STATUS)
    right = RequestValidator(stand_in.AUTH_TOKEN).compute_signature(url, form)

    answers = [
        street.reader().post(path, data=form),
        street.reader().post(path, data=form, headers={"X-Twilio-Signature": "not base64 \xe5"}),
        street.reader().post(path, data=form | {"ErrorCode": "30005"}, headers={"X-Twilio-Signature": right}),
        street.reader().post(path, json=form, headers={"X-Twilio-Signature": right}),
        call(street, url, key="another account", **form),
        call(street, f"{STATUS}/hooks/twilio/status?delivery={notice.id}.0", **form),
        call(street, f"{STATUS}/hooks/twilio/status", **form),
    ]

    assert [answer.status_code for answer in answers] == [403] * 7
    assert state(street, notice) is DeliveryState.accepted


@on_sqlite
def test_a_report_on_something_that_we_do_not_have_is_no_error(street: Street) -> None:
    url = street.links.receipt("00000000-0000-0000-0000-000000000000.7")

    assert call(street, url, MessageSid="SM9", MessageStatus="delivered").status_code == 204


@on_sqlite
@pytest.mark.parametrize(
    "form",
    [
        {"Body": "STOP"},
        {"Body": " Stopp! "},
        {"Body": "sluta"},
        {"Body": "Opt  out"},
        {"Body": "x", "OptOutType": "STOP"},
    ],
)
def test_whoever_answers_stop_is_texted_no_more(street: Street, form: dict[str, str]) -> None:
    with street.store() as session:
        a_subscriber(session, sms=NUMBER)

    answers = [call(street, INBOUND, From=NUMBER, To=stand_in.SENDER, **form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["Content-Type"].startswith("text/xml")
    assert suppressed(street) == "answered_stop"


@on_sqlite
def test_other_answers_and_forged_stops_change_nothing(street: Street) -> None:
    with street.store() as session:
        a_subscriber(session, sms=NUMBER)
    forged: dict[str, Any] = {"From": NUMBER, "Body": "STOP"}

    other = call(street, INBOUND, From=NUMBER, Body="When does the bus stop?")
    unsigned = street.reader().post("/hooks/twilio/inbound", data=forged)

    assert other.status_code == 200
    assert unsigned.status_code == 403
    assert suppressed(street) is None


def texts(street: Street, body: str, number: str = NUMBER, **more: str) -> str:
    """What comes back; "" = nothing."""
    answer = call(street, INBOUND, From=number, To=stand_in.SENDER, Body=body, **more)
    assert answer.status_code == 200
    found = re.search("<Message>(.*)</Message>", answer.text)
    return found[1] if found else ""


@on_sqlite
def test_local_words_stop_and_start_and_are_answered_in_their_language(street: Street) -> None:
    with street.store() as session:
        a_subscriber(session, sms=NUMBER)

    stopped = texts(street, "Avsluta")
    was = suppressed(street)
    started = texts(street, "Starta!")

    assert (was, suppressed(street)) == ("answered_stop", None)
    assert "inga fler sms" in stopped
    assert "våra sms igen" in started


@on_sqlite
@pytest.mark.parametrize(
    ("body", "more"), [("STOP", {}), ("Start", {}), ("Hjälp", {"OptOutType": "HELP"}), ("Tack!", {})]
)
def test_nothing_is_said_twice_where_the_provider_answers(street: Street, body: str, more: dict[str, str]) -> None:
    with street.store() as session:
        a_subscriber(session, sms=NUMBER)

    assert texts(street, body, **more) == ""


@on_sqlite
def test_help_says_who_we_are_and_leads_to_ones_own_link(street: Street) -> None:
    with street.store() as session:
        person = key_of(a_subscriber(session, sms=NUMBER))

    known, unknown = texts(street, "help"), texts(street, "HJÄLP", "+46709999999")

    assert "Fjällbanken" in known
    assert street.links.preferences(person) in known
    assert f"{STATUS}/subscribe " in unknown
    assert "Skicka STOPP" in unknown


@on_sqlite
def test_start_from_somebody_who_never_asked_signs_nobody_up(street: Street) -> None:
    assert f"{STATUS}/subscribe" in texts(street, "starta")

    with street.store() as session:
        assert session.exec(select(Address)).all() == []


@on_sqlite
def test_two_machines_do_not_talk_to_each_other_for_ever(street: Street) -> None:
    answers = [texts(street, "info") for _ in range(6)]

    assert [bool(answer) for answer in answers] == [True] * 4 + [False] * 2
