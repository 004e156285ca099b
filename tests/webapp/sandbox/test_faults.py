"""Faults: what a provider does when it hurts, over real connections."""

import smtplib
from time import monotonic

import httpx
import pytest

from tests.webapp.sandbox.test_graph import FEED
from tests.webapp.sandbox.test_twilio import a_text
from webapp.sandbox.serve import Sandbox

MAIL = b"Subject: hej\r\n\r\nKort fungerar inte.\r\n"


def counted(browser_like: httpx.Client, channel: str) -> int:
    count: int = browser_like.get("/inbox.json").json()["counts"][channel]
    return count


def test_a_lost_reply_leaves_a_text_that_was_taken(browser_like: httpx.Client, twilio: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "drop"})

    with pytest.raises(httpx.RemoteProtocolError):
        twilio.post("/Messages.json", data=a_text())

    assert counted(browser_like, "sms") == 1


def test_a_connection_cut_before_taking_leaves_nothing(browser_like: httpx.Client, twilio: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "drop_before"})

    with pytest.raises(httpx.RemoteProtocolError):
        twilio.post("/Messages.json", data=a_text())

    assert counted(browser_like, "sms") == 0


def test_a_500_may_hide_a_text_that_was_taken(browser_like: httpx.Client, twilio: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "apply_500"})

    assert twilio.post("/Messages.json", data=a_text()).status_code == 500
    assert counted(browser_like, "sms") == 1


def test_a_429_says_when_to_come_back(browser_like: httpx.Client, twilio: httpx.Client) -> None:
    fault = {"channel": "sms", "kind": "status", "status": 429, "code": 20429, "seconds": 7}
    browser_like.post("/faults", json=fault)

    reply = twilio.post("/Messages.json", data=a_text())

    assert (reply.status_code, reply.json()["code"], reply.headers["Retry-After"]) == (429, 20429, "7")
    assert counted(browser_like, "sms") == 0


def test_a_fault_for_one_recipient_spares_the_others_and_wears_off(
    browser_like: httpx.Client, twilio: httpx.Client
) -> None:
    fault = {"channel": "sms", "kind": "status", "status": 400, "code": 21614, "recipient": "+46700000002", "times": 2}
    browser_like.post("/faults", json=fault)

    numbers = ["+46700000001", "+46700000002", "+46700000002", "+46700000002"]
    statuses = [twilio.post("/Messages.json", data=a_text(To=it)).status_code for it in numbers]

    assert statuses == [201, 400, 400, 201]
    assert browser_like.get("/faults").json() == {"faults": []}


def test_a_delayed_reply_comes_late_and_whole(browser_like: httpx.Client, graph: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "facebook", "kind": "delay", "seconds": 0.2})
    began = monotonic()

    reply = graph.post(FEED, data={"message": "x"})

    assert reply.status_code == 200
    assert monotonic() - began >= 0.2


def test_a_lost_reply_leaves_a_post_on_the_page(browser_like: httpx.Client, graph: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "facebook", "kind": "drop"})

    with pytest.raises(httpx.RemoteProtocolError):
        graph.post(FEED, data={"message": "x"})

    assert counted(browser_like, "facebook") == 1


def test_faults_can_be_disarmed(browser_like: httpx.Client, twilio: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "drop_before", "times": 9})

    assert browser_like.delete("/faults").status_code == 204
    assert twilio.post("/Messages.json", data=a_text()).status_code == 201


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ([], "one JSON object"),
        ({"channel": "fax", "kind": "drop"}, "channel must be one of"),
        ({"channel": "sms", "kind": "explode"}, "kind must be one of"),
        ({"channel": "sms", "kind": "drop", "time": 2}, "Unknown field time"),
        ({"channel": "sms", "kind": "drop", "times": "2"}, "times has the wrong type"),
        ({"channel": "sms", "kind": "drop", "times": 0}, "times must be 1 or more"),
        ({"channel": "sms", "kind": "status", "status": "soft"}, "status must be"),
        ({"channel": "sms", "kind": "outcome", "status": "lost"}, "status must be"),
        ({"channel": "email", "kind": "apply_500"}, "cannot take a mail and refuse it"),
        ({"channel": "email", "kind": "hold"}, "is for sms"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_what_to_write(
    browser_like: httpx.Client, wish: object, complaint: str
) -> None:
    reply = browser_like.post("/faults", json=wish)

    assert reply.status_code == 400
    assert complaint in reply.json()["error"]
    assert browser_like.get("/faults").json() == {"faults": []}


def test_a_mail_server_can_refuse_one_recipient(browser_like: httpx.Client, sandbox: Sandbox) -> None:
    fault = {"channel": "email", "kind": "status", "status": 550, "code": "5.1.1", "recipient": "gone@example.org"}
    browser_like.post("/faults", json=fault)

    with smtplib.SMTP(sandbox.host, sandbox.smtp_port) as smtp:
        refused = smtp.sendmail("a@example.org", ["gone@example.org", "here@example.org"], MAIL)

    assert refused == {"gone@example.org": (550, b"5.1.1 As armed")}
    assert counted(browser_like, "email") == 1


@pytest.mark.parametrize(("kind", "left"), [("drop", 1), ("drop_before", 0)])
def test_a_mail_server_can_hang_up_after_or_before_taking(
    browser_like: httpx.Client, sandbox: Sandbox, kind: str, left: int
) -> None:
    browser_like.post("/faults", json={"channel": "email", "kind": kind})

    with smtplib.SMTP(sandbox.host, sandbox.smtp_port) as smtp, pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.sendmail("a@example.org", ["here@example.org"], MAIL)

    assert counted(browser_like, "email") == left
