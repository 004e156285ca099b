"""Who may get which adapters: no exercise can reach real people."""

from dataclasses import replace

import pytest

from rules.terms import Mode
from webapp.channels.email_smtp import EmailSettings
from webapp.channels.facebook_page import FacebookSettings
from webapp.channels.loopback import is_loopback
from webapp.channels.registry import ChannelSettings, ReachesProviderError, build, sandbox_settings
from webapp.channels.sms_twilio import SmsSettings

ACTUAL: dict[str, ChannelSettings] = {
    "sms": SmsSettings("AC1", "token", sender="+15551234567"),
    "email": EmailSettings("mail.example.org", "notices@example.org"),
    "facebook": FacebookSettings("1", "token"),
}


@pytest.mark.parametrize("mode", [Mode.exercise, Mode.test])
@pytest.mark.parametrize("channel", ACTUAL)
def test_an_exercise_gets_no_adapter_that_leads_to_a_provider(mode: Mode, channel: str) -> None:
    with pytest.raises(ReachesProviderError, match=channel):
        build({channel: ACTUAL[channel]}, mode)


@pytest.mark.parametrize("channel", ACTUAL)
def test_the_mark_alone_is_not_believed(channel: str) -> None:
    with pytest.raises(ReachesProviderError):
        build({channel: replace(ACTUAL[channel], sandbox=True)}, Mode.exercise)


def test_an_address_on_this_machine_alone_is_not_believed() -> None:
    unmarked = SmsSettings("AC1", "token", base_url="http://127.0.0.1:4020")  # perhaps a way out to the provider

    with pytest.raises(ReachesProviderError):
        build({"sms": unmarked}, Mode.test)


@pytest.mark.parametrize("mode", Mode)
def test_sandbox_settings_are_good_in_any_mode(mode: Mode) -> None:
    adapters = build(sandbox_settings("http://127.0.0.1:4020", "127.0.0.1", 4025), mode)

    assert (set(adapters.direct), set(adapters.broadcast)) == ({"sms", "email", "push", "webhook"}, {"facebook"})
    adapters.close()


def test_in_earnest_all_settings_are_good() -> None:
    adapters = build(ACTUAL, Mode.actual)

    assert (set(adapters.direct), set(adapters.broadcast)) == ({"sms", "email"}, {"facebook"})
    adapters.close()


@pytest.mark.parametrize(
    ("http_url", "smtp_host"),
    [
        ("https://sandbox.example.org", "127.0.0.1"),
        ("http://127.0.0.1:1", "10.0.0.1"),
        ("https://127.0.0.1@evil.example", "::1"),
    ],
)
def test_there_is_no_sandbox_on_another_machine(http_url: str, smtp_host: str) -> None:
    with pytest.raises(ReachesProviderError):
        sandbox_settings(http_url, smtp_host, 4025)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104  a host to judge, not to bind
        ("localhost.example.org", False),
        ("127.1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_this_machine_counts_as_this_machine(host: str | None, answer: bool) -> None:
    assert is_loopback(host) is answer


@pytest.mark.parametrize("url", ["http://api.twilio.com", "http://10.0.0.1", "ftp://127.0.0.1", "https://", "nowhere"])
def test_no_secret_travels_in_the_open(url: str) -> None:
    for settings in (SmsSettings, FacebookSettings):
        with pytest.raises(ValueError, match="begins with https"):
            settings("1", "token", base_url=url)
