"""Status reports and texts that people write back: signed, in order, never to another machine."""

from itertools import pairwise

import httpx
import pytest

from tests.webapp.sandbox.receiver import Receiver
from tests.webapp.sandbox.test_twilio import SERVICE, created
from webapp.channels import stand_in
from webapp.channels.signing import verify_callback
from webapp.sandbox.callbacks import is_allowed
from webapp.sandbox.serve import Sandbox


def test_a_text_reports_each_step_but_the_first(twilio: httpx.Client, receiver: Receiver) -> None:
    created(twilio, StatusCallback=f"{receiver.url}/report?delivery=7")

    assert receiver.statuses(3) == ["sending", "sent", "delivered"]
    assert receiver.is_silent()


def test_a_text_of_a_messaging_service_reports_that_it_is_queued(twilio: httpx.Client, receiver: Receiver) -> None:
    created(twilio, **SERVICE, StatusCallback=receiver.url)

    assert receiver.statuses(4) == ["queued", "sending", "sent", "delivered"]


def test_reports_are_signed_over_the_whole_address_that_was_given(twilio: httpx.Client, receiver: Receiver) -> None:
    url = f"{receiver.url}/report?delivery=7&mac=a%2Bb"
    text = created(twilio, StatusCallback=url)

    report = receiver.next()

    assert report.path == "/report?delivery=7&mac=a%2Bb"
    assert report.form["MessageSid"] == text["sid"]
    assert verify_callback(stand_in.AUTH_TOKEN, url, report.form, report.signature)
    assert not verify_callback(stand_in.AUTH_TOKEN, url + "8", report.form, report.signature)


@pytest.mark.parametrize(("fate", "steps"), [("undelivered", 3), ("failed", 2)])
def test_a_bad_end_is_reported_with_its_code(
    twilio: httpx.Client, browser_like: httpx.Client, receiver: Receiver, fate: str, steps: int
) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "outcome", "status": fate, "code": 30003})
    created(twilio, StatusCallback=receiver.url)

    last = [receiver.next() for _ in range(steps)][-1].form

    assert (last["MessageStatus"], last["ErrorCode"]) == (fate, "30003")
    assert ("RawDlrDoneDate" in last) is (fate == "undelivered")


def test_a_text_that_outstays_its_validity_in_the_queue_is_never_sent(
    twilio: httpx.Client, browser_like: httpx.Client, receiver: Receiver
) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "hold", "seconds": 60})
    created(twilio, ValidityPeriod="1", StatusCallback=receiver.url)

    report = receiver.next().form

    assert (report["MessageStatus"], report["ErrorCode"]) == ("failed", "30036")


def test_a_report_that_nobody_answered_is_tried_once_more(twilio: httpx.Client) -> None:
    with Receiver(hang_ups=1) as unsteady:
        created(twilio, StatusCallback=unsteady.url)

        assert unsteady.statuses(3) == ["sending", "sent", "delivered"]


def test_a_text_that_somebody_writes_back_is_reported_and_signed(
    browser_like: httpx.Client, receiver: Receiver
) -> None:
    reply = browser_like.post("/phones/+46700000001/replies", data={"body": "STOP"})

    report = receiver.next()
    assert reply.status_code == 303
    assert report.form["From"] == "+46700000001"
    assert (report.form["Body"], report.form["OptOutType"]) == ("STOP", "STOP")
    assert verify_callback(stand_in.AUTH_TOKEN, f"{receiver.url}/inbound", report.form, report.signature)


@pytest.mark.parametrize(
    "url",
    [
        "https://status.example.org/hook",
        "http://10.0.0.1/",
        "http://127.0.0.1@status.example.org/",
        "http://127.0.0.1.example.org/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:port/",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_no_report_ever_leaves_this_machine(sandbox: Sandbox, twilio: httpx.Client, url: str) -> None:
    assert not is_allowed(url)

    sandbox.providers.callbacks.post(url, {})

    assert sandbox.providers.callbacks.counts.not_allowed == 1


def test_texts_move_through_their_statuses_in_the_order_of_their_making(
    twilio: httpx.Client, receiver: Receiver
) -> None:
    sids = [created(twilio, StatusCallback=receiver.url)["sid"] for _ in range(5)]

    reports = [receiver.next().form for _ in range(15)]

    rank = {"sending": 0, "sent": 1, "delivered": 2}
    for sid in sids:
        theirs = [rank[it["MessageStatus"]] for it in reports if it["MessageSid"] == sid]
        assert all(a < b for a, b in pairwise(theirs))
