"""Twilio's Messages API, as its users meet it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.webapp.sandbox.receiver import Receiver
from webapp.channels import stand_in
from webapp.sandbox.serve import Sandbox

SERVICE = {"MessagingServiceSid": stand_in.SERVICE_SID, "From": ""}


def a_text(**wishes: str) -> dict[str, str]:
    """A form that is taken as it is."""
    form = {"To": "+46700000001", "From": stand_in.SENDER, "Body": "Kort fungerar inte i Sveg."} | wishes
    return {name: value for name, value in form.items() if value}


def created(twilio: httpx.Client, **wishes: str) -> dict[str, object]:
    reply = twilio.post("/Messages.json", data=a_text(**wishes))
    assert reply.status_code == 201, reply.text
    resource: dict[str, object] = reply.json()
    return resource


def test_a_text_begins_as_queued_with_sender_and_no_date_of_sending(twilio: httpx.Client) -> None:
    text = created(twilio)

    assert (text["status"], text["from"], text["date_sent"]) == ("queued", stand_in.SENDER, None)


def test_a_text_of_a_messaging_service_begins_as_accepted_without_sender_or_parts(twilio: httpx.Client) -> None:
    text = created(twilio, **SERVICE)

    assert (text["status"], text["from"], text["num_segments"]) == ("accepted", None, "0")


@pytest.mark.parametrize(
    ("wishes", "status", "code"),
    [
        ({"To": "0700000001"}, 400, 21211),
        ({"To": ""}, 400, 21604),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"From": ""}, 400, 21603),
        ({"From": "more than eleven"}, 400, 21212),
        ({"ValidityPeriod": "0"}, 400, 20001),
        ({"ValidityPeriod": "36001"}, 400, 20001),
        ({"StatusCallback": "nowhere"}, 400, 21609),
    ],
)
def test_what_twilio_would_refuse_is_refused_in_its_words(
    twilio: httpx.Client, wishes: dict[str, str], status: int, code: int
) -> None:
    reply = twilio.post("/Messages.json", data=a_text(**wishes))

    error = reply.json()
    assert (reply.status_code, error["code"], error["status"]) == (status, code, status)
    assert error["more_info"] == f"https://www.twilio.com/docs/errors/{code}"


def test_without_the_token_nobody_gets_in(twilio: httpx.Client) -> None:
    reply = twilio.post("/Messages.json", data=a_text(), auth=(stand_in.ACCOUNT_SID, "wrong"))

    assert (reply.status_code, reply.json()["code"]) == (401, 20003)


def test_the_list_is_filtered_by_recipient_and_paged_newest_first(twilio: httpx.Client) -> None:
    for number in range(5):
        created(twilio, Body=f"text {number}")
    created(twilio, To="+46700000002")

    first = twilio.get("/Messages.json", params={"To": "+46700000001", "PageSize": "2"}).json()
    second = twilio.get(twilio.base_url.join(first["next_page_uri"])).json()
    third = twilio.get(twilio.base_url.join(second["next_page_uri"])).json()

    assert [it["body"] for it in first["messages"]] == ["text 4", "text 3"]
    assert [it["body"] for it in second["messages"]] == ["text 2", "text 1"]
    assert [it["body"] for it in third["messages"]] == ["text 0"]
    assert third["next_page_uri"] is None


def test_a_date_filter_leaves_out_what_is_not_sent_yet(twilio: httpx.Client, browser_like: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "hold", "seconds": 60})
    created(twilio)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()

    dated = twilio.get("/Messages.json", params={"To": "+46700000001", "DateSent>": yesterday}).json()
    undated = twilio.get("/Messages.json", params={"To": "+46700000001"}).json()

    assert (len(dated["messages"]), len(undated["messages"])) == (0, 1)


def test_only_what_is_scheduled_can_be_cancelled(twilio: httpx.Client) -> None:
    send_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    scheduled = created(twilio, **SERVICE, SendAt=send_at, ScheduleType="fixed")
    queued = created(twilio)

    cancelled = twilio.post(f"/Messages/{scheduled['sid']}.json", data={"Status": "canceled"})
    too_late = twilio.post(f"/Messages/{queued['sid']}.json", data={"Status": "canceled"})

    assert (scheduled["status"], cancelled.json()["status"]) == ("scheduled", "canceled")
    assert too_late.json()["code"] == 30409


def test_scheduling_without_a_messaging_service_sends_at_once(twilio: httpx.Client) -> None:
    send_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()

    assert created(twilio, SendAt=send_at, ScheduleType="fixed")["status"] == "queued"


def test_a_delivered_text_can_be_blanked_and_deleted(twilio: httpx.Client, receiver: Receiver) -> None:
    path = f"/Messages/{created(twilio, StatusCallback=receiver.url)['sid']}.json"
    receiver.statuses(3)

    blanked = twilio.post(path, data={"Body": ""}).json()
    deleted = twilio.delete(path)

    assert blanked["body"] == ""
    assert (deleted.status_code, twilio.get(path).status_code) == (204, 404)


def test_a_text_under_way_cannot_be_deleted(twilio: httpx.Client, browser_like: httpx.Client) -> None:
    browser_like.post("/faults", json={"channel": "sms", "kind": "hold", "seconds": 60})

    assert twilio.delete(f"/Messages/{created(twilio)['sid']}.json").json()["code"] == 20009


def test_after_stop_a_number_gets_nothing_until_start(sandbox: Sandbox, twilio: httpx.Client) -> None:
    sandbox.providers.text_back("+46700000001", " Stop ")
    refused = twilio.post("/Messages.json", data=a_text())
    sandbox.providers.text_back("+46700000001", "START")

    assert refused.json()["code"] == 21610
    assert created(twilio)["status"] == "queued"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("å" * 160, "1"),
        ("å" * 161, "2"),
        ("€" * 81, "2"),
        ("š" * 70, "1"),
        ("š" * 71, "2"),
        ("😀" * 36, "2"),
        ("a", "1"),
    ],
)
def test_parts_are_counted_as_they_are_billed(twilio: httpx.Client, text: str, parts: str) -> None:
    assert created(twilio, Body=text)["num_segments"] == parts
