"""Signed reports to whoever asked for them: form POSTs, in order, retried once. Never to another machine."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Full, Queue
from threading import Thread
from time import monotonic
from urllib.parse import SplitResult, urlencode, urlsplit

from webapp.channels.loopback import is_loopback

TIMEOUT_S = 15.0
IDLE_S = 1.0  # servers close connections that are idle for longer: do not trust those
WAITING_MAX = 200_000


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """Twilio's: base64 of HMAC-SHA1 over the URL and the sorted form."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), sha1).digest()).decode()


def is_allowed(url: str) -> bool:
    """Only http(s) to this very machine."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and is_loopback(parts.hostname)


@dataclass(slots=True)
class CallbackCounts:
    """What became of the reports so far."""

    sent: int = 0  # answered with 2xx
    refused: int = 0  # answered with something else
    lost: int = 0  # nobody answered, twice; or too many were waiting
    not_allowed: int = 0  # they would have left this machine


class Callbacks:
    """One thread that posts what it is handed."""

    def __init__(self, auth_token: str) -> None:
        self.counts = CallbackCounts()
        self._auth_token = auth_token
        self._waiting: Queue[tuple[str, dict[str, str]] | None] = Queue(WAITING_MAX)
        self._connections: dict[tuple[str, str], tuple[HTTPConnection, float]] = {}
        self._thread = Thread(target=self._run, name="sandbox-callbacks", daemon=True)

    def start(self) -> None:
        """Begin posting."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the one under way; those waiting are lost, as a provider's are when it goes down."""
        with self._waiting.mutex:
            self._waiting.queue.clear()
        self._waiting.put(None)
        self._thread.join(timeout=1.0)  # whoever gets the last one may never answer

    def post(self, url: str, form: dict[str, str]) -> None:
        """Queue one report; "" as URL = nobody asked for it."""
        if not url:
            return
        if not is_allowed(url):
            self.counts.not_allowed += 1
            return
        try:
            self._waiting.put_nowait((url, form))
        except Full:
            self.counts.lost += 1

    def waiting(self) -> int:
        """How many are still to be posted."""
        return self._waiting.qsize()

    def _run(self) -> None:
        while (one := self._waiting.get()) is not None:
            status = self._try(*one) or self._try(*one)
            if not status:
                self.counts.lost += 1
            elif 200 <= status < 300:
                self.counts.sent += 1
            else:
                self.counts.refused += 1
        for connection, _ in self._connections.values():
            connection.close()

    def _try(self, url: str, form: dict[str, str]) -> int:
        """The HTTP status; 0 = no answer."""
        parts = urlsplit(url)
        connection = self._connection(parts)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": signature(self._auth_token, url, form),
        }
        try:
            connection.request("POST", path, urlencode(form).encode(), headers)
            reply = connection.getresponse()
            reply.read()
        except (OSError, HTTPException):
            connection.close()
            del self._connections[parts.scheme, parts.netloc]
            return 0
        self._connections[parts.scheme, parts.netloc] = connection, monotonic()
        return reply.status

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        connection, used_at = self._connections.get((parts.scheme, parts.netloc), (None, 0.0))
        if connection and monotonic() - used_at < IDLE_S:
            return connection
        if connection:
            connection.close()
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        self._connections[parts.scheme, parts.netloc] = connection, monotonic()
        return connection
