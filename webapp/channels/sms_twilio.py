"""Text messages by Twilio's Messages API, or anything that speaks it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]  # twilio publishes no types
from twilio.http import HttpClient  # type: ignore[import-untyped]  # the same
from twilio.http.response import Response  # type: ignore[import-untyped]  # the same
from twilio.rest import Client  # type: ignore[import-untyped]  # the same

from webapp.channels.base import Accepted, Capabilities, ErrorClass, Outgoing, SendError
from webapp.channels.loopback import checked_base_url
from webapp.channels.twilio_errors import error_class_of

VALIDITY_MAX_S, VALIDITY_MIN_S = 36_000, 5
LOOK_BACK = timedelta(seconds=5)  # Twilio rounds to seconds, and its clock is not ours
LOOK_AT = 200  # newest texts to one number that a look-up reads

# These two write numbers and texts into the log at lower levels.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """Whose account, and who it says that it is from: a number or name, or a Messaging Service."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str = ""
    service_sid: str = ""  # wins over `sender`
    base_url: str = "https://api.twilio.com"
    timeout_s: float = 30.0
    sandbox: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError where the secret would travel in the open."""
        checked_base_url(self.base_url)

    @property
    def host(self) -> str | None:
        """Where this leads."""
        return urlsplit(self.base_url).hostname


class _Rebased(HttpClient):  # type: ignore[misc]  # twilio publishes no types
    """Sends to the configured base, always with a time-out, never again by itself; keeps the last reply's headers."""

    def __init__(self, settings: SmsSettings) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), False, settings.timeout_s)
        self.base = urlsplit(settings.base_url)
        self.session = requests.Session()
        self.session.trust_env = not settings.sandbox  # a proxy would carry an exercise off this machine
        self.last_headers: Mapping[str, str] = {}

    def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: ARG002  a provider that redirects is not followed
    ) -> Response:
        self.last_headers = {}
        parts = urlsplit(uri)
        reply = self.session.request(
            method,
            urlunsplit((self.base.scheme, self.base.netloc, self.base.path.rstrip("/") + parts.path, parts.query, "")),
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or self.timeout,
            allow_redirects=False,
        )
        self.last_headers = reply.headers
        return Response(reply.status_code, reply.text, reply.headers)


class TwilioSms:
    """One session, so one instance a thread."""

    capabilities = Capabilities(receipts=True, look_up=True)

    def __init__(self, settings: SmsSettings) -> None:
        self._settings = settings
        self._http = _Rebased(settings)
        self._client = Client(settings.account_sid, settings.auth_token, http_client=self._http)

    def send(self, message: Outgoing, *, now: datetime) -> Accepted:
        """Create the text, to be dropped by Twilio itself once it is over."""
        validity_s = _validity_s(message.expires_at, now)
        sender = self._settings.service_sid
        wishes = {"messaging_service_sid": sender} if sender else {"from_": self._settings.sender}
        if message.callback_url:
            wishes["status_callback"] = message.callback_url
        try:
            created = self._client.messages.create(
                to=message.recipient, body=message.body, validity_period=validity_s, **wishes
            )
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise self._failure(error) from None  # the provider's own words hold the number
        if not created.sid:
            raise SendError(ErrorClass.unknown, "Twilio's reply has no id")
        return Accepted(str(created.sid))

    def look_up(self, message: Outgoing, *, since: datetime) -> Accepted | None:
        """Search by recipient, then by text and creation: the time of sending is empty while a text is queued."""
        try:
            texts = self._client.messages.list(to=message.recipient, limit=LOOK_AT, page_size=LOOK_AT)
        except (TwilioException, requests.RequestException, ValueError) as error:
            failure = self._failure(error)
            if failure.error_class is ErrorClass.unknown:
                failure.error_class = ErrorClass.transient  # a question that was lost may be asked again
            raise failure from None
        for text in texts:
            is_new = text.date_created is not None and text.date_created >= since - LOOK_BACK
            if is_new and text.direction != "inbound" and str(text.body or "").strip() == message.body.strip():
                return Accepted(str(text.sid))
        return None

    def close(self) -> None:
        """End the session."""
        self._http.session.close()

    def _failure(self, error: Exception) -> SendError:
        if isinstance(error, requests.RequestException):
            return _lost(error)
        status, code = getattr(error, "status", 0), getattr(error, "code", None)
        if not isinstance(status, int) or not 400 <= status < 500 or status == 408:
            return SendError(
                ErrorClass.unknown, f"Twilio answered {status or 'something unreadable'}", code=str(status)
            )
        error_class = ErrorClass.transient if status == 429 else error_class_of(code)
        request_id = self._http.last_headers.get("Twilio-Request-Id", "none")
        return SendError(
            error_class,
            f"Twilio refused with {code or status} (request {request_id})",
            code=str(code or status),
            retry_after_s=_seconds(self._http.last_headers.get("Retry-After")),
        )


def _validity_s(expires_at: datetime | None, now: datetime) -> int:
    """How long Twilio may keep the text in its queue."""
    if expires_at is None:
        return VALIDITY_MAX_S
    left_s = int((expires_at - now).total_seconds())
    if left_s <= VALIDITY_MIN_S:
        raise SendError(ErrorClass.expired, "It would be over before it could arrive")
    return min(VALIDITY_MAX_S, left_s)


def _lost(error: requests.RequestException) -> SendError:
    """No reply. Only where no connection came about is it certain that nothing was taken."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    never_left = isinstance(error, requests.ConnectTimeout) or isinstance(reason, urllib3.exceptions.NewConnectionError)
    if never_left:
        return SendError(ErrorClass.transient, "Twilio cannot be reached", code="no-connection")
    return SendError(ErrorClass.unknown, "The connection to Twilio broke before it answered", code="no-reply")


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; None = not given, or given as a date."""
    return float(text) if text and text.isascii() and text.isdigit() else None
