"""Calls to other people's programs, signed as Standard Webhooks has it. A URL is an address that a stranger gave us."""

import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from threading import Timer
from urllib.parse import urlsplit

import httpx

from webapp.channels.base import Accepted, Capabilities, ErrorClass, Outgoing, SendError, event_id
from webapp.fetch import NotFetched, address_of

PORTS = (443, 4443, 8443, 9443)
LONGEST_URL = 1_000
MOST_HEARD = 2_000  # bytes of an answer that are read; only a challenge's matter
DEADLINE_S = 6.0  # of a whole call; shorter than a sender's lease, however slowly somebody drips
AGENT = "Sveg-Webhooks/1 (+https://www.standardwebhooks.com)"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """How far a call may go."""

    base_url: str = ""  # of the stand-in: nothing else is reached; "" = any public address by https
    deadline_s: float = DEADLINE_S
    sandbox: bool = False

    @property
    def host(self) -> str | None:
        """Where this leads, if it leads to one place."""
        return urlsplit(self.base_url).hostname if self.base_url else None


class Webhook:
    """A connection a call: URLs lie in many places, and each is looked up at each sending."""

    capabilities = Capabilities()

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings

    def send(self, message: Outgoing, *, now: datetime) -> Accepted:
        """Post one event, whose JSON is the body; `Accepted.answer` is what was written back.

        The same event keeps its webhook-id, by which a receiver drops a double: trying again after a lost reply is what
        the receivers were promised. docs/decisions/0009.
        """
        if message.expires_at is not None and message.expires_at <= now:
            raise SendError(ErrorClass.expired, "It is over")
        address = reached(message.recipient, self._settings)
        content = message.body.encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity",
                   **signed(event_id(message.key), content, message.secrets, now=now)}  # fmt: skip
        status, heard, retry_after = self._post(message.recipient, address, content, headers)
        if 200 <= status < 300:
            return Accepted(event_id(message.key), answer=heard)
        raise _refused(status, retry_after)

    def look_up(self, message: Outgoing, *, since: datetime) -> Accepted | None:  # noqa: ARG002  the protocol's
        """Always SendError: somebody's program cannot be asked what it took."""
        raise SendError(ErrorClass.unknown, "Somebody's program cannot be asked what it took")

    def close(self) -> None:
        """Nothing is kept open."""

    def _post(self, url: str, address: str, content: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        parts = urlsplit(url)
        pinned = httpx.URL(url).copy_with(host=address)
        line = _Line(self._settings.deadline_s)
        headers = headers | {"Host": parts.netloc}
        extensions = {"sni_hostname": parts.hostname or "", "trace": line.trace}
        try:
            with (
                line,
                httpx.Client(verify=_certificates(), timeout=self._settings.deadline_s, trust_env=False) as client,
            ):
                wanted = client.build_request("POST", pinned, content=content, headers=headers, extensions=extensions)
                reply = client.send(wanted, stream=True)
                try:
                    return reply.status_code, _heard(reply), reply.headers.get("Retry-After", "")
                finally:
                    reply.close()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            raise SendError(ErrorClass.transient, "The address did not answer in time", code="no-reply") from None


class _Line:
    """Cuts whatever connection is open at the deadline: a time-out of the library's begins anew with every byte."""

    def __init__(self, deadline_s: float) -> None:
        self._timer = Timer(deadline_s, self._cut)
        self._timer.daemon = True
        self._sockets: list[socket.socket] = []
        self._is_over = False

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Remember each connection as it comes about, before and after it is encrypted."""
        stream = info.get("return_value")
        if event.endswith(("connect_tcp.complete", "start_tls.complete")) and hasattr(stream, "get_extra_info"):
            self._sockets.append(stream.get_extra_info("socket"))
            if self._is_over:
                self._cut()

    def _cut(self) -> None:
        self._is_over = True
        for one in self._sockets:
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)


def signed(event: str, content: bytes, secrets: Sequence[str], *, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0. secrets: `whsec_…`, each of which signs; none = not signed."""
    at = int(now.timestamp())
    headers = {"webhook-id": event, "webhook-timestamp": str(at)}
    signatures = [f"v1,{signature(secret, event, at, content)}" for secret in secrets]
    return headers | ({"webhook-signature": " ".join(signatures)} if signatures else {})


def signature(secret: str, event: str, at: int, content: bytes) -> str:
    """HMAC-SHA256 over id, time and content, in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, f"{event}.{at}.".encode() + content, hashlib.sha256).digest()).decode()


def reached(url: str, settings: WebhookSettings) -> str:
    """The IP address that a URL leads to now. Raises SendError where it may not lead."""
    base = settings.base_url
    if base and not url.startswith(f"{base}/"):
        raise SendError(ErrorClass.bad_address, "That address is not the stand-in on this machine")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (80 if base else 443)
    except ValueError:
        raise SendError(ErrorClass.bad_address, "That is no address of a web service") from None
    if not host or parts.username is not None or (not base and (parts.scheme != "https" or port not in PORTS)):
        raise SendError(ErrorClass.bad_address, "That address is not reached by https")
    try:
        return address_of(host, port, may_stay_here=bool(base))
    except NotFetched as error:
        # A name that leads nowhere may lead somewhere in a minute; one that leads into a private network shall not.
        error_class = ErrorClass.transient if error.__cause__ else ErrorClass.bad_address
        raise SendError(error_class, "That address cannot be reached", code="no-address") from None


def _heard(reply: httpx.Response) -> str:
    """The beginning of what was written back, as it was sent."""
    heard = b""
    for chunk in reply.iter_raw():
        heard += chunk
        if len(heard) >= MOST_HEARD:
            break
    return heard[:MOST_HEARD].decode("utf-8", "replace")


def _refused(status: int, retry_after: str) -> SendError:
    """Only "gone" says that nobody wants it any more; whatever else is wrong over there may be mended while it matters."""
    if status == 410:
        return SendError(ErrorClass.bad_address, "The address says that it is gone", code="410")
    wait_s = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
    said = "sends us on to another address; we follow nobody" if 300 <= status < 400 else f"answered {status}"
    return SendError(ErrorClass.transient, f"The address {said}", code=str(status), retry_after_s=wait_s)


@cache
def _certificates() -> ssl.SSLContext:
    """Those that we trust. Reading them takes 50 ms."""
    return httpx.create_ssl_context(trust_env=False)
