"""Web Push against the stand-in: sealed, signed, dropped when over, and never sent where a stranger's address may not lead."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from tests.builders import NOON
from webapp.channels import stand_in
from webapp.channels.base import ErrorClass, Outgoing, SendError
from webapp.channels.web_push import PushSettings, WebPush, public_key
from webapp.sandbox.faults import fault_of
from webapp.sandbox.serve import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def browser(sandbox: Sandbox, key: str = "") -> str:
    """An address as we store it."""
    wish = {"applicationServerKey": key or public_key(stand_in.PUSH_KEY)}
    found = httpx.post(f"{sandbox.http_url}/push/browsers", json=wish).json()
    return json.dumps({"endpoint": found["endpoint"], **found["keys"]})


def adapter(sandbox: Sandbox) -> WebPush:
    return WebPush(PushSettings(stand_in.PUSH_KEY, "mailto:us@bank.example", click_url="https://status.example.org",
                                base_url=sandbox.http_url, sandbox=True))  # fmt: skip


def message(recipient: str, **known: object) -> Outgoing:
    usual = {"key": "notice.0", "language": "sv", "subject": "", "sender_name": "Fjällbanken",
             "body": "Bankomaterna i Sveg fungerar inte.", "expires_at": NOON + timedelta(hours=3)}  # fmt: skip
    return Outgoing(recipient=recipient, **usual | known)  # type: ignore[arg-type]  # a mixed dict


def refusal(sandbox: Sandbox, recipient: str, **known: object) -> SendError:
    with pytest.raises(SendError) as found:
        adapter(sandbox).send(message(recipient, **known), now=NOON)
    return found.value


def test_a_browser_shows_what_was_sent_and_its_service_drops_it_when_it_is_over(sandbox: Sandbox) -> None:
    adapter(sandbox).send(message(browser(sandbox)), now=NOON)

    (shown,) = sandbox.providers.notifications.newest()
    assert (shown.title, shown.body) == ("Fjällbanken", "Bankomaterna i Sveg fungerar inte.")
    assert (shown.ttl_s, shown.urgency, shown.url) == (3 * 3_600, "high", "https://status.example.org")
    assert 0 < len(shown.topic) <= 32


def test_the_same_message_again_takes_its_own_place(sandbox: Sandbox) -> None:
    one = browser(sandbox)
    for _ in range(2):
        adapter(sandbox).send(message(one), now=NOON)

    assert len({shown.tag for shown in sandbox.providers.notifications.newest()}) == 1


def test_a_long_text_is_cut_to_what_every_service_takes_and_a_link_in_it_is_what_a_click_opens(
    sandbox: Sandbox,
) -> None:
    body = "Se https://status.example.org/x. " + "ö" * 5_000
    adapter(sandbox).send(message(browser(sandbox), body=body), now=NOON)

    (shown,) = sandbox.providers.notifications.newest()
    assert shown.url == "https://status.example.org/x"
    assert 1_000 < len(shown.body) < 1_600


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (404, ErrorClass.bad_address),
        (410, ErrorClass.bad_address),
        (429, ErrorClass.transient),
        (503, ErrorClass.transient),
        (403, ErrorClass.ours),
        (413, ErrorClass.ours),
        (301, ErrorClass.ours),
    ],
)
def test_each_answer_means_one_thing(sandbox: Sandbox, status: int, means: ErrorClass) -> None:
    sandbox.providers.faults.arm(fault_of({"channel": "push", "kind": "status", "status": status}))

    assert refusal(sandbox, browser(sandbox)).error_class is means


def test_who_took_the_permission_back_is_not_asked_again(sandbox: Sandbox) -> None:
    gone = browser(sandbox)
    httpx.delete(json.loads(gone)["endpoint"])

    assert refusal(sandbox, gone).error_class is ErrorClass.bad_address


def test_a_lost_reply_may_be_tried_again(sandbox: Sandbox) -> None:
    sandbox.providers.faults.arm(fault_of({"channel": "push", "kind": "drop"}))

    assert refusal(sandbox, browser(sandbox)).error_class is ErrorClass.transient


def test_a_browser_that_subscribed_to_somebody_else_refuses_us(sandbox: Sandbox) -> None:
    assert refusal(sandbox, browser(sandbox, key="B" * 87)).error_class is ErrorClass.ours


def test_what_is_over_is_not_sent(sandbox: Sandbox) -> None:
    assert refusal(sandbox, browser(sandbox), expires_at=NOON).error_class is ErrorClass.expired


@pytest.mark.parametrize("recipient", ["", "[]", "{}", '{"endpoint": "https://push.example/x", "p256dh": "x", "auth": "y"}'])  # fmt: skip
def test_what_is_no_subscription_is_a_bad_address(sandbox: Sandbox, recipient: str) -> None:
    assert refusal(sandbox, recipient).error_class is ErrorClass.bad_address


@pytest.mark.parametrize(
    "endpoint",
    ["https://127.0.0.1/x", "https://10.0.0.7/x", "https://[::ffff:169.254.169.254]/x", "https://localhost/x", "http://push.example/x"],
)  # fmt: skip
def test_a_strangers_address_leads_nowhere_private(sandbox: Sandbox, endpoint: str) -> None:
    keys = json.loads(browser(sandbox))
    actual = WebPush(PushSettings(stand_in.PUSH_KEY, "mailto:us@bank.example"))

    with pytest.raises(SendError) as found:
        actual.send(message(json.dumps(keys | {"endpoint": endpoint})), now=NOON)

    assert found.value.error_class is ErrorClass.bad_address
    assert refusal(sandbox, json.dumps(keys | {"endpoint": endpoint})).error_class is ErrorClass.bad_address


def test_the_key_is_never_shown() -> None:
    assert stand_in.PUSH_KEY not in repr(PushSettings(stand_in.PUSH_KEY, "mailto:us@bank.example"))
