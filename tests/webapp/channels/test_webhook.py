"""Calls to other people's programs: signed, never led into a private network, never led on, never held up."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import httpx
import pytest

from tests.builders import NOON
from webapp.channels.base import ErrorClass, Outgoing, SendError
from webapp.channels.webhook import Webhook, WebhookSettings, reached, signature, signed
from webapp.sandbox.faults import fault_of
from webapp.sandbox.serve import Sandbox

# The example of the Standard Webhooks specification and its libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT, AT, CONTENT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
PROOF = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def message(recipient: str, **known: object) -> Outgoing:
    usual = {"key": "notice.0", "language": "sv", "subject": "", "body": '{"type": "notice.posted"}', "secrets": (SECRET,),
             "expires_at": NOON + timedelta(hours=3)}  # fmt: skip
    return Outgoing(recipient=recipient, **usual | known)  # type: ignore[arg-type]  # a mixed dict


def adapter(sandbox: Sandbox, **known: float) -> Webhook:
    return Webhook(WebhookSettings(base_url=sandbox.http_url, sandbox=True, **known))


def refusal(sandbox: Sandbox, name: str = "home", **known: object) -> SendError:
    with pytest.raises(SendError) as found:
        adapter(sandbox).send(message(f"{sandbox.http_url}/hooks/{name}", **known), now=NOON)
    return found.value


def test_the_signature_is_that_of_the_specification() -> None:
    assert signature(SECRET, EVENT, AT, CONTENT) == PROOF


def test_while_a_secret_is_changed_both_sign() -> None:
    other = "whsec_" + "QUJD" * 8
    headers = signed(EVENT, CONTENT, (other, SECRET), now=NOON)

    at = int(NOON.timestamp())
    expected = [f"v1,{signature(secret, EVENT, at, CONTENT)}" for secret in (other, SECRET)]
    assert headers["webhook-signature"].split(" ") == expected
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (EVENT, str(at))


def test_a_program_gets_the_event_and_finds_the_signature_good(sandbox: Sandbox) -> None:
    url = f"{sandbox.http_url}/hooks/home"
    httpx.post(f"{url}/secret", json={"secret": SECRET}).raise_for_status()

    taken = adapter(sandbox).send(message(url), now=NOON)

    (call,) = sandbox.providers.hook_calls.newest()
    assert (call.type, call.content, call.is_verified, call.sent_at) == ("notice.posted", '{"type": "notice.posted"}', True, int(NOON.timestamp()))  # fmt: skip
    assert call.event == taken.provider_id == "msg_notice_0"


def test_a_program_that_was_given_another_secret_refuses_us_and_is_asked_again_later(sandbox: Sandbox) -> None:
    httpx.post(f"{sandbox.http_url}/hooks/home/secret", json={"secret": "whsec_" + "QUJD" * 8}).raise_for_status()

    failure = refusal(sandbox)

    assert (failure.error_class, failure.code) == (ErrorClass.transient, "401")
    assert sandbox.providers.hook_calls.newest()[0].is_verified is False


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (301, ErrorClass.transient),
        (307, ErrorClass.transient),
        (400, ErrorClass.transient),
        (404, ErrorClass.transient),
        (410, ErrorClass.bad_address),
        (429, ErrorClass.transient),
        (500, ErrorClass.transient),
        (503, ErrorClass.transient),
    ],
)
def test_only_gone_ends_an_address_at_once(sandbox: Sandbox, status: int, means: ErrorClass) -> None:
    sandbox.providers.faults.arm(fault_of({"channel": "webhook", "kind": "status", "status": status}))

    failure = refusal(sandbox)

    assert (failure.error_class, failure.code) == (means, str(status))


def test_a_lost_reply_may_be_tried_again_and_carries_the_same_id(sandbox: Sandbox) -> None:
    sandbox.providers.faults.arm(fault_of({"channel": "webhook", "kind": "drop"}))
    assert refusal(sandbox).error_class is ErrorClass.transient

    adapter(sandbox).send(message(f"{sandbox.http_url}/hooks/home"), now=NOON)

    again, first = sandbox.providers.hook_calls.newest()
    assert again.event == first.event
    assert (first.is_double, again.is_double) == (False, True)


def test_what_is_over_is_not_sent(sandbox: Sandbox) -> None:
    assert refusal(sandbox, expires_at=NOON).error_class is ErrorClass.expired


PRIVATE = [
    "https://127.0.0.1/x", "https://[::1]/x", "https://10.1.2.3/x", "https://172.16.0.1/x", "https://192.168.1.1/x", "https://100.64.0.1/x",
    "https://169.254.169.254/latest/meta-data", "https://[::ffff:10.0.0.1]/x", "https://[::ffff:169.254.169.254]/x", "https://[64:ff9b::7f00:1]/x",
    "https://[fe80::1]/x", "https://[fc00::1]/x", "https://0.0.0.0/x", "https://224.0.0.1/x", "https://localhost/x", "https://2130706433/x",
    "https://0x7f.1/x", "https://[2002:7f00:1::]/x",
]  # fmt: skip
ODD = ["http://example.org/x", "https://example.org:22/x", "https://example.org:6379/x", "https://a:b@example.org/x", "ftp://example.org/x",
       "https:///x", "https://[::1/x", "https://example.org:99999/x", ""]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE + ODD)
def test_an_address_leads_nowhere_private_and_nowhere_odd(url: str) -> None:
    with pytest.raises(SendError) as found:
        Webhook(WebhookSettings()).send(message(url), now=NOON)

    assert found.value.error_class is ErrorClass.bad_address


def test_in_a_demonstration_only_the_stand_in_is_called(sandbox: Sandbox) -> None:
    for url in ("https://example.org/x", f"{sandbox.http_url}.example.org/x", f"{sandbox.http_url}@example.org/x"):
        with pytest.raises(SendError, match="not the stand-in"):
            adapter(sandbox).send(message(url), now=NOON)


def test_a_name_that_comes_to_lead_elsewhere_is_looked_at_anew_and_the_call_goes_to_what_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def name_server(host: str, port: int, *_args: object, **_more: object) -> list[object]:
        """Public when somebody checks, private when somebody connects."""
        asked.append(host)
        address = "93.184.216.34" if host == "rebind.example" and asked.count(host) == 1 else "127.0.0.1"
        shown = host if host != "rebind.example" else address
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (shown, port))]

    called: list[object] = []

    def no_network(address: object, *_args: object, **_more: object) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", name_server)
    monkeypatch.setattr(socket, "create_connection", no_network)
    with pytest.raises(SendError) as first:
        Webhook(WebhookSettings()).send(message("https://rebind.example/x"), now=NOON)
    with pytest.raises(SendError) as second:
        Webhook(WebhookSettings()).send(message("https://rebind.example/x"), now=NOON)

    assert [address[0] for address in called] == ["93.184.216.34"]  # type: ignore[index]  # host and port
    assert first.value.error_class is ErrorClass.transient
    assert second.value.error_class is ErrorClass.bad_address
    assert asked.count("rebind.example") == 2


def test_a_name_that_leads_nowhere_now_may_lead_somewhere_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_args: object, **_more: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(SendError) as found:
        reached("https://away.example/x", WebhookSettings())

    assert found.value.error_class is ErrorClass.transient


def test_proxies_of_the_environment_are_not_asked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    adapter(sandbox).send(message(f"{sandbox.http_url}/hooks/home"), now=NOON)

    assert len(sandbox.providers.hook_calls.newest()) == 1


def test_whoever_drips_an_answer_byte_by_byte_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        Thread(target=_drip, args=(server,), daemon=True).start()
        dripped = Webhook(WebhookSettings(base_url=f"http://127.0.0.1:{port}", sandbox=True, deadline_s=0.5))
        began = time.monotonic()
        with pytest.raises(SendError) as found:
            dripped.send(message(f"http://127.0.0.1:{port}/x"), now=NOON)

    assert found.value.error_class is ErrorClass.transient
    assert time.monotonic() - began < 5  # without the deadline: 200 bytes, 20 s


def _drip(server: socket.socket) -> None:
    line, _ = server.accept()
    with line:
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 180:
                line.sendall(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            return  # it was cut


def test_secrets_are_never_shown() -> None:
    assert SECRET not in repr(message("https://example.org/x"))
