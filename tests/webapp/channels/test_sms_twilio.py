"""Texts by Twilio: what is handed over, and what each failure means."""

import socket
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.webapp.channels.conftest import Arm
from webapp.channels import stand_in
from webapp.channels.base import Adapters, ErrorClass, Outgoing, SendError
from webapp.channels.sms_twilio import SmsSettings, TwilioSms
from webapp.channels.twilio_errors import error_class_of
from webapp.sandbox.serve import Sandbox


def failure(adapters: Adapters, text: Outgoing, now: datetime) -> SendError:
    with pytest.raises(SendError) as caught:
        adapters.direct["sms"].send(text, now=now)
    return caught.value


def test_a_text_arrives_with_its_report_address_and_the_time_it_has_left(
    sandbox: Sandbox, adapters: Adapters, a_text: Outgoing, now: datetime
) -> None:
    text = replace(
        a_text, callback_url="http://127.0.0.1:9/hooks/twilio?delivery=17", expires_at=now + timedelta(minutes=5)
    )

    accepted = adapters.direct["sms"].send(text, now=now)

    [kept] = sandbox.providers.sms.newest()
    assert (kept.id, kept.recipient, kept.body) == (accepted.provider_id, text.recipient, text.body)
    assert (kept.callback_url, kept.validity_s, kept.sender) == (text.callback_url, 300, stand_in.SENDER)


def test_a_text_without_an_end_or_with_a_far_one_may_wait_ten_hours(
    sandbox: Sandbox, adapters: Adapters, a_text: Outgoing, now: datetime
) -> None:
    adapters.direct["sms"].send(replace(a_text, expires_at=None), now=now)
    adapters.direct["sms"].send(replace(a_text, expires_at=now + timedelta(days=3)), now=now)

    assert [it.validity_s for it in sandbox.providers.sms.newest()] == [36_000, 36_000]


@pytest.mark.parametrize("left_s", [-60, 0, 5])
def test_a_text_that_could_not_arrive_in_time_is_not_sent(
    sandbox: Sandbox, adapters: Adapters, a_text: Outgoing, now: datetime, left_s: int
) -> None:
    text = replace(a_text, expires_at=now + timedelta(seconds=left_s))

    assert failure(adapters, text, now).error_class is ErrorClass.expired
    assert sandbox.providers.sms.total() == 0


def test_a_messaging_service_picks_the_sender(sandbox: Sandbox, a_text: Outgoing, now: datetime) -> None:
    adapter = TwilioSms(
        SmsSettings(
            stand_in.ACCOUNT_SID,
            stand_in.AUTH_TOKEN,
            service_sid=stand_in.SERVICE_SID,
            base_url=sandbox.http_url,
            sandbox=True,
        )
    )

    adapter.send(a_text, now=now)
    adapter.close()

    assert sandbox.providers.sms.newest()[0].service_sid == stand_in.SERVICE_SID


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        (21211, ErrorClass.bad_address),
        (21614, ErrorClass.bad_address),
        (21635, ErrorClass.bad_address),
        (21610, ErrorClass.opted_out),
        (21611, ErrorClass.transient),
        (21606, ErrorClass.ours),
        (21408, ErrorClass.ours),
        (21617, ErrorClass.ours),
        (29999, ErrorClass.ours),
    ],
)
def test_each_code_means_something_for_the_recipient(
    adapters: Adapters, arm: Arm, a_text: Outgoing, now: datetime, code: int, error_class: ErrorClass
) -> None:
    arm("sms", "status", status=400, code=code)

    error = failure(adapters, a_text, now)

    assert (error.error_class, error.code) == (error_class, str(code))


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        (30003, ErrorClass.transient),
        (30005, ErrorClass.bad_address),
        (30007, ErrorClass.ours),
        (30034, ErrorClass.ours),
        ("30036", ErrorClass.expired),
        (None, ErrorClass.ours),
        ("", ErrorClass.ours),
        ("odd", ErrorClass.ours),
    ],
)
def test_codes_of_reports_are_read_by_the_same_table(code: int | str | None, error_class: ErrorClass) -> None:
    assert error_class_of(code) is error_class


def test_an_invalid_number_and_an_opted_out_one_are_told_apart(
    sandbox: Sandbox, adapters: Adapters, a_text: Outgoing, now: datetime
) -> None:
    sandbox.providers.text_back("+46700000002", "STOP")

    invalid = failure(adapters, replace(a_text, recipient="0700000001"), now)
    opted_out = failure(adapters, replace(a_text, recipient="+46700000002"), now)

    assert (invalid.error_class, opted_out.error_class) == (ErrorClass.bad_address, ErrorClass.opted_out)


def test_a_failure_repeats_neither_number_nor_text(adapters: Adapters, a_text: Outgoing, now: datetime) -> None:
    error = failure(adapters, replace(a_text, recipient="0700000001"), now)

    assert "0700000001" not in f"{error}{error.__cause__}"
    assert "request RQ" in error.detail


def test_too_many_calls_are_put_off_for_as_long_as_twilio_says(
    adapters: Adapters, arm: Arm, a_text: Outgoing, now: datetime
) -> None:
    arm("sms", "status", status=429, code=20429, seconds=7)

    error = failure(adapters, a_text, now)

    assert (error.error_class, error.retry_after_s) == (ErrorClass.transient, 7.0)


def test_a_wrong_token_is_our_fault(sandbox: Sandbox, a_text: Outgoing, now: datetime) -> None:
    adapter = TwilioSms(
        SmsSettings(stand_in.ACCOUNT_SID, "wrong", sender=stand_in.SENDER, base_url=sandbox.http_url, sandbox=True)
    )

    with pytest.raises(SendError) as caught:
        adapter.send(a_text, now=now)
    adapter.close()

    assert (caught.value.error_class, caught.value.code) == (ErrorClass.ours, "20003")


@pytest.mark.parametrize(("kind", "taken"), [("drop", 1), ("drop_before", 0), ("apply_500", 1)])
def test_after_a_lost_reply_only_a_look_up_knows(
    sandbox: Sandbox, adapters: Adapters, arm: Arm, a_text: Outgoing, now: datetime, kind: str, taken: int
) -> None:
    arm("sms", kind)

    error = failure(adapters, a_text, now)
    found = adapters.direct["sms"].look_up(a_text, since=now)

    assert error.error_class is ErrorClass.unknown
    assert sandbox.providers.sms.count(a_text.recipient) == taken
    assert (found is not None) is bool(taken)


def test_a_503_leaves_it_unknown(adapters: Adapters, arm: Arm, a_text: Outgoing, now: datetime) -> None:
    arm("sms", "status", status=503, code=20503)

    assert failure(adapters, a_text, now).error_class is ErrorClass.unknown


def test_where_nobody_listens_nothing_was_taken(a_text: Outgoing, now: datetime) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        adapter = TwilioSms(SmsSettings(stand_in.ACCOUNT_SID, "x", sender="+15551234567", base_url=url, sandbox=True))

        with pytest.raises(SendError) as caught:
            adapter.send(a_text, now=now)
        adapter.close()

    assert caught.value.error_class is ErrorClass.transient


def test_a_name_that_nobody_knows_means_that_nothing_was_taken(a_text: Outgoing, now: datetime) -> None:
    adapter = TwilioSms(
        SmsSettings("AC1", "x", sender="+15551234567", base_url="https://nowhere.invalid", sandbox=True)
    )

    with pytest.raises(SendError) as caught:
        adapter.send(a_text, now=now)
    adapter.close()

    assert caught.value.error_class is ErrorClass.transient


def test_a_look_up_finds_a_text_that_still_waits_in_the_queue(
    adapters: Adapters, arm: Arm, a_text: Outgoing, now: datetime
) -> None:
    arm("sms", "hold", seconds=60)
    accepted = adapters.direct["sms"].send(a_text, now=now)

    assert adapters.direct["sms"].look_up(a_text, since=now) == accepted


def test_a_look_up_takes_neither_another_text_nor_an_older_one_nor_an_answer(
    sandbox: Sandbox, adapters: Adapters, a_text: Outgoing, now: datetime
) -> None:
    sms = adapters.direct["sms"]
    sms.send(a_text, now=now)
    other = replace(a_text, recipient="+46700000002")
    sandbox.providers.text_back(other.recipient, other.body)

    assert sms.look_up(replace(a_text, body="Something else"), since=now) is None
    assert sms.look_up(a_text, since=now + timedelta(minutes=1)) is None
    assert sms.look_up(other, since=now) is None


def test_a_look_up_that_gets_no_answer_may_be_repeated(
    adapters: Adapters, arm: Arm, a_text: Outgoing, now: datetime
) -> None:
    arm("sms", "drop", on="list")

    with pytest.raises(SendError) as caught:
        adapters.direct["sms"].look_up(a_text, since=now)

    assert caught.value.error_class is ErrorClass.transient


def test_a_slow_provider_is_left_after_the_time_out(
    sandbox: Sandbox, arm: Arm, a_text: Outgoing, now: datetime
) -> None:
    adapter = TwilioSms(
        SmsSettings(
            stand_in.ACCOUNT_SID,
            stand_in.AUTH_TOKEN,
            sender=stand_in.SENDER,
            base_url=sandbox.http_url,
            timeout_s=0.2,
            sandbox=True,
        )
    )
    arm("sms", "delay", seconds=0.6)

    with pytest.raises(SendError) as caught:
        adapter.send(a_text, now=now)
    adapter.close()

    assert caught.value.error_class is ErrorClass.unknown


def test_the_log_holds_no_number_and_no_text(
    adapters: Adapters, a_text: Outgoing, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        adapters.direct["sms"].send(a_text, now=now)
        adapters.direct["sms"].look_up(a_text, since=now)

    assert "46700000001" not in caplog.text
    assert "Sveg" not in caplog.text


def test_settings_do_not_show_their_secret() -> None:
    assert "hush" not in repr(SmsSettings("AC1", "hush"))
