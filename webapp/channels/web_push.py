"""Notifications in browsers by Web Push (RFC 8030, 8291, 8292). An endpoint is an address that a stranger gave us."""

import base64
import hashlib
import json
import os
import re
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException  # type: ignore[import-untyped]  # py_vapid publishes no types
from pywebpush import WebPusher, WebPushException  # type: ignore[import-untyped]  # nor does pywebpush

from webapp.channels.base import Accepted, Capabilities, ErrorClass, Outgoing, SendError
from webapp.fetch import NotFetched, address_of

LONGEST_S, USUAL_S = 28 * 86_400, 36_000
MOST_BYTES = 3_000  # what every push service takes
LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class PushSettings:
    """Who we are to push services."""

    private_key: str = field(repr=False)  # VAPID, base64url without padding
    subject: str  # mailto: or https:, for the people who run a push service
    click_url: str = ""  # what a click opens where the text names nothing
    base_url: str = ""  # of the stand-in: nothing else is reached; "" = any public push service
    timeout_s: float = 30.0
    sandbox: bool = False

    @property
    def host(self) -> str | None:
        """Where this leads, if it leads to one place."""
        return urlsplit(self.base_url).hostname if self.base_url else None


class WebPush:
    """One key, a connection a message: endpoints lie in many places, and each is looked up at each sending."""

    capabilities = Capabilities()

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._vapid = Vapid02.from_string(settings.private_key)

    def send(self, message: Outgoing, *, now: datetime) -> Accepted:
        """Hand one notification to the browser's push service, which drops it when it is over.

        The same notice takes its own place on the screen, so that trying again after a lost reply doubles nothing.
        """
        target = _target(message.recipient)
        ttl_s = _ttl_s(message.expires_at, now)
        topic = base64.urlsafe_b64encode(hashlib.sha256(message.key.encode()).digest())[:32].decode()
        reply = self._post(target["endpoint"], _sealed(target, self._content(message, topic)), {
            "TTL": str(ttl_s), "Urgency": "high", "Topic": topic, "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream", **self._signed(target["endpoint"], now),
        })  # fmt: skip
        if reply.status_code in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
            return Accepted(reply.headers.get("Location", topic)[-64:])
        raise _refused(reply)

    def look_up(self, message: Outgoing, *, since: datetime) -> Accepted | None:  # noqa: ARG002  the protocol's
        """Always SendError: a push service cannot be asked what it took."""
        raise SendError(ErrorClass.unknown, "A push service cannot be asked what it took")

    def close(self) -> None:
        """Nothing is kept open."""

    def _content(self, message: Outgoing, topic: str) -> bytes:
        found = LINK.search(message.body)
        shown = {
            "title": message.subject or message.sender_name,
            "body": message.body,
            "url": found[0].rstrip(".,") if found else self._settings.click_url,
            "tag": topic,
            "language": message.language,
        }
        content = json.dumps(shown, ensure_ascii=False).encode()
        while len(content) > MOST_BYTES:
            shown["body"] = shown["body"][: -max(1, (len(content) - MOST_BYTES) // 4 + 1)]
            content = json.dumps(shown, ensure_ascii=False).encode()
        return content

    def _signed(self, endpoint: str, now: datetime) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims = {
            "sub": self._settings.subject,
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + timedelta(hours=12)).timestamp()),
        }
        try:
            signed: dict[str, str] = self._vapid.sign(claims)
        except VapidException:
            raise SendError(ErrorClass.bad_address, "That push service has no name that could be signed for") from None
        return signed

    def _post(self, endpoint: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        pinned = httpx.URL(endpoint).copy_with(host=self._address(endpoint, host, port))
        with httpx.Client(verify=_certificates(), timeout=self._settings.timeout_s, trust_env=False) as client:
            try:
                return client.post(
                    pinned, content=content, headers=headers | {"Host": parts.netloc}, extensions={"sni_hostname": host}
                )
            except (httpx.HTTPError, httpx.InvalidURL):
                raise SendError(ErrorClass.transient, "The push service did not answer", code="no-reply") from None

    def _address(self, endpoint: str, host: str, port: int) -> str:
        """Where the endpoint leads now. Raises SendError where it may not lead: it was written by a stranger."""
        base = self._settings.base_url
        if base and not endpoint.startswith(f"{base}/"):
            raise SendError(ErrorClass.bad_address, "That push service is not the stand-in on this machine")
        if not base and not endpoint.startswith("https://"):
            raise SendError(ErrorClass.bad_address, "That push service is not reached by https")
        try:
            return address_of(host, port, may_stay_here=bool(base))
        except NotFetched as error:
            # A name that leads nowhere may lead somewhere in a minute; one that leads into a private network shall not.
            error_class = ErrorClass.transient if error.__cause__ else ErrorClass.bad_address
            raise SendError(error_class, "That push service cannot be reached", code="no-address") from None


def public_key(private_key: str) -> str:
    """What browsers are given to subscribe with: base64url without padding."""
    numbers = Vapid02.from_string(private_key).public_key.public_numbers()
    point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def kept_key(folder: Path) -> str:
    """This installation's own private key, made once; two processes that start together agree on it."""
    path = folder / "vapid_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        descriptor, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"="))
        with suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    return path.read_text(encoding="ascii")


def _target(recipient: str) -> dict[str, str]:
    try:
        found = json.loads(recipient)
        return {name: str(found[name]) for name in ("endpoint", "p256dh", "auth")}
    except (ValueError, KeyError, TypeError):
        raise SendError(ErrorClass.bad_address, "That is no browser's subscription") from None


def _sealed(target: dict[str, str], content: bytes) -> bytes:
    """Readable by that browser alone."""
    keys = {"p256dh": target["p256dh"], "auth": target["auth"]}
    try:
        return bytes(WebPusher({"endpoint": target["endpoint"], "keys": keys}).encode(content)["body"])
    except (WebPushException, ValueError):
        raise SendError(ErrorClass.bad_address, "That browser's keys are none") from None


def _ttl_s(expires_at: datetime | None, now: datetime) -> int:
    if expires_at is None:
        return USUAL_S
    left_s = int((expires_at - now).total_seconds())
    if left_s <= 0:
        raise SendError(ErrorClass.expired, "It is over")
    return min(LONGEST_S, left_s)


def _refused(reply: httpx.Response) -> SendError:
    """What a push service's status means for this browser."""
    status, code = reply.status_code, str(reply.status_code)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return SendError(ErrorClass.bad_address, "That browser does not take our notifications any more", code=code)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500:
        after = reply.headers.get("Retry-After", "")
        wait_s = float(after) if after.isascii() and after.isdigit() else None
        return SendError(ErrorClass.transient, f"The push service answered {code}", code=code, retry_after_s=wait_s)
    return SendError(ErrorClass.ours, f"The push service refused with {code}", code=code)


@cache
def _certificates() -> ssl.SSLContext:
    """Those that we trust. Reading them takes 50 ms."""
    return httpx.create_ssl_context(trust_env=False)
